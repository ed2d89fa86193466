# SPDX-License-Identifier: BSD-2-Clause
"""All flows forgotten in the middle of downloads: ring and replies bring them back."""
import threading

from lab.traffic import Connection

SIZE = 30_000_000
DOWNLOADS = 8


def events(lab):
    return {e["Reason"]: e["Packets"]
            for e in lab.api.call("DescribeStatistics")["Events"]["Event"]}


def flush(lab):
    done = lab.ctl.run("--pins", lab.daemon.pins, "datapath", "flush")
    assert done.code == 0, done.errors


def test_downloads_finish(lab):
    balancer = lab.balancer()
    target = balancer.listen()
    balancer.add(b1=100, b2=100, b3=100)
    connections = [Connection(lab.client, target, timeout=20) for _ in range(DOWNLOADS)]
    assert len({c.server for c in connections}) > 1
    half = threading.Barrier(DOWNLOADS + 1)
    flushed = threading.Event()
    results = []

    def download(connection):
        waited = []

        def pause(left):
            if left < SIZE // 2 and not waited:
                waited.append(True)
                half.wait(20)
                flushed.wait(20)

        connection.send(f"get {SIZE}\n")
        results.append(connection.download(SIZE, until=pause))

    threads = [threading.Thread(target=download, args=[c]) for c in connections]
    for thread in threads:
        thread.start()
    half.wait(20)
    before = events(lab)
    flush(lab)
    flushed.set()
    for thread in threads:
        thread.join()
    after = events(lab)
    assert results == [True] * DOWNLOADS
    back = sum(after[name] - before[name] for name in ("flow_guessed", "flow_rebuilt"))
    assert back >= DOWNLOADS, "nothing was forgotten: the test proves nothing"
    for connection in connections:
        assert connection.echo("and goes on") == connection.server
        connection.close()
    balancer.delete()

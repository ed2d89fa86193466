# SPDX-License-Identifier: BSD-2-Clause
"""A disk whose sync takes three seconds delays changes, and nothing else.

The daemon runs with a library before libc's (slow_sync.c) that lets every sync wait while a file is
there. What must go on meanwhile: reads, packets, and the tick that feeds the watchdog.
"""
import os
import socket
import threading
import time

import pytest

from lab.api import Refused
from lab.lab import Lab
from lab.traffic import Connection, Load

SLOW_SYNC = os.environ["SLOW_SYNC"]
STALL = 3.0
LATE = 0.5  # what a read may take on a busy machine; the stall is six times as long


@pytest.fixture
def stalled():
    """A lab whose daemon's syncs stall while the file `stall` is there; and that file."""
    lab = Lab(backends=2)
    stall = lab.topology.directory / "stall"
    lab.daemon.prefix = ["env", f"LD_PRELOAD={SLOW_SYNC}", f"SLOW_SYNC={stall}:{int(STALL * 1000)}"]
    with lab:
        balancer = lab.balancer()
        balancer.listen()
        balancer.add(b1=100)
        yield lab, balancer, stall


def change(lab, balancer, weight):
    started = time.monotonic()
    try:
        lab.api.call("SetBackendServers", LoadBalancerId=balancer.id,
                     BackendServers=[{"ServerId": "i-b1", "Weight": weight}])
        return time.monotonic() - started, None
    except (OSError, Refused) as error:
        return time.monotonic() - started, error


def weight_of(lab, balancer):
    shown = lab.api.call("DescribeLoadBalancerAttribute", LoadBalancerId=balancer.id)
    return shown["BackendServers"]["BackendServer"][0]["Weight"]


class Changes(threading.Thread):
    """Three clients change at once; what each took, and whether it went well."""

    def __init__(self, lab, balancer):
        super().__init__()
        self.done = []
        self.threads = [threading.Thread(
            target=lambda w=w: self.done.append(change(lab, balancer, w))) for w in (11, 12, 13)]

    def run(self):
        for thread in self.threads:
            thread.start()
        for thread in self.threads:
            thread.join()


def heartbeats(notify, seconds):
    """How many WATCHDOG=1 came."""
    notify.settimeout(0.1)
    count, deadline = 0, time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            count += b"WATCHDOG=1" in notify.recv(4096)
        except TimeoutError:
            continue
    return count


def test_only_changes_wait(stalled):
    lab, balancer, stall = stalled
    assert change(lab, balancer, 50)[0] < LATE, "without the stall a change is quick"
    stall.touch()
    reads, changes = [], Changes(lab, balancer)
    changes.start()
    time.sleep(0.2)
    with Load(lab.client, (balancer.vip, 80), 20000) as load:
        while changes.is_alive():
            asked = time.monotonic()
            assert weight_of(lab, balancer) in (50, 11, 12, 13)
            reads.append(time.monotonic() - asked)
            time.sleep(0.02)
    changes.join()
    stall.unlink()
    assert [error for _, error in changes.done] == [None] * 3, "it was waited for, not refused"
    assert min(spent for spent, _ in changes.done) > STALL - 0.5, "the stall did not stall"
    assert len(reads) > 50 and max(reads) < LATE, f"a read took {max(reads):.2f} s"
    assert load.done > 100 and not load.failures, load.failures[:5]
    assert change(lab, balancer, 60)[0] < LATE
    assert weight_of(lab, balancer) == 60


def test_a_change_is_seen_when_it_is_durable(stalled):
    """While it waits for the disk, a read shows the old state, and so do packets."""
    lab, balancer, stall = stalled
    stall.touch()
    changes = threading.Thread(target=lambda: change(lab, balancer, 0))
    changes.start()
    time.sleep(STALL / 3)
    assert changes.is_alive() and weight_of(lab, balancer) == 100
    assert Connection(lab.client, (balancer.vip, 80)).server == "b1"
    changes.join()
    stall.unlink()
    assert weight_of(lab, balancer) == 0
    with pytest.raises(OSError):
        Connection(lab.client, (balancer.vip, 80), timeout=2)


def test_the_watchdog_is_fed(stalled):
    """The tick goes on: WATCHDOG=1 comes every second all the while."""
    lab, balancer, stall = stalled
    lab.daemon.stop()
    path = lab.daemon.directory / "notify"
    lab.daemon.start()
    path.unlink()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(path))
        path.chmod(0o666)
        stall.touch()
        changes = threading.Thread(target=lambda: change(lab, balancer, 77))
        changes.start()
        beats = heartbeats(notify, STALL - 0.5)
        assert changes.is_alive(), "the stall did not stall"
        changes.join()
        stall.unlink()
    assert beats >= 2, f"{beats} heartbeats during the stall"

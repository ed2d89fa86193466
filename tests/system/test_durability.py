# SPDX-License-Identifier: BSD-2-Clause
"""A success answer means: on disk. Shown by kill -9, and by the order of system calls."""
import re
import subprocess
import time

import pytest

from lab.lab import until
from lab.traffic import spread


@pytest.fixture
def balancer(lab):
    balancer = lab.balancer()
    balancer.listen()
    yield balancer
    balancer.delete()


def servers(lab, balancer):
    shown = lab.api.call("DescribeLoadBalancerAttribute", LoadBalancerId=balancer.id)
    return {s["ServerId"]: s["Weight"] for s in shown["BackendServers"]["BackendServer"]}


def test_killed_after_the_answer(lab, balancer):
    balancer.add(b1=70)
    for weight in range(1, 6):
        if weight == 1:
            balancer.add(b2=weight)
        else:
            balancer.weigh(b2=weight)
        lab.daemon.kill()
        lab.daemon.start()
        assert servers(lab, balancer) == {"i-b1": 70, "i-b2": weight}
    lab.wait_resolved()
    result = spread(lab.client, (balancer.vip, 80), lab.source_ports(300))
    assert not result.failures
    assert result.counts["b1"] > 200


def open_flags(pid, fd):
    text = open(f"/proc/{pid}/fdinfo/{fd}", encoding="ascii").read()
    return int(re.search(r"^flags:\s*([0-7]+)", text, re.MULTILINE)[1], 8)


O_DSYNC = 0o10000


class Trace:
    """System calls of the running daemon, with the paths of descriptors."""

    def __init__(self, daemon):
        self.file = daemon.directory / "trace"
        self.process = subprocess.Popen(
            ["strace", "-f", "-y", "-s", "64", "-o", self.file, "-p", str(daemon.pid), "-e",
             "trace=fdatasync,fsync,msync,pwrite64,pwritev,sendmsg,sendto,writev,write"],
            stderr=subprocess.PIPE, text=True)
        until(lambda: "attached" in self.process.stderr.readline(), what="that strace is attached")
        time.sleep(0.2)

    def lines(self):
        self.process.terminate()
        self.process.wait()
        self.process.stderr.close()
        return self.file.read_text().splitlines()


def test_both_syncs_come_before_the_answer(lab, balancer):
    trace = Trace(lab.daemon)
    balancer.add(b1=100)
    lines = trace.lines()
    # An `unfinished` call counts where it returns: where the line says `resumed`.
    answer = next(n for n, line in enumerate(lines) if "HTTP/1.1 200" in line)
    before = lines[:answer]
    synced = [n for n, line in enumerate(before)
              if re.search(r"(fdatasync|fsync|msync).*(\) += 0|resumed>)", line)
              and (".mdb" in line or "resumed" in line)]
    assert synced, "no data sync before the answer:\n" + "\n".join(before)
    meta = [(n, int(match[1])) for n, line in enumerate(before)
            if (match := re.search(r"pwrite64\((\d+)</[^>]*\.mdb>", line)) and n > synced[0]]
    assert meta, "no meta write between the data sync and the answer:\n" + "\n".join(before)
    # The meta page is written through a descriptor that syncs by itself, or synced after it.
    number, fd = meta[-1]
    assert open_flags(lab.daemon.pid, fd) & O_DSYNC or any(n > number for n in synced)

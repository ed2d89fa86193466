# SPDX-License-Identifier: BSD-2-Clause
"""Many at once: 200 servers that go down in one moment, and 1,000 checks that all hang."""
import os
import signal
import struct
import time

import pytest

from lab.lab import Lab, until
from lab.namespace import inside, run
from lab.patient import admit
from lab.pinned import Table
from lab.requests import Paced, reached

CHECK = {"HealthCheckType": "http", "HealthCheckURI": "/check", "healthCheckInterval": 1,
         "UnhealthyThreshold": 2, "HealthyThreshold": 2}
MANY, HANGING = 200, 1000
TIMEOUT = 3  # of those that hang; with an interval of 1 s, two probes each are under way
SLACK = 1.0  # of a busy machine, on which 200 results come together
SERVICE = 1  # the first id of a fresh store


def add_far(lab, balancer, count):
    """Servers 10.9.X.Y, behind b1: one neighbour, however many they are."""
    for first in range(0, count, 20):
        lab.api.call("AddBackendServers", LoadBalancerId=balancer.id, BackendServers=[
            {"ServerId": f"i-far{n}", "ServerIp": f"10.9.{n >> 8}.{n & 255}"}
            for n in range(first + 1, min(first + 20, count) + 1)])


@pytest.fixture
def clinic():
    with Lab(backends=3, ports=(), config="auto_register = true;\n") as lab:
        lab.topology.ip(lab.topology.gateway.namespace,
                        f"route add 10.9.0.0/16 via {lab.topology.backend('b1').address}")
        yield lab


def words(balancer):
    """{health: how many servers}."""
    counts = {}
    for word in balancer.health().values():
        counts[word] = counts.get(word, 0) + 1
    return counts


def service_version(lab):
    """How often the service was switched, modulo 65,536."""
    with Table(lab.daemon.pins, "services") as rows:
        return struct.unpack_from("<H", rows, SERVICE * 64 + 6)[0]


@pytest.fixture
def crowd(clinic):
    """200 servers that one process is, and two others; all healthy."""
    lab = clinic
    lab.topology.ip(lab.topology.backend("b1").namespace, "route add local 10.9.0.0/16 dev lo")
    patients = admit(lab)
    balancer = lab.balancer()
    balancer.listen(HealthCheckConnectTimeout=1, **CHECK)
    add_far(lab, balancer, MANY)
    balancer.add(b2=100, b3=100)
    until(lambda: words(balancer) == {"normal": MANY + 2}, what="that all are healthy")
    yield lab, balancer, patients["b1"]


def wait_down(balancer):
    until(lambda: words(balancer) == {"abnormal": MANY, "normal": 2}, 1 * 2 + 1 + SLACK,
          "that 200 are found out")
    return time.monotonic()


def look_away(lab, seconds):
    """The daemon misses so much time, and then has everything to do at once."""
    lab.daemon.process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    lab.daemon.process.send_signal(signal.SIGCONT)


def test_200_servers_go_down_in_one_moment(crowd):
    lab, balancer, patient = crowd
    target = balancer.vip, 80
    assert "b1" in reached(lab.client, target, lab.source_ports(60)).values()
    with Paced(lab.client, target, lab.source_ports(400), 100) as traffic:
        time.sleep(0.5)
        died = time.monotonic()
        patient.stop()
        out = wait_down(balancer)
        time.sleep(1)
    print(f"out after {out - died:.2f} s, {traffic.outcomes()}")
    assert out - died >= 1 - 0.1
    assert not traffic.failures(out), traffic.failures(out)[:3]
    assert {r.server for r in traffic.between(out, out + 1)} == {"b2", "b3"}
    assert traffic.failures(died, out), "nobody noticed anything"
    assert {f.outcome for f in traffic.failures()} <= {"refused", "reset"}


def test_results_that_come_together_are_published_together(crowd):
    """Checks are spread over their interval; a daemon that was held up has them all at once."""
    lab, balancer, patient = crowd
    patient.stop()
    look_away(lab, 1.2)
    time.sleep(0.1)  # the first bad results: nobody is down yet
    before = service_version(lab)
    look_away(lab, 1.2)
    wait_down(balancer)
    switches = service_version(lab) - before & 0xffff
    print(f"{switches} switches")
    # The prober takes 64 results in a turn of the loop, and as many that the kernel tells of.
    assert 1 <= switches <= 12


def resident(pid):
    """Kilobytes."""
    with open(f"/proc/{pid}/status") as status:
        return int(next(line.split()[1] for line in status if line.startswith("VmRSS:")))


def test_1000_checks_that_all_hang(clinic):
    """Bounded in descriptors and memory, and nobody else is late."""
    lab = clinic
    patients = admit(lab)
    # Whatever is sent there is swallowed without a word.
    lab.topology.ip(lab.topology.backend("b1").namespace, "route add blackhole 10.9.0.0/16")
    run(*inside(lab.topology.backend("b1").namespace, "sysctl", "-qw", "net.ipv4.ip_forward=1"))
    hanging, living = lab.balancer(), lab.balancer()
    living.listen(HealthCheckConnectTimeout=1, **CHECK)
    living.add(b2=100, b3=100)
    living.wait_health("normal", "b2", "b3")
    pid = lab.daemon.pid
    before = resident(pid), len(os.listdir(f"/proc/{pid}/fd"))
    hanging.listen(HealthCheckConnectTimeout=TIMEOUT, **CHECK)
    add_far(lab, hanging, HANGING)
    grown, open_files, slowest = 0, 0, 0.0
    deadline = time.monotonic() + TIMEOUT + 1 * 2 + SLACK
    while time.monotonic() < deadline:
        asked = time.monotonic()
        lab.api.call("DescribeLoadBalancerAttribute", LoadBalancerId=living.id)
        slowest = max(slowest, time.monotonic() - asked)
        grown = max(grown, resident(pid) - before[0])
        open_files = max(open_files, len(os.listdir(f"/proc/{pid}/fd")) - before[1])
        time.sleep(0.05)
    assert words(hanging) == {"abnormal": HANGING}
    died = time.monotonic()
    patients["b3"].stop()
    living.wait_health("abnormal", "b3", patience=1 * 2 + 0.6)
    found = time.monotonic() - died
    totals = lab.api.call("DescribeHealthChecks", LoadBalancerId=living.id)["Totals"]
    print(f"{open_files} descriptors, {grown} KiB, an answer in {slowest * 1000:.0f} ms, b3 found "
          f"out after {found:.2f} s: {totals}")
    # At most two probes of a check at a time, a descriptor each, and what a request takes.
    assert HANGING <= open_files <= 2 * HANGING + 20
    assert grown < 24 << 10
    assert slowest < 0.5
    assert totals["Late"] == 0, totals
    assert totals["InFlight"] <= 2 * HANGING + 20
    assert living.health()["b2"] == "normal"

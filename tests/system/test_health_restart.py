# SPDX-License-Identifier: BSD-2-Clause
"""Health when the daemon itself is in trouble: killed, started anew, or waiting for its disk."""
import os
import struct
import threading
import time

import pytest

from lab.lab import Lab
from lab.patient import admit
from lab.pinned import Table
from lab.requests import Paced, reached

CHECK = {"HealthCheckType": "http", "HealthCheckURI": "/check", "healthCheckInterval": 1,
         "UnhealthyThreshold": 2, "HealthyThreshold": 2, "HealthCheckConnectTimeout": 1}
BOUND = 1 * 2 + 1  # interval * fall + timeout
SLACK = 0.6
PORTS = 128
STALL = 5.0
ALL = ("b1", "b2", "b3", "b4")
BACKEND = 32  # bytes of a row


@pytest.fixture(scope="module")
def ward():
    """A lab whose disk stalls while the file `stall` is there, and its four servers."""
    lab = Lab(backends=4, ports=())
    lab.stall = lab.topology.directory / "stall"
    lab.daemon.prefix = ["env", f"LD_PRELOAD={os.environ['SLOW_SYNC']}",
                         f"SLOW_SYNC={lab.stall}:{int(STALL * 1000)}"]
    with lab:
        yield lab, admit(lab)


@pytest.fixture
def clinic(ward):
    """The same with a load balancer on all of them, healthy."""
    lab, patients = ward
    balancer = lab.balancer()
    balancer.listen(**CHECK)
    balancer.add(**dict.fromkeys(ALL, 100))
    balancer.wait_health("normal", *ALL)
    yield lab, balancer, patients
    balancer.delete()
    for patient in patients.values():
        patient.stop()
        patient.start()


def paced(lab, balancer, rate=50):
    """Traffic from ports whose servers are known."""
    target, ports = (balancer.vip, 80), lab.source_ports(PORTS)
    owners = reached(lab.client, target, ports)
    return Paced(lab.client, target, ports, rate), owners


def changes_told(lab):
    """How often the log says of a server that it came up or went down."""
    return sum(" is up: " in line or " is down: " in line
               for line in lab.daemon.logged().splitlines())


def test_a_server_dies_while_the_daemon_is_dead(clinic):
    lab, balancer, patients = clinic
    traffic, owners = paced(lab, balancer)
    with traffic:
        time.sleep(0.5)
        lab.daemon.kill()
        died = time.monotonic()
        patients["b1"].stop()
        time.sleep(0.5)
        lab.daemon.start()
        ready = time.monotonic()
        balancer.wait_health("abnormal", "b1", patience=BOUND + SLACK)
        out = time.monotonic()
        servers = lab.api.call("DescribeHealthChecks", LoadBalancerId=balancer.id)["Servers"]
        failed, = (s["Failures"] for s in servers["Server"] if s["ServerId"] == "i-b1")
        time.sleep(1)
        assert balancer.health() == {"b1": "abnormal", "b2": "normal", "b3": "normal",
                                     "b4": "normal"}
    failures = traffic.failures()
    print(f"{out - ready:.2f} s after READY, {out - died:.2f} s after its death: "
          f"{traffic.outcomes()}")
    # The thresholds count in full: one bad result is not enough for a server that was known as up.
    assert failed >= 2
    assert failures and {owners[f.port] for f in failures} == {"b1"}
    assert min(f.ended for f in failures) >= died
    assert max(f.begun for f in failures) <= out
    assert {r.server for r in traffic.between(out, out + 1)} == {"b2", "b3", "b4"}


def test_half_are_down_when_it_is_killed(clinic):
    """None of those is served, none of the others is declared down, and no request fails."""
    lab, balancer, patients = clinic
    for name in ("b1", "b2"):
        patients[name].stop()
    balancer.wait_health("abnormal", "b1", "b2", patience=BOUND + SLACK)
    told = changes_told(lab)
    with Paced(lab.client, (balancer.vip, 80), lab.source_ports(300), 100) as traffic:
        for _ in range(2):
            time.sleep(0.3)
            lab.daemon.kill()
            time.sleep(0.2)
            lab.daemon.start()
            assert balancer.health() == {"b1": "abnormal", "b2": "abnormal", "b3": "normal",
                                         "b4": "normal"}
        # Long enough that whatever the checks now find has its effect.
        time.sleep(BOUND)
    assert traffic.outcomes().keys() == {"ok"}, traffic.failures()[:5]
    assert {r.server for r in traffic.requests} == {"b3", "b4"}
    assert changes_told(lab) == told
    # What was down comes up by its own successes.
    patients["b1"].start()
    started = time.monotonic()
    balancer.wait_health("normal", "b1", patience=BOUND + SLACK)
    assert time.monotonic() - started >= 1 - 0.2
    assert "b1" in reached(lab.client, (balancer.vip, 80), lab.source_ports(60)).values()


def forget_health(lab):
    """Leaves the pinned backends as a version without health checks would: usable, bits zero."""
    known = 0
    with Table(lab.daemon.pins, "backends") as rows:
        for at in range(BACKEND, 50 * BACKEND, BACKEND):
            word, = struct.unpack_from("<Q", rows, at)
            if word >> 26 & 3:
                known += 1
                struct.pack_into("<Q", rows, at, word & ~(3 << 26) & ~3 | 1)
    assert known >= len(ALL), "nothing was known"


def test_an_upgrade_from_a_version_that_knew_nothing(clinic):
    """The first result decides, and nobody else is disturbed."""
    lab, balancer, patients = clinic
    patients["b1"].stop()
    balancer.wait_health("abnormal", "b1", patience=BOUND + SLACK)
    lab.daemon.kill()
    forget_health(lab)
    traffic = Paced(lab.client, (balancer.vip, 80), lab.source_ports(300), 100)
    with traffic:
        lab.daemon.start()
        ready = time.monotonic()
        balancer.wait_health("abnormal", "b1", patience=1 + SLACK)
        balancer.wait_health("normal", "b2", "b3", "b4", patience=1)
        out = time.monotonic()
        time.sleep(1)
    print(f"{out - ready:.2f} s after READY: {traffic.outcomes()}")
    assert not traffic.failures(out), "a request failed after the first results"
    assert {r.server for r in traffic.between(out, out + 1)} == {"b2", "b3", "b4"}


def test_a_server_dies_while_the_disk_stalls(clinic):
    """Health does not wait for the disk: at once where no change is under way; and where one is, a
    dead server gets nothing either, though its share is only given away when the change is done."""
    lab, balancer, patients = clinic
    other = lab.balancer()
    other.listen(**CHECK)
    other.add(**dict.fromkeys(ALL, 100))
    other.wait_health("normal", *ALL)
    (mine, owners), (theirs, others) = paced(lab, balancer), paced(lab, other)
    with mine, theirs:
        lab.stall.touch()
        change = threading.Thread(target=lambda: balancer.weigh(b4=50))
        change.start()
        time.sleep(0.2)
        died = time.monotonic()
        patients["b1"].falls_ill("slow", 3)
        other.wait_health("abnormal", "b1", patience=BOUND + SLACK)
        out = time.monotonic()
        assert change.is_alive(), "the stall did not stall"
        time.sleep(1)
        assert change.is_alive(), "the stall did not stall"
        lab.stall.unlink()
        change.join()
        done = time.monotonic()
        time.sleep(1)
    print(f"{out - died:.2f} s: {mine.outcomes()} {theirs.outcomes()}")
    for traffic, owner in ((mine, owners), (theirs, others)):
        assert {owner[f.port] for f in traffic.failures()} == {"b1"}
        assert not [r for r in traffic.between(out, done + 1) if r.server == "b1"]
        assert not traffic.failures(done)
    assert not theirs.failures(out)
    assert {f.outcome for f in mine.failures(out)} <= {"refused"}

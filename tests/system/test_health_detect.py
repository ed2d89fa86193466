# SPDX-License-Identifier: BSD-2-Clause
"""Six servers fall ill in six ways at once, under traffic: each is found out within its bound.

Each of them is in a load balancer of its own, beside two healthy servers that all six share. A
request that fails must have been begun before the ill server was out, and its source port must be
one that the ring gives to that server. The connections to the healthy ones are held throughout.
"""
import dataclasses
import threading
import time

import pytest

from lab.chisquare import agrees
from lab.lab import Lab, until
from lab.patient import admit
from lab.requests import KeptGroup, Paced, reached

INTERVAL, FALL, RISE, TIMEOUT = 1, 2, 2, 1
CHECK = {"HealthCheckType": "http", "HealthCheckMethod": "get", "HealthCheckURI": "/check",
         "healthCheckInterval": INTERVAL, "UnhealthyThreshold": FALL, "HealthyThreshold": RISE,
         "HealthCheckConnectTimeout": TIMEOUT}
SLACK = 0.6  # of a busy machine: both processes and the poll
BOUND = INTERVAL * FALL + TIMEOUT
RATE, PORTS, HELD = 16, 128, 16
SHARED = ("b7", "b8")
SAMPLE = 600


@dataclasses.dataclass
class Fault:
    server: str
    begin: object  # each of these takes the Patient
    end: object
    silent: bool  # found out by a timeout, not by an answer
    reason: str  # what the operator is told
    seen: set  # what clients may see meanwhile
    uri: str = "/check"
    balancer: object = None
    held: object = None
    paced: object = None
    owners: dict = None  # of the source ports
    began: float = 0.0
    out: float = 0.0  # when it was seen to be out
    back: float = 0.0
    cut: list = None  # of the connections that it held, whether each was


FAULTS = {
    "stopped": Fault("b1", lambda p: p.stop(), lambda p: p.start(), False, "refused",
                     {"refused", "reset"}),
    "frozen": Fault("b2", lambda p: p.freeze(), lambda p: p.thaw(), True, "timed out after 1 s",
                    {"timeout", "reset"}),
    "cut off": Fault("b3", lambda p: p.cut(), lambda p: p.mend(), True, "timed out after 1 s",
                     {"timeout", "reset"}),
    "503": Fault("b4", lambda p: p.falls_ill("code", 503), lambda p: p.recovers(), False,
                 "HTTP 503", {"503", "reset"}),
    "slow": Fault("b5", lambda p: p.falls_ill("slow", 2.5), lambda p: p.recovers(), True,
                  "timed out after 1 s", {"timeout", "reset"}),
    "nonsense": Fault("b6", lambda p: p.falls_ill("nonsense"), lambda p: p.recovers(), False,
                      "no HTTP reply", {"timeout", "reset"}),
}


@pytest.fixture(scope="module")
def clinic():
    """The lab, and its servers by name."""
    with Lab(backends=8, ports=()) as lab:
        yield lab, admit(lab)


def open_up(lab, fault):
    """A load balancer with traffic; where its ports go is learnt while all are well."""
    fault.balancer = lab.balancer()
    target = fault.balancer.listen(**CHECK | {"HealthCheckURI": fault.uri})
    fault.balancer.add(**dict.fromkeys((fault.server, *SHARED), 100))
    fault.balancer.wait_health("normal", fault.server, *SHARED)
    ports = lab.source_ports(PORTS)
    fault.owners = reached(lab.client, target, ports)
    fault.held = KeptGroup(lab.client, target, lab.source_ports(HELD))
    fault.paced = Paced(lab.client, target, ports, RATE)


def watch(faults, word, field, patience):
    """Notes when each is first shown with that word, all at once; polls every 10 ms."""
    deadline = time.monotonic() + patience
    waiting = list(faults)
    while waiting and time.monotonic() < deadline:
        for fault in list(waiting):
            if fault.balancer.health()[fault.server] == word:
                setattr(fault, field, time.monotonic())
                waiting.remove(fault)
        time.sleep(0.01)


@pytest.fixture(scope="module")
def course(clinic):
    """The whole course of the illness; the tests below look at what was noted."""
    lab, patients = clinic
    faults = FAULTS.values()
    for fault in faults:
        open_up(lab, fault)
    for fault in faults:
        fault.paced.__enter__()
    time.sleep(1)
    for fault in faults:
        fault.began = time.monotonic()
        fault.begin(patients[fault.server])
    watch(faults, "abnormal", "out", BOUND + 5)
    for fault in faults:
        fault.cut = [not c.alive() for c in fault.held.on(fault.server)]
    time.sleep(1)
    mended = {}
    for name, fault in FAULTS.items():
        mended[name] = time.monotonic()
        fault.end(patients[fault.server])
    watch(faults, "normal", "back", INTERVAL * RISE + TIMEOUT + 5)
    time.sleep(1)
    for fault in faults:
        fault.paced.__exit__()
    yield mended
    for name, fault in FAULTS.items():
        print(f"{name}: out after {fault.out - fault.began:.2f} s of {BOUND}, back after "
              f"{fault.back - mended[name]:.2f} s of {INTERVAL * RISE}, clients saw "
              f"{fault.paced.outcomes()}")
        fault.held.close()
        fault.balancer.delete()


each = pytest.mark.parametrize("name", FAULTS)


@each
def test_found_out_within_its_bound(course, name):
    fault = FAULTS[name]
    assert fault.out, "it was never found out"
    took = fault.out - fault.began
    assert took <= BOUND + SLACK
    # The first of `fall` bad answers may come at once, a timeout not before its time.
    assert took >= INTERVAL * (FALL - 1) + (TIMEOUT if fault.silent else 0) - 0.2


@each
def test_every_failed_request_is_accounted_for(course, name):
    fault = FAULTS[name]
    failures = fault.paced.failures()
    assert failures, "nobody noticed anything: the fault was none"
    owners = {fault.owners[f.port] for f in failures}
    assert owners == {fault.server}, "somebody else failed"
    assert {f.outcome for f in failures} <= fault.seen
    early = [f for f in failures if f.ended < fault.began]
    assert not early, early[:5]
    late = [f for f in failures if f.begun > fault.out]
    assert not late, f"begun {late[0].begun - fault.out:.3f} s after it was out: {late[:5]}"
    assert all(r.outcome for r in fault.paced.requests)


@each
def test_it_gets_nothing_while_it_is_out(course, name):
    fault = FAULTS[name]
    meanwhile = fault.paced.between(fault.out, fault.out + 1)
    assert {r.server for r in meanwhile} == set(SHARED)


@each
def test_back_after_its_successes(course, name):
    fault = FAULTS[name]
    assert fault.back, "it never came back"
    took = fault.back - course[name]
    assert took <= INTERVAL * RISE + TIMEOUT + SLACK
    # A probe that hung meanwhile is answered at once, so the silent ones may be quick.
    assert fault.silent or took >= INTERVAL * (RISE - 1) - 0.2


@each
def test_flows_of_the_others_were_not_touched(course, name):
    fault = FAULTS[name]
    others = fault.held.but(fault.server)
    assert len(others) > HELD // 4
    assert [c for c in others if not c.alive()] == []


def test_flows_of_the_ill_ones_were_cut(course):
    """ConnectionDrain is off; each had some."""
    assert all(fault.cut and all(fault.cut) for fault in FAULTS.values())


@each
def test_its_share_comes_back_and_nobody_else_moves(clinic, course, name):
    lab, _ = clinic
    fault = FAULTS[name]
    target = fault.balancer.vip, 80
    # A port that went elsewhere meanwhile stays there as long as its last flow is remembered.
    lab.ctl("--pins", lab.daemon.pins, "flows", "kill", f"vip={fault.balancer.vip}")
    assert reached(lab.client, target, list(fault.owners)) == fault.owners
    counts = {}
    for server in reached(lab.client, target, lab.source_ports(SAMPLE)).values():
        counts[server] = counts.get(server, 0) + 1
    shares = dict.fromkeys((fault.server, *SHARED), 100)
    assert agrees(counts, shares)
    assert not agrees(counts, shares | {fault.server: 50})


@each
def test_the_operator_is_told_why(clinic, course, name):
    lab, _ = clinic
    fault = FAULTS[name]
    told = [line for line in lab.daemon.logged().splitlines()
            if f" i-{fault.server} " in line and fault.balancer.id in line]
    assert any(f"down: {fault.reason}" in line for line in told), told
    assert any("up: HTTP 200" in line for line in told), told


class Flapping(threading.Thread):
    """One bad answer, one good one, and so on, as the checks of its port come."""

    def __init__(self, patient):
        super().__init__()
        self.patient, self.flaps, self.over = patient, 0, threading.Event()

    def checks(self):
        return self.patient.counts()["requests"].get("/flap", 0)

    def run(self):
        while not self.over.is_set():
            seen = self.checks()
            until(lambda: self.checks() > seen, 5, "the next check")
            self.flaps += 1
            self.patient.falls_ill(*(("code", 503) if self.flaps % FALL else ("well",)))


def test_at_the_edge_nothing_changes(clinic):
    """b1 and b2 fail fall - 1 times and then not, again and again: in stays in, and out stays out.
    b4 is slow, but within its timeout."""
    lab, patients = clinic
    balancer = lab.balancer()
    balancer.listen(**CHECK | {"HealthCheckURI": "/flap"})
    balancer.add(b1=100, b2=100, b4=100)
    balancer.wait_health("normal", "b1", "b2", "b4")
    patients["b2"].falls_ill("code", 503)
    balancer.wait_health("abnormal", "b2", patience=BOUND + SLACK)
    patients["b4"].falls_ill("slow", 0.5)
    flapping = [Flapping(patients[name]) for name in ("b1", "b2")]
    shown = {"b1": set(), "b2": set(), "b4": set()}
    for each_one in flapping:
        each_one.start()
    deadline = time.monotonic() + 6 * INTERVAL
    while time.monotonic() < deadline:
        for name, word in balancer.health().items():
            shown[name].add(word)
        time.sleep(0.02)
    for each_one in flapping:
        each_one.over.set()
    for each_one in flapping:
        each_one.join()
        assert each_one.flaps >= 5
    assert shown == {"b1": {"normal"}, "b2": {"abnormal"}, "b4": {"normal"}}
    balancer.delete()

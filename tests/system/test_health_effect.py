# SPDX-License-Identifier: BSD-2-Clause
"""What a server's health does to traffic, and what decides about its health."""
import time

import pytest

from lab.api import Refused
from lab.lab import Lab
from lab.patient import admit
from lab.requests import Paced, reached
from lab.traffic import udp_socket

TRAFFIC, CHECKED = 8080, 9090
BAD = range(8101, 8112)  # a port an illness
QUICK = {"healthCheckInterval": 1, "UnhealthyThreshold": 2, "HealthyThreshold": 2,
         "HealthCheckConnectTimeout": 1}
HTTP = QUICK | {"HealthCheckType": "http", "HealthCheckURI": "/check"}
DOWN_WITHIN = 1 * 2 + 1 + 0.6  # interval * fall + timeout, and the slack of a busy machine


@pytest.fixture(scope="module")
def clinic():
    with Lab(backends=3, ports=()) as lab:
        yield lab, admit(lab, (TRAFFIC, CHECKED, *BAD))


@pytest.fixture
def balancer(clinic):
    lab, patients = clinic
    balancer = lab.balancer()
    yield balancer
    for patient in patients.values():
        patient.recovers()
    balancer.delete()


def servers(lab, balancer, port=80, count=60):
    """{server: requests that it answered}."""
    counts = {}
    for server in reached(lab.client, (balancer.vip, port), lab.source_ports(count)).values():
        counts[server] = counts.get(server, 0) + 1
    return counts


def outcomes(lab, balancer, port=80, count=10):
    """What requests end in, the words of lab.requests."""
    with Paced(lab.client, (balancer.vip, port), lab.source_ports(2 * count), 100) as paced:
        time.sleep(count / 100)
    return paced.outcomes()


def drops(lab, reason):
    found = lab.api.call("DescribeStatistics")["Drops"]["Drop"]
    return next(d["Packets"] for d in found if d["Reason"] == reason)


def set_listener(lab, balancer, port=80, protocol="TCP", **parameters):
    lab.api.call(f"SetLoadBalancer{protocol}ListenerAttribute", LoadBalancerId=balancer.id,
                 ListenerPort=port, **parameters)


def test_all_unhealthy_is_answered_by_the_policy(clinic, balancer):
    lab, patients = clinic
    balancer.listen(port=80, **HTTP)
    balancer.listen(port=81, NoBackendPolicy="drop", **HTTP)
    balancer.add(b1=100, b2=100)
    for port in (80, 81):
        balancer.wait_health("normal", "b1", "b2", port=port)
    for name in ("b1", "b2"):
        patients[name].falls_ill("code", 503)
    for port in (80, 81):
        balancer.wait_health("abnormal", "b1", "b2", port=port, patience=DOWN_WITHIN)
    refused, dropped = drops(lab, "refused"), drops(lab, "no_backend")
    assert outcomes(lab, balancer, 80).keys() == {"refused"}
    assert outcomes(lab, balancer, 81).keys() == {"timeout"}
    assert drops(lab, "refused") >= refused + 10 and drops(lab, "no_backend") >= dropped + 10
    patients["b2"].recovers()
    for port in (80, 81):
        balancer.wait_health("normal", "b2", port=port)
        assert servers(lab, balancer, port).keys() == {"b2"}
    logged = [line for line in lab.daemon.logged().splitlines() if balancer.id in line]
    for port in (80, 81):
        said = [line for line in logged if f"tcp/{port} has no healthy server" in line]
        assert len(said) == 1, "the policy is logged once"
        assert len([line for line in logged if f"tcp/{port}: not all" in line]) == 1


def test_weight_zero_and_unhealthy_are_independent(clinic, balancer):
    lab, patients = clinic
    balancer.listen(**HTTP)
    balancer.add(b1=0, b2=100)
    balancer.wait_health("normal", "b1", "b2")
    assert servers(lab, balancer).keys() == {"b2"}
    patients["b1"].falls_ill("code", 503)
    balancer.wait_health("abnormal", "b1")  # it is checked at weight 0 too
    balancer.weigh(b1=100)
    assert servers(lab, balancer).keys() == {"b2"}
    patients["b1"].recovers()
    balancer.wait_health("normal", "b1")
    assert servers(lab, balancer).keys() == {"b1", "b2"}
    balancer.weigh(b1=0)
    assert balancer.health()["b1"] == "normal"
    assert servers(lab, balancer).keys() == {"b2"}


def test_an_instance_that_does_not_run_acts_as_unhealthy(clinic, balancer):
    lab, patients = clinic
    balancer.listen(**HTTP)
    balancer.add(b1=100, b2=100)
    balancer.wait_health("normal", "b1", "b2")
    lab.api.call("SetInstanceStatus", InstanceId="i-b1", Status="Stopped")
    assert servers(lab, balancer).keys() == {"b2"}
    assert balancer.health() == {"b1": "abnormal", "b2": "normal"}
    # Whether it would answer does not matter, and nobody asks.
    before = patients["b1"].probes(TRAFFIC)
    time.sleep(2)
    assert balancer.health()["b1"] == "abnormal"
    assert patients["b1"].probes(TRAFFIC) - before <= 1
    lab.api.call("SetInstanceStatus", InstanceId="i-b1", Status="Running")
    balancer.wait_health("normal", "b1", patience=2)
    assert servers(lab, balancer).keys() == {"b1", "b2"}


def test_checked_on_another_port(clinic, balancer):
    lab, patients = clinic
    patients["b1"].falls_ill("code", 503, TRAFFIC)
    patients["b2"].falls_ill("code", 503, CHECKED)
    balancer.listen(HealthCheckConnectPort=CHECKED, **HTTP)
    balancer.add(b1=100, b2=100)
    balancer.wait_health("abnormal", "b2")
    balancer.wait_health("normal", "b1")
    patients["b1"].recovers(TRAFFIC)
    assert servers(lab, balancer).keys() == {"b1"}


def test_switched_off_and_on(clinic, balancer):
    lab, patients = clinic
    patients["b1"].falls_ill("slow", 1.2, TRAFFIC)
    balancer.listen(**HTTP)
    balancer.add(b1=100, b2=100)
    balancer.wait_health("abnormal", "b1")
    set_listener(lab, balancer, HealthCheckSwitch="off")
    assert balancer.health() == {"b1": "unavailable", "b2": "unavailable"}
    with Paced(lab.client, (balancer.vip, 80), lab.source_ports(100), 200) as paced:
        time.sleep(0.3)
    assert {r.server for r in paced.requests if r.outcome == "ok"} == {"b1", "b2"}
    set_listener(lab, balancer, HealthCheckSwitch="on")
    # Nothing is known of it: the first result decides.
    balancer.wait_health("abnormal", "b1", patience=1 + 0.6 + 1)
    assert servers(lab, balancer).keys() == {"b2"}


def test_new_attributes_take_effect(clinic, balancer):
    lab, patients = clinic
    balancer.listen(**HTTP)
    balancer.add(b1=100)
    patients["b1"].falls_ill("code", 503, TRAFFIC)
    balancer.wait_health("abnormal", "b1", patience=DOWN_WITHIN)
    for better, worse in (
            ({"HealthCheckURI": "/well"}, {"HealthCheckURI": "/check"}),
            ({"HealthCheckHttpCode": "http_2xx,http_5xx"}, {"HealthCheckHttpCode": "http_2xx"}),
            ({"HealthCheckConnectPort": CHECKED}, {"HealthCheckConnectPort": TRAFFIC}),
            ({"HealthCheckType": "tcp"}, {"HealthCheckType": "http"})):
        set_listener(lab, balancer, **better)
        balancer.wait_health("normal", "b1", patience=DOWN_WITHIN)
        set_listener(lab, balancer, **worse)
        balancer.wait_health("abnormal", "b1", patience=DOWN_WITHIN)


def checks_in(patient, seconds, path):
    before = patient.counts(TRAFFIC)["requests"].get(path, 0)
    time.sleep(seconds)
    return patient.counts(TRAFFIC)["requests"].get(path, 0) - before


def test_equal_checks_are_made_once(clinic, balancer):
    """Three listeners with one check, and a fourth with another; all of them see a failure."""
    lab, patients = clinic
    alike = HTTP | {"HealthCheckURI": "/alike"}
    for port in (80, 81, 82):
        balancer.listen(port=port, **alike)
    balancer.listen(port=83, **alike | {"HealthyThreshold": 3, "healthCheckInterval": 2})
    balancer.add(b1=100)
    for port in (80, 81, 82, 83):
        balancer.wait_health("normal", "b1", port=port)
    # Three of the three together, one or two of the fourth; each for itself would be ten.
    assert 3 <= checks_in(patients["b1"], 3, "/alike") <= 6
    patients["b1"].falls_ill("code", 503, TRAFFIC)
    for port in (80, 81, 82):
        balancer.wait_health("abnormal", "b1", port=port, patience=DOWN_WITHIN)
    lab.api.call("DeleteLoadBalancerListener", LoadBalancerId=balancer.id, ListenerPort=80)
    lab.api.call("DeleteLoadBalancerListener", LoadBalancerId=balancer.id, ListenerPort=83)
    patients["b1"].recovers(TRAFFIC)
    balancer.wait_health("normal", "b1", port=81)
    assert 1 <= checks_in(patients["b1"], 2, "/alike") <= 3
    for port in (81, 82):
        lab.api.call("DeleteLoadBalancerListener", LoadBalancerId=balancer.id, ListenerPort=port)
    assert checks_in(patients["b1"], 1.5, "/alike") == 0


def test_probes_come_from_the_gateways_own_address(clinic):
    """Nothing else ever came to the checked port, whatever VIPs the gateway had meanwhile."""
    lab, patients = clinic
    balancers = [lab.balancer() for _ in range(3)]
    for balancer in balancers:
        balancer.listen(HealthCheckConnectPort=CHECKED, **HTTP)
        balancer.listen(protocol="udp", HealthCheckConnectPort=CHECKED, healthCheckReq="ping",
                        healthCheckExp="pong", **QUICK)
        balancer.add(b1=100, b2=100)
    for balancer in balancers:
        balancer.wait_health("normal", "b1", "b2")
        balancer.wait_health("normal", "b1", "b2", protocol="udp")
        balancer.delete()
    for name in ("b1", "b2"):
        counts = patients[name].counts(CHECKED)
        assert counts["connections"].keys() == {lab.topology.back_address}
        assert counts["datagrams"].keys() == {lab.topology.back_address}


def ask(sock, text):
    sock.send(text.encode())
    return sock.recv(100).decode()


@pytest.mark.parametrize("drain", ["off", "on"])
def test_datagrams_of_an_unhealthy_server(clinic, balancer, drain):
    """They move at once, or stay with ConnectionDrain."""
    lab, patients = clinic
    options = {"ConnectionDrain": "on", "ConnectionDrainTimeout": 10} if drain == "on" else {}
    target = balancer.listen(protocol="udp", healthCheckReq="ping", healthCheckExp="pong",
                             **QUICK, **options)
    balancer.add(b1=100, b2=100)
    balancer.wait_health("normal", "b1", "b2", protocol="udp")
    ports = iter(lab.source_ports(200))
    server = None
    while server != "b1":
        with udp_socket(lab.client, target, next(ports)) as sock:
            server = ask(sock, "who").split()[0]
            if server == "b1":
                patients["b1"].falls_ill("code", 0, TRAFFIC)
                balancer.wait_health("abnormal", "b1", protocol="udp", patience=DOWN_WITHIN)
                assert ask(sock, "again") == ("b1 again" if drain == "on" else "b2 again")
    assert any("down: reply differs" in line and balancer.id in line
               for line in lab.daemon.logged().splitlines())
    for _ in range(30):
        with udp_socket(lab.client, target, next(ports)) as sock:
            assert ask(sock, "new") == "b2 new"


def test_datagrams_are_refused_or_swallowed(clinic, balancer):
    """Without a request in the check, silence is good; only ICMP is bad."""
    lab, patients = clinic
    patients["b1"].falls_ill("mute", 0, CHECKED)
    patients["b3"].stop()
    balancer.listen(protocol="udp", HealthCheckConnectPort=CHECKED, **QUICK)
    balancer.add(b1=100, b3=100)
    balancer.wait_health("abnormal", "b3", protocol="udp")
    balancer.wait_health("normal", "b1", protocol="udp")
    assert any("down: refused" in line and balancer.id in line
               for line in lab.daemon.logged().splitlines())
    patients["b3"].start()


BAD_ANSWERS = {  # illness, its number, whether that is healthy, and what is said of it
    "ten megabytes": ("huge", 0, True, "HTTP 200"),
    "a status line without end": ("line", 0, False, "reply too long"),
    "an answer that is never closed": ("open", 0, True, "HTTP 200"),
    "byte by byte, in time": ("drip", 0.005, True, "HTTP 200"),
    "byte by byte, and too slowly": ("drip", 0.3, False, "timed out after 1 s"),
    "nothing": ("mute", 0, False, "timed out after 1 s"),
    "another protocol": ("nonsense", 0, False, "no HTTP reply"),
    "302": ("code", 302, False, "HTTP 302"),
    "404": ("code", 404, False, "HTTP 404"),
    "100, and then nonsense": ("code", 100, False, "no HTTP reply"),
    "a code that is none": ("code", 999, False, "no HTTP reply"),
}


def resident(pid):
    """Kilobytes."""
    with open(f"/proc/{pid}/status") as status:
        return int(next(line.split()[1] for line in status if line.startswith("VmRSS:")))


def test_bad_answers(clinic, balancer):
    lab, patients = clinic
    before = resident(lab.daemon.pid)
    for port, (illness, number, _, _) in zip(BAD, BAD_ANSWERS.values()):
        patients["b3"].falls_ill(illness, number, port)
        balancer.listen(port=port, backend_port=port,
                        **HTTP | {"HealthCheckMethod": "get"})
    balancer.add(b3=100)
    for port, (_, _, healthy, _) in zip(BAD, BAD_ANSWERS.values()):
        balancer.wait_health("normal" if healthy else "abnormal", "b3", port=port)
    time.sleep(2)
    logged = [line for line in lab.daemon.logged().splitlines() if balancer.id in line]
    for port, (name, (_, _, healthy, said)) in zip(BAD, BAD_ANSWERS.items()):
        told = [line for line in logged if f"tcp/{port} i-b3" in line]
        word = "up" if healthy else "down"
        assert len(told) == 1 and f"{word}: {said}" in told[0], (name, told)
    assert resident(lab.daemon.pid) - before < 4096


@pytest.mark.parametrize("parameters, code", [
    ({"HealthCheckURI": "check"}, "InvalidParameter"),
    ({"HealthCheckURI": "/ HTTP/1.1"}, "InvalidParameter"),
    ({"HealthCheckDomain": "a\r\nb"}, "InvalidParameter"),
    ({"HealthCheckConnectPort": 65536}, "InvalidParameter"),
    ({"HealthCheckConnectTimeout": 0}, "InvalidParameter"),
    ({"healthCheckInterval": 51}, "InvalidParameter"),
    ({"UnhealthyThreshold": 1}, "InvalidParameter"),
])
def test_bad_parameters(balancer, parameters, code):
    with pytest.raises(Refused, match=code):
        balancer.listen(**HTTP | parameters)


def test_a_check_port_of_0_is_none(clinic, balancer):
    balancer.listen(**HTTP | {"HealthCheckConnectPort": 0})
    balancer.add(b1=100)
    balancer.wait_health("normal", "b1")


def test_all_unhealthy_may_be_served():
    """all_unhealthy = "serve": those with a weight that run, and only while nobody is healthy."""
    with Lab(backends=4, ports=(), config='all_unhealthy = "serve";\n') as lab:
        patients = admit(lab)
        for name in ("b1", "b2", "b3"):
            patients[name].falls_ill("slow", 1.2)
        balancer = lab.balancer()
        balancer.listen(**HTTP)
        balancer.add(b1=100, b2=100, b3=0, b4=100)
        balancer.wait_health("abnormal", "b1", "b2", "b3")
        assert servers(lab, balancer).keys() == {"b4"}
        lab.api.call("SetInstanceStatus", InstanceId="i-b4", Status="Stopped")
        assert {r.server for r in slow_ones(lab, balancer)} == {"b1", "b2"}
        assert "has no healthy server" in lab.daemon.logged()
        lab.api.call("SetInstanceStatus", InstanceId="i-b4", Status="Running")
        assert servers(lab, balancer).keys() == {"b4"}


def slow_ones(lab, balancer):
    """Requests to servers that take 1.2 s: they are answered, only too slowly for the check."""
    with Paced(lab.client, (balancer.vip, 80), lab.source_ports(80), 200) as paced:
        time.sleep(0.2)
    assert paced.outcomes().keys() == {"ok"}
    return paced.requests

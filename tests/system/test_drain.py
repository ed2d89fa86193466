# SPDX-License-Identifier: BSD-2-Clause
"""What becomes of established flows when their server leaves, with and without ConnectionDrain.

Every way to leave, in a load balancer of its own, all at once: half of the connections of each are
on the server that leaves, b1 or b3; b2 stays.
"""
import dataclasses
import time

import pytest

from lab.api import Refused
from lab.lab import Lab, until
from lab.patient import admit
from lab.requests import KeptGroup, reached

CHECK = {"HealthCheckType": "http", "HealthCheckURI": "/check", "healthCheckInterval": 1,
         "UnhealthyThreshold": 2, "HealthyThreshold": 2, "HealthCheckConnectTimeout": 1}
TIMEOUT = 10  # the shortest that ConnectionDrainTimeout and EstablishedTimeout may be
DRAIN = {"ConnectionDrain": "on", "ConnectionDrainTimeout": TIMEOUT}
HELD = 12


def to_zero(lab, way):
    way.balancer.weigh(b1=0)


def removed(lab, way):
    way.balancer.remove("b1")


def ill(lab, way):
    way.patients["b1"].falls_ill("code", 503, way.port)


def stopped(lab, way):
    lab.api.call("SetInstanceStatus", InstanceId="i-b3", Status="Stopped")


def stopped_and_removed(lab, way):
    stopped(lab, way)
    way.balancer.remove("b3")


def added_again(lab, way):
    way.balancer.add(b1=100)


def well_again(lab, way):
    way.patients["b1"].recovers(way.port)


@dataclasses.dataclass
class Way:
    leave: object  # each of these takes the lab and the Way
    options: dict
    at_once: bool  # whether its flows live on when it has left
    in_the_end: bool  # … after TIMEOUT
    come_back: object = None
    server: str = "b1"
    port: int = 0  # of the servers
    balancer: object = None
    patients: dict = None
    held: object = None
    noted: dict = None


WAYS = {
    "weight zero": Way(to_zero, {}, True, True),
    "weight zero, drain": Way(to_zero, DRAIN, True, True),
    "removed": Way(removed, {}, True, True),
    "removed, drain": Way(removed, DRAIN, True, False),
    "unhealthy": Way(ill, {}, False, False),
    "unhealthy, drain": Way(ill, DRAIN, True, False),
    "stopped": Way(stopped, {}, False, False, server="b3"),
    "stopped, drain": Way(stopped, DRAIN, True, False, server="b3"),
    "stopped, removed": Way(stopped_and_removed, {}, False, False, server="b3"),
    "removed, drain, added again": Way(removed, DRAIN, True, True, added_again),
    "unhealthy, drain, well again": Way(ill, DRAIN, True, True, well_again),
}
each = pytest.mark.parametrize("name", WAYS)


def open_up(lab, way):
    way.balancer = lab.balancer()
    target = way.balancer.listen(backend_port=way.port, **CHECK, **way.options)
    way.balancer.add(**{way.server: 100, "b2": 100})
    way.balancer.wait_health("normal", way.server, "b2")
    way.held = KeptGroup(lab.client, target, lab.source_ports(HELD))
    assert way.held.on(way.server) and way.held.on("b2")


def note(way, when):
    """How its server's connections are, and those of b2."""
    way.noted[when] = ([c.alive() for c in way.held.on(way.server)],
                       [c.alive() for c in way.held.on("b2")])


@pytest.fixture(scope="module")
def course():
    """Everything happens here; the tests look at what was noted."""
    ports = range(8101, 8101 + len(WAYS))
    with Lab(backends=3, ports=()) as lab:
        patients = admit(lab, ports)
        for port, way in zip(ports, WAYS.values()):
            way.port, way.patients, way.noted = port, patients, {}
            open_up(lab, way)
        for way in WAYS.values():
            way.leave(lab, way)
        until(lambda: all(way.balancer.health()["b1"] == "abnormal" for way in WAYS.values()
                          if way.leave is ill), 4, "that the ill ones are found out")
        left = time.monotonic()
        for way in WAYS.values():
            note(way, "at once")
            way.new = set(reached(lab.client, (way.balancer.vip, 80),
                                  lab.source_ports(30)).values())
        time.sleep(left + TIMEOUT / 2 - time.monotonic())
        for way in WAYS.values():
            if way.come_back:
                way.come_back(lab, way)
        time.sleep(left + TIMEOUT - 3 - time.monotonic())
        for way in WAYS.values():
            note(way, "before the timeout")
        time.sleep(left + TIMEOUT + 1.5 - time.monotonic())
        for way in WAYS.values():
            note(way, "in the end")
        yield lab
        for way in WAYS.values():
            way.held.close()


@each
def test_nothing_new_goes_there(course, name):
    assert WAYS[name].new == {"b2"}


@each
def test_flows_at_once(course, name):
    way = WAYS[name]
    assert set(way.noted["at once"][0]) == {way.at_once}


@each
def test_flows_before_the_timeout(course, name):
    way = WAYS[name]
    assert set(way.noted["before the timeout"][0]) == {way.at_once}


@each
def test_flows_in_the_end(course, name):
    way = WAYS[name]
    assert set(way.noted["in the end"][0]) == {way.in_the_end}


@each
def test_flows_of_the_other_server(course, name):
    assert all(all(others) for _, others in WAYS[name].noted.values())


def test_deletion_does_not_drain(course):
    """A deleted listener cuts its flows at once, whatever ConnectionDrain says."""
    lab, way = course, WAYS["removed, drain, added again"]
    assert any(c.alive() for c in way.held.connections)
    lab.api.call("DeleteLoadBalancerListener", LoadBalancerId=way.balancer.id, ListenerPort=80)
    for connection in way.held.connections:
        with pytest.raises(ConnectionResetError):
            connection.ask()


ROOM = 15  # backends of the smallest table, whose id 0 is none
SMALL = "auto_register = true;\ntables = { backends = 16; counted_backends = 16; };\n"


def add_far(lab, balancer, numbers):
    lab.api.call("AddBackendServers", LoadBalancerId=balancer.id, BackendServers=[
        {"ServerId": f"i-far{n}", "ServerIp": f"10.9.0.{n}", "Weight": 0} for n in numbers])


def remove_far(lab, balancer, numbers):
    lab.api.call("RemoveBackendServers", LoadBalancerId=balancer.id,
                 BackendServers=[{"ServerId": f"i-far{n}"} for n in numbers])


def fits(lab, balancer, numbers):
    try:
        add_far(lab, balancer, numbers)
    except Refused as refused:
        assert "OverQuota" in str(refused)
        return False
    return True


def test_an_id_is_not_given_away_while_a_flow_names_it():
    """A flow of a removed server lives on while all other ids change hands again and again."""
    with Lab(backends=2, ports=(), config=SMALL) as lab:
        admit(lab)
        balancer = lab.balancer()
        target = balancer.listen(HealthCheckSwitch="off")
        balancer.add(b1=100)
        held = KeptGroup(lab.client, target, lab.source_ports(1))
        balancer.remove("b1")
        balancer.add(b2=100)
        for first in (1, 101):
            numbers = range(first, first + ROOM - 2)
            until(lambda: fits(lab, balancer, numbers), 15, "that the other ids are free again")
            # All ids are in use but the one that the flow names.
            assert held.connections[0].alive()
            assert not fits(lab, balancer, [250])
            remove_far(lab, balancer, numbers)
        assert set(reached(lab.client, target, lab.source_ports(20)).values()) == {"b2"}
        assert held.connections[0].ask() == "b1"
        held.close()
        until(lambda: fits(lab, balancer, range(201, 201 + ROOM - 1)), 30,
              "that its id is free, too")

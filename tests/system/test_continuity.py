# SPDX-License-Identifier: BSD-2-Clause
"""Changes, stops and kills under traffic: connections live on, and no new one fails.

200 connections are held throughout, and new ones come all the time. Every server that leaves still
has its flows, and every new connection has a usable server.
"""
import contextlib
import time

import pytest

from lab.traffic import Connection, Held, Load, spread

HELD = 200


@pytest.fixture
def balancer(lab):
    balancer = lab.balancer()
    balancer.listen()
    balancer.add(b1=100, b2=100)
    yield balancer
    balancer.delete()


@contextlib.contextmanager
def traffic(lab, balancer):
    """Held connections and a load around a change; judged at its end."""
    target = (balancer.vip, 80)
    held = Held(lab.client, target, HELD, lab.source_ports(HELD).start)
    try:
        assert len({c.server for c in held.connections}) > 1
        with Load(lab.client, target, lab.source_ports(2000).start, threads=2, ports=1000) as load:
            time.sleep(0.3)
            yield held
            time.sleep(0.3)
        assert not load.failures
        assert load.done > 50
        assert not held.troubles()
    finally:
        held.close()


def reached(lab, balancer):
    """The servers that get new flows now, and how many of 200."""
    result = spread(lab.client, (balancer.vip, 80), lab.source_ports(200))
    assert not result.failures
    return result.counts


def test_weight_to_zero(lab, balancer):
    with traffic(lab, balancer) as held:
        balancer.weigh(b1=0)
        assert not held.troubles()
        assert set(reached(lab, balancer)) == {"b2"}
        assert held.on("b1"), "nothing was held on the server in question"


def test_removal(lab, balancer):
    with traffic(lab, balancer) as held:
        balancer.remove("b1")
        assert not held.troubles()
        assert set(reached(lab, balancer)) == {"b2"}
        assert held.on("b1")


def test_addition(lab, balancer):
    with traffic(lab, balancer):
        balancer.add(b3=100)
        assert set(reached(lab, balancer)) == {"b1", "b2", "b3"}


def test_removed_and_added_again(lab, balancer):
    with traffic(lab, balancer) as held:
        balancer.remove("b1")
        balancer.add(b1=50)
        assert not held.troubles()
        assert set(reached(lab, balancer)) == {"b1", "b2"}


def test_stop_and_start(lab, balancer):
    with traffic(lab, balancer) as held:
        assert lab.daemon.stop() == 0
        assert not held.troubles()
        assert set(reached(lab, balancer)) == {"b1", "b2"}
        lab.daemon.start()
        assert not held.troubles()
    assert lab.api.call("DescribeStatus")["Pins"]["TakenOver"] is True


def test_kill_and_start(lab, balancer):
    with traffic(lab, balancer) as held:
        for _ in range(3):
            lab.daemon.kill()
            assert not held.troubles()
            lab.daemon.start()
            assert not held.troubles()


def test_zero_weight_survives_a_restart(lab, balancer):
    ports = lab.source_ports(100)
    target = (balancer.vip, 80)
    first = spread(lab.client, target, ports, reset=True)
    balancer.weigh(b1=0)
    lab.daemon.kill()
    lab.daemon.start()
    lab.wait_resolved()
    # The same source ports again, half of which were on b1 a moment ago.
    assert "b1" in first.counts
    assert spread(lab.client, target, ports, reset=True).counts == {"b2": 100}


def test_stopped_listener_keeps_its_flows(lab, balancer):
    connection = Connection(lab.client, (balancer.vip, 80))
    balancer.stop()
    with pytest.raises(OSError):
        Connection(lab.client, (balancer.vip, 80), timeout=1)
    balancer.start()
    assert connection.echo("still there") == connection.server
    connection.close()

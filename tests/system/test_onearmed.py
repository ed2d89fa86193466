# SPDX-License-Identifier: BSD-2-Clause
"""One interface for both sides: clients and backends in different subnets on one wire."""
import socket

import pytest

from lab.chisquare import agrees
from lab.packets import Counters
from lab.traffic import Connection, spread

ONE_ARMED = True
WEIGHTS = {"b1": 100, "b2": 50, "b3": 0}


@pytest.fixture(scope="module")
def target(lab):
    assert lab.topology.interfaces == ["only"]
    balancer = lab.balancer()
    balancer.listen(protocol="udp")
    target = balancer.listen()
    balancer.add(**WEIGHTS)
    return target


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM], ids=["tcp", "udp"])
def test_by_weight(lab, target, kind):
    counter = Counters(lab.topology.gateway.namespace, "forward",
                       seen="meta l4proto { tcp, udp }")
    result = spread(lab.client, target, lab.source_ports(1500), kind)
    assert not result.failures
    assert sum(result.counts.values()) == 1500
    assert agrees(result.counts, WEIGHTS)
    assert counter.packets()["seen"] == 0
    counter.remove()


def test_bulk(lab, target):
    connection = Connection(lab.client, target, timeout=20)
    connection.send("get 20000000\n")
    assert connection.download(20000000)
    assert connection.upload(20000000)
    connection.close()


def test_held_through_a_restart(lab, target):
    connection = Connection(lab.client, target)
    lab.daemon.kill()
    assert connection.echo("daemon gone") == connection.server
    lab.daemon.start()
    assert connection.echo("daemon back") == connection.server
    connection.close()

# SPDX-License-Identifier: BSD-2-Clause
"""What only passes through the gateway is untouched, whatever Sluice does beside it."""
import hashlib
import time

import pytest

from lab.namespace import inside, run
from lab.traffic import Connection, Load, udp_socket


@pytest.fixture(scope="module")
def target(lab):
    balancer = lab.balancer()
    balancer.listen(protocol="udp")
    target = balancer.listen()
    balancer.add(b1=100, b2=100, b3=100)
    return target


@pytest.fixture
def direct(lab, target):
    """A backend's own service port, the one that Sluice sends the VIP's traffic to."""
    return lab.topology.backends[0].address, 8080


def test_ping(lab, direct):
    for size in (56, 1400):
        said = run(*inside(lab.client.namespace, "ping", "-c", 20, "-i", 0.01, "-s", size,
                           direct[0]))
        assert " 0% packet loss" in said


def test_fragments(lab, direct):
    said = run(*inside(lab.client.namespace, "ping", "-c", 20, "-i", 0.01, "-s", 4000, direct[0]))
    assert " 0% packet loss" in said
    payload = hashlib.sha512(b"fragments").digest() * 60  # 3,840 bytes: three fragments
    with udp_socket(lab.client, direct) as sock:
        sock.send(payload)
        assert sock.recv(8192) == b"b1 " + payload


def test_ping_to_the_vip(lab, target):
    said = run(*inside(lab.client.namespace, "ping", "-c", 5, "-i", 0.01, target[0]))
    assert " 0% packet loss" in said


def test_direct_connections_live_beside_the_vip(lab, target, direct):
    """Long ones, to every backend, while new connections come through the VIP, and while replies may
    rebuild flows."""
    assert lab.ctl.run("--pins", lab.daemon.pins, "datapath", "flush").code == 0
    connections = [Connection(lab.client, (host.address, 8080))
                   for host in lab.topology.backends for _ in range(20)]
    with Load(lab.client, target, lab.source_ports(2000).start) as load:
        for number in range(10):
            for connection in connections:
                assert connection.echo(str(number)) == connection.server
            time.sleep(0.1)
    assert not load.failures and load.done > 50
    for connection in connections:
        connection.send("get 1000000\n")
        assert connection.download(1000000)
        assert connection.upload(1000000)
        connection.close()


def test_from_the_backends(lab, target):
    """Their own connections to the client's side, which Sluice has no business with."""
    for host in lab.topology.backends:
        said = run(*inside(host.namespace, "ping", "-c", 5, "-i", 0.01, lab.client.address))
        assert " 0% packet loss" in said

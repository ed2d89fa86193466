# SPDX-License-Identifier: BSD-2-Clause
"""No usable server: a client hears so at once, or not at all, as the listener's policy says."""
import time

import pytest

from lab.traffic import Connection, udp_socket

AT_ONCE = 0.2


@pytest.fixture
def balancer(lab):
    balancer = lab.balancer()
    yield balancer
    balancer.delete()


def refused(lab, target):
    """How long the refusals of a connection and of a datagram took, in seconds."""
    started = time.monotonic()
    with pytest.raises(ConnectionRefusedError):
        Connection(lab.client, target)
    connected = time.monotonic()
    with udp_socket(lab.client, target) as sock, pytest.raises(ConnectionRefusedError):
        sock.send(b"who")
        sock.recv(100)
    return connected - started, time.monotonic() - connected


def dropped(lab, reason):
    drops = lab.api.call("DescribeStatistics")["Drops"]["Drop"]
    return next(d["Packets"] for d in drops if d["Reason"] == reason)


def test_all_at_zero(lab, balancer):
    for protocol in ("tcp", "udp"):
        target = balancer.listen(protocol=protocol)
    balancer.add(b1=100, b2=0)
    Connection(lab.client, target).close()
    balancer.weigh(b1=0)
    before = dropped(lab, "refused")
    assert max(refused(lab, target)) < AT_ONCE
    assert dropped(lab, "refused") == before + 2
    balancer.weigh(b2=1)
    assert Connection(lab.client, target).server == "b2"


def test_no_servers(lab, balancer):
    for protocol in ("tcp", "udp"):
        target = balancer.listen(protocol=protocol)
    assert max(refused(lab, target)) < AT_ONCE


def test_instance_not_running(lab, balancer):
    """It acts as unhealthy: the client's next segment gets a RST, new flows are refused."""
    for protocol in ("tcp", "udp"):
        target = balancer.listen(protocol=protocol)
    balancer.add(b3=100)
    connection = Connection(lab.client, target)
    lab.api.call("SetInstanceStatus", InstanceId="i-b3", Status="Stopped")
    try:
        with pytest.raises(ConnectionResetError):
            connection.echo("anyone?")
        assert max(refused(lab, target)) < AT_ONCE
    finally:
        lab.api.call("SetInstanceStatus", InstanceId="i-b3", Status="Running")
        connection.close()
    assert Connection(lab.client, target).server == "b3"


def test_policy_drop(lab, balancer):
    for protocol in ("tcp", "udp"):
        target = balancer.listen(protocol=protocol, NoBackendPolicy="drop")
    with pytest.raises(TimeoutError):
        Connection(lab.client, target, timeout=0.5)
    with udp_socket(lab.client, target, timeout=0.5) as sock, pytest.raises(TimeoutError):
        sock.send(b"who")
        sock.recv(100)
    assert dropped(lab, "no_backend") >= 2

# SPDX-License-Identifier: BSD-2-Clause
"""What shows that the other tests measure Sluice, and not something beside it."""
import socket
import time

import pytest

from lab.lab import until
from lab.namespace import inside, run
from lab.packets import Counters
from lab.traffic import Connection, spread, udp_socket

PACED = 200
# While the window is open, a reply without a flow may rebuild one: also that of a direct connection.
CONFIG = "timeouts = { rebuild_window = 0; };"


@pytest.fixture
def balancer(lab):
    balancer = lab.balancer()
    for protocol in ("tcp", "udp"):
        balancer.listen(protocol=protocol)
    balancer.add(b1=100, b2=50, b3=10)
    yield balancer
    balancer.delete()


def links(lab):
    """The pins of the links, one an interface."""
    found = [path for path in lab.daemon.pins.rglob("link_*")
             if path.name.removeprefix("link_") in lab.topology.interfaces]
    assert len(found) == len(lab.topology.interfaces)
    return found


def test_without_the_link_the_same_request_fails(lab, balancer):
    target = (balancer.vip, 80)
    Connection(lab.client, target).close()
    lab.daemon.stop()
    for pin in links(lab):
        run("bpftool", "link", "detach", "pinned", pin)
    with pytest.raises(OSError):
        Connection(lab.client, target, timeout=2)
    with udp_socket(lab.client, target, timeout=1) as sock, pytest.raises(OSError):
        sock.send(b"who")
        sock.recv(100)
    lab.daemon.start()
    lab.wait_resolved()
    Connection(lab.client, target).close()


def traffic_of(lab, balancer):
    """{server address: (packets in, packets out)}, all listeners together."""
    answer = lab.api.call("DescribeStatistics", LoadBalancerId=balancer.id)
    counts = {}
    for listener in answer["Listeners"]["Listener"]:
        for backend in listener["Backends"]["Backend"]:
            had = counts.get(backend["ServerIp"], (0, 0))
            counts[backend["ServerIp"]] = (had[0] + backend["PacketsIn"],
                                           had[1] + backend["PacketsOut"])
    return counts


def test_every_packet_is_accounted_for(lab, balancer):
    """Paced, so that no queue overflows: what Sluice forwarded is what the backends saw."""
    target = (balancer.vip, 80)
    hosts = lab.topology.backends
    # All but health checks, which come from the gateway's own address.
    gateway = lab.topology.back_address
    incoming = {h.address: Counters(h.namespace, "input", seen="meta l4proto { tcp, udp } "
                                    f"ip saddr != {gateway}") for h in hosts}
    outgoing = {h.address: Counters(h.namespace, "output", seen="meta l4proto { tcp, udp } "
                                    f"ip daddr != {gateway}") for h in hosts}
    before = traffic_of(lab, balancer)
    for _ in range(PACED):
        connection = Connection(lab.client, target)
        connection.echo("hello")
        connection.close()
        with udp_socket(lab.client, target) as sock:
            sock.send(b"who")
            sock.recv(100)
        time.sleep(0.002)

    def settled():
        after = traffic_of(lab, balancer)
        grown = {a: (after[a][0] - before[a][0], after[a][1] - before[a][1]) for a in after}
        seen = {a: (incoming[a].packets()["seen"], outgoing[a].packets()["seen"]) for a in after}
        return grown == seen and grown

    grown = until(settled, 5, "that Sluice and nftables agree")
    for counter in [*incoming.values(), *outgoing.values()]:
        counter.remove()
    # At least SYN, ACK, request, FIN, and a datagram came in for each.
    assert sum(n for n, _ in grown.values()) >= PACED * 5
    assert all(there and back for there, back in grown.values())


def test_the_kernel_forwards_none_of_it(lab, balancer):
    addresses = ", ".join([balancer.vip, *(h.address for h in lab.topology.backends)])
    counter = Counters(lab.topology.gateway.namespace, "forward",
                       seen=f"ip saddr {{ {addresses} }}", asked=f"ip daddr {{ {addresses} }}")
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        assert not spread(lab.client, (balancer.vip, 80), lab.source_ports(500), kind).failures
    assert counter.packets() == {"seen": 0, "asked": 0}
    # The counter does count: a direct connection is transit.
    Connection(lab.client, (lab.topology.backends[0].address, 8080)).close()
    assert all(counter.packets().values())
    counter.remove()


def test_every_drop_has_a_reason(lab, balancer):
    """Datagrams to a port without a listener are dropped, and counted under that reason."""
    def dropped():
        drops = lab.api.call("DescribeStatistics")["Drops"]["Drop"]
        return {d["Reason"]: d["Packets"] for d in drops}
    before = dropped()
    with udp_socket(lab.client, (balancer.vip, 9)) as sock:
        for _ in range(50):
            sock.send(b"x")
    until(lambda: dropped()["no_listener"] == before["no_listener"] + 50, 5,
          "that 50 drops are counted")


def test_the_program_is_native(lab):
    for interface in lab.topology.interfaces:
        shown = run(*inside(lab.topology.gateway.namespace, "ip", "link", "show", interface))
        assert " xdp " in shown, "xdpgeneric would say so"

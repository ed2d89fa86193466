# SPDX-License-Identifier: BSD-2-Clause
"""What is the gateway's own, and what is nobody's here: its addresses, its stations."""
import socket
import struct

import pytest

from lab.lab import until
from lab.namespace import entered, run
from lab.traffic import Connection

COUNT = 20


@pytest.fixture(scope="module")
def target(lab):
    """One server alone, so that every ring slot names it."""
    balancer = lab.balancer()
    target = balancer.listen()
    balancer.add(b1=100)
    return target


@pytest.fixture
def window(lab, target):
    """From here on, replies may rebuild flows."""
    done = lab.ctl.run("--pins", lab.daemon.pins, "datapath", "flush")
    assert done.code == 0, done.errors


def counted(lab, reason):
    said = lab.api.call("DescribeStatistics")
    return {row["Reason"]: row["Packets"]
            for row in said["Drops"]["Drop"] + said["Events"]["Event"]}[reason]


def station(namespace, device):
    text = run("ip", "-netns", namespace, "-br", "link", "show", "dev", device).split()[2]
    return bytes.fromhex(text.replace(":", ""))


def send_syns(lab, target, source, to=None):
    """SYNs from the client's link, from any address, to any station (the gateway's by default)."""
    to = to or station(lab.topology.gateway.namespace, "front")
    sender = station(lab.client.namespace, "eth0")
    with entered(lab.client.namespace):
        link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    with link:
        link.bind(("eth0", 0))
        for port in lab.source_ports(COUNT):
            tcp = struct.pack("!HHIIBBHHH", port, target[1], 1, 0, 5 << 4, 2, 1000, 0, 0)
            ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 1, 0, 64, socket.IPPROTO_TCP, 0,
                             socket.inet_aton(source), socket.inet_aton(target[0]))
            link.send(to + sender + b"\x08\x00" + ip + tcp)


def test_direct_connections_while_flows_may_be_rebuilt(lab, target, window):
    """Every one of them looks like a lost flow of the VIP's."""
    server = lab.topology.backends[0]
    for _ in range(5):
        connection = Connection(lab.client, (server.address, 8080))
        assert connection.echo("direct") == "b1"
        connection.send("get 100000\n")
        assert connection.download(100000)
        connection.close()
    assert counted(lab, "flow_rebuilt") == 0


def test_the_gateways_own_connections(lab, target, window):
    """As its probes of the backends are."""
    for _ in range(5):
        connection = Connection(lab.topology.gateway, (lab.topology.backends[0].address, 8080))
        assert connection.echo("own") == "b1"
        connection.send("get 100000\n")
        assert connection.download(100000)
        connection.close()
    assert counted(lab, "flow_rebuilt") == 0


def test_a_source_that_is_the_gateways_own(lab, target):
    before = counted(lab, "flow_new")
    for number, source in enumerate((lab.topology.front_address, lab.topology.back_address), 1):
        send_syns(lab, target, source)
        until(lambda: counted(lab, "bad_source") == number * COUNT, what="that all are refused")
    assert counted(lab, "flow_new") == before


def test_addresses_that_come_and_go(lab, target):
    gateway, address = lab.topology.gateway.namespace, "10.1.0.77"
    lab.topology.ip(gateway, f"address add {address}/24 dev front")

    def is_refused():
        before = counted(lab, "bad_source")
        send_syns(lab, target, address)
        return counted(lab, "bad_source") == before + COUNT

    until(is_refused, patience=1, what="that it is known")
    lab.topology.ip(gateway, f"address del {address}/24 dev front")
    until(lambda: not is_refused(), patience=1, what="that it is forgotten")


def test_frames_for_another_station(lab, target):
    """Seen all the same, since somebody on the gateway listens to all."""
    gateway = lab.topology.gateway.namespace
    lab.topology.ip(gateway, "link set front promisc on")
    before = counted(lab, "flow_new")
    send_syns(lab, target, lab.client.address, to=bytes.fromhex("020000abcdef"))
    send_syns(lab, target, lab.client.address, to=b"\xff" * 6)
    assert counted(lab, "flow_new") == before
    send_syns(lab, target, lab.client.address)
    until(lambda: counted(lab, "flow_new") == before + COUNT, what="that the others are taken")
    lab.topology.ip(gateway, "link set front promisc off")


def test_a_new_station(lab, target):
    gateway, address = lab.topology.gateway.namespace, "02:00:00:00:77:01"
    held = Connection(lab.client, target)
    lab.topology.ip(gateway, f"link set front address {address}")
    lab.topology.ip(lab.client.namespace, "neighbour flush dev eth0")
    assert held.echo("after") == "b1"
    held.close()
    connection = Connection(lab.client, target)
    assert connection.echo("new") == "b1"
    connection.close()

# SPDX-License-Identifier: BSD-2-Clause
"""sluicectl flows: held connections are listed as they are, and kill ends those that match, only."""
import pytest
from lab.traffic import Connection, Held, udp_socket

COUNT = 12


def flows(lab, *filters):
    return lab.ctl("--pins", lab.daemon.pins, "flows", "list", *filters)["Flows"]["Flow"]


def kill(lab, *filters):
    return lab.ctl("--pins", lab.daemon.pins, "flows", "kill", *filters)["Killed"]


def address_of(lab, server):
    return next(host.address for host in lab.topology.backends if host.name == server)


@pytest.fixture(scope="module")
def target(lab):
    balancer = lab.balancer()
    target = balancer.listen()
    balancer.add(b1=100, b2=100, b3=100)
    yield target
    balancer.delete()


@pytest.fixture
def held(lab, target):
    held = Held(lab.client, target, COUNT, lab.source_ports(COUNT)[0])
    assert held.troubles() == []
    assert len({c.server for c in held.connections}) > 1, "one server has them all"
    yield held
    held.close()


def port_of(connection):
    return connection.sock.getsockname()[1]


def endpoint(connection):
    return "%s:%d" % connection.sock.getsockname()


def test_held_connections_are_listed(lab, target, held):
    vip, port = target
    listed = {flow["ClientPort"]: flow for flow in flows(lab, f"vip={vip}:{port}",
                                                         "state=established")}
    for connection in held.connections:
        flow = listed[port_of(connection)]
        assert flow["ClientIp"] == lab.client.address
        assert (flow["Protocol"], flow["VipIp"], flow["VipPort"]) == ("tcp", vip, port)
        assert flow["BackendIp"] == address_of(lab, connection.server)
        assert (flow["BackendPort"], flow["BackendState"]) == (8080, "active")
        assert 0 <= flow["Age"] <= 5


def test_the_table_shows_the_same(lab, held):
    done = lab.ctl.run("--pins", lab.daemon.pins, "flows", "state=established")
    assert done.code == 0, done.errors
    lines = {line.split()[1]: line.split() for line in done.output.splitlines()[1:]
             if line.startswith("tcp")}
    for connection in held.connections:
        words = lines[endpoint(connection)]
        assert words[3] == f"{address_of(lab, connection.server)}:8080"
        assert words[4] == "established"
    assert done.output.splitlines()[0].split() == ["PROTOCOL", "CLIENT", "VIP", "BACKEND", "STATE",
                                                   "AGE"]
    short = lab.ctl.run("--pins", lab.daemon.pins, "flows", "state=established", "limit=2")
    assert len([line for line in short.output.splitlines() if line.startswith("tcp")]) == 2
    assert " more; " in short.output


def test_filters(lab, target, held):
    ports = {port_of(c): c for c in held.connections}
    server = held.connections[0].server
    on_server = {f["ClientPort"] for f in flows(lab, f"backend={address_of(lab, server)}",
                                                "state=established")}
    assert {p for p in ports if ports[p].server == server} == on_server & set(ports)
    network = lab.client.address.rsplit(".", 1)[0] + ".0/24"
    assert set(ports) <= {f["ClientPort"] for f in flows(lab, f"client={network}")}
    one = endpoint(held.connections[0])
    assert [f["ClientPort"] for f in flows(lab, f"client={one}")] == [port_of(held.connections[0])]
    assert flows(lab, "client=203.0.113.0/24") == []
    assert flows(lab, f"vip={target[0]}:81") == []
    assert flows(lab, "protocol=udp") == []
    assert not set(ports) & {f["ClientPort"] for f in flows(lab, "state=half-open,udp")}


def test_kill_ends_one(lab, target, held):
    doomed, *others = held.connections
    port = port_of(doomed)
    assert kill(lab, f"client={endpoint(doomed)}") == 1
    assert kill(lab, f"client={endpoint(doomed)}") == 0
    with pytest.raises(ConnectionError):
        doomed.echo("after the end")
    held.connections = others
    assert held.troubles() == []
    # The same client gets in again from the same port.
    doomed.close(reset=True)
    Connection(lab.client, target, port).close(reset=True)


def test_kill_ends_those_of_a_server(lab, target, held):
    server = held.connections[0].server
    doomed = held.on(server)
    held.connections = [c for c in held.connections if c not in doomed]
    assert kill(lab, f"backend={address_of(lab, server)}", f"vip={target[0]}",
                "state=established") >= len(doomed)
    for connection in doomed:
        with pytest.raises(ConnectionError):
            connection.echo("after the end")
        connection.close(reset=True)
    assert held.connections and held.troubles() == []


def test_kill_needs_a_filter(lab, held):
    done = lab.ctl.run("--pins", lab.daemon.pins, "flows", "kill")
    assert done.code == 2 and "is missing" in done.errors
    assert held.troubles() == []


def test_a_killed_datagram_flow_is_scheduled_anew(lab):
    balancer = lab.balancer()
    target = balancer.listen(port=53, protocol="udp")
    balancer.add(b1=100)
    with udp_socket(lab.client, target) as sock:
        sock.send(b"who 1")
        assert sock.recv(100).split()[0] == b"b1"
        assert [f["State"] for f in flows(lab, f"vip={target[0]}", "protocol=udp")] == ["udp"]
        assert kill(lab, f"vip={target[0]}", "protocol=udp") == 1
        assert flows(lab, f"vip={target[0]}", "protocol=udp") == []
        sock.send(b"who 2")
        assert sock.recv(100).split()[0] == b"b1"
    balancer.delete()


def test_without_pins(lab):
    done = lab.ctl.run("--pins", "/sys/fs/bpf/nonexistent", "flows")
    assert done.code == 1 and "nonexistent" in done.errors

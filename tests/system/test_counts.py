# SPDX-License-Identifier: BSD-2-Clause
"""New and active connections of a backend are exact after 20,000 real ones, however they end."""
import collections
import socket
import struct

import pytest

from lab.lab import until
from lab.namespace import entered
from lab.traffic import Held

FLOWS = 20000
HELD = 50
RST_ON_CLOSE = struct.pack("ii", 1, 0)


@pytest.fixture(scope="module")
def balancer(lab):
    balancer = lab.balancer()
    balancer.listen(HealthCheckSwitch="off")  # the servers' own counts are compared
    balancer.add(b1=100, b2=50, b3=10)
    yield balancer
    balancer.delete()


def counted(lab, balancer):
    """({server: new connections}, {server: active ones}) as DescribeStatistics has it."""
    shown = lab.api.call("DescribeStatistics", LoadBalancerId=balancer.id)
    backends = shown["Listeners"]["Listener"][0]["Backends"]["Backend"]
    names = {b["ServerId"].removeprefix("i-"): b for b in backends}
    return ({name: b["NewConnections"] for name, b in names.items()},
            {name: b["ActiveConnections"] for name, b in names.items()})


def listed(lab, balancer, column):
    """{server: number} of `sluicectl backend list`."""
    head, *rows = lab.ctl.run("backend", "list", balancer.id).output.splitlines()
    place = head.split().index(column)
    return {row.split()[0].removeprefix("i-"): int(row.split()[place]) for row in rows if row}


def connect(host, target, port):
    sock = socket.socket()
    sock.settimeout(5)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host.address, port))
    sock.connect(target)
    return sock, sock.recv(100).strip().decode()


def open_and_end(host, target, ports):
    """Every other one ends with FINs, the others with a RST; {server: connections}."""
    counts = collections.Counter()
    with entered(host.namespace):
        for port in ports:
            sock, server = connect(host, target, port)
            counts[server] += 1
            if port % 2:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
            sock.close()
    return counts


def test_exact_after_20000(lab, balancer):
    target = balancer.vip, 80
    held = Held(lab.client, target, HELD, lab.source_ports(HELD).start)
    living = collections.Counter(c.server for c in held.connections)
    assert counted(lab, balancer) == (dict(living), dict(living))
    ended = open_and_end(lab.client, target, lab.source_ports(FLOWS))
    assert sum(ended.values()) == FLOWS
    # The last FIN may still be on its way.
    until(lambda: counted(lab, balancer) == (dict(living + ended), dict(living)), 2,
          f"that {counted(lab, balancer)} is {dict(living + ended)}, {dict(living)}")
    assert not held.troubles()
    # The same by sluicectl, where an operator looks.
    shown = lab.ctl("stats", balancer.id)["Listeners"]["Listener"][0]
    assert (shown["NewConnections"], shown["ActiveConnections"]) == (FLOWS + HELD, HELD)
    assert listed(lab, balancer, "ACTIVE") == dict(living)
    # The sweeper looks at all flows in turn, and counts them by state.
    until(lambda: listed(lab, balancer, "ESTABLISHED") == dict(living), 40, "its round")
    held.close()
    until(lambda: sum(counted(lab, balancer)[1].values()) == 0, 2, "that nothing is active")

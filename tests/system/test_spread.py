# SPDX-License-Identifier: BSD-2-Clause
"""New flows go by weight: real TCP connections and UDP datagrams, judged by chi-square."""
import socket

import pytest

from lab import traffic
from lab.chisquare import agreement, agrees

COUNT = 3000
WEIGHTS = {"b1": 100, "b2": 50, "b3": 0}
WRONG = {"b1": 100, "b2": 80, "b3": 0}
KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


@pytest.fixture(scope="module")
def target(lab):
    """Made as an operator makes it: with sluicectl."""
    made = lab.ctl("lb", "create")
    lb = made["LoadBalancerId"]
    for protocol in KINDS:
        lab.ctl("listener", "create", lb, protocol, "80", "8080")
        lab.ctl("listener", "start", lb, protocol, "80")
    lab.ctl("backend", "add", lb, *(f"i-{name},weight={w}" for name, w in WEIGHTS.items()))
    lab.wait_resolved()
    return made["Address"], 80


def spread(lab, target, ports, protocol, **options):
    result = traffic.spread(lab.client, target, ports, KINDS[protocol], **options)
    assert not result.failures
    return result


@pytest.mark.parametrize("protocol", KINDS)
def test_by_weight(lab, target, protocol):
    counts = spread(lab, target, lab.source_ports(COUNT), protocol).counts
    print(protocol, counts, agreement(counts, WEIGHTS))
    assert sum(counts.values()) == COUNT
    assert counts.get("b3", 0) == 0
    assert agrees(counts, WEIGHTS)
    assert not agrees(counts, WRONG)


@pytest.mark.parametrize("protocol", KINDS)
def test_same_ports_reach_the_same_servers(lab, target, protocol):
    """ring_key is fixed, so the choice depends on the tuple alone."""
    ports = lab.source_ports(300)
    first = spread(lab, target, ports, protocol, reset=True)
    second = spread(lab, target, ports, protocol, reset=True)
    assert first.servers == second.servers
    assert len(set(first.servers.values())) == 2

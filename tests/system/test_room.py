# SPDX-License-Identifier: BSD-2-Clause
"""Quick changes leave old rings behind, which rest for a second: they wait for room, none fails."""
import pytest

from lab.lab import Lab
from lab.traffic import spread

SERVERS = 100  # a ring of 16,411 slots: 1,026 lines
CHANGES = 2


@pytest.fixture(scope="module")
def small(request):
    """A gateway whose tables hold three such rings."""
    with Lab(backends=1, config="auto_register = true;\ntables = { ring_lines = 4096; };\n") as lab:
        yield lab


def test_changes_in_quick_succession(small):
    balancer = small.balancer()
    target = balancer.listen()
    balancer.add(b1=100)
    for first in range(0, SERVERS, 20):
        entries = [{"ServerId": f"i-far{n}", "ServerIp": f"10.9.0.{n + 1}", "Weight": 0}
                   for n in range(first, first + 20)]
        small.api.call("AddBackendServers", LoadBalancerId=balancer.id, BackendServers=entries)
    # Each of these is a ring of its own, and a quarter of the room.
    for change in range(CHANGES):
        entries = [{"ServerId": f"i-far{n}", "Weight": 1 + (n + change) % 3}
                   for n in range(SERVERS)]
        for first in range(0, SERVERS, 20):
            small.api.call("SetBackendServers", LoadBalancerId=balancer.id,
                           BackendServers=entries[first:first + 20])
    entries = [{"ServerId": f"i-far{n}", "Weight": 0} for n in range(SERVERS)]
    for first in range(0, SERVERS, 20):
        small.api.call("SetBackendServers", LoadBalancerId=balancer.id,
                       BackendServers=entries[first:first + 20])
    assert spread(small.client, target, small.source_ports(50)).counts == {"b1": 50}

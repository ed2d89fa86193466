# SPDX-License-Identifier: BSD-2-Clause
"""A gateway alone, where only its control API matters: one link, and a router that has every server.

    gateway front 10.1.0.1/16 -- 10.1.0.2 router, behind which 10.64.0.0/10 is

The servers' next hop is the router, so the kernel's neighbour table holds one entry however many
there are.
"""
from .topology import Host, Topology, run

SERVERS = "10.64.0.0/10"
SETTINGS = """
host_id = "test-gateway";
ring_key = "000102030405060708090a0b0c0d0e0f";
regions = ( { id = "local-1"; zones = [ "local-1a", "local-1b" ]; } );
pools = ( { range = "10.1.16.0-10.1.95.255"; address_type = "internet"; } );
"""


class Gateway(Topology):
    """What Daemon wants of a topology, without clients and servers."""

    router_address = "10.1.0.2"

    def __init__(self):
        super().__init__(backends=0)

    def _build(self):
        self.interfaces = ["front"]
        self.router = Host("router", f"{self.stem}-router", self.router_address)
        self.mount("bpf", self.bpffs, "mode=0755")
        for host in (self.gateway, self.router):
            run("ip", "netns", "add", host.namespace)
            self._namespaces.append(host.namespace)
            self.sysctl(host.namespace, "net.ipv6.conf.all.disable_ipv6=1",
                        "net.ipv6.conf.default.disable_ipv6=1", "net.ipv4.ip_forward=1")
            self.ip(host.namespace, "link set lo up")
        self._pair(self.router.namespace, "eth0", self.gateway.namespace, "front")
        self.ip(self.gateway.namespace, f"address add {self.front_address}/16 dev front",
                f"route add {SERVERS} via {self.router_address}")
        self.ip(self.router.namespace, f"address add {self.router_address}/16 dev eth0")


def server_address(number):
    """The address of the server with this number, from 0."""
    return f"10.{64 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"

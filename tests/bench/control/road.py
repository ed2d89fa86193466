# SPDX-License-Identifier: BSD-2-Clause
"""A client and a server beside the bench's router, and traffic between them through a VIP.

    client 10.3.0.2 -- in|gateway|out -- 10.4.0.2 server

What each end sends to the other, and gets from it under the right address, is counted by its kernel: so
a packet that is lost on the way, or goes through untranslated, is known, whether or not it was sent again.
"""
import json
import os
import subprocess

from lab.gateway import Gateway
from lab.namespace import inside, mortal, run
from lab.packets import Counters
from lab.topology import Host

TRAFFIC = os.environ["BENCH_TRAFFIC"]
SERVER = "i-road"
PORT = 7000
KINDS = ("new", "held", "datagrams")  # of what `traffic` sends


class Road(Gateway):
    def _build(self):
        super()._build()
        self.client = Host("client", f"{self.stem}-client", "10.3.0.2")
        self.server = Host("server", f"{self.stem}-server", "10.4.0.2")
        for host, device in ((self.client, "in"), (self.server, "out")):
            gateway = host.address[:-1] + "1"
            run("ip", "netns", "add", host.namespace)
            self._namespaces.append(host.namespace)
            self.sysctl(host.namespace, "net.ipv6.conf.all.disable_ipv6=1",
                        "net.ipv6.conf.default.disable_ipv6=1")
            self.ip(host.namespace, "link set lo up")
            self._pair(host.namespace, "eth0", self.gateway.namespace, device)
            self._address(self.gateway.namespace, device, gateway)
            self._address(host.namespace, "eth0", host.address)
            self.ip(host.namespace, f"route add default via {gateway}")
            self.interfaces.append(device)

    def _start(self, host, *arguments):
        process = subprocess.Popen(mortal(*inside(host.namespace, TRAFFIC, *arguments)), text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.processes.append(process)
        if process.stdout.readline() != "ready\n":
            raise RuntimeError(f"{host.name}: no traffic")
        return process

    def serve(self):
        self._start(self.server, "serve", str(PORT))


class Traffic:
    """Sent while this is entered; then `sent`, `lost` and `told` say what came of it."""

    def __init__(self, road, vip):
        self.road, self.vip = road, vip
        ends = ((road.client, vip), (road.server, road.client.address))
        self._out = [Counters(host.namespace, "output", road=f"ip daddr {other}")
                     for host, other in ends]
        self._in = [Counters(host.namespace, "input", road=f"ip saddr {other}")
                    for host, other in ends]

    def __enter__(self):
        self._process = self.road._start(self.road.client, "send", self.vip, str(PORT))
        return self

    def __exit__(self, *_):
        told, _ = self._process.communicate(timeout=30)
        self.told = json.loads(told)
        self.sent = sum(c.packets()["road"] for c in self._out)
        self.lost = self.sent - sum(c.packets()["road"] for c in self._in)
        for counters in (*self._out, *self._in):
            counters.remove()

# SPDX-License-Identifier: BSD-2-Clause
"""Topology, daemon and clients of its API together, and load balancers made in a line."""
import time

from .api import Api, Ctl
from .daemon import SETTINGS, Daemon
from .topology import Topology


def until(condition, patience=10, what="the condition"):
    """Waits for a true value, and returns it."""
    deadline = time.monotonic() + patience
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true in {patience} s")
        time.sleep(0.02)
    return value


class Balancer:
    """A load balancer of the test's, with its VIP."""

    def __init__(self, lab, **parameters):
        self.lab = lab
        made = lab.api.call("CreateLoadBalancer", **parameters)
        self.id, self.vip = made["LoadBalancerId"], made["Address"]

    def listen(self, port=80, backend_port=8080, protocol="tcp", start=True, **parameters):
        self.lab.api.call(f"CreateLoadBalancer{protocol.upper()}Listener", LoadBalancerId=self.id,
                          ListenerPort=port, BackendServerPort=backend_port, Bandwidth=-1,
                          **parameters)
        if start:
            self.start(port, protocol)
        return self.vip, port

    def start(self, port=80, protocol="tcp"):
        self.lab.api.call("StartLoadBalancerListener", LoadBalancerId=self.id, ListenerPort=port,
                          ListenerProtocol=protocol)

    def stop(self, port=80, protocol="tcp"):
        self.lab.api.call("StopLoadBalancerListener", LoadBalancerId=self.id, ListenerPort=port,
                          ListenerProtocol=protocol)

    def add(self, **weights):
        """By backend name; comes back when their hops are resolved."""
        self._change("AddBackendServers", weights)
        self.lab.wait_resolved()

    def weigh(self, **weights):
        self._change("SetBackendServers", weights)

    def remove(self, *names):
        self._change("RemoveBackendServers", dict.fromkeys(names))

    def _change(self, action, weights):
        servers = [{"ServerId": f"i-{name}"} | ({} if weight is None else {"Weight": weight})
                   for name, weight in weights.items()]
        self.lab.api.call(action, LoadBalancerId=self.id, BackendServers=servers)

    def health(self, port=80, protocol="tcp"):
        """{backend name: "normal", "abnormal" or "unavailable"}."""
        shown = self.lab.api.call("DescribeHealthStatus", LoadBalancerId=self.id,
                                  ListenerPort=port, ListenerProtocol=protocol)
        return {server["ServerId"].removeprefix("i-"): server["ServerHealthStatus"]
                for server in shown["BackendServers"]["BackendServer"]}

    def wait_health(self, word, *names, port=80, protocol="tcp", patience=10):
        until(lambda: all(self.health(port, protocol)[n] == word for n in names), patience,
              f"that {', '.join(names)} of port {port} are {word}")

    def delete(self):
        self.lab.api.call("DeleteLoadBalancer", LoadBalancerId=self.id)


class Lab:
    def __init__(self, one_armed=False, backends=3, config="", ports=(8080,)):
        self.topology = Topology(backends, one_armed)
        try:
            self.daemon = Daemon(self.topology, SETTINGS + config)
            self.api = Api(self.daemon.socket)
            self.ctl = Ctl(self.topology, self.daemon)
            self.topology.serve(ports)
        except BaseException:
            self.topology.close()
            raise
        self._next_port = 10000

    def __enter__(self):
        try:
            self.daemon.start()
            for host in self.topology.backends:
                self.register(host.server_id, host.address)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            if self.daemon.running():
                self.daemon.kill()
        finally:
            self.topology.close()

    @property
    def client(self):
        return self.topology.client

    def register(self, server_id, *addresses, **parameters):
        numbered = {f"IpAddress.{n}": a for n, a in enumerate(addresses, 1)}
        return self.api.call("RegisterInstance", InstanceId=server_id, **numbered, **parameters)

    def balancer(self, **parameters):
        return Balancer(self, **parameters)

    def source_ports(self, count):
        """Ports that no test of this lab has used before."""
        first, self._next_port = self._next_port, self._next_port + count
        assert self._next_port <= 65536
        return range(first, first + count)

    def unresolved(self):
        return self.api.call("DescribeStatus")["UnresolvedHops"]["Hop"]

    def wait_resolved(self):
        until(lambda: not self.unresolved(), what="that every hop is resolved")

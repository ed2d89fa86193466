# SPDX-License-Identifier: BSD-2-Clause
"""A client, a gateway and backends, each in a network namespace of its own.

Two-armed: client -- front|gateway|back -- switch -- backends
One-armed: client and backends -- switch -- only|gateway

Clients are in 10.1.0.0/24, backends in 10.2.0.0/24, and either way the gateway routes between
them. Names carry the process id, so that copies of a test may run beside each other.
"""
import dataclasses
import itertools
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from .namespace import inside, mortal, run

# What the other end of a gateway's veth needs: GRO alone lets a frame that XDP_TX sends (a RST, or
# anything of a one-armed gateway) into the ring, but nothing wakes the receiver.
XDP_PASS = '__attribute__((section("xdp"), used)) int pass(void *context) { return 2; }'
SERVER = pathlib.Path(__file__).with_name("server.py")
PREFIX = "slc"
_serial = itertools.count()


@dataclasses.dataclass
class Host:
    name: str
    namespace: str
    address: str

    @property
    def server_id(self):
        return f"i-{self.name}"


def _sweep_orphans():
    """What test processes left that were killed before they could clean up."""
    left = [*pathlib.Path("/run/netns").glob(f"{PREFIX}*"),
            *pathlib.Path(tempfile.gettempdir()).glob(f"sluice-{PREFIX}*")]
    for path in left:
        owner = re.search(rf"{PREFIX}(\d+)-", path.name)
        if not owner or pathlib.Path("/proc", owner[1]).exists():
            continue
        if path.is_dir():
            for mount in path.iterdir():
                run("umount", "--lazy", mount, check=False)
            shutil.rmtree(path, ignore_errors=True)
        else:
            run("ip", "netns", "del", path.name, check=False)


class Topology:
    front_address = "10.1.0.1"
    back_address = "10.2.0.1"

    def __init__(self, backends=3, one_armed=False):
        _sweep_orphans()
        self.stem = f"{PREFIX}{os.getpid()}-{next(_serial)}"
        self.one_armed = one_armed
        self.client = Host("client", f"{self.stem}-client", "10.1.0.2")
        self.gateway = Host("gateway", f"{self.stem}-gw", self.back_address)
        self.switch = f"{self.stem}-switch"
        self.backends = [Host(f"b{n}", f"{self.stem}-b{n}", f"10.2.0.{10 + n}")
                         for n in range(1, backends + 1)]
        self.interfaces = ["only"] if one_armed else ["front", "back"]
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=f"sluice-{self.stem}-"))
        self.directory.chmod(0o755)
        self.bpffs = self.directory / "bpf"
        self.processes = []
        self._namespaces = []
        self._mounts = []
        try:
            self._build()
        except BaseException:
            self.close()
            raise

    # --- building ---

    def _build(self):
        self.mount("bpf", self.bpffs, "mode=0755")
        hosts = [self.client, self.gateway, *self.backends]
        for namespace in [self.switch, *(h.namespace for h in hosts)]:
            run("ip", "netns", "add", namespace)
            self._namespaces.append(namespace)
            self.sysctl(namespace, "net.ipv6.conf.all.disable_ipv6=1",
                        "net.ipv6.conf.default.disable_ipv6=1")
            self.ip(namespace, "link set lo up")
        self.ip(self.switch, "link add bridge type bridge forward_delay 0 mcast_snooping 0",
                "link set bridge up")
        if self.one_armed:
            self._port(self.gateway.namespace, "only", "gw")
            self._port(self.client.namespace, "eth0", "client")
        else:
            self._pair(self.client.namespace, "eth0", self.gateway.namespace, "front")
            self._port(self.gateway.namespace, "back", "gw")
            self._wake(self.client.namespace, "eth0")
        self._wake(self.switch, "gw")
        self._address(self.gateway.namespace, self.interfaces[0], self.front_address)
        self._address(self.gateway.namespace, self.interfaces[-1], self.back_address)
        self.sysctl(self.gateway.namespace, "net.ipv4.ip_forward=1",
                    "net.ipv4.conf.all.send_redirects=0",
                    "net.ipv4.conf.default.send_redirects=0",
                    *(f"net.ipv4.conf.{i}.send_redirects=0" for i in self.interfaces))
        self._address(self.client.namespace, "eth0", self.client.address)
        self.ip(self.client.namespace, f"route add default via {self.front_address}")
        for host in self.backends:
            self._port(host.namespace, "eth0", host.name)
            self._address(host.namespace, "eth0", host.address)
            self.ip(host.namespace, f"route add default via {self.back_address}")

    def _pair(self, one, device, other, peer):
        run("ip", "link", "add", device, "netns", one, "type", "veth",
            "peer", "name", peer, "netns", other)
        ends = ((one, device), (other, peer))
        for namespace, name in ends:
            self.ip(namespace, f"link set {name} up")
        for namespace, name in ends:
            # Checksums and segments complete, since XDP forwards them as they are; and NAPI on,
            # since a frame that XDP sends into a veth without it vanishes. GRO set while the link
            # is down does not tell the peer that it may be redirected to.
            run(*inside(namespace, "ethtool", "-K", name, "tx", "off", "tso", "off", "gso", "off",
                        "gro", "on"))

    def _port(self, namespace, device, port):
        self._pair(namespace, device, self.switch, port)
        self.ip(self.switch, f"link set {port} master bridge")

    def _wake(self, namespace, device):
        program = self.directory / "pass.o"
        run("clang", "-O2", "-target", "bpf", "-x", "c", "-c", "-o", program, "-", input=XDP_PASS)
        self.ip(namespace, f"link set {device} xdpdrv object {program} section xdp")

    def _address(self, namespace, device, address):
        self.ip(namespace, f"address add {address}/24 dev {device}")

    # --- using ---

    def ip(self, namespace, *lines):
        run("ip", "-netns", namespace, "-batch", "-", input="\n".join(lines) + "\n")

    def sysctl(self, namespace, *settings):
        run(*inside(namespace, "sysctl", "-qw", *settings))

    def mount(self, kind, where, options):
        where.mkdir(parents=True, exist_ok=True)
        run("mount", "-t", kind, "-o", options, kind, where)
        self._mounts.append(where)

    def backend(self, name):
        return next(h for h in self.backends if h.name == name)

    def serve(self, ports=(8080,), hosts=None):
        """A TCP and UDP server on these ports of each backend, that answers with its name."""
        for host in hosts or self.backends:
            server = subprocess.Popen(
                mortal(*inside(host.namespace, sys.executable, "-B", SERVER, host.name, *ports)),
                stdout=subprocess.PIPE, text=True)
            self.processes.append(server)
            if server.stdout.readline() != "ready\n":
                raise RuntimeError(f"the server of {host.name} did not start")

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()
        for namespace in self._namespaces:
            run("ip", "netns", "del", namespace, check=False)
        for where in reversed(self._mounts):
            run("umount", "--lazy", where, check=False)
        shutil.rmtree(self.directory, ignore_errors=True)

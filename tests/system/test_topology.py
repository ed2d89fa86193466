# SPDX-License-Identifier: BSD-2-Clause
"""The topology without the daemon: routing works, and native XDP forwards where it must.

If this fails, the ground is not what the other tests take it for.
"""
import pathlib
import platform
import socket

import pytest

from lab.namespace import inside, run
from lab.packets import Counters
from lab.topology import Topology
from lab.traffic import Connection, spread

PROGRAM = pathlib.Path(__file__).with_name("forward.bpf.c")


@pytest.fixture(params=[False, True], ids=["two-armed", "one-armed"])
def topology(request):
    topology = Topology(one_armed=request.param)
    try:
        yield topology
    finally:
        topology.close()


def use(topology):
    """Datagrams, connections and streams to every backend."""
    for host in topology.backends:
        run(*inside(topology.client.namespace, "ping", "-c", 1, "-W", 2, host.address))
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            reached = spread(topology.client, (host.address, 8080), range(20000, 20100), kind,
                             reset=True)
            assert reached.counts == {host.name: 100}, reached.failures
        connection = Connection(topology.client, (host.address, 8080))
        connection.send("get 5000000\n")
        assert connection.download(5000000)
        assert connection.upload(5000000)
        connection.close()


def test_routed(topology):
    topology.serve()
    counted = Counters(topology.gateway.namespace, "forward", seen="ip protocol tcp")
    use(topology)
    assert counted.packets()["seen"] > 1000


def test_native_xdp(topology):
    topology.serve()
    use(topology)  # neighbours are known from now on
    program = topology.directory / "forward.o"
    run("clang", "-O2", "-g", "-target", "bpf", f"-I/usr/include/{platform.machine()}-linux-gnu",
        "-c", PROGRAM, "-o", program)
    for interface in topology.interfaces:
        topology.ip(topology.gateway.namespace,
                    f"link set {interface} xdpdrv object {program} section xdp")
    counted = Counters(topology.gateway.namespace, "forward", seen="ip protocol tcp")
    use(topology)
    assert counted.packets()["seen"] == 0, "the kernel forwarded, not the program"


def test_nothing_is_left_behind():
    topology = Topology(backends=1)
    topology.serve()
    server, directory, stem = topology.processes[0], topology.directory, topology.stem
    topology.close()
    assert server.poll() is not None
    assert not directory.exists()
    assert stem not in run("ip", "netns", "list")
    assert stem not in run("mount")

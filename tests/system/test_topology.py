# SPDX-License-Identifier: BSD-2-Clause
"""The topology without the daemon: routing works, and native XDP forwards where it must.

If this fails, the ground is not what the other tests take it for.
"""
import pytest

from lab.namespace import inside, run
from lab.topology import Topology
from lab.traffic import Connection, spread


@pytest.fixture(params=[False, True], ids=["two-armed", "one-armed"])
def topology(request):
    topology = Topology(one_armed=request.param)
    try:
        yield topology
    finally:
        topology.close()


def test_everyone_reaches_everyone(topology):
    topology.serve()
    for host in topology.backends:
        run(*inside(topology.client.namespace, "ping", "-c", 1, "-W", 2, host.address))
        reached = spread(topology.client, (host.address, 8080), range(20000, 20100))
        assert reached.counts == {host.name: 100}
        connection = Connection(topology.client, (host.address, 8080))
        connection.send("get 5000000\n")
        assert connection.download(5000000)
        assert connection.upload(5000000)
        connection.close()


def test_nothing_is_left_behind():
    topology = Topology(backends=1)
    topology.serve()
    server, directory, stem = topology.processes[0], topology.directory, topology.stem
    topology.close()
    assert server.poll() is not None
    assert not directory.exists()
    assert stem not in run("ip", "netns", "list")
    assert stem not in run("mount")

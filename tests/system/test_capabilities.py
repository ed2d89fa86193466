# SPDX-License-Identifier: BSD-2-Clause
"""The daemon as its service runs it: a plain user with three capabilities, and nothing more."""
import os
import pathlib
import re

import pytest

from lab.daemon import Daemon
from lab.lab import Lab, until
from lab.namespace import run
from lab.traffic import Connection, spread

USER = 64123  # of no account: what matters is that it is not root
THREE = ["bpf", "net_admin", "perfmon"]
BITS = sum(1 << bit for bit in (39, 12, 38))


def as_user(*capabilities):
    held = ",".join(f"+{name}" for name in capabilities)
    return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--no-new-privs",
            f"--bounding-set=-all,{held}", f"--inh-caps=-all,{held}", f"--ambient-caps=-all,{held}"]


class PlainLab(Lab):
    """The daemon's directories belong to the user, as systemd would have made them."""

    def __init__(self):
        super().__init__()
        self.daemon.prefix = as_user(*THREE)
        own(self.daemon)


def own(daemon):
    daemon.pins.mkdir()
    for directory in (daemon.directory, daemon.pins):
        os.chown(directory, USER, USER)


@pytest.fixture(scope="module")
def lab():
    with PlainLab() as lab:
        yield lab


def status_of(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return dict(re.findall(r"^(\w+):\s*(.*)$", text, re.MULTILINE))


def test_no_more_than_three(lab):
    status = status_of(lab.daemon.pid)
    assert set(status["Uid"].split()) == {str(USER)}
    for kind in ("CapEff", "CapPrm", "CapBnd", "CapAmb"):
        assert int(status[kind], 16) == BITS, kind


def test_everything_works(lab):
    balancer = lab.balancer()
    target = balancer.listen()
    balancer.add(b1=100, b2=50, b3=0)
    assert sum(spread(lab.client, target, lab.source_ports(300)).counts.values()) == 300
    held = Connection(lab.client, target)
    lab.daemon.kill()
    lab.daemon.start()
    assert held.echo("taken over") == held.server
    balancer.weigh(b1=0, b2=0)
    with pytest.raises(ConnectionRefusedError):
        Connection(lab.client, target)
    balancer.delete()
    # It stays until the clients of the deleted listener have had their RST.
    until(lambda: balancer.vip not in run("ip", "-netns", lab.topology.gateway.namespace,
                                          "address"), patience=30, what="that the VIP is gone")


def test_without_one_of_them_it_says_so(lab):
    """A control: the capabilities are what it runs on, and a missing one is named."""
    for missing in ("bpf", "net_admin"):
        left = [name for name in THREE if name != missing]
        daemon = Daemon(lab.topology, name=f"without-{missing}", prefix=as_user(*left))
        own(daemon)
        code, said = daemon.run()
        assert code != 0
        assert f"CAP_{missing.upper()}" in said, said

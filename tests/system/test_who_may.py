# SPDX-License-Identifier: BSD-2-Clause
"""Who may do what: clients of real users and groups against the real daemon.

The daemon sees an /etc/group of its own, in which both groups exist.
"""
import json
import os
import re
import stat
import subprocess
import urllib.parse

import pytest

from lab.lab import Lab, until
from lab.namespace import mortal

USER = 64200  # of no account
WRITERS, READERS, OTHERS = 64201, 64202, 64203
BACKENDS = 1
FORBIDDEN = 403, "Forbidden", "User not authorized to operate on the specified resource."

# Stands alone: it runs as a user who may read nothing of the tests.
CONNECT = """
import http.client, socket, sys
connection = http.client.HTTPConnection("localhost")
connection.sock = socket.socket(socket.AF_UNIX)
connection.sock.settimeout(10)
connection.sock.connect(sys.argv[1])
"""
CLIENT = CONNECT + """
body = b"x" * int(sys.argv[3]) if len(sys.argv) > 3 else None
connection.request("POST" if body else "GET", sys.argv[2], body)
answer = connection.getresponse()
print(answer.status)
print(answer.read().decode())
"""


class OwnGroups(Lab):
    """A lab whose daemon has the groups that `names` names, and no others of ours."""

    def __init__(self, names=(("sluice", WRITERS), ("sluice-view", READERS))):
        super().__init__(backends=BACKENDS)
        self.groups = self.topology.directory / "group"
        known = [line for line in open("/etc/group", encoding="utf-8")
                 if line.split(":")[0] not in ("sluice", "sluice-view")]
        self.groups.write_text("".join(known) + "".join(f"{n}:x:{g}:\n" for n, g in names))
        self.daemon.prefix = ["unshare", "--mount", "--propagation", "private", "sh", "-c",
                              'mount --bind "$0" /etc/group && exec "$@"', self.groups]

    def open_to_all(self):
        """As where the file system has no access control lists."""
        os.removexattr(self.daemon.socket, "system.posix_acl_access")
        self.daemon.socket.chmod(0o666)

    def ask_as(self, query, uid=USER, gid=OTHERS, groups=(), body=None):
        """(status, content) of a client with these ids, with a body of so many bytes."""
        kept = [f"--groups={','.join(map(str, groups))}"] if groups else ["--clear-groups"]
        done = subprocess.run(
            mortal("setpriv", f"--reuid={uid}", f"--regid={gid}", *kept, "/usr/bin/python3", "-I",
                   "-S", "-c", CLIENT, str(self.daemon.socket), f"/?{query}",
                   *([str(body)] if body else [])),
            capture_output=True, text=True, timeout=30, check=False, cwd="/")
        if done.returncode:
            return None, done.stderr.strip().splitlines()[-1]
        status, content = done.stdout.split("\n", 1)
        return int(status), json.loads(content) if content.startswith("{") else content

    def audited(self):
        """(action, target, result, uid) of every audit line so far."""
        return re.findall(r'audit: action=(\S+) target="([^"]*)" result=(\S+) uid=(\d+)',
                          self.daemon.logged())


@pytest.fixture(scope="module")
def closed_lab():
    with OwnGroups() as lab:
        yield lab


@pytest.fixture(scope="module")
def lab():
    """Its socket is open to all, so that others too come as far as the daemon's own judgement."""
    with OwnGroups() as lab:
        lab.open_to_all()
        yield lab


READ, CHANGE = "Action=DescribeRegions", "Action=CreateLoadBalancer"
WHO = [
    ("root", {"uid": 0, "gid": 0}, True, True),
    ("root in a group of nobody's", {"uid": 0, "gid": OTHERS}, True, True),
    ("the writers' group", {"gid": WRITERS}, True, True),
    ("the writers' as a further group", {"groups": [OTHERS, WRITERS]}, True, True),
    ("the readers' group", {"gid": READERS}, True, False),
    ("the readers' as a further group", {"groups": [OTHERS, READERS]}, True, False),
    ("both", {"gid": READERS, "groups": [WRITERS]}, True, True),
    ("neither", {}, False, False),
    ("root's group alone", {"gid": 0}, False, False),
]


@pytest.mark.parametrize("who, ids, reads, writes", WHO, ids=[row[0] for row in WHO])
def test_matrix(lab, who, ids, reads, writes):
    before = lab.api.call("DescribeLoadBalancers")["TotalCount"]
    for query, allowed in (READ, reads), (CHANGE, writes):
        status, content = lab.ask_as(query, **ids)
        if allowed:
            assert status == 200, (who, query, content)
        else:
            assert (status, content.get("Code"), content.get("Message")) == FORBIDDEN, (who, query)
    assert lab.api.call("DescribeLoadBalancers")["TotalCount"] == before + writes


def test_only_who_may_write_sends_much(lab):
    """A whole configuration; but no other action takes so much."""
    status, content = lab.ask_as("Action=ApplyChanges", gid=WRITERS, body=2 << 20)
    assert (status, content["Code"]) == (400, "MissingChanges")
    status, content = lab.ask_as(READ, gid=WRITERS, body=2 << 20)
    assert (status, content["Code"]) == (400, "InvalidParameter")
    for gid in READERS, OTHERS:
        status, content = lab.ask_as("Action=ApplyChanges", gid=gid, body=2 << 20)
        assert status == 413, content


def test_nothing_is_learnt_by_who_may_nothing(lab):
    """The same answer whatever is asked: an unknown action, a known one, one that is left out."""
    for action in "NoSuchAction", "DescribeActions", "CreateRules", "DescribeLoadBalancers":
        status, content = lab.ask_as(f"Action={action}")
        assert (status, content["Code"]) == (403, "Forbidden"), action
    status, content = lab.ask_as("")
    assert (status, content["Code"]) == (403, "Forbidden")


@pytest.mark.parametrize("who, ids, reads, writes", WHO, ids=[row[0] for row in WHO])
def test_others_do_not_even_connect(closed_lab, who, ids, reads, writes):
    status, content = closed_lab.ask_as(READ, **ids)
    if reads:
        assert status == 200, (who, content)
    else:
        assert status is None and "Permission denied" in content, (who, content)


def test_every_mutation_has_its_audit_line(lab):
    """Also those that are refused for want of rights, or while they are decoded."""
    made = lab.api.call("CreateLoadBalancer")["LoadBalancerId"]
    lab.api.ask("SetLoadBalancerName", LoadBalancerId=made)
    lab.api.ask("SetLoadBalancerName", LoadBalancerId=made, LoadBalancerName="two words")
    lab.ask_as(f"Action=DeleteLoadBalancer&LoadBalancerId={made}", gid=READERS)
    lab.api.call("DescribeLoadBalancers")
    lab.api.call("DeleteLoadBalancer", LoadBalancerId=made)
    lines = until(lambda: [line for line in lab.audited() if line[1] == made][-5:], what="audit")
    assert lines == [
        ("CreateLoadBalancer", made, "OK", "0"),
        ("SetLoadBalancerName", made, "MissingLoadBalancerName", "0"),
        ("SetLoadBalancerName", made, "InvalidParameter", "0"),
        ("DeleteLoadBalancer", made, "Forbidden", str(USER)),
        ("DeleteLoadBalancer", made, "OK", "0"),
    ]
    assert not [line for line in lab.audited() if line[0].startswith("Describe")]


FORGED = 'a" result=OK uid=0 \\'
AS_SHOWN = "a? result=OK uid=0 ?"


def test_no_audit_line_is_forged(lab):
    """Whatever an id holds, it ends where its quotes do."""
    lab.ask_as("Action=DeleteLoadBalancer&LoadBalancerId=" + urllib.parse.quote(FORGED),
               gid=READERS)
    lab.api.ask("DeleteLoadBalancer", LoadBalancerId=FORGED)
    lab.api.ask("ApplyChanges", Changes=[{"Action": "DeleteLoadBalancer",
                                          "LoadBalancerId": FORGED}])
    lines = until(lambda: lab.audited()[-4:], what="audit")
    assert lines == [
        ("DeleteLoadBalancer", AS_SHOWN, "Forbidden", str(USER)),
        ("DeleteLoadBalancer", AS_SHOWN, "InvalidLoadBalancerId.NotFound", "0"),
        ("DeleteLoadBalancer", AS_SHOWN, "InvalidLoadBalancerId.NotFound", "0"),
        ("ApplyChanges", "", "InvalidLoadBalancerId.NotFound", "0"),
    ]


def test_strangers_do_not_flood_the_log(lab):
    """Refused mutations of who may not write are lines like any other: at most 100 a second."""
    script = CONNECT + """
for _ in range(1500):
    connection.request("GET", sys.argv[2])
    connection.getresponse().read()
"""
    before = len(lab.audited())
    subprocess.run(mortal("setpriv", f"--reuid={USER}", f"--regid={OTHERS}", "--clear-groups",
                          "/usr/bin/python3", "-I", "-S", "-c", script, str(lab.daemon.socket),
                          f"/?{CHANGE}"), check=True, timeout=60, cwd="/")

    def accounted():
        told = re.findall(r"audit: too many lines in a second left_out=(\d+)", lab.daemon.logged())
        return told and len(lab.audited()) - before + sum(map(int, told)) == 1500

    until(accounted, what="that the log says how many it left out")


def test_without_the_groups_only_root():
    """A control: a group's number alone is no right, its name in the daemon's system is."""
    with OwnGroups(names=()) as lab:
        assert stat.S_IMODE(lab.daemon.socket.stat().st_mode) == 0o660
        for gid in WRITERS, READERS:
            assert lab.ask_as(READ, gid=gid)[0] is None
        assert lab.ask_as(READ, uid=0, gid=0)[0] == 200
        lab.daemon.socket.chmod(0o666)
        for gid in WRITERS, READERS:
            assert lab.ask_as(READ, gid=gid)[0] == 403

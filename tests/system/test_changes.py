# SPDX-License-Identifier: BSD-2-Clause
"""ApplyChanges: many changes as one, all of them or none, whatever is wrong with one of them and
whoever is killed meanwhile."""
import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import threading
import time
import urllib.parse

import pytest

from lab.api import SLUICECTL, Api, UnixConnection
from lab.daemon import SETTINGS, Daemon
from lab.gateway import Gateway, server_address

SLOW_SYNC = os.environ["SLOW_SYNC"]


@pytest.fixture
def gateway():
    with contextlib.closing(Gateway()) as topology:
        yield topology


class Side:
    def __init__(self, gateway, name, config=SETTINGS, **more):
        self.daemon = Daemon(gateway, config, name, **more)
        self.daemon.start()
        self.api = Api(self.daemon.socket)

    def export(self):
        done = subprocess.run([SLUICECTL, "--socket", self.daemon.socket, "export"],
                              capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def sluicectl_applies(self, instances):
        document = {"LoadBalancers": [], "Instances": [
            {"InstanceId": f"n{i}", "IpAddresses": [server_address(i)]} for i in range(instances)]}
        return subprocess.run([SLUICECTL, "--socket", self.daemon.socket, "apply", "-f", "-"],
                              input=json.dumps(document), capture_output=True, text=True,
                              timeout=60)

    def tables(self):
        """What of the kernel's tables is in use, but for what rests a while before it is free."""
        return {table["Name"]: table.get("Used")
                for table in self.api.call("DescribeStatus")["Tables"]["Table"]
                if table["Name"] not in ("rings", "members", "hops")}

    def apply(self, steps, **more):
        return self.api.ask("ApplyChanges", Changes=steps, **more)


@pytest.fixture(scope="module")
def side():
    gateway = Gateway()
    made = Side(gateway, "changes")
    made.api.call("RegisterInstance", InstanceId="web1", **{"IpAddress.1": "10.64.0.1"})
    made.api.call("RegisterInstance", InstanceId="far1", RegionId="local-2",
                  **{"IpAddress.1": "10.64.0.2"})
    made.lb = made.api.call("CreateLoadBalancer", LoadBalancerName="there")["LoadBalancerId"]
    try:
        yield made
    finally:
        made.daemon.kill()
        gateway.close()


def step(action, **parameters):
    return {"Action": action, **parameters}


def create(name, **more):
    return step("CreateLoadBalancer", LoadBalancerName=name, **more)


def servers(number, *ids):
    return {"Action": "AddBackendServers", "$LoadBalancerId": "${%d.LoadBalancerId}" % number,
            "BackendServers": json.dumps([{"ServerId": i} for i in ids])}


def listener(number, port, action="CreateLoadBalancerTCPListener", **more):
    return {"Action": action, "$LoadBalancerId": "${%d.LoadBalancerId}" % number,
            "ListenerPort": str(port), **more}


def website(name, port=80):
    """A load balancer with all that belongs to it, its first step's number being 1."""
    return [create(name), servers(1, "web1"),
            listener(1, port, BackendServerPort="8080", Bandwidth="-1"),
            {"Action": "TagResources", "ResourceType": "listener",
             "$ResourceId.1": "${1.LoadBalancerId}_tcp_%d" % port,
             "Tag.1.Key": "a", "Tag.1.Value": "${1.LoadBalancerId}"},
            listener(1, port, "StartLoadBalancerListener"),
            {"Action": "CreateVServerGroup", "$LoadBalancerId": "${1.LoadBalancerId}",
             "VServerGroupName": "g"},
            {"Action": "AddVServerGroupBackendServers", "$VServerGroupId": "${6.VServerGroupId}",
             "BackendServers": '[{"ServerId": "web1", "Port": 81}]'}]


def lines(side, request):
    return [line for line in side.daemon.logged().splitlines()
            if f"request={request}" in line and "action=" in line]


def test_all_of_them(side):
    answer = side.apply(website("whole"))
    assert answer.status == 200, answer.body
    results = answer.json["Results"]["Result"]
    assert [r["Step"] for r in results] == list(range(1, 8))
    assert [r["Action"] for r in results] == [s["Action"] for s in website("whole")]
    lb = results[0]["LoadBalancerId"]
    shown = side.api.call("DescribeLoadBalancerAttribute", LoadBalancerId=lb)
    assert shown["LoadBalancerName"] == "whole" and shown["Address"] == results[0]["Address"]
    assert [s["ServerId"] for s in shown["BackendServers"]["BackendServer"]] == ["web1"]
    attribute = side.api.call("DescribeLoadBalancerTCPListenerAttribute", LoadBalancerId=lb,
                              ListenerPort=80)
    assert attribute["Status"] == "running"
    # A value is what it is: only a name with a dollar sign before it makes it a reference.
    assert attribute["Tags"]["Tag"] == [{"TagKey": "a", "TagValue": "${1.LoadBalancerId}"}]
    group = side.api.call("DescribeVServerGroupAttribute",
                          VServerGroupId=results[5]["VServerGroupId"])
    assert group["BackendServers"]["BackendServer"][0]["Port"] == 81
    said = lines(side, answer.json["RequestId"])
    assert [re.search(r"action=(\w+).* result=(\w+)", line).groups() for line in said] == [
        *((s["Action"], "OK") for s in website("whole")), ("ApplyChanges", "OK")]
    assert 'target="%s"' % lb in said[1] and said[1].endswith("step=2")


def test_as_xml(side):
    answer = side.apply([create("xml"), step("RegisterInstance", InstanceId="x1",
                                             **{"IpAddress.1": "10.64.9.1"})], Format="XML")
    assert answer.status == 200 and answer.body.startswith("<?xml")
    assert re.search(r"<ApplyChangesResponse><RequestId>[^<]+</RequestId><Results><Result><Step>1"
                     r"</Step><Action>CreateLoadBalancer</Action><LoadBalancerId>lb-\w{20}<",
                     answer.body), answer.body
    assert answer.body.endswith("<Result><Step>2</Step><Action>RegisterInstance</Action>"
                                "<InstanceId>x1</InstanceId></Result></Results>"
                                "</ApplyChangesResponse>")


def test_a_region_of_its_own(side):
    answer = side.apply([create("far", RegionId="local-2"),
                         {**servers(1, "far1"), "RegionId": "local-2"}])
    assert answer.status == 200, answer.body
    answer = side.apply([create("near"), servers(1, "far1")])
    assert answer.code == "ObtainIpFail"
    answer = side.apply([servers_of(side.lb, "far1")], RegionId="local-2")
    assert (answer.status, answer.code) == (404, "InvalidLoadBalancerId.NotFound")


def servers_of(lb, *ids):
    return step("AddBackendServers", LoadBalancerId=lb,
                BackendServers=json.dumps([{"ServerId": i} for i in ids]))


def test_later_steps_see_earlier_ones(side):
    before = side.export()
    answer = side.apply([
        create("gone", Address="10.1.0.150"), servers(1, "web1"),
        {"Action": "DeleteLoadBalancer", "$LoadBalancerId": "${1.LoadBalancerId}"},
        create("gone", Address="10.1.0.150"),
        {"Action": "DeleteLoadBalancer", "$LoadBalancerId": "${4.LoadBalancerId}"}])
    assert answer.status == 200, answer.body
    assert side.export() == before


# What stands before the last step is good.
LATE = {
    "a rule": (step("DeregisterInstance", InstanceId="web1"), 400, "InstanceInUse",
               "step 8 DeregisterInstance: "),
    "no such object": (step("DeleteLoadBalancer", LoadBalancerId="lb-none"), 404,
                       "InvalidLoadBalancerId.NotFound", "step 8 DeleteLoadBalancer: "),
    "a bad value": (create("x", Bandwidth="0"), 400, "InvalidParameter.Bandwidth",
                    "step 8 CreateLoadBalancer: Bandwidth: \"0\""),
    "what is missing": (step("SetInstanceStatus", InstanceId="web1"), 400, "MissingStatus",
                        "step 8 SetInstanceStatus"),
    "a region that is none": (create("x", RegionId="mars"), 404, "InvalidRegionId.NotFound",
                              "step 8 CreateLoadBalancer: \"mars\""),
    "a version that is none": (create("x", Version="2000-01-01"), 400, "InvalidVersion", "step 8"),
    "a forward reference": ({"Action": "DeleteLoadBalancer",
                             "$LoadBalancerId": "${9.LoadBalancerId}"}, 400, "InvalidParameter",
                            "${9.LoadBalancerId} refers to a step that does not come before"),
    "a reference to itself": ({"Action": "DeleteLoadBalancer",
                               "$LoadBalancerId": "${8.LoadBalancerId}"}, 400, "InvalidParameter",
                              "step 8 DeleteLoadBalancer: Changes: ${8.LoadBalancerId} refers"),
    "step 0": ({"Action": "DeleteLoadBalancer", "$LoadBalancerId": "${0.LoadBalancerId}"}, 400,
               "InvalidParameter", "${0.LoadBalancerId} refers"),
    "no such field": ({"Action": "DeleteLoadBalancer", "$LoadBalancerId": "${1.Nonsense}"}, 400,
                      "InvalidParameter", "step 1, CreateLoadBalancer, answers no \"Nonsense\""),
    "half a reference": ({"Action": "DeleteLoadBalancer", "$LoadBalancerId": "${1.LoadBalancerId"},
                         400, "InvalidParameter", "is no reference ${STEP.FIELD}"),
    "a reference without a number": (
        {"Action": "DeleteLoadBalancer", "$LoadBalancerId": "${LoadBalancerId}"}, 400,
        "InvalidParameter", "is no reference ${STEP.FIELD}"),
    "a read": (step("DescribeStatus"), 400, "UnsupportedOperation",
               "step 8 DescribeStatus: Changes: DescribeStatus cannot be a step"),
    "itself": (step("ApplyChanges", Changes="[]"), 400, "UnsupportedOperation",
               "step 8 ApplyChanges: Changes: ApplyChanges cannot be a step"),
    "an action that is none": (step("Explode"), 404, "InvalidAction.NotFound", "step 8: no action"),
    "an action left out": (step("AddTags"), 400, "UnsupportedOperation", "step 8: AddTags"),
    "no action": ({"LoadBalancerName": "x"}, 400, "MissingAction", "step 8"),
    "an array": ([], 400, "InvalidParameter", "step 8: Changes: a step is not an object"),
    "a text": ("CreateLoadBalancer", 400, "InvalidParameter", "step 8: Changes: a step is not"),
    "null": (None, 400, "InvalidParameter", "step 8: Changes: a step is not an object"),
    "a number for a value": (create("x", Bandwidth=5), 400, "InvalidParameter",
                             "step 8: Changes: \"Bandwidth\" is not a string"),
    "an object for a value": (create("x", Tags={"a": "b"}), 400, "InvalidParameter",
                              "\"Tags\" is not a string"),
    "null for a value": (create("x", Bandwidth=None), 400, "InvalidParameter",
                         "\"Bandwidth\" is not a string"),
    "a name with and without its dollar": (create("x", **{"$LoadBalancerName": "y"}), 400,
                                           "InvalidParameter", "\"LoadBalancerName\" is given twice"),
    "257 parameters": (create("x", **{f"P{i}": "" for i in range(255)}), 400, "InvalidParameter",
                       "more than 256 parameters"),
    "a step of 64 KiB": (create("x", Nothing="y" * 65536), 400, "InvalidParameter",
                         "more than 65536 bytes for one item"),
}


@pytest.mark.parametrize("says", LATE)
def test_one_that_fails_late_undoes_all(side, says):
    last, status, code, detail = LATE[says]
    before, tables = side.export(), side.tables()
    answer = side.apply([*website("late", 81), last])
    assert (answer.status, answer.code) == (status, code), answer.body
    assert detail in answer.detail
    assert side.export() == before
    assert side.tables() == tables
    assert re.search(r"action=ApplyChanges .*result=%s " % re.escape(code),
                     lines(side, answer.json["RequestId"])[-1])


def test_what_is_undone_is_audited_as_a_number(side):
    """A client that fails again and again writes two lines a time, however long its list is."""
    answer = side.apply([create("a"), create("b"), step("DeleteLoadBalancer", LoadBalancerId="x"),
                         create("c")])
    said = lines(side, answer.json["RequestId"])
    assert [re.search(r"action=(\w+).* result=([\w.]+)", line).groups() for line in said] == [
        ("DeleteLoadBalancer", "InvalidLoadBalancerId.NotFound"),
        ("ApplyChanges", "InvalidLoadBalancerId.NotFound")]
    assert said[0].endswith("step=3") and said[1].endswith("undone=2")
    answer = side.apply([step("DeleteLoadBalancer", LoadBalancerId="x")])
    assert "undone=" not in "".join(lines(side, answer.json["RequestId"]))


# Changes as text, and what the detail says.
MALFORMED = {
    "not JSON": ("hello", "no array"),
    "an object": ('{"Action": "CreateLoadBalancer"}', "no array"),
    "nothing": ("[]", "there is no step"),
    "no end": ('[{"Action": "CreateLoadBalancer"}', "array without an end"),
    "no end of a step": ('[{"Action": "CreateLoadBalancer"', "object without an end"),
    "a comma at the end": ('[{"Action": "CreateLoadBalancer"},]', "no JSON value"),
    "text behind": ('[{"Action": "CreateLoadBalancer"}] x', "text behind the array"),
    "a name twice": ('[{"Action": "CreateLoadBalancer", "Action": "CreateLoadBalancer"}]',
                     '"Action" is given twice'),
    "nested": ("[" * 10000, "nested too deep"),
    "steps in steps": ('[[{"Action": "CreateLoadBalancer"}]]', "a step is not an object"),
    "a NUL": ('[{"Action": "\\u0000"}]', "NUL"),
    "a surrogate": ('[{"Action": "\\ud800"}]', "half a character"),
    "300,001 steps": ("[" + '{"Action":"CreateLoadBalancer"},' * 300000 +
                      '{"Action":"CreateLoadBalancer"}]', "more than 300000 steps"),
}


@pytest.mark.parametrize("says", MALFORMED)
def test_malformed(side, says):
    text, detail = MALFORMED[says]
    before = side.export()
    answer = side.api.request("POST", "/", urllib.parse.urlencode(
        {"Action": "ApplyChanges", "Changes": text}),
        {"Content-Type": "application/x-www-form-urlencoded"}, timeout=30)
    assert (answer.status, answer.code) == (400, "InvalidParameter"), answer.body
    assert "Changes" in answer.detail and detail in answer.detail, answer.detail
    assert side.export() == before


def test_changes_missing(side):
    assert side.api.ask("ApplyChanges").error == (
        400, "MissingChanges", "Changes is mandatory for this action.")


def test_other_actions_take_no_large_body(side):
    answer = side.api.ask("CreateLoadBalancer", LoadBalancerName="x", Other="y" * (1 << 20))
    assert (answer.status, answer.code) == (400, "InvalidParameter")
    assert "at most 1048576" in answer.detail


def test_two_large_requests_at_a_time(side):
    """So that memory is bounded; a third one is told so at once, and may come again."""
    head = b"POST /?Action=ApplyChanges HTTP/1.1\r\nContent-Length: 4194304\r\n\r\n"

    def begin():
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(5)
        sock.connect(str(side.daemon.socket))
        sock.sendall(head + b"x" * (2 << 20))
        return sock

    def answer_of(sock):
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        told = json.loads(answer.read())
        assert told["RequestId"] == answer.headers["x-acs-request-id"]
        return answer.status, told["Code"], told.get("Detail")

    def third():
        with begin() as sock:
            sock.sendall(b"x" * (2 << 20))
            return answer_of(sock)

    throttled = 400, "Throttling.User", "too many large requests at a time"
    first, second = begin(), begin()
    with first, second:
        assert third() == third() == throttled
        with begin() as half:
            assert answer_of(half) == throttled
        refused = side.apply([create("x", Nothing="y" * 1000)] * 4000)
        assert (refused.status, refused.code, refused.detail) == throttled
        refused = side.sluicectl_applies(20000)
        assert refused.returncode == 1
        assert "Throttling.User" in refused.stderr and throttled[2] in refused.stderr
        assert refused.stderr.endswith("sluicectl: nothing is changed\n")
        assert side.api.ask("DescribeRegions").status == 200
        first.sendall(b"x" * (2 << 20))
        assert b"MissingChanges" in first.recv(4096)
        assert third()[1] == "MissingChanges"
        second.sendall(b"x" * (2 << 20))
        assert b"MissingChanges" in second.recv(4096)


def test_client_token(side):
    steps, token = website("token"), {"ClientToken": "once"}
    first = side.apply(steps, **token)
    assert first.status == 200, first.body
    before = side.export()

    def again():
        answer = side.apply(steps, **token)
        assert answer.json["Results"] == first.json["Results"]
        assert answer.json["RequestId"] != first.json["RequestId"]
        assert side.export() == before

    again()
    other = side.apply(website("other"), **token)
    assert (other.status, other.code) == (400, "LX_REQUEST_TOKEN_CONFLICT")
    other = side.api.ask("CreateLoadBalancer", **token)
    assert (other.status, other.code) == (400, "LX_REQUEST_TOKEN_CONFLICT")
    assert side.export() == before
    side.daemon.kill()
    side.daemon.start()
    again()
    # What failed has no answer to repeat.
    refused = side.apply([*steps, step("DeleteLoadBalancer", LoadBalancerId="x")],
                         ClientToken="twice")
    assert refused.status == 404
    assert side.apply([create("twice")], ClientToken="twice").status == 200


@pytest.mark.parametrize("name", ["ClientToken", "$ClientToken"])
def test_a_step_with_its_lists_token(side, name):
    """The list's answer would take the place of the step's."""
    token = f"of both, {name}"
    before, steps = side.export(), [create("a"), create("b", **{name: token})]
    refused = side.apply(steps, ClientToken=token)
    assert (refused.status, refused.code, refused.detail) == (
        400, "LX_REQUEST_TOKEN_CONFLICT",
        f"step 2 CreateLoadBalancer: ClientToken: \"{token}\" is the list's own")
    assert side.export() == before
    assert side.apply(steps, ClientToken=token + "2").status == 200


def test_a_token_is_all_that_is_left(side):
    """What the list made it takes away again; its answer is kept all the same."""
    steps = [create("short"), {"Action": "DeleteLoadBalancer",
                               "$LoadBalancerId": "${1.LoadBalancerId}"}]
    before, first = side.export(), side.apply(steps, ClientToken="nothing")
    assert side.apply(steps).status == 200
    side.daemon.kill()
    side.daemon.start()
    assert side.export() == before
    assert side.apply(steps, ClientToken="nothing").json["Results"] == first.json["Results"]


def test_who_asks_beside_a_list_that_fails_keeps_what_it_got(side):
    """Both may come in one turn of the loop, and wait for the same disk."""
    before, made, over = side.export(), [], threading.Event()

    def fail():
        while not over.is_set():
            answer = side.apply([*website("never"), step("DeleteLoadBalancer", LoadBalancerId="x")])
            assert answer.status == 404

    def make():
        for _ in range(12):
            made.append(side.api.call("CreateLoadBalancer", LoadBalancerName="beside",
                                      AddressType="intranet")["LoadBalancerId"])
            side.api.call("SetLoadBalancerName", LoadBalancerId=made[0], LoadBalancerName="again")

    failing = [threading.Thread(target=fail) for _ in range(2)]
    making = [threading.Thread(target=make)]
    for thread in failing + making:
        thread.start()
    making[0].join()
    over.set()
    for thread in failing:
        thread.join()
    assert len(made) == 12
    for lb in made:
        side.api.call("DeleteLoadBalancer", LoadBalancerId=lb)
    assert side.export() == before


# --- large ones ---

LBS, LISTENERS, SERVERS = 800, 2, 20
LARGE = """
host_id = "test-gateway";
ring_key = "000102030405060708090a0b0c0d0e0f";
regions = ( { id = "local-1"; zones = [ "local-1a", "local-1b" ]; } );
pools = ( { range = "10.1.16.0-10.1.95.255"; address_type = "internet"; } );
"""


def large():
    steps = [step("RegisterInstance", InstanceId=f"i-{i}", **{"IpAddress.1": server_address(i)})
             for i in range(SERVERS * 100)]
    for lb in range(LBS):
        first = len(steps) + 1
        group = lb % 100 * SERVERS
        steps.append(create(f"lb{lb}"))
        steps.append(servers(first, *(f"i-{group + i}" for i in range(SERVERS))))
        for port in range(80, 80 + LISTENERS):
            steps.append(listener(first, port, Bandwidth="-1",
                                  BackendServerPort=str(1000 + lb // 100 * LISTENERS + port),
                                  HealthCheckSwitch="off"))
            steps.append(listener(first, port, "StartLoadBalancerListener"))
    return steps


STEPS = large()
NOTHING, ALL = (0, 0, 0), (SERVERS * 100, LBS, LBS * LISTENERS)


def counts(side):
    counted = side.api.call("DescribeStatus")["Counts"]
    assert counted["Listeners"] == counted["ListenersRunning"]
    assert counted["Backends"] == counted["Listeners"] * SERVERS
    return counted["Instances"], counted["LoadBalancers"], counted["Listeners"]


class Large:
    """The large one under way, from a client that may be killed."""

    def __init__(self, side, **more):
        self.answer = None
        self.body = urllib.parse.urlencode({"Action": "ApplyChanges",
                                            "Changes": json.dumps(STEPS), **more}).encode()
        self.connection = UnixConnection(side.daemon.socket, 150)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        try:
            self.connection.request("POST", "/", self.body,
                                    {"Content-Type": "application/x-www-form-urlencoded"})
            answer = self.connection.getresponse()
            self.answer = answer.status, json.loads(answer.read())
        except (OSError, ValueError, http.client.HTTPException):
            self.answer = None

    def wait(self):
        self.thread.join()
        self.connection.close()
        return self.answer


def stage(side):
    return side.api.call("DescribeApplyProgress")


def until(side, wanted, part=0):
    """Waits until the apply is so far: in this stage, and through this part of it."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        now = stage(side)
        if now["Stage"] == wanted and now["Done"] >= part * now["Total"]:
            return now
        if wanted == "following" and now["Stage"] == "none" and counts(side) != NOTHING:
            return now
    raise AssertionError(f"never {wanted}: {stage(side)}")


@pytest.fixture
def heavy(gateway):
    """A daemon whose syncs wait while the file `stall` is there."""
    stall = gateway.directory / "stall"
    made = Side(gateway, "heavy", LARGE,
                prefix=["env", f"LD_PRELOAD={SLOW_SYNC}", f"SLOW_SYNC={stall}:1500"])
    made.stall = stall
    try:
        yield made
    finally:
        made.daemon.kill()


def test_a_large_one(heavy):
    """Other clients read while it is under way, and what they see is what was before."""
    heavy.stall.touch()
    apply, seen = Large(heavy), set()
    until(heavy, "judging", 0.3)
    while "writing" not in seen:
        seen.add(stage(heavy)["Stage"])
        assert counts(heavy) == NOTHING
    heavy.stall.unlink()
    status, answer = apply.wait()
    assert status == 200 and len(answer["Results"]["Result"]) == len(STEPS)
    assert {"judging", "writing"} <= seen
    assert counts(heavy) == ALL
    assert [stage(heavy)[name] for name in ("Stage", "Done", "Total")] == ["none", 0, 0]
    heavy.daemon.kill()
    heavy.daemon.start()
    assert counts(heavy) == ALL


def test_others_changes_wait_and_go_on(heavy):
    heavy.stall.touch()
    apply = Large(heavy)
    until(heavy, "judging")
    other = threading.Thread(target=heavy.api.request, args=(
        "GET", "/?Action=CreateLoadBalancer&LoadBalancerName=other"), kwargs={"timeout": 150})
    other.start()
    until(heavy, "writing")
    heavy.stall.unlink()
    assert apply.wait()[0] == 200
    other.join()
    assert counts(heavy) == (ALL[0], ALL[1] + 1, ALL[2])


@pytest.mark.parametrize("where", ["judging", "judging late", "preparing", "writing", "following"])
def test_the_daemon_is_killed(heavy, where):
    word, _, late = where.partition(" ")
    if word != "following":
        heavy.stall.touch()
    apply = Large(heavy)
    until(heavy, word, 0.7 if late else 0)
    heavy.daemon.kill()
    assert apply.wait() is None or word == "following"
    heavy.stall.unlink(missing_ok=True)
    heavy.daemon.start()
    expected = {"judging": (NOTHING,), "preparing": (NOTHING,), "writing": (NOTHING, ALL),
                "following": (ALL,)}[word]
    assert counts(heavy) in expected
    if counts(heavy) == NOTHING:
        assert Large(heavy).wait()[0] == 200
    assert counts(heavy) == ALL


@pytest.mark.parametrize("where", ["judging", "writing"])
def test_the_daemon_is_stopped(heavy, where):
    if where == "writing":
        heavy.stall.touch()
    apply = Large(heavy)
    until(heavy, where)
    assert heavy.daemon.stop() == 0
    status, answer = apply.wait() or (0, {})
    assert status in (0, 200, 503)
    heavy.stall.unlink(missing_ok=True)
    heavy.daemon.start()
    assert counts(heavy) in {0: (NOTHING, ALL), 200: (ALL,), 503: (NOTHING,)}[status], answer


def test_the_client_goes_away(heavy):
    """It goes on: the one who comes again with the token gets its answer."""
    apply = Large(heavy, ClientToken="t")
    until(heavy, "judging")
    apply.connection.sock.close()
    apply.thread.join()
    status, answer = Large(heavy, ClientToken="t").wait()
    assert status == 200 and len(answer["Results"]["Result"]) == len(STEPS)
    assert counts(heavy) == ALL


def test_the_store_is_full(gateway):
    """What cannot be written leaves nothing behind in the kernel either."""
    store = gateway.directory / "small-store"
    gateway.mount("tmpfs", store, "size=1m,mode=0700")
    side = Side(gateway, "small", LARGE, store=store)
    try:
        tables, before = side.tables(), side.export()
        assert Large(side).wait()[0] == 503
        assert (side.tables(), side.export()) == (tables, before)
        assert side.apply(website("small")[:1]).status == 200
    finally:
        side.daemon.kill()

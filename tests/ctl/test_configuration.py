# SPDX-License-Identifier: BSD-2-Clause
"""Configuration files that are wrong: each is refused whole, with its place, before any call."""
import json
import os
import pty
import subprocess

import pytest

from conftest import SLUICECTL

GOOD = {"Instances": [{"InstanceId": "web1", "IpAddresses": ["10.2.0.1", "fd00::1"]}],
        "LoadBalancers": []}


def with_lb(**fields):
    return {**GOOD, "LoadBalancers": [{"LoadBalancerName": "web", **fields}]}


def with_listener(**fields):
    return with_lb(Listeners=[{"ListenerProtocol": "tcp", "ListenerPort": 80, **fields}])


FIRST = "LoadBalancers[0]"
WRONG = [
    ("", "this is no JSON"),
    ("{", "line 1: this is no JSON"),
    ('{\n\n"Instances": [],,', "line 3: this is no JSON"),
    (json.dumps(GOOD) + "\n]", "line 2: text after the end"),
    ('{"a": "\x01"}', "line 1: a control character"),
    ('{"a": "\x00"}', "line 1: a control character"),
    (b'{"a":\n"\xff"}', "line 2: a control character, or bytes that are no UTF-8"),
    ('{"a": "\u202e"}', "control character"),
    (r'{"a": "x\u0000y"}', "a string has a NUL"),
    ('{"a": "x\ny"}', "a string has no end"),
    ('{"a": "x', "a string has no end"),
    ("[" * 9, "nested too deep"),
    ("[" * 1000000, "nested too deep"),
    ('{"a":' * 9, "nested too deep"),
    ("[" + "0," * 8000001 + "0]", "too many values"),
    (" " * (64 << 20) + "{}", "longer than 67108864 bytes"),
    ([], "an object is expected"),
    (7, "an object is expected"),
    ({}, "Instances: missing: write []"),
    ({"Instances": []}, "LoadBalancers: missing"),
    ({**GOOD, "Listeners": []}, "Listeners: no field of a configuration"),
    ({**GOOD, "loadbalancers": []}, 'did you mean "LoadBalancers"?'),
    ('{"Instances": [], "Instances": [], "LoadBalancers": []}', "Instances: given twice"),
    ({**GOOD, "LoadBalancers": {}}, "LoadBalancers: a list is expected"),
    ({**GOOD, "LoadBalancers": [1]}, f"{FIRST}: an object is expected"),
    (with_lb(Adress="10.1.0.1"), f'{FIRST}.Adress: no field of a load balancer; did you mean '
                                 '"Address"?'),
    (with_lb(**{"a\x1b[31m": 1}), f"{FIRST}.a?[31m: no field"),
    (with_lb(LoadBalancerName=7), f"{FIRST}.LoadBalancerName: a text is expected"),
    (with_lb(Bandwidth="7"), f"{FIRST}.Bandwidth: a number is expected"),
    (with_lb(Bandwidth=1.5), f"{FIRST}.Bandwidth: the number is no integer"),
    (json.dumps(with_lb(Bandwidth=-77)).replace("-77", "1e999"), "no integer, or too large"),
    (json.dumps(with_lb(Bandwidth=-77)).replace("-77", "NaN"), "this is no JSON"),
    (with_lb(Tags=[]), f"{FIRST}.Tags: an object of texts"),
    (with_lb(Tags={"a": 1}), f"{FIRST}.Tags.a: a text is expected"),
    (with_lb(Tags={str(n): "" for n in range(101)}), "too many tags"),
    (json.dumps(with_lb(Tags={"a": "1"})).replace('"a": "1"', '"a": "1", "a": "2"'),
     f"{FIRST}.Tags.a: given twice"),
    (with_listener(ListenerProtocol="sctp"), f'{FIRST}.Listeners[0].ListenerProtocol: "tcp" or'),
    (with_listener(ListenerPort=None), f"{FIRST}.Listeners[0].ListenerPort: missing"),
    (with_listener(ProxyProtocolV2Enabled="no"), "ProxyProtocolV2Enabled: true or false"),
    (with_listener(HealthCheckReq="ping"), "HealthCheckReq: not a setting of listeners of this "
                                           "protocol"),
    (with_listener(VServerGroupName="blue"), "web: listener tcp/80: blue is none of its"),
    (with_lb(Listeners=[{"ListenerProtocol": "udp", "ListenerPort": 5}] * 2),
     "listener udp/5 is there twice"),
    (with_lb(Address="10.1.0"), '"10.1.0" is no address'),
    ({**GOOD, "LoadBalancers": [{}]}, "neither Address nor LoadBalancerName"),
    ({**GOOD, "LoadBalancers": [{"Address": "10.1.0.1"}] * 2}, "10.1.0.1 is there twice"),
    ({**GOOD, "LoadBalancers": [{"Address": "fd00:0::1"}, {"Address": "fd00::1"}]},
     "fd00::1 is there twice"),
    (with_lb(BackendServers=[{"ServerId": "web2"}]), "server web2 is not among the Instances"),
    (with_lb(BackendServers=[{"ServerId": "web1", "ServerIp": "10.9.9.9"}]),
     "instance web1 has not the address"),
    (with_lb(BackendServers=[{"ServerId": "web1"}, {"ServerId": "web1", "ServerIp": "10.2.0.1"}]),
     "server web1 is there twice"),
    (with_lb(BackendServers=[{"ServerId": "web1", "Wieght": 0}]), 'did you mean "Weight"?'),
    (with_lb(VServerGroups=[{"VServerGroupName": "b", "BackendServers": [{"ServerId": "web1"}]}]),
     f"{FIRST}.VServerGroups[0].BackendServers[0].Port: missing"),
    (with_lb(VServerGroups=[{"VServerGroupName": "b"}] * 2), "call the second b#2"),
    (with_lb(VServerGroups=[{"VServerGroupName": "b#2"}]), "further groups of the same name"),
    ({**GOOD, "Instances": GOOD["Instances"] * 2}, "instance web1 is there twice"),
    ({**GOOD, "Instances": [{"InstanceId": "a", "IpAddresses": "10.2.0.1"}]},
     "Instances[0].IpAddresses: a list of texts"),
    ({**GOOD, "Instances": [{"InstanceId": "a", "IpAddresses": [7]}]}, "only texts"),
    ({**GOOD, "Instances": [{"InstanceId": "a", "IpAddresses": ["x"]}]}, '"x" is no address'),
]


@pytest.mark.parametrize("content, says", WRONG, ids=[row[1][:60] for row in WRONG])
@pytest.mark.parametrize("command", [["diff"], ["apply"], ["apply", "--dry-run"]],
                         ids=["diff", "apply", "dry-run"])
def test_wrong_files(ctl, responder, tmp_path, content, says, command):
    path = tmp_path / "file.json"
    text = content if isinstance(content, (str, bytes)) else json.dumps(content)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    done = ctl(*command, "-f", path)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"sluicectl: {path}: ") and done.err.count("\n") == 1
    assert says in done.err
    assert responder.asked == []


def test_files_that_cannot_be_read(ctl, tmp_path):
    done = ctl("diff", "-f", tmp_path / "none")
    assert done.code == 1 and "No such file" in done.err
    done = ctl("diff", "-f", tmp_path)
    assert done.code == 1 and "Is a directory" in done.err


def lists(count):
    return {"DescribeRegions": {"Regions": {"Region": [{"RegionId": "r"}]}},
            "DescribeInstances": {"Instances": {"Instance": []}, "TotalCount": 0},
            "DescribeLoadBalancers": {"TotalCount": count, "LoadBalancers": {"LoadBalancer": [
                {"LoadBalancerId": f"lb-{n}"} for n in range(count)]}},
            "DescribeLoadBalancerAttribute": lambda asked: {
                "LoadBalancerName": asked["LoadBalancerId"],
                "Address": f"10.0.0.{asked['LoadBalancerId'][3:]}", "RegionId": "r"}}


def test_progress_is_for_terminals(responder):
    responder.answers.update(lists(200))
    answer = responder.answers["DescribeLoadBalancerAttribute"]

    def slow(asked):
        if asked["LoadBalancerId"].endswith("50"):
            import time
            time.sleep(0.15)
        return answer(asked)
    responder.answers["DescribeLoadBalancerAttribute"] = slow
    master, slave = pty.openpty()
    try:
        done = subprocess.run([SLUICECTL, "--socket", responder.path, "export"], stderr=slave,
                              stdout=subprocess.PIPE, timeout=30, check=True)
        shown = os.read(master, 65536)
    finally:
        os.close(slave)
        os.close(master)
    assert b"reading: 51 of 200 (25%)" in shown
    assert shown.endswith(b"\r\x1b[K")
    assert len(json.loads(done.stdout)["LoadBalancers"]) == 200


WANTED = {**GOOD, "LoadBalancers": [
    {"LoadBalancerName": "web", "Tags": {"a": "${1.LoadBalancerId}"},
     "BackendServers": [{"ServerId": "web1"}], "VServerGroups": [{"VServerGroupName": "g"}],
     "Listeners": [{"ListenerProtocol": "tcp", "ListenerPort": 80, "VServerGroupName": "g",
                    "Status": "running", "Tags": {"b": ""}}]}]}


@pytest.fixture
def wanted(responder, tmp_path):
    responder.answers.update(lists(0))
    path = tmp_path / "wanted.json"
    path.write_text(json.dumps(WANTED))
    return path


def asked_to_change(responder):
    return [asked for asked in responder.asked if not asked["Action"].startswith("Describe")]


def test_apply_is_one_call(ctl, responder, wanted):
    assert (ctl("apply", "-f", wanted).code, len(asked_to_change(responder))) == (0, 1)
    asked, = asked_to_change(responder)
    assert asked["Action"] == "ApplyChanges" and set(asked) == {"Action", "Version", "Changes"}
    steps = json.loads(asked["Changes"])
    assert [step["Action"] for step in steps] == [
        "RegisterInstance", "CreateLoadBalancer", "TagResources", "AddBackendServers",
        "CreateVServerGroup", "CreateLoadBalancerTCPListener", "TagResources",
        "StartLoadBalancerListener"]
    assert all(isinstance(value, str) for step in steps for value in step.values())
    assert all(step["RegionId"] == "r" for step in steps)
    assert steps[2]["$ResourceId.1"] == "${2.LoadBalancerId}"
    assert steps[2]["Tag.1.Value"] == "${1.LoadBalancerId}"
    assert json.loads(steps[3]["BackendServers"])[0]["ServerId"] == "web1"
    assert steps[5]["$VServerGroupId"] == "${5.VServerGroupId}"
    assert steps[6]["$ResourceId.1"] == "${2.LoadBalancerId}_tcp_80"
    # Asked beside it on a terminal only.
    assert "DescribeApplyProgress" not in [asked["Action"] for asked in responder.asked]


def test_apply_without_a_difference_or_for_show_changes_nothing(ctl, responder, wanted):
    assert ctl("apply", "-f", wanted, "--dry-run").code == 0
    wanted.write_text('{"Instances": [], "LoadBalancers": []}')
    assert ctl("apply", "-f", wanted).code == 0
    assert asked_to_change(responder) == []


@pytest.mark.parametrize("detail, tells", [
    ("step 2 CreateLoadBalancer: no", "that was CreateLoadBalancer: + load balancer web\n"),
    ("step 8 StartLoadBalancerListener", "StartLoadBalancerListener: part of the step before it\n"),
    ("step 9 Explode", ""), ("step 99999999999999999999999 X", ""), ("step 0 X", ""),
    ("step x", ""), ("", "")])
def test_apply_refused(ctl, responder, wanted, detail, tells):
    responder.answers["ApplyChanges"] = 404, {"Code": "Some.Code", "Message": "No.",
                                              "Detail": detail}
    done = ctl("apply", "-f", wanted)
    assert done.code == 1 and "sluicectl: Some.Code: No." in done.err
    assert done.err.endswith("sluicectl: nothing is changed\n")
    assert tells in done.err and ("that was" in done.err) == bool(tells)


def test_apply_without_an_answer(ctl, responder, wanted):
    def gone(asked):
        raise ConnectionResetError
    responder.answers["ApplyChanges"] = gone
    done = ctl("apply", "-f", wanted)
    assert done.code == 4
    assert "all of it is, or nothing; `sluicectl diff' tells" in done.err


@pytest.mark.parametrize("answer", [
    (500, {"Code": "InternalError", "Message": "M."}), (500, b""), (502, b"<html>"), (504, b""),
    (302, b""), (201, {"RequestId": "R"}), (200, b""), (200, b'{"RequestId": "R", "Resu'),
    (200, b"[]"), (200, b"<html>")])
def test_apply_whose_answer_promises_nothing(ctl, responder, wanted, answer):
    responder.answers["ApplyChanges"] = answer
    done = ctl("apply", "-f", wanted)
    assert done.code == 4, done.err
    assert done.err.endswith("all of it is, or nothing; `sluicectl diff' tells\n")
    assert "nothing is changed" not in done.err


@pytest.mark.parametrize("status", [400, 403, 413, 503])
def test_apply_whose_answer_promises_that_nothing_is_done(ctl, responder, wanted, status):
    responder.answers["ApplyChanges"] = status, b""
    done = ctl("apply", "-f", wanted)
    assert done.code == 1 and done.err.endswith("sluicectl: nothing is changed\n")


def shown_by_apply(responder, wanted, progress):
    def slow(asked):
        import time
        time.sleep(0.7)
        return {"RequestId": "R"}
    responder.answers.update({"ApplyChanges": slow, "DescribeApplyProgress": progress})
    master, slave = pty.openpty()
    try:
        subprocess.run([SLUICECTL, "--socket", responder.path, "apply", "-f", wanted],
                       stderr=slave, stdout=subprocess.DEVNULL, timeout=30, check=True)
        os.write(slave, b"$")
        shown = b""
        while not shown.endswith(b"$"):
            shown += os.read(master, 65536)
        return shown[:-1]
    finally:
        os.close(slave)
        os.close(master)


def test_progress_of_apply(responder, wanted):
    shown = shown_by_apply(responder, wanted, {"Stage": "judging", "Done": 5, "Total": 8})
    assert b"judging: 5 of 8 (62%)" in shown and shown.endswith(b"\r\x1b[K")


@pytest.mark.parametrize("progress", [
    {}, {"Stage": "none", "Done": 0, "Total": 0}, {"Stage": 5, "Done": 1, "Total": 2},
    {"Stage": "x", "Done": -1, "Total": 2}, {"Stage": "x", "Done": 1, "Total": 1e300},
    {"Stage": "x", "Done": "1", "Total": 2}, b"nonsense", (503, {"Code": "X"})])
def test_progress_that_is_none(responder, wanted, progress):
    assert shown_by_apply(responder, wanted, progress) == b""


def test_no_progress_on_a_pipe(ctl, responder):
    responder.answers.update(lists(3))
    done = ctl("export")
    assert (done.code, done.err) == (0, "")


def test_one_connection_for_all_calls(ctl, responder):
    connections = []
    accept = responder.get_request
    responder.get_request = lambda: connections.append(1) or accept()
    responder.answers.update(lists(50))
    assert ctl("export").code == 0
    assert len(responder.asked) > 100 and len(connections) == 1


@pytest.mark.parametrize("answer", [
    {"LoadBalancerName": 7, "Address": "10.0.0.1"}, {"Address": "nowhere", "RegionId": "r"},
    {"Address": "10.0.0.1", "BackendServers": {"BackendServer": [{"ServerId": "x"}]}}, {}])
def test_a_daemon_that_talks_nonsense(ctl, responder, answer):
    responder.answers.update(lists(1))
    responder.answers["DescribeLoadBalancerAttribute"] = answer
    done = ctl("export")
    assert (done.code, done.out) == (1, "") and "does not fit" in done.err

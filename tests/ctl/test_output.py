# SPDX-License-Identifier: BSD-2-Clause
"""What is shown of an answer: tables, JSON, errors, and nothing that steers a terminal."""
import json
import os
import pty
import subprocess

import pytest

from conftest import SLUICECTL

LB = "lb-7h2k9q0zt4m1x8c5v3na"
REFUSAL = {"RequestId": "5D0C2A7E", "HostId": "h", "Code": "InvalidParameter",
           "Message": "The resource already exists."}
TRAFFIC = {"PacketsIn": 12345, "BytesIn": 2048, "PacketsOut": 9, "BytesOut": 3 << 20,
           "NewConnections": 7, "ActiveConnections": 2}
STATISTICS = {
    "RequestId": "R", "Listeners": {"Listener": [
        {"LoadBalancerId": "lb-1", "ListenerPort": 80, "ListenerProtocol": "tcp", **TRAFFIC,
         "Backends": {"Backend": [
             {"ServerId": "web1", "ServerIp": "10.2.0.1", "Port": 8080, "Weight": 100,
              "State": "active", **TRAFFIC},
             {"ServerId": "old", "ServerIp": "10.2.0.9", "Port": 8080, "State": "draining",
              **TRAFFIC}]}}]},
    "Drops": {"Drop": [{"Reason": "refused", "Meaning": "no usable backend", "Packets": 12345},
                       {"Reason": "ttl", "Meaning": "TTL used up", "Packets": 0}]},
    "Events": {"Event": [{"Reason": "flow_new", "Meaning": "flows scheduled", "Packets": 7}]},
}
SHOWN = ["2", "7", "12.3k", "2.0", "KiB", "9", "3.0", "MiB"]


def test_json_is_printed_as_received(ctl, responder):
    body = b'{ "b":1, "a": [1.50, "\\u001b", "\xc3\xa9"] ,"RequestId":"R"}'
    responder.answers["DescribeStatus"] = body
    assert ctl("-o", "json", "status").out == body.decode() + "\n"


def test_refusal(ctl, responder):
    responder.answers["DeleteLoadBalancer"] = (400, REFUSAL)
    done = ctl("lb", "delete", LB)
    assert (done.code, done.out) == (1, "")
    assert done.err == ("sluicectl: InvalidParameter: The resource already exists. "
                        "(RequestId 5D0C2A7E)\n")


def test_refusal_with_detail(ctl, responder):
    responder.answers["DeleteLoadBalancer"] = (404, {**REFUSAL, "Detail": "'lb-1': \x1b[31m\n"})
    done = ctl("lb", "delete", LB)
    assert done.code == 1
    assert done.err == ("sluicectl: InvalidParameter: The resource already exists.\n"
                        "  'lb-1': ?[31m? (RequestId 5D0C2A7E)\n")


@pytest.mark.parametrize("answer, says", [
    ((413, b"<html>too large</html>"), "HTTP 413"),
    ((500, b""), "HTTP 500"),
    ((400, b'{"Code": 7}'), "HTTP 400"),
    ((200, b"hello"), "not a JSON object"),
    ((200, b"[1]"), "not a JSON object"),
    ((200, b'{"a":1'), "not a JSON object"),
    ((200, b""), "not a JSON object"),
])
def test_nonsense_is_refused(ctl, responder, answer, says):
    responder.answers["DescribeStatus"] = answer
    done = ctl("status")
    assert done.code == 1 and says in done.err and done.out == ""


def test_a_change_says_nothing(ctl):
    done = ctl("listener", "start", LB, "80")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_statistics(ctl, responder):
    responder.answers["DescribeStatistics"] = STATISTICS
    lines = ctl("stats").lines
    assert ["lb-1", "80/tcp", *SHOWN] in lines
    assert ["lb-1", "80/tcp", "web1", "10.2.0.1", "8080", "100", "active", *SHOWN] in lines
    assert ["refused", "12345", "no", "usable", "backend"] in lines
    assert not any(words[:1] == ["ttl"] for words in lines)
    assert ["ttl", "0", "TTL", "used", "up"] in ctl("stats", "-a").lines


@pytest.mark.parametrize("command", [("stats",), ("backend", "list", LB)])
def test_statistics_of_many_come_in_pages(ctl, responder, command):
    def page(asked):
        shown = json.loads(json.dumps(STATISTICS).replace("web1", asked.get("NextToken", "web7")))
        return {**shown, "NextToken": "" if "NextToken" in asked else "web8"}

    responder.answers["DescribeLoadBalancerAttribute"] = {}
    responder.answers["DescribeStatistics"] = page
    shown = ctl(*command).out
    assert "web7" in shown and "web8" in shown


def test_backend_list_joins_group_and_statistics(ctl, responder):
    responder.answers["DescribeLoadBalancerAttribute"] = {"BackendServers": {"BackendServer": [
        {"ServerId": "web1", "ServerIp": "10.2.0.1", "Type": "ecs", "Weight": 100},
        {"ServerId": "web2", "ServerIp": "10.2.0.2", "Type": "ecs", "Weight": 0, "Port": 81}]}}
    responder.answers["DescribeStatistics"] = STATISTICS
    assert [words[0] for words in ctl("backend", "list", LB).lines] == \
        ["SERVER", "web1", "old", "web2"]
    responder.answers["DescribeStatistics"] = (503, REFUSAL)
    done = ctl("backend", "list", LB)
    assert done.code == 0
    assert ["web2", "10.2.0.2", "81", "0"] in done.lines
    assert "STATE" not in done.out


def test_numbers_are_right_aligned(ctl, responder):
    responder.answers["DescribeLoadBalancerAttribute"] = {"BackendServers": {"BackendServer": [
        {"ServerId": "web1", "Weight": 100}, {"ServerId": "web2", "Weight": 5}]}}
    lines = ctl("lb", "show", LB).out.splitlines()
    assert [line for line in lines if line.startswith("web")] == ["web1      100", "web2        5"]


def test_any_answer_is_readable(ctl, responder):
    responder.answers["DescribeNovelty"] = {
        "RequestId": "R", "Version": "1.2", "UptimeSeconds": 93784, "Ready": True,
        "Store": {"Path": "/s", "BytesUsed": 1536}, "Hops": {"Hop": ["one", "two"]},
        "Warnings": {"Warning": ["set this", "and that"]},
        "Tables": {"Table": [{"Name": "flows", "Size": 262144}, {"Name": "vips", "Used": 1}]},
        "Empty": {"Thing": []}, "Deep": {"A": {"B": {"C": {"D": {"E": {"F": 1}}}}}}}
    lines = ctl("api", "DescribeNovelty").lines
    for expected in (["Version", "1.2"], ["UptimeSeconds", "1d", "2h"], ["Ready", "yes"],
                     ["Hops", "one", "two"], ["Warnings"], ["set", "this"], ["and", "that"],
                     ["Store"], ["BytesUsed", "1.5", "KiB"],
                     ["Tables"], ["Name", "Size", "Used"], ["flows", "262144"], ["vips", "1"]):
        assert expected in lines
    assert not any("Empty" in words or "RequestId" in words for words in lines)


HOSTILE = "a\x1b[2J\x07\u009b\u202e\n\tb\x7f"


def test_control_characters_never_reach_the_terminal(ctl, responder):
    responder.answers["DescribeStatus"] = {
        HOSTILE: HOSTILE, "List": {"Item": [{HOSTILE: HOSTILE}]}, "Words": [HOSTILE]}
    out = ctl("status").out
    assert out.count("a?[2J?????b?") == 5
    assert all(character == "\n" or character.isprintable() for character in out)


def test_broken_utf8_never_reaches_the_terminal(ctl, responder):
    responder.answers["DescribeStatus"] = b'{"Name": "a\xff\xc0\x80\xed\xa0\x80\xc3\xa9"}'
    assert ctl("status").lines == [["Name", "a??????é"]]


def test_json_on_a_terminal_is_cleaned(responder):
    responder.answers["DescribeStatus"] = b'{"Name":\n"a\x1b[2J\xc2\x9b"}'
    master, slave = pty.openpty()
    try:
        subprocess.run([SLUICECTL, "--socket", responder.path, "-o", "json", "status"],
                       stdout=slave, timeout=30, check=True)
        shown = os.read(master, 4096)
    finally:
        os.close(slave)
        os.close(master)
    assert shown == b'{"Name":\r\n"a?[2J?"}\r\n'


def test_sizes(ctl, responder):
    rows = {"ABytes": (0, "0 B"), "BBytes": (1023, "1023 B"), "CBytes": (1024, "1.0 KiB"),
            "DBytes": (2 ** 20 - 1, "1.0 MiB"), "EBytes": (5 << 40, "5.0 TiB"),
            "ASeconds": (59, "59s"), "BSeconds": (200, "3m 20s"), "CSeconds": (7260, "2h 1m"),
            "APackets": (9999, "9999"), "BPackets": (10000, "10.0k"), "CPackets": (123456, "123k"),
            "DPackets": (999999, "1.0M"), "EPackets": (-1, "-1"), "Plain": (1.5, "1.5"),
            "Large": (2 ** 49, "562949953421312")}
    responder.answers["DescribeStatus"] = {name: value for name, (value, _) in rows.items()}
    shown = dict(line.split("  ", 1) for line in ctl("status").out.splitlines())
    assert {name.strip(): text.strip() for name, text in shown.items()} == \
        {name: text for name, (_, text) in rows.items()}


def test_json_stays_json_for_verbs_without_an_answer(ctl):
    assert json.loads(ctl("-o", "json", "listener", "start", LB, "80").out)


def test_wide_has_all_columns(ctl, responder):
    responder.answers["DescribeLoadBalancers"] = {"LoadBalancers": {"LoadBalancer": [
        {"LoadBalancerId": "lb-1", "LoadBalancerSpec": "slb.s1.small", "VpcId": "vpc-1"}]}}
    assert ctl("lb", "list").lines == [["ID"], ["lb-1"]]
    assert ctl("lb", "list", "-o", "wide").lines == [["ID", "VPC", "SPEC"],
                                                     ["lb-1", "vpc-1", "slb.s1.small"]]


CHECKS = {"Servers": {"Server": [
    {"LoadBalancerId": "lb-1", "ListenerPort": 80, "Protocol": "tcp", "ServerId": "web1",
     "ServerIp": "10.2.0.1", "Port": 8080, "Weight": 100, "ServerHealthStatus": "abnormal",
     "State": "down", "HealthCheck": "on", "CheckType": "http", "CheckPort": 81,
     "SecondsSinceChange": 75, "SecondsSinceCheck": 1, "LastReason": "timed out after 5 s",
     "Checks": 12345, "Failures": 3},
    {"LoadBalancerId": "lb-1", "ListenerPort": 53, "Protocol": "udp", "ServerId": "web2",
     "ServerIp": "10.2.0.2", "Port": 53, "Weight": 0, "ServerHealthStatus": "unavailable",
     "State": "draining", "HealthCheck": "off"}]},
    "NextToken": "", "Totals": {"Watched": 9, "Checks": 8, "Down": 1, "InFlight": 2, "Probes": 7,
                                "Late": 0, "LatestMs": 3, "Unsent": 5}}


def test_health_says_why(ctl, responder):
    responder.answers["DescribeHealthChecks"] = CHECKS
    lines = ctl("health").out.splitlines()
    assert [" ".join(line.split()) for line in lines[1:]] == [
        "lb-1 80/tcp web1 10.2.0.1 8080 abnormal down 1m 15s ago timed out after 5 s 12.3k 3",
        "lb-1 53/udp web2 10.2.0.2 53 unavailable draining"]
    wide = [" ".join(line.split()) for line in ctl("health", "-o", "wide").out.splitlines()]
    assert ("lb-1 80/tcp web1 10.2.0.1 8080 100 http/81 abnormal down 1m 15s ago 1s ago "
            "timed out after 5 s 12.3k 3") in wide
    assert wide[wide.index("All checks") + 1:] == [
        "Servers watched 9", "Checks made 8", "Down 1", "Probes in flight 2", "Probes 7", "Late 0",
        "Not sent 5"]


def test_health_of_many_comes_in_pages(ctl, responder):
    def answer(asked):
        first = not asked.get("NextToken")
        return {**CHECKS, "NextToken": "more" if first else ""}
    responder.answers["DescribeHealthChecks"] = answer
    assert len(ctl("health").lines) == 5
    assert len(json.loads(ctl("health", "-o", "json").out)["Servers"]["Server"]) == 4


def test_states_of_connections(ctl, responder):
    counts = {"HalfOpenConnections": 11, "EstablishedConnections": 22, "ClosingConnections": 33}
    listener = STATISTICS["Listeners"]["Listener"][0]
    backends = [{**b, **counts, "ServerHealthStatus": "normal"}
                for b in listener["Backends"]["Backend"]]
    responder.answers["DescribeStatistics"] = {"Listeners": {"Listener": [
        {**listener, **counts, "Backends": {"Backend": backends}}]}}
    for words in (["stats"], ["backend", "list", LB]):
        line = next(line for line in ctl(*words).lines if "web1" in line)
        assert "active normal 2 7 11 22 33 12.3k" in " ".join(line)

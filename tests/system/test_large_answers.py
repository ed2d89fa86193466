# SPDX-License-Identifier: BSD-2-Clause
"""However many servers stand behind a load balancer, no answer about them holds the daemon long:
it comes in pages, or says what to ask instead."""
import pytest

from lab.lab import Lab

LISTENERS, SERVERS = 1000, 21
TOO_LARGE = (400, "AnswerTooLarge",
             "The answer would list too many servers. Specify a ListenerPort.")


@pytest.fixture(scope="module")
def large():
    with Lab(backends=1, config="auto_register = true;\n") as lab:
        lab.large = lab.balancer()
        for port in range(1, LISTENERS + 1):
            lab.large.listen(port, 10000 + port, start=False)
        for first in range(0, SERVERS, 20):
            entries = [{"ServerId": f"i-far{n}", "ServerIp": f"10.9.0.{n + 1}"}
                       for n in range(first, min(first + 20, SERVERS))]
            lab.api.call("AddBackendServers", LoadBalancerId=lab.large.id, BackendServers=entries)
        yield lab


def test_health_status_names_the_way(large):
    asked = {"LoadBalancerId": large.large.id}
    for more in {}, {"ListenerProtocol": "tcp"}, {"Format": "JSON"}:
        answer = large.api.ask("DescribeHealthStatus", **asked, **more)
        assert answer.error == TOO_LARGE
        assert answer.detail == (
            f"{LISTENERS * SERVERS} servers of {LISTENERS} listeners, at most 20000 in one answer: "
            "give a ListenerPort, or ask DescribeHealthChecks, which comes in pages")
    for more in {"ListenerPort": 7}, {"ListenerPort": 7, "ListenerProtocol": "tcp"}:
        shown = large.api.call("DescribeHealthStatus", **asked, **more)
        assert len(shown["BackendServers"]["BackendServer"]) == SERVERS
    shown = large.api.call("DescribeHealthStatus", **asked, ListenerProtocol="udp")
    assert shown["BackendServers"]["BackendServer"] == []


def pages(large, **asked):
    token, shown = {}, []
    while token is not None:
        answer = large.api.call("DescribeStatistics", **asked, **token)
        shown.append([(listener["ListenerPort"], len(listener["Backends"]["Backend"]))
                      for listener in answer["Listeners"]["Listener"]])
        token = {"NextToken": answer["NextToken"]} if answer["NextToken"] else None
    return shown


@pytest.mark.parametrize("asked, rows", [({}, 10000), ({"MaxResults": 1000}, 1000)])
@pytest.mark.parametrize("named", [False, True])
def test_statistics_come_in_pages(large, asked, rows, named):
    asked = {**asked, "LoadBalancerId": large.large.id} if named else asked
    shown = pages(large, **asked)
    assert sum(shown, []) == [(port, SERVERS) for port in range(1, LISTENERS + 1)]
    assert {len(page) for page in shown[:-1]} == {rows // SERVERS}


def test_statistics_of_what_is_not_there(large):
    assert pages(large, ListenerProtocol="udp") == [[]]
    assert large.api.ask("DescribeStatistics", LoadBalancerId=large.large.id,
                         ListenerPort=LISTENERS + 1).code == "ListenerNotFound"
    assert large.api.ask("DescribeStatistics", NextToken="00").code == "InvalidParam.NextToken"


def test_the_tool_shows_all(large):
    assert len(large.ctl("health")["Servers"]["Server"]) == LISTENERS * SERVERS
    listeners = large.ctl("stats")["Listeners"]["Listener"]
    assert [(one["ListenerPort"], len(one["Backends"]["Backend"])) for one in listeners] == \
        [(port, SERVERS) for port in range(1, LISTENERS + 1)]

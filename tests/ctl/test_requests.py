# SPDX-License-Identifier: BSD-2-Clause
"""What each command sends: a row is arguments and the parameters that the daemon must get."""
import json

import pytest

LB = {"LoadBalancerId": "lb-1"}
ROWS = [
    (["lb", "create"], "CreateLoadBalancer", {}),
    (["lb", "create", "10.1.0.100"], "CreateLoadBalancer", {"Address": "10.1.0.100"}),
    (["lb", "create", "--AddressType", "intranet", "VSwitchId=vsw-1"], "CreateLoadBalancer",
     {"AddressType": "intranet", "VSwitchId": "vsw-1"}),
    (["lb", "create", "--LoadBalancerName=a=b&c"], "CreateLoadBalancer",
     {"LoadBalancerName": "a=b&c"}),
    (["lb", "delete", "lb-1"], "DeleteLoadBalancer", LB),
    (["lb", "list"], "DescribeLoadBalancers", {"PageSize": "100"}),
    (["lb", "list", "PageSize=5", "PageNumber=2"], "DescribeLoadBalancers",
     {"PageSize": "5", "PageNumber": "2"}),
    (["lb", "show", "lb-1"], "DescribeLoadBalancerAttribute", LB),
    (["lb", "show", "LoadBalancerId=lb-1"], "DescribeLoadBalancerAttribute", LB),
    (["lb", "show", "loadBalancerId=lb-1"], "DescribeLoadBalancerAttribute",
     {"loadBalancerId": "lb-1"}),
    (["--region", "local-2", "lb", "show", "lb-1"], "DescribeLoadBalancerAttribute",
     {**LB, "RegionId": "local-2"}),
    (["listener", "create", "lb-1", "tcp", "80"], "CreateLoadBalancerTCPListener",
     {**LB, "ListenerPort": "80", "BackendServerPort": "80", "Bandwidth": "-1"}),
    (["listener", "create", "lb-1", "UDP", "53", "5353", "bandwidth=10"],
     "CreateLoadBalancerUDPListener",
     {**LB, "ListenerPort": "53", "BackendServerPort": "5353", "bandwidth": "10"}),
    (["listener", "create", "tcp", "lb-1", "80", "--HealthCheckInterval", "5",
      "BackendServerPort=8080"], "CreateLoadBalancerTCPListener",
     {**LB, "ListenerPort": "80", "BackendServerPort": "8080", "Bandwidth": "-1",
      "HealthCheckInterval": "5"}),
    (["listener", "start", "lb-1", "80"], "StartLoadBalancerListener",
     {**LB, "ListenerPort": "80"}),
    (["listener", "start", "lb-1", "udp", "80"], "StartLoadBalancerListener",
     {**LB, "ListenerPort": "80", "ListenerProtocol": "udp"}),
    (["listener", "stop", "lb-1", "tcp", "80"], "StopLoadBalancerListener",
     {**LB, "ListenerPort": "80", "ListenerProtocol": "tcp"}),
    (["listener", "delete", "lb-1", "tcp", "80"], "DeleteLoadBalancerListener",
     {**LB, "ListenerPort": "80", "ListenerProtocol": "tcp"}),
    (["listener", "show", "lb-1", "udp", "80"], "DescribeLoadBalancerUDPListenerAttribute",
     {**LB, "ListenerPort": "80"}),
    (["instance", "register", "web1", "10.2.0.1", "fd00::1", "Status=Stopped"], "RegisterInstance",
     {"InstanceId": "web1", "IpAddress.1": "10.2.0.1", "IpAddress.2": "fd00::1",
      "Status": "Stopped"}),
    (["instance", "set-status", "web1", "Stopped"], "SetInstanceStatus",
     {"InstanceId": "web1", "Status": "Stopped"}),
    (["instance", "deregister", "web1"], "DeregisterInstance", {"InstanceId": "web1"}),
    (["instance", "list"], "DescribeInstances", {"PageSize": "100"}),
    (["instance", "list", "web1", "web2"], "DescribeInstances",
     {"PageSize": "100", "InstanceId.1": "web1", "InstanceId.2": "web2"}),
    (["status"], "DescribeStatus", {}),
    (["stats"], "DescribeStatistics", {}),
    (["stats", "lb-1", "tcp", "80", "-a"], "DescribeStatistics",
     {**LB, "ListenerProtocol": "tcp", "ListenerPort": "80"}),
    (["api", "DescribeRegions", "Some.1.Thing=x y", "Empty="], "DescribeRegions",
     {"Some.1.Thing": "x y", "Empty": ""}),
    (["backend", "remove", "lb-1", "--json", "[1]"], "RemoveBackendServers",
     {**LB, "BackendServers": "[1]"}),
]


@pytest.mark.parametrize("arguments, action, parameters", ROWS,
                         ids=[" ".join(row[0]) for row in ROWS])
def test_request(ctl, responder, arguments, action, parameters):
    done = ctl(*arguments)
    assert (done.code, done.err) == (0, "")
    assert responder.asked == [{"Action": action, "Version": "2014-05-15", **parameters}]


@pytest.mark.parametrize("verb, action", [("add", "AddBackendServers"),
                                          ("set", "SetBackendServers"),
                                          ("remove", "RemoveBackendServers")])
def test_servers_become_json(ctl, responder, verb, action):
    done = ctl("backend", verb, "lb-1", "web1,weight=100", "web2,weight=50,port=8080",
               'we"b3,ip=10.2.0.3,TYPE=ecs,Description=a=b', "web4")
    assert done.code == 0
    asked = responder.asked[0]
    assert asked["Action"] == action and asked["LoadBalancerId"] == "lb-1"
    assert json.loads(asked["BackendServers"]) == [
        {"ServerId": "web1", "Weight": "100"},
        {"ServerId": "web2", "Weight": "50", "Port": "8080"},
        {"ServerId": 'we"b3', "ServerIp": "10.2.0.3", "Type": "ecs", "Description": "a=b"},
        {"ServerId": "web4"},
    ]


def pages_of(count):
    def answer(asked):
        size, page = int(asked["PageSize"]), int(asked.get("PageNumber", "1"))
        ids = range((page - 1) * size, min(page * size, count))
        return {"RequestId": f"R-{page}", "PageNumber": page, "PageSize": size,
                "TotalCount": count,
                "LoadBalancers": {"LoadBalancer": [{"LoadBalancerId": f"lb-{i}"} for i in ids]}}
    return answer


@pytest.mark.parametrize("count", [0, 1, 100, 101, 250])
def test_all_pages_are_fetched(ctl, responder, count):
    responder.answers["DescribeLoadBalancers"] = pages_of(count)
    listed = ctl("lb", "list")
    assert [words[0] for words in listed.lines] == \
        (["ID", *(f"lb-{i}" for i in range(count))] if count else ["none"])
    answer = json.loads(ctl("-o", "json", "lb", "list").out)
    assert len(answer["LoadBalancers"]["LoadBalancer"]) == count


def test_a_total_that_is_never_reached_ends(ctl, responder):
    responder.answers["DescribeLoadBalancers"] = {
        "TotalCount": 1e18, "LoadBalancers": {"LoadBalancer": []}}
    assert ctl("lb", "list").code == 0
    assert len(responder.asked) == 2

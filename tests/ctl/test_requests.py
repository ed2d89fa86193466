# SPDX-License-Identifier: BSD-2-Clause
"""What each command sends: a row is arguments and the parameters that the daemon must get."""
import json

import pytest

ID = "lb-7h2k9q0zt4m1x8c5v3na"
GROUP = "rsp-7h2k9q0zt4m1x8c5v3na"
LB = {"LoadBalancerId": ID}
ROWS = [
    (["lb", "create"], "CreateLoadBalancer", {}),
    (["lb", "create", "10.1.0.100"], "CreateLoadBalancer", {"Address": "10.1.0.100"}),
    (["lb", "create", "--AddressType", "intranet", "VSwitchId=vsw-1"], "CreateLoadBalancer",
     {"AddressType": "intranet", "VSwitchId": "vsw-1"}),
    (["lb", "create", "--LoadBalancerName=a=b&c"], "CreateLoadBalancer",
     {"LoadBalancerName": "a=b&c"}),
    (["lb", "delete", ID], "DeleteLoadBalancer", LB),
    (["lb", "list"], "DescribeLoadBalancers", {"PageSize": "100"}),
    (["lb", "list", "PageSize=5", "PageNumber=2"], "DescribeLoadBalancers",
     {"PageSize": "5", "PageNumber": "2"}),
    (["lb", "show", ID], "DescribeLoadBalancerAttribute", LB),
    (["lb", "show", f"LoadBalancerId={ID}"], "DescribeLoadBalancerAttribute", LB),
    (["lb", "show", f"loadBalancerId={ID}"], "DescribeLoadBalancerAttribute",
     {"loadBalancerId": ID}),
    (["--region", "local-2", "lb", "show", ID], "DescribeLoadBalancerAttribute",
     {**LB, "RegionId": "local-2"}),
    (["listener", "create", ID, "tcp", "80"], "CreateLoadBalancerTCPListener",
     {**LB, "ListenerPort": "80", "BackendServerPort": "80", "Bandwidth": "-1"}),
    (["listener", "create", ID, "UDP", "53", "5353", "bandwidth=10"],
     "CreateLoadBalancerUDPListener",
     {**LB, "ListenerPort": "53", "BackendServerPort": "5353", "bandwidth": "10"}),
    (["listener", "create", "tcp", ID, "80", "--HealthCheckInterval", "5",
      "BackendServerPort=8080"], "CreateLoadBalancerTCPListener",
     {**LB, "ListenerPort": "80", "BackendServerPort": "8080", "Bandwidth": "-1",
      "HealthCheckInterval": "5"}),
    (["listener", "start", ID, "80"], "StartLoadBalancerListener",
     {**LB, "ListenerPort": "80"}),
    (["listener", "start", ID, "udp", "80"], "StartLoadBalancerListener",
     {**LB, "ListenerPort": "80", "ListenerProtocol": "udp"}),
    (["listener", "stop", ID, "tcp", "80"], "StopLoadBalancerListener",
     {**LB, "ListenerPort": "80", "ListenerProtocol": "tcp"}),
    (["listener", "delete", ID, "tcp", "80"], "DeleteLoadBalancerListener",
     {**LB, "ListenerPort": "80", "ListenerProtocol": "tcp"}),
    (["listener", "show", ID, "udp", "80"], "DescribeLoadBalancerUDPListenerAttribute",
     {**LB, "ListenerPort": "80"}),
    (["lb", "set-status", ID, "inactive"], "SetLoadBalancerStatus",
     {**LB, "LoadBalancerStatus": "inactive"}),
    (["lb", "set-name", ID, "shop"], "SetLoadBalancerName", {**LB, "LoadBalancerName": "shop"}),
    (["lb", "set-delete-protection", ID, "on"], "SetLoadBalancerDeleteProtection",
     {**LB, "DeleteProtection": "on"}),
    (["lb", "set-modification-protection", ID, "ConsoleProtection", "why"],
     "SetLoadBalancerModificationProtection",
     {**LB, "ModificationProtectionStatus": "ConsoleProtection",
      "ModificationProtectionReason": "why"}),
    (["lb", "set-spec", ID, "slb.s1.small"], "ModifyLoadBalancerInstanceSpec",
     {**LB, "LoadBalancerSpec": "slb.s1.small"}),
    (["lb", "set-internet", ID, "Bandwidth=5"], "ModifyLoadBalancerInternetSpec",
     {**LB, "Bandwidth": "5"}),
    (["lb", "set-charge", ID, "PayByCLCU"], "ModifyLoadBalancerInstanceChargeType",
     {**LB, "InstanceChargeType": "PayByCLCU"}),
    (["lb", "set-pay", ID, "PrePay"], "ModifyLoadBalancerPayType", {**LB, "PayType": "PrePay"}),
    (["listener", "set", ID, "udp", "53", "Description=x"],
     "SetLoadBalancerUDPListenerAttribute", {**LB, "ListenerPort": "53", "Description": "x"}),
    (["listener", "list"], "DescribeLoadBalancerListeners", {"MaxResults": "100"}),
    (["listener", "list", ID, ID], "DescribeLoadBalancerListeners",
     {"MaxResults": "100", "LoadBalancerId.1": ID, "LoadBalancerId.2": ID}),
    (["group", "create", ID, "blue"], "CreateVServerGroup", {**LB, "VServerGroupName": "blue"}),
    (["group", "set-name", GROUP, "green"], "SetVServerGroupAttribute",
     {"VServerGroupId": GROUP, "VServerGroupName": "green"}),
    (["group", "modify", GROUP, "OldBackendServers=[1]", "NewBackendServers=[2]"],
     "ModifyVServerGroupBackendServers",
     {"VServerGroupId": GROUP, "OldBackendServers": "[1]", "NewBackendServers": "[2]"}),
    (["group", "delete", GROUP], "DeleteVServerGroup", {"VServerGroupId": GROUP}),
    (["group", "list", ID], "DescribeVServerGroups", LB),
    (["group", "show", GROUP], "DescribeVServerGroupAttribute", {"VServerGroupId": GROUP}),
    (["tag", "set", ID, "Env=prod", "empty", "a=b=c"], "TagResources",
     {"ResourceType": "instance", "ResourceId.1": ID, "Tag.1.Key": "Env", "Tag.1.Value": "prod",
      "Tag.2.Key": "empty", "Tag.2.Value": "", "Tag.3.Key": "a", "Tag.3.Value": "b=c"}),
    (["tag", "set", f"{ID}/udp/53", "a=b"], "TagResources",
     {"ResourceType": "listener", "ResourceId.1": f"{ID}_udp_53", "Tag.1.Key": "a",
      "Tag.1.Value": "b"}),
    (["tag", "remove", GROUP, "a", "b"], "UntagResources",
     {"ResourceType": "vservergroup", "ResourceId.1": GROUP, "TagKey.1": "a", "TagKey.2": "b"}),
    (["tag", "clear", f"{ID}_tcp_80"], "UntagResources",
     {"ResourceType": "listener", "ResourceId.1": f"{ID}_tcp_80", "All": "true"}),
    (["tag", "list", ID], "ListTagResources", {"ResourceType": "instance", "ResourceId.1": ID}),
    (["region", "list"], "DescribeRegions", {}),
    (["region", "zones", "local-2"], "DescribeZones", {"RegionId": "local-2"}),
    (["health"], "DescribeHealthChecks", {"MaxResults": "1000"}),
    (["health", ID, "tcp", "80"], "DescribeHealthChecks",
     {**LB, "ListenerProtocol": "tcp", "ListenerPort": "80", "MaxResults": "1000"}),
    (["events"], "DescribeEvents", {"After": "0"}),
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
    (["stats"], "DescribeStatistics", {"MaxResults": "1000"}),
    (["stats", ID, "tcp", "80", "-a"], "DescribeStatistics",
     {**LB, "ListenerProtocol": "tcp", "ListenerPort": "80", "MaxResults": "1000"}),
    (["api", "DescribeRegions", "Some.1.Thing=x y", "Empty="], "DescribeRegions",
     {"Some.1.Thing": "x y", "Empty": ""}),
    (["backend", "remove", ID, "--json", "[1]"], "RemoveBackendServers",
     {**LB, "BackendServers": "[1]"}),
]


@pytest.mark.parametrize("arguments, action, parameters", ROWS,
                         ids=[" ".join(row[0]) for row in ROWS])
def test_request(ctl, responder, arguments, action, parameters):
    done = ctl(*arguments)
    assert (done.code, done.err) == (0, "")
    # Names that are typed are looked up first, since the API ignores what it does not know.
    looked_up = {"Action": "DescribeActions", "Version": "2014-05-15", "ActionName": action}
    if responder.asked[0]["Action"] == "DescribeActions":
        responder.asked[0].pop("RegionId", None)
        assert responder.asked.pop(0) == looked_up
        assert any("=" in word or word.startswith("--") for word in arguments)
    assert responder.asked == [{"Action": action, "Version": "2014-05-15", **parameters}]


@pytest.mark.parametrize("words, says", [
    (["LoadBalancerNam=web"], "has no parameter 'LoadBalancerNam'; did you mean "
                              "`LoadBalancerName'?"),
    (["--Bandwith", "5"], "has no parameter 'Bandwith'; did you mean `Bandwidth'?"),
    (["Tagg.1.Key=a"], "has no parameter 'Tagg'; did you mean `Tag'?"),
    (["BANDWIDTH=5"], "did you mean `Bandwidth'?"),
])
def test_misspelt_parameters_are_not_ignored(ctl, responder, words, says):
    responder.answers["DescribeActions"] = {"Actions": {"Action": [{
        "Name": "CreateLoadBalancer", "Parameters": {"Parameter": [
            {"Name": "LoadBalancerName"}, {"Name": "Bandwidth"}, {"Name": "Tag"}]}}]}}
    done = ctl("lb", "create", *words)
    assert done.code == 2 and says in done.err
    assert [asked["Action"] for asked in responder.asked] == ["DescribeActions"]
    assert ctl("lb", "create", "loadBalancerName=web", "Tag.1.Key=a", "RegionId=r",
               "Bandwidth=5", "Duration=1").code == 0


@pytest.mark.parametrize("family, verb, action", [
    ("backend", "add", "AddBackendServers"), ("backend", "set", "SetBackendServers"),
    ("backend", "remove", "RemoveBackendServers"), ("group", "add", "AddVServerGroupBackendServers"),
    ("group", "set", "SetVServerGroupAttribute"),
    ("group", "remove", "RemoveVServerGroupBackendServers")])
def test_servers_become_json(ctl, responder, family, verb, action):
    done = ctl(family, verb, ID if family == "backend" else GROUP, "web1,weight=100", "web2,weight=50,port=8080",
               'we"b3,ip=10.2.0.3,TYPE=ecs,Description=a=b', "web4")
    assert done.code == 0
    asked = responder.asked[0]
    assert asked["Action"] == action
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


def test_pages_by_token(ctl, responder):
    def answer(asked):
        first = int(asked.get("NextToken") or 0)
        return {"Listeners": [{"LoadBalancerId": f"lb-{n}"} for n in range(first, first + 3)],
                "TotalCount": 9, "NextToken": str(first + 3) if first < 6 else ""}
    responder.answers["DescribeLoadBalancerListeners"] = answer
    assert [words[0] for words in ctl("listener", "list").lines[1:]] == \
        [f"lb-{n}" for n in range(9)]
    assert len(json.loads(ctl("-o", "json", "listener", "list", "NextToken=3").out)["Listeners"]) \
        == 3


def named(*names):
    """An answer to DescribeLoadBalancers as of a daemon that looks for parts of names."""
    return {"LoadBalancers": {"LoadBalancer": [
        {"LoadBalancerName": name, "LoadBalancerId": f"lb-{n}"} for n, name in enumerate(names)]}}


def test_a_name_instead_of_an_id(ctl, responder):
    responder.answers["DescribeLoadBalancers"] = named("website", "web")
    assert ctl("lb", "show", "web").code == 0
    assert [asked["Action"] for asked in responder.asked] == \
        ["DescribeLoadBalancers", "DescribeLoadBalancerAttribute"]
    assert responder.asked[0]["LoadBalancerName"] == "web"
    assert responder.asked[1]["LoadBalancerId"] == "lb-1"


def test_a_name_of_two(ctl, responder):
    responder.answers["DescribeLoadBalancers"] = named("web", "web")
    done = ctl("lb", "delete", "web")
    assert (done.code, done.out) == (1, "")
    assert done.err == "sluicectl: 'web' is the name of 2 load balancers, say which: lb-0, lb-1\n"
    assert len(responder.asked) == 1


def test_a_name_of_none(ctl, responder):
    responder.answers["DescribeLoadBalancers"] = named()
    responder.answers["DeleteLoadBalancer"] = (404, {"Code": "C", "Message": "Not there."})
    done = ctl("lb", "delete", "web")
    assert (done.code, done.out) == (1, "")
    assert done.err == ("sluicectl: no load balancer is called 'web'; `sluicectl lb list' shows "
                        "them\nsluicectl: C: Not there.\n")


def test_a_group_by_name(ctl, responder):
    responder.answers["DescribeLoadBalancers"] = named("web")
    responder.answers["DescribeVServerGroups"] = {"VServerGroups": {"VServerGroup": [
        {"VServerGroupName": "blue", "VServerGroupId": "rsp-0"}]}}
    assert ctl("group", "show", "web/blue").code == 0
    assert responder.asked[-1]["VServerGroupId"] == "rsp-0"
    assert ctl("tag", "list", "web/blue").code == 0
    assert responder.asked[-1]["ResourceId.1"] == "rsp-0"
    assert responder.asked[-1]["ResourceType"] == "vservergroup"

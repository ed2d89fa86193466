# SPDX-License-Identifier: BSD-2-Clause
"""Load balancers altered and found, tags, tokens and pages, against the real daemon."""
import time

import pytest

from lab.lab import until
from lab.namespace import run
from lab.traffic import Connection

BACKENDS = 2
GONE = 400, "ResourceNotExist", "The specified resource does not exist."


def aged(made):
    """Lists are in the order of creation, by the millisecond, and then by id."""
    time.sleep(0.002)
    return made


def attribute(lab, balancer):
    return lab.api.call("DescribeLoadBalancerAttribute", LoadBalancerId=balancer)


def found(lab, **filters):
    """The ids that DescribeLoadBalancers finds, over all of its pages."""
    ids, page = [], 1
    while True:
        answer = lab.api.call("DescribeLoadBalancers", PageNumber=page, PageSize=2, **filters)
        ids += [item["LoadBalancerId"] for item in answer["LoadBalancers"]["LoadBalancer"]]
        if len(ids) >= answer["TotalCount"]:
            assert len(ids) == answer["TotalCount"]
            return ids
        page += 1


def tags_of(item):
    return {tag["TagKey"]: tag["TagValue"] for tag in item["Tags"]["Tag"]}


def numbered(name, values):
    return {f"{name}.{n}": value for n, value in enumerate(values, 1)}


def tagged(**tags):
    fields = {}
    for n, (key, value) in enumerate(tags.items(), 1):
        fields |= {f"Tag.{n}.Key": key, f"Tag.{n}.Value": value}
    return fields


def dropped(lab, reason):
    return next(row["Packets"] for row in lab.api.call("DescribeStatistics")["Drops"]["Drop"]
                if row["Reason"] == reason)


def test_inactive_stops_every_listener_and_keeps_the_vip(lab):
    balancer = lab.balancer()
    target = balancer.listen()
    balancer.add(b1=100)
    held = Connection(lab.client, target)
    lab.api.call("SetLoadBalancerStatus", LoadBalancerId=balancer.id,
                 LoadBalancerStatus="inactive")
    before = dropped(lab, "listener_stopped")
    with pytest.raises(OSError):
        Connection(lab.client, target, timeout=1)
    assert dropped(lab, "listener_stopped") > before
    assert f"{balancer.vip}/" in run("ip", "-netns", lab.topology.gateway.namespace, "address")
    assert attribute(lab, balancer.id)["LoadBalancerStatus"] == "inactive"
    lab.daemon.kill()
    lab.daemon.start()
    with pytest.raises(OSError):
        Connection(lab.client, target, timeout=1)
    lab.api.call("SetLoadBalancerStatus", LoadBalancerId=balancer.id, LoadBalancerStatus="active")
    assert held.echo("still there") == held.server
    assert Connection(lab.client, target).server == held.server
    balancer.delete()


SETTERS = [
    ("SetLoadBalancerName", {"LoadBalancerName": "9.front-web"}, {"LoadBalancerName": "9.front-web"}),
    ("SetLoadBalancerDeleteProtection", {"DeleteProtection": "ON"}, {"DeleteProtection": "on"}),
    ("SetLoadBalancerDeleteProtection", {"DeleteProtection": "off"}, {"DeleteProtection": "off"}),
    ("SetLoadBalancerModificationProtection",
     {"ModificationProtectionStatus": "ConsoleProtection", "ModificationProtectionReason": "managed"},
     {"ModificationProtectionStatus": "ConsoleProtection",
      "ModificationProtectionReason": "managed"}),
    ("SetLoadBalancerModificationProtection", {"ModificationProtectionStatus": "NonProtection"},
     {"ModificationProtectionStatus": "NonProtection", "ModificationProtectionReason": ""}),
    ("ModifyLoadBalancerInstanceSpec", {"LoadBalancerSpec": "slb.s2.small"},
     {"LoadBalancerSpec": "slb.s2.small"}),
    ("ModifyLoadBalancerInternetSpec", {"InternetChargeType": "paybybandwidth", "Bandwidth": 5000},
     {"InternetChargeType": "paybybandwidth", "Bandwidth": 5000}),
    ("ModifyLoadBalancerInternetSpec", {"Bandwidth": 7},
     {"InternetChargeType": "paybybandwidth", "Bandwidth": 7}),
    ("ModifyLoadBalancerInternetSpec", {}, {"InternetChargeType": "paybybandwidth", "Bandwidth": 7}),
    ("ModifyLoadBalancerInstanceChargeType", {"InstanceChargeType": "PayByCLCU"},
     {"InstanceChargeType": "PayByCLCU", "LoadBalancerSpec": ""}),
    ("ModifyLoadBalancerInstanceChargeType", {"InstanceChargeType": "PayBySpec"},
     {"InstanceChargeType": "PayBySpec"}),
    ("ModifyLoadBalancerPayType", {"PayType": "prepay"}, {"PayType": "PrePay"}),
]


def test_setters(lab):
    balancer = lab.balancer()
    for action, given, shown in SETTERS:
        assert list(lab.api.call(action, LoadBalancerId=balancer.id, **given)) == ["RequestId"]
        now = attribute(lab, balancer.id)
        assert {key: now[key] for key in shown} == shown, action
        assert lab.api.ask(action, LoadBalancerId="lb-none", **given).error[:2] == (
            404, "InvalidLoadBalancerId.NotFound"), action
    lab.daemon.kill()
    lab.daemon.start()
    again = attribute(lab, balancer.id)
    assert {**again, "RequestId": ""} == {**now, "RequestId": ""}
    balancer.delete()


def test_delete_protection(lab):
    balancer = lab.balancer(DeleteProtection="on")
    assert lab.api.ask("DeleteLoadBalancer", LoadBalancerId=balancer.id).error == (
        400, "OperationDenied.DeleteProtectionIsOn",
        "The loadbalancer can not be deleted due to DeleteProtection is enabled.")
    lab.api.call("SetLoadBalancerDeleteProtection", LoadBalancerId=balancer.id,
                 DeleteProtection="off")
    balancer.delete()


def test_filters_are_combined_by_and(lab):
    web = aged(lab.balancer(LoadBalancerName="web", **tagged(env="prod", team="a")))
    mail = aged(lab.balancer(LoadBalancerName="mail", LoadBalancerSpec="slb.s1.small",
                             PayType="PrePay", SlaveZoneId="local-1b", **tagged(env="prod")))
    inner = aged(lab.balancer(LoadBalancerName="web", AddressType="intranet",
                              ResourceGroupId="rg-x", InternetChargeType="paybybandwidth",
                              Bandwidth=5))
    subnet = lab.balancer(LoadBalancerName="data", VSwitchId="vsw-a")
    for balancer in web, mail:
        balancer.listen()
    web.add(b1=1)
    mail.add(b1=1, b2=1)
    lab.api.call("SetLoadBalancerStatus", LoadBalancerId=inner.id, LoadBalancerStatus="inactive")
    b1, b2 = lab.topology.backends
    everything = [web.id, mail.id, inner.id, subnet.id]
    rows = [
        ({}, everything),
        ({"LoadBalancerId": f"{mail.id},{web.id},lb-none"}, [web.id, mail.id]),
        ({"LoadBalancerId": f"{mail.id},{web.id}", "LoadBalancerName": "web"}, [web.id]),
        ({"LoadBalancerName": "web"}, [web.id, inner.id]),
        ({"LoadBalancerName": "web,data"}, [web.id, inner.id, subnet.id]),
        ({"LoadBalancerName": "we"}, []),
        ({"LoadBalancerName": "web", "AddressType": "internet"}, [web.id]),
        ({"LoadBalancerStatus": "inactive"}, [inner.id]),
        ({"Address": mail.vip}, [mail.id]),
        ({"Address": mail.vip, "LoadBalancerName": "web"}, []),
        ({"AddressIPVersion": "ipv4"}, everything),
        ({"AddressIPVersion": "ipv6"}, []),
        ({"NetworkType": "vpc"}, [subnet.id]),
        ({"VpcId": "vpc-a"}, [subnet.id]),
        ({"VpcId": "vpc-b"}, []),
        ({"VSwitchId": "vsw-a"}, [subnet.id]),
        ({"SlaveZoneId": "local-1b"}, [mail.id]),
        ({"MasterZoneId": "local-1a"}, everything),
        ({"InternetChargeType": "paybybandwidth"}, [inner.id]),
        ({"PayType": "PrePay"}, [mail.id]),
        ({"ResourceGroupId": "rg-x"}, [inner.id]),
        ({"ServerId": b1.server_id}, [web.id, mail.id]),
        ({"ServerId": b2.server_id}, [mail.id]),
        ({"ServerId": "i-none"}, []),
        ({"ServerIntranetAddress": b2.address}, [mail.id]),
        ({"ServerIntranetAddress": f"{b1.address},10.9.9.9"}, [web.id, mail.id]),
        ({"Tag.1.Key": "env"}, [web.id, mail.id]),
        ({"Tag.1.Key": "env", "Tag.1.Value": ""}, []),
        (tagged(env="prod", team="a"), [web.id]),
        ({"Tags": [{"TagKey": "env", "TagValue": "prod"}]}, [web.id, mail.id]),
        ({"Tags": [{"TagKey": "env"}], "Tag.1.Key": "team"}, [web.id]),
        ({"RegionId": "local-2"}, []),
    ]
    for filters, expected in rows:
        assert found(lab, **filters) == expected, filters
    for tags in ("x", "{}", '[{"TagValue":"a"}]', '["env"]', [{"TagKey": "k"}] * 11):
        assert lab.api.ask("DescribeLoadBalancers", Tags=tags).error == (
            400, "InvalidTag", "The specified tags is invalid."), tags
    for many in "LoadBalancerId", "LoadBalancerName":
        assert lab.api.ask("DescribeLoadBalancers", **{many: ",".join("abcdefghijk")}).status == 400
    for balancer in web, mail, inner, subnet:
        balancer.delete()


def listed(lab, kind, **fields):
    answer = lab.api.call("ListTagResources", ResourceType=kind, **fields)
    return [(row["ResourceId"], row["TagKey"], row["TagValue"])
            for row in answer["TagResources"]["TagResource"]], answer["NextToken"]


def test_tags_of_every_kind(lab):
    balancer = lab.balancer(**tagged(env="prod"))
    aged(balancer.listen(protocol="tcp", **tagged(proto="tcp")))
    balancer.listen(protocol="udp")
    group = lab.api.call("CreateVServerGroup", LoadBalancerId=balancer.id,
                         **tagged(role="blue"))["VServerGroupId"]
    tcp, udp = f"{balancer.id}_tcp_80", f"{balancer.id}_udp_80"
    lab.api.call("TagResources", ResourceType="listener", **numbered("ResourceId", [tcp, udp]),
                 **tagged(env="test", proto="both"))
    lab.daemon.kill()
    lab.daemon.start()
    assert tags_of(attribute(lab, balancer.id)) == {"env": "prod"}
    assert tags_of(lab.api.call("DescribeLoadBalancerTCPListenerAttribute", ListenerPort=80,
                                LoadBalancerId=balancer.id)) == {"env": "test", "proto": "both"}
    assert tags_of(lab.api.call("DescribeVServerGroupAttribute",
                                VServerGroupId=group)) == {"role": "blue"}
    assert listed(lab, "instance", **{"ResourceId.1": balancer.id}) == (
        [(balancer.id, "env", "prod")], "")
    assert listed(lab, "listener", **{"Tag.1.Key": "env"}) == (
        [(tcp, "env", "test"), (tcp, "proto", "both"),
         (udp, "env", "test"), (udp, "proto", "both")], "")
    assert listed(lab, "vservergroup", **{"Tag.1.Key": "role"}) == ([(group, "role", "blue")], "")
    lab.api.call("UntagResources", ResourceType="listener", **{"ResourceId.1": udp})
    lab.api.call("UntagResources", ResourceType="listener", **{"ResourceId.1": udp, "All": "true",
                                                              "TagKey.1": "env", "TagKey.9": "x"})
    assert listed(lab, "listener", **{"ResourceId.1": udp})[0] == [(udp, "proto", "both")]
    lab.api.call("UntagResources", ResourceType="listener", All="true", **{"ResourceId.1": udp})
    assert listed(lab, "listener", **{"ResourceId.1": udp})[0] == []
    # what goes takes its tags along: one that comes in its place has none
    lab.api.call("DeleteLoadBalancerListener", LoadBalancerId=balancer.id, ListenerPort=80,
                 ListenerProtocol="tcp")
    assert lab.api.ask("ListTagResources", ResourceType="listener",
                       **{"ResourceId.1": tcp}).error == GONE
    balancer.listen()
    assert listed(lab, "listener", **{"ResourceId.1": tcp})[0] == []
    lab.api.call("DeleteVServerGroup", VServerGroupId=group)
    assert lab.api.ask("TagResources", ResourceType="vservergroup", **{"ResourceId.1": group},
                       **tagged(a="b")).error == GONE
    balancer.delete()
    assert listed(lab, "instance", **{"Tag.1.Key": "env"})[0] == []


def test_tag_errors(lab):
    balancer = lab.balancer(**tagged(**{f"k{n}": "v" for n in range(1, 20)}))
    one = {"ResourceType": "instance", "ResourceId.1": balancer.id}
    before = attribute(lab, balancer.id)["Tags"]
    rows = [
        ("TagResources", {**one, "ResourceType": "cloud"}, "InvalidParam.ResourceType"),
        ("TagResources", {"ResourceId.1": balancer.id, **tagged(a="b")}, "MissingResourceType"),
        ("TagResources", {"ResourceType": "instance", **tagged(a="b")}, "MissingParam.ResourceId"),
        ("TagResources", one, "MissingParam.TagKey"),
        ("TagResources", {**one, "Tag.1.Value": "v"}, "MissingParam.TagKey"),
        ("TagResources", {**one, **tagged(a="b"), "Tag.2.Value": "v"}, "MissingParam.TagKey"),
        ("TagResources", {**one, "Tag.1.Key": "a" * 65}, "InvalidParam.TagKey"),
        ("TagResources", {**one, "Tag.1.Key": "aliyun-a"}, "InvalidParam.TagKey"),
        ("TagResources", {**one, "Tag.1.Key": "acs:a"}, "InvalidParam.TagKey"),
        ("TagResources", {**one, "Tag.1.Key": "a https://b"}, "InvalidParam.TagKey"),
        ("TagResources", {**one, "Tag.1.Key": "a\nb"}, "InvalidParam.TagKey"),
        ("TagResources", {**one, **tagged(a="v" * 129)}, "InvalidParam.TagValue"),
        ("TagResources", {**one, **tagged(a="http://x")}, "InvalidParam.TagValue"),
        ("TagResources", {**one, "Tag.1.Key": "a", "Tag.7.Key": "a"}, "Duplicate.TagKey"),
        ("TagResources", {**one, "Tag.x.Key": "a"}, "InvalidParameter"),
        ("TagResources", {**one, **tagged(**{f"k{n}": "" for n in range(21)})},
         "SizeLimitExceeded.Tag"),
        ("TagResources", {"ResourceType": "instance", **tagged(a="b"),
                          **numbered("ResourceId", [balancer.id] * 21)},
         "SizeLimitExceeded.ResourceId"),
        ("TagResources", {**one, "ResourceId.2": "lb-none", **tagged(new="b")}, "ResourceNotExist"),
        ("TagResources", {**one, "ResourceType": "acl", **tagged(a="b")}, "ResourceNotExist"),
        ("TagResources", {**one, "RegionId": "local-2", **tagged(a="b")}, "ResourceNotExist"),
        ("TagResources", {"ResourceType": "listener", "ResourceId.1": f"{balancer.id}_tcp_80",
                          **tagged(a="b")}, "ResourceNotExist"),
        ("TagResources", {**one, **tagged(new="1", newer="2")}, "TagCountLimit"),
        ("UntagResources", {"ResourceType": "instance", "TagKey.1": "k1"},
         "MissingParam.ResourceId"),
        ("UntagResources", {**one, **numbered("TagKey", [f"k{n}" for n in range(21)])},
         "SizeLimitExceeded.TagKey"),
        ("UntagResources", {**one, "TagKey.1": "a", "TagKey.2": "a"}, "Duplicate.TagKey"),
        ("ListTagResources", {"ResourceType": "instance"}, "MissingParam.TagOrResourceId"),
        ("ListTagResources", {**one, "NextToken": "abc"}, "InvalidParam.NextToken"),
    ]
    for action, fields, code in rows:
        answer = lab.api.ask(action, **fields)
        assert (answer.status, answer.code) == (400, code), (action, fields, answer.body)
    assert attribute(lab, balancer.id)["Tags"] == before
    lab.api.call("TagResources", **one, **{"Tag.3.Key": "ключ" * 16, "Tag.3.Value": "値" * 128})
    assert tags_of(attribute(lab, balancer.id))["ключ" * 16] == "値" * 128
    lab.api.call("TagResources", **one, **tagged(k1="another", k2=""))
    assert tags_of(attribute(lab, balancer.id))["k1"] == "another"
    balancer.delete()


def test_tags_page_by_page_over_a_restart(lab):
    balancers = [aged(lab.balancer(**tagged(**{f"k{n}": str(n) for n in range(1, 21)})))
                 for _ in range(6)]
    rows, token, pages = [], "", 0
    while True:
        page, token = listed(lab, "instance", **{"Tag.1.Key": "k7", "NextToken": token})
        rows, pages = rows + page, pages + 1
        assert len(page) <= 50
        if not token:
            break
        lab.daemon.kill()
        lab.daemon.start()
    assert pages == 3
    assert rows == [(balancer.id, key, key[1:]) for balancer in balancers
                    for key in sorted(f"k{n}" for n in range(1, 21))]
    for balancer in balancers:
        balancer.delete()


def test_client_token(lab):
    given = {"LoadBalancerName": "once", "ClientToken": "t-" + "x" * 62, **tagged(a="b")}
    first = lab.api.call("CreateLoadBalancer", **given)
    for _ in range(2):
        again = lab.api.call("CreateLoadBalancer", **given)
        assert again["RequestId"] != first["RequestId"]
        assert {**again, "RequestId": ""} == {**first, "RequestId": ""}
        lab.daemon.kill()
        lab.daemon.start()
    assert found(lab, LoadBalancerName="once") == [first["LoadBalancerId"]]
    for other in ({"LoadBalancerName": "twice"}, {"Bandwidth": 1}, tagged(a="c"),
                  {"RegionId": "local-2"}):
        assert lab.api.ask("CreateLoadBalancer", **{**given, **other}).error == (
            400, "LX_REQUEST_TOKEN_CONFLICT", "The ClientToken is conflict."), other
    for bad in "x" * 65, "ключ", "a\tb":
        assert lab.api.ask("CreateLoadBalancer", ClientToken=bad).code == "InvalidParameter"
    # one that was refused is no use of its token
    late = {"ClientToken": "late", "VSwitchId": "vsw-none"}
    assert lab.api.ask("CreateLoadBalancer", **late).code == "VSwitchNotExist"
    del late["VSwitchId"]
    made = lab.api.call("CreateLoadBalancer", **late)
    # the first answer stands, whatever has become of what it made
    lab.api.call("SetLoadBalancerName", LoadBalancerId=first["LoadBalancerId"],
                 LoadBalancerName="renamed")
    for answer in first, made:
        lab.api.call("DeleteLoadBalancer", LoadBalancerId=answer["LoadBalancerId"])
    again = lab.api.call("CreateLoadBalancer", **given)
    assert {**again, "RequestId": ""} == {**first, "RequestId": ""}
    assert found(lab) == []


def test_listeners_page_by_page_over_a_restart(lab):
    balancers = [lab.balancer() for _ in range(3)]
    made = []
    for balancer in balancers:
        for port in 80, 81, 82:
            aged(balancer.listen(port=port, start=False, **tagged(port=str(port))))
            made.append((balancer.id, "tcp", port))
        aged(balancer.listen(port=80, protocol="udp", start=False, Description="names"))
        made.append((balancer.id, "udp", 80))

    def pages(**filters):
        rows, token = [], ""
        while True:
            answer = lab.api.call("DescribeLoadBalancerListeners", NextToken=token, **filters)
            rows += [(item["LoadBalancerId"], item["ListenerProtocol"], item["ListenerPort"])
                     for item in answer["Listeners"]]
            token = answer["NextToken"]
            if not token:
                assert answer["TotalCount"] == len(rows)
                return rows
            assert len(answer["Listeners"]) == answer["MaxResults"]

    assert pages(MaxResults=5) == made
    assert pages() == made
    assert pages(MaxResults=12) == made
    assert pages(MaxResults=1, ListenerProtocol="udp") == made[3::4]
    assert pages(ListenerPort=81) == made[1::4]
    assert pages(Description="names", **{"LoadBalancerId.1": balancers[1].id}) == made[7:8]
    assert pages(**{"LoadBalancerId.3": balancers[2].id, "LoadBalancerId.1": "lb-none"}) == made[8:]
    assert pages(**tagged(port="82")) == made[2::4]

    first = lab.api.call("DescribeLoadBalancerListeners", MaxResults=6)
    # the one that the token names goes, and so does one before it
    for balancer, protocol, port in made[5], made[0]:
        lab.api.call("DeleteLoadBalancerListener", LoadBalancerId=balancer, ListenerPort=port,
                     ListenerProtocol=protocol)
    lab.daemon.kill()
    lab.daemon.start()
    rest = lab.api.call("DescribeLoadBalancerListeners", NextToken=first["NextToken"])
    assert [(item["LoadBalancerId"], item["ListenerProtocol"], item["ListenerPort"])
            for item in rest["Listeners"]] == made[6:]
    item = rest["Listeners"][0]
    assert item["Tags"] == [{"TagKey": "port", "TagValue": "82"}]
    assert item["AclIds"] == []
    assert item["TCPListenerConfig"]["ProxyProtocolV2Enabled"] == "false"
    assert "SynProxy" not in item["TCPListenerConfig"]
    xml = lab.api.ask("DescribeLoadBalancerListeners", MaxResults=1, Format="xml").body
    assert "<AclIds" not in xml and "<Listeners><LoadBalancerId>" in xml
    for bad in "x", first["NextToken"][:-2], first["NextToken"][:-1] + "g", first["NextToken"] * 2:
        assert lab.api.ask("DescribeLoadBalancerListeners", NextToken=bad).error == (
            400, "InvalidParam.NextToken", "The specified NextToken is invalid."), bad
    for balancer in balancers:
        balancer.delete()


def test_health_status(lab):
    """Without checks; test_health_detect.py and test_health_effect.py have those with them."""
    balancer = lab.balancer()
    balancer.listen(port=80, HealthCheckSwitch="off")
    balancer.listen(port=90, protocol="udp", backend_port=9090, HealthCheckSwitch="off")
    balancer.add(b1=100, b2=0)
    b1, b2 = lab.topology.backends
    lab.api.call("SetInstanceStatus", InstanceId=b2.server_id, Status="Stopped")

    def health(**which):
        answer = lab.api.call("DescribeHealthStatus", LoadBalancerId=balancer.id, **which)
        return [tuple(row[key] for key in ("ListenerPort", "Protocol", "ServerId", "ServerIp",
                                           "Port", "ServerHealthStatus"))
                for row in answer["BackendServers"]["BackendServer"]]

    tcp = [(80, "tcp", b1.server_id, b1.address, 8080, "unavailable"),
           (80, "tcp", b2.server_id, b2.address, 8080, "abnormal")]
    udp = [(90, "udp", b1.server_id, b1.address, 9090, "unavailable"),
           (90, "udp", b2.server_id, b2.address, 9090, "abnormal")]
    assert health() == tcp + udp
    assert health(ListenerPort=90) == udp
    assert health(ListenerProtocol="tcp") == tcp
    for which in {"ListenerPort": 81}, {"ListenerPort": 90, "ListenerProtocol": "tcp"}:
        assert lab.api.ask("DescribeHealthStatus", LoadBalancerId=balancer.id, **which).error[:2] == (
            404, "ListenerNotFound")
    lab.api.call("SetInstanceStatus", InstanceId=b2.server_id, Status="Running")
    until(lambda: health()[1][5] == "unavailable", what="that the instance runs again")
    balancer.delete()


def test_regions_and_zones(lab):
    assert lab.api.call("DescribeRegions")["Regions"]["Region"] == [
        {"RegionId": name, "LocalName": name, "RegionEndpoint": "test-gateway"}
        for name in ("local-1", "local-2")]
    a, b = ({"ZoneId": name, "LocalName": name} for name in ("local-1a", "local-1b"))
    assert lab.api.call("DescribeZones")["Zones"]["Zone"] == [
        {**a, "SlaveZones": {"SlaveZone": [b]}}, {**b, "SlaveZones": {"SlaveZone": [a]}}]
    assert lab.api.call("DescribeZones", RegionId="local-2")["Zones"]["Zone"] == [
        {"ZoneId": "local-2a", "LocalName": "local-2a", "SlaveZones": {"SlaveZone": []}}]
    assert lab.api.ask("DescribeZones", RegionId="mars").error[:2] == (
        404, "InvalidRegionId.NotFound")

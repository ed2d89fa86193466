# SPDX-License-Identifier: BSD-2-Clause
"""VServer groups with real traffic: a listener sends where its group says, and changes of group or
settings take effect in one step, under traffic, without a connection lost."""
import contextlib
import socket
import time

import pytest

from lab import chisquare
from lab.lab import until
from lab.traffic import Connection, Held, Load, spread

PORTS = (8080, 8081)
NO_GROUP = 404, "InvalidParameter", "The specified VServerGroupId does not exist."
FOREIGN = 400, "InvalidParam.VServerGroupId", "The specified VServerGroupId is invalid."
NO_TIMEOUT = (400, "MissingConnectionDrainTimeout",
              "ConnectionDrainTimeout is mandatory for this action.")
NO_ID = 400, "MissingParam.VServerGroupId", "The parameter VServerGroupId is missing."
NEEDED = (400, "OperationFailed.ServerGroupInUse",
          "The VServerGroup or MasterSlaveServerGroup can not be close for this listener.")
IN_USE = 400, "RspoolVipExist", "there are vips associating with this vServer group."
NEITHER = (400, "MissingParameter",
           "The BackendServerPort or VServerGroupId is required at lease one.")
NOTHING = (400, "MissingParameter",
           "The VServerGroupName or BackendServers is required at lease one.")
DUPLICATE = (400, "InvalidParameter",
             "The specified BackendServers contain duplicated value of ServerID and Port.")
NOT_THERE = 400, "InvalidServerId.NotExist", "The specified ServerId is not exist."
NO_PORT = (400, "InvalidParameter", "The specified BackendServers is invalid, as the Port value "
           "should be in [1, 65535].")
NO_LISTENER = (404, "ListenerNotFound",
               "You have not created a listener for the specified port of the load balancer.")


ACTIONS = {
    "Create": "CreateVServerGroup", "Delete": "DeleteVServerGroup",
    "Add": "AddVServerGroupBackendServers", "Remove": "RemoveVServerGroupBackendServers",
    "Modify": "ModifyVServerGroupBackendServers", "Set": "SetVServerGroupAttribute",
}


def unbuilt(parameter):
    return (400, "InvalidParameterValue.RegionNotSupport",
            f"The region does not support the parameter value, {parameter}.")


def server(name, port=8080, **fields):
    return {"ServerId": f"i-{name}", "Port": port, **fields}


def weighed(port=8080, **weights):
    return [server(name, port, Weight=weight) for name, weight in weights.items()]


@pytest.fixture(scope="module")
def world(lab):
    lab.topology.serve((PORTS[1],))
    return lab


@pytest.fixture
def balancer(world):
    balancer = world.balancer()
    yield balancer
    balancer.delete()


def make(world, balancer, servers=(), **parameters):
    if servers:
        parameters["BackendServers"] = list(servers)
    made = world.api.call("CreateVServerGroup", LoadBalancerId=balancer.id, **parameters)
    world.wait_resolved()
    return made["VServerGroupId"]


def listen(world, balancer, group, port=80, protocol="tcp", **parameters):
    """A running listener whose servers are the group's, without a port of its own for others."""
    world.api.call(f"CreateLoadBalancer{protocol.upper()}Listener", LoadBalancerId=balancer.id,
                   ListenerPort=port, Bandwidth=-1, VServerGroupId=group, **parameters)
    balancer.start(port, protocol)
    return balancer.vip, port


def shown(world, balancer, port=80, protocol="TCP"):
    return world.api.call(f"DescribeLoadBalancer{protocol}ListenerAttribute",
                          LoadBalancerId=balancer.id, ListenerPort=port)


def set_listener(world, balancer, port=80, protocol="TCP", **parameters):
    return world.api.ask(f"SetLoadBalancer{protocol}ListenerAttribute", LoadBalancerId=balancer.id,
                         ListenerPort=port, **parameters)


def members(world, group):
    found = world.api.call("DescribeVServerGroupAttribute", VServerGroupId=group)
    return [(m["ServerId"], m["Port"], m["Weight"])
            for m in found["BackendServers"]["BackendServer"]]


def counts(world, target, number=300):
    result = spread(world.client, target, world.source_ports(number))
    assert not result.failures
    return result.counts


@contextlib.contextmanager
def traffic(world, target):
    """Held connections and new ones around a change; not one may fail."""
    held = Held(world.client, target, 60, world.source_ports(60).start)
    try:
        with Load(world.client, target, world.source_ports(2000).start, threads=2,
                  ports=1000) as load:
            time.sleep(0.3)
            yield held
            time.sleep(0.3)
        assert not load.failures
        assert load.done > 50
        assert not held.troubles()
    finally:
        held.close()


def test_spread_by_the_group(world, balancer):
    """The listener's servers are the group's, not the default group's; by weight, none at zero."""
    group = make(world, balancer, weighed(b1=100, b2=50, b3=0))
    target = listen(world, balancer, group)
    world.api.call("AddBackendServers", LoadBalancerId=balancer.id,
                   BackendServers=[{"ServerId": "i-b3", "Weight": 100}])
    seen = counts(world, target, 1500)
    assert set(seen) == {"b1", "b2"}
    assert chisquare.agrees(seen, {"b1": 100, "b2": 50, "b3": 0})
    assert not chisquare.agrees(seen, {"b1": 100, "b2": 80, "b3": 0})


def test_two_listeners_two_groups(world, balancer):
    one = make(world, balancer, weighed(b1=1))
    two = make(world, balancer, weighed(b2=1))
    first = listen(world, balancer, one, 80)
    second = listen(world, balancer, two, 81)
    assert set(counts(world, first, 50)) == {"b1"}
    assert set(counts(world, second, 50)) == {"b2"}


def test_one_server_on_two_ports(world, balancer):
    """Port is part of the identity: one server, two members, each with its weight."""
    group = make(world, balancer, weighed(8080, b1=100) + weighed(8081, b1=0, b2=100))
    target = listen(world, balancer, group)
    assert chisquare.agrees(counts(world, target, 600), {"b1": 100, "b2": 100})


def test_udp(world, balancer):
    group = make(world, balancer, weighed(b1=1, b2=1))
    target = listen(world, balancer, group, 53, "udp")
    result = spread(world.client, target, world.source_ports(300), socket.SOCK_DGRAM)
    assert not result.failures
    assert set(result.counts) == {"b1", "b2"}


def test_modify_in_one_step(world, balancer):
    """Every server exchanged for others at once: what is held stays, and no new one fails."""
    group = make(world, balancer, weighed(b1=100))
    target = listen(world, balancer, group)
    with traffic(world, target) as held:
        answer = world.api.call("ModifyVServerGroupBackendServers", VServerGroupId=group,
                                OldBackendServers=[server("b1")],
                                NewBackendServers=weighed(b2=60, b3=40))
        world.wait_resolved()
        assert [s["ServerId"] for s in answer["BackendServers"]["BackendServer"]] == [
            "i-b2", "i-b3"]
        assert not held.troubles()
        assert held.on("b1")
        assert set(counts(world, target, 200)) == {"b2", "b3"}
    assert members(world, group) == [("i-b2", 8080, 60), ("i-b3", 8080, 40)]


def test_weights_of_a_group(world, balancer):
    group = make(world, balancer, weighed(b1=100, b2=100))
    target = listen(world, balancer, group)
    with traffic(world, target) as held:
        world.api.call("SetVServerGroupAttribute", VServerGroupId=group,
                       BackendServers=weighed(b1=0))
        assert not held.troubles()
        assert held.on("b1")
        assert set(counts(world, target, 200)) == {"b2"}


def test_add_and_remove(world, balancer):
    group = make(world, balancer, weighed(b1=100))
    target = listen(world, balancer, group)
    with traffic(world, target) as held:
        added = world.api.call("AddVServerGroupBackendServers", VServerGroupId=group,
                               BackendServers=[server("b2", Weight=7, Description="two")])
        assert added["VServerGroupId"] == group
        assert added["BackendServers"]["BackendServer"] == [
            {"ServerId": "i-b2", "Type": "ecs", "Port": 8080, "Weight": 7, "Description": "two"}]
        world.wait_resolved()
        removed = world.api.call("RemoveVServerGroupBackendServers", VServerGroupId=group,
                                 BackendServers=[{"ServerId": "i-b1"}, server("b3")])
        assert removed["BackendServers"]["BackendServer"] == [
            {"ServerId": "i-b1", "Type": "ecs", "Port": 8080, "Weight": 100}]
        assert not held.troubles()
        assert set(counts(world, target, 100)) == {"b2"}


def test_listener_moves_between_groups(world, balancer):
    """To a VServer group and back, running, under traffic."""
    target = balancer.listen()
    balancer.add(b1=100)
    group = make(world, balancer, weighed(8081, b2=100))
    with traffic(world, target) as held:
        answer = set_listener(world, balancer, VServerGroup="on", VServerGroupId=group)
        assert answer.status == 200, answer.body
        assert set(counts(world, target, 100)) == {"b2"}
        assert "BackendServerPort" not in shown(world, balancer)
        assert shown(world, balancer)["VServerGroupId"] == group
        assert not held.troubles()
        assert set_listener(world, balancer, VServerGroup="off").status == 200
        assert set(counts(world, target, 100)) == {"b1"}
        assert shown(world, balancer)["BackendServerPort"] == 8080
        assert "VServerGroupId" not in shown(world, balancer)
        assert not held.troubles()


def test_survives_a_restart(world, balancer):
    group = make(world, balancer, weighed(b1=100, b2=0), VServerGroupName="blue")
    target = listen(world, balancer, group)
    set_listener(world, balancer, SynProxy="enable", EstablishedTimeout=60)
    before = shown(world, balancer), world.api.call("DescribeVServerGroupAttribute",
                                                    VServerGroupId=group)
    held = Connection(world.client, target)
    world.daemon.kill()
    world.daemon.start()
    world.wait_resolved()
    after = shown(world, balancer), world.api.call("DescribeVServerGroupAttribute",
                                                   VServerGroupId=group)
    for was, now in zip(before, after):
        assert was | {"RequestId": ""} == now | {"RequestId": ""}
    assert after[0]["SynProxy"] == "enable"
    assert held.echo("on") == "b1"
    assert set(counts(world, target, 50)) == {"b1"}
    held.close()


def test_policy_of_a_running_listener(world, balancer):
    """NoBackendPolicy reaches the kernel with the answer: refused at once, then silence."""
    group = make(world, balancer)
    target = listen(world, balancer, group)
    with pytest.raises(ConnectionRefusedError):
        Connection(world.client, target, timeout=2)
    assert set_listener(world, balancer, NoBackendPolicy="drop").status == 200
    with pytest.raises(TimeoutError):
        Connection(world.client, target, timeout=1)
    assert set_listener(world, balancer, NoBackendPolicy="reject").status == 200
    with pytest.raises(ConnectionRefusedError):
        Connection(world.client, target, timeout=2)


def test_idle_limit_of_a_running_listener(world, balancer):
    """EstablishedTimeout too: a flow that was idle for longer is no longer known.

    Its server has left since: a flow that is known goes on there, one that is not is refused."""
    group = make(world, balancer, weighed(b1=100))
    target = listen(world, balancer, group, NoBackendPolicy="reject")
    short, long = Connection(world.client, target), Connection(world.client, target)
    assert set_listener(world, balancer, EstablishedTimeout=10).status == 200
    world.api.call("SetVServerGroupAttribute", VServerGroupId=group, BackendServers=weighed(b1=0))
    for _ in range(7):
        time.sleep(2)
        assert long.echo("awake") == "b1"
    with pytest.raises(OSError):
        short.echo("asleep")
    short.close()
    long.close()


def test_listeners_and_groups_shown(world, balancer):
    one = make(world, balancer, weighed(b1=1, b2=1), VServerGroupName="one")
    two = make(world, balancer, VServerGroupName="two")
    listen(world, balancer, one, 80)
    listen(world, balancer, one, 53, "udp")

    def groups(**parameters):
        found = world.api.call("DescribeVServerGroups", LoadBalancerId=balancer.id, **parameters)
        return found["VServerGroups"]["VServerGroup"]

    assert [g["VServerGroupId"] for g in groups()] in ([one, two], sorted([one, two]))
    assert [(g["VServerGroupName"], g["ServerCount"]) for g in groups(Description="one")] == [
        ("one", 2)]
    assert groups(Description="on") == []
    bare, = groups(Description="one")
    assert bare["AssociatedObjects"] == {"Listeners": {"Listener": []}, "Rules": {"Rule": []}}
    full, = groups(Description="one", IncludeListener="true", IncludeRule="true")
    assert full["AssociatedObjects"] == {
        "Listeners": {"Listener": [{"Port": 53, "Protocol": "udp"},
                                   {"Port": 80, "Protocol": "tcp"}]}, "Rules": {"Rule": []}}
    found = world.api.call("DescribeVServerGroupAttribute", VServerGroupId=one)
    assert found["LoadBalancerId"] == balancer.id
    assert found["BackendServers"]["BackendServer"][0]["ServerIp"] == "10.2.0.11"
    assert world.api.ask("DescribeVServerGroupAttribute", VServerGroupId=one,
                         RegionId="local-2").error == NO_GROUP
    # An instance in a VServer group alone is in use, and says by whom.
    assert world.api.ask("DeregisterInstance", InstanceId="i-b2").code == "InstanceInUse"
    instance, = world.api.call("DescribeInstances", **{"InstanceId.1": "i-b2"})[
        "Instances"]["Instance"]
    assert instance["LoadBalancerIds"] == {"LoadBalancerId": [balancer.id]}


def test_refusals_of_groups(world, balancer):
    api, group = world.api, make(world, balancer, weighed(b1=5))
    before = members(world, group)

    def ask(verb, servers=None, **parameters):
        if servers is not None:
            parameters["BackendServers"] = servers
        return api.ask(ACTIONS[verb], **parameters).error

    assert ask("Create", [{"ServerId": "i-b1"}], LoadBalancerId=balancer.id) == NO_PORT
    assert ask("Create", LoadBalancerId="lb-none")[:2] == (404, "InvalidLoadBalancerId.NotFound")
    assert ask("Create", LoadBalancerId=balancer.id, VServerGroupName="a b")[:2] == (
        400, "InvalidParameter")
    assert ask("Create")[1] == "MissingLoadBalancerId"
    assert ask("Add", [server("b1")], VServerGroupId="rsp-none") == NO_GROUP
    assert ask("Add", [server("b1")], VServerGroupId="r" * 200) == NO_GROUP
    assert ask("Add", [server("b1")], VServerGroupId=group, RegionId="local-2") == NO_GROUP
    assert ask("Add", VServerGroupId=group)[1] == "MissingBackendServers"
    assert ask("Add", [server("b2"), server("b1")], VServerGroupId=group) == DUPLICATE
    assert ask("Modify", VServerGroupId=group)[1] == "MissingOldBackendServers"
    assert ask("Modify", VServerGroupId=group, OldBackendServers=[server("b2")]) == NOT_THERE
    assert ask("Modify", VServerGroupId=group,
               NewBackendServers=[server("b2"), server("b2")]) == DUPLICATE
    assert ask("Modify", VServerGroupId=group, OldBackendServers=[server("b1")],
               NewBackendServers=[server("unknown")])[1] == "ObtainIpFail"
    assert ask("Set", VServerGroupId=group) == NOTHING
    assert ask("Set", [server("b1", 8081)], VServerGroupId=group) == NOT_THERE
    assert ask("Set", [server("b1", Weight=101)], VServerGroupId=group)[1] == (
        "InvalidWeight.Malformed")
    assert members(world, group) == before
    named = api.call("SetVServerGroupAttribute", VServerGroupId=group, VServerGroupName="web/1")
    assert (named["VServerGroupName"], named["BackendServers"]["BackendServer"]) == ("web/1", [])
    listen(world, balancer, group)
    assert ask("Delete", VServerGroupId=group) == IN_USE
    api.call("DeleteLoadBalancerListener", LoadBalancerId=balancer.id, ListenerPort=80)
    api.call("DeleteVServerGroup", VServerGroupId=group)
    assert ask("Delete", VServerGroupId=group) == NO_GROUP
    for action in ("CreateMasterSlaveServerGroup", "DescribeMasterSlaveServerGroups"):
        assert api.ask(action, LoadBalancerId=balancer.id).code == "UnsupportedOperation"


def test_refusals_of_listeners(world, balancer):
    other = world.balancer()
    foreign, group = make(world, other), make(world, balancer)
    create = {"LoadBalancerId": balancer.id, "ListenerPort": 80, "Bandwidth": -1}

    def made(**parameters):
        return world.api.ask("CreateLoadBalancerTCPListener", **create, **parameters).error

    assert made() == NEITHER
    assert made(VServerGroupId="rsp-none") == NO_GROUP
    assert made(VServerGroupId="r" * 100) == NO_GROUP
    assert made(VServerGroupId=foreign) == FOREIGN
    assert made(VServerGroupId=group, MasterSlaveServerGroupId="rsp-x") == unbuilt(
        "MasterSlaveServerGroupId")
    assert set_listener(world, balancer, Description="x").error == NO_LISTENER
    listen(world, balancer, group)
    before = shown(world, balancer) | {"RequestId": ""}
    for parameters, error in (
            ({"VServerGroup": "on"}, NO_ID),
            ({"VServerGroup": "off"}, NEEDED),
            ({"VServerGroupId": foreign}, FOREIGN),
            ({"VServerGroupId": "rsp-none"}, NO_GROUP),
            ({"MasterSlaveServerGroup": "on"}, unbuilt("MasterSlaveServerGroup")),
            ({"Scheduler": "wlc"}, unbuilt("Scheduler")),
            ({"PersistenceTimeout": 5}, unbuilt("PersistenceTimeout")),
            ({"Bandwidth": 5}, unbuilt("Bandwidth")),
            ({"ConnectionDrain": "on"}, NO_TIMEOUT),
            ({"AclStatus": "on"}, unbuilt("AclStatus")),
            ({"ForwardingMode": "dsr"}, unbuilt("ForwardingMode")),
            ({"ProxyProtocolV2Enabled": "true"}, unbuilt("ProxyProtocolV2Enabled"))):
        answer = set_listener(world, balancer, **parameters)
        assert answer.error == error, (parameters, answer.body)
    for name, value in (("EstablishedTimeout", 9), ("EstablishedTimeout", 901),
                        ("HealthyThreshold", 1), ("SynProxy", "maybe"),
                        ("healthCheckInterval", 51), ("VServerGroup", "yes")):
        answer = set_listener(world, balancer, **{name: value})
        assert answer.error[:2] == (400, "InvalidParameter"), answer.body
    assert shown(world, balancer) | {"RequestId": ""} == before
    other.delete()


def test_absent_stays(world, balancer):
    """Every setting that may change, one at a time: it alone is another one then."""
    group = make(world, balancer)
    listen(world, balancer, group, Description="first", HealthCheckURI="/up")
    listen(world, balancer, group, 53, "udp")
    for protocol, port, settings in (
            ("TCP", 80, {"Description": "second", "HealthCheckConnectPort": 99,
                         "HealthCheckConnectTimeout": 6, "HealthCheckInterval": 7,
                         "HealthyThreshold": 4, "UnhealthyThreshold": 5,
                         "NoBackendPolicy": "drop", "EstablishedTimeout": 300,
                         "HealthCheckType": "http", "HealthCheckMethod": "get",
                         "HealthCheckURI": "/down", "HealthCheckDomain": "example.org",
                         "HealthCheckHttpCode": "http_3xx", "SynProxy": "enable"}),
            ("UDP", 53, {"HealthCheckReq": "hello", "HealthCheckExp": "world",
                         "NoBackendPolicy": "drop", "HealthyThreshold": 9})):
        for name, value in settings.items():
            before = shown(world, balancer, port, protocol)
            assert before.get(name) != value
            answer = set_listener(world, balancer, port, protocol, **{name: value})
            assert answer.status == 200, answer.body
            after = shown(world, balancer, port, protocol)
            assert after | {"RequestId": ""} == before | {name: value, "RequestId": ""}
    drain = {"ConnectionDrain": "on", "ConnectionDrainTimeout": 10}
    assert set_listener(world, balancer, **drain).status == 200
    assert shown(world, balancer).items() >= drain.items()
    assert set_listener(world, balancer, HealthCheckSwitch="off").status == 200
    assert shown(world, balancer)["HealthCheck"] == "off"


def test_counts_of_a_group(world, balancer):
    """What the daemon counts for the listener is of the group's servers, by their own ports."""
    group = make(world, balancer, weighed(8081, b1=100))
    target = listen(world, balancer, group)
    counts(world, target, 20)

    def backends():
        found = world.api.call("DescribeStatistics", LoadBalancerId=balancer.id)
        return [b for entry in found["Listeners"]["Listener"]
                for b in entry["Backends"]["Backend"]]

    seen = until(lambda: [b for b in backends() if b["NewConnections"] == 20])
    assert [(b["ServerId"], b["Port"]) for b in seen] == [("i-b1", 8081)]

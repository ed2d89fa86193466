# SPDX-License-Identifier: BSD-2-Clause
"""Rules 1 to 19 of AddBackendServers, each with a row, against the real daemon.

A row that is refused must leave the group as it was.
"""
import dataclasses
import json

import pytest

from lab.traffic import Connection

BACKENDS = 2
CONFIG = """
quotas = { servers_per_lb = 22; services_per_backend = 2; };
"""

INVALID = 400, "InvalidParameter", "The specified BackendServers is invalid."
MALFORMED = (400, "BackendServersMalformed",
             "the specified parameter BackendServers is unavailable.")
EMPTY = 400, "BackendServer.ServerIdEmpty", "The ServerId of a backend server is empty."
TYPE = 400, "BackendServer.InvalidType", "The specified Type is invalid."
WEIGHT = 400, "InvalidWeight.Malformed", "A specified weight is not valid."
PORT = (400, "InvalidParameter", "The specified BackendServers is invalid, as the Port value "
        "should be in [1, 65535].")
TOO_MANY = (400, "TooManyBackendServers",
            "The total number of input real servers exceeds max supported number: 20")
NO_LB = 404, "InvalidLoadBalancerId.NotFound", "The specified LoadBalancerId does not exist."
NOT_SUPPORTED = (400, "OperationFailed.ActionNotSupport",
                 "The loadbalancer does not support such action.")
OBTAIN = (400, "ObtainIpFail", "The specified BackendServers is invalid; some of the specified "
          "backend servers do not exist or are not running.")
EXISTS = 400, "InvalidParameter", "The resource already exists."
NETWORK = (400, "InvalidParameter", "The specified load balancer does not support the network "
           "type of the ECS instance.")
INCONSISTENT = (400, "InvalidBackendServers.Inconsistent", "All BackendServers on one Specified "
                "LoadBalancer have to be in the same vpc or all classic")
FAMILY = (400, "LBNotSupportIpv6Backend",
          "The specified loadbalancer does not support ipv6 backend.")
CONFLICT = (400, "InvalidBackendServers.ServerIpConflict",
            "The ServerIp is used by another backend server.")
QUOTA = 400, "OverQuota", "The Total is over the quota."


def missing(name):
    return 400, f"Missing{name}", f"{name} is mandatory for this action."


# Instances: id -> (addresses, parameters). Their addresses need no host to answer.
VPC_A = {"VpcId": "vpc-a"}
VPC_B = {"VpcId": "vpc-b"}
INSTANCES = {
    "i-classic": (["10.2.0.50"], {}),
    "i-two": (["10.2.0.51", "10.2.0.52"], {}),
    "i-stopped": (["10.2.0.53"], {"Status": "Stopped"}),
    "i-vpc-a": (["10.2.0.54"], VPC_A),
    "i-vpc-b": (["10.2.0.55"], VPC_B),
    "i-dual": (["10.2.0.56", "2001:db8::56"], {}),
    "i-six": (["2001:db8::57"], {}),
    "eni-1": (["10.2.0.58"], {}),
    "eni-shared": (["10.2.0.50"], {}),
    **{f"i-many{n}": ([f"10.2.0.{100 + n}"], {}) for n in range(23)},
}
BALANCERS = {
    "shared": {},  # internet: either network, but all of one kind
    "spec": {"LoadBalancerSpec": "slb.s1.small"},
    "clcu": {"InstanceChargeType": "PayByCLCU"},
    "vpc": {"VSwitchId": "vsw-a"},
    "intranet": {"AddressType": "intranet"},
}


@dataclasses.dataclass
class Row:
    rule: int
    says: str
    servers: object  # a list becomes JSON; text is sent as it is; None: absent
    expected: object  # an error, or the servers that the answer lists
    lb: str = "shared"
    has: list = dataclasses.field(default_factory=list)  # servers added before
    region: str = ""

    def __str__(self):
        return f"rule {self.rule}: {self.says}"


def server(server_id="i-classic", **fields):
    return {"ServerId": server_id, **fields}


def added(server_id="i-classic", weight=100, kind="ecs", **fields):
    return {"ServerId": server_id, "Weight": weight, "Type": kind, **fields}


ROWS = [
    Row(1, "LoadBalancerId is absent", [server()], missing("LoadBalancerId"), lb=None),
    Row(1, "LoadBalancerId is empty", [server()], missing("LoadBalancerId"), lb=""),
    Row(1, "BackendServers is absent", None, missing("BackendServers")),
    Row(1, "BackendServers is empty", "", missing("BackendServers")),
    Row(2, "cut short", '[{"ServerId":"i-classic"', MALFORMED),
    Row(2, "words", "i-classic", MALFORMED),
    Row(2, "more after the end", '[{"ServerId":"i-classic"}]]', MALFORMED),
    Row(2, "single quotes are accepted", "[{'ServerId':'i-classic','Weight':'7'}]",
        [added(weight=7)]),
    Row(3, "no entry", [], INVALID),
    Row(3, "an object in place of an array", {"ServerId": "i-classic"}, INVALID),
    Row(3, "an entry that is no object", [server(), 1], INVALID),
    Row(4, "21 entries, all the same", [server()] * 21, TOO_MANY),
    Row(4, "20 entries, all the same", [server()] * 20, [added()]),
    Row(5, "no ServerId", [{"Weight": 1}], EMPTY),
    Row(5, "an empty ServerId", [server("")], EMPTY),
    Row(5, "null, which only an optional field may be", [server(None)], INVALID),
    Row(5, "a number for ServerId", [server(5)], INVALID),
    Row(5, "a blank in ServerId", [server("i classic")], INVALID),
    Row(5, "65 characters", [server("i" * 65)], INVALID),
    Row(6, "another Type", [server(Type="eci")], TYPE),
    Row(6, "an ENI without Type", [server("eni-1", ServerIp="10.2.0.58")], TYPE),
    Row(6, "Type eni for another id", [server(Type="eni", ServerIp="10.2.0.50")], TYPE),
    Row(7, "an ENI without ServerIp", [server("eni-1", Type="eni")], INVALID, lb="spec"),
    Row(7, "ServerIp is no address", [server(ServerIp="10.2.0")], INVALID),
    Row(7, "ServerIp is multicast", [server(ServerIp="224.0.0.1")], INVALID),
    Row(7, "Description with a blank", [server(Description="my server")], INVALID),
    Row(7, "Description of 81", [server(Description="d" * 81)], INVALID),
    Row(7, "Description of 80", [server(Description="d" * 80)], [added(Description="d" * 80)]),
    Row(8, "Weight 101", [server(Weight=101)], WEIGHT),
    Row(8, "Weight -1", [server(Weight=-1)], WEIGHT),
    Row(8, "Weight 1.5", [server(Weight=1.5)], WEIGHT),
    Row(8, "Weight as a word", [server(Weight="heavy")], WEIGHT),
    Row(8, "Port 0", [server(Port=0)], PORT),
    Row(8, "Port 65536", [server(Port="65536")], PORT),
    Row(8, "entry by entry: the first one's Weight before the second one's ServerId",
        [server(Weight=101), {"Weight": 1}], WEIGHT),
    Row(8, "text before state", [server("i-unknown", Weight=101)], WEIGHT, lb="lb-none"),
    Row(9, "no such load balancer", [server()], NO_LB, lb="lb-00000000000000000000"),
    Row(9, "an id of no form", [server()], NO_LB, lb="nonsense"),
    Row(9, "in another region", [server()], NO_LB, region="local-2"),
    Row(10, "an ENI on a shared load balancer",
        [server("eni-1", Type="eni", ServerIp="10.2.0.58")], NOT_SUPPORTED),
    Row(10, "an ENI with guaranteed performance",
        [server("eni-1", Type="eni", ServerIp="10.2.0.58", Weight=3)],
        [added("eni-1", 3, "eni")], lb="spec"),
    Row(10, "an ENI where it is charged by use",
        [server("eni-1", Type="eni", ServerIp="10.2.0.58")], [added("eni-1", kind="eni")],
        lb="clcu"),
    Row(11, "an unknown server", [server("i-unknown")], OBTAIN),
    Row(11, "a server that is stopped", [server("i-stopped")], OBTAIN),
    Row(11, "an address of another server", [server(ServerIp="10.2.0.51")], OBTAIN),
    Row(11, "a second address of the server", [server("i-two", ServerIp="10.2.0.52")],
        [added("i-two")]),
    Row(12, "the same server twice: the first counts", [server(Weight=10), server(Weight=20)],
        [added(weight=10)]),
    Row(12, "the same address said and resolved",
        [server(Weight=1), server(ServerIp="10.2.0.50", Weight=2)], [added(weight=1)]),
    Row(13, "already in the group", [server("i-two"), server()], EXISTS, has=[server()]),
    Row(13, "already there, with another port", [server(Port=81)], EXISTS, has=[server()]),
    Row(14, "a classic server for a VPC's load balancer", [server()], NETWORK, lb="vpc"),
    Row(14, "a VPC's server for a classic intranet one", [server("i-vpc-a")], NETWORK,
        lb="intranet"),
    Row(14, "a VPC's server for an internet one", [server("i-vpc-a")], [added("i-vpc-a")]),
    Row(15, "a server of another VPC", [server("i-vpc-b")], INCONSISTENT, lb="vpc"),
    Row(15, "classic and VPC in one request", [server(), server("i-vpc-a")], INCONSISTENT),
    Row(15, "VPC beside classic", [server("i-vpc-a")], INCONSISTENT, has=[server()]),
    Row(16, "an IPv6 address behind an IPv4 VIP", [server("i-dual", ServerIp="2001:db8::56")],
        FAMILY),
    Row(17, "two ids, one address",
        [server("eni-shared", Type="eni", ServerIp="10.2.0.50")], CONFLICT, lb="spec",
        has=[server()]),
    Row(17, "two ids, one address, in one request",
        [server(), server("eni-shared", Type="eni", ServerIp="10.2.0.50")], CONFLICT, lb="spec"),
    Row(18, "more servers than the quota", [server("i-many20"), server("i-many21"), server()],
        QUOTA, has=[server(f"i-many{n}") for n in range(20)]),
    Row(19, "one bad entry among good ones adds none",
        [server(), server("i-two"), server("i-unknown")], OBTAIN, has=[server("i-dual")]),
]


@pytest.fixture(scope="module")
def world(lab):
    for server_id, (addresses, parameters) in INSTANCES.items():
        lab.register(server_id, *addresses, **parameters)
    return lab


def members(lab, lb):
    shown = lab.api.call("DescribeLoadBalancerAttribute", LoadBalancerId=lb)
    return shown["BackendServers"]["BackendServer"]


def test_every_rule_has_a_row():
    assert {row.rule for row in ROWS} == set(range(1, 20))


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_rule(world, row):
    api = world.api
    made = BALANCERS.get(row.lb)
    balancer = world.balancer(**made) if made is not None else None
    lb = balancer.id if balancer else row.lb
    if row.has:
        for start in range(0, len(row.has), 20):
            api.call("AddBackendServers", LoadBalancerId=lb,
                     BackendServers=row.has[start:start + 20])
    before = members(world, lb) if balancer else None
    fields = {"LoadBalancerId": lb, "BackendServers": row.servers, "RegionId": row.region}
    answer = api.ask("AddBackendServers", **{k: v for k, v in fields.items() if v is not None})
    if isinstance(row.expected, tuple):
        assert answer.error == row.expected, answer.body
        assert answer.json["HostId"] == "test-gateway"
        if balancer:
            assert members(world, lb) == before
    else:
        assert answer.status == 200, answer.body
        assert answer.json["LoadBalancerId"] == lb
        assert answer.json["BackendServers"]["BackendServer"] == row.expected
        names = [m["ServerId"] for m in members(world, lb)]
        assert names == [m["ServerId"] for m in [*row.has, *row.expected]]
    if balancer:
        balancer.delete()


def test_rule_18_services_of_one_backend(world):
    """Three listeners to one address and port, where two are allowed: with the reason."""
    balancer = world.balancer()
    for port in (80, 81, 82):
        balancer.listen(port)
    answer = world.api.ask("AddBackendServers", LoadBalancerId=balancer.id,
                           BackendServers=[server()])
    assert answer.error == QUOTA, answer.body
    assert answer.detail
    assert members(world, balancer.id) == []
    balancer.delete()


def test_rule_18_counts_what_is_there(world):
    """A deleted listener's place at its backend is free again, at once."""
    for _ in range(12):
        balancer = world.balancer()
        target = balancer.listen()
        world.api.call("AddBackendServers", LoadBalancerId=balancer.id,
                       BackendServers=[server("i-b1")])
        assert Connection(world.client, target).server == "b1"
        balancer.delete()


def test_rule_19_success_means_forwarding(world):
    """Not a packet is sent before the answer, and the first one after it gets through."""
    balancer = world.balancer()
    target = balancer.listen()
    servers = json.dumps([server("i-b1"), server("i-b2", Weight=0)])
    world.api.call("AddBackendServers", LoadBalancerId=balancer.id, BackendServers=servers)
    assert Connection(world.client, target, timeout=2).server == "b1"
    balancer.delete()


def test_rule_19_failure_leaves_the_kernel(world):
    balancer = world.balancer()
    target = balancer.listen()
    world.api.call("AddBackendServers", LoadBalancerId=balancer.id,
                   BackendServers=[server("i-b1")])
    held = Connection(world.client, target)
    answer = world.api.ask("AddBackendServers", LoadBalancerId=balancer.id,
                           BackendServers=[server("i-b2"), server("i-unknown")])
    assert answer.error == OBTAIN
    assert held.echo("same") == "b1"
    assert {Connection(world.client, target).server for _ in range(20)} == {"b1"}
    held.close()
    balancer.delete()


def test_example_of_the_contract(world):
    """Section 1's example, in XML: elements in their order, nothing quoted."""
    balancer = world.balancer(LoadBalancerSpec="slb.s1.small")
    answer = world.api.ask(
        "AddBackendServers", Version="2014-05-15", RegionId="local-1", Format="XML",
        LoadBalancerId=balancer.id, BackendServers=json.dumps([
            server("i-classic", Weight="100", Type="ecs", Port="80", Description="web-01"),
            server("eni-1", Weight=0, Type="eni", ServerIp="10.2.0.58", Port=8080)]))
    assert (answer.status, answer.type) == (200, "text/xml;charset=utf-8")
    head, _, rest = answer.body.partition("<RequestId>")
    assert head.replace("\n", "") == ('<?xml version="1.0" encoding="UTF-8"?>'
                                      "<AddBackendServersResponse>")
    assert rest.partition("</RequestId>")[2].strip() == (
        f"<LoadBalancerId>{balancer.id}</LoadBalancerId><BackendServers>"
        "<BackendServer><ServerId>i-classic</ServerId><Weight>100</Weight><Type>ecs</Type>"
        "<Description>web-01</Description></BackendServer>"
        "<BackendServer><ServerId>eni-1</ServerId><Weight>0</Weight><Type>eni</Type>"
        "</BackendServer></BackendServers></AddBackendServersResponse>")
    balancer.delete()

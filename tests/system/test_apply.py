# SPDX-License-Identifier: BSD-2-Clause
"""export, diff and apply against the real daemon: identity, every kind of change, all or nothing."""
import contextlib
import copy
import http.client
import json
import socket
import socketserver
import subprocess
import threading
import urllib.parse

import pytest

from lab.api import SLUICECTL, Api, UnixConnection
from lab.daemon import SETTINGS, Daemon
from lab.gateway import Gateway

ACTIONS_THAT_READ = ("Describe", "List")


class Side:
    """A daemon, and sluicectl that talks to it (or to something before it)."""

    def __init__(self, gateway, name, interfaces=None):
        self.daemon = Daemon(gateway, SETTINGS, name, interfaces)
        self.daemon.start()
        self.api = Api(self.daemon.socket)

    def run(self, *arguments, through=None, stdin=None):
        return subprocess.run([SLUICECTL, "--socket", str(through or self.daemon.socket),
                               *map(str, arguments)],
                              input=stdin, capture_output=True, text=True, timeout=60)

    def export(self):
        done = self.run("export")
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def apply(self, document, *options, **more):
        return self.run("apply", "-f", "-", *options, stdin=json.dumps(document), **more)

    def diff(self, document):
        return self.run("diff", "-f", "-", stdin=json.dumps(document))

    def settle(self, document):
        """Makes it so, and sees that it is."""
        done = self.apply(document)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        again = self.diff(document)
        assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
        return done.stdout.splitlines()


class Proxy(socketserver.ThreadingUnixStreamServer):
    """Before the daemon's socket: `edit` is given the list of changes that an ApplyChanges has, and
    its list goes on to the daemon; `lost`: the answer to one is dropped with its connection;
    `stops` is called in place of the daemon."""
    daemon_threads = True

    def __init__(self, path, behind):
        self.behind = behind
        self.changes = []
        self.expect()
        super().__init__(str(path), _Relay)
        self.path = path
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def expect(self, edit=None, lost=False, stops=None):
        self.edit, self.lost, self.stops = edit, lost, stops

    def forward(self, body):
        fields = urllib.parse.parse_qs(body.decode())
        applies = fields["Action"] == ["ApplyChanges"]
        assert applies or fields["Action"][0].startswith(ACTIONS_THAT_READ), "it changes by itself"
        if applies:
            self.changes = json.loads(fields["Changes"][0])
            if self.stops:
                self.stops()
                raise ConnectionResetError
            if self.edit:
                fields["Changes"] = [json.dumps(self.edit(self.changes))]
                body = urllib.parse.urlencode(fields, doseq=True).encode()
        connection = UnixConnection(self.behind)
        connection.request("POST", "/", body,
                           {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        answer = answer.status, answer.read()
        connection.close()
        if applies and self.lost:
            raise ConnectionResetError
        return answer


class _Relay(socketserver.StreamRequestHandler):
    def handle(self):
        while line := self.rfile.readline():
            assert line.startswith(b"POST / ")
            headers = http.client.parse_headers(self.rfile)
            body = self.rfile.read(int(headers["Content-Length"]))
            try:
                status, answer = self.server.forward(body)
            except ConnectionResetError:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.wfile.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%b"
                             % (status, len(answer), answer))


@pytest.fixture(scope="module")
def gateway():
    with contextlib.closing(Gateway()) as topology:
        yield topology


@pytest.fixture(scope="module")
def side(gateway):
    made = Side(gateway, "one")
    try:
        yield made
    finally:
        made.daemon.kill()


@pytest.fixture(scope="module")
def proxy(side):
    made = Proxy(side.daemon.directory / "proxy.sock", side.daemon.socket)
    try:
        yield made
    finally:
        made.shutdown()
        made.server_close()


def instance(name, *addresses, **more):
    return {"InstanceId": name, "IpAddresses": list(addresses), **more}


RICH = {
    "Instances": [
        instance("web1", "10.64.0.1", "10.64.1.1", InstanceName="first", ZoneId="local-1b"),
        instance("web2", "10.64.0.2"),
        instance("web3", "10.64.0.3", Status="Stopped"),
        instance("web4", "10.64.0.7"),
        instance("eni-1", "10.64.0.4"),
        instance("vpc1", "10.64.0.5", VpcId="vpc-a"),
        instance("far1", "10.64.0.6", RegionId="local-2"),
    ],
    "LoadBalancers": [
        {"LoadBalancerName": "shop", "Address": "10.1.0.100", "LoadBalancerSpec": "slb.s1.small",
         "Tags": {"env": "production", "empty": ""},
         "BackendServers": [
             {"ServerId": "web1", "ServerIp": "10.64.1.1", "Weight": 10},
             {"ServerId": "web2", "Port": 81, "Description": "second"},
             {"ServerId": "eni-1", "Weight": 0}],
         "VServerGroups": [
             {"VServerGroupName": "blue", "Tags": {"release": "1"}, "BackendServers": [
                 {"ServerId": "web1", "Port": 8080}, {"ServerId": "web1", "Port": 8081},
                 {"ServerId": "web2", "Port": 8080, "Weight": 3, "Description": "b"}]},
             {"VServerGroupName": "green"}, {"VServerGroupName": "green#2"}],
         "Listeners": [
             {"ListenerProtocol": "tcp", "ListenerPort": 80, "BackendServerPort": 8080,
              "Status": "running", "EstablishedTimeout": 60, "Description": "front",
              "HealthCheckType": "http", "HealthCheckURI": "/up", "HealthCheckSwitch": "off",
              "Tags": {"a": "b"}},
             {"ListenerProtocol": "tcp", "ListenerPort": 443, "VServerGroupName": "blue",
              "Status": "running", "SynProxy": "enable"},
             {"ListenerProtocol": "udp", "ListenerPort": 80, "BackendServerPort": 53,
              "NoBackendPolicy": "drop", "HealthCheckReq": "ping", "HealthCheckExp": "pong",
              "ConnectionDrain": "on", "ConnectionDrainTimeout": 20}]},
        {"Address": "10.1.0.101", "LoadBalancerStatus": "inactive", "DeleteProtection": "on",
         "ModificationProtectionStatus": "ConsoleProtection",
         "ModificationProtectionReason": "by-hand", "InstanceChargeType": "PayByCLCU",
         "InternetChargeType": "paybybandwidth", "Bandwidth": 7, "PayType": "PrePay",
         "ResourceGroupId": "rg-1", "BackendServers": [{"ServerId": "web3"}]},
        {"LoadBalancerName": "inner", "VSwitchId": "vsw-a", "Address": "10.1.0.220",
         "BackendServers": [{"ServerId": "vpc1"}]},
        {"LoadBalancerName": "far", "Address": "10.1.0.102", "RegionId": "local-2",
         "BackendServers": [{"ServerId": "far1"}]},
    ],
}
NOTHING = {"Instances": [], "LoadBalancers": []}


def edited(edit):
    document = copy.deepcopy(RICH)
    edit(document)
    return document


def shop(document):
    return document["LoadBalancers"][0]


def listener(document, number):
    return shop(document)["Listeners"][number]


def server_of(document, name):
    return next(s for s in shop(document)["BackendServers"] if s["ServerId"] == name)


def drop_protected(document):
    del document["LoadBalancers"][1]


def test_round_trip_is_identity(side, gateway):
    lines = side.settle(RICH)
    assert "+ load balancer shop (10.1.0.100)" in lines
    assert "+ listener tcp/80 of shop, running" in lines
    assert "+ group green#2 of shop" in lines
    exported = side.export()
    assert side.run("diff", "-f", "-", stdin=exported).returncode == 0
    assert side.run("apply", "-f", "-", stdin=exported).stdout == ""
    assert side.export() == exported
    document = json.loads(exported)
    side.settle(edited(lambda d: d["LoadBalancers"][1].update(DeleteProtection="off")))
    side.settle(NOTHING)
    assert json.loads(side.export()) == NOTHING
    side.settle(document)
    assert side.export() == exported


def test_other_daemon_with_other_ids(side):
    side.settle(RICH)
    exported = side.export()
    second = Gateway()
    try:
        other = Side(second, "two")
        other.settle(json.loads(exported))
        assert other.export() == exported
        ids = [{lb["LoadBalancerId"] for lb in each.api.call("DescribeLoadBalancers")[
            "LoadBalancers"]["LoadBalancer"]} for each in (side, other)]
        assert len(ids[0]) == len(ids[1]) == 3 and not ids[0] & ids[1]
        other.daemon.kill()
    finally:
        second.close()


def test_export_to_a_file(side, tmp_path):
    side.settle(RICH)
    path = tmp_path / "config.json"
    path.write_text("old")
    assert side.run("export", path).returncode == 0
    assert path.read_text() == side.export()
    assert [p.name for p in tmp_path.iterdir()] == ["config.json"]
    assert side.run("diff", "-f", path).returncode == 0
    assert side.run("export", tmp_path / "no/file").returncode == 1


def test_one_region(side):
    side.settle(RICH)
    document = json.loads(side.run("--region", "local-2", "export").stdout)
    assert [lb["LoadBalancerName"] for lb in document["LoadBalancers"]] == ["far"]
    document["LoadBalancers"][0]["BackendServers"] = []
    done = side.run("--region", "local-2", "apply", "-f", "-",
                    stdin=json.dumps(document))
    assert done.stdout == "- server far1 10.64.0.6 in far\n" and done.returncode == 0
    done = side.run("--region", "local-2", "diff", "-f", "-", stdin=side.export())
    assert done.returncode == 1 and "another region" in done.stderr


# What is edited, and the plan's lines in order.
EDITS = {
    "weight": (lambda d: server_of(d, "web1").update(Weight=0),
               ["~ server web1 10.64.1.1 in shop: Weight 10 → 0"]),
    "server added": (lambda d: shop(d)["BackendServers"].append({"ServerId": "web4"}),
                     ["+ server web4 10.64.0.7 in shop: Weight 100"]),
    "server added that does not run": (
        lambda d: shop(d)["BackendServers"].append({"ServerId": "web3"}),
        ["+ server web3 10.64.0.3 in shop: Weight 100"]),
    "server replaced": (lambda d: server_of(d, "web1").update(ServerId="web4", ServerIp=None),
                        ["+ server web4 10.64.0.7 in shop: Weight 10",
                         "- server web1 10.64.1.1 in shop"]),
    "port taken away": (lambda d: server_of(d, "web2").pop("Port"),
                        ["- server web2 10.64.0.2:81 in shop",
                         "+ server web2 10.64.0.2 in shop: Weight 100"]),
    "port and description set": (
        lambda d: server_of(d, "web2").update(Port=82, Description="2"),
        ["~ server web2 10.64.0.2:81 in shop: Port 81 → 82, Description second → 2"]),
    "group server": (lambda d: shop(d)["VServerGroups"][0]["BackendServers"][2].update(Weight=9),
                     ["~ server web2 10.64.0.2:8080 in shop/blue: Weight 3 → 9"]),
    "group server's port": (
        lambda d: shop(d)["VServerGroups"][0]["BackendServers"][2].update(Port=8082),
        ["+ server web2 10.64.0.2:8082 in shop/blue: Weight 3",
         "- server web2 10.64.0.2:8080 in shop/blue"]),
    "group gone": (lambda d: shop(d)["VServerGroups"].pop(2), ["- group green#2 of shop"]),
    "drain ended": (
        lambda d: listener(d, 2).update(ConnectionDrain="off", ConnectionDrainTimeout=None),
        ["~ listener udp/80 of shop: ConnectionDrain on → off, ConnectionDrainTimeout 20 → none"]),
    "drain begun": (
        lambda d: listener(d, 1).update(ConnectionDrain="on", ConnectionDrainTimeout=15),
        ["~ listener tcp/443 of shop: ConnectionDrain off → on, ConnectionDrainTimeout none → 15"]),
    "checks switched on": (lambda d: listener(d, 0).update(HealthCheckSwitch="on"),
                           ["~ listener tcp/80 of shop: HealthCheckSwitch off → on"]),
    "listener to another group": (
        lambda d: listener(d, 1).update(VServerGroupName="green"),
        ["~ listener tcp/443 of shop: VServerGroupName blue → green"]),
    "listener to a group": (
        lambda d: listener(d, 0).update(VServerGroupName="blue", BackendServerPort=None),
        ["~ listener tcp/80 of shop: VServerGroupName none → blue"]),
    "listener to the default group": (
        lambda d: listener(d, 1).update(VServerGroupName=None, BackendServerPort=8443),
        ["- listener tcp/443 of shop, to be made anew: its BackendServerPort beside a group is "
         "not known",
         "+ listener tcp/443 of shop, running"]),
    "listener's group renamed": (
        lambda d: (listener(d, 1).update(VServerGroupName="red"),
                   shop(d)["VServerGroups"][0].update(VServerGroupName="red")),
        ["+ group red of shop", "+ server web1 10.64.0.1:8080 in shop/red: Weight 100",
         "+ server web1 10.64.0.1:8081 in shop/red: Weight 100",
         "+ server web2 10.64.0.2:8080 in shop/red: Weight 3", "+ tag release=1 of shop/red",
         "~ listener tcp/443 of shop: VServerGroupName blue → red", "- group blue of shop"]),
    "listener's settings": (
        lambda d: listener(d, 0).update(EstablishedTimeout=61, HealthCheckURI="/ok",
                                        Status="stopped"),
        ["~ listener tcp/80 of shop: Status running → stopped, EstablishedTimeout 60 → 61, "
         "HealthCheckURI /up → /ok"]),
    "listener stopped": (lambda d: listener(d, 0).update(Status="stopped"),
                         ["~ listener tcp/80 of shop: Status running → stopped"]),
    "listener's port": (lambda d: listener(d, 0).update(BackendServerPort=8088),
                        ["- listener tcp/80 of shop, to be made anew: BackendServerPort cannot be "
                         "changed", "+ listener tcp/80 of shop, running", "+ tag a=b of listener "
                         "tcp/80 of shop"]),
    "listener's description gone": (
        lambda d: listener(d, 0).pop("Description"),
        ["- listener tcp/80 of shop, to be made anew: a text can be changed, but not taken away",
         "+ listener tcp/80 of shop, running", "+ tag a=b of listener tcp/80 of shop"]),
    "listener's URI back to none": (
        lambda d: listener(d, 0).pop("HealthCheckURI"),
        ["- listener tcp/80 of shop, to be made anew: a text can be changed, but not taken away",
         "+ listener tcp/80 of shop, running", "+ tag a=b of listener tcp/80 of shop"]),
    "listener gone": (lambda d: shop(d)["Listeners"].pop(1), ["- listener tcp/443 of shop"]),
    "listener moved": (lambda d: listener(d, 2).update(ListenerPort=81),
                       ["+ listener udp/81 of shop, stopped", "- listener udp/80 of shop"]),
    "tags": (lambda d: shop(d).update(Tags={"env": "test", "new": "1"}),
             ["- tag empty of shop", "~ tag env=test of shop", "+ tag new=1 of shop"]),
    "listener's tags": (lambda d: listener(d, 0).update(Tags={"c": "d"}),
                        ["- tag a of listener tcp/80 of shop",
                         "+ tag c=d of listener tcp/80 of shop"]),
    "name": (lambda d: shop(d).update(LoadBalancerName="store"),
             ["~ load balancer shop: LoadBalancerName shop → store"]),
    "name gone": (lambda d: shop(d).pop("LoadBalancerName"),
                  ["~ load balancer shop: LoadBalancerName shop → none"]),
    "words in any case": (
        lambda d: (shop(d).update(LoadBalancerStatus="ACTIVE", LoadBalancerSpec="SLB.s1.small"),
                   listener(d, 0).update(Status="Running", Scheduler="WRR")), []),
    "all that can be set": (
        lambda d: d["LoadBalancers"][1].update(
            LoadBalancerStatus="active", DeleteProtection="off",
            ModificationProtectionStatus="NonProtection", ModificationProtectionReason=None,
            InstanceChargeType="PayBySpec", InternetChargeType="paybytraffic", Bandwidth=8,
            PayType="PayOnDemand"),
        ["~ load balancer 10.1.0.101: LoadBalancerStatus inactive → active",
         "~ load balancer 10.1.0.101: InstanceChargeType PayByCLCU → PayBySpec",
         "~ load balancer 10.1.0.101: InternetChargeType paybybandwidth → paybytraffic, "
         "Bandwidth 7 → 8",
         "~ load balancer 10.1.0.101: PayType PrePay → PayOnDemand",
         "~ load balancer 10.1.0.101: DeleteProtection on → off",
         "~ load balancer 10.1.0.101: ModificationProtectionStatus ConsoleProtection → "
         "NonProtection, ModificationProtectionReason by-hand → none"]),
    "specification gone": (lambda d: (shop(d).pop("LoadBalancerSpec"),
                                      shop(d)["BackendServers"].pop(2)),
                           ["~ load balancer shop: LoadBalancerSpec slb.s1.small → none",
                            "- server eni-1 10.64.0.4 in shop"]),
    "charged otherwise": (lambda d: shop(d).update(InstanceChargeType="PayByCLCU",
                                                   LoadBalancerSpec=None),
                          ["~ load balancer shop: InstanceChargeType PayBySpec → PayByCLCU"]),
    "load balancer gone": (lambda d: (d["LoadBalancers"].pop(3), d["Instances"].pop(6)),
                           ["- load balancer far (10.1.0.102)", "- instance far1"]),
    "instance's state and name": (
        lambda d: d["Instances"][0].update(Status="Stopped", InstanceName="one"),
        ["~ instance web1: Status Running → Stopped, InstanceName first → one"]),
    "instance's further address": (
        lambda d: d["Instances"][1].update(IpAddresses=["10.64.0.2", "10.64.2.1"]),
        ['~ instance web2: IpAddresses ["10.64.0.2"] → ["10.64.0.2","10.64.2.1"]']),
}


@pytest.mark.parametrize("name", EDITS)
def test_edit(side, name):
    edit, lines = EDITS[name]
    wanted = edited(edit)
    back_to_rich(side)
    before = side.export()
    plan = side.diff(wanted)
    assert plan.stderr == ""
    assert plan.stdout.splitlines() == lines
    assert plan.returncode == (3 if lines else 0)
    dry = side.apply(wanted, "--dry-run")
    assert (dry.returncode, dry.stdout) == (0, plan.stdout)
    assert side.export() == before
    assert side.settle(wanted) == plan.stdout.splitlines()
    back_to_rich(side)
    assert side.export() == before


def swap_addresses(document):
    """web2 and web3 change places, in every group."""
    document["Instances"][1]["IpAddresses"] = ["10.64.0.3"]
    document["Instances"][2]["IpAddresses"] = ["10.64.0.2"]


def change_network(document):
    document["Instances"][6].update(VpcId="vpc-far")


@pytest.mark.parametrize("edit", [swap_addresses, change_network])
def test_instances_in_each_others_way(side, edit):
    side.settle(RICH)
    before = side.export()
    side.settle(edited(edit))
    side.settle(RICH)
    assert side.export() == before


def test_a_load_balancer_is_made_anew(side):
    """Where the API has no way to change a setting so."""
    back_to_rich(side)
    before = side.export()
    free = edited(lambda d: d["LoadBalancers"][1].update(DeleteProtection="off"))
    side.settle(free)
    free["LoadBalancers"][1].update(Bandwidth=-1)
    assert side.settle(free) == [
        "- load balancer 10.1.0.101, to be made anew: Bandwidth cannot be changed so",
        "+ load balancer 10.1.0.101", "+ server web3 10.64.0.3 in 10.1.0.101: Weight 100"]
    free["LoadBalancers"][1].update(AddressType="intranet", Address="10.1.0.200")
    assert side.settle(free)[-1] == "- load balancer 10.1.0.101"
    back_to_rich(side)
    assert side.export() == before


def test_load_balancers_by_name(side):
    side.settle(RICH)
    before = side.export()
    wanted = edited(lambda d: [lb.pop("Address") for lb in d["LoadBalancers"]
                               if "LoadBalancerName" in lb])
    assert side.diff(wanted).stdout == ""
    side.settle(edited(lambda d: d["LoadBalancers"][1].update(DeleteProtection="off")))
    two = edited(lambda d: d["LoadBalancers"][1].update(LoadBalancerName="shop",
                                                        DeleteProtection="off"))
    side.settle(two)
    two["LoadBalancers"][1].update(LoadBalancerName="other")
    del two["LoadBalancers"][0]["Address"]
    assert side.diff(two).stdout == "~ load balancer shop: LoadBalancerName shop → other\n"
    del two["LoadBalancers"][1]
    done = side.diff(two)
    assert done.returncode == 1 and "2 load balancers are called shop" in done.stderr
    side.settle(RICH)
    assert side.export() == before


def test_protected_load_balancers_are_not_deleted(side):
    side.settle(RICH)
    before = side.export()
    for edit in (drop_protected,
                 lambda d: d["LoadBalancers"][1].update(AddressType="intranet")):
        done = side.apply(edited(edit))
        assert (done.returncode, done.stdout) == (1, "")
        assert "load balancer 10.1.0.101 would be deleted" in done.stderr
    assert side.export() == before


# Every kind of step, of which none needs more than the API can take back.
MUCH = edited(lambda d: (
    d["Instances"].append(instance("web9", "10.64.0.9")),
    d["Instances"][0].update(InstanceName="one"),
    d["LoadBalancers"].append({"LoadBalancerName": "fresh", "DeleteProtection": "on",
                               "LoadBalancerStatus": "inactive", "Tags": {"x": "y"},
                               "BackendServers": [{"ServerId": "web9"}],
                               "VServerGroups": [{"VServerGroupName": "g", "BackendServers": [
                                   {"ServerId": "web9", "Port": 1}]}],
                               "Listeners": [{"ListenerProtocol": "tcp", "ListenerPort": 1,
                                              "VServerGroupName": "g", "Status": "running"}]}),
    shop(d).update(LoadBalancerName="store", Tags={"env": "test"}),
    server_of(d, "web1").update(Weight=0),
    server_of(d, "web2").update(ServerId="web9", ServerIp=None),
    shop(d)["VServerGroups"].pop(2),
    shop(d)["VServerGroups"][0]["BackendServers"].pop(0),
    listener(d, 0).update(EstablishedTimeout=61, Status="stopped"),
    listener(d, 1).update(VServerGroupName="green"),
    shop(d)["Listeners"].pop(2),
    d["LoadBalancers"].pop(3), d["Instances"].pop(6)))


def back_to_rich(side):
    """From wherever, protected load balancers included."""
    document = json.loads(side.export())
    for lb in document["LoadBalancers"]:
        lb["DeleteProtection"] = "off"
    side.settle(document)
    side.settle(RICH)


def test_one_call(side, proxy):
    """The plan is one request, whose later steps name what earlier ones make."""
    back_to_rich(side)
    proxy.expect()
    assert side.apply(MUCH, through=proxy.path).returncode == 0
    assert len(proxy.changes) > 20
    assert any(value.startswith("${") for step in proxy.changes for name, value in step.items()
               if name[0] == "$")
    back_to_rich(side)


def test_all_or_nothing(side, proxy):
    """Wherever a step fails, what stands before it is undone."""
    back_to_rich(side)
    before = side.export()
    for number in range(99):
        proxy.expect(edit=lambda changes, first=number: [
            *changes[:first], {"Action": "DeleteLoadBalancer", "LoadBalancerId": "lb-none"}])
        done = side.apply(MUCH, through=proxy.path)
        assert done.returncode == 1, (number, done.stderr)
        assert f"step {number + 1} DeleteLoadBalancer" in done.stderr
        assert done.stderr.endswith("sluicectl: nothing is changed\n")
        assert side.export() == before, number
        if number == len(proxy.changes):
            return
    raise AssertionError("a plan of more steps than were tried")


@pytest.mark.parametrize("arrives", [False, True], ids=["request lost", "answer lost"])
def test_no_answer_is_told(side, proxy, arrives):
    back_to_rich(side)
    before = side.export()
    proxy.expect(lost=True, stops=None if arrives else lambda: None)
    done = side.apply(MUCH, through=proxy.path)
    assert done.returncode == 4
    assert "all of it is, or nothing" in done.stderr
    if arrives:
        assert side.diff(MUCH).returncode == 0
        back_to_rich(side)
    assert side.export() == before


def test_a_killed_apply_has_done_all_or_nothing(side, proxy):
    back_to_rich(side)
    before, ends = side.export(), set()
    for number in range(40):
        running = subprocess.Popen(
            [SLUICECTL, "--socket", str(proxy.path), "apply", "-f", "/dev/stdin"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # Before the daemon has the call, while it works, after its answer; the last one lives.
        delay, kill = number * 0.0005, running.kill
        proxy.expect(stops=kill if not number else None,
                     edit=None if number == 39 else lambda changes, after=delay, end=kill: (
                         threading.Timer(after, end).start(), changes)[1])
        running.communicate(json.dumps(MUCH).encode(), timeout=30)
        side.api.call("SetInstanceStatus", InstanceId="web2", Status="Running")
        now = side.export()
        if now != before:
            assert side.diff(MUCH).returncode == 0, number
            back_to_rich(side)
        ends.add((running.returncode, now != before))
        assert side.export() == before
    assert (-9, False) in ends and (0, True) in ends


def test_the_daemon_refuses_and_nothing_is_changed(side):
    back_to_rich(side)
    before = side.export()
    done = side.apply(edited(lambda d: (server_of(d, "web1").update(Weight=5),
                                        d["LoadBalancers"].append({"Address": "10.99.0.1"}))))
    assert done.returncode == 1
    assert "CreateLoadBalancer: + load balancer 10.99.0.1" in done.stderr
    assert done.stderr.endswith("sluicectl: nothing is changed\n")
    assert side.export() == before


def test_a_large_one_round_trip(side):
    """Thousands of calls in one, there and back."""
    back_to_rich(side)
    before = side.export()
    many = edited(lambda d: (
        d["Instances"].extend(instance(f"many{n}", f"10.70.{n >> 8}.{n & 255}")
                              for n in range(1000)),
        d["LoadBalancers"].extend(
            {"LoadBalancerName": f"many{n}", "AddressType": "intranet",
             "BackendServers": [{"ServerId": f"many{n * 20 + i}"} for i in range(20)],
             "VServerGroups": [{"VServerGroupName": f"g{g}", "Tags": {"n": str(g)},
                                "BackendServers": [{"ServerId": f"many{n * 20 + i}", "Port": 1 + g}
                                                   for i in range(20)]} for g in range(20)],
             "Listeners": [{"ListenerProtocol": "tcp", "ListenerPort": 1 + g, "Status": "running",
                            "VServerGroupName": f"g{g}"} for g in range(20)]}
            for n in range(20))))
    side.settle(many)
    exported = side.export()
    assert exported.count("many") > 1000
    side.settle(json.loads(exported))
    assert side.export() == exported
    back_to_rich(side)
    assert side.export() == before


def test_plan_as_json(side):
    side.settle(RICH)
    done = side.run("-o", "json", "diff", "-f", "-",
                    stdin=json.dumps(edited(lambda d: server_of(d, "web1").update(Weight=0))))
    assert json.loads(done.stdout) == {"Changes": [
        {"Change": "change", "Object": "server web1 10.64.1.1 in shop: Weight 10 → 0"}]}
    done = side.run("-o", "json", "diff", "-f", "-", stdin=json.dumps(RICH))
    assert (json.loads(done.stdout), done.returncode) == ({"Changes": []}, 0)


def test_names_instead_of_ids(side):
    side.settle(RICH)
    shown = json.loads(side.run("-o", "json", "lb", "show", "shop").stdout)
    assert shown["LoadBalancerName"] == "shop"
    done = side.run("lb", "show", "nosuch")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no load balancer is called 'nosuch'" in done.stderr
    assert "InvalidLoadBalancerId.NotFound" in done.stderr
    assert side.run("listener", "show", "shop", "tcp", "80").returncode == 0
    assert side.run("group", "show", "shop/blue").returncode == 0
    done = side.run("group", "show", "shop/green")
    assert done.returncode == 1 and "the name of 2 VServer groups" in done.stderr
    for resource in ("shop", "shop/tcp/80", "shop/blue"):
        assert side.run("tag", "set", resource, "K=v", "Other=a=b").returncode == 0
        assert ["K", "v"] in [line.split() for line in
                              side.run("tag", "list", resource).stdout.splitlines()]
        assert side.run("tag", "remove", resource, "K", "Other").returncode == 0
    side.settle(RICH)

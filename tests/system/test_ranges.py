# SPDX-License-Identifier: BSD-2-Clause
"""What the daemon must refuse is no difference: diff and apply say so before anything is called."""
import copy
import json
import subprocess

import pytest

from lab.api import SLUICECTL
from lab.lab import Lab

TCP, UDP, HTTP = range(3)
LISTENERS = [
    {"ListenerProtocol": "tcp", "ListenerPort": 80, "BackendServerPort": 8080},
    {"ListenerProtocol": "udp", "ListenerPort": 53, "VServerGroupName": "blue"},
    {"ListenerProtocol": "tcp", "ListenerPort": 81, "BackendServerPort": 8080,
     "HealthCheckType": "http"},
]
WANTED = {
    "Instances": [{"InstanceId": "web1", "IpAddresses": ["10.64.0.1"]},
                  {"InstanceId": "web2", "IpAddresses": ["10.64.0.2"]}],
    "LoadBalancers": [{
        "LoadBalancerName": "web", "Address": "10.1.0.100", "Listeners": LISTENERS,
        "BackendServers": [{"ServerId": "web1"}, {"ServerId": "web2"}],
        "VServerGroups": [{"VServerGroupName": "blue", "BackendServers": [
            {"ServerId": "web1", "Port": 53}]}]}],
}


def lb(document):
    return document["LoadBalancers"][0]


def listener(number):
    return lambda document: lb(document)["Listeners"][number]


def server(number):
    return lambda document: lb(document)["BackendServers"][number]


def member(document):
    return lb(document)["VServerGroups"][0]["BackendServers"][0]


# Where, what, and how its object and its range are told.
WRONG = [
    (listener(TCP), {"HealthyThreshold": 99}, "listener tcp/80 of web", "an integer in [2-10]"),
    (listener(UDP), {"UnhealthyThreshold": 1}, "listener udp/53 of web", "an integer in [2-10]"),
    (listener(TCP), {"HealthCheckInterval": 51}, "listener tcp/80 of web", "an integer in [1-50]"),
    (listener(TCP), {"HealthCheckConnectPort": 70000}, "listener tcp/80 of web",
     "an integer in [1-65535, or 0 or -520 for none]"),
    (listener(TCP), {"Bandwidth": 5}, "listener tcp/80 of web", "an integer in [-1]"),
    (listener(TCP), {"EstablishedTimeout": 0}, "listener tcp/80 of web", "an integer in [10-900]"),
    (listener(TCP), {"PersistenceTimeout": 60}, "listener tcp/80 of web", "an integer in [0]"),
    (listener(TCP), {"BackendServerPort": 65536}, "listener tcp/80 of web",
     "an integer in [1-65535]"),
    (listener(TCP), {"ListenerPort": 0}, "listener tcp/0 of web", "an integer in [1-65535]"),
    (listener(TCP), {"Scheduler": "wlc"}, "listener tcp/80 of web", "one of wrr"),
    (listener(TCP), {"Scheduler": "wr"}, "listener tcp/80 of web", "one of wrr"),
    (listener(TCP), {"NoBackendPolicy": "vanish"}, "listener tcp/80 of web", "one of reject, drop"),
    (listener(TCP), {"SynProxy": "maybe"}, "listener tcp/80 of web", "one of disable, enable"),
    (listener(TCP), {"Description": "two words"}, "listener tcp/80 of web",
     "1-256 of A-Za-z0-9-/._"),
    (listener(UDP), {"Description": "a" * 257}, "listener udp/53 of web", "1-256 of A-Za-z0-9-/._"),
    (listener(HTTP), {"HealthCheckURI": "/" + "a" * 80}, "listener tcp/81 of web",
     "2-80 of A-Za-z0-9-/.%?#&"),
    (listener(TCP), {"ProxyProtocolV2Enabled": True}, "listener tcp/80 of web", "one of false"),
    (listener(UDP), {"HealthCheckReq": "a-b"}, "listener udp/53 of web", "1-64 of A-Za-z0-9"),
    (lb, {"LoadBalancerName": "two words"}, "load balancer two words (10.1.0.100)",
     "1-80 of A-Za-z0-9._-"),
    (lb, {"Bandwidth": 6000}, "load balancer web (10.1.0.100)", "an integer in [1-5120]"),
    (lb, {"LoadBalancerSpec": "huge"}, "load balancer web (10.1.0.100)",
     "one of slb.s1.small, slb.s2.small, slb.s2.medium, slb.s3.small, slb.s3.medium, slb.s3.large"),
    (server(0), {"Weight": 101}, "server web1 10.64.0.1 in web: Weight 101",
     "an integer in [0-100]"),
    (server(1), {"Weight": -1}, "server web2 10.64.0.2 in web: Weight -1", "an integer in [0-100]"),
    (server(1), {"Port": 65536}, "server web2 10.64.0.2:65536 in web: Weight 100",
     "an integer in [1-65535]"),
    (server(0), {"Description": "two words"}, "server web1 10.64.0.1 in web: Weight 100",
     "1-80 of A-Za-z0-9-/._"),
    (member, {"Weight": 500}, "server web1 10.64.0.1:53 in web/blue: Weight 500",
     "an integer in [0-100]"),
    (lambda d: d["Instances"][0], {"Status": "asleep"}, "instance web1",
     "one of Running, Stopped, Starting, Stopping, Pending"),
]


@pytest.fixture(scope="module")
def quiet():
    with Lab(backends=0) as lab:
        yield lab


def run(lab, document, *words):
    return subprocess.run([SLUICECTL, "--socket", str(lab.daemon.socket), *words, "-f", "-"],
                          input=json.dumps(document), capture_output=True, text=True, timeout=60)


def refused(lab, document, place, parameter, value, allowed):
    for words in ["diff"], ["apply"], ["apply", "--dry-run"]:
        done = run(lab, document, *words)
        assert (done.returncode, done.stdout) == (1, "")
        says = f'{parameter}: "{value}" is not {allowed}\n'
        assert done.stderr.startswith(f"sluicectl: -: {place}"), done.stderr
        assert done.stderr.endswith(says), done.stderr


@pytest.mark.parametrize("where, fields, place, allowed", WRONG,
                         ids=[f"{next(iter(row[1]))}-{n}" for n, row in enumerate(WRONG)])
def test_what_cannot_be_is_no_difference(quiet, where, fields, place, allowed):
    document = copy.deepcopy(WANTED)
    where(document).update(fields)
    (parameter, value), = fields.items()
    refused(quiet, document, place, parameter, str(value).lower() if value is True else value,
            allowed)
    assert not quiet.api.call("DescribeInstances")["TotalCount"]


def test_the_daemon_refuses_the_same(quiet):
    """What is said here is what it would say."""
    balancer = quiet.balancer()
    answer = quiet.api.ask("CreateLoadBalancerTCPListener", LoadBalancerId=balancer.id,
                           ListenerPort=80, Bandwidth=-1, BackendServerPort=1, HealthyThreshold=99)
    assert answer.detail == 'HealthyThreshold: "99" is not an integer in [2-10]'
    balancer.delete()


def test_too_many_tags(quiet):
    document = copy.deepcopy(WANTED)
    lb(document)["Tags"] = {f"k{n:02}": "" for n in range(21)}
    done = run(quiet, document, "diff")
    assert done.returncode == 1
    assert done.stderr.endswith('Tag.21.Key: "k20" is one too many: at most 20\n'), done.stderr


def test_edges_are_in_range(quiet):
    document = copy.deepcopy(WANTED)
    listener(TCP)(document).update(HealthyThreshold=2, UnhealthyThreshold=10,
                                   HealthCheckInterval=50, EstablishedTimeout=10,
                                   HealthCheckConnectPort=65535, Description="a" * 256)
    server(0)(document).update(Weight=0, Port=65535, Description="a" * 80)
    lb(document).update(Tags={f"k{n:02}": "" for n in range(20)}, LoadBalancerName="a" * 80)
    assert run(quiet, document, "diff").returncode == 3
    assert run(quiet, document, "apply").returncode == 0
    assert run(quiet, document, "diff").returncode == 0
    # What is there is changed to what cannot be.
    document["LoadBalancers"][0]["BackendServers"][1]["Weight"] = 200
    refused(quiet, document, "server web2 10.64.0.2 in " + "a" * 80, "Weight", 200,
            "an integer in [0-100]")
    assert run(quiet, {"Instances": [], "LoadBalancers": []}, "apply").returncode == 0

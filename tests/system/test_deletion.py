# SPDX-License-Identifier: BSD-2-Clause
"""What is deleted says so: its connections end at once, and its address goes after that."""
import os
import time

import pytest

from lab.lab import Lab, until
from lab.namespace import run
from lab.traffic import Connection


@pytest.fixture
def held(lab):
    """A load balancer with an established connection."""
    balancer = lab.balancer()
    balancer.listen()
    balancer.add(b1=100)
    connection = Connection(lab.client, (balancer.vip, 80))
    yield balancer, connection
    connection.close()


def cut_at_once(connection):
    began = time.monotonic()
    with pytest.raises(ConnectionResetError):
        connection.echo("still there?")
    return time.monotonic() - began < 1


def addresses(lab):
    return run("ip", "-netns", lab.topology.gateway.namespace, "address")


def test_listener(lab, held):
    balancer, connection = held
    lab.api.call("StopLoadBalancerListener", LoadBalancerId=balancer.id, ListenerPort=80)
    lab.api.call("DeleteLoadBalancerListener", LoadBalancerId=balancer.id, ListenerPort=80)
    assert cut_at_once(connection)
    assert balancer.vip in addresses(lab)
    balancer.delete()


def test_load_balancer(lab, held):
    balancer, connection = held
    balancer.delete()
    assert balancer.vip in addresses(lab)
    assert cut_at_once(connection)
    until(lambda: balancer.vip not in addresses(lab), patience=30, what="that the VIP is gone")


def test_vip_is_taken_again_meanwhile(lab, held):
    balancer, connection = held
    balancer.delete()
    again = lab.api.call("CreateLoadBalancer", Address=balancer.vip)
    assert cut_at_once(connection)
    time.sleep(8)
    assert balancer.vip in addresses(lab)
    lab.api.call("DeleteLoadBalancer", LoadBalancerId=again["LoadBalancerId"])
    until(lambda: balancer.vip not in addresses(lab), patience=30, what="that the VIP is gone")


def test_made_anew_in_one_list(lab, held):
    """The same address and port at the same moment: who comes now is served by the new one, and so is
    who was there, since the same server is behind it."""
    balancer, connection = held
    made = lab.api.call("ApplyChanges", Changes=[
        {"Action": "DeleteLoadBalancer", "LoadBalancerId": balancer.id},
        {"Action": "CreateLoadBalancer", "Address": balancer.vip},
        {"Action": "AddBackendServers", "$LoadBalancerId": "${2.LoadBalancerId}",
         "BackendServers": '[{"ServerId": "i-b1"}]'},
        {"Action": "CreateLoadBalancerTCPListener", "$LoadBalancerId": "${2.LoadBalancerId}",
         "ListenerPort": "80", "BackendServerPort": "8080", "Bandwidth": "-1"},
        {"Action": "StartLoadBalancerListener", "$LoadBalancerId": "${2.LoadBalancerId}",
         "ListenerPort": "80"}])["Results"]["Result"]
    new = Connection(lab.client, (balancer.vip, 80))
    assert new.echo("hello") == "b1"
    assert connection.echo("still there?") == "b1"
    time.sleep(8)
    assert new.echo("still") == "b1"
    other = Connection(lab.client, (balancer.vip, 80))
    assert other.echo("hello") == "b1"
    new.close()
    other.close()
    lab.api.call("DeleteLoadBalancer", LoadBalancerId=made[1]["LoadBalancerId"])
    until(lambda: balancer.vip not in addresses(lab), patience=30, what="that the VIP is gone")


def test_vip_is_taken_again_in_vain():
    """What nearly had the address did not take it over: it goes all the same."""
    lab = Lab(backends=1)
    stall, longer = lab.topology.directory / "stall", 12  # than a deleted listener stays
    lab.daemon.prefix = ["env", f"LD_PRELOAD={os.environ['SLOW_SYNC']}",
                         f"SLOW_SYNC={stall}:{longer * 1000}"]
    with lab:
        balancer = lab.balancer()
        balancer.listen()
        balancer.delete()
        stall.write_text("fail")
        refused = lab.api.request("GET", f"/?Action=CreateLoadBalancer&Address={balancer.vip}",
                                  timeout=60)
        stall.unlink()
        assert refused.status == 503
        until(lambda: balancer.vip not in addresses(lab), patience=30, what="that the VIP is gone")

# SPDX-License-Identifier: BSD-2-Clause
"""What operators do to a gateway beside Sluice: it is put right, or it is said."""
import time

import pytest

from lab.daemon import DaemonFailed
from lab.lab import until
from lab.namespace import inside, run
from lab.traffic import Connection


@pytest.fixture
def balancer(lab):
    balancer = lab.balancer()
    balancer.listen()
    balancer.add(b1=100, b2=100)
    yield balancer
    balancer.delete()


def gateway(lab, *lines):
    lab.topology.ip(lab.topology.gateway.namespace, *lines)


def has_address(lab, address):
    shown = run(*inside(lab.topology.gateway.namespace, "ip", "-o", "-4", "address", "show"))
    return f" {address}/32 " in shown


def warnings(lab):
    return lab.api.call("DescribeStatus")["Warnings"]["Warning"]


def works(lab, balancer):
    Connection(lab.client, (balancer.vip, 80)).close()


def forget_neighbours(lab):
    lab.topology.ip(lab.client.namespace, "neigh flush dev eth0")


def test_an_address_removed_by_hand_comes_back(lab, balancer):
    works(lab, balancer)
    gateway(lab, f"address del {balancer.vip}/32 dev front")
    until(lambda: has_address(lab, balancer.vip), 2, "that the VIP is back")
    forget_neighbours(lab)
    works(lab, balancer)
    lines = [line for line in lab.daemon.logged().splitlines() if "somebody took" in line]
    assert len(lines) == 1 and balancer.vip in lines[0] and "front" in lines[0]


def test_an_interface_that_goes_down_and_up(lab, balancer):
    """As ifdown and ifup do it: without any address in between."""
    gateway(lab, "address flush dev front", "link set front down")
    gateway(lab, "link set front up", f"address add {lab.topology.front_address}/24 dev front")
    until(lambda: has_address(lab, balancer.vip), 3, "that the VIP is back")
    forget_neighbours(lab)
    works(lab, balancer)


def test_who_goes_on_removing_it_is_told_in_the_status(lab, balancer):
    def missing():
        return [w for w in warnings(lab) if f"VIP address {balancer.vip} is missing" in w]
    assert not missing()
    # The tests before had the same address, and removed it too.
    for returns in range(6):
        gateway(lab, f"address del {balancer.vip}/32 dev front")
        time.sleep(1)
        if not has_address(lab, balancer.vip):
            break
    assert 0 < returns <= 5 and not has_address(lab, balancer.vip)
    assert "front" in missing()[0]
    until(lambda: has_address(lab, balancer.vip), 12, "that the VIP is back after ten seconds")
    assert not missing()


def test_a_backend_of_the_gateway_itself_is_told(lab, balancer):
    own = lab.topology.back_address
    lab.register("i-own", own)
    lab.api.call("AddBackendServers", LoadBalancerId=balancer.id,
                 BackendServers=[{"ServerId": "i-own"}])
    assert any(f"backend {own} is an address of this gateway" in w for w in warnings(lab))
    lab.api.call("RemoveBackendServers", LoadBalancerId=balancer.id,
                 BackendServers=[{"ServerId": "i-own"}])
    until(lambda: not any("this gateway" in w for w in warnings(lab)), 5, "that it is gone")


def test_an_interface_that_does_not_forward_is_told(lab, balancer):
    namespace = lab.topology.gateway.namespace
    lab.topology.sysctl(namespace, "net.ipv4.conf.front.forwarding=0")
    assert any("forwarding is off on interface front" in w for w in warnings(lab))
    lab.topology.sysctl(namespace, "net.ipv4.conf.front.forwarding=1")
    assert not any("forwarding is off" in w for w in warnings(lab))


def test_a_lost_store_is_not_made_anew(lab, balancer):
    store = lab.daemon.store / "store.mdb"
    kept = store.with_name("kept")
    lab.daemon.stop()
    store.rename(kept)
    for _ in range(2):
        with pytest.raises(DaemonFailed, match="the store is empty, but the maps in .* forward"):
            lab.daemon.start()
        assert not store.exists()
    works(lab, balancer)
    kept.rename(store)
    lab.daemon.start()
    lab.wait_resolved()
    works(lab, balancer)


def test_a_bypass_is_not_healed(lab, balancer):
    lab.ctl("--pins", lab.daemon.pins, "datapath", "bypass")
    assert not has_address(lab, balancer.vip)
    until(lambda: any("bypass" in w for w in warnings(lab)), 3, "that the daemon has seen it")
    assert not has_address(lab, balancer.vip)
    assert not any("missing" in w for w in warnings(lab))
    lab.daemon.stop()
    lab.daemon.start()
    lab.wait_resolved()
    assert has_address(lab, balancer.vip)
    forget_neighbours(lab)
    works(lab, balancer)

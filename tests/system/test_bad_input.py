# SPDX-License-Identifier: BSD-2-Clause
"""Bad requests, bad surroundings: a clear sentence, nothing changed, and the daemon goes on."""
import contextlib
import os
import pathlib
import resource
import socket
import sys
import time

import pytest

from lab.api import Refused
from lab.daemon import Daemon
from lab.lab import Lab, until
from lab.namespace import run
from lab.traffic import Connection

BACKENDS = 1
WITHOUT_BPF = pathlib.Path(__file__).parent / "lab/without_bpf.py"
BPF_LINK_CREATE = 28


@pytest.fixture(scope="module")
def balancer(lab):
    balancer = lab.balancer()
    balancer.listen()
    balancer.add(b1=100)
    return balancer


@pytest.fixture
def target(lab, balancer):
    """A listener that must go on working; checked at the end of each test."""
    target = balancer.vip, 80
    counts = lab.api.call("DescribeStatus")["Counts"]
    pid = lab.daemon.pid
    yield target
    assert lab.daemon.running() and lab.daemon.pid == pid
    assert lab.api.call("DescribeStatus")["Counts"] == counts
    assert Connection(lab.client, target).server == "b1"


# --- requests ---

GARBAGE = [
    b"\0" * 5000,
    b"hello\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET " + b"/" * 200000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 40000 + b"\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
]


@pytest.mark.parametrize("data", GARBAGE, ids=lambda data: repr(data[:30]))
def test_malformed_request(lab, target, data):
    answer = lab.api.raw(data, timeout=2)
    assert not answer or answer.split()[1].startswith(b"4"), answer[:200]


REFUSED = [
    ({"Action": "AddBackendServer"}, 404, "InvalidAction.NotFound", "AddBackendServer"),
    ({"Action": "addBackendServers"}, 404, "InvalidAction.NotFound", "addBackendServers"),
    ({}, 400, "MissingAction", ""),
    ({"Action": "DescribeStatus", "Version": "2015-01-01"}, 400, "InvalidVersion", "2015-01-01"),
    ({"Action": "DescribeStatus", "RegionId": "mars-1"}, 404, "InvalidRegionId.NotFound", "mars-1"),
    ({"Action": "CreateLoadBalancer", "AddressType": "outer"}, 400, "InvalidParameter", "outer"),
    ({"Action": "CreateLoadBalancer", "Address": "10.1.0"}, 400, "InvalidParameter", "10.1.0"),
    ({"Action": "CreateLoadBalancer", "Address": "10.9.9.9"}, 400, "InvalidParameter", "10.9.9.9"),
    ({"Action": "CreateLoadBalancer", "VSwitchId": "vsw-none"}, 400, "VSwitchNotExist", "vsw-none"),
    ({"Action": "SetInstanceStatus", "InstanceId": "i-none", "Status": "Running"}, 404,
     "InvalidInstanceId.NotFound", "i-none"),
    ({"Action": "SetInstanceStatus", "InstanceId": "i-b1", "Status": "Dancing"}, 400,
     "InvalidParameter", "Dancing"),
    ({"Action": "DeregisterInstance", "InstanceId": "i-b1"}, 400, "InstanceInUse", "i-b1"),
    ({"Action": "RegisterInstance", "InstanceId": "i-x", "IpAddress.1": "300.1.1.1"}, 400,
     "InvalidParameter", "300.1.1.1"),
    ({"Action": "RegisterInstance", "InstanceId": "i-x", "IpAddress.1": "10.2.0.11"}, 400,
     "InstanceAddressConflict", "10.2.0.11"),
    ({"Action": "DescribeLoadBalancerAttribute", "LoadBalancerId": "lb-none"}, 404,
     "InvalidLoadBalancerId.NotFound", "lb-none"),
    ({"Action": "DescribeLoadBalancerAttribute", "LoadBalancerId": "lb-" + "x" * 300}, 404,
     "InvalidLoadBalancerId.NotFound", '"lb-' + "x" * 58 + '…"'),
    ({"Action": "DeleteVServerGroup", "VServerGroupId": "€" * 100}, 404, "InvalidParameter",
     "VServerGroupId " + "€" * 20 + "…"),
    ({"Action": "CreateRules"}, 400, "UnsupportedOperation", "CreateRules"),
]


@pytest.mark.parametrize("fields, status, code, value", REFUSED, ids=lambda v: str(v)[:60])
def test_bad_value_is_named(lab, target, fields, status, code, value):
    answer = lab.api.ask(fields.get("Action", ""),
                         **{k: v for k, v in fields.items() if k != "Action"})
    assert (answer.status, answer.code) == (status, code), answer.body
    assert value in answer.detail, answer.body


def test_a_filter_that_is_too_long_fits_nothing(lab, target):
    for name in "VpcId", "VSwitchId", "ServerId", "LoadBalancerId":
        assert not lab.api.call("DescribeLoadBalancers", **{name: "x" * 300})["TotalCount"]


LEFT_OUT = [("Scheduler", "rr"), ("Scheduler", "wlc"), ("ForwardingMode", "dsr"),
            ("PersistenceTimeout", "60"), ("Bandwidth", "100")]


@pytest.mark.parametrize("name, value", LEFT_OUT)
def test_what_is_not_built_is_refused(lab, target, balancer, name, value):
    fields = {"ListenerPort": 99, "BackendServerPort": 99, "Bandwidth": -1, name: value}
    answer = lab.api.ask("CreateLoadBalancerTCPListener", LoadBalancerId=balancer.id, **fields)
    assert answer.status == 400
    assert answer.code == "InvalidParameterValue.RegionNotSupport", answer.body
    assert name in answer.json["Message"] + answer.detail, answer.body


def test_big_body(lab, target):
    body = b"Action=DescribeStatus&X=" + b"x" * (16 << 20)
    head = ("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode()
    answer = lab.api.raw(head + body)
    assert not answer or answer.split()[1] == b"400", answer[:200]


def test_half_a_request_holds_nobody_up(lab, target):
    with socket.socket(socket.AF_UNIX) as slow:
        slow.connect(str(lab.daemon.socket))
        slow.sendall(b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nAct")
        started = time.monotonic()
        lab.api.call("DescribeStatus")
        assert time.monotonic() - started < 1


# --- surroundings of a running daemon ---

@contextlib.contextmanager
def second(lab, **options):
    """A daemon beside the lab's, with directories of its own unless told otherwise."""
    daemon = Daemon(lab.topology, **options)
    try:
        yield daemon
    finally:
        if daemon.running():
            daemon.kill()


def vips_of(lab):
    """The VIPs that stand on the gateway's interfaces."""
    shown = run("ip", "-netns", lab.topology.gateway.namespace, "-4", "-brief", "address")
    return [word for word in shown.split() if word.endswith("/32")]


def test_full_disk():
    """A full tmpfs: 503 with the reason, no half change, and it goes on when there is room."""
    lab = Lab(backends=1)
    store = lab.topology.directory / "small"
    lab.topology.mount("tmpfs", store, "size=2M")
    lab.daemon.store = store / "store"
    with lab:
        api = lab.api
        balancer = lab.balancer()
        target = balancer.listen()
        balancer.add(b1=100)
        filler = store / "filler"
        with open(filler, "wb", buffering=0) as file, pytest.raises(OSError):
            while True:
                file.write(b"\0" * 4096)
        made = 1
        while (answer := api.ask("CreateLoadBalancer")).status == 200 and made < 90:
            made += 1
        assert (answer.status, answer.code) == (503, "ServiceUnavailable"), answer.body
        assert answer.detail
        assert api.call("DescribeStatus")["Counts"]["LoadBalancers"] == made
        assert len(vips_of(lab)) == made, "what was prepared in the kernel was not undone"
        assert Connection(lab.client, target).server == "b1"
        filler.unlink()
        api.call("CreateLoadBalancer")
        lab.daemon.kill()
        lab.daemon.start()
        assert api.call("DescribeStatus")["Counts"]["LoadBalancers"] == made + 1
        assert Connection(lab.client, target).server == "b1"


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_descriptors_at_their_limit():
    """Connections beyond the limit wait or are refused; it does not spin; then it goes on."""
    with Lab(backends=1) as lab:
        pid = lab.daemon.pid
        in_use = len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (in_use + 5, in_use + 5))
        with contextlib.ExitStack() as stack:
            for _ in range(40):
                sock = stack.enter_context(socket.socket(socket.AF_UNIX))
                sock.settimeout(1)
                sock.connect(str(lab.daemon.socket))
            time.sleep(0.5)
            before = processor_seconds(pid)
            time.sleep(1)
            assert processor_seconds(pid) - before < 0.5, "it spins"
            assert lab.daemon.running()
        until(lambda: lab.api.ask("DescribeStatus").status == 200, 10,
              "that the daemon answers again")


def test_too_many_connections(lab, target):
    """64 at a time; what comes beyond is told so, or waits for its turn."""
    with contextlib.ExitStack() as stack:
        for _ in range(80):
            sock = stack.enter_context(socket.socket(socket.AF_UNIX))
            sock.settimeout(1)
            sock.connect(str(lab.daemon.socket))
        answer = b""
        with contextlib.suppress(OSError):
            sock.sendall(b"GET /?Action=DescribeStatus HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = sock.recv(4096)
        assert not answer or b"Throttling.User" in answer, answer[:300]
    until(lambda: lab.api.ask("DescribeStatus").status == 200, 10, "that there is room again")


# --- starts that must be refused ---

def refused_start(daemon, *words, options=()):
    """It ends soon, with one line that names what is wrong."""
    code, said = daemon.run(*options)
    assert code != 0, said
    errors = [line for line in said.splitlines() if line.startswith("error")]
    assert len(errors) == 1, said
    for word in words:
        assert str(word) in errors[0], said


def test_no_such_interface(lab, target):
    with second(lab, name="nowhere", interfaces=["eth9"]) as daemon:
        refused_start(daemon, "eth9")


def test_no_interface_at_all(lab, target):
    with second(lab, name="none", interfaces=[]) as daemon:
        refused_start(daemon, "interface")


def test_second_daemon_on_the_store(lab, target):
    with second(lab, name="twice", store=lab.daemon.store) as daemon:
        refused_start(daemon, lab.daemon.store)


def test_second_daemon_on_the_socket(lab, target):
    with second(lab, name="same", socket_path=lab.daemon.socket) as daemon:
        refused_start(daemon, lab.daemon.socket)


def test_pins_of_another_store(lab, target):
    """Taking them over would give the flows' ids another meaning."""
    with second(lab, name="other", pins=lab.daemon.pins) as daemon:
        refused_start(daemon, lab.daemon.pins)


def test_pins_not_on_a_bpf_file_system(lab, target):
    with second(lab, name="plain", pins=lab.topology.directory / "plain-pins") as daemon:
        refused_start(daemon, "plain-pins", "bpf")


@pytest.mark.parametrize("lacking", ["all", BPF_LINK_CREATE])
def test_kernel_without_a_feature(lab, target, lacking):
    with second(lab, name=f"kernel-{lacking}",
                prefix=[sys.executable, "-B", WITHOUT_BPF, lacking]) as daemon:
        refused_start(daemon, "kernel")


FILES = [("colour = 1;", "colour"), ('unmatched = "maybe";', "maybe"),
         ("timeouts = { closing = 0; };", "closing"), ('ring_key = "12";', "ring_key"),
         ("host_id = ;", "3"), ('pools = ( { range = "10.0.0.9-10.0.0.1"; } );', "10.0.0.9")]


@pytest.mark.parametrize("text, word", FILES)
def test_bad_configuration(lab, target, text, word):
    name = f"config-{FILES.index((text, word))}"
    with second(lab, name=name, config=f"\n\n{text}\n") as daemon:
        refused_start(daemon, word, daemon.config, options=["--check"])


def test_check_changes_nothing(lab, target):
    with second(lab, name="checked") as daemon:
        assert daemon.run("--check")[0] == 0
        assert not daemon.store.exists() and not daemon.socket.exists()
        assert not daemon.pins.exists()


def test_no_daemon(lab):
    done = lab.ctl.run("--socket", lab.topology.directory / "nothing", "status")
    assert done.code == 4
    assert "nothing" in done.errors


def test_ctl_passes_on_the_sentence(lab, target):
    done = lab.ctl.run("backend", "add", "lb-none", "i-b1")
    assert done.code == 1
    assert "The specified LoadBalancerId does not exist." in done.errors
    with pytest.raises(Refused):
        lab.ctl("backend", "add", "lb-none", "i-b1")
    assert lab.ctl.run("backend", "frobnicate").code == 2

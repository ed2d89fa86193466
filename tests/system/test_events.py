# SPDX-License-Identifier: BSD-2-Clause
"""sluicectl events --follow says what happens as it happens; sluicectl health, why it did."""
import json
import signal
import subprocess
import threading
import time

import pytest

from lab.api import SLUICECTL
from lab.lab import Lab, until
from lab.namespace import inside, mortal
from lab.patient import admit

CHECK = {"HealthCheckType": "http", "HealthCheckURI": "/check", "healthCheckInterval": 1,
         "UnhealthyThreshold": 2, "HealthyThreshold": 2, "HealthCheckConnectTimeout": 1}
PROMPT = 1.0  # a follower asks five times a second


@pytest.fixture(scope="module")
def clinic():
    with Lab(backends=3, ports=()) as lab:
        yield lab, admit(lab)


class Follower:
    """`sluicectl events --follow`: its lines, and when each came."""

    def __init__(self, lab, *options):
        self.process = subprocess.Popen(
            mortal(*inside(lab.topology.gateway.namespace, SLUICECTL, "--socket",
                           lab.daemon.socket, *options, "events", "--follow")),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append((time.monotonic(), line.rstrip("\n")))

    def find(self, *words, since=0.0):
        return next(((at, line) for at, line in self.lines
                     if at >= since and all(word in line for word in words)), None)

    def wait(self, *words, since=0.0, patience=PROMPT):
        return until(lambda: self.find(*words, since=since), patience,
                     f"that an event says {words}")[1]

    def end(self):
        """Its exit code, after a Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(5)
        self.process.stdout.close()
        self.process.stderr.close()
        return code


@pytest.fixture
def follower(clinic):
    follower = Follower(clinic[0])
    yield follower
    if follower.process.poll() is None:
        follower.end()


@pytest.fixture
def balancer(clinic):
    balancer = clinic[0].balancer()
    yield balancer
    balancer.delete()


def test_health_is_told(clinic, follower, balancer):
    lab, patients = clinic
    balancer.listen(**CHECK)
    balancer.add(b1=100)
    address = lab.topology.backend("b1").address
    subject = f"{balancer.id} tcp/80 i-b1 {address}:8080"
    follower.wait(f"health     {subject}: up: HTTP 200", patience=2)
    patients["b1"].falls_ill("code", 503)
    line = follower.wait(f"{subject}: down: HTTP 503", patience=4)
    assert line.startswith("20") and line.split()[1] == "health"
    follower.wait(f"{balancer.id} tcp/80: no server is healthy")
    patients["b1"].recovers()
    follower.wait(f"{balancer.id} tcp/80: not all servers are unhealthy any more", patience=4)
    assert follower.end() == 0


def test_membership_is_told(clinic, follower, balancer):
    balancer.listen(**CHECK)
    balancer.add(b1=100)
    follower.wait("membership", balancer.id, "i-b1", "added with weight 100")
    balancer.weigh(b1=30)
    follower.wait("membership", balancer.id, "i-b1", "weight 30, was 100")
    balancer.remove("b1")
    follower.wait("membership", balancer.id, "i-b1", "removed")


def test_links_are_told(clinic, follower):
    lab, _ = clinic
    since = time.monotonic()
    lab.topology.ip(lab.topology.switch, "link set gw down")
    follower.wait("link ", " back: down", since=since, patience=2)
    since = time.monotonic()
    lab.topology.ip(lab.topology.switch, "link set gw up")
    follower.wait("link ", " back: up", since=since, patience=2)
    lab.wait_resolved()


def test_neighbours_are_told(clinic, follower, balancer):
    lab, _ = clinic
    balancer.listen(HealthCheckSwitch="off")
    balancer.add(b3=100)
    host = lab.topology.backend("b3")
    since = time.monotonic()
    lab.topology.ip(host.namespace, "link set eth0 address 02:00:00:00:00:33")
    lab.topology.ip(lab.topology.gateway.namespace,
                    f"neigh replace {host.address} lladdr 02:00:00:00:00:33 dev back nud reachable")
    follower.wait("neighbour", f"{host.address} dev back", "moved to 02:00:00:00:00:33",
                  since=since)


def test_a_json_object_each(clinic, balancer):
    lab, _ = clinic
    follower = Follower(lab, "-o", "json")
    balancer.listen(**CHECK)
    balancer.add(b2=100)
    line = follower.wait('"health"', balancer.id, "up: HTTP 200", patience=2)
    event = json.loads(line)
    assert event["Kind"] == "health" and event["Text"] == "up: HTTP 200"
    assert abs(event["TimeMs"] / 1000 - time.time()) < 5
    numbers = [json.loads(line)["Number"] for _, line in follower.lines]
    assert numbers == sorted(set(numbers))
    assert follower.end() == 0


def test_the_follower_outlives_the_daemon(clinic, follower, balancer):
    lab, patients = clinic
    balancer.listen(**CHECK)
    balancer.add(b2=100)
    follower.wait(balancer.id, "up: HTTP 200", patience=2)
    lab.daemon.kill()
    lab.daemon.start()
    since = time.monotonic()
    patients["b2"].falls_ill("code", 500)
    follower.wait(balancer.id, "down: HTTP 500", since=since, patience=4)
    patients["b2"].recovers()


def test_the_last_thousand_are_kept(clinic, balancer):
    """Of membership; the oldest ones go first."""
    lab, _ = clinic
    balancer.listen(HealthCheckSwitch="off")
    balancer.add(b1=1, b2=1, b3=1)
    for number in range(2, 352):
        balancer.weigh(**dict.fromkeys(("b1", "b2", "b3"), number % 100))
    lines = lab.ctl.run("events", "--kind", "membership").output.splitlines()
    assert len(lines) == 1000
    assert lines[-1].endswith("weight 51, was 50")
    few = lab.ctl.run("events", "--kind", "membership", "-n", "3")
    assert few.output.splitlines() == lines[-3:]


def test_the_command_health_says_why(clinic, balancer):
    lab, patients = clinic
    balancer.listen(**CHECK)
    balancer.add(b1=100, b2=50)
    balancer.wait_health("normal", "b1", "b2")
    patients["b1"].falls_ill("code", 503)
    balancer.wait_health("abnormal", "b1")
    time.sleep(1.2)
    shown = {s["ServerId"]: s for s in lab.ctl("health", balancer.id)["Servers"]["Server"]}
    ill, well = shown["i-b1"], shown["i-b2"]
    assert (ill["ServerHealthStatus"], ill["State"], ill["LastReason"]) == ("abnormal", "down",
                                                                           "HTTP 503")
    assert (well["ServerHealthStatus"], well["State"], well["LastReason"]) == ("normal", "active",
                                                                              "HTTP 200")
    assert ill["SecondsSinceChange"] <= 3 and ill["Checks"] > ill["Failures"] >= 3
    assert well["Failures"] == 0
    table = lab.ctl.run("health", balancer.id).output
    line = next(line for line in table.splitlines() if "i-b1" in line)
    assert "abnormal" in line and "HTTP 503" in line
    patients["b1"].recovers()

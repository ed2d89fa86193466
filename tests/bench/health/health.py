#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What health checks cost of a processor: the prober alone, and the whole daemon with its listeners.

    health.py [--checks N] [--interval S] [--seconds S] [--kind tcp|http|udp] [--smoke]

The servers are real: HTTP and a UDP echo in a namespace of their own, behind a veth, on as many
addresses as there are checks. A veth has no wire: what is sent is received in the sender's time, so
the daemon is charged with the servers' kernel as well, and the servers with what the daemon is to
receive. So each is measured twice: as it is; and with threads of their own to receive, the servers'
on the servers' processor, the gateway's (its XDP program too) beside the daemon, and counted with it.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1] / "system")]

from lab.api import Api  # noqa: E402
from lab.daemon import Daemon  # noqa: E402
from lab.gateway import SETTINGS, Gateway  # noqa: E402
from lab.lab import until  # noqa: E402
from lab.namespace import inside, mortal, run  # noqa: E402

PROBER = os.environ["BENCH_PROBER"]
SERVER = os.environ["BENCH_SERVER"]
SKIPPED = 77  # as ctest has it
OURS, THEIRS = 0, 1  # processors
MEMBERS = 100  # of a listener
PER_CALL = 20
PORT = 8080
KINDS = {"tcp": ("TCP", {}),
         "http": ("TCP", {"HealthCheckType": "http", "HealthCheckURI": "/check"}),
         "udp": ("UDP", {"healthCheckReq": "ping", "healthCheckExp": "ping"})}
CONFIG = SETTINGS + 'log_level = "warning";\nauto_register = true;\n'

failures = []


def show(what, value, unit, most=None):
    text = f"{what:58} {value:12,.2f} {unit:6}"
    if most is not None:
        text += f"  wanted <= {most:,g}   {'ok' if value <= most else 'MISSED'}"
        if value > most:
            failures.append(what.strip())
    print(text, flush=True)


# --- the processors' time ---

def kernel_threads(name):
    """{process id} of the kernel's threads that receive for devices of this name."""
    found = set()
    for path in pathlib.Path("/proc").glob("[0-9]*/comm"):
        try:
            if path.read_text().startswith(f"napi/{name}-"):
                found.add(int(path.parent.name))
        except OSError:  # it has ended
            pass
    return found


def spent(pid):
    """Seconds of a process with its threads: all of them, and those in its own code."""
    whole = sum(int((task / "schedstat").read_text().split()[0])
                for task in pathlib.Path(f"/proc/{pid}/task").iterdir())
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system = int(fields[11]), int(fields[12])
    return whole / 1e9, whole / 1e9 * user / max(1, user + system)


def busy():
    """Seconds in which our processor has not been idle, whoever had it, and those in softirq."""
    lines = pathlib.Path("/proc/stat").read_text().splitlines()
    fields = next(line.split()[1:] for line in lines if line.startswith(f"cpu{OURS} "))
    user, nice, system, _idle, _wait, irq, softirq = map(int, fields[:7])
    tick = os.sysconf("SC_CLK_TCK")
    return (user + nice + system + irq + softirq) / tick, softirq / tick


def on(processor, *command):
    return ["taskset", "--cpu-list", str(processor % os.cpu_count()), *map(str, command)]


class Spent:
    """What processes and our processor spend, from here on."""

    def __init__(self, pid, receivers):
        self.pid, self.receivers = pid, receivers
        self.began, self.first = time.monotonic(), self._read()

    def _read(self):
        whole, user = spent(self.pid)
        return [whole, user, sum(spent(pid)[0] for pid in self.receivers), *busy()]

    def show(self, who):
        length = time.monotonic() - self.began
        whole, user, received, used, softirq = (
            100 * (after - before) / length for before, after in zip(self.first, self._read()))
        show(f"  {who}'s share of a processor", whole + received, "%", 20)
        show("    of it in its own code", user, "%")
        if self.receivers:
            show("    of it received for it, with the XDP program", received, "%")
        show("  its processor is busy, whoever it is with", used, "%")
        show("    of it softirq outside of any process", softirq, "%")


# --- the world ---

class World(Gateway):
    """All of SERVERS is one process, behind the router's address."""

    def __init__(self):
        self.server = None
        self.others = {name: kernel_threads(name) for name in ("front", "eth0")}
        super().__init__()
        self.ip(self.router.namespace, "route add local 10.64.0.0/10 dev lo")
        self.sysctl(self.router.namespace, "net.ipv4.ip_forward=0")
        self.server = subprocess.Popen(
            inside(self.router.namespace, *mortal(*on(THEIRS, SERVER))), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.server.stdout.readline() != "ready\n":
            raise RuntimeError("the server does not listen")

    def receive_apart(self, apart):
        """By threads of their own, or in the sender's time; returns the gateway's threads."""
        for name, host, processor in (("front", self.gateway, OURS), ("eth0", self.router, THEIRS)):
            run("ip", "netns", "exec", host.namespace, "sh", "-c",
                f"echo {int(apart)} >/sys/class/net/{name}/threaded")
            for pid in kernel_threads(name) - self.others[name]:
                run("taskset", "--cpu-list", "--pid", processor % os.cpu_count(), pid)
        return kernel_threads("front") - self.others["front"] if apart else set()

    def close(self):
        if self.server:
            self.server.communicate()
        super().close()


# --- what is measured ---

def judge(options, seen):
    show("  probes", seen["rate"], "/s")
    show("  latest begin", seen["latest_ms"], "ms", 500)
    show("  not sent", seen["unsent"], "", 0)
    show("  checks not seen up", options.checks - seen["up"], "", 0)
    wanted = options.checks / options.interval
    if not 0.9 * wanted <= seen["rate"] <= 1.1 * wanted:
        failures.append("probes a second")


class Prober:
    """The prober on an event loop that has nothing else to do, and no XDP program."""
    name = "the prober"

    def __init__(self, world, kind, options):
        self.options = options
        self.process = subprocess.Popen(
            inside(world.gateway.namespace, *mortal(*on(
                OURS, PROBER, kind, options.checks, options.interval, options.seconds))),
            text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.process.stdout.readline() != "up\n":
            raise RuntimeError("the prober has not seen all servers up")
        self.pid = self.process.pid

    def measure(self):
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.communicate()


class Whole:
    """The daemon, with a listener for each hundred servers."""
    name = "the whole daemon"

    def __init__(self, world, kind, options):
        self.options, self.protocol, self.check = options, *KINDS[kind]
        self.balancers = []
        self.daemon = Daemon(world, CONFIG, prefix=on(OURS))
        self.daemon.start()
        self.pid, self.api = self.daemon.pid, Api(self.daemon.socket)
        self.load()
        until(lambda: self.up() == options.checks, 60 + 10 * options.interval, "that all are up")

    def load(self):
        for first in range(0, self.options.checks, MEMBERS):
            lb = self.api.call("CreateLoadBalancer")["LoadBalancerId"]
            self.balancers.append(lb)
            self.api.call(f"CreateLoadBalancer{self.protocol}Listener", LoadBalancerId=lb,
                          ListenerPort=80, BackendServerPort=PORT, Bandwidth=-1,
                          healthCheckInterval=self.options.interval, **self.check)
            self.api.call("StartLoadBalancerListener", LoadBalancerId=lb, ListenerPort=80)
            for n in range(first, first + MEMBERS, PER_CALL):
                self.api.call("AddBackendServers", LoadBalancerId=lb, BackendServers=[
                    {"ServerId": f"i-{k}", "ServerIp": f"10.{77 + (k >> 16)}.{k >> 8 & 255}.{k & 255}"}
                    for k in range(n + 1, n + PER_CALL + 1)])

    def totals(self):
        return self.api.call("DescribeHealthChecks", MaxResults=1)["Totals"]

    def up(self):
        """Who was checked, and is not down."""
        totals = self.totals()
        return totals["Checks"] - totals["Down"] if totals["Probes"] >= totals["Checks"] else 0

    def measure(self):
        began, before, slowest = time.monotonic(), self.totals(), 0
        while time.monotonic() < began + self.options.seconds:
            time.sleep(0.2)
            asked = time.monotonic()
            self.api.call("DescribeLoadBalancerAttribute", LoadBalancerId=self.balancers[0])
            slowest = max(slowest, time.monotonic() - asked)
        show("  slowest answer to a request meanwhile", 1e3 * slowest, "ms")
        after = self.totals()
        rate = (after["Probes"] - before["Probes"]) / (time.monotonic() - began)
        return {"rate": rate, "latest_ms": after["LatestMs"], "unsent": after["Unsent"],
                "up": self.up()}

    def close(self):
        self.daemon.kill()


def measure(maker, kind, apart, options):
    print(f"{kind}, {options.checks:,} checks every {options.interval} s, "
          f"{'received by threads of their own' if apart else 'received in the sender’s time'}")
    world, subject = World(), None
    try:
        subject = maker(world, kind, options)
        spent_since = Spent(subject.pid, world.receive_apart(apart))
        seen = subject.measure()
        spent_since.show(subject.name)
        judge(options, seen)
    finally:
        if subject:
            subject.close()
        world.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--checks", type=int, default=10000)
    parser.add_argument("--interval", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--kind", choices=KINDS, action="append")
    parser.add_argument("--smoke", action="store_true", help="the processor's share is no failure")
    options = parser.parse_args()
    if os.geteuid():
        print("not root")
        return SKIPPED
    for kind in options.kind or KINDS:
        for maker in Prober, Whole:
            for apart in False, True:
                measure(maker, kind, apart, options)
    print(f"{len(failures)} figures missed" + "".join(f"; {f}" for f in failures))
    return 1 if failures and not options.smoke else 0


if __name__ == "__main__":
    sys.exit(main())

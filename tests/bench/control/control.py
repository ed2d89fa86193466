#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""How fast and how large the control plane is, each figure beside the one that is wanted.

    control.py [--balancers N] [--members N] [--seconds S] [--json FILE] [--smoke]

The daemon is real, durable, in a namespace of its own; the clients run on the other processor.
"""
import argparse
import itertools
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "system")]

import client  # noqa: E402
from lab.api import Api  # noqa: E402
from lab.daemon import Daemon  # noqa: E402
from lab.gateway import SETTINGS, server_address  # noqa: E402
from road import KINDS, PORT, SERVER, Road, Traffic  # noqa: E402

LMDB = os.environ["BENCH_LMDB"]
CONNECTIONS = 32
CHECKS = "off"  # nobody answers at these addresses; tests/bench/health is about checks
BIG = 1000  # servers of the listener that is timed alone
SHARED_BY = 8  # listeners that one server's address and port may serve
CONFIG = SETTINGS + """
log_level = "warning";
tables = { services = 32768; backends = 1048576; vips = 131072; ring_lines = 4194304;
           member_lines = 262144; };
quotas = { lbs_per_server = 1000; load_balancers = 20000; listeners = 30000; };
"""

failures = []
figures = []


def show(what, value, unit, wanted=None, at_least=False):
    """One line; what misses its figure is said so, and fails the run."""
    text = f"{what:58} {value:12,.2f} {unit:6}"
    figures.append({"what": what.strip(), "value": value, "unit": unit, "wanted": wanted})
    if wanted is not None:
        met = value >= wanted if at_least else value <= wanted
        text += f"  wanted {'>=' if at_least else '<='} {wanted:,g}   {'ok' if met else 'MISSED'}"
        if not met:
            failures.append(what)
    print(text, flush=True)


def quantile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def memory(pid, field):
    """MB."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(x.split()[1] for x in status.splitlines() if x.startswith(field))) / 1024


class Bench:
    def __init__(self, options):
        self.options = options
        self.gateway = Road()
        self.daemon = Daemon(self.gateway, CONFIG)
        self.api = Api(self.daemon.socket)
        self.servers = max(-(-options.balancers * options.members // SHARED_BY), BIG + 20)
        self.ids = []  # load balancers by number
        self.loaded = []  # the numbers of those that got their members

    def run(self, requests, on_answer=None, until=None, connections=CONNECTIONS):
        return client.run(self.daemon.socket, connections, requests, on_answer, until)

    def stage(self, what, requests, on_answer=None):
        started = time.monotonic()
        done = self.run(requests, on_answer)
        spent = time.monotonic() - started
        show(f"{what}, {len(done):,} by {CONNECTIONS} clients", len(done) / spent, "/s")
        return spent

    # --- loading ---

    def make_servers(self):
        self.stage("RegisterInstance", (
            (n, "RegisterInstance", {"InstanceId": f"i-{n}", "IpAddress.1": server_address(n)})
            for n in range(self.servers)))

    def make_balancers(self):
        made = {}
        count = self.options.balancers
        spent = self.stage("CreateLoadBalancer",
                           ((n, "CreateLoadBalancer", {}) for n in range(count)),
                           lambda n, body: made.update({n: json.loads(body)["LoadBalancerId"]}))
        self.ids = [made[n] for n in range(count)]
        for port in (80, 443):
            spent += self.stage(f"CreateLoadBalancerTCPListener {port}", (
                (lb, "CreateLoadBalancerTCPListener",
                 {"LoadBalancerId": lb, "ListenerPort": port, "BackendServerPort": port + 8000,
                  "Bandwidth": -1, "HealthCheckSwitch": CHECKS}) for lb in self.ids))
            spent += self.stage(f"StartLoadBalancerListener {port}", (
                (lb, "StartLoadBalancerListener", {"LoadBalancerId": lb, "ListenerPort": port})
                for lb in self.ids))
        return spent

    def members_of(self, number):
        first = number * self.options.members
        return [{"ServerId": f"i-{(first + k) % self.servers}", "Weight": 1 + (first + k) % 100}
                for k in range(self.options.members)]

    def add_members(self):
        members = self.options.members
        loaded = []
        started = time.monotonic()
        try:
            self.run(((n, "AddBackendServers",
                       {"LoadBalancerId": lb, "BackendServers": self.members_of(n)})
                      for n, lb in enumerate(self.ids)), lambda n, body: loaded.append(n))
        except client.Failed as error:
            print(f"  {error}")
        show(f"AddBackendServers of {members}, {len(loaded):,} by {CONNECTIONS} clients",
             len(loaded) / (time.monotonic() - started), "/s")
        show(f"load balancers x 2 listeners x {members} members loaded", len(loaded), "",
             self.options.balancers, at_least=True)
        self.loaded = loaded

    # --- timing ---

    def add_to_big(self):
        """20 servers more for a listener that has 1,000: alone, durable, in the kernel."""
        lb = self.api.call("CreateLoadBalancer")["LoadBalancerId"]
        self.api.call("CreateLoadBalancerTCPListener", LoadBalancerId=lb, ListenerPort=80,
                      BackendServerPort=9000, Bandwidth=-1, HealthCheckSwitch=CHECKS)
        self.api.call("StartLoadBalancerListener", LoadBalancerId=lb, ListenerPort=80)
        servers = [{"ServerId": f"i-{n}", "Weight": 1 + n % 100} for n in range(BIG + 20)]
        for first in range(0, BIG, 20):
            self.api.call("AddBackendServers", LoadBalancerId=lb,
                          BackendServers=servers[first:first + 20])
        times = []
        for _ in range(15):
            times += self.run([("big", "AddBackendServers",
                                {"LoadBalancerId": lb, "BackendServers": servers[BIG:]})],
                              connections=1)
            self.api.call("RemoveBackendServers", LoadBalancerId=lb, BackendServers=servers[BIG:])
            time.sleep(0.3)
        self.api.call("DeleteLoadBalancer", LoadBalancerId=lb)
        show("AddBackendServers of 20 to a listener with 1,000, alone", 1e3 * quantile(times, 0.5),
             "ms", 25)
        show("  the slowest of 15", 1e3 * max(times), "ms")

    def lmdb(self):
        done = subprocess.run([LMDB, self.gateway.directory / "lmdb", str(self.options.seconds)],
                              check=True, capture_output=True, text=True)
        return float(done.stdout)

    def mutate(self):
        """Weights of one server changed, each client at load balancers of its own."""
        alone = self.lmdb()
        chance = random.Random(1)

        def requests():
            for n in itertools.count():
                lb = self.loaded[n % len(self.loaded)]
                server = chance.choice(self.members_of(lb))
                yield (lb, "SetBackendServers",
                       {"LoadBalancerId": self.ids[lb],
                        "BackendServers": [server | {"Weight": n % 101}]})

        until = time.monotonic() + self.options.seconds
        before = processor_seconds(self.daemon.pid)
        try:
            times = self.run(requests(), until=until)
        except client.Failed as error:
            print(f"  {error}")
            show(f"durable mutations by {CONNECTIONS} clients", 0, "/s", 2000, at_least=True)
            return
        busy = processor_seconds(self.daemon.pid) - before
        show(f"durable mutations by {CONNECTIONS} clients", len(times) / self.options.seconds, "/s",
             2000, at_least=True)
        show("  LMDB's own, one record a commit, in the same run", alone, "/s")
        show("  slowest in a hundred", 1e3 * quantile(times, 0.99), "ms")
        show("  the daemon's processor time for each", 1e6 * busy / len(times), "us")

    def read(self):
        chance = random.Random(2)
        ones = self.run([("one", "DescribeLoadBalancerAttribute",
                          {"LoadBalancerId": self.ids[chance.choice(self.loaded)]})
                         for _ in range(2000)],
                        connections=1)
        show("DescribeLoadBalancerAttribute, of one", 1e3 * statistics.median(ones), "ms", 1)
        show("  slowest in a hundred", 1e3 * quantile(ones, 0.99), "ms")
        last = max(1, len(self.ids) // 100)
        pages = self.run([("page", "DescribeLoadBalancers",
                           {"PageSize": 100, "PageNumber": chance.randint(1, last)})
                          for _ in range(200)], connections=1)
        show("DescribeLoadBalancers, a page of 100", 1e3 * statistics.median(pages), "ms", 5)
        show("  slowest in a hundred", 1e3 * quantile(pages, 0.99), "ms")

    def sizes(self):
        show("daemon, private memory", memory(self.daemon.pid, "RssAnon"), "MB", 100)
        show("  resident with the kernel's tables mapped in", memory(self.daemon.pid, "VmRSS"), "MB")
        store = sum(f.stat().st_blocks * 512 for f in self.daemon.store.iterdir())
        show("  store on disk", store / 2**20, "MB")

    # --- restarts under traffic ---

    def make_road(self):
        """A load balancer whose traffic is real; its id and its VIP."""
        self.gateway.serve()
        self.api.call("RegisterInstance", InstanceId=SERVER,
                      **{"IpAddress.1": self.gateway.server.address})
        made = self.api.call("CreateLoadBalancer")
        lb = made["LoadBalancerId"]
        for protocol in ("TCP", "UDP"):
            self.api.call(f"CreateLoadBalancer{protocol}Listener", LoadBalancerId=lb,
                          ListenerPort=PORT, BackendServerPort=PORT, Bandwidth=-1,
                          HealthCheckSwitch=CHECKS)
            self.api.call("StartLoadBalancerListener", LoadBalancerId=lb, ListenerPort=PORT,
                          ListenerProtocol=protocol.lower())
        self.api.call("AddBackendServers", LoadBalancerId=lb,
                      BackendServers=[{"ServerId": SERVER, "Weight": 100}])
        time.sleep(2)  # for the hop of its replies, which the first of them asks for
        return lb, made["Address"]

    def restart(self, vip, what, end):
        with Traffic(self.gateway, vip) as traffic:
            time.sleep(0.5)
            end()
            time.sleep(0.5)
            started = time.monotonic()
            self.daemon.start(patience=120)
            show(f"{what}, from exec to READY=1", time.monotonic() - started, "s", 2)
            time.sleep(0.5)
        told = traffic.told
        show(f"{what}: packets sent, both ways", traffic.sent, "")
        show(f"{what}: packets lost", traffic.lost, "", 0)
        show(f"{what}: new connections", told["new"]["asked"], "")
        show(f"{what}: messages on others, datagrams",
             told["held"]["asked"] + told["datagrams"]["asked"], "")
        show(f"{what}: of all these without an answer",
             sum(told[kind]["asked"] - told[kind]["answered"] for kind in KINDS), "", 0)

    def restarts(self):
        lb, vip = self.make_road()
        self.restart(vip, "restart", self.daemon.stop)
        show("daemon after it, private memory", memory(self.daemon.pid, "RssAnon"), "MB", 100)
        self.restart(vip, "start after kill -9", self.daemon.kill)
        self.api.call("DeleteLoadBalancer", LoadBalancerId=lb)
        count = self.api.call("DescribeLoadBalancers", PageSize=1)["TotalCount"]
        if count != len(self.ids):
            raise SystemExit(f"{count} load balancers after the restarts, not {len(self.ids)}")


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--balancers", type=int, default=10000)
    parser.add_argument("--members", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--json", type=pathlib.Path, help="write the figures there, too")
    parser.add_argument("--smoke", action="store_true", help="a figure missed is no failure")
    options = parser.parse_args()
    bench = Bench(options)
    try:
        bench.daemon.start()
        bench.make_servers()
        bench.add_to_big()
        bench.make_balancers()
        bench.add_members()
        bench.mutate()
        bench.read()
        bench.sizes()
        bench.restarts()
    except BaseException:
        print(bench.daemon.logged()[-4000:], file=sys.stderr)
        raise
    finally:
        if bench.daemon.running():
            bench.daemon.kill()
        bench.gateway.close()
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")
    print(f"{len(failures)} figures missed" + "".join(f"; {f}" for f in failures))
    return 1 if failures and not options.smoke else 0


if __name__ == "__main__":
    sys.exit(main())

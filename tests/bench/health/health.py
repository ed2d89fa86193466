#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What health checks cost: the processor time of the prober, each figure beside the one wanted.

    health.py [--checks N] [--interval S] [--seconds S] [--smoke]

The server is real: HTTP and a UDP echo in a namespace of its own, behind a veth, on as many addresses
as there are checks. What goes over a veth is received in the sender's time, so the prober is charged
with the kernel's work at the server's end too; what went into softirq instead is shown beside.
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

from lab.namespace import inside, mortal, run  # noqa: E402

PROBER = os.environ["BENCH_PROBER"]
SKIPPED = 77  # as ctest has it
SERVER = os.environ["BENCH_SERVER"]

failures = []


def show(what, value, unit, most=None):
    text = f"{what:58} {value:12,.2f} {unit:6}"
    if most is not None:
        text += f"  wanted <= {most:,g}   {'ok' if value <= most else 'MISSED'}"
        if value > most:
            failures.append(what)
    print(text, flush=True)


class World:
    """Two namespaces and a veth; all of 10.77.0.0/16 is the servers'."""

    def __init__(self):
        self.names = [f"sluice-bench-{os.getpid()}-{end}" for end in ("probe", "serve")]
        self.server = None

    def open(self):
        probe, serve = self.names
        for name in self.names:
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", probe, "link", "add", "near", "type", "veth", "peer", "name", "far",
            "netns", serve)
        run("ip", "-n", probe, "address", "add", "10.76.0.1/30", "dev", "near")
        run("ip", "-n", serve, "address", "add", "10.76.0.2/30", "dev", "far")
        run("ip", "-n", probe, "link", "set", "near", "up")
        run("ip", "-n", serve, "link", "set", "far", "up")
        run("ip", "-n", probe, "route", "add", "10.77.0.0/16", "via", "10.76.0.2")
        run("ip", "-n", serve, "route", "add", "local", "10.77.0.0/16", "dev", "lo")
        self.serve()

    def serve(self):
        self.server = subprocess.Popen(inside(self.names[1], *mortal(SERVER)), text=True,
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.server.stdout.readline() != "ready\n":
            raise RuntimeError("the server does not listen")

    def close(self):
        if self.server:
            self.server.communicate()
        for name in self.names:
            run("ip", "netns", "delete", name, check=False)


def softirq():
    """Seconds of all processors."""
    fields = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return int(fields[7]) / os.sysconf("SC_CLK_TCK")


def measure(world, kind, options):
    before, began = softirq(), time.monotonic()
    command = inside(world.names[0], *mortal(PROBER, kind, options.checks, options.interval,
                                            options.seconds))
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    busy = (softirq() - before) / (time.monotonic() - began)
    seen = json.loads(done.stdout)
    print(f"{kind}, {options.checks:,} checks every {options.interval} s")
    show("  the prober's share of a processor", 100 * seen["processor"], "%", 20)
    show("    of it in its own code", 100 * seen["user"], "%")
    show("  softirq meanwhile, all processors", 100 * busy, "%")
    show("  probes", seen["rate"], "/s")
    show("  latest begin", seen["latest_ms"], "ms", 500)
    show("  not sent", seen["unsent"], "", 0)
    show("  checks not seen up", options.checks - seen["up"], "", 0)
    show("  memory", seen["memory_kb"] / 1024, "MB")
    wanted = options.checks / options.interval
    if not 0.9 * wanted <= seen["rate"] <= 1.1 * wanted:
        failures.append(f"{kind}: probes a second")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--checks", type=int, default=10000)
    parser.add_argument("--interval", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--smoke", action="store_true", help="the processor's share is no failure")
    options = parser.parse_args()
    if os.geteuid():
        print("not root")
        return SKIPPED
    world = World()
    try:
        world.open()
        for kind in ("tcp", "http", "udp"):
            measure(world, kind, options)
    finally:
        world.close()
    print(f"{len(failures)} figures missed" + "".join(f"; {f}" for f in failures))
    return 1 if failures and not options.smoke else 0


if __name__ == "__main__":
    sys.exit(main())

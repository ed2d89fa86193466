#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What health checks cost: the processor time of the prober, each figure beside the one wanted.

    health.py [--checks N] [--interval S] [--seconds S] [--smoke]

The servers are real: nginx and a UDP echo in a namespace of their own, behind a veth, on as many
addresses as there are checks. They and the prober share the machine's processors; the share of them
that went into softirq, which no process is charged with, is shown beside.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1] / "system")]

from lab.namespace import entered, inside, mortal, run  # noqa: E402

PROBER = os.environ["BENCH_PROBER"]
SKIPPED = 77
PORT = 8080
NGINX = """
daemon off; worker_processes 1; pid {where}/pid; error_log {where}/error.log;
events {{ worker_connections 4096; }}
http {{ access_log off; server {{ listen {port} backlog=4096; return 200 "ok"; }} }}
"""
ECHO = f"""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO: the answer comes from where the question went
s.bind(("", {PORT}))
while True:
    data, control, _, sender = s.recvmsg(256, 64)
    source = bytearray(12)
    source[4:8] = control[0][2][4:8]
    s.sendmsg([data], [(socket.IPPROTO_IP, 8, bytes(source))], 0, sender)
"""

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
        self.servers = []
        self.directory = tempfile.TemporaryDirectory(prefix="sluice-bench-")

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
        where = self.directory.name
        config = pathlib.Path(where) / "nginx.conf"
        config.write_text(NGINX.format(where=where, port=PORT))
        for command in (["nginx", "-c", config], ["/usr/bin/python3", "-c", ECHO]):
            self.servers.append(subprocess.Popen(inside(self.names[1], *mortal(*command))))
        for protocol in ("-lnt", "-lnu"):
            self.wait_for_port(protocol)

    def wait_for_port(self, protocol):
        for _ in range(100):
            if f":{PORT}" in run(*inside(self.names[1], "ss", protocol)):
                return
            time.sleep(0.1)
        raise RuntimeError("the servers do not listen")

    def close(self):
        for server in self.servers:
            server.terminate()
            server.wait()
        for name in self.names:
            run("ip", "netns", "delete", name, check=False)
        self.directory.cleanup()


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
    show("  softirq meanwhile, all processors and both ends", 100 * busy, "%")
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

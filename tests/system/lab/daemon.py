# SPDX-License-Identifier: BSD-2-Clause
"""The real sluiced in the gateway's namespace."""
import os
import select
import signal
import socket
import subprocess

from .namespace import inside, mortal

SLUICED = os.environ.get("SLUICED", "/usr/sbin/sluiced")

# ring_key is fixed and source ports are explicit, so that a run can be repeated.
SETTINGS = """
host_id = "test-gateway";
ring_key = "000102030405060708090a0b0c0d0e0f";
regions = ( { id = "local-1"; zones = [ "local-1a", "local-1b" ]; },
            { id = "local-2"; zones = [ "local-2a" ]; } );
pools = ( { range = "10.1.0.100-10.1.0.199"; address_type = "internet"; },
          { range = "10.1.0.200-10.1.0.219"; address_type = "intranet"; },
          { range = "10.1.0.220-10.1.0.239"; vswitch_id = "vsw-a"; vpc_id = "vpc-a"; } );
"""


class DaemonFailed(Exception):
    """It ended before it was ready; the text is what it logged."""


class Daemon:
    """Started and ended by the test; its paths lie below the topology's directory."""

    def __init__(self, topology, config=SETTINGS, name="sluiced", interfaces=None,
                 prefix=(), store=None, pins=None, socket_path=None):
        self.topology = topology
        self.directory = topology.directory / name
        self.directory.mkdir(mode=0o755)
        self.socket = socket_path or self.directory / "api.sock"
        self.store = store or self.directory / "store"
        self.pins = pins or topology.bpffs / name
        self.log = self.directory / "log"
        self.config = self.directory / "sluiced.conf"
        self.config.write_text(config)
        self.interfaces = topology.interfaces if interfaces is None else interfaces
        self.prefix = prefix
        self.process = None

    def command(self, *options):
        named = [word for i in self.interfaces for word in ("--interface", i)]
        return [*self.prefix, SLUICED, "--config", self.config, *named, "--socket", self.socket,
                "--store", self.store, "--pins", self.pins, *options]

    def start(self, patience=20):
        """Returns when the daemon has said READY=1."""
        path = self.directory / "notify"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify, \
                open(self.log, "ab") as log:
            notify.bind(str(path))
            path.chmod(0o666)
            self.process = subprocess.Popen(
                mortal(*inside(self.topology.gateway.namespace, *self.command())), stdout=log,
                stderr=log, env={**os.environ, "NOTIFY_SOCKET": str(path)})
            for _ in range(patience * 20):
                if select.select([notify], [], [], 0.05)[0]:
                    if b"READY=1" in notify.recv(4096).split(b"\n"):
                        return self
                elif self.process.poll() is not None:
                    code, self.process = self.process.returncode, None
                    raise DaemonFailed(f"exit code {code}: {self.logged()}")
        self.kill()
        raise DaemonFailed(f"not ready after {patience} s: {self.logged()}")

    def run(self, *options, patience=20):
        """Runs it to its end, for starts that must be refused: exit code, output."""
        done = subprocess.run(
            mortal(*inside(self.topology.gateway.namespace, *self.command(*options))),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=patience)
        return done.returncode, done.stdout

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process is not None and self.process.poll() is None

    def _end(self, number):
        process, self.process = self.process, None
        if process is None:
            return None
        process.send_signal(number)
        try:
            return process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def stop(self):
        """SIGTERM; its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self):
        return self._end(signal.SIGKILL)

    def logged(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

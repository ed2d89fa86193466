# SPDX-License-Identifier: BSD-2-Clause
"""Servers that a test makes ill: stopped, frozen, cut off, or answering as ailing.py can."""
import json
import pathlib
import signal
import subprocess
import sys

from .namespace import inside, mortal

SERVER = pathlib.Path(__file__).with_name("ailing.py")


class Patient:
    """The ailing server of a backend's namespace."""

    def __init__(self, topology, host, ports=(8080,)):
        self.topology, self.host, self.ports = topology, host, ports
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            mortal(*inside(self.host.namespace, sys.executable, "-B", SERVER, self.host.name,
                           *self.ports)),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.topology.processes.append(self.process)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError(f"the server of {self.host.name} did not start")

    def stop(self):
        """Whoever connects from now on is refused, and who is connected is reset."""
        self.process.kill()
        self.process.wait()

    def freeze(self):
        """Its kernel goes on to take connections; nobody answers them."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def cut(self):
        """The cable is out: nothing comes through, and nothing says so."""
        self.topology.ip(self.topology.switch, f"link set {self.host.name} down")

    def mend(self):
        self.topology.ip(self.topology.switch, f"link set {self.host.name} up")

    def _order(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def falls_ill(self, illness, number=0, port=None):
        """One of ailing.py's, on one port or on all."""
        for each in (port,) if port else self.ports:
            self._order(f"{each} {illness} {number}")

    def recovers(self, port=None):
        self.falls_ill("well", port=port)

    def counts(self, port=8080):
        return self._order("count")[str(port)]

    def probes(self, port=8080):
        """How many connections came from the gateway's own address."""
        return self.counts(port)["connections"].get(self.topology.back_address, 0)


def admit(lab, ports=(8080,)):
    """An ailing server for every backend of a lab, by name."""
    return {host.name: Patient(lab.topology, host, ports) for host in lab.topology.backends}

# SPDX-License-Identifier: BSD-2-Clause
"""The API over its Unix socket, and sluicectl."""
import dataclasses
import http.client
import json
import os
import socket
import subprocess
import urllib.parse

from .namespace import inside, mortal

SLUICECTL = os.environ.get("SLUICECTL", "/usr/bin/sluicectl")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=10):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


@dataclasses.dataclass
class Answer:
    status: int
    type: str
    body: str

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json.get("Code")

    @property
    def error(self):
        """(status, code, message), to compare with the contract's."""
        return self.status, self.json.get("Code"), self.json.get("Message")

    @property
    def detail(self):
        return self.json.get("Detail", "")


class Refused(Exception):
    pass


class Api:
    def __init__(self, path):
        self.path = path

    def request(self, method, target, body=None, headers=None, timeout=10):
        connection = UnixConnection(self.path, timeout)
        try:
            connection.request(method, target, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheader("Content-Type", ""),
                          answer.read().decode())
        finally:
            connection.close()

    def raw(self, data, timeout=10):
        """Sends bytes as they are; everything that comes back until the other side closes."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(timeout)
            sock.connect(str(self.path))
            received = b""
            try:
                sock.sendall(data)
                while piece := sock.recv(65536):
                    received += piece
            except (ConnectionError, TimeoutError):
                pass
            return received

    def ask(self, action, **parameters):
        """The answer, whatever it is. Lists and dictionaries become JSON text."""
        fields = {"Action": action, **parameters}
        fields = {name: json.dumps(value) if isinstance(value, (list, dict)) else value
                  for name, value in fields.items()}
        return self.request("POST", "/", urllib.parse.urlencode(fields),
                            {"Content-Type": "application/x-www-form-urlencoded"})

    def call(self, action, **parameters):
        """The answer's content; an error is an exception."""
        answer = self.ask(action, **parameters)
        if answer.status != 200:
            raise Refused(f"{action} {parameters}: {answer.status} {answer.body}")
        return answer.json


@dataclasses.dataclass
class Done:
    code: int
    output: str
    errors: str

    @property
    def json(self):
        return json.loads(self.output)


class Ctl:
    """sluicectl as an operator calls it, in the gateway's namespace."""

    def __init__(self, topology, daemon):
        self.topology, self.daemon = topology, daemon

    def run(self, *arguments):
        done = subprocess.run(
            mortal(*inside(self.topology.gateway.namespace, SLUICECTL, "--socket",
                           self.daemon.socket, *arguments)),
            capture_output=True, text=True, timeout=30)
        return Done(done.returncode, done.stdout, done.stderr)

    def __call__(self, *arguments):
        """The JSON answer; a failure is an exception."""
        done = self.run("-o", "json", *arguments)
        if done.code:
            raise Refused(f"sluicectl {arguments}: exit {done.code}: {done.output}{done.errors}")
        return done.json if done.output.strip() else {}

# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures: a responder, and sluicectl told to use it."""
import dataclasses
import os
import subprocess

import pytest

from responder import Responder

SLUICECTL = os.environ.get("SLUICECTL", "/usr/bin/sluicectl")


@dataclasses.dataclass
class Done:
    code: int
    out: str
    err: str

    @property
    def lines(self):
        """The output's lines as words."""
        return [line.split() for line in self.out.splitlines()]


def run(*arguments, stdout=subprocess.PIPE, **environment):
    kept = {name: value for name, value in os.environ.items() if name != "SLUICE_SOCKET"}
    done = subprocess.run([SLUICECTL, *map(str, arguments)], stdout=stdout, stderr=subprocess.PIPE,
                          timeout=30, env={**kept, "LC_ALL": "C.UTF-8", **environment})
    return Done(done.returncode, (done.stdout or b"").decode(), done.stderr.decode())


@pytest.fixture
def responder(tmp_path):
    server = Responder(tmp_path / "api.sock")
    yield server
    server.end()


@pytest.fixture
def ctl(responder):
    return lambda *arguments, **more: run("--socket", responder.path, *arguments, **more)

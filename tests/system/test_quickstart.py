# SPDX-License-Identifier: BSD-2-Clause
"""packaging/quickstart does what it says, and leaves nothing behind, also when it is interrupted."""
import os
import pathlib
import signal
import subprocess

import pytest

from lab.lab import until
from lab.namespace import run

QUICKSTART = pathlib.Path(__file__).parents[2] / "packaging/quickstart"


@pytest.fixture
def quickstart():
    """In a session of its own, by which its processes can be told."""
    process = subprocess.Popen([QUICKSTART], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, start_new_session=True)
    yield process
    if process.poll() is None:
        process.terminate()
    process.wait()
    process.stdout.close()


def of_session(session):
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(path.parent.name)
    return found


def left_by(process):
    stem = f"sq{process.pid}"
    return [*of_session(process.pid),
            *(line for line in run("ip", "netns", "list").splitlines() if f"{stem}-" in line),
            *pathlib.Path("/tmp").glob(f"sluice-{stem}-*"),
            *(line for line in run("mount").splitlines() if f"{stem}-" in line)]


def test_to_its_end(quickstart):
    said = quickstart.communicate()[0]
    assert quickstart.returncode == 0, said
    assert said.count("as wanted") == 4, said
    assert left_by(quickstart) == []


def test_interrupted(quickstart):
    seen = []
    for line in quickstart.stdout:
        seen.append(line)
        if "attached" in line:
            break
    assert left_by(quickstart), "".join(seen)
    os.killpg(quickstart.pid, signal.SIGINT)
    quickstart.stdout.read()
    assert quickstart.wait() != 0
    until(lambda: not left_by(quickstart), 5, "that nothing is left")

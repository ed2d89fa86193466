#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs the official clients against a real daemon: run.py DIRECTORY

DIRECTORY gets the npm packages, out of the source tree. Exit code 77, with the reason, if they
cannot be installed or this process may not make namespaces.
"""
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "system"))

from lab.daemon import Daemon  # noqa: E402
from lab.gateway import SETTINGS, Gateway  # noqa: E402

SKIPPED = 77
NODE_WANTED = 18
TIMEOUT = 240
LISTS = ("package.json", "package-lock.json")


class Skip(Exception):
    pass


def check_rights():
    status = pathlib.Path("/proc/self/status").read_text()
    held = int(next(x.split()[1] for x in status.splitlines() if x.startswith("CapEff:")), 16)
    if not held >> 21 & 1:
        raise Skip("needs CAP_SYS_ADMIN, to make a network namespace")


def check_node():
    if not shutil.which("npm") or not shutil.which("node"):
        raise Skip("node and npm are not installed")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    if int(version.stdout.lstrip("v").split(".")[0]) < NODE_WANTED:
        raise Skip(f"node {version.stdout.strip()} is older than {NODE_WANTED}")


def install(directory):
    """The packages of the lock file; those that are there already are not fetched again."""
    modules, done = directory / "node_modules", directory / "installed.json"
    wanted = (HERE / LISTS[1]).read_text()
    if not (modules.exists() and done.exists() and done.read_text() == wanted):
        for name in LISTS:
            shutil.copy(HERE / name, directory / name)
        try:
            ended = subprocess.run(
                ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=directory,
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            raise Skip(f"npm ci did not end in {TIMEOUT} s") from None
        if ended.returncode:
            lines = (ended.stderr or ended.stdout).strip().splitlines() or ["?"]
            raise Skip(f"npm ci failed: {lines[0]}")
        done.write_text(wanted)
    for path in HERE.glob("*.js"):
        shutil.copy(path, directory / path.name)


def run(directory):
    gateway = Gateway()
    daemon = Daemon(gateway, SETTINGS + 'log_level = "warning";\n')
    try:
        daemon.start()
        tests = sorted(path.name for path in HERE.glob("*.test.js"))
        return subprocess.run(["node", "--test", "--test-concurrency=1", *tests], cwd=directory,
                              env={**os.environ, "SLUICE_SOCKET": str(daemon.socket)}).returncode
    finally:
        running = daemon.running()
        if running:
            daemon.kill()
        print(daemon.logged()[-4000:], end="")
        gateway.close()
        if not running:
            raise SystemExit("the daemon ended")


def main():
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    try:
        check_rights()
        check_node()
        install(directory)
    except Skip as reason:
        print(f"skipped: {reason}")
        return SKIPPED
    return run(directory)


if __name__ == "__main__":
    sys.exit(main())

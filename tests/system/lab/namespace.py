# SPDX-License-Identifier: BSD-2-Clause
"""Running commands, and this thread, in a network namespace."""
import contextlib
import ctypes
import os
import subprocess

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def run(*command, check=True, **options):
    """Runs a command to its end; its output is in the exception when it fails."""
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, **options)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit {done.returncode}: {done.stdout}")
    return done.stdout


def inside(namespace, *command):
    """The command line that runs `command` in a namespace. `ip netns exec` would hide bpf pins."""
    return ["nsenter", f"--net=/run/netns/{namespace}", "--", *map(str, command)]


def mortal(*command):
    """The command line of a process that dies with the test that starts it."""
    return ["setpriv", "--pdeathsig", "KILL", "--", *map(str, command)]


def _setns(fd):
    if _libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


@contextlib.contextmanager
def entered(namespace):
    """This thread makes its sockets in the namespace; a socket stays where it was made."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        _setns(there)
        yield
    finally:
        _setns(home)
        os.close(there)
        os.close(home)

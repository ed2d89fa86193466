#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What `cmake --install` puts where, and that systemd has nothing to say of it.

Installs into a temporary DESTDIR. systemd's own units are copied beside ours, since the verifier
looks for the targets that a unit names. The verifier is tried on a broken unit too.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

UNIT = "usr/lib/systemd/system/sluiced.service"
WANTED = [
    "usr/sbin/sluiced",
    "usr/bin/sluicectl",
    "usr/share/man/man8/sluiced.8",
    "usr/share/man/man8/sluicectl.8",
    "etc/sluice/sluiced.conf",
    UNIT,
    "usr/lib/sysusers.d/sluice.conf",
    "usr/lib/tmpfiles.d/sluice.conf",
    "usr/lib/sysctl.d/50-sluice.conf",
]
SYSTEM_UNITS = "/lib/systemd/system"


def run(*command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          **options)


def verify(root):
    """The verifier's words on our unit; "" if it has nothing to say."""
    done = run("systemd-analyze", f"--root={root}", "--man=no", "verify", "sluiced.service")
    return done.stdout.strip() + (f" (exit code {done.returncode})" if done.returncode else "")


def check_places(root):
    for name in WANTED:
        if not (root / name).is_file() and not (root / f"{name}.gz").is_file():
            yield f"not installed: /{name}"


def check_unit(root):
    shutil.copytree(SYSTEM_UNITS, root / "usr/lib/systemd/system", symlinks=True,
                    dirs_exist_ok=True, ignore=shutil.ignore_patterns("sluice*"))
    said = verify(root)
    if said:
        yield f"systemd-analyze verify: {said}"
    unit = root / UNIT
    text = unit.read_text()
    unit.write_text(text + "Bogus=1\n")
    if "Bogus" not in verify(root):
        yield "systemd-analyze verify did not notice a bogus line: it proves nothing"
    unit.write_text(text)


def check_user_and_pins(root):
    done = run("systemd-sysusers", f"--root={root}")
    passwd = root / "etc/passwd"
    if done.returncode or not passwd.exists() or "sluice:" not in passwd.read_text():
        yield f"systemd-sysusers made no user: {done.stdout}"
        return
    done = run("systemd-tmpfiles", f"--root={root}", "--create", "--prefix=/sys")
    pins = root / "sys/fs/bpf/sluice"
    if done.returncode or not pins.is_dir():
        yield f"systemd-tmpfiles made no pin directory: {done.stdout}"
    elif os.geteuid() == 0 and pins.stat().st_uid == 0:
        yield "the pin directory belongs to root, not to the daemon"


def main():
    build = sys.argv[1]
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory)
        done = run("cmake", "--install", build, env={**os.environ, "DESTDIR": directory})
        if done.returncode:
            print(done.stdout)
            return 1
        wrong = [*check_places(root), *check_unit(root), *check_user_and_pins(root)]
    print("\n".join(wrong) or f"{len(WANTED)} files in their places, systemd is content")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

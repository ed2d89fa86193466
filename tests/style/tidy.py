#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""clang-tidy over the daemon and the ctl, two files at a time; prints only what it has to say."""
import concurrent.futures
import json
import pathlib
import subprocess
import sys

PARALLEL = 2


def tidy(program, build, file):
    done = subprocess.run([program, "-p", build, "--quiet", file], capture_output=True, text=True)
    # A file that clang cannot parse says so on stderr; else stderr only counts hidden warnings.
    return done.returncode, done.stdout + (done.stderr if done.returncode else "")


def main():
    program, root, build = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    entries = json.loads(pathlib.Path(build, "compile_commands.json").read_text())
    ours = (root / "daemon", root / "ctl")
    files = sorted({e["file"] for e in entries
                    if any(folder in pathlib.Path(e["file"]).parents for folder in ours)})
    if not files:
        print(f"{build}/compile_commands.json names no file of ours")
        return 1
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        results = list(pool.map(lambda f: tidy(program, build, f), files))
    for code, text in results:
        if code:
            print(text)
    bad = sum(1 for code, _ in results if code)
    print(f"{len(files)} files, {bad} with complaints")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

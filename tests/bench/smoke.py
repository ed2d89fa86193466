#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The bench works: it times every row, and it fails when packets do not take the way that a row is
about, or when it is asked for nonsense. Figures are not judged."""
import json
import os
import subprocess
import sys
import tempfile

SKIPPED = 77
MISS_AT_MOST_NS = 1000000


def bench(program, *arguments):
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=100)
    return done.returncode, done.stdout, done.stderr


def must(condition, *what):
    if not condition:
        print(*what, sep="\n")
        sys.exit(1)


def check_rows(rows, name):
    must(rows, f"{name}: no rows")
    for row in rows:
        must(row["min"] <= row["median"] <= row["max"] < MISS_AT_MOST_NS, f"{name}: {row}")
        must(row["wrapper"] > 0 and len(row["runs"]) == 2, f"{name}: {row}")


def check_report(program, peer):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "bench.json")
        code, out, err = bench(program, "--quick", "--json", path, "--peer", peer)
        if code == SKIPPED or "CAP_SYS_ADMIN" in err:
            sys.exit(SKIPPED)
        must(code == 0, out, err)
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
    for group in report["groups"]:
        check_rows(group["rows"], group["key"])
    check_rows(report["peer"], "peer")
    keys = {f"{group['key']}/{row['key']}" for group in report["groups"] for row in group["rows"]}
    must({"usual/client.1", "usual/reply.1m", "usual/not-ours", "full/new"} <= keys, sorted(keys))
    must(all(target["limit"] > 0 for target in report["targets"]), report["targets"])
    must("pass" in out or "miss" in out, out)


def main():
    program, harness = sys.argv[1:3]
    check_report(program, f"{harness}:yard_empty")
    refusals = [
        (["--quick", "--control"], 1, "packets"),
        (["--quick", "--peer", f"{harness}:nobody"], 1, "names no XDP program"),
        (["--quick", "--peer", "/nonexistent.o:program"], 1, "names no XDP program"),
        (["--quick", "--json", "/nonexistent/file"], 1, "/nonexistent/file"),
        (["--quick", "--cpu", "1023"], 1, "CPU 1023"),
        (["--runs", "0"], 2, "'0'"),
        (["--nonsense"], 2, "nonsense"),
    ]
    for arguments, wanted, word in refusals:
        code, out, err = bench(program, *arguments)
        must(code == wanted and word in err, f"{arguments}: {code}, not {wanted}", out, err)
    print("the bench works, and fails when it should")


if __name__ == "__main__":
    main()

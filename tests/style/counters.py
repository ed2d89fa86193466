#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The README's table of counters is that of include/sluice_counters.h: same names, same meanings."""
import pathlib
import re
import sys

ROW = re.compile(r'X\(\s*[A-Z_]+,\s*"([a-z_]+)",\s*(drop|event),\s*((?:"[^"]*"\s*)+)\)')
# A README row: | `name` | meaning |
README_ROW = re.compile(r"^\|\s*`([a-z_]+)`\s*\|\s*(.+?)\s*\|$", re.MULTILINE)
HEADING = "| counter | meaning |"


def table_of_header(text):
    text = text.replace("\\\n", " ")
    return {name: "".join(re.findall(r'"([^"]*)"', meaning))
            for name, _, meaning in ROW.findall(text)}


def table_of_readme(text):
    start = text.lower().find(HEADING)
    if start < 0:
        return {}
    table = text[start:].split("\n\n", 1)[0]
    return dict(README_ROW.findall(table))


def main():
    root = pathlib.Path(sys.argv[1])
    wanted = table_of_header((root / "include/sluice_counters.h").read_text())
    found = table_of_readme((root / "README.md").read_text())
    wrong = []
    if not wanted:
        wrong.append("include/sluice_counters.h: no counters found")
    if not found:
        wrong.append(f"README.md: no table that begins with: {HEADING}")
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            wrong.append(f"{name}: sluice_counters.h says {wanted.get(name)!r}, "
                         f"README.md {found.get(name)!r}")
    print("\n".join(wrong) or f"{len(wanted)} counters, all in the README")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

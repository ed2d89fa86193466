#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every C file has its licence in the first line, and is formatted as .clang-format says."""
import pathlib
import subprocess
import sys

BOTH = "GPL-2.0-only OR BSD-2-Clause"
BSD = "BSD-2-Clause"


def licence_line(relative):
    """The first line that a file must have."""
    both = relative.parts[0] == "bpf" or relative.as_posix() in (
        "include/sluice_maps.h", "include/sluice_counters.h", "include/sluice_hash.h")
    licence = BOTH if both else BSD
    if relative.suffix == ".c":
        return f"// SPDX-License-Identifier: {licence}"
    return f"/* SPDX-License-Identifier: {licence} */"


def main():
    clang_format, root = sys.argv[1], pathlib.Path(sys.argv[2])
    files = [f for folder in ("include", "bpf", "daemon", "ctl", "tests")
             for f in sorted((root / folder).rglob("*.[ch]"))]
    if not files:
        print(f"{root}: no sources found")
        return 1
    wrong = [f for f in files
             if f.read_text().split("\n", 1)[0] != licence_line(f.relative_to(root))]
    for file in wrong:
        relative = file.relative_to(root)
        print(f"{relative}: the first line must be: {licence_line(relative)}")
    done = subprocess.run([clang_format, "--dry-run", "-Werror", *map(str, files)], cwd=root)
    return 1 if wrong or done.returncode else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A file is one noun, a function one step: neither grows beyond what a reader holds in mind.

Reads kernel style: a function's body begins with `{` and ends with `}` in the first column.
"""
import pathlib
import sys

FILE_LINES = 450  # the aim is 400
FUNCTION_LINES = 60  # the aim is 30
FOLDERS = ("include", "bpf", "daemon", "ctl")


def functions(lines):
    """(line number, lines) of every body."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            yield start, number - start - 1
            start = None


def main():
    root = pathlib.Path(sys.argv[1])
    wrong, longest_file, longest_function = [], (0, ""), (0, "")
    for file in sorted(f for folder in FOLDERS for f in (root / folder).rglob("*.[ch]")):
        name = file.relative_to(root).as_posix()
        lines = file.read_text().splitlines()
        longest_file = max(longest_file, (len(lines), name))
        if len(lines) > FILE_LINES:
            wrong.append(f"{name}: {len(lines)} lines, more than {FILE_LINES}")
        for start, length in functions(lines):
            longest_function = max(longest_function, (length, f"{name}:{start}"))
            if length > FUNCTION_LINES:
                wrong.append(f"{name}:{start}: a function of {length} lines, more than "
                             f"{FUNCTION_LINES}")
    print("\n".join(wrong))
    print(f"longest file {longest_file[1]} ({longest_file[0]} lines), longest function "
          f"{longest_function[1]} ({longest_function[0]} lines)")
    return 1 if wrong or not longest_function[0] else 0


if __name__ == "__main__":
    sys.exit(main())

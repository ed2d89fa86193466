#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs a command on a kernel that lacks bpf(2), or one command of it: a seccomp filter says ENOSYS.

    without_bpf.py all|NUMBER COMMAND...
"""
import ctypes
import errno
import os
import struct
import sys

PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
NR_BPF = 321  # amd64
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.ENOSYS
OFFSET_NUMBER, OFFSET_FIRST_ARGUMENT = 0, 16


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


def instructions(command):
    """Refuse bpf(command), or all of bpf; allow the rest."""
    if command == "all":
        return [(LOAD, 0, 0, OFFSET_NUMBER), (JUMP_IF_EQUAL, 0, 1, NR_BPF), (RETURN, 0, 0, REFUSE),
                (RETURN, 0, 0, ALLOW)]
    return [(LOAD, 0, 0, OFFSET_NUMBER), (JUMP_IF_EQUAL, 0, 3, NR_BPF),
            (LOAD, 0, 0, OFFSET_FIRST_ARGUMENT), (JUMP_IF_EQUAL, 0, 1, int(command)),
            (RETURN, 0, 0, REFUSE), (RETURN, 0, 0, ALLOW)]


def main():
    code = [struct.pack("HBBI", *line) for line in instructions(sys.argv[1])]
    program = Program(len(code), b"".join(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or \
            libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    os.execvp(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: BSD-2-Clause
"""Rows of the pinned tables, read and written as the daemon does: each table is one mapped value."""
import ctypes
import mmap
import os
import struct

SYS_BPF = 321  # on amd64
BPF_OBJ_GET = 7


def _open(path):
    name = ctypes.create_string_buffer(os.fsencode(path))
    attributes = ctypes.create_string_buffer(struct.pack("QII", ctypes.addressof(name), 0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.syscall(SYS_BPF, BPF_OBJ_GET, attributes, len(attributes.raw))
    if descriptor < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), str(path))
    return descriptor


class Table:
    """The first `size` bytes of a pinned table, as memory."""

    def __init__(self, pins, name, size=65536):
        descriptor = _open(next(pins.rglob(name)))
        try:
            self.memory = mmap.mmap(descriptor, size)
        finally:
            os.close(descriptor)

    def __enter__(self):
        return self.memory

    def __exit__(self, *_):
        self.memory.close()

#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The include check itself: each kind of breach is caught, and what is allowed is not."""
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
from includes import breaches  # noqa: E402

CASES = [
    # file, header, is it a breach?
    ("daemon/base/log.c", "core/model.h", True),
    ("daemon/store/store.c", "core/model.h", True),
    ("daemon/dataplane/pins.c", "store/record.h", True),
    ("daemon/core/model.c", "api/api.h", True),
    ("daemon/core/model.c", "store/record.h", False),
    ("daemon/api/http.c", "core/commit.h", False),
    ("daemon/main.c", "api/api.h", False),
    ("include/sluice_api.h", "base/error.h", True),
    ("bpf/parse.h", "base/address.h", True),
    ("ctl/datapath.c", "dataplane/pins.h", False),
    ("ctl/client.c", "core/model.h", True),
    ("daemon/api/http.c", "event2/http.h", False),
    ("daemon/api/dispatch.c", "event2/http.h", True),
    ("daemon/core/commit.c", "lmdb.h", True),
    ("daemon/store/store.c", "lmdb.h", False),
    ("daemon/core/ring.c", "bpf/libbpf.h", True),
    ("daemon/dataplane/maps.c", "bpf/bpf.h", False),
    ("daemon/base/config.c", "libconfig.h", False),
    ("daemon/api/params.c", "libxml/xmlwriter.h", True),
    ("ctl/output.c", "curl/curl.h", False),
    ("daemon/api/api.c", "systemd/sd-daemon.h", True),
    ("daemon/novel/thing.c", "base/log.h", True),
]


def main():
    wrong = 0
    for name, header, expected in CASES:
        with tempfile.TemporaryDirectory() as directory:
            file = pathlib.Path(directory, name)
            file.parent.mkdir(parents=True)
            file.write_text(f"/* x */\n#include <stdio.h>\n#include <{header}>\n")
            found, _ = breaches(pathlib.Path(directory))
        if bool(found) != expected:
            wrong += 1
            print(f"{name} with {header}: breach {expected} was expected, got {found}")
    print(f"{len(CASES)} cases, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

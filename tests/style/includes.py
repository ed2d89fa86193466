#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Includes point only downward, and each foreign library has one owner.

Reads every #include of our sources. A layer may include itself and what lies below it; include/
holds contracts and includes nothing of ours; a foreign header appears only where its owner is.
Prints one line for each breach and exits with 1 if there was one.
"""
import pathlib
import re
import sys

# Lowest first. main.c stands above all of them.
LAYERS = ["base", "health", "dataplane", "store", "core", "api"]

# Prefix of a foreign header -> where it may be included (paths relative to the root).
OWNERS = {
    "event2/": ["daemon/main", "daemon/api/http", "daemon/health/", "tests/unit/test_http",
                "tests/unit/test_health", "tests/unit/health_servers", "tests/bench/health"],
    "event.h": [],
    "cjson/": ["daemon/api/", "ctl/", "tests/unit/test_backend_servers", "tests/unit/test_steps",
               "tests/fuzz/fuzz_changes"],
    "bpf/": ["daemon/dataplane/", "bpf/", "tests/bpf/", "tests/dataplane/",
             "tests/bench/", "tests/stress/", "tests/system/forward.bpf"],
    "lmdb.h": ["daemon/store/", "tests/bench/control/lmdb", "tests/unit/test_store"],
    "libconfig.h": ["daemon/base/config"],
    "libxml/": ["daemon/api/answer"],
    "libmnl/": ["daemon/dataplane/", "tests/dataplane/"],
    "uuid/": ["daemon/store/", "daemon/api/"],
    "isa-l": ["daemon/store/"],
    "systemd/": ["daemon/main"],
    "curl/": ["ctl/"],
    "libsmartcols/": ["ctl/"],
    "sluice.skel.h": ["daemon/dataplane/", "tests/bpf/", "tests/dataplane/test_refused",
                      "tests/bench/", "tests/stress/"],
}
# Tests of a layer may include that layer's private headers; tests of packets, the maps'.
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
# ctl uses the data plane as a library (the pins), and what that needs.
CTL_MAY_USE = {"base", "dataplane"}


def rank(layer):
    return LAYERS.index(layer)


def layer_breach(path, header):
    """What is wrong with `path` (parts below the root) including our `header`, or None."""
    target = header.split("/")[0]
    if target not in LAYERS:
        return None
    if path[0] == "include":
        return "a contract includes a layer"
    if path[0] == "bpf":
        return "the packet program includes the daemon"
    if path[0] == "ctl" and target not in CTL_MAY_USE:
        return f"ctl may use {', '.join(sorted(CTL_MAY_USE))} only"
    if path[0] == "daemon" and len(path) == 3 and rank(target) > rank(path[1]):
        return f"{path[1]} lies below {target}"
    return None


def owner_breach(name, header):
    for prefix, owners in OWNERS.items():
        if header.startswith(prefix) and not any(name.startswith(owner) for owner in owners):
            return f"{prefix} belongs to {' and '.join(owners) or 'nobody'}"
    return None


def breaches(root):
    """Every breach below `root`, a line each; the number of files looked at."""
    found, count = [], 0
    for folder in ("include", "bpf", "daemon", "ctl", "tests"):
        for file in sorted((root / folder).rglob("*.[ch]")):
            count += 1
            relative = file.relative_to(root)
            name = relative.as_posix()
            if len(relative.parts) == 3 and relative.parts[0] == "daemon":
                if relative.parts[1] not in LAYERS:
                    found.append(f"{name}: {relative.parts[1]} is no layer")
                    continue
            for _, header in INCLUDE.findall(file.read_text()):
                breach = layer_breach(relative.parts, header) or owner_breach(name, header)
                if breach:
                    found.append(f"{name}: includes {header}: {breach}")
    return found, count


def main():
    root = pathlib.Path(sys.argv[1])
    found, count = breaches(root)
    print("\n".join(found) if found else f"{count} files, no upward include")
    if count == 0:
        print(f"{root}: no sources found")
    return 1 if found or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())

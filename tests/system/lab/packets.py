# SPDX-License-Identifier: BSD-2-Clause
"""Packets counted by nftables, beside Sluice's own counters."""
import json

from .namespace import inside, run


class Counters:
    """Named counters at one hook of a namespace's IPv4 stack; they only count."""

    def __init__(self, namespace, hook, **matches):
        self.namespace, self.table = namespace, f"count_{hook}"
        rules = "\n".join(f"{match} counter name {name}" for name, match in matches.items())
        names = "\n".join(f"counter {name} {{ }}" for name in matches)
        run(*inside(namespace, "nft", "-f", "-"), input=f"""
            table ip {self.table} {{
                {names}
                chain counted {{
                    type filter hook {hook} priority 0;
                    {rules}
                }}
            }}""")

    def packets(self):
        listing = json.loads(run(*inside(self.namespace, "nft", "-j", "list", "table", "ip",
                                         self.table)))
        return {item["counter"]["name"]: item["counter"]["packets"]
                for item in listing["nftables"] if "counter" in item}

    def remove(self):
        run(*inside(self.namespace, "nft", "delete", "table", "ip", self.table))

# SPDX-License-Identifier: BSD-2-Clause
"""100 MB each way through the VIP, every byte as it was, in the flow it began in."""
from lab.traffic import Connection

SIZE = 100_000_000


def counted(lab):
    answer = lab.api.call("DescribeStatistics")
    rows = answer["Drops"]["Drop"] + answer["Events"]["Event"]
    return {row["Reason"]: row["Packets"] for row in rows}


def test_both_ways(lab):
    balancer = lab.balancer()
    target = balancer.listen()
    balancer.add(b1=100, b2=100, b3=100)
    before = counted(lab)
    connection = Connection(lab.client, target, timeout=30)
    connection.send(f"get {SIZE}\n")
    assert connection.download(SIZE)
    assert connection.upload(SIZE)
    after = counted(lab)
    connection.close()
    grown = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    # One flow was made; none was lost and found again, and no entry was refused.
    assert grown == {"flow_new": 1}
    balancer.delete()

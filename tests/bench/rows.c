// SPDX-License-Identifier: BSD-2-Clause
#include "rows.h"

#include <linux/bpf.h>

#define K 1024u
#define M (1024u * 1024u)
#define NEW_FLOWS (64u * M) /* more than any run sends */

#define YARDSTICK(name_, yard_, number)                                               \
	{                                                                             \
		.key = #yard_, .name = name_, .subject = SUBJECT_YARD, .yard = yard_, \
		.side = PLAN_CLIENT, .order = PLAN_RANDOM, .flows = number,           \
		.expect = EXPECT_NOTHING, .verdict = XDP_PASS                         \
	}
#define LINE YARDSTICK("a dependent random line of that many bytes", YARD_LINE, M)
#define HASH_HIT \
	YARDSTICK("LRU hash: a hit among 32 thousand keys", YARD_HASH_HIT, HARNESS_FEW_KEYS)
#define HASH_LOOK \
	YARDSTICK("LRU hash: a hit, the packet left as it is", YARD_HASH_LOOK, HARNESS_FEW_KEYS)
#define HASH_INSERT                                                                     \
	{                                                                               \
		.key = "YARD_HASH_INSERT",                                              \
		.name = "LRU hash: an insert that evicts, 1 million keys",              \
		.subject = SUBJECT_YARD, .yard = YARD_HASH_INSERT, .side = PLAN_CLIENT, \
		.order = PLAN_SEQUENTIAL, .flows = NEW_FLOWS, .verdict = XDP_PASS       \
	}

#define ESTABLISHED(key_, name_, side_, number)                                        \
	{                                                                              \
		.key = key_, .name = name_, .subject = SUBJECT_PROGRAM, .side = side_, \
		.order = PLAN_RANDOM, .flows = number, .expect = EXPECT_FORWARDED,     \
		.verdict = XDP_REDIRECT                                                \
	}
#define BOTH(key_, name_, number)                                                            \
	ESTABLISHED("client." key_, "established, " name_ ", client's packets", PLAN_CLIENT, \
		    number),                                                                 \
		ESTABLISHED("reply." key_, "established, " name_ ", replies", PLAN_REPLY, number)
#define NOT_OURS                                                                   \
	{                                                                          \
		.key = "not-ours", .name = "not ours", .subject = SUBJECT_PROGRAM, \
		.side = PLAN_NOT_OURS, .order = PLAN_RANDOM, .flows = 4 * M,       \
		.expect = EXPECT_NOTHING, .verdict = XDP_PASS                      \
	}

static const struct row usual[] = {
	YARDSTICK("an empty program", YARD_EMPTY, M),
	LINE,
	HASH_HIT,
	HASH_LOOK,
	{
		.key = "YARD_FIB",
		.name = "bpf_fib_lookup",
		.subject = SUBJECT_YARD,
		.yard = YARD_FIB,
		.side = PLAN_REPLY,
		.order = PLAN_RANDOM,
		.flows = K,
		.verdict = XDP_PASS,
	},
	BOTH("1", "1 flow", 1),
	BOTH("1k", "1 thousand flows", K),
	BOTH("128k", "128 thousand flows", 128 * K),
	BOTH("1m", "1 million flows", M),
	NOT_OURS,
};

static const struct row large[] = {
	LINE,
	BOTH("1", "1 flow", 1),
	BOTH("4m", "4 million flows", 4 * M),
};

static const struct row full[] = {
	HASH_INSERT,
	{
		.key = "new",
		.name = "new flow each packet, evicting a live one",
		.subject = SUBJECT_PROGRAM,
		.side = PLAN_CLIENT,
		.order = PLAN_SEQUENTIAL,
		.flows = NEW_FLOWS,
		.expect = EXPECT_NEW,
		.verdict = XDP_REDIRECT,
	},
};

static const struct row crowd[] = { HASH_LOOK, NOT_OURS };

static const struct row listeners[] = {
	LINE,
	BOTH("1k", "1 thousand flows", K),
	BOTH("1m", "1 million flows", M),
};

static const struct row members[] = { BOTH("1k", "1 thousand flows", K) };

#define ROWS(table) .rows = table, .count = sizeof(table) / sizeof(*(table))

const struct group groups[] = {
	{
		.key = "usual",
		.name = "1 listener of 20 servers, 1 million flows in a table of 64 MB",
		.size = { .flow_bits = 20, .listeners = 1, .members = 20, .flows = M },
		.quick = true,
		ROWS(usual),
	},
	{
		.key = "large",
		.name = "1 listener of 20 servers, 4 million flows in a table of 256 MB",
		.size = { .flow_bits = 22, .listeners = 1, .members = 20, .flows = 4 * M },
		ROWS(large),
	},
	{
		.key = "full",
		.name = "1 listener of 20 servers, a full table of 64 MB",
		.size = { .flow_bits = 20, .listeners = 1, .members = 20, .full = true },
		.quick = true,
		ROWS(full),
	},
	{
		.key = "crowd",
		.name = "8,192 VIPs, 131,072 servers",
		.size = { .flow_bits = 16, .listeners = 8192, .members = 16 },
		ROWS(crowd),
	},
	{
		.key = "listeners",
		.name = "10,000 listeners of 20 servers, 1 million flows in a table of 64 MB",
		.size = { .flow_bits = 20, .listeners = 10000, .members = 20, .flows = M },
		ROWS(listeners),
	},
	{
		.key = "members",
		.name = "1 listener of 1,000 servers",
		.size = { .flow_bits = 20, .listeners = 1, .members = 1000, .flows = K },
		ROWS(members),
	},
};
const size_t group_count = sizeof(groups) / sizeof(*groups);

#define AGAINST_HIT(name_, group_, row_, factor)                      \
	{                                                             \
		name_, group_, row_, "YARD_HASH_HIT", factor, NULL, 0 \
	}
#define AGAINST_LOOK(name_, group_, factor)                                  \
	{                                                                    \
		name_, group_, "not-ours", "YARD_HASH_LOOK", factor, NULL, 0 \
	}
#define AGAINST_LINE(name_, group_, row_, one)                \
	{                                                     \
		name_, group_, row_, one, 1, "YARD_LINE", 1.2 \
	}

const struct target targets[] = {
	AGAINST_HIT("established, 1 flow, client", "usual", "client.1", 0.9),
	AGAINST_HIT("established, 1 flow, reply", "usual", "reply.1", 0.9),
	AGAINST_HIT("established, 1 thousand, client", "usual", "client.1k", 0.9),
	AGAINST_HIT("established, 1 thousand, reply", "usual", "reply.1k", 0.9),
	AGAINST_LINE("established, 128 thousand, client", "usual", "client.128k", "client.1"),
	AGAINST_LINE("established, 128 thousand, reply", "usual", "reply.128k", "reply.1"),
	AGAINST_LINE("established, 1 million, client", "usual", "client.1m", "client.1"),
	AGAINST_LINE("established, 1 million, reply", "usual", "reply.1m", "reply.1"),
	AGAINST_LINE("established, 4 million, client", "large", "client.4m", "client.1"),
	AGAINST_LINE("established, 4 million, reply", "large", "reply.4m", "reply.1"),
	{ "new flow into a full table", "full", "new", "YARD_HASH_INSERT", 0.4, NULL, 0 },
	AGAINST_LOOK("not ours, few VIPs", "usual", 0.25),
	AGAINST_LOOK("not ours, 8,192 VIPs and 131,072 servers", "crowd", 0.6),
	{ "10,000 listeners, 1 thousand flows, client", "listeners", "client.1k", "usual/client.1k",
	  1.5, NULL, 0 },
	{ "10,000 listeners, 1 thousand flows, reply", "listeners", "reply.1k", "usual/reply.1k",
	  1.5, NULL, 0 },
	{ "10,000 listeners, 1 million flows, client", "listeners", "client.1m", "usual/client.1m",
	  2, NULL, 0 },
	{ "10,000 listeners, 1 million flows, reply", "listeners", "reply.1m", "usual/reply.1m", 2,
	  NULL, 0 },
	{ "1,000 servers, 1 thousand flows, client", "members", "client.1k", "usual/client.1k", 1.2,
	  NULL, 0 },
	{ "1,000 servers, 1 thousand flows, reply", "members", "reply.1k", "usual/reply.1k", 1.2,
	  NULL, 0 },
};
const size_t target_count = sizeof(targets) / sizeof(*targets);

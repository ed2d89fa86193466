/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A data-plane test is a row: a sentence, what is different from the usual world, a frame in, the
 * verdict, the frame out byte for byte, and what was counted. Tables of rows are in table_*.c. A row
 * runs three times: with all next hops known, with the kernel's routes alone, and with bitmaps that
 * say "maybe" to everything; nobody must see a difference.
 */
#ifndef SLUICE_TESTS_BPF_ROW_H
#define SLUICE_TESTS_BPF_ROW_H

#include "frame.h"
#include "world.h"

#include <linux/bpf.h>
#include <netinet/in.h>
#include <stdint.h>

struct row {
	const char *sentence;
	struct given given;
	enum world_link link; /* where it comes in */
	struct frame in;
	uint32_t metadata; /* bytes of headroom that something else has taken */
	int verdict; /* XDP_PASS: the frame comes out as it went in */
	struct frame out; /* XDP_TX and XDP_REDIRECT */
	uint64_t counts; /* COUNTS(…): these are one, all others zero */
	uint8_t backend; /* 1, 2: the packet is in this backend's traffic; 0: in nobody's */
	bool new_flow; /* … and it counts as a new flow there */
	struct world_flow then; /* the flow entry afterwards; state 0: none */
	const char *asks; /* the daemon is asked for this neighbour */
	const char *tells; /* … or is told of this next hop in the front link, which has no index */
	uint8_t evicts; /* 1 …: this filler made room; 0: all stand as they were */
	bool twin_gone; /* the flow beside it has been removed */
	bool direct; /* the frame is known to go past the VIPs from now on, for a while */
	bool opens_window; /* replies may rebuild flows from now on, for a while */
};

struct table {
	const struct row *rows;
	size_t count;
};

#define COUNTS(name) (1ULL << SLUICE_COUNT_##name)
#define TABLE(rows)                                  \
	{                                            \
		rows, sizeof(rows) / sizeof(*(rows)) \
	}

extern const struct table table_shape, table_vip, table_line, table_syn, table_flow, table_guess,
	table_evict, table_collision, table_reply, table_rebuild, table_way, table_hop,
	table_checksum;

/* cmocka test function; *state is a const struct row. */
void row_run(void **state);

/*
 * Frames by what they are; the arguments add fields or replace those named here, which is what the
 * warning is about.
 */
#pragma GCC diagnostic ignored "-Woverride-init"

#define CLIENT_TCP(...)                                                                            \
	{                                                                                          \
		.to_station = STATION_FRONT, .from_station = STATION_CLIENT, .from = WORLD_CLIENT, \
		.from_port = WORLD_CLIENT_PORT, .to = WORLD_VIP, .to_port = WORLD_TCP_PORT,        \
		.seq = 1000, .ack = 2000, .payload = 10, __VA_ARGS__                               \
	}
#define CLIENT_UDP(...)                                                                     \
	{                                                                                   \
		.protocol = IPPROTO_UDP, .to_station = STATION_FRONT,                       \
		.from_station = STATION_CLIENT, .from = WORLD_CLIENT,                       \
		.from_port = WORLD_CLIENT_PORT, .to = WORLD_VIP, .to_port = WORLD_UDP_PORT, \
		.payload = 10, __VA_ARGS__                                                  \
	}
/* What the first backend gets of these. */
#define FIRST_GETS_TCP(...)                                                                      \
	CLIENT_TCP(.to_station = STATION_FIRST, .from_station = STATION_BACK, .to = WORLD_FIRST, \
		   .to_port = WORLD_BACKEND_PORT, .ttl = 63, __VA_ARGS__)
#define FIRST_GETS_UDP(...)                                                                      \
	CLIENT_UDP(.to_station = STATION_FIRST, .from_station = STATION_BACK, .to = WORLD_FIRST, \
		   .to_port = WORLD_BACKEND_PORT, .ttl = 63, __VA_ARGS__)
#define SECOND_GETS_TCP(...) \
	FIRST_GETS_TCP(.to_station = STATION_SECOND, .to = WORLD_SECOND, __VA_ARGS__)
#define SECOND_GETS_UDP(...) \
	FIRST_GETS_UDP(.to_station = STATION_SECOND, .to = WORLD_SECOND, __VA_ARGS__)

/* What the first backend sends. */
#define REPLY_TCP(...)                                                                             \
	{                                                                                          \
		.to_station = STATION_BACK, .from_station = STATION_FIRST, .from = WORLD_FIRST,    \
		.from_port = WORLD_BACKEND_PORT, .to = WORLD_CLIENT, .to_port = WORLD_CLIENT_PORT, \
		.seq = 2000, .ack = 1010, .payload = 20, __VA_ARGS__                               \
	}
#define REPLY_UDP(...)                                                                             \
	{                                                                                          \
		.protocol = IPPROTO_UDP, .to_station = STATION_BACK,                               \
		.from_station = STATION_FIRST, .from = WORLD_FIRST,                                \
		.from_port = WORLD_BACKEND_PORT, .to = WORLD_CLIENT, .to_port = WORLD_CLIENT_PORT, \
		.payload = 20, __VA_ARGS__                                                         \
	}
/* What the client gets of these. */
#define CLIENT_GETS_TCP(...)                                                                      \
	REPLY_TCP(.to_station = STATION_CLIENT, .from_station = STATION_FRONT, .from = WORLD_VIP, \
		  .from_port = WORLD_TCP_PORT, .ttl = 63, __VA_ARGS__)
#define CLIENT_GETS_UDP(...)                                                                      \
	REPLY_UDP(.to_station = STATION_CLIENT, .from_station = STATION_FRONT, .from = WORLD_VIP, \
		  .from_port = WORLD_UDP_PORT, .ttl = 63, __VA_ARGS__)

/* The RST that answers a client, to be completed with flags, seq and ack. */
#define CLIENT_GETS_RESET(...)                                                                  \
	{                                                                                       \
		.to_station = STATION_CLIENT, .from_station = STATION_FRONT, .from = WORLD_VIP, \
		.from_port = WORLD_TCP_PORT, .to = WORLD_CLIENT, .to_port = WORLD_CLIENT_PORT,  \
		.id = 0xffff, .window = 0xffff, __VA_ARGS__                                     \
	}
/* The RST that answers the first backend. */
#define FIRST_GETS_RESET(...)                                                                     \
	{                                                                                         \
		.to_station = STATION_FIRST, .from_station = STATION_BACK, .from = WORLD_CLIENT,  \
		.from_port = WORLD_CLIENT_PORT, .to = WORLD_FIRST, .to_port = WORLD_BACKEND_PORT, \
		.id = 0xffff, .window = 0xffff, __VA_ARGS__                                       \
	}
/* The port unreachable that answers a client's datagram. */
#define CLIENT_GETS_UNREACHABLE(quoted, ...)                                          \
	{                                                                             \
		.protocol = IPPROTO_ICMP, .to_station = STATION_CLIENT,               \
		.from_station = STATION_FRONT, .from = WORLD_VIP, .to = WORLD_CLIENT, \
		.id = 0xffff, .quotes = quoted, __VA_ARGS__                           \
	}

#define ESTABLISHED_FLOW \
	.flow = { .state = SLUICE_FLOW_ESTABLISHED, .backend = 1, .idle_s = WORLD_OLD_S }
#define FLOW(name, which)                                     \
	{                                                     \
		.state = SLUICE_FLOW_##name, .backend = which \
	}
#define FLOW_IDLE(name, which, idle)                                          \
	{                                                                     \
		.state = SLUICE_FLOW_##name, .backend = which, .idle_s = idle \
	}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The packet fuzzer in three nouns: the packets it makes, what must hold of each, the run. */
#ifndef SLUICE_TESTS_FUZZ_PACKETS_H
#define SLUICE_TESTS_FUZZ_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../bpf/frame.h"
#include "../bpf/world.h"

/* xorshift64*: the same packets for the same seed, everywhere. */
uint64_t packets_random(void);
void packets_seed(uint64_t seed);
/* True once in `times`. */
bool packets_rarely(uint32_t times);

struct packet_in {
	uint8_t bytes[FRAME_MAX];
	size_t length;
	enum world_link link;
};

/* The next packet: one that makes sense, or one that did before it was broken. */
void packets_make(struct packet_in *packet);
/* Another state of listeners, backends and rings. */
void packets_world(struct given *given, uint16_t *service);

/* What became of one. */
enum packet_fate { FATE_PASSED, FATE_DROPPED, FATE_FORWARDED, FATE_ANSWERED, FATES };

/* What is wrong with the verdict and the frame that came out; NULL if all is well. */
const char *packets_wrong(const struct packet_in *in, const struct world_run *run,
			  enum packet_fate *fate);

#endif

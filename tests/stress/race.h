/* SPDX-License-Identifier: BSD-2-Clause */
/* Between race.bpf.c, which makes packets and looks at what became of them, and stress_kernel.c. */
#ifndef SLUICE_TESTS_STRESS_RACE_H
#define SLUICE_TESTS_STRESS_RACE_H

#include <linux/types.h>

#define RACE_FLOWS 16
#define RACE_NONE 0xffffffffu

enum race_kind { RACE_CLIENT, RACE_REPLY };

struct race {
	__u64 frames[2][8]; /* the templates, by enum race_kind */
	__u64 seed;
	__u32 vip; /* as on the wire */
	__u32 learn; /* note where clients' packets go instead of judging it */
	__u32 expected[RACE_FLOWS]; /* the backend's address, as on the wire, of each flow */
	/* The last packet, judged when the next one is made. */
	__u32 last_flow, last_kind;
	/* What became of all. */
	__u64 forwarded, stayed, answered, replied, passed;
	__u64 misdirected;
	__u32 wrong_flow, wrong_address; /* the last misdirected one */
};

#endif

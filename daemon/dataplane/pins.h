/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The operator's hand brake: acts on a pin directory as root, whether or not a daemon runs. Used by
 * `sluicectl datapath`.
 */
#ifndef SLUICE_DATAPLANE_PINS_H
#define SLUICE_DATAPLANE_PINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pins_link {
	char interface[16]; /* "" if it is gone */
	bool attached;
	char mode[16]; /* "native", "generic", "detached" */
};

struct pins_status {
	char directory[256]; /* with the ABI version */
	bool present;
	uint32_t program_id;
	struct pins_link links[64];
	size_t link_count;
	uint64_t flows; /* entries */
	uint64_t vips; /* addresses */
};

/* `pins` is the directory from the configuration, without the ABI version. */
int pins_status(const char *pins, struct pins_status *out, char *why, size_t why_size);
/* Takes the VIP addresses that Sluice put there off the interfaces, then detaches the program from
 * them; maps stay, and the next start of the daemon attaches again. */
int pins_bypass(const char *pins, char *why, size_t why_size);
/* As bypass, then removes every pin: flows are forgotten. */
int pins_detach(const char *pins, char *why, size_t why_size);
/* Removes what versions with an older layout have pinned, their programs with it. */
void pins_remove_older(const char *pins);
/* Empties the flow table and opens the rebuild window for `window_s` seconds; flows come back from
 * the ring and from replies. */
int pins_flush_flows(const char *pins, uint32_t window_s, char *why, size_t why_size);

#endif

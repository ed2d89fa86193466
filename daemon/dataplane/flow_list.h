/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flows as an operator sees them, straight from the pins: as root, whether or not a daemon runs.
 * Used by `sluicectl flows`. The table is read in place, entry by entry, while packets go on, so
 * memory is bounded by what the caller keeps.
 */
#ifndef SLUICE_DATAPLANE_FLOW_LIST_H
#define SLUICE_DATAPLANE_FLOW_LIST_H

#include "base/address.h"
#include "sluice_maps.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct flow_info {
	struct address client, vip, backend; /* backend: family 0 if its id is another's by now */
	uint16_t client_port, vip_port, backend_port; /* host order */
	uint8_t protocol; /* IPPROTO_TCP, IPPROTO_UDP */
	uint8_t state; /* enum sluice_flow_state */
	uint8_t backend_state; /* enum sluice_backend_state; GONE: stale, about to be cleared */
	uint16_t service; /* ids, as in the maps */
	uint32_t backend_id;
	uint32_t age_s; /* since its last packet */
};

/* What is zero matches everything. */
struct flow_filter {
	struct address client, vip, backend; /* family 0: any */
	uint8_t client_prefix; /* leading bits of `client` that count; 0: all of them */
	uint16_t client_port, vip_port, backend_port; /* host order */
	uint8_t protocol;
	uint32_t states; /* bits: 1 << enum sluice_flow_state */
};

/* "established" and so on, NULL for numbers that are no state. */
const char *flow_state_name(unsigned int state);

/* Calls `each` with every flow that matches (filter NULL: every flow) in the order of the table;
 * what it returns unless it is 0 ends the walk and is returned. `pins` is the directory from the
 * configuration. 0, or negative with why if the pins cannot be read. */
int flow_list_each(const char *pins, const struct flow_filter *filter,
		   int (*each)(const struct flow_info *flow, void *arg), void *arg, char *why,
		   size_t why_size);

/* Ends the flows that match, and takes them off their backends' loads: the client's next segment is
 * answered with a RST, the backend's are dropped, and a SYN or datagram is scheduled anew. *killed
 * counts them. 0, or negative with why. */
int flow_list_kill(const char *pins, const struct flow_filter *filter, uint64_t *killed, char *why,
		   size_t why_size);

#endif

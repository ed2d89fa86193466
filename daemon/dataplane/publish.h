/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Publication: the wanted state of services and VIPs is staged into room that no packet looks at,
 * then switched with 8-byte stores that cannot fail. Staging compares with what the maps hold and
 * writes only differences, so staging the whole model again (at start) is the reconciliation.
 */
#ifndef SLUICE_DATAPLANE_PUBLISH_H
#define SLUICE_DATAPLANE_PUBLISH_H

#include "dataplane/dataplane.h"

struct dp_backend {
	uint32_t id;
	uint8_t generation;
	uint8_t state; /* enum sluice_backend_state */
	uint8_t health; /* kept for dataplane_known alone: 0 nothing known, 1 up, 2 down */
	bool keep; /* while it is draining, its UDP flows go on too */
	uint16_t port; /* host order */
	struct address address;
};

#define DP_ESTABLISHED_MIN_S 10 /* a shorter idle limit makes flows the victims of new ones late */

/* What a service shall be. Pointers are only read during the call. */
struct dp_service {
	uint16_t id;
	uint8_t state; /* enum sluice_service_state */
	uint8_t protocol; /* IPPROTO_TCP, IPPROTO_UDP */
	struct address vip;
	uint16_t port; /* host order */
	bool reject; /* no usable backend: RST or ICMP, instead of a silent drop */
	uint16_t established_s; /* idle limit of its established flows */
	const struct dp_backend
		*backends; /* every one but those gone; ring indexes point in here */
	size_t backend_count;
	const uint16_t *ring; /* ring_size indexes into backends, all of them ACTIVE; or NULL: … */
	/* … made when the ring that is there has another print. NULL without memory. */
	const uint16_t *(*build)(void *arg);
	void *build_arg;
	uint64_t ring_print; /* of all that the ring is made from; 0: none */
	uint32_t ring_size; /* one of SLUICE_RING_SIZES; 0: no usable backend */
};

struct dp_transaction;

/*
 * Several transactions may be open at a time if no two of them stage the same service or VIP, and no
 * service is staged whose VIP another transaction brings. What they share is counted: a ring that
 * both took has a user for each, so that one's abort leaves it to the other, and rests if any packet
 * may have seen it; blocks of room, places in reverse lines and neighbours belong to the service or
 * backend that they were taken for, and an abort gives back its own. All else (words, VIP lines, the
 * flags of what is staged) is by service or backend. What a switch replaces is looked up at the
 * switch, not remembered from the staging.
 */

/* NULL without memory. */
struct dp_transaction *dp_begin(struct dataplane *dataplane);
/* Publishes the address line and puts the address on its interface (an address that is there
 * already is adopted); before dataplane_attach that waits until the program is attached, since the
 * local stack would answer. Negative with `why`. */
int dp_stage_vip(struct dp_transaction *transaction, const struct address *vip, char *why,
		 size_t why_size);
/* Writes backends, ring, member lines, reverse lines and the (still disabled) VIP line of one
 * service, and asks the kernel for the neighbours of its backends. A backend of the service that is
 * not named any more stays as it is until dp_drop_backend. Negative with `why` if room or the
 * kernel fails: then abort. */
int dp_stage_service(struct dp_transaction *transaction, const struct dp_service *service,
		     char *why, size_t why_size);
/* Undoes in reverse order; frees the transaction. */
void dp_abort(struct dp_transaction *transaction);
/* Makes everything staged take effect: new backends active, then ring words, then states towards
 * draining or down. Frees the transaction. */
void dp_switch(struct dp_transaction *transaction);

/* After the switch, outside of transactions; never fail, are retried by dataplane_tick. */

/* What of a backend's word needs no ring: its health, `keep`, and a state that takes less than before
 * (active, draining, down: in this order). Nothing if the maps do not hold it for this service and
 * generation, or not yet switched on. A transaction that has staged the backend overwrites it. */
void dp_set_backend(struct dataplane *dataplane, uint16_t service,
		    const struct dp_backend *backend);
/* The backend is gone: its word keeps the generation only, its reverse line loses the service. */
void dp_drop_backend(struct dataplane *dataplane, uint16_t service, uint32_t backend);
/* The listener is deleted: its backends (those the maps hold for this service) go down, TCP
 * segments get a RST. The VIP line and the rest stay until dp_drop_service. */
void dp_delete_service(struct dataplane *dataplane, uint16_t service);
/* Takes the VIP line away unless another service has it by now, and everything else of it. */
void dp_drop_service(struct dataplane *dataplane, uint16_t service);
/* Takes the VIP's address off its interface (unless it was adopted) and its line out. */
void dp_drop_vip(struct dataplane *dataplane, const struct address *vip);

/* At the end of the first publication: whatever the maps hold for services, backends and VIPs that
 * were not staged since dataplane_open is dropped. */
void dataplane_reconciled(struct dataplane *dataplane);

#endif

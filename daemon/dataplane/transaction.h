/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A transaction is the list of what it did and what it will do: dp_switch runs it forward in three
 * passes, dp_abort undoes it backward.
 */
#ifndef SLUICE_DATAPLANE_TRANSACTION_H
#define SLUICE_DATAPLANE_TRANSACTION_H

#include "dataplane/internal.h"

enum step_kind {
	STEP_VIP, /* address line and address are there */
	STEP_LINE, /* a service's line is there */
	STEP_LINE_SET, /* at the switch the line of another, deleted service becomes ours */
	STEP_REVERSE, /* the backend is in its place's chain */
	STEP_RING, /* one user more of a ring */
	STEP_MEMBERS, /* a block of members is taken */
	STEP_BACKEND, /* at the switch the backend gets its state */
	STEP_SERVICE, /* at the switch the service gets its word */
};

struct step {
	enum step_kind kind;
	union {
		struct {
			uint32_t address;
			bool line, put; /* new */
		} vip;
		struct {
			struct endpoint key;
			uint16_t service;
		} line;
		uint32_t reverse; /* backend id */
		struct room_block ring, members;
		struct {
			uint32_t id;
			bool fresh; /* was gone, or another's */
			bool asked; /* its neighbour is asked for since this step */
			struct sluice_backend wanted;
		} backend;
		struct {
			uint16_t id;
			bool ring_taken; /* the old ring has one user less then */
			struct sluice_service wanted; /* its word without the version */
		} service;
	};
};

struct dp_transaction {
	struct dataplane *dataplane;
	struct step *steps;
	size_t count, capacity;
};

void step_add(struct dp_transaction *transaction, const struct step *step);

#endif

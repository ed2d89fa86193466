/* SPDX-License-Identifier: BSD-2-Clause */
/* A service that is being staged, between the files that do it. */
#ifndef SLUICE_DATAPLANE_STAGE_H
#define SLUICE_DATAPLANE_STAGE_H

#include "dataplane/publish.h"
#include "dataplane/transaction.h"

struct stage {
	struct dp_transaction *transaction;
	struct dataplane *dataplane;
	const struct dp_service *service;
	uint64_t old_word;
	struct room_block ring, members; /* wanted */
	unsigned int class;
	const uint16_t *slots; /* wanted, once they were needed */
	bool ring_taken;
	char *why;
	size_t why_size;
};

#define stage_fail(stage, code, ...) dp_fail((stage)->why, (stage)->why_size, code, __VA_ARGS__)

int stage_backend(struct stage *stage, const struct dp_backend *backend);

#endif

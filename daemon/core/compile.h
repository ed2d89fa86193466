/* SPDX-License-Identifier: BSD-2-Clause */
/* From a listener to what the data plane shall hold for it. */
#ifndef SLUICE_CORE_COMPILE_H
#define SLUICE_CORE_COMPILE_H

#include "core/model.h"
#include "core/ring.h"
#include "dataplane/publish.h"

/* Room that is kept between listeners; and the last ring, for listeners of one load balancer
 * usually have the same. Begins as zeros. */
struct compiler {
	struct dp_backend *backends;
	struct ring_member *members, *last_members;
	size_t room;
	size_t last_count; /* of last_members; 0: there is no last ring */
	uint16_t *ring; /* the last one */
	size_t usable; /* of members, for the service that was compiled */
	const uint8_t *ring_key;
};

/* A backend with what the model says of it. */
struct dp_backend compile_backend(const struct listener_record *listener,
				  const struct backend_record *backend,
				  const struct backend_view *view);
/* `side`: which version `lb` is of. Fills *out, which points into the compiler until the next call;
 * the ring is built when the data plane asks for it. 0. */
int compile_service(struct compiler *compiler, const struct model *model, enum model_side side,
		    const struct load_balancer *lb, const struct listener_record *listener,
		    const uint8_t ring_key[16], struct dp_service *out);
void compiler_free(struct compiler *compiler);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* How a server is under a listener: what its checks say, and what that makes of its backend. */
#ifndef SLUICE_API_SERVER_HEALTH_H
#define SLUICE_API_SERVER_HEALTH_H

#include "core/model.h"

struct api_context;
struct cJSON;

struct server_health {
	const char *status; /* normal, abnormal, unavailable (API, 4.6) */
	const char *state; /* active, draining, down */
	bool watched;
	struct health_report report; /* if it is */
};

/* serves_all: as model_serves_all has it for the listener. */
void server_health(const struct api_context *context, const struct load_balancer *lb,
		   const struct listener_record *listener, const struct backend_record *backend,
		   bool serves_all, struct server_health *out);
/* Adds an object with what the prober does as a whole. */
void answer_checks(struct cJSON *answer, const char *key, const struct health *health);

#endif

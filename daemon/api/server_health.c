// SPDX-License-Identifier: BSD-2-Clause
/* See server_health.h. */
#include "api/server_health.h"
#include "api/answer.h"
#include "api/api.h"
#include "base/choice.h"
#include "sluice_maps.h"

static const char *const state_names[] = {
	[SLUICE_BACKEND_GONE] = "gone",
	[SLUICE_BACKEND_ACTIVE] = "active",
	[SLUICE_BACKEND_DRAINING] = "draining",
	[SLUICE_BACKEND_DOWN] = "down",
};

static const char *const status_names[] = {
	[HEALTH_UNKNOWN] = "unavailable",
	[HEALTH_UP] = "normal",
	[HEALTH_DOWN] = "abnormal",
};

static bool runs(const struct model *model, const struct member_record *member)
{
	const struct instance_record *instance = model_instance(model, member->server_id);

	return instance && instance->status == INSTANCE_RUNNING;
}

void server_health(const struct api_context *context, const struct load_balancer *lb,
		   const struct listener_record *listener, const struct backend_record *backend,
		   bool serves_all, struct server_health *out)
{
	struct backend_view view;

	*out = (struct server_health){ 0 };
	model_backend_view(context->model, MODEL_COMMITTED, lb, listener, backend, serves_all,
			   &view);
	out->state = state_names[view.state];
	out->status = view.member && !runs(context->model, view.member) ? "abnormal"
									: status_names[view.health];
	out->watched = health_report(context->health, backend->id, &out->report);
}

void answer_checks(struct cJSON *answer, const char *key, const struct health *health)
{
	struct cJSON *object = answer_object(answer, key);
	struct health_status status;

	health_status(health, &status);
	answer_number(object, "Watched", status.watched);
	answer_number(object, "Checks", status.checks);
	answer_number(object, "Down", status.down);
	answer_number(object, "InFlight", status.in_flight);
	answer_number(object, "Probes", (int64_t)status.probes);
	answer_number(object, "Late", (int64_t)status.late);
	answer_number(object, "LatestMs", status.latest_ms);
	answer_number(object, "Unsent", (int64_t)status.unsent);
}

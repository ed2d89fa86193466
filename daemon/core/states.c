// SPDX-License-Identifier: BSD-2-Clause
/*
 * The state of a backend: a function of what is configured (member, weight, instance, drain) and of
 * what is known (vitals). Whoever leaves for a reason (removed, unhealthy, its instance does not
 * run) drains until the listener's timeout if that has one; weight 0 drains without end.
 */
#include "core/staging.h"

#include "base/choice.h"
#include "base/config.h"
#include "sluice_maps.h"

/* What is configured for a backend. */
struct seat {
	const struct member_record *member; /* NULL: removed */
	bool runs; /* its instance does */
};

static struct seat seat_of(const struct model *model, enum model_side side,
			   const struct load_balancer *lb, const struct listener_record *listener,
			   const struct backend_record *backend)
{
	struct seat seat = { .member = lb_backend_member(lb, listener, backend) };
	const struct instance_record *instance;

	if (!seat.member)
		return seat;
	instance = side == MODEL_STAGED ? find_instance_anywhere(model, seat.member->server_id)
					: model_instance(model, seat.member->server_id);
	seat.runs = instance && instance->status == INSTANCE_RUNNING;
	return seat;
}

static bool is_checked(const struct load_balancer *lb, const struct listener_record *listener)
{
	return listener->health.enabled && listener->status == LISTENER_RUNNING &&
	       lb->record.status == LB_ACTIVE;
}

bool model_is_watched(const struct model *model, enum model_side side,
		      const struct load_balancer *lb, const struct listener_record *listener,
		      const struct backend_record *backend)
{
	return is_checked(lb, listener) && seat_of(model, side, lb, listener, backend).runs;
}

/* Of a removed one, what was last known; of others, what is known as long as they are checked. */
static enum health_state health_of(const struct model *model, const struct load_balancer *lb,
				   const struct listener_record *listener,
				   const struct backend_record *backend, const struct seat *seat)
{
	if (seat->member && !(seat->runs && is_checked(lb, listener)))
		return HEALTH_UNKNOWN;
	return vitals_health(&model->vitals, backend->id);
}

bool model_all_unhealthy(const struct model *model, enum model_side side,
			 const struct load_balancer *lb, const struct listener_record *listener)
{
	bool any = false;

	for (uint32_t i = 0; is_checked(lb, listener) && i < listener->backend_count; i++) {
		const struct backend_record *backend = &listener->backends[i];
		struct seat seat = seat_of(model, side, lb, listener, backend);

		if (!seat.runs || !seat.member->weight)
			continue;
		if (health_of(model, lb, listener, backend, &seat) != HEALTH_DOWN)
			return false;
		any = true;
	}
	return any;
}

void model_backend_view(const struct model *model, enum model_side side,
			const struct load_balancer *lb, const struct listener_record *listener,
			const struct backend_record *backend, bool serves_all,
			struct backend_view *out)
{
	struct seat seat = seat_of(model, side, lb, listener, backend);
	bool drains = listener->connection_drain == SWITCH_ON, unhealthy;

	*out = (struct backend_view){
		.member = seat.member,
		.health = health_of(model, lb, listener, backend, &seat),
		.state = SLUICE_BACKEND_ACTIVE,
	};
	unhealthy = out->health == HEALTH_DOWN &&
		    !(serves_all && seat.member && seat.member->weight);
	if (seat.runs && !unhealthy) {
		if (!seat.member->weight)
			out->state = SLUICE_BACKEND_DRAINING;
		return;
	}
	out->state = SLUICE_BACKEND_DRAINING;
	out->timed = drains;
	/* One that is only removed goes on without end where the drain has none. */
	if (drains ? vitals_expired(&model->vitals, backend->id)
		   : seat.member || unhealthy || vitals_cut(&model->vitals, backend->id))
		out->state = SLUICE_BACKEND_DOWN;
}

bool model_serves_all(const struct model *model, enum model_side side,
		      const struct load_balancer *lb, const struct listener_record *listener)
{
	return model->config->all_unhealthy == ALL_UNHEALTHY_SERVE &&
	       model_all_unhealthy(model, side, lb, listener);
}

unsigned int model_backend_state(const struct model *model, const struct load_balancer *lb,
				 const struct listener_record *listener,
				 const struct backend_record *backend)
{
	struct backend_view view;

	model_backend_view(model, MODEL_COMMITTED, lb, listener, backend,
			   model_serves_all(model, MODEL_COMMITTED, lb, listener), &view);
	return view.state;
}

void model_recall(struct model *model, model_known *known, void *arg)
{
	size_t count;
	const struct load_balancer *const *lbs = model_lbs(model, &count);

	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < lbs[i]->listener_count; j++) {
			const struct listener_record *listener = lbs[i]->listeners[j];

			for (uint32_t k = 0; k < listener->backend_count; k++) {
				const struct backend_record *backend = &listener->backends[k];
				struct backend_known it = known(arg, backend->id);

				if (it.generation != backend->generation)
					continue;
				vitals_set_health(&model->vitals, backend->id, it.health);
				vitals_set_expired(&model->vitals, backend->id, it.down);
				vitals_set_cut(&model->vitals, backend->id, it.down);
			}
		}
	}
}

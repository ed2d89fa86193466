/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files that make plans share: steps and their lines. */
#ifndef SLUICE_CTL_PLAN_STEPS_H
#define SLUICE_CTL_PLAN_STEPS_H

#include "config.h"
#include "plan.h"

/* A new step at the end of a phase, in the region of this object; valid until the next one. */
struct plan_step *plan_add(struct plan *plan, enum plan_phase phase, const char *action,
			   const cJSON *in_region);
/* A line of a step. */
void plan_line(struct plan_step *step, char sign, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The id becomes a parameter of the step. */
void plan_need(struct plan_step *step, const struct plan_id *id, const char *as,
	       const char *suffix);
/* `id` may be NULL: not made yet. */
struct plan_id *plan_id(struct plan *plan, const char *id);

/* A parameter from a field; nothing if it has no value. */
void plan_set(struct plan_step *step, const char *name, const cJSON *value);

/* True if the field has the same value in both. */
bool plan_same(const struct config_field *field, const cJSON *a, const cJSON *b);
/* "Key 1 → 2, Other on → off" for the fields with this setter (NULL: all) that differ; malloc'ed,
 * "" if none does. */
char *plan_changes(const struct config_kind *kind, const char *setter, const cJSON *current,
		   const cJSON *wanted);

/* TagResources and UntagResources, so that the resource has the wanted tags. `suffix` goes behind
 * the id; `of` is for the lines. */
struct plan_tags {
	const char *type, *suffix, *of;
	struct plan_id *id;
	const cJSON *lb;
};
void plan_tags(struct plan *plan, enum plan_phase phase, const struct plan_tags *tags,
	       const cJSON *current, const cJSON *wanted);

/* The servers of a default group (group NULL) or a VServer group, as they are and as they are to be
 * (either may be NULL: none). */
struct plan_servers {
	const char *of;
	struct plan_id *lb, *group;
	const cJSON *lb_object;
	bool remove_first; /* since old and new ones cannot be together */
};
void plan_servers(struct plan *plan, enum plan_phase phase, const struct plan_servers *servers,
		  const cJSON *current, const cJSON *wanted);

/* Servers whose instance does not run, after all others: it runs for the moment of three calls. */
void plan_late_servers(struct plan *plan);
/* Takes these servers of the current list out, before all else. */
void plan_free_servers(struct plan *plan, const struct plan_servers *servers, cJSON *current,
		       const char *server_id);

/* Everything below a load balancer. `current` is NULL for a new one. `of` is for the lines. */
struct plan_content {
	const char *of;
	struct plan_id *lb;
	enum plan_phase phase;
	bool remove_first;
};
void plan_groups(struct plan *plan, const struct plan_content *content, const cJSON *current,
		 const cJSON *wanted, struct plan_id **ids);
void plan_old_groups(struct plan *plan, const struct plan_content *content, const cJSON *current,
		     const cJSON *wanted);
/* `ids` are those of the wanted groups, in their order. */
void plan_listeners(struct plan *plan, const struct plan_content *content, const cJSON *current,
		    const cJSON *wanted, struct plan_id *const *ids);

/* The inventory. The servers that must leave their groups first are taken out of `current`, and
 * instances that are made anew are. */
void plan_instances(struct plan *plan, cJSON *current, const cJSON *wanted);

/* All load balancers. The rest as plan_make. */
int plan_lbs(struct plan *plan, const cJSON *current, const cJSON *wanted, char *why,
	     size_t why_size);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the model: the tables of objects, each in its committed and its staged version, and what
 * is derived from the staged ones (addresses in use, ids, counts). The rules (rules_*.c) look
 * through find_* and index, and put their results in with stage_*. For the core only.
 */
#ifndef SLUICE_CORE_STAGING_H
#define SLUICE_CORE_STAGING_H

#include "core/ids.h"
#include "core/objects.h"
#include "core/tally.h"
#include "core/tokens.h"
#include "core/vitals.h"

struct index {
	const struct config *config;
	struct tally vips; /* address: load balancers */
	struct address *lowest_vips; /* by pool: nothing below is free */
	struct tally users; /* instance id: load balancers that have it as a server */
	struct tally addresses; /* address and kind: instances */
	struct tally backends; /* address, port, protocol: services */
	struct ids service_ids, backend_ids;
	uint8_t *generations; /* by backend id: the one last used */
	uint64_t lb_count, listener_count, backend_count, instance_count;
};

struct lb_entry {
	char id[RECORD_ID];
	bool staged_now;
	struct load_balancer *committed, *staged;
};

struct instance_entry {
	char id[RECORD_ID];
	bool staged_now;
	struct instance_record *committed, *staged;
};

struct model {
	const struct config *config;
	struct table lbs, instances; /* of entries, by id */
	void *owners; /* tree: whose a group is */
	struct tokens tokens;
	struct index index; /* of what is staged */
	struct tally committed_vips; /* as index.vips, but of what is committed */
	struct vitals vitals;
	struct lb_entry **lb_batch; /* staged since the last commit or rollback, each once */
	struct instance_entry **instance_batch;
	size_t lb_batch_count, instance_batch_count;
	struct load_balancer **lb_dead; /* superseded within the batch; freed at its end */
	struct instance_record **instance_dead;
	size_t lb_dead_count, instance_dead_count;
	struct model_delta *deltas;
	const struct load_balancer **lb_list; /* sorted, of what is committed; NULL: stale */
	const struct instance_record **instance_list;
	size_t lb_list_count, instance_list_count;
};

/* Staged versions, of the region; NULL if there is none. */
const struct load_balancer *find_lb(const struct model *model, const char *region, const char *id);
const struct instance_record *find_instance(const struct model *model, const char *region,
					    const char *id);
/* The same, whatever its region. */
const struct instance_record *find_instance_anywhere(const struct model *model, const char *id);
/* A VServer group by its id alone, and whose it is. */
const struct group_record *find_group(const struct model *model, const char *region, const char *id,
				      const struct load_balancer **lb);
void each_staged_lb(const struct model *model,
		    void (*each)(const struct load_balancer *lb, void *arg), void *arg);

/* Take over the object (NULL: it shall not exist any more). */
void stage_lb(struct model *model, const char *id, struct load_balancer *lb);
void stage_instance(struct model *model, const char *id, struct instance_record *instance);
/* Brings the instance's load balancers into the batch unaltered: what they publish changes. */
void stage_users(struct model *model, const char *instance_id);

/* owners.c: the groups of a version that is staged; those of one that is gone, unless another one
 * (each may be NULL) has them. */
void owners_add(struct model *model, const struct load_balancer *lb);
void owners_remove(struct model *model, const struct load_balancer *gone,
		   const struct load_balancer *kept, const struct load_balancer *also_kept);
void owners_free(struct model *model);

/* index.c: what is derived goes from the old version to the new one (either may be NULL). Service
 * and backend ids are not touched. */
void index_lb(struct index *index, const struct load_balancer *old_lb,
	      const struct load_balancer *new_lb);
void index_instance(struct index *index, const struct instance_record *old_instance,
		    const struct instance_record *new_instance);
/* Services that use one backend address, port and protocol; with `fresh` also those counted there
 * by the same change, to which this one is added. */
uint32_t index_backend_users(const struct index *index, const struct backend_record *backend,
			     unsigned int protocol, struct tally *fresh);
uint32_t index_address_owners(const struct index *index, const struct address *address,
			      unsigned int kind);
/* Ids of `lb` that neither of the others (each may be NULL) has are free again. */
void index_release_ids(struct index *index, const struct load_balancer *lb,
		       const struct load_balancer *kept, const struct load_balancer *also_kept);

/* One change's way from members to backends. */
struct fit {
	struct model *model;
	struct tally fresh; /* address, port, protocol: services that this change adds */
	struct error *error;
	int result; /* sticky: -ERR_OVER_QUOTA */
};
/* backends.c: the listener's backends for these members: known ones keep id and generation, also
 * those that drain; new ones get ids; those without a member are marked removed. The listener
 * itself if nothing changed. With an error the new listener lacks backends, and is to be given up. */
struct listener_record *backends_fit(struct fit *fit, const struct group_record *group,
				     struct listener_record *listener);

/* vip_pool.c: chooses wanted->vip and fills what the pool decides. */
int vip_choose(struct model *model, const struct create_lb *request, struct lb_record *wanted,
	       struct error *error);

/* identity.c: prefix + 20 random characters of [0-9a-z]. */
void identity_make(const char *prefix, char id[static RECORD_ID]);
int64_t identity_now_ms(void);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules, without any I/O. Two kinds of object: the load balancer with all that hangs off it,
 * and the instance. An object is immutable: a change makes an altered copy and stages it. Readers
 * see what is committed; changes are judged against what is staged, in order. A batch ends in
 * model_commit (durable and forwarding) or model_rollback (nothing happened).
 *
 * Every change function looks first and stages last: one that breaks a rule leaves no trace.
 */
#ifndef SLUICE_CORE_MODEL_H
#define SLUICE_CORE_MODEL_H

#include "base/error.h"
#include "health/health.h"
#include "store/record.h"

struct config;
struct model;

struct load_balancer {
	struct lb_record record;
	struct group_record **groups; /* by id: the default group is the first, and always there */
	size_t group_count;
	struct listener_record **listeners; /* by port, then protocol */
	size_t listener_count;
	struct tags_record **tags; /* of itself and all that hangs off it: by type, then id */
	size_t tags_count;
};

/* generation(arg, id): the generation last used with a backend id; 0 if never. */
typedef uint8_t model_generation(void *arg, uint32_t backend);

/* The model keeps a pointer to config. NULL without memory. */
struct model *model_new(const struct config *config);
void model_free(struct model *model);

/* At start: takes over one record from the store, in key order; committed at once. Negative with
 * `why` if it contradicts what came before. */
int model_load(struct model *model, struct record *record, char *why, size_t why_size);
/* After the last record, and after the data plane is open. */
void model_loaded(struct model *model, model_generation *generation, void *arg);

/* --- reading: what is committed. Pointers hold until the event loop's next turn. --- */

const struct load_balancer *model_lb(const struct model *model, const char *id);
const struct instance_record *model_instance(const struct model *model, const char *id);
/* All, by creation time, then id. The array belongs to the model until the next change. */
const struct load_balancer *const *model_lbs(struct model *model, size_t *count);
const struct instance_record *const *model_instances(struct model *model, size_t *count);
/* NULL if there is none. */
const struct listener_record *lb_listener(const struct load_balancer *lb, unsigned int protocol,
					  unsigned int port);
/* A group of this load balancer ("": the default group), and the one behind a listener. NULL if there
 * is none; a listener has one. */
const struct group_record *lb_group(const struct load_balancer *lb, const char *id);
const struct group_record *lb_listener_group(const struct load_balancer *lb,
					     const struct listener_record *listener);
/* A VServer group by its id alone; *lb is whose it is. NULL if there is none. */
const struct group_record *model_group(const struct model *model, const char *id,
				       const struct load_balancer **lb);
/* True if a member of any group is a server of this instance. */
bool lb_uses_instance(const struct load_balancer *lb, const char *instance_id);
/* The member behind a backend, NULL if it is removed. */
const struct member_record *lb_backend_member(const struct load_balancer *lb,
					      const struct listener_record *listener,
					      const struct backend_record *backend);

/* The backend of a member of the listener's group; NULL if it has none. */
const struct backend_record *lb_member_backend(const struct load_balancer *lb,
					       const struct listener_record *listener,
					       const struct member_record *member);

/* The tags of a resource of this load balancer; NULL: it has none. */
const struct tags_record *lb_tags(const struct load_balancer *lb, unsigned int type,
				  const char *id);
/* The id by which the tag actions know a listener. */
void listener_tag_id(const struct listener_record *listener, char id[static RECORD_ID]);
/* True if the load balancer has, or is, this resource, which came to be at *created_ms. */
bool lb_has_resource(const struct load_balancer *lb, unsigned int type, const char *id,
		     int64_t *created_ms);
/* Whose a resource is, by type (enum resource_type) and id; NULL if there is none in the region. */
const struct load_balancer *model_resource(const struct model *model, const char *region,
					   unsigned int type, const char *id, int64_t *created_ms);

/* --- changes --- */

/* Fields as in lb_record, already in range; empty strings and zero addresses: not given. */
struct create_lb {
	struct lb_record wanted;
	bool address_type_given;
	bool vip_given; /* wanted.vip is the Address parameter */
	uint8_t ip_version; /* enum ip_version */
};
/* *out is the staged object; it lives until commit or rollback. Checks: pool rules of CreateLB
 * (VSwitch, VPC, Address), quota. Fills id, default name, network type, region default, zones,
 * times. */
int model_create_lb(struct model *model, const struct create_lb *request,
		    const struct load_balancer **out, struct error *error);
int model_delete_lb(struct model *model, const char *region, const char *id, struct error *error);

/* One field of a load balancer: 0, or what its rule says. */
enum lb_field {
	LB_FIELD_STATUS,
	LB_FIELD_NAME,
	LB_FIELD_DELETE_PROTECTION,
	LB_FIELD_PROTECTION, /* status and reason */
	LB_FIELD_SPEC,
	LB_FIELD_INTERNET_CHARGE,
	LB_FIELD_BANDWIDTH,
	LB_FIELD_INSTANCE_CHARGE,
	LB_FIELD_PAY_TYPE,
	LB_FIELDS
};
struct set_lb {
	bool given[LB_FIELDS];
	struct lb_record wanted; /* id and region say which; those given count */
};
int model_set_lb(struct model *model, const struct set_lb *request, struct error *error);

/* What a token made, as long as the token counts (*known; NULL: nothing).
 * -ERR_TOKEN_CONFLICT if it came with another request, -ERR_OVER_QUOTA if no token can be kept. */
#define TOKEN_LIFE_MS INT64_C(86400000)
#define TOKENS_MAX 100000
#define TOKENS_BYTES_MAX (64U << 20) /* no more are kept once their results take as much */
int model_find_token(const struct model *model, const char *token, const char *request,
		     const struct token_record **known, struct error *error);
void model_keep_token(struct model *model, const struct token_record *token);
/* Takes away the tokens that do not count any more; returns how many. */
size_t model_expire_tokens(struct model *model);

/* Tags for resources of one type: all of them or none. */
struct tag_change {
	const char *region;
	uint8_t type; /* enum resource_type */
	char ids[RECORD_TAGS][RECORD_ID];
	uint32_t id_count;
	const struct tag_record *tags;
	uint32_t tag_count;
	bool all; /* untag: without a tag, every tag goes */
};
int model_tag(struct model *model, const struct tag_change *request, struct error *error);
/* Looks at the keys alone. */
int model_untag(struct model *model, const struct tag_change *request, struct error *error);

/* `wanted` has every field of the request or its default; service and backends are filled here. */
int model_create_listener(struct model *model, const char *region,
			  const struct listener_record *wanted, struct error *error);
/* What is not named stays. */
#define LISTENER_FIELDS_MAX 32
struct set_listener {
	const char *region;
	struct listener_record wanted; /* lb_id, protocol and port say which listener */
	struct {
		size_t offset, size;
	} fields[LISTENER_FIELDS_MAX]; /* of `wanted`, that are given */
	size_t field_count;
	bool group_given; /* wanted.group_id; "": back to the default group */
};
int model_set_listener(struct model *model, const struct set_listener *request,
		       struct error *error);
/* protocol < 0: not named. not_found: the code to answer when there is none. */
struct listener_key {
	const char *region;
	const char *lb_id;
	int protocol;
	uint16_t port;
};
int model_set_listener_status(struct model *model, const struct listener_key *key,
			      unsigned int status, struct error *error);
int model_delete_listener(struct model *model, const struct listener_key *key, struct error *error);

/* --- servers and their groups --- */

/* One entry of BackendServers; rules 1-8 of AddBackendServers hold for it already. */
struct server_entry {
	char server_id[RECORD_ID];
	uint8_t type; /* enum server_type */
	struct address address; /* family 0: not given */
	uint8_t weight;
	bool weight_given, port_given, description_given;
	uint16_t port;
	char description[RECORD_NAME];
};
#define SERVER_ENTRIES_MAX 20
struct server_change {
	const char *region;
	const char *lb_id; /* whose default group is meant, */
	const char *group_id; /* unless this is not NULL: a VServer group */
	struct server_entry entries[SERVER_ENTRIES_MAX];
	size_t count;
};
/* What the request touched, for its answer, in request order. */
struct server_list {
	struct member_record *members;
	size_t count;
};
void server_list_free(struct server_list *list);
/* Rules 9-18 of AddBackendServers, then the change; the others per sections 4.3 and 4.4 of the API.
 * On success *out is filled (before it is overwritten unseen); the caller frees it. */
int model_add_servers(struct model *model, const struct server_change *request,
		      struct server_list *out, struct error *error);
int model_set_servers(struct model *model, const struct server_change *request,
		      struct server_list *out, struct error *error);
int model_remove_servers(struct model *model, const struct server_change *request,
			 struct server_list *out, struct error *error);
/* In one step: the old servers of a VServer group go, those of `wanted` come; either may be empty. */
int model_modify_servers(struct model *model, const struct server_change *old,
			 const struct server_change *wanted, struct server_list *out,
			 struct error *error);
/* A new VServer group of wanted->lb_id with these servers (there may be none); name "": its id. Its
 * id goes to `id`. */
int model_create_group(struct model *model, const struct server_change *wanted, const char *name,
		       char id[static RECORD_ID], struct server_list *out, struct error *error);
/* name "": stays; *now is what it is then. Weights and descriptions of the servers that the change
 * names. */
int model_set_group(struct model *model, const struct server_change *request, const char *name,
		    char now[static RECORD_NAME], struct server_list *out, struct error *error);
int model_delete_group(struct model *model, const char *region, const char *id,
		       struct error *error);

/* Fields as in instance_record. */
struct wanted_instance {
	char id[RECORD_ID]; /* "": generate one */
	char name[RECORD_ID], vpc_id[RECORD_ID], zone_id[RECORD_ID], region[RECORD_ID];
	uint8_t kind, status, network_type;
	bool auto_registered;
	struct address addresses[RECORD_INSTANCE_ADDRESSES];
	uint32_t address_count;
	int64_t created_ms;
};
struct register_instance {
	struct wanted_instance wanted;
	bool name_given, vpc_given, zone_given, status_given, network_type_given;
};
int model_register_instance(struct model *model, const struct register_instance *request,
			    const struct instance_record **out, struct error *error);
int model_set_instance_status(struct model *model, const char *region, const char *id,
			      unsigned int status, struct error *error);
int model_deregister_instance(struct model *model, const char *region, const char *id,
			      struct error *error);
/* Drained backends whose last flow is gone leave their listener. */
int model_release_backend(struct model *model, const char *lb_id, unsigned int protocol,
			  unsigned int port, uint32_t backend);
/* Ids that the kernel has forgotten may be given out again. */
void model_free_service(struct model *model, uint16_t service);
void model_free_backend(struct model *model, uint32_t backend);
/* True if a load balancer has this VIP, of what is staged. */
bool model_has_vip(const struct model *model, const struct address *vip);
/* The same of what is committed: the batch may yet give it away, or come to nothing. */
bool model_vip_is_committed(const struct model *model, const struct address *vip);

/* --- batches: for commit --- */

struct model_delta {
	const struct load_balancer *lb_old, *lb_new; /* NULL: did or does not exist */
	const struct instance_record *instance_old, *instance_new;
	const struct token_record *token_old, *token_new;
};
/* Everything staged since the last commit or rollback, one delta an object; belongs to the model.
 * An instance whose status changed brings its load balancers along, old and new the same. */
const struct model_delta *model_staged(struct model *model, size_t *count);
/* True while the batch has it. */
bool model_lb_is_staged(const struct model *model, const char *id);
/* Frees the versions that later changes of the batch have superseded: what a change function gave out
 * is gone then. A long batch would pile them up. */
void model_sweep(struct model *model);
void model_commit(struct model *model);
void model_rollback(struct model *model);

/* --- states: of what is configured, with what is known of the backends by now --- */

/* Whose instances are looked at: those of the version that `lb` is of. Only what prepares a batch or
 * follows from its switch takes the staged ones; for all others they may yet come to nothing. */
enum model_side { MODEL_COMMITTED, MODEL_STAGED };

/* enum sluice_backend_state of a backend, of what is committed. */
unsigned int model_backend_state(const struct model *model, const struct load_balancer *lb,
				 const struct listener_record *listener,
				 const struct backend_record *backend);
/* The same with what it comes from; serves_all: as model_serves_all has it for the listener. */
struct backend_view {
	const struct member_record *member; /* NULL: removed */
	enum health_state health; /* what is known of it, and counts */
	uint8_t state; /* enum sluice_backend_state */
	bool timed; /* it leaves, and ConnectionDrain is on: down once its time is over */
};
void model_backend_view(const struct model *model, enum model_side side,
			const struct load_balancer *lb, const struct listener_record *listener,
			const struct backend_record *backend, bool serves_all,
			struct backend_view *out);
/* True if there are members that could take traffic, and the checks say of each that it is down. */
bool model_all_unhealthy(const struct model *model, enum model_side side,
			 const struct load_balancer *lb, const struct listener_record *listener);
/* True if that is so, and they shall be served nevertheless (all_unhealthy = "serve"). */
bool model_serves_all(const struct model *model, enum model_side side,
		      const struct load_balancer *lb, const struct listener_record *listener);
/* True if the backend is to be checked: of a running listener with checks, and its instance runs. */
bool model_is_watched(const struct model *model, enum model_side side,
		      const struct load_balancer *lb, const struct listener_record *listener,
		      const struct backend_record *backend);

/* known(arg, id): what the last daemon knew of a backend. */
struct backend_known {
	uint8_t generation; /* of whom it is known */
	enum health_state health;
	bool down; /* it was */
};
typedef struct backend_known model_known(void *arg, uint32_t backend);
/* At start, after the last record: takes over what is known of its backends. */
void model_recall(struct model *model, model_known *known, void *arg);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Sluice keeps on disk: what the operator asked for, and the ids under which the kernel knows
 * it. These structs are also the innermost part of the model. They are written field by field
 * (record_write), each record with its version and a CRC32C, never as raw memory.
 */
#ifndef SLUICE_STORE_RECORD_H
#define SLUICE_STORE_RECORD_H

#include "base/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_ID 65 /* ids: up to 64 characters */
#define RECORD_NAME 81 /* names, descriptions of members: up to 80 */
#define RECORD_TEXT 257 /* descriptions of listeners: up to 256 */
#define RECORD_INSTANCE_ADDRESSES 20

/* Fields named after a choice hold its value (base/choice.h). */
struct lb_record {
	char id[RECORD_ID];
	char name[RECORD_NAME];
	char region[RECORD_ID];
	struct address vip;
	uint8_t address_type, network_type, spec, instance_charge, internet_charge;
	uint8_t delete_protection, protection_status, pay_type, status;
	char protection_reason[RECORD_NAME];
	char vpc_id[RECORD_ID], vswitch_id[RECORD_ID];
	char master_zone[RECORD_ID], slave_zone[RECORD_ID];
	char resource_group[RECORD_ID];
	int32_t bandwidth; /* Mbit/s, -1: none */
	int64_t created_ms; /* since 1970 */
};

struct member_record {
	const char *server_id; /* shared texts (base/shared_text.h), up to RECORD_ID - 1, */
	const char *description; /* RECORD_NAME - 1; "": none */
	struct address address; /* resolved when it was added */
	uint16_t port; /* 0: the listener's */
	uint8_t weight; /* 0-100 */
	uint8_t type; /* enum server_type */
};

/* A server group; members in the order added. The default group of a load balancer has no id and no
 * name; in a VServer group every member has a port. */
struct group_record {
	char lb_id[RECORD_ID];
	char id[RECORD_ID]; /* "": the default group */
	char name[RECORD_NAME];
	int64_t created_ms;
	struct member_record *members;
	uint32_t member_count;
};

/* One backend of the data plane: a member, or a former member that drains, under one listener. */
struct backend_record {
	uint32_t id;
	uint8_t generation;
	bool removed; /* no member stands behind it any more: it drains */
	uint16_t port;
	struct address address;
};

struct listener_record {
	char lb_id[RECORD_ID];
	uint8_t protocol; /* enum protocol */
	uint16_t port;
	uint16_t service; /* id in the data plane */
	uint16_t backend_port; /* 0: none given */
	uint8_t status, scheduler, mode, policy;
	int32_t bandwidth;
	char description[RECORD_TEXT];
	uint8_t acl_status, connection_drain;
	uint16_t drain_timeout_s; /* with connection_drain; 0: none */
	uint16_t persistence_s, established_s;
	struct {
		uint8_t enabled, type, method;
		uint16_t port; /* 0: the server's */
		uint16_t timeout_s, interval_s;
		uint8_t rise, fall;
		char uri[RECORD_NAME], domain[RECORD_NAME], codes[RECORD_NAME];
		char request[RECORD_ID], expect[RECORD_ID];
	} health;
	int64_t created_ms;
	char group_id[RECORD_ID]; /* "": the default group */
	uint8_t syn_proxy; /* stored only */
	struct backend_record *backends; /* those of members in any order, then draining ones */
	uint32_t backend_count;
};

struct instance_record {
	char id[RECORD_ID];
	const char *name, *vpc_id, *zone_id, *region; /* shared texts, up to RECORD_ID - 1 */
	uint8_t kind; /* enum server_type */
	uint8_t status; /* enum instance_status */
	uint8_t network_type; /* enum network_type */
	bool auto_registered;
	struct address *addresses; /* at most RECORD_INSTANCE_ADDRESSES */
	uint32_t address_count;
	int64_t created_ms;
};

/* Characters may take four bytes each. */
#define RECORD_TAG_KEY 257 /* up to 64 characters */
#define RECORD_TAG_VALUE 513 /* up to 128 */
#define RECORD_TAGS 20 /* of one resource */

struct tag_record {
	char key[RECORD_TAG_KEY];
	char value[RECORD_TAG_VALUE];
};

/* The tags of one resource, by key; none without a tag. */
struct tags_record {
	char id[RECORD_ID]; /* of the resource, as the API's tag actions have it */
	uint8_t type; /* enum resource_type */
	char lb_id[RECORD_ID]; /* whose resource it is */
	struct tag_record *tags;
	uint32_t tag_count;
};

/* A ClientToken that made something, and what was answered then. */
struct token_record {
	char token[RECORD_ID];
	char request[RECORD_ID]; /* a fingerprint of the parameters that came with it */
	int64_t created_ms;
	char lb_id[RECORD_ID];
	char name[RECORD_NAME];
	struct address vip;
	uint8_t network_type;
	char vpc_id[RECORD_ID], vswitch_id[RECORD_ID];
	char resource_group[RECORD_ID];
	char *results; /* of a list of changes, as text without an end; NULL: a load balancer's */
	uint32_t results_length;
};

enum record_kind {
	RECORD_LB = 1,
	RECORD_GROUP,
	RECORD_LISTENER,
	RECORD_INSTANCE,
	RECORD_TAG_SET,
	RECORD_TOKEN
};

/* A record on its way to or from disk: the kind says which member counts. */
struct record {
	enum record_kind kind;
	union {
		const struct lb_record *lb;
		const struct group_record *group;
		const struct listener_record *listener;
		const struct instance_record *instance;
		const struct tags_record *tags;
		const struct token_record *token;
	};
};

#define RECORD_KEY_MAX 160

/* The key: kind byte, then the id ("<lb>/<protocol byte>/<port, two bytes>" for a listener, "<id>/<type byte>" for tags,
 * "<lb>" or "<lb>/<id>" for a group).
 * Returns its length. */
size_t record_key(const struct record *record, uint8_t key[static RECORD_KEY_MAX]);
/* Serialises with version and CRC32C into a malloc'ed buffer that the caller frees.
 * -ERR_UNAVAILABLE without memory, -ERR_INTERNAL for a field that record_read would refuse. */
int record_write(const struct record *record, uint8_t **bytes, size_t *length);
/* Reads one record, of this version or an earlier one, back into freshly allocated memory (free with
 * record_free); the key must match the content. Negative with a sentence in `why` if the bytes are not exactly a valid record. */
int record_read(const uint8_t *key, size_t key_length, const uint8_t *bytes, size_t length,
		struct record *out, char *why, size_t why_size);
/* Frees what record_read allocated. */
void record_free(struct record *record);

#endif

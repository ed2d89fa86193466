/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A configuration: everything that an operator asked a daemon for, and nothing that it observed.
 * The same tree comes from a file (config_parse) and from a daemon (config_read), in one canonical
 * form: every field in the table's order, defaults filled in, lists sorted by what identifies their
 * items. Two trees are made one by a plan (plan.h).
 *
 * Each item of a list carries its key, which is text that is equal in both trees for what is the
 * same object, and, if it was read, the id that the daemon gave it.
 */
#ifndef SLUICE_CTL_CONFIG_H
#define SLUICE_CTL_CONFIG_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#define CONFIG_BYTES_MAX (64UL << 20)
#define CONFIG_VALUES_MAX 8000000UL /* a value takes 64 bytes and its text */
#define CONFIG_DEPTH_MAX 8

struct client;
struct progress;

enum config_type {
	CONFIG_TEXT,
	CONFIG_NUMBER, /* integer */
	CONFIG_BOOLEAN,
	CONFIG_TEXTS, /* array of text */
	CONFIG_TAGS, /* object of text */
	CONFIG_LIST, /* array of objects of a kind */
};

enum config_flag {
	CONFIG_REQUIRED = 1,
	CONFIG_CREATE = 2, /* goes into the action that makes the object */
	CONFIG_FREE = 4, /* absent: whatever the daemon has is right */
	CONFIG_TCP = 8, /* of TCP listeners only */
	CONFIG_UDP = 16,
	CONFIG_WORD = 32, /* one of some words: their case does not matter */
};

/* A row is a field of an object: the same name in the file and in the API. */
struct config_field {
	const char *key;
	enum config_type type;
	unsigned int flags;
	const char *fallback; /* what its absence means; NULL: that it has no value */
	const char *setter; /* fields that are set together, in one call; NULL: cannot be set */
	const char *read_as; /* another name in the daemon's answers */
	const struct config_kind *items;
};

struct config_kind {
	const char *name; /* "load balancer", for people */
	const struct config_field *fields; /* a key of NULL ends them */
};

extern const struct config_kind config_root, config_instance, config_lb, config_group,
	config_listener, config_server, config_group_server;

/* A field of an object; NULL if it has no value (or no text). */
cJSON *config_get(const cJSON *object, const char *key);
const char *config_text(const cJSON *object, const char *key);
const char *config_key(const cJSON *item);
const char *config_id(const cJSON *item);
/* Copies it. */
void config_set_id(cJSON *item, const char *id);
/* True if the field says something about this object: some belong to one protocol only. */
bool config_applies(const struct config_field *field, const cJSON *object);
/* Servers' types follow from their ids. */
const char *config_server_type(const char *server_id);

/* Names and types of all fields, which are put in order. Negative with one line in `why`, which
 * names the place. */
int config_check(cJSON *root, char *why, size_t why_size);

/* Fills defaults in (`region` for what names none), follows references, gives items their keys and
 * sorts them. The tree must have passed config_check. Negative with one line in `why`. */
int config_complete(cJSON *root, const char *region, char *why, size_t why_size);

/* The checked and completed tree of a file's text, or NULL with one line in `why`. */
cJSON *config_parse(const char *text, size_t length, const char *region, char *why,
		    size_t why_size);

/* The daemon's configuration: of all its regions, or of one. `progress` may be NULL. An exit code;
 * unless EXIT_OK, after a line on stderr. */
int config_read(struct client *client, const char *region, struct progress *progress, cJSON **root);

/* As a file has it: malloc'ed text with an end of line. */
char *config_print(const cJSON *root);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands of sluicectl as tables. A family is one row in main.c's list, a verb one row in its
 * family's file: its name, the API action behind it, what its arguments are called there, and how
 * the answer is shown. Most verbs need no more than the row. What the API's parameters mean stays
 * the daemon's business: any verb passes key=value on as it is.
 */
#ifndef SLUICE_CTL_COMMAND_H
#define SLUICE_CTL_COMMAND_H

#include "output.h"

#include <stdbool.h>
#include <stddef.h>

struct client;
struct parameters;

enum exit_code {
	EXIT_OK = 0,
	EXIT_REFUSED = 1, /* the daemon, or the kernel, said no */
	EXIT_USAGE = 2,
	EXIT_DIFFERS = 3, /* diff: the daemon is not as the file says */
	EXIT_NO_DAEMON = 4,
};

/* What the options say. */
struct ctl {
	const char *socket;
	const char *region; /* NULL: the daemon's first */
	const char *pins;
	const char *servers; /* --json: raw BackendServers, or NULL */
	const char *file; /* -f */
	bool json; /* -o json */
	bool wide; /* -o wide: all columns */
	bool all; /* -a: rows that count zero, too */
	bool dry_run;
	bool follow; /* events: go on */
	const char *kind; /* events: only these, or NULL */
	const char *count; /* events: only the last ones, or NULL */
	bool help;
	struct client *client;
};

enum positional_kind {
	POSITIONAL_ONE,
	POSITIONAL_PROTOCOL, /* the word tcp or udp, wherever it stands among the arguments */
	POSITIONAL_MANY, /* all that is left, numbered: the N of "Name.N" */
	POSITIONAL_SERVERS, /* all that is left, each ID[,key=value]…, as one JSON array */
	POSITIONAL_RESOURCE, /* what tags are put on: lookup.h */
	POSITIONAL_TAGS, /* all that is left, each KEY=VALUE: Tag.N */
	POSITIONAL_WORDS, /* all that is left, as it is, numbered */
};

struct positional {
	const char *label; /* in usage lines */
	const char *parameter; /* its name in the API */
	enum positional_kind kind;
	bool optional;
	const char *fallback; /* when absent: the value of this other parameter */
};

#define POSITIONALS_MAX 5

struct verb {
	const char *name; /* NULL: the family itself is the command */
	const char *summary;
	/* "%s" becomes TCP or UDP. NULL: the parameter Action says it, or run needs none. */
	const char *action;
	struct positional takes[POSITIONALS_MAX]; /* a label of NULL ends them */
	bool local; /* takes no parameters of the API */
	const char *options; /* that it wants, for its usage line; NULL: none */
	const char *more; /* sentences for its help, or NULL */
	const char *example; /* a line or more, without "sluicectl " at their begin */
	const char *defaults; /* "Name=value Name=value": sent unless given */
	const struct view *views; /* how the answer is shown; NULL: as it comes */
	const char *paged; /* path of the array that comes in pages, all of which are fetched */
	/* NULL: call the action, show the answer. Returns an exit code. */
	int (*run)(struct ctl *ctl, const struct verb *verb, struct parameters *parameters);
};

struct family {
	const char *name;
	const char *summary;
	const struct verb *verbs; /* a summary of NULL ends them */
	bool usual; /* the first verb is meant where none is named */
};

extern const struct family family_lb, family_listener, family_group, family_backend,
	family_instance, family_tag, family_region, family_health, family_status, family_stats,
	family_api, family_export, family_apply, family_diff, family_datapath, family_completion,
	family_flows, family_events;

/* Every family, NULL at the end. */
extern const struct family *const families[];

/* Takes the words after the verb apart into parameters. Negative with one line in `why`. */
int command_bind(const struct ctl *ctl, const struct verb *verb, char *const *words, size_t count,
		 struct parameters *parameters, char *why, size_t why_size);
/* The verb that is called so; NULL if there is none. */
const struct family *command_family(const char *name);
const struct verb *command_verb(const struct family *family, const char *name);
/* True if every word with "=" is an argument of the verb, and none a parameter. */
bool command_takes_pairs(const struct verb *verb);
/* The verb's action; `protocol` fills the hole in its name, if it has one. Malloc'ed. */
char *command_action(const struct verb *verb, const char *protocol);
/* Calls the verb's action and shows the answer. Returns an exit code. */
int command_call(struct ctl *ctl, const struct verb *verb, struct parameters *parameters);

#endif

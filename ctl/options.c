// SPDX-License-Identifier: BSD-2-Clause
/* See options.h. The options are argp's. */
#include "options.h"

#include "format.h"
#include "help.h"
#include "sluice_api.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum long_option {
	OPTION_DRY_RUN = 256,
	OPTION_REGION,
	OPTION_PINS,
	OPTION_JSON,
	OPTION_USAGE,
	OPTION_FOLLOW,
	OPTION_KIND,
};

const struct argp_option options_table[] = {
	{ "socket", 's', "PATH", 0,
	  "The daemon's socket (else the environment's " SLUICE_SOCKET_ENV
	  ", else " SLUICE_SOCKET_DEFAULT ")",
	  0 },
	{ "output", 'o', "table|wide|json", 0,
	  "How answers are printed; wide: all columns; json: as received", 0 },
	{ "file", 'f', "FILE", 0, "apply, diff: the configuration (- : standard input)", 0 },
	{ "dry-run", OPTION_DRY_RUN, NULL, 0, "apply: show the plan and change nothing", 0 },
	{ "region", OPTION_REGION, "ID", 0, "Region of the request (else the daemon's first)", 0 },
	{ "all", 'a', NULL, 0, "stats: also drops and events that count zero", 0 },
	{ "follow", OPTION_FOLLOW, NULL, 0, "events: go on with what happens", 0 },
	{ "kind", OPTION_KIND, "KIND,...", 0,
	  "events: only these kinds, of health, membership, link, neighbour", 0 },
	{ "lines", 'n', "N", 0, "events: only the last N", 0 },
	{ "json", OPTION_JSON, "TEXT", 0,
	  "backend, group: the API's BackendServers instead of SERVERs", 0 },
	{ "pins", OPTION_PINS, "DIR", 0,
	  "datapath, flows: the pin directory (else " SLUICE_PINS_DEFAULT ")", 0 },
	{ "help", 'h', NULL, 0, "Help on sluicectl, or on the command before it", 0 },
	{ "usage", OPTION_USAGE, NULL, 0, "The options in short", 0 },
	{ "version", 'V', NULL, 0, "Print the version", 0 },
	{ 0 },
};

static void set_output(struct argp_state *state, struct ctl *ctl, const char *format)
{
	ctl->json = !strcmp(format, "json");
	ctl->wide = !strcmp(format, "wide");
	if (!ctl->json && !ctl->wide && strcmp(format, "table") != 0)
		argp_error(state, "'%s' is no output format: table, wide or json", format);
}

static error_t on_option(int key, char *argument, struct argp_state *state)
{
	struct line *line = state->input;

	switch (key) {
	case 's':
		line->ctl.socket = argument;
		break;
	case 'o':
		set_output(state, &line->ctl, argument);
		break;
	case 'f':
		line->ctl.file = argument;
		break;
	case OPTION_DRY_RUN:
		line->ctl.dry_run = true;
		break;
	case 'a':
		line->ctl.all = true;
		break;
	case OPTION_FOLLOW:
		line->ctl.follow = true;
		break;
	case OPTION_KIND:
		line->ctl.kind = argument;
		break;
	case 'n':
		line->ctl.count = argument;
		break;
	case 'h':
		line->ctl.help = true;
		break;
	case 'V':
		puts("sluicectl " SLUICE_VERSION);
		exit(EXIT_OK);
	case OPTION_USAGE:
		argp_state_help(state, stdout, ARGP_HELP_USAGE | ARGP_HELP_EXIT_OK);
		break;
	case OPTION_REGION:
		line->ctl.region = argument;
		break;
	case OPTION_JSON:
		line->ctl.servers = argument;
		break;
	case OPTION_PINS:
		line->ctl.pins = argument;
		break;
	case ARGP_KEY_ARG:
		line->words[line->count++] = argument;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static char *help_filter(int key, const char *text, void *input)
{
	(void)input;
	return key == ARGP_KEY_HELP_POST_DOC ? help_families() : (char *)text;
}

static const struct argp argp = {
	.options = options_table,
	.parser = on_option,
	.args_doc = "COMMAND [VERB] [ARGUMENT...] [NAME=VALUE...]",
	.doc = "Control the load balancer daemon sluiced.\v ",
	.help_filter = help_filter,
};

/* "--Name value" and "--Name=value" become "Name=value": the API's parameters begin with a capital,
 * our options do not. In place; returns the new count, or 0 if a value is missing. */
static int join_parameters(int count, char **words)
{
	int filled = 0;
	bool ended = false; /* by "--" */

	for (int i = 0; i < count; i++) {
		char *word = words[i];

		words[filled] = word;
		ended |= !strcmp(word, "--");
		if (!ended && !strncmp(word, "--", 2) && isupper((unsigned char)word[2])) {
			if (!strchr(word, '=') && i + 1 == count) {
				fprintf(stderr, "sluicectl: %s lacks its value\n", word);
				return 0;
			}
			words[filled] = strchr(word, '=')
						? word + 2
						: format_text("%s=%s", word + 2, words[++i]);
		}
		filled++;
	}
	words[filled] = NULL;
	return filled;
}

void options_help(void)
{
	argp_help(&argp, stdout, ARGP_HELP_STD_HELP & ~(unsigned)ARGP_HELP_EXIT_OK, "sluicectl");
}

int options_parse(int argc, char **argv, struct line *line)
{
	const char *named = getenv(SLUICE_SOCKET_ENV);

	*line = (struct line){
		.ctl = { .socket = named && named[0] ? named : SLUICE_SOCKET_DEFAULT,
			 .pins = SLUICE_PINS_DEFAULT },
		.all = checked(calloc((size_t)argc + 1, sizeof(char *))),
	};
	line->words = line->all;
	argp_err_exit_status = EXIT_USAGE;
	argc = join_parameters(argc, argv);
	return argc && !argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, line) ? 0 : -1;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * sluicectl: Sluice's control tool. Options are argp's, commands are the tables of command.h; what
 * follows a verb goes to the API under the API's own names, so the tool learns new parameters from
 * the daemon and not from a release.
 */
#include "client.h"
#include "command.h"
#include "help.h"
#include "parameters.h"
#include "sluice_api.h"
#include "format.h"

#include <argp.h>
#include <ctype.h>
#include <curl/curl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct family *const families[] = {
	&family_lb,    &family_listener, &family_backend, &family_instance, &family_status,
	&family_stats, &family_flows,    &family_api,     &family_datapath, NULL,
};

enum long_option {
	OPTION_REGION = 256,
	OPTION_PINS,
	OPTION_JSON,
	OPTION_USAGE,
};

static const struct argp_option options[] = {
	{ "socket", 's', "PATH", 0,
	  "The daemon's socket (else the environment's " SLUICE_SOCKET_ENV
	  ", else " SLUICE_SOCKET_DEFAULT ")",
	  0 },
	{ "output", 'o', "table|json", 0, "How answers are printed; json: as received", 0 },
	{ "region", OPTION_REGION, "ID", 0, "Region of the request (else the daemon's first)", 0 },
	{ "all", 'a', NULL, 0, "stats: also drops and events that count zero", 0 },
	{ "json", OPTION_JSON, "TEXT", 0, "backend: the API's BackendServers instead of SERVERs",
	  0 },
	{ "pins", OPTION_PINS, "DIR", 0,
	  "datapath, flows: the pin directory (else " SLUICE_PINS_DEFAULT ")", 0 },
	{ "help", 'h', NULL, 0, "Help on sluicectl, or on the command before it", 0 },
	{ "usage", OPTION_USAGE, NULL, 0, "The options in short", 0 },
	{ "version", 'V', NULL, 0, "Print the version", 0 },
	{ 0 },
};

/* What the command line says: options, and words in their order. */
struct line {
	struct ctl ctl;
	char **words;
	size_t count;
};

static error_t on_option(int key, char *argument, struct argp_state *state)
{
	struct line *line = state->input;

	switch (key) {
	case 's':
		line->ctl.socket = argument;
		break;
	case 'o':
		if (strcmp(argument, "table") != 0 && strcmp(argument, "json") != 0)
			argp_error(state, "'%s' is no output format: table or json", argument);
		line->ctl.json = !strcmp(argument, "json");
		break;
	case 'a':
		line->ctl.all = true;
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
	.options = options,
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

	for (int i = 0; i < count; i++) {
		char *word = words[i];

		words[filled] = word;
		if (!strncmp(word, "--", 2) && isupper((unsigned char)word[2])) {
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

static const struct family *find_family(const char *name)
{
	for (const struct family *const *family = families; *family; family++) {
		if (!strcmp((*family)->name, name))
			return *family;
	}
	return NULL;
}

/* True if the words go on as if a verb had been named. */
static bool lacks_verb(const struct line *line)
{
	return line->count ? strchr(line->words[0], '=') != NULL : !line->ctl.help;
}

/* The verb that the words begin with; takes its name off them. NULL if there is none. */
static const struct verb *find_verb(const struct family *family, struct line *line)
{
	if (!family->verbs->name || (family->usual && lacks_verb(line)))
		return family->verbs;
	for (const struct verb *verb = family->verbs; line->count && verb->summary; verb++) {
		if (!strcmp(verb->name, line->words[0])) {
			line->words++;
			line->count--;
			return verb;
		}
	}
	return NULL;
}

static int usage_error(const char *what, const char *word, const char *hint)
{
	fprintf(stderr, "sluicectl: %s%s%s%s\nTry `sluicectl %s--help'.\n", word ? "'" : "",
		word ? word : "", word ? "' " : "", what, hint);
	return EXIT_USAGE;
}

static int run_verb(struct line *line, const struct family *family, const struct verb *verb)
{
	struct parameters parameters = { 0 };
	struct ctl *ctl = &line->ctl;
	char why[512];
	int result = EXIT_USAGE;

	ctl->client = client_new(ctl->socket, ctl->region);
	if (ctl->help) {
		help_verb(ctl, family, verb);
		result = EXIT_OK;
	} else if (command_bind(ctl, verb, line->words, line->count, &parameters, why,
				sizeof(why))) {
		fprintf(stderr, "sluicectl: %s\n", why);
		help_usage(stderr, family, verb);
	} else {
		result = verb->run ? verb->run(ctl, verb, &parameters)
				   : command_call(ctl, verb, &parameters);
	}
	parameters_clear(&parameters);
	client_free(ctl->client);
	return result;
}

static int run_family(struct line *line)
{
	const struct family *family = find_family(line->words[0]);
	const struct verb *verb;
	char *hint;
	int result;

	if (!family)
		return usage_error("is no command", line->words[0], "");
	line->words++;
	line->count--;
	verb = find_verb(family, line);
	if (verb)
		return run_verb(line, family, verb);
	if (line->ctl.help && !line->count) {
		help_family(stdout, family);
		return EXIT_OK;
	}
	hint = format_text("%s ", family->name);
	result = line->count ? usage_error("is no verb here", line->words[0], hint)
			     : usage_error("a verb is missing", NULL, hint);
	free(hint);
	return result;
}

/* Everything after the options; returns the exit code. */
static int run_line(struct line *line)
{
	int result;

	if (!line->count && line->ctl.help) {
		argp_help(&argp, stdout, ARGP_HELP_STD_HELP & ~(unsigned)ARGP_HELP_EXIT_OK,
			  "sluicectl");
		return EXIT_OK;
	}
	if (!line->count)
		return usage_error("a command is missing", NULL, "");
	curl_global_init(CURL_GLOBAL_DEFAULT);
	result = run_family(line);
	curl_global_cleanup();
	return result;
}

int main(int argc, char **argv)
{
	const char *named = getenv(SLUICE_SOCKET_ENV);
	char **words = checked(calloc((size_t)argc + 1, sizeof(char *)));
	struct line line = {
		.ctl = { .socket = named && named[0] ? named : SLUICE_SOCKET_DEFAULT,
			 .pins = SLUICE_PINS_DEFAULT },
		.words = words,
	};
	int result = EXIT_USAGE;

	setlocale(LC_ALL, "");
	argp_err_exit_status = EXIT_USAGE;
	argc = join_parameters(argc, argv);
	if (argc && !argp_parse(&argp, argc, argv, ARGP_NO_HELP, NULL, &line))
		result = run_line(&line);
	free(words);
	if (fflush(stdout) || ferror(stdout)) {
		perror("sluicectl: standard output");
		return EXIT_REFUSED;
	}
	return result;
}

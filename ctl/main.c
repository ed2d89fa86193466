// SPDX-License-Identifier: BSD-2-Clause
/*
 * sluicectl: Sluice's control tool. Commands are the tables of command.h; what follows a verb goes
 * to the API under the API's own names, so the tool learns new parameters from the daemon and not
 * from a release.
 */
#include "client.h"
#include "command.h"
#include "format.h"
#include "help.h"
#include "known.h"
#include "lookup.h"
#include "nearest.h"
#include "options.h"
#include "parameters.h"

#include <curl/curl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct family *const families[] = {
	&family_lb,       &family_listener,   &family_group,  &family_backend,
	&family_instance, &family_tag,        &family_region, &family_health,
	&family_events,   &family_status,     &family_stats,  &family_flows,
	&family_export,   &family_diff,       &family_apply,  &family_api,
	&family_datapath, &family_completion, NULL,
};

/* `nearest` is what may have been meant, or NULL. */
static int usage_error(const char *what, const char *word, const char *hint, const char *nearest)
{
	fprintf(stderr, "sluicectl: %s%s%s%s", word ? "'" : "", word ? word : "", word ? "' " : "",
		what);
	if (nearest)
		fprintf(stderr, "; did you mean `%s%s'?", hint, nearest);
	fprintf(stderr, "\nTry `sluicectl %s--help'.\n", hint);
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
		result = known_check(ctl, verb, parameters_get(&parameters, "ListenerProtocol"),
				     line->words, line->count);
	}
	if (!result && !ctl->help)
		result = lookup_arguments(ctl, verb, &parameters);
	if (!result && !ctl->help)
		result = verb->run ? verb->run(ctl, verb, &parameters)
				   : command_call(ctl, verb, &parameters);
	parameters_clear(&parameters);
	client_free(ctl->client);
	return result;
}

static const char *near_family(const char *word)
{
	struct nearest nearest = { .typed = word };

	for (const struct family *const *family = families; *family; family++)
		nearest_offer(&nearest, (*family)->name);
	return nearest.best;
}

static const char *near_verb(const struct family *family, const char *word)
{
	struct nearest nearest = { .typed = word };

	for (const struct verb *verb = family->verbs; verb->summary; verb++)
		nearest_offer(&nearest, verb->name);
	return nearest.best;
}

static int no_verb(const struct line *line, const struct family *family)
{
	char *hint = format_text("%s ", family->name);
	const char *word = line->count ? line->words[0] : NULL;
	int result = word ? usage_error("is no verb here", word, hint, near_verb(family, word))
			  : usage_error("a verb is missing", NULL, hint, NULL);

	free(hint);
	return result;
}

static int run_family(struct line *line)
{
	const char *word = line->words[0];
	const struct family *family = command_family(word);
	const struct verb *verb;

	if (!family)
		return usage_error("is no command", word, "", near_family(word));
	line->words++;
	line->count--;
	if (!family->verbs->name)
		return run_verb(line, family, family->verbs);
	verb = line->count ? command_verb(family, line->words[0]) : NULL;
	if (verb) {
		line->words++;
		line->count--;
		return run_verb(line, family, verb);
	}
	if (family->usual && (line->count ? strchr(line->words[0], '=') != NULL : !line->ctl.help))
		return run_verb(line, family, family->verbs);
	if (line->ctl.help && !line->count) {
		help_family(family);
		return EXIT_OK;
	}
	return no_verb(line, family);
}

/* Everything after the options; returns the exit code. */
static int run_line(struct line *line)
{
	int result;

	if (!line->count && line->ctl.help) {
		options_help();
		return EXIT_OK;
	}
	if (!line->count)
		return usage_error("a command is missing", NULL, "", NULL);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	result = run_family(line);
	curl_global_cleanup();
	return result;
}

int main(int argc, char **argv)
{
	struct line line;
	int result = EXIT_USAGE;

	setlocale(LC_ALL, "");
	if (!options_parse(argc, argv, &line))
		result = run_line(&line);
	free(line.all);
	if (fflush(stdout) || ferror(stdout)) {
		perror("sluicectl: standard output");
		return EXIT_REFUSED;
	}
	return result;
}

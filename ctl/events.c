// SPDX-License-Identifier: BSD-2-Clause
/*
 * sluicectl events: what happened, one line each or one JSON object each, and with --follow what
 * happens. The daemon is asked several times a second over one connection; it may go away and come
 * back, when its numbers begin anew.
 */
#include "command.h"

#include "base/choice.h"
#include "base/journal.h"
#include "client.h"
#include "format.h"
#include "parameters.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POLL_MS 200
#define FOLLOWED_BEFORE 10 /* events that are shown before what happens */
#define PAGES_MAX 1000 /* a daemon that always has more must not hold us forever */

static volatile sig_atomic_t interrupted;

struct reading {
	struct ctl *ctl;
	double after; /* the last number seen */
	char *started; /* when the daemon of these numbers started; NULL: none answered yet */
	unsigned int kinds; /* wanted: a bit each of enum journal_kind */
	bool silent; /* no daemon answers, and that was said */
};

/* --- options --- */

static int parse_kinds(const char *text, unsigned int *kinds)
{
	char *copy = format_text("%s", text ? text : ""), *rest = copy, *word;
	int result = EXIT_OK;

	*kinds = text ? 0 : ~0U;
	while (text && !result && (word = strsep(&rest, ","))) {
		int kind = choice_find(&choices_journal_kind, word);

		if (kind < 0) {
			fprintf(stderr,
				"sluicectl: '%s' is no kind of event: health, membership, link or "
				"neighbour\n",
				word);
			result = EXIT_USAGE;
		} else {
			*kinds |= 1U << kind;
		}
	}
	free(copy);
	return result;
}

static int parse_count(const char *text, int usual, int *count)
{
	char *end = NULL;
	long number;

	*count = usual;
	if (!text)
		return EXIT_OK;
	errno = 0;
	number = strtol(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && !*end && !errno && number <= INT32_MAX) {
		*count = (int)number;
		return EXIT_OK;
	}
	fprintf(stderr, "sluicectl: -n %s: a number is expected\n", text);
	return EXIT_USAGE;
}

/* --- reading --- */

static double number_of(const cJSON *tree, const char *name)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(tree, name);

	return cJSON_IsNumber(value) ? value->valuedouble : 0;
}

static const char *text_of(const cJSON *tree, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tree, name));

	return text ? text : "";
}

static bool is_wanted(const struct reading *reading, const cJSON *event)
{
	int kind = choice_find(&choices_journal_kind, text_of(event, "Kind"));

	/* One that we do not know is shown unless some are asked for. */
	return kind < 0 ? reading->kinds == ~0U : reading->kinds >> kind & 1;
}

/* True if this is another daemon than before: its events are read from the first on. */
static bool has_restarted(struct reading *reading, const cJSON *tree)
{
	const char *started = text_of(tree, "DaemonStarted");
	bool restarted = reading->started && strcmp(reading->started, started) != 0;

	free(reading->started);
	reading->started = format_text("%s", started);
	if (restarted) {
		fprintf(stderr, "sluicectl: the daemon has started anew\n");
		reading->after = 0;
	}
	return restarted;
}

static int call(struct reading *reading, struct answer *answer, bool quiet)
{
	struct parameters parameters = { 0 };
	char *after = format_number(reading->after);
	int result;

	parameters_set(&parameters, "After", after);
	result = client_call(reading->ctl->client, "DescribeEvents", &parameters, answer, quiet);
	/* It cannot just now: a follower waits for that as for a daemon. */
	if (quiet && result == EXIT_REFUSED && answer->status >= 500)
		result = EXIT_NO_DAEMON;
	free(after);
	parameters_clear(&parameters);
	return result;
}

/* Moves the events wanted that came since to the end of `events`. An exit code. */
static int read_more(struct reading *reading, cJSON *events, bool quiet)
{
	for (int page = 0; page < PAGES_MAX; page++) {
		struct answer answer;
		int result = call(reading, &answer, quiet);
		cJSON *list = result ? NULL : output_find(answer.tree, "Events.Event");
		double before = reading->after;
		bool again = !result && has_restarted(reading, answer.tree);

		while (!again && list && list->child) {
			cJSON *event = cJSON_DetachItemViaPointer(list, list->child);

			reading->after = number_of(event, "Number");
			if (is_wanted(reading, event))
				cJSON_AddItemToArray(events, event);
			else
				cJSON_Delete(event);
		}
		again |= reading->after > before &&
			 reading->after < number_of(answer.tree, "LastNumber");
		answer_clear(&answer);
		if (result || !again)
			return result;
	}
	return EXIT_OK;
}

/* --- showing --- */

static void show(const struct ctl *ctl, const cJSON *event)
{
	char *text, *clean;

	if (ctl->json) {
		text = checked(cJSON_PrintUnformatted(event));
		output_json(text, strlen(text));
		free(text);
		return;
	}
	text = format_text("%s %-10s %s: %s", text_of(event, "Time"), text_of(event, "Kind"),
			   text_of(event, "Subject"), text_of(event, "Text"));
	clean = format_clean(text, strlen(text), "");
	puts(clean);
	free(clean);
	free(text);
}

/* The last `most` of them; negative: all. */
static void show_last(const struct ctl *ctl, cJSON *events, int most)
{
	int skip = most < 0 ? 0 : cJSON_GetArraySize(events) - most;
	const cJSON *event;

	cJSON_ArrayForEach(event, events)
	{
		if (skip-- <= 0)
			show(ctl, event);
	}
	while (events->child)
		cJSON_DeleteItemFromArray(events, 0);
}

/* --- following --- */

static void on_interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

static void catch_signals(struct client *client)
{
	struct sigaction interrupt = { .sa_handler = on_interrupt };
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGTERM, &interrupt, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	client_end_by(client, &interrupted);
}

/* Waits for the next look; false if nobody reads us any more, or we are to end. */
static bool wait_a_while(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	if (fflush(stdout) || ferror(stdout))
		return false;
	(void)poll(&out, 1, POLL_MS);
	return !interrupted && !(out.revents & (POLLERR | POLLNVAL));
}

static void tell_of_silence(struct reading *reading, bool silent)
{
	if (silent && !reading->silent && !interrupted)
		fprintf(stderr, "sluicectl: no daemon answers on the socket %s: waiting for it\n",
			reading->ctl->socket);
	reading->silent = silent;
}

static int follow(struct reading *reading, cJSON *events)
{
	int result = EXIT_OK;

	while (wait_a_while()) {
		result = read_more(reading, events, true);
		if (result == EXIT_REFUSED)
			result = read_more(reading, events, false);
		if (result == EXIT_REFUSED)
			return result;
		tell_of_silence(reading, result == EXIT_NO_DAEMON);
		show_last(reading->ctl, events, -1);
	}
	/* What could not be written is nobody's: a reader that has seen enough is no error. */
	if (ferror(stdout) && errno != EPIPE)
		return EXIT_REFUSED;
	return freopen("/dev/null", "w", stdout) ? EXIT_OK : EXIT_REFUSED;
}

static int events_run(struct ctl *ctl, const struct verb *verb, struct parameters *parameters)
{
	struct reading reading = { .ctl = ctl };
	cJSON *events = checked(cJSON_CreateArray());
	int most, result = parse_kinds(ctl->kind, &reading.kinds);

	(void)verb;
	if (parameters->count) {
		fprintf(stderr, "sluicectl: '%s' is no option of events\n",
			parameters->list[0].name);
		result = EXIT_USAGE;
	}
	if (!result)
		result = parse_count(ctl->count, ctl->follow ? FOLLOWED_BEFORE : -1, &most);
	if (!result && ctl->follow)
		catch_signals(ctl->client);
	if (!result)
		result = read_more(&reading, events, false);
	if (!result)
		show_last(ctl, events, most);
	if (!result && ctl->follow)
		result = follow(&reading, events);
	free(reading.started);
	cJSON_Delete(events);
	return result;
}

static const struct verb verbs[] = {
	{
		.summary = "show what happened to servers, members, links and neighbours",
		.local = true,
		.options = "[--follow] [--kind KIND,...] [-n N]",
		.more = "The daemon keeps the last 1000 of each kind: health, membership, link and "
			"neighbour.",
		.example = "events -n 20\nevents --follow --kind health\nevents --follow -o json",
		.run = events_run,
	},
	{ 0 },
};

const struct family family_events = {
	.name = "events",
	.summary = "what happened, or with --follow what happens",
	.verbs = verbs,
};

// SPDX-License-Identifier: BSD-2-Clause
/* What happened (ours): the journal, from any entry on. */
#include "api/action.h"
#include "base/journal.h"
#include "base/memory.h"

#define PAGE_MAX 1000

struct events_params {
	uint64_t after;
	uint32_t max;
};

static const struct param params[] = {
	{ .key = "After",
	  .type = PARAM_NUMBER,
	  PARAM_FIELD(struct events_params, after),
	  .min = 0,
	  .max = INT64_MAX,
	  .fallback = "0",
	  .summary = "only events with a greater Number" },
	{ .key = "MaxResults",
	  .type = PARAM_NUMBER,
	  PARAM_FIELD(struct events_params, max),
	  .min = 1,
	  .max = PAGE_MAX,
	  .fallback = "1000",
	  .summary = "events in an answer, the oldest first" },
};

static void add_event(struct cJSON *item, const struct journal_entry *entry)
{
	answer_number(item, "Number", (int64_t)entry->number);
	answer_number(item, "TimeMs", entry->at_ms);
	answer_moment(item, "Time", entry->at_ms);
	answer_text(item, "Kind", choice_name(&choices_journal_kind, entry->kind));
	answer_text(item, "Subject", entry->subject);
	answer_text(item, "Text", entry->text);
}

static int read_events(struct call *call, struct cJSON *answer, struct error *error)
{
	const struct events_params *wanted = call->params;
	struct journal_entry *entries = memory_new(wanted->max, sizeof(*entries));
	struct cJSON *list = answer_list(answer, "Events", "Event");
	size_t count = journal_read(wanted->after, entries, wanted->max);

	(void)error;
	for (size_t i = 0; i < count; i++)
		add_event(answer_item(list), &entries[i]);
	free(entries);
	answer_number(answer, "LastNumber", (int64_t)journal_last());
	/* Numbers begin anew with it. */
	answer_moment(answer, "DaemonStarted", call->context->started_ms);
	return 0;
}

static const struct action rows[] = {
	{ .name = "DescribeEvents",
	  .summary = "show what happened to servers, members, links and neighbours",
	  ACTION_PARAMS(struct events_params, params),
	  .read = read_events },
};

const struct action_table actions_events = ACTION_TABLE(rows);

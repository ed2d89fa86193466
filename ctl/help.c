// SPDX-License-Identifier: BSD-2-Clause
/* See help.h. The parameters of an action are asked of the daemon, which has the table. */
#include "help.h"

#include "client.h"
#include "parameters.h"
#include "servers.h"
#include "table.h"
#include "format.h"

#include <stdlib.h>
#include <string.h>

static const struct column parameter_columns[] = {
	{ "NAME", "Name", COLUMN_TEXT },         { "TYPE", "Type", COLUMN_TEXT },
	{ "REQUIRED", "Required", COLUMN_TEXT }, { "LIST", "List", COLUMN_TEXT },
	{ "RANGE", "Range", COLUMN_TEXT },       { "DEFAULT", "Default", COLUMN_TEXT },
	{ "MEANING", "Summary", COLUMN_TEXT },   { 0 },
};

char *help_families(void)
{
	char *text = format_text("Commands:"), *longer;

	for (const struct family *const *family = families; *family; family++) {
		longer = format_text("%s\n  %-10s %s", text, (*family)->name, (*family)->summary);

		free(text);
		text = longer;
	}
	longer = format_text("%s\n\nExamples:\n"
			     "  sluicectl lb create 10.1.0.100 LoadBalancerName=web\n"
			     "  sluicectl listener create web tcp 80 8080\n"
			     "  sluicectl backend add web web1,weight=100 web2,weight=50\n"
			     "  sluicectl export > sluice.json\n"
			     "\nMore: sluicectl COMMAND --help, sluicectl COMMAND VERB --help",
			     text);
	free(text);
	return longer;
}

/* The lines of an example; true once "Examples:" stands before them. */
static bool print_example(const char *example, bool begun)
{
	if (example && !begun)
		puts("\nExamples:");
	while (example) {
		size_t length = strcspn(example, "\n");

		printf("  sluicectl %.*s\n", (int)length, example);
		example = example[length] ? example + length + 1 : NULL;
		begun = true;
	}
	return begun;
}

static void print_words(FILE *out, const struct verb *verb)
{
	for (const struct positional *p = verb->takes; p->label; p++)
		fprintf(out, p->optional ? " [%s]" : " %s", p->label);
}

void help_usage(FILE *out, const struct family *family, const struct verb *verb)
{
	fprintf(out, "Usage: sluicectl %s%s%s", family->name, verb->name ? " " : "",
		verb->name ? verb->name : "");
	print_words(out, verb);
	if (verb->options)
		fprintf(out, " %s", verb->options);
	fprintf(out, "%s\n", verb->local || command_takes_pairs(verb) ? "" : " [NAME=VALUE...]");
}

void help_family(const struct family *family)
{
	bool begun = false;

	printf("Usage: sluicectl %s VERB [ARGUMENT...]\n\nVerbs:\n", family->name);
	for (const struct verb *verb = family->verbs; verb->summary; verb++) {
		printf("  %s", verb->name);
		print_words(stdout, verb);
		printf("\n      %s\n", verb->summary);
	}
	for (const struct verb *verb = family->verbs; verb->summary; verb++)
		begun = print_example(verb->example, begun);
	printf("\nMore: sluicectl %s VERB --help\n", family->name);
}

static void print_action(struct ctl *ctl, const char *action)
{
	struct parameters parameters = { 0 };
	struct answer answer;
	bool known;
	char *title;

	parameters_set(&parameters, "ActionName", action);
	known = client_call(ctl->client, "DescribeActions", &parameters, &answer, true) == EXIT_OK;
	title = known ? format_text("Parameters of %s, as NAME=VALUE or --NAME VALUE:", action)
		      : format_text("The parameters of %s are shown when a daemon answers on %s.",
				    action, ctl->socket);
	if (known)
		output_views(answer.tree,
			     (const struct view[]){
				     { .title = title,
				       .rows = "Actions.Action.*.Parameters.Parameter",
				       .columns = parameter_columns },
				     { 0 },
			     },
			     &(const struct ctl){ .all = true });
	else
		section_begin(title);
	free(title);
	answer_clear(&answer);
	parameters_clear(&parameters);
}

void help_verb(struct ctl *ctl, const struct family *family, const struct verb *verb)
{
	const char *hole = verb->action ? strstr(verb->action, "%s") : NULL;
	bool servers = false;

	section_begin("");
	help_usage(stdout, family, verb);
	for (const struct positional *p = verb->takes; p->label; p++)
		servers |= p->kind == POSITIONAL_SERVERS;
	if (servers)
		printf("%s,\nor --json with the API's BackendServers.\n", servers_syntax());
	printf("\n%c%s.\n", verb->summary[0] & ~0x20, verb->summary + 1);
	if (verb->more)
		printf("%s\n", verb->more);
	print_example(verb->example, false);
	/* One action, or one for each protocol. */
	for (int i = 0; verb->action && i < (hole ? 2 : 1); i++) {
		char *action = command_action(verb, i ? "udp" : "tcp");

		print_action(ctl, action);
		free(action);
	}
}

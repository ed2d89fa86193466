// SPDX-License-Identifier: BSD-2-Clause
/*
 * sluicectl datapath: the hand brake. It acts on the pins in the kernel, as root, whether or not a
 * daemon runs, so none of its verbs calls the API.
 */
#include "command.h"

#include "dataplane/pins.h"
#include "parameters.h"
#include "format.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_MAX_S 86400

static const struct view status_views[] = {
	{
		.title = "",
		.columns =
			(const struct column[]){
				{ "Pins", "Directory", COLUMN_TEXT },
				{ "Present", "Present", COLUMN_TEXT },
				{ "Program", "ProgramId", COLUMN_NUMBER },
				{ "VIP addresses", "Vips", COLUMN_NUMBER },
				{ "Flows", "Flows", COLUMN_NUMBER },
				{ 0 },
			},
	},
	{
		.title = "Interfaces",
		.rows = "Links.Link",
		.columns =
			(const struct column[]){
				{ "INTERFACE", "Interface", COLUMN_TEXT },
				{ "ATTACHED", "Attached", COLUMN_TEXT },
				{ "MODE", "Mode", COLUMN_TEXT },
				{ 0 },
			},
	},
	{ 0 },
};

static int fail(const char *why)
{
	char *clean = format_clean(why, strlen(why), "");

	fprintf(stderr, "sluicectl: %s\n", clean);
	free(clean);
	return EXIT_REFUSED;
}

static void add_links(cJSON *tree, const struct pins_status *status)
{
	cJSON *links = checked(cJSON_AddObjectToObject(tree, "Links"));
	cJSON *list = checked(cJSON_AddArrayToObject(links, "Link"));

	for (size_t i = 0; i < status->link_count; i++) {
		const struct pins_link *link = &status->links[i];
		cJSON *item = checked(cJSON_CreateObject());

		cJSON_AddItemToArray(list, item);
		checked(cJSON_AddStringToObject(item, "Interface",
						link->interface[0] ? link->interface : "(gone)"));
		checked(cJSON_AddBoolToObject(item, "Attached", link->attached));
		checked(cJSON_AddStringToObject(item, "Mode", link->mode));
	}
}

static cJSON *status_tree(const struct pins_status *status)
{
	cJSON *tree = checked(cJSON_CreateObject());

	checked(cJSON_AddStringToObject(tree, "Directory", status->directory));
	checked(cJSON_AddBoolToObject(tree, "Present", status->present));
	if (!status->present)
		return tree;
	checked(cJSON_AddNumberToObject(tree, "ProgramId", status->program_id));
	checked(cJSON_AddNumberToObject(tree, "Vips", (double)status->vips));
	checked(cJSON_AddNumberToObject(tree, "Flows", (double)status->flows));
	add_links(tree, status);
	return tree;
}

static int status_run(struct ctl *ctl, const struct verb *verb, struct parameters *parameters)
{
	struct pins_status *status = checked(calloc(1, sizeof(*status)));
	char why[512] = "";
	cJSON *tree;
	char *text;

	(void)parameters;
	if (pins_status(ctl->pins, status, why, sizeof(why)) < 0) {
		free(status);
		return fail(why);
	}
	tree = status_tree(status);
	free(status);
	if (ctl->json) {
		text = checked(cJSON_PrintUnformatted(tree));
		puts(text);
		free(text);
	} else {
		output_views(tree, verb->views, ctl);
	}
	cJSON_Delete(tree);
	return EXIT_OK;
}

/* A sentence for people, an empty object for programs. */
static int done(const struct ctl *ctl, const char *sentence)
{
	puts(ctl->json ? "{}" : sentence);
	return EXIT_OK;
}

static int bypass_run(struct ctl *ctl, const struct verb *verb, struct parameters *parameters)
{
	char why[512] = "";

	(void)verb;
	(void)parameters;
	if (pins_bypass(ctl->pins, why, sizeof(why)) < 0)
		return fail(why);
	return done(ctl, "Forwarding has ended: the program is off the interfaces. The maps are "
			 "kept; starting sluiced attaches it again.");
}

static int detach_run(struct ctl *ctl, const struct verb *verb, struct parameters *parameters)
{
	char why[512] = "";

	(void)verb;
	(void)parameters;
	if (pins_detach(ctl->pins, why, sizeof(why)) < 0)
		return fail(why);
	puts("Forwarding has ended: program, maps and flows are out of the kernel. Starting "
	     "sluiced "
	     "makes them anew from its store.");
	return EXIT_OK;
}

static int flush_run(struct ctl *ctl, const struct verb *verb, struct parameters *parameters)
{
	const char *text = parameters_get(parameters, "Window");
	char why[512] = "";
	unsigned long window;
	char *end;

	(void)verb;
	errno = 0;
	window = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || window > WINDOW_MAX_S) {
		fprintf(stderr, "sluicectl: SECONDS is a number from 0 to %d\n", WINDOW_MAX_S);
		return EXIT_USAGE;
	}
	if (pins_flush_flows(ctl->pins, (uint32_t)window, why, sizeof(why)) < 0)
		return fail(why);
	return done(ctl, "The flow table is empty; flows are rebuilt as their packets come.");
}

static const struct verb verbs[] = {
	{
		.name = "status",
		.summary = "show what is pinned and attached",
		.example = "datapath status",
		.views = status_views,
		.local = true,
		.run = status_run,
	},
	{
		.name = "bypass",
		.summary = "take the VIP addresses away and the program off the interfaces",
		.example = "datapath bypass",
		.local = true,
		.run = bypass_run,
	},
	{
		.name = "detach",
		.summary = "as bypass, and remove all maps: flows are forgotten",
		.example = "datapath detach --pins /sys/fs/bpf/other",
		.local = true,
		.run = detach_run,
	},
	{
		.name = "flush",
		.summary = "empty the flow table; flows are rebuilt from replies for SECONDS (60)",
		.example = "datapath flush 120",
		.takes = { { .label = "SECONDS", .parameter = "Window", .optional = true } },
		.defaults = "Window=60",
		.local = true,
		.run = flush_run,
	},
	{ 0 },
};

const struct family family_datapath = {
	.name = "datapath",
	.summary = "the program in the kernel, with or without a daemon (root)",
	.verbs = verbs,
};

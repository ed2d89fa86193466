// SPDX-License-Identifier: BSD-2-Clause
/*
 * sluicectl flows: the flow table as it stands in the kernel, as root, whether or not a daemon runs.
 * There may be millions: JSON is written flow by flow, and a table ends after as many as are wanted.
 */
#include "command.h"

#include "dataplane/flow_list.h"
#include "format.h"
#include "parameters.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ENDPOINT_MAX (ADDRESS_TEXT + sizeof("[]:65535"))
#define STATES_MAX 16
#define PLAIN_WORD "Filter" /* what a word without a '=' is taken for */

static const struct view list_views[] = {
	{
		.title = "",
		.rows = "Flow",
		.columns =
			(const struct column[]){
				{ "PROTOCOL", "Protocol", COLUMN_TEXT },
				{ "CLIENT", "Client", COLUMN_TEXT },
				{ "VIP", "Vip", COLUMN_TEXT },
				{ "BACKEND", "Backend", COLUMN_TEXT },
				{ "STATE", "State", COLUMN_TEXT },
				{ "AGE", "Age", COLUMN_DURATION },
				{ 0 },
			},
	},
	{ 0 },
};

/* --- filters: NAME=VALUE words --- */

/* One filter's text into the struct; negative with what is expected instead in `why`. */
typedef int parse_filter(const char *text, struct flow_filter *filter, const char **why);

static int parse_number(const char *text, unsigned long most, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 10);
	return text[0] < '0' || text[0] > '9' || *end || errno || *out > most ? -1 : 0;
}

static int parse_port(const char *text, uint16_t *out)
{
	unsigned long number;

	if (parse_number(text, UINT16_MAX, &number) || !number)
		return -1;
	*out = (uint16_t)number;
	return 0;
}

/* "ADDRESS", "ADDRESS:PORT", "[ADDRESS]:PORT" or ":PORT". */
static int parse_endpoint(const char *text, struct address *address, uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	bool bracket = text[0] == '[';
	char *copy;
	int error;

	if (colon && !bracket && strchr(text, ':') != colon)
		colon = NULL; /* an IPv6 address without a port */
	if (colon && parse_port(colon + 1, port))
		return -1;
	if (colon == text)
		return 0;
	if (bracket && (!colon || colon[-1] != ']'))
		return -1;
	copy = colon ? format_text("%.*s", (int)(colon - text) - 2 * bracket, text + bracket)
		     : format_text("%s", text);
	error = address_parse(copy, address);
	free(copy);
	return error ? -1 : 0;
}

/* As an endpoint, or "ADDRESS/BITS". */
static int parse_client(const char *text, struct flow_filter *filter, const char **why)
{
	const char *slash = strchr(text, '/');
	unsigned long bits;
	char *copy;
	int error;

	*why = "an address, ADDRESS:PORT, :PORT or ADDRESS/BITS";
	if (!slash)
		return parse_endpoint(text, &filter->client, &filter->client_port);
	copy = format_text("%.*s", (int)(slash - text), text);
	error = address_parse(copy, &filter->client);
	free(copy);
	if (error || parse_number(slash + 1, filter->client.family == 4 ? 32 : 128, &bits))
		return -1;
	filter->client_prefix = (uint8_t)bits;
	if (!bits)
		filter->client = (struct address){ 0 };
	return 0;
}

static int parse_vip(const char *text, struct flow_filter *filter, const char **why)
{
	*why = "an address, ADDRESS:PORT or :PORT";
	return parse_endpoint(text, &filter->vip, &filter->vip_port);
}

static int parse_backend(const char *text, struct flow_filter *filter, const char **why)
{
	*why = "an address, ADDRESS:PORT or :PORT";
	return parse_endpoint(text, &filter->backend, &filter->backend_port);
}

static int parse_protocol(const char *text, struct flow_filter *filter, const char **why)
{
	*why = "tcp or udp";
	filter->protocol = !strcasecmp(text, "tcp")   ? IPPROTO_TCP
			   : !strcasecmp(text, "udp") ? IPPROTO_UDP
						      : 0;
	return filter->protocol ? 0 : -1;
}

static int parse_states(const char *text, struct flow_filter *filter, const char **why)
{
	char *copy = format_text("%s", text), *rest = copy, *name;
	int error = 0;

	*why = "states as they are listed, joined by commas";
	while (!error && (name = strsep(&rest, ","))) {
		unsigned int state = 0;

		while (state < STATES_MAX &&
		       (!flow_state_name(state) || strcasecmp(name, flow_state_name(state)) != 0))
			state++;
		error = state == STATES_MAX ? -1 : 0;
		filter->states |= error ? 0 : 1U << state;
	}
	free(copy);
	return error;
}

static const struct {
	const char *name;
	parse_filter *parse;
} filters[] = {
	{ "client", parse_client },     { "vip", parse_vip },      { "backend", parse_backend },
	{ "protocol", parse_protocol }, { "state", parse_states },
};

static int parse_one(const struct parameter *parameter, struct flow_filter *filter)
{
	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		const char *why;

		if (strcasecmp(parameter->name, filters[i].name) != 0)
			continue;
		if (!filters[i].parse(parameter->value, filter, &why))
			return 0;
		fprintf(stderr, "sluicectl: %s=%s: %s is expected\n", filters[i].name,
			parameter->value, why);
		return -1;
	}
	fprintf(stderr,
		"sluicectl: '%s' is no filter of flows: client, vip, backend, protocol or state, "
		"each with its =VALUE\n",
		strcmp(parameter->name, PLAIN_WORD) ? parameter->name : parameter->value);
	return -1;
}

/* The filters among the parameters; negative after a sentence on standard error. */
static int parse_all(const struct parameters *parameters, struct flow_filter *filter)
{
	int error = 0;

	*filter = (struct flow_filter){ 0 };
	for (size_t i = 0; i < parameters->count && !error; i++)
		error = parse_one(&parameters->list[i], filter);
	return error;
}

static int fail(const char *why)
{
	char *clean = format_clean(why, strlen(why), "");

	fprintf(stderr, "sluicectl: %s\n", clean);
	free(clean);
	return EXIT_REFUSED;
}

/* --- list --- */

static const char *protocol_name(const struct flow_info *flow)
{
	return flow->protocol == IPPROTO_UDP ? "udp" : "tcp";
}

static const char *backend_state_name(const struct flow_info *flow)
{
	static const char *const names[] = {
		[SLUICE_BACKEND_GONE] = "gone",
		[SLUICE_BACKEND_ACTIVE] = "active",
		[SLUICE_BACKEND_DRAINING] = "draining",
		[SLUICE_BACKEND_DOWN] = "down",
	};

	return names[flow->backend_state & 3];
}

static void add_text(cJSON *item, const char *name, const char *text)
{
	checked(cJSON_AddStringToObject(item, name, text));
}

/* What a table shows: endpoints as one word. */
static void add_endpoint(cJSON *item, const char *name, const struct address *address,
			 uint16_t port)
{
	char text[ADDRESS_TEXT], endpoint[ENDPOINT_MAX];

	snprintf(endpoint, sizeof(endpoint), address->family == 6 ? "[%s]:%u" : "%s:%u",
		 address_format(address, text), port);
	add_text(item, name, address->family ? endpoint : "(gone)");
}

static cJSON *row_of(const struct flow_info *flow)
{
	cJSON *item = checked(cJSON_CreateObject());

	add_text(item, "Protocol", protocol_name(flow));
	add_endpoint(item, "Client", &flow->client, flow->client_port);
	add_endpoint(item, "Vip", &flow->vip, flow->vip_port);
	add_endpoint(item, "Backend", &flow->backend, flow->backend_port);
	add_text(item, "State", flow_state_name(flow->state) ?: "unknown");
	checked(cJSON_AddNumberToObject(item, "Age", flow->age_s));
	return item;
}

/* What JSON shows: addresses and ports apart. */
static void add_place(cJSON *item, const char *address_name, const struct address *address,
		      const char *port_name, uint16_t port)
{
	char text[ADDRESS_TEXT];

	add_text(item, address_name, address_format(address, text));
	checked(cJSON_AddNumberToObject(item, port_name, port));
}

static cJSON *object_of(const struct flow_info *flow)
{
	cJSON *item = checked(cJSON_CreateObject());

	add_text(item, "Protocol", protocol_name(flow));
	add_place(item, "ClientIp", &flow->client, "ClientPort", flow->client_port);
	add_place(item, "VipIp", &flow->vip, "VipPort", flow->vip_port);
	add_place(item, "BackendIp", &flow->backend, "BackendPort", flow->backend_port);
	add_text(item, "State", flow_state_name(flow->state) ?: "unknown");
	add_text(item, "BackendState", backend_state_name(flow));
	checked(cJSON_AddNumberToObject(item, "Age", flow->age_s));
	return item;
}

struct listing {
	cJSON *rows; /* NULL: JSON, which is printed at once */
	unsigned long limit;
	unsigned long long count;
};

static int list_one(const struct flow_info *flow, void *arg)
{
	struct listing *listing = arg;
	cJSON *item;
	char *text;

	listing->count++;
	if (listing->rows) {
		if (listing->count <= listing->limit)
			cJSON_AddItemToArray(listing->rows, row_of(flow));
		return 0;
	}
	item = object_of(flow);
	text = checked(cJSON_PrintUnformatted(item));
	printf("%s%s", listing->count > 1 ? "," : "", text);
	free(text);
	cJSON_Delete(item);
	return 0;
}

static int list_json(struct ctl *ctl, const struct flow_filter *filter)
{
	struct listing listing = { 0 };
	char why[512] = "";
	int error;

	printf("{\"Flows\":{\"Flow\":[");
	error = flow_list_each(ctl->pins, filter, list_one, &listing, why, sizeof(why));
	printf("]},\"TotalCount\":%llu}\n", listing.count);
	return error < 0 ? fail(why) : EXIT_OK;
}

static int list_table(struct ctl *ctl, const struct verb *verb, const struct flow_filter *filter,
		      unsigned long limit)
{
	cJSON *tree = checked(cJSON_CreateObject());
	struct listing listing = { .rows = checked(cJSON_AddArrayToObject(tree, "Flow")),
				   .limit = limit };
	char why[512] = "";
	int error = flow_list_each(ctl->pins, filter, list_one, &listing, why, sizeof(why));

	if (error >= 0)
		output_views(tree, verb->views, ctl);
	if (error >= 0 && listing.count > limit)
		printf("%llu more; limit=N shows more of them, -o json all\n",
		       listing.count - limit);
	cJSON_Delete(tree);
	return error < 0 ? fail(why) : EXIT_OK;
}

static int list_run(struct ctl *ctl, const struct verb *verb, struct parameters *parameters)
{
	struct flow_filter filter;
	unsigned long limit;

	if (parse_number(parameters_get(parameters, "Limit"), UINT32_MAX, &limit)) {
		fprintf(stderr, "sluicectl: limit=%s: a number is expected\n",
			parameters_get(parameters, "Limit"));
		return EXIT_USAGE;
	}
	parameters_remove(parameters, "Limit");
	if (parse_all(parameters, &filter))
		return EXIT_USAGE;
	return ctl->json ? list_json(ctl, &filter) : list_table(ctl, verb, &filter, limit);
}

/* --- kill --- */

static int kill_run(struct ctl *ctl, const struct verb *verb, struct parameters *parameters)
{
	struct flow_filter filter;
	uint64_t killed = 0;
	char why[512] = "";

	(void)verb;
	if (!parameters->count) {
		fprintf(stderr, "sluicectl: FILTER... is missing: kill ends what is named\n");
		return EXIT_USAGE;
	}
	if (parse_all(parameters, &filter))
		return EXIT_USAGE;
	if (flow_list_kill(ctl->pins, &filter, &killed, why, sizeof(why)) < 0)
		return fail(why);
	printf(ctl->json ? "{\"Killed\":%llu}\n" : "Flows ended: %llu\n",
	       (unsigned long long)killed);
	return EXIT_OK;
}

#define FILTERS                                                                     \
	{                                                                           \
		.label = "NAME=VALUE...", .parameter = PLAIN_WORD, .optional = true \
	}

static const struct verb verbs[] = {
	{
		.name = "list",
		.summary = "list flows; filters: client, vip, backend, protocol, state",
		.takes = { FILTERS },
		.defaults = "Limit=1000",
		.example = "flows list backend=10.2.0.11 state=established",
		.views = list_views,
		.run = list_run,
	},
	{
		.name = "kill",
		.summary = "end the flows that match; filters as for list, at least one",
		.takes = { FILTERS },
		.example = "flows kill client=198.51.100.0/24",
		.run = kill_run,
	},
	{ 0 },
};

const struct family family_flows = {
	.name = "flows",
	.summary = "the flow table in the kernel, with or without a daemon (root)",
	.verbs = verbs,
	.usual = true,
};

// SPDX-License-Identifier: BSD-2-Clause
/* Flows as an operator sees them: the words of the table put into addresses, ports and names. */
#include "dataplane/flow_list.h"

#include "dataplane/internal.h"
#include "dataplane/pin_table.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

struct tables {
	struct pin_table flows, services, backends, loads;
};

static const char *const names[] = {
	[SLUICE_FLOW_HALF_OPEN] = "half-open",
	[SLUICE_FLOW_ESTABLISHED] = "established",
	[SLUICE_FLOW_FIN_CLIENT] = "fin-client",
	[SLUICE_FLOW_FIN_BACKEND] = "fin-backend",
	[SLUICE_FLOW_CLOSING] = "closing",
	[SLUICE_FLOW_MARKED] = "marked",
	[SLUICE_FLOW_UDP] = "udp",
	[SLUICE_FLOW_GUESSED] = "guessed",
	[SLUICE_FLOW_RESET] = "reset",
};

const char *flow_state_name(unsigned int state)
{
	return state < sizeof(names) / sizeof(*names) ? names[state] : NULL;
}

static int open_tables(struct tables *tables, const char *pins, char *why, size_t why_size)
{
	int error;

	memset(tables, 0, sizeof(*tables));
	error = pin_table_open(&tables->flows, pins, "flows", sizeof(struct sluice_bucket), why,
			       why_size);
	if (!error)
		error = pin_table_open(&tables->services, pins, "services",
				       sizeof(struct sluice_service), why, why_size);
	if (!error)
		error = pin_table_open(&tables->backends, pins, "backends",
				       sizeof(struct sluice_backend), why, why_size);
	if (!error)
		error = pin_table_open(&tables->loads, pins, "loads", sizeof(struct sluice_load),
				       why, why_size);
	return error;
}

static void close_tables(struct tables *tables)
{
	pin_table_close(&tables->flows);
	pin_table_close(&tables->services);
	pin_table_close(&tables->backends);
	pin_table_close(&tables->loads);
}

/* --- one flow --- */

static void describe_service(const struct tables *tables, struct flow_info *out)
{
	const struct sluice_service *service = tables->services.memory;

	if (out->service >= tables->services.size)
		return;
	service += out->service;
	out->vip = address_from_be32(service->vip);
	out->vip_port = ntohs(service->port);
	out->protocol = service->protocol;
}

/* An id that has passed to another backend says nothing of this flow's. */
static void describe_backend(const struct tables *tables, uint64_t word1, struct flow_info *out)
{
	const struct sluice_backend *backend = tables->backends.memory;
	uint64_t word;

	if (out->backend_id >= tables->backends.size)
		return;
	backend += out->backend_id;
	word = __atomic_load_n(&backend->word, __ATOMIC_ACQUIRE);
	if (SLUICE_GET(word, BACKEND_GENERATION) != SLUICE_GET(word1, FLOW_GENERATION))
		return;
	out->backend = address_from_be32(backend->address);
	out->backend_port = ntohs(backend->port);
	if (SLUICE_GET(word, BACKEND_SERVICE) == out->service)
		out->backend_state = (uint8_t)SLUICE_GET(word, BACKEND_STATE);
}

static void describe(const struct tables *tables, uint64_t word0, uint64_t word1,
		     struct flow_info *out)
{
	*out = (struct flow_info){
		.client = address_from_be32((uint32_t)SLUICE_GET(word0, FLOW_ADDRESS)),
		.client_port = ntohs((uint16_t)SLUICE_GET(word0, FLOW_PORT)),
		.service = (uint16_t)SLUICE_GET(word0, FLOW_SERVICE),
		.backend_id = (uint32_t)SLUICE_GET(word1, FLOW_BACKEND),
		.state = (uint8_t)SLUICE_GET(word1, FLOW_STATE),
		.backend_state = SLUICE_BACKEND_GONE,
		.age_s = flow_age(word1, dp_now_ms() / 1000),
	};
	describe_service(tables, out);
	describe_backend(tables, word1, out);
}

/* --- filters --- */

static bool address_fits(const struct address *wanted, const struct address *is)
{
	return !wanted->family || address_equal(wanted, is);
}

static bool client_fits(const struct flow_filter *filter, const struct address *client)
{
	uint32_t mask;

	if (!filter->client_prefix || filter->client_prefix >= 32 || filter->client.family != 4)
		return address_fits(&filter->client, client);
	mask = htonl(~0U << (32 - filter->client_prefix));
	return !((address_be32(&filter->client) ^ address_be32(client)) & mask);
}

static bool number_fits(uint32_t wanted, uint32_t is)
{
	return !wanted || wanted == is;
}

static bool fits(const struct flow_filter *filter, const struct flow_info *flow)
{
	return !filter ||
	       (client_fits(filter, &flow->client) && address_fits(&filter->vip, &flow->vip) &&
		address_fits(&filter->backend, &flow->backend) &&
		number_fits(filter->client_port, flow->client_port) &&
		number_fits(filter->vip_port, flow->vip_port) &&
		number_fits(filter->backend_port, flow->backend_port) &&
		number_fits(filter->protocol, flow->protocol) &&
		(!filter->states || filter->states >> flow->state & 1));
}

/* --- all of them --- */

typedef int visit(struct tables *tables, struct sluice_flow *entry, uint64_t word0,
		  const struct flow_info *flow, void *arg);

static int walk(const char *pins, const struct flow_filter *filter, visit *each, void *arg,
		char *why, size_t why_size)
{
	struct tables tables;
	struct sluice_flow *entries;
	uint64_t word0, word1;
	int result = open_tables(&tables, pins, why, why_size);

	entries = tables.flows.memory;
	for (size_t i = 0; !result && i < (size_t)tables.flows.size * SLUICE_FLOW_ENTRIES; i++) {
		struct flow_info flow;

		if (!flow_read(&entries[i], &word0, &word1))
			continue;
		describe(&tables, word0, word1, &flow);
		if (fits(filter, &flow))
			result = each(&tables, &entries[i], word0, &flow, arg);
	}
	close_tables(&tables);
	return result;
}

struct listing {
	int (*each)(const struct flow_info *flow, void *arg);
	void *arg;
};

static int show(struct tables *tables, struct sluice_flow *entry, uint64_t word0,
		const struct flow_info *flow, void *arg)
{
	const struct listing *listing = arg;

	(void)tables;
	(void)entry;
	(void)word0;
	return listing->each(flow, listing->arg);
}

int flow_list_each(const char *pins, const struct flow_filter *filter,
		   int (*each)(const struct flow_info *flow, void *arg), void *arg, char *why,
		   size_t why_size)
{
	struct listing listing = { .each = each, .arg = arg };

	return walk(pins, filter, show, &listing, why, why_size);
}

static int end(struct tables *tables, struct sluice_flow *entry, uint64_t word0,
	       const struct flow_info *flow, void *arg)
{
	struct loads loads = { .items = tables->loads.memory, .size = tables->loads.size };

	if (flow->protocol == IPPROTO_UDP)
		*(uint64_t *)arg += flow_end(entry, word0, &loads);
	else if (flow->state != SLUICE_FLOW_CLOSING || flow->backend.family)
		*(uint64_t *)arg += flow_kill(entry, word0, &loads);
	return 0;
}

int flow_list_kill(const char *pins, const struct flow_filter *filter, uint64_t *killed, char *why,
		   size_t why_size)
{
	*killed = 0;
	return walk(pins, filter, end, killed, why, why_size);
}

// SPDX-License-Identifier: BSD-2-Clause
/* BackendServers as each action reads it. The first byte chooses the action. */
#include "api/backend_servers.h"
#include "base/choice.h"
#include "fuzz.h"

static void check_entry(const struct server_entry *entry)
{
	HOLDS(entry->server_id[0] &&
	      memchr(entry->server_id, '\0', sizeof(entry->server_id)) != NULL);
	HOLDS(memchr(entry->description, '\0', sizeof(entry->description)) != NULL);
	HOLDS(entry->weight <= 100);
	HOLDS(!entry->port_given || entry->port);
	HOLDS(entry->type == SERVER_ECS || entry->type == SERVER_ENI);
	HOLDS((entry->type == SERVER_ENI) == !strncmp(entry->server_id, "eni-", 4));
	HOLDS(!entry->address.family || address_is_unicast(&entry->address));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct server_change *change = calloc(1, sizeof(*change));
	struct error error = { 0 };
	char *text;

	if (!change)
		abort();
	if (size) {
		text = fuzz_text(data + 1, size - 1);
		if (!backend_servers_parse(text, (enum backend_servers_use)(data[0] % 3), change,
					   &error)) {
			HOLDS(change->count && change->count <= SERVER_ENTRIES_MAX);
			for (size_t i = 0; i < change->count; i++)
				check_entry(&change->entries[i]);
		} else {
			HOLDS(error_row((int)error.code)->http == 400);
		}
		free(text);
	}
	free(change);
	return 0;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * What follows a switch cannot fail for the caller: what the kernel refuses now is tried again at
 * each tick, unless it has become wanted, or unwanted, again meanwhile.
 */
#include "dataplane/internal.h"

#include "base/log.h"
#include "base/memory.h"

#include <string.h>

/* True if the line belongs to a service that is there. */
static bool is_wanted(const struct dataplane *dataplane, const struct retry *retry)
{
	const struct sluice_service *service = &dataplane->services[retry->service];

	return SLUICE_GET(service->word, SERVICE_STATE) != SLUICE_SERVICE_ABSENT &&
	       service->vip == retry->line.address && service->port == retry->line.port &&
	       service->protocol == retry->line.protocol;
}

static int try(struct dataplane *dataplane, const struct retry *retry)
{
	switch (retry->kind) {
	case RETRY_VIP:
		return vip_remove(dataplane, retry->address);
	case RETRY_LINE_SET:
		if (!is_wanted(dataplane, retry))
			return 0;
		return vip_line_set(dataplane, &retry->line, retry->service);
	}
	return 0;
}

void retry_do(struct dataplane *dataplane, const struct retry *retry)
{
	struct retries *retries = &dataplane->retries;
	int error = try(dataplane, retry);

	if (!error)
		return;
	log_warning(DOMAIN, "something cannot be done yet, will try again: %s", strerror(-error));
	retries->items = memory_resize(retries->items, retries->count + 1, sizeof(*retries->items));
	retries->items[retries->count++] = *retry;
}

void retries_tick(struct dataplane *dataplane)
{
	struct retries *retries = &dataplane->retries;
	size_t kept = 0;

	for (size_t i = 0; i < retries->count; i++) {
		if (try(dataplane, &retries->items[i]))
			retries->items[kept++] = retries->items[i];
	}
	retries->count = kept;
}

// SPDX-License-Identifier: BSD-2-Clause
/* The control API as one thing to start and stop. */
#include "api/api.h"
#include "api/dispatch.h"
#include "api/http.h"
#include "base/config.h"
#include "base/memory.h"

struct api {
	struct http *http;
};

int api_start(struct api **out, const struct api_context *context, char *why, size_t why_size)
{
	struct api *api = memory_new(1, sizeof(*api));
	int result;

	result = http_start(&api->http, context->base, context->config->socket, dispatch, context,
			    why, why_size);
	if (result < 0) {
		free(api);
		return result;
	}
	*out = api;
	return 0;
}

void api_stop(struct api *api)
{
	if (!api)
		return;
	http_stop(api->http);
	free(api);
}

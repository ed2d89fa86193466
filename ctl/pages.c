// SPDX-License-Identifier: BSD-2-Clause
/* See pages.h. */
#include "pages.h"

#include "client.h"
#include "command.h"
#include "format.h"
#include "parameters.h"

#include <stdlib.h>
#include <string.h>

#define PAGES_MAX 10000 /* a daemon that always says "more" must not hold us forever */

/* Moves the items of one page's array to the end of another's; how many. */
static size_t append_items(cJSON *to, cJSON *from)
{
	size_t count = 0;

	while (cJSON_IsArray(to) && cJSON_IsArray(from) && from->child) {
		cJSON_AddItemToArray(to, cJSON_DetachItemViaPointer(from, from->child));
		count++;
	}
	return count;
}

/* Names the page after `answer`, which is page `number` and has `have` items with those before it.
 * False if there is none. */
static bool name_next(const struct answer *answer, int number, double have,
		      struct parameters *parameters)
{
	const cJSON *token = cJSON_GetObjectItemCaseSensitive(answer->tree, "NextToken");
	double total =
		cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(answer->tree, "TotalCount"));
	char *text;

	if (cJSON_IsString(token)) {
		parameters_set(parameters, "NextToken", token->valuestring);
		return token->valuestring[0] != '\0';
	}
	text = format_text("%d", number + 1);
	parameters_set(parameters, "PageNumber", text);
	free(text);
	return have < total;
}

static int fetch_rest(struct client *client, const char *action, struct parameters *parameters,
		      const char *path, struct answer *answer, bool quiet)
{
	cJSON *items = output_find(answer->tree, path);
	double have = cJSON_GetArraySize(items);
	bool more = name_next(answer, 1, have, parameters);
	bool whole = !more;
	int result = EXIT_OK;

	for (int page = 2; more && page < PAGES_MAX && !result; page++) {
		struct answer next;
		size_t count;

		result = client_call(client, action, parameters, &next, quiet);
		count = result ? 0 : append_items(items, output_find(next.tree, path));
		have += (double)count;
		more = count && name_next(&next, page, have, parameters);
		answer_clear(&next);
	}
	if (result || whole)
		return result;
	/* No longer what was received. */
	cJSON_DeleteItemFromObjectCaseSensitive(answer->tree, "NextToken");
	free(answer->body);
	answer->body = checked(cJSON_PrintUnformatted(answer->tree));
	answer->length = strlen(answer->body);
	return EXIT_OK;
}

int pages_call(struct client *client, const char *action, const struct parameters *parameters,
	       const char *path, struct answer *answer, bool quiet)
{
	bool one = parameters_get(parameters, "PageNumber") ||
		   parameters_get(parameters, "NextToken");
	int result = client_call(client, action, parameters, answer, quiet);
	struct parameters further = { 0 };

	if (result || one)
		return result;
	for (size_t i = 0; i < parameters->count; i++)
		parameters_set(&further, parameters->list[i].name, parameters->list[i].value);
	result = fetch_rest(client, action, &further, path, answer, quiet);
	parameters_clear(&further);
	return result;
}

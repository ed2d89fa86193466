// SPDX-License-Identifier: BSD-2-Clause
/*
 * The tree of a configuration. An item's key is kept as the name that items of arrays do not use
 * otherwise, and its id as the text that objects do not have: so both go where the item goes.
 */
#include "config.h"
#include "config_tree.h"

#include "format.h"

#include <stdlib.h>
#include <string.h>

cJSON *config_get(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

const char *config_text(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(config_get(object, key));
}

const char *config_key(const cJSON *item)
{
	return item->string;
}

const char *config_id(const cJSON *item)
{
	return item->valuestring;
}

void config_set_id(cJSON *item, const char *id)
{
	free(item->valuestring);
	item->valuestring = format_text("%s", id);
}

void config_set_key(cJSON *item, char *key)
{
	free(item->string);
	item->string = key;
}

bool config_applies(const struct config_field *field, const cJSON *object)
{
	const char *protocol = config_text(object, "ListenerProtocol");

	if (!(field->flags & (CONFIG_TCP | CONFIG_UDP)) || !protocol)
		return true;
	return !strcmp(protocol, field->flags & CONFIG_TCP ? "tcp" : "udp");
}

const char *config_server_type(const char *server_id)
{
	return strncmp(server_id, "eni-", 4) != 0 ? "ecs" : "eni";
}

static int by_key(const void *a, const void *b)
{
	return strcmp((*(cJSON *const *)a)->string, (*(cJSON *const *)b)->string);
}

cJSON **config_items(const cJSON *list, size_t *count)
{
	cJSON **items = checked(calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof(cJSON *)));
	cJSON *item;

	*count = 0;
	cJSON_ArrayForEach(item, list) items[(*count)++] = item;
	return items;
}

const cJSON *config_sort(cJSON *list)
{
	const cJSON *twice = NULL;
	size_t count;
	cJSON **items = config_items(list, &count);

	qsort(items, count, sizeof(*items), by_key);
	for (size_t i = 0; i < count; i++) {
		/* As cJSON links them: the first knows the last, the last has no next. */
		items[i]->prev = items[i ? i - 1 : count - 1];
		items[i]->next = i + 1 < count ? items[i + 1] : NULL;
		if (i && !by_key(&items[i - 1], &items[i]))
			twice = items[i];
	}
	list->child = count ? items[0] : NULL;
	free(items);
	return twice;
}

cJSON *config_find(cJSON *const *items, size_t count, const char *key)
{
	cJSON wanted = { .string = (char *)key }, *pointer = &wanted;
	cJSON *const *found = bsearch(&pointer, items, count, sizeof(*items), by_key);

	return found ? *found : NULL;
}

/* Not NULL in a sorted list; NULL for its absence. */
cJSON *config_find_in(const cJSON *list, const char *key)
{
	cJSON *item;

	cJSON_ArrayForEach(item, list)
	{
		if (!strcmp(item->string, key))
			return item;
	}
	return NULL;
}

char *config_print(const cJSON *root)
{
	char *text = checked(cJSON_Print(root));
	char *line = format_text("%s\n", text);

	free(text);
	return line;
}

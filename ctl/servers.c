// SPDX-License-Identifier: BSD-2-Clause
/*
 * See servers.h. The API ignores fields it does not know, so a misspelt key must be caught here:
 * "wieght=0" would otherwise add a server at full weight.
 */
#include "servers.h"

#include "format.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *key;
	const char *field;
} keys[] = {
	{ "weight", "Weight" },
	{ "port", "Port" },
	{ "ip", "ServerIp" },
	{ "type", "Type" },
	{ "description", "Description" },
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

const char *servers_syntax(void)
{
	return "SERVER is ID[,weight=N][,port=N][,ip=ADDRESS][,type=ecs|eni][,description=TEXT]";
}

/* The API's name of a key, in our spelling or its own, in any case. */
static const char *field_of(const char *key)
{
	for (size_t i = 0; i < KEYS; i++) {
		if (!strcasecmp(key, keys[i].key) || !strcasecmp(key, keys[i].field))
			return keys[i].field;
	}
	return NULL;
}

static int set_field(cJSON *server, char *pair, char *why, size_t why_size)
{
	char *value = strchr(pair, '=');
	const char *field;

	if (!value) {
		snprintf(why, why_size, "'%s': key=value is expected after a comma", pair);
		return -1;
	}
	*value++ = '\0';
	field = field_of(pair);
	if (!field) {
		snprintf(why, why_size, "'%s' is no key of a server; %s", pair, servers_syntax());
		return -1;
	}
	if (cJSON_GetObjectItemCaseSensitive(server, field)) {
		snprintf(why, why_size, "'%s' is given twice for one server", pair);
		return -1;
	}
	checked(cJSON_AddStringToObject(server, field, value));
	return 0;
}

static int add_server(cJSON *list, const char *word, char *why, size_t why_size)
{
	char *copy = format_text("%s", word);
	char *rest = copy;
	cJSON *server = checked(cJSON_CreateObject());
	int result = 0;

	cJSON_AddItemToArray(list, server);
	checked(cJSON_AddStringToObject(server, "ServerId", strsep(&rest, ",")));
	while (rest && !result)
		result = set_field(server, strsep(&rest, ","), why, why_size);
	free(copy);
	return result;
}

char *servers_json(char *const *words, size_t count, char *why, size_t why_size)
{
	cJSON *list = checked(cJSON_CreateArray());
	char *json = NULL;

	for (size_t i = 0; i < count; i++) {
		if (add_server(list, words[i], why, why_size))
			goto out;
	}
	json = checked(cJSON_PrintUnformatted(list));
out:
	cJSON_Delete(list);
	return json;
}

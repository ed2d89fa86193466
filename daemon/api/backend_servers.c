// SPDX-License-Identifier: BSD-2-Clause
/* Rules 2 to 8, one function each, in the order of the API. */
#include "api/backend_servers.h"
#include "api/json.h"
#include "base/charset.h"
#include "base/choice.h"
#include "base/text.h"

#include <cjson/cJSON.h>
#include <string.h>

#define ID_SET "A-Za-z0-9._-"
#define DESCRIPTION_SET "A-Za-z0-9-/._"
#define DEFAULT_WEIGHT 100

const struct param backend_servers_fields[BACKEND_SERVER_FIELDS] = {
	[BACKEND_SERVER_ID] = { .key = "ServerId",
				.type = PARAM_TEXT,
				.required = true,
				.min = 1,
				.max = RECORD_ID - 1,
				.set = ID_SET,
				.summary = "an instance of the inventory" },
	[BACKEND_SERVER_TYPE] = { .key = "Type",
				  .type = PARAM_CHOICE,
				  .choices = &choices_server_type,
				  .fallback = "ecs",
				  .summary = "eni for ids that begin with eni-" },
	[BACKEND_SERVER_ADDRESS] = { .key = "ServerIp",
				     .type = PARAM_ADDRESS,
				     .summary = "an ENI's address; else the primary one" },
	[BACKEND_SERVER_PORT] = { .key = "Port",
				  .type = PARAM_NUMBER,
				  .min = 1,
				  .max = UINT16_MAX,
				  .summary = "else the listener's BackendServerPort" },
	[BACKEND_SERVER_WEIGHT] = { .key = "Weight",
				    .type = PARAM_NUMBER,
				    .min = 0,
				    .max = 100,
				    .fallback = "100",
				    .summary = "share of new flows" },
	[BACKEND_SERVER_DESCRIPTION] = { .key = "Description",
					 .type = PARAM_TEXT,
					 .min = 1,
					 .max = RECORD_NAME - 1,
					 .set = DESCRIPTION_SET,
					 .summary = "what it is for" },
};

enum port_use { PORT_IGNORED, PORT_OPTIONAL, PORT_REQUIRED };

/* What each use looks at. */
static const struct use {
	bool eni_needs_address;
	bool values; /* Weight and Description */
	enum port_use port;
} uses[] = {
	[BACKEND_SERVERS_ADD] = { true, true, PORT_OPTIONAL },
	[BACKEND_SERVERS_SET] = { false, true, PORT_OPTIONAL },
	[BACKEND_SERVERS_REMOVE] = { false, false, PORT_IGNORED },
	[BACKEND_SERVERS_GROUP_ADD] = { true, true, PORT_REQUIRED },
	[BACKEND_SERVERS_GROUP_SET] = { false, true, PORT_REQUIRED },
	[BACKEND_SERVERS_GROUP_OLD] = { false, false, PORT_REQUIRED },
	[BACKEND_SERVERS_GROUP_REMOVE] = { false, false, PORT_OPTIONAL },
};

/* One entry on its way: what was sent, what it becomes, and its place for the details. */
struct entry {
	const cJSON *json;
	struct server_entry *out;
	int number; /* from 1 */
	const struct use *use;
	struct error *error;
};

/* A field of the entry; null is as absent, and so is "" unless `empty_counts`. */
static const cJSON *field(const struct entry *entry, const char *key, bool empty_counts)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(entry->json, key);

	if (!value || cJSON_IsNull(value))
		return NULL;
	if (!empty_counts && cJSON_IsString(value) && !value->valuestring[0])
		return NULL;
	return value;
}

/* What to show of a value in Detail. */
static const char *shown(const cJSON *value)
{
	if (cJSON_IsString(value) || cJSON_IsRaw(value))
		return value->valuestring;
	if (cJSON_IsBool(value))
		return cJSON_IsTrue(value) ? "true" : "false";
	return cJSON_IsArray(value) ? "[…]" : cJSON_IsObject(value) ? "{…}" : "null";
}

static int bad(const struct entry *entry, enum error_code code, const char *key, const cJSON *value,
	       const char *why)
{
	char text[TEXT_SHOWN];

	text_cut(text, sizeof(text), shown(value));
	return error_set(entry->error, code, "entry %d: %s \"%s\" %s", entry->number, key, text,
			 why);
}

static int rule5_server_id(const struct entry *entry)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(entry->json, "ServerId");

	if (!value || (cJSON_IsString(value) && !value->valuestring[0]))
		return error_set(entry->error, ERR_SERVER_ID_EMPTY, "entry %d has no ServerId",
				 entry->number);
	if (!cJSON_IsString(value) || strlen(value->valuestring) >= sizeof(entry->out->server_id) ||
	    !charset_covers(ID_SET, value->valuestring))
		return bad(entry, ERR_BACKENDS_INVALID, "ServerId", value,
			   "is not a string of 1-64 of " ID_SET);
	memcpy(entry->out->server_id, value->valuestring, strlen(value->valuestring) + 1);
	return 0;
}

static int rule6_type(const struct entry *entry)
{
	const cJSON *value = field(entry, "Type", false);
	bool eni = !strncmp(entry->out->server_id, "eni-", 4);
	int type = SERVER_ECS;

	if (value)
		type = cJSON_IsString(value) ? choice_find(&choices_server_type, value->valuestring)
					     : -1;
	if (type < 0)
		return bad(entry, ERR_SERVER_TYPE, "Type", value, "is neither ecs nor eni");
	if (eni != (type == SERVER_ENI))
		return error_set(entry->error, ERR_SERVER_TYPE,
				 "entry %d: ServerId \"%s\" cannot have Type %s", entry->number,
				 entry->out->server_id,
				 choice_name(&choices_server_type, (unsigned int)type));
	entry->out->type = (uint8_t)type;
	return 0;
}

static int rule7_address(const struct entry *entry)
{
	const cJSON *value = field(entry, "ServerIp", false);

	if (!value && entry->out->type == SERVER_ENI && entry->use->eni_needs_address)
		return error_set(entry->error, ERR_BACKENDS_INVALID,
				 "entry %d: an eni needs a ServerIp", entry->number);
	if (!value)
		return 0;
	if (!cJSON_IsString(value) || address_parse(value->valuestring, &entry->out->address) < 0 ||
	    !address_is_unicast(&entry->out->address))
		return bad(entry, ERR_BACKENDS_INVALID, "ServerIp", value,
			   "is not a unicast IP address");
	return 0;
}

static int rule7_description(const struct entry *entry)
{
	const cJSON *value = field(entry, "Description", true);

	if (!value)
		return 0;
	if (!cJSON_IsString(value) || !value->valuestring[0] ||
	    strlen(value->valuestring) >= sizeof(entry->out->description) ||
	    !charset_covers(DESCRIPTION_SET, value->valuestring))
		return bad(entry, ERR_BACKENDS_INVALID, "Description", value,
			   "is not 1-80 of " DESCRIPTION_SET);
	memcpy(entry->out->description, value->valuestring, strlen(value->valuestring) + 1);
	entry->out->description_given = true;
	return 0;
}

/* A number without fraction and exponent, or a string of digits. */
static bool integer_in(const cJSON *value, enum backend_servers_field field, int64_t *out)
{
	const struct param *row = &backend_servers_fields[field];

	return (cJSON_IsRaw(value) || cJSON_IsString(value)) &&
	       param_integer(value->valuestring, out) && *out >= row->min && *out <= row->max;
}

static int rule8_weight(const struct entry *entry)
{
	const cJSON *value = field(entry, "Weight", false);
	int64_t number = DEFAULT_WEIGHT;

	if (value && !integer_in(value, BACKEND_SERVER_WEIGHT, &number))
		return bad(entry, ERR_WEIGHT, "Weight", value, "is not an integer in [0, 100]");
	entry->out->weight = (uint8_t)number;
	entry->out->weight_given = value;
	return 0;
}

static int rule8_port(const struct entry *entry)
{
	const cJSON *value = field(entry, "Port", false);
	int64_t number = 0;

	if (!value && entry->use->port == PORT_REQUIRED)
		return error_set(entry->error, ERR_SERVER_PORT, "entry %d has no Port",
				 entry->number);
	if (value && !integer_in(value, BACKEND_SERVER_PORT, &number))
		return bad(entry, ERR_SERVER_PORT, "Port", value,
			   "is not an integer in [1, 65535]");
	entry->out->port = (uint16_t)number;
	entry->out->port_given = value;
	return 0;
}

static int parse_entry(const struct entry *entry)
{
	int result = rule5_server_id(entry);

	if (!result)
		result = rule6_type(entry);
	if (!result)
		result = rule7_address(entry);
	if (!result && entry->use->values)
		result = rule7_description(entry);
	if (!result && entry->use->values)
		result = rule8_weight(entry);
	if (!result && entry->use->port != PORT_IGNORED)
		result = rule8_port(entry);
	return result;
}

/* Rules 3 and 4, on the whole. */
static int check_shape(const cJSON *list, struct error *error)
{
	const cJSON *item;
	int number = 0;

	if (!cJSON_IsArray(list) || !list->child)
		return error_set(error, ERR_BACKENDS_INVALID,
				 "BackendServers is not an array of at least one object");
	cJSON_ArrayForEach(item, list)
	{
		number++;
		if (!cJSON_IsObject(item))
			return error_set(error, ERR_BACKENDS_INVALID, "entry %d is not an object",
					 number);
	}
	if (number > SERVER_ENTRIES_MAX)
		return error_set(error, ERR_BACKENDS_TOO_MANY, "%d entries", number);
	return 0;
}

int backend_servers_parse(const char *text, enum backend_servers_use use,
			  struct server_change *request, struct error *error)
{
	char why[128];
	cJSON *list = json_parse(text, strlen(text), why, sizeof(why));
	const cJSON *item;
	int result;

	if (!list)
		return error_set(error, ERR_BACKENDS_MALFORMED, "BackendServers: %s", why);
	result = check_shape(list, error);
	request->count = 0;
	for (item = list->child; item && !result; item = item->next) {
		struct entry entry = { .json = item, .use = &uses[use], .error = error };

		entry.out = &request->entries[request->count++];
		entry.number = (int)request->count;
		memset(entry.out, 0, sizeof(*entry.out));
		result = parse_entry(&entry);
	}
	cJSON_Delete(list);
	return result;
}

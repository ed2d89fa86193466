// SPDX-License-Identifier: BSD-2-Clause
/* Values of listener parameters that no general row can say. */
#include "api/listener_rows.h"
#include "base/charset.h"

#include <string.h>

#define BANDWIDTH_MAX 5120
#define PORT_NONE (-520) /* how the real service writes "no port of its own" */

const struct choices listener_tcp_schedulers = {
	.names = (const char *const[]){ "wrr", "rr", "wlc", "sch", "tch", NULL },
};

int listener_decode_bandwidth(const struct param *param, const char *text, void *field,
			      struct error *error)
{
	int64_t value;

	if (!param_integer(text, &value) || (value != -1 && (value < 1 || value > BANDWIDTH_MAX)))
		return param_bad(param, text, "is neither -1 nor an integer in [1, 5120]", error);
	param_store(field, param->size, value);
	return 0;
}

int listener_decode_check_port(const struct param *param, const char *text, void *field,
			       struct error *error)
{
	int64_t value;

	if (!param_integer(text, &value) || value > UINT16_MAX || (value < 0 && value != PORT_NONE))
		return param_bad(param, text, "is not an integer in [1, 65535], 0 or -520", error);
	param_store(field, param->size, value == PORT_NONE ? 0 : value);
	return 0;
}

int listener_decode_domain(const struct param *param, const char *text, void *field,
			   struct error *error)
{
	size_t length = strlen(text);

	if (length >= param->size || (strcmp(text, LISTENER_DOMAIN_IS_ADDRESS) != 0 &&
				      !charset_covers(LISTENER_DOMAIN_SET, text)))
		return param_bad(param, text, "is neither $_ip nor 1-80 of " LISTENER_DOMAIN_SET,
				 error);
	memcpy(field, text, length + 1);
	return 0;
}

int listener_decode_codes(const struct param *param, const char *text, void *field,
			  struct error *error)
{
	static const char code[] = "http_?xx";
	size_t length = strlen(text), step = sizeof(code); /* with its comma */
	bool good = length < param->size && (length + 1) % step == 0;

	for (size_t i = 0; good && i < length; i++) {
		char want = i % step == step - 1 ? ',' : code[i % step];

		good = want == '?' ? text[i] >= '2' && text[i] <= '5' : text[i] == want;
	}
	if (!good)
		return param_bad(param, text, "is not a comma list of http_2xx … http_5xx", error);
	memcpy(field, text, length + 1);
	return 0;
}

int listener_check_group_id(const struct listener_params *params, struct error *error)
{
	if (!params->given.group_id || params->record.group_id[0])
		return 0;
	return error_set(error, ERR_GROUP_NOT_FOUND, "VServerGroupId is longer than any id");
}

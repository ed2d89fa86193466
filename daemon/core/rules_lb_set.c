// SPDX-License-Identifier: BSD-2-Clause
/* Load balancers altered, a field at a time (API, 4.1). */
#include "core/staging.h"

#include "base/choice.h"

#include <string.h>

#define PART(which, member)                                                     \
	{                                                                       \
		.field = (which), .offset = offsetof(struct lb_record, member), \
		.size = sizeof(((struct lb_record *)0)->member),                \
	}

/* What each field is made of. */
static const struct part {
	enum lb_field field;
	size_t offset, size;
} parts[] = {
	PART(LB_FIELD_STATUS, status),
	PART(LB_FIELD_NAME, name),
	PART(LB_FIELD_DELETE_PROTECTION, delete_protection),
	PART(LB_FIELD_PROTECTION, protection_status),
	PART(LB_FIELD_PROTECTION, protection_reason),
	PART(LB_FIELD_SPEC, spec),
	PART(LB_FIELD_INTERNET_CHARGE, internet_charge),
	PART(LB_FIELD_BANDWIDTH, bandwidth),
	PART(LB_FIELD_INSTANCE_CHARGE, instance_charge),
	PART(LB_FIELD_PAY_TYPE, pay_type),
};

/* Takes over the parts that are given; true if one was another. */
static bool alter(const struct set_lb *request, struct lb_record *record)
{
	uint8_t spec = record->spec;
	bool changed = false;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		const char *from = (const char *)&request->wanted + parts[i].offset;
		char *to = (char *)record + parts[i].offset;

		if (!request->given[parts[i].field] || !memcmp(to, from, parts[i].size))
			continue;
		memcpy(to, from, parts[i].size);
		changed = true;
	}
	/* As at its creation: charged by what is used, there is no size. */
	if (record->instance_charge == CHARGE_BY_CLCU)
		record->spec = SPEC_NONE;
	return changed || record->spec != spec;
}

int model_set_lb(struct model *model, const struct set_lb *request, struct error *error)
{
	const struct load_balancer *lb = find_lb(model, request->wanted.region, request->wanted.id);
	struct load_balancer *copy;

	if (!lb)
		return error_set(error, ERR_LB_NOT_FOUND, "LoadBalancerId %s", request->wanted.id);
	copy = lb_copy(lb);
	if (alter(request, &copy->record))
		stage_lb(model, lb->record.id, copy);
	else
		lb_free(copy);
	return 0;
}

// SPDX-License-Identifier: BSD-2-Clause
/* Load balancers altered, a field at a time (API, 4.1). */
#include "core/staging.h"

#include "base/choice.h"

#include <string.h>

static void set_protection(const struct lb_record *wanted, struct lb_record *record)
{
	record->protection_status = wanted->protection_status;
	memcpy(record->protection_reason, wanted->protection_reason,
	       sizeof(record->protection_reason));
}

static void set_field(enum lb_field field, const struct lb_record *wanted, struct lb_record *record)
{
	switch (field) {
	case LB_FIELD_STATUS:
		record->status = wanted->status;
		break;
	case LB_FIELD_NAME:
		memcpy(record->name, wanted->name, sizeof(record->name));
		break;
	case LB_FIELD_DELETE_PROTECTION:
		record->delete_protection = wanted->delete_protection;
		break;
	case LB_FIELD_PROTECTION:
		set_protection(wanted, record);
		break;
	case LB_FIELD_SPEC:
		record->spec = wanted->spec;
		break;
	case LB_FIELD_INTERNET_CHARGE:
		record->internet_charge = wanted->internet_charge;
		break;
	case LB_FIELD_BANDWIDTH:
		record->bandwidth = wanted->bandwidth;
		break;
	case LB_FIELD_INSTANCE_CHARGE:
		record->instance_charge = wanted->instance_charge;
		break;
	default:
		record->pay_type = wanted->pay_type;
	}
}

int model_set_lb(struct model *model, const struct set_lb *request, struct error *error)
{
	const struct load_balancer *lb = find_lb(model, request->wanted.region, request->wanted.id);
	struct load_balancer *copy;

	if (!lb)
		return error_set(error, ERR_LB_NOT_FOUND, "LoadBalancerId %s", request->wanted.id);
	copy = lb_copy(lb);
	for (unsigned int field = 0; field < LB_FIELDS; field++) {
		if (request->given[field])
			set_field((enum lb_field)field, &request->wanted, &copy->record);
	}
	/* As at its creation: charged by what is used, there is no size. */
	if (copy->record.instance_charge == CHARGE_BY_CLCU)
		copy->record.spec = SPEC_NONE;
	if (!memcmp(&copy->record, &lb->record, sizeof(copy->record)))
		lb_free(copy);
	else
		stage_lb(model, lb->record.id, copy);
	return 0;
}

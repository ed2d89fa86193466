// SPDX-License-Identifier: BSD-2-Clause
/* The fields that a load balancer shows in lists and by itself. */
#include "api/lb_answer.h"
#include "api/answer.h"
#include "api/tags.h"
#include "base/choice.h"

/* In a list the charge type is a number, and the alias has the word. */
#define CHARGE_ALIAS_BANDWIDTH "3"
#define CHARGE_ALIAS_TRAFFIC "4"

static void add_charge(struct cJSON *item, const struct lb_record *record, bool in_list)
{
	const char *word = choice_name(&choices_internet_charge, record->internet_charge);

	if (!in_list) {
		answer_text(item, "InternetChargeType", word);
		return;
	}
	answer_text(item, "InternetChargeType",
		    record->internet_charge == INTERNET_BY_BANDWIDTH ? CHARGE_ALIAS_BANDWIDTH
								     : CHARGE_ALIAS_TRAFFIC);
	answer_text(item, "InternetChargeTypeAlias", word);
}

void answer_lb(struct cJSON *item, const struct load_balancer *lb, bool in_list)
{
	const struct lb_record *record = &lb->record;
	char text[ADDRESS_TEXT];

	answer_text(item, "LoadBalancerId", record->id);
	answer_text(item, "LoadBalancerName", record->name);
	answer_text(item, "LoadBalancerStatus", choice_name(&choices_lb_status, record->status));
	answer_text(item, "Address", address_format(&record->vip, text));
	answer_text(item, "AddressType", choice_name(&choices_address_type, record->address_type));
	answer_text(item, "AddressIPVersion",
		    choice_name(&choices_ip_version,
				record->vip.family == 6 ? IP_VERSION_6 : IP_VERSION_4));
	answer_text(item, "NetworkType", choice_name(&choices_network_type, record->network_type));
	answer_text(item, "VpcId", record->vpc_id);
	answer_text(item, "VSwitchId", record->vswitch_id);
	answer_text(item, "RegionId", record->region);
	answer_text(item, "RegionIdAlias", record->region);
	answer_text(item, "MasterZoneId", record->master_zone);
	answer_text(item, "SlaveZoneId", record->slave_zone);
	add_charge(item, record, in_list);
	answer_text(item, "InstanceChargeType",
		    choice_name(&choices_instance_charge, record->instance_charge));
	answer_text(item, "LoadBalancerSpec", choice_name(&choices_spec, record->spec));
	answer_text(item, "PayType", choice_name(&choices_pay_type, record->pay_type));
	answer_text(item, "ResourceGroupId", record->resource_group);
	answer_text(item, "DeleteProtection",
		    choice_name(&choices_switch, record->delete_protection));
	answer_text(item, "ModificationProtectionStatus",
		    choice_name(&choices_protection_status, record->protection_status));
	answer_text(item, "ModificationProtectionReason", record->protection_reason);
	answer_time(item, "CreateTime", record->created_ms);
	answer_number(item, "Bandwidth", record->bandwidth);
	answer_number(item, "CreateTimeStamp", record->created_ms);
	answer_tags(item, lb_tags(lb, RESOURCE_LB, record->id));
}

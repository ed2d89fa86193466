/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The closed sets of words that the API knows, as small numbers inside and as spelled by the API
 * outside. One table for parsing, answering, and help.
 */
#ifndef SLUICE_BASE_CHOICE_H
#define SLUICE_BASE_CHOICE_H

struct choices {
	const char *const *names; /* the position is the value; NULL at the end */
};

enum switch_state { SWITCH_OFF, SWITCH_ON };
enum address_type { ADDRESS_TYPE_INTERNET, ADDRESS_TYPE_INTRANET };
enum ip_version { IP_VERSION_4, IP_VERSION_6 };
enum network_type { NETWORK_CLASSIC, NETWORK_VPC };
enum lb_spec { SPEC_NONE }; /* value 0: shared; the names follow */
enum instance_charge { CHARGE_BY_SPEC, CHARGE_BY_CLCU };
enum internet_charge { INTERNET_BY_TRAFFIC, INTERNET_BY_BANDWIDTH };
enum protection_status { PROTECTION_NONE, PROTECTION_CONSOLE };
enum pay_type { PAY_ON_DEMAND, PAY_PREPAID };
enum lb_status { LB_ACTIVE, LB_INACTIVE };
enum listener_status { LISTENER_STOPPED, LISTENER_RUNNING };
enum protocol { PROTOCOL_TCP, PROTOCOL_UDP };
enum scheduler {
	SCHEDULER_WRR,
	SCHEDULER_RR,
	SCHEDULER_WLC,
	SCHEDULER_SCH,
	SCHEDULER_TCH,
	SCHEDULER_QCH
};
enum forwarding_mode { MODE_NAT, MODE_FULLNAT, MODE_DSR, MODE_IPIP, MODE_GUE };
enum no_backend_policy { POLICY_REJECT, POLICY_DROP };
enum all_unhealthy { ALL_UNHEALTHY_REJECT, ALL_UNHEALTHY_SERVE };
enum acl_type { ACL_WHITE, ACL_BLACK };
enum health_type { HEALTH_TCP, HEALTH_HTTP, HEALTH_UDP /* a UDP listener's; has no word */ };
enum health_method { HEALTH_HEAD, HEALTH_GET };
enum instance_status {
	INSTANCE_RUNNING,
	INSTANCE_STOPPED,
	INSTANCE_STARTING,
	INSTANCE_STOPPING,
	INSTANCE_PENDING
};
enum server_type { SERVER_ECS, SERVER_ENI };
/* What can have tags. */
enum resource_type {
	RESOURCE_LB,
	RESOURCE_LISTENER,
	RESOURCE_VSERVER_GROUP,
	RESOURCE_MASTER_SLAVE_GROUP,
	RESOURCE_ACL
};

extern const struct choices choices_switch, choices_address_type, choices_ip_version,
	choices_network_type, choices_spec, choices_instance_charge, choices_internet_charge,
	choices_protection_status, choices_pay_type, choices_lb_status, choices_listener_status,
	choices_protocol, choices_scheduler, choices_forwarding_mode, choices_no_backend_policy,
	choices_acl_type, choices_health_type, choices_health_method, choices_instance_status,
	choices_server_type, choices_syn_proxy, choices_resource_type, choices_journal_kind;

/* The value of a word, in any case; negative if it is not in the set. */
int choice_find(const struct choices *choices, const char *word);
/* The word of a value, as the API spells it; "" beyond the set. */
const char *choice_name(const struct choices *choices, unsigned int value);

#endif

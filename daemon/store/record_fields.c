// SPDX-License-Identifier: BSD-2-Clause
/* The tables behind record_fields.h. */
#include "store/record_fields.h"
#include "base/choice.h"

#include <isa-l/crc.h>
#include <string.h>

#define AT(holder, member)                                          \
	.offset = offsetof(struct holder, member), .name = #member, \
	.size = sizeof(((struct holder *)0)->member)
#define TEXT(holder, member)                           \
	{                                              \
		.type = FIELD_TEXT, AT(holder, member) \
	}
#define SHARED(holder, member, room)                                                             \
	{                                                                                        \
		.type = FIELD_SHARED, .offset = offsetof(struct holder, member), .size = (room), \
		.name = #member                                                                  \
	}
#define TEXT_SINCE(number, holder, member)                                \
	{                                                                 \
		.type = FIELD_TEXT, .since = (number), AT(holder, member) \
	}
#define NUMBER(holder, member, least, most)                                              \
	{                                                                                \
		.type = FIELD_NUMBER, .low = (least), .high = (most), AT(holder, member) \
	}
#define SWITCH(holder, member) NUMBER(holder, member, 0, 1)
#define NUMBER_SINCE(number, holder, member, least, most)                                \
	{                                                                                \
		.type = FIELD_NUMBER, .low = (least), .high = (most), .since = (number), \
		AT(holder, member)                                                       \
	}
#define SWITCH_SINCE(number, holder, member)                                           \
	{                                                                              \
		.type = FIELD_NUMBER, .high = 1, .since = (number), AT(holder, member) \
	}
#define SIGNED(holder, member)                           \
	{                                                \
		.type = FIELD_SIGNED, AT(holder, member) \
	}
#define SIGNED_SINCE(number, holder, member)                                \
	{                                                                   \
		.type = FIELD_SIGNED, .since = (number), AT(holder, member) \
	}
#define ADDRESS(holder, member)                           \
	{                                                 \
		.type = FIELD_ADDRESS, AT(holder, member) \
	}
#define LIST(holder, member, count, most, type_of, rows)                            \
	{                                                                           \
		.type = FIELD_LIST, .offset = offsetof(struct holder, member),      \
		.size = sizeof(type_of), .high = (most), .name = #member,           \
		.count_offset = offsetof(struct holder, count), .elements = (rows), \
	}
#define BYTES_SINCE(number, holder, member, count)                                         \
	{                                                                                  \
		.type = FIELD_BYTES, .offset = offsetof(struct holder, member), .size = 1, \
		.high = RECORD_BYTES_MAX, .since = (number), .name = #member,              \
		.count_offset = offsetof(struct holder, count)                             \
	}
#define END                       \
	{                         \
		.type = FIELD_END \
	}

/* The last value of each choice; base/choice.h's order is part of the format. */
static const struct record_field lb_fields[] = {
	TEXT(lb_record, id),
	TEXT(lb_record, name),
	TEXT(lb_record, region),
	ADDRESS(lb_record, vip),
	NUMBER(lb_record, address_type, 0, ADDRESS_TYPE_INTRANET),
	NUMBER(lb_record, network_type, 0, NETWORK_VPC),
	NUMBER(lb_record, spec, 0, 6),
	NUMBER(lb_record, instance_charge, 0, CHARGE_BY_CLCU),
	NUMBER(lb_record, internet_charge, 0, INTERNET_BY_BANDWIDTH),
	SWITCH(lb_record, delete_protection),
	NUMBER(lb_record, protection_status, 0, PROTECTION_CONSOLE),
	NUMBER(lb_record, pay_type, 0, PAY_PREPAID),
	NUMBER(lb_record, status, 0, LB_INACTIVE),
	TEXT(lb_record, protection_reason),
	TEXT(lb_record, vpc_id),
	TEXT(lb_record, vswitch_id),
	TEXT(lb_record, master_zone),
	TEXT(lb_record, slave_zone),
	TEXT(lb_record, resource_group),
	SIGNED(lb_record, bandwidth),
	SIGNED(lb_record, created_ms),
	END,
};

static const struct record_field member_fields[] = {
	SHARED(member_record, server_id, RECORD_ID),
	SHARED(member_record, description, RECORD_NAME),
	ADDRESS(member_record, address),
	NUMBER(member_record, port, 0, UINT16_MAX),
	NUMBER(member_record, weight, 0, 100),
	NUMBER(member_record, type, 0, SERVER_ENI),
	END,
};

static const struct record_field group_fields[] = {
	TEXT(group_record, lb_id),
	TEXT_SINCE(2, group_record, id),
	TEXT_SINCE(2, group_record, name),
	SIGNED_SINCE(2, group_record, created_ms),
	LIST(group_record, members, member_count, RECORD_LIST_MAX, struct member_record,
	     member_fields),
	END,
};

static const struct record_field backend_fields[] = {
	NUMBER(backend_record, id, 1, (1u << 20) - 1),
	NUMBER(backend_record, generation, 0, UINT8_MAX),
	SWITCH(backend_record, removed),
	NUMBER(backend_record, port, 1, UINT16_MAX),
	ADDRESS(backend_record, address),
	END,
};

static const struct record_field listener_fields[] = {
	TEXT(listener_record, lb_id),
	NUMBER(listener_record, protocol, 0, PROTOCOL_UDP),
	NUMBER(listener_record, port, 1, UINT16_MAX),
	NUMBER(listener_record, service, 1, UINT16_MAX - 1),
	NUMBER(listener_record, backend_port, 0, UINT16_MAX),
	NUMBER(listener_record, status, 0, LISTENER_RUNNING),
	NUMBER(listener_record, scheduler, 0, SCHEDULER_QCH),
	NUMBER(listener_record, mode, 0, MODE_GUE),
	NUMBER(listener_record, policy, 0, POLICY_DROP),
	SIGNED(listener_record, bandwidth),
	TEXT(listener_record, description),
	SWITCH(listener_record, acl_status),
	SWITCH(listener_record, connection_drain),
	NUMBER(listener_record, persistence_s, 0, UINT16_MAX),
	NUMBER(listener_record, established_s, 0, UINT16_MAX),
	SWITCH(listener_record, health.enabled),
	NUMBER(listener_record, health.type, 0, HEALTH_HTTP),
	NUMBER(listener_record, health.method, 0, HEALTH_GET),
	NUMBER(listener_record, health.port, 0, UINT16_MAX),
	NUMBER(listener_record, health.timeout_s, 0, UINT16_MAX),
	NUMBER(listener_record, health.interval_s, 0, UINT16_MAX),
	NUMBER(listener_record, health.rise, 0, UINT8_MAX),
	NUMBER(listener_record, health.fall, 0, UINT8_MAX),
	TEXT(listener_record, health.uri),
	TEXT(listener_record, health.domain),
	TEXT(listener_record, health.codes),
	TEXT(listener_record, health.request),
	TEXT(listener_record, health.expect),
	SIGNED(listener_record, created_ms),
	TEXT_SINCE(2, listener_record, group_id),
	SWITCH_SINCE(2, listener_record, syn_proxy),
	NUMBER_SINCE(3, listener_record, drain_timeout_s, 0, UINT16_MAX),
	LIST(listener_record, backends, backend_count, RECORD_LIST_MAX, struct backend_record,
	     backend_fields),
	END,
};

static const struct record_field address_fields[] = {
	{ .type = FIELD_ADDRESS, .size = sizeof(struct address), .name = "address" },
	END,
};

static const struct record_field instance_fields[] = {
	TEXT(instance_record, id),
	SHARED(instance_record, name, RECORD_ID),
	SHARED(instance_record, vpc_id, RECORD_ID),
	SHARED(instance_record, zone_id, RECORD_ID),
	SHARED(instance_record, region, RECORD_ID),
	NUMBER(instance_record, kind, 0, SERVER_ENI),
	NUMBER(instance_record, status, 0, INSTANCE_PENDING),
	NUMBER(instance_record, network_type, 0, NETWORK_VPC),
	SWITCH(instance_record, auto_registered),
	LIST(instance_record, addresses, address_count, RECORD_INSTANCE_ADDRESSES, struct address,
	     address_fields),
	SIGNED(instance_record, created_ms),
	END,
};

#define TYPE(title, holder, newest, rows)                                            \
	{                                                                            \
		.name = (title), .size = sizeof(struct holder), .version = (newest), \
		.fields = (rows)                                                     \
	}

static const struct record_field tag_fields[] = {
	TEXT(tag_record, key),
	TEXT(tag_record, value),
	END,
};

static const struct record_field tags_fields[] = {
	TEXT(tags_record, id),
	NUMBER(tags_record, type, 0, RESOURCE_ACL),
	TEXT(tags_record, lb_id),
	LIST(tags_record, tags, tag_count, RECORD_LIST_MAX, struct tag_record, tag_fields),
	END,
};

static const struct record_field token_fields[] = {
	TEXT(token_record, token),
	TEXT(token_record, request),
	SIGNED(token_record, created_ms),
	TEXT(token_record, lb_id),
	TEXT(token_record, name),
	ADDRESS(token_record, vip),
	NUMBER(token_record, network_type, 0, NETWORK_VPC),
	TEXT(token_record, vpc_id),
	TEXT(token_record, vswitch_id),
	TEXT(token_record, resource_group),
	BYTES_SINCE(2, token_record, results, results_length),
	END,
};

static const struct record_type types[] = {
	[RECORD_LB] = TYPE("load balancer", lb_record, 1, lb_fields),
	[RECORD_GROUP] = TYPE("group", group_record, 2, group_fields),
	[RECORD_LISTENER] = TYPE("listener", listener_record, 3, listener_fields),
	[RECORD_INSTANCE] = TYPE("instance", instance_record, 1, instance_fields),
	[RECORD_TAG_SET] = TYPE("tags", tags_record, 1, tags_fields),
	[RECORD_TOKEN] = TYPE("client token", token_record, 2, token_fields),
};

const struct record_type *record_type(unsigned int kind)
{
	if (kind < RECORD_LB || kind > RECORD_TOKEN)
		return NULL;
	return &types[kind];
}

uint32_t record_crc32c(const uint8_t *bytes, size_t length)
{
	/* ISA-L takes a pointer that is not const, and does not write. */
	return ~crc32_iscsi((unsigned char *)(uintptr_t)bytes, (int)length, ~0u);
}

uint64_t record_number(const void *field, uint32_t size)
{
	uint64_t value = 0;

	/* The platform is little endian: the low bytes come first. */
	memcpy(&value, field, size);
	return value;
}

bool record_number_valid(const struct record_field *field, uint64_t value)
{
	return value >= field->low && value <= field->high;
}

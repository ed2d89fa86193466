// SPDX-License-Identifier: BSD-2-Clause
/*
 * Records as earlier versions wrote them: read as they are, with zeros for what did not exist yet,
 * and written in today's form. The bytes came out of the code of then.
 */
#include "store/record.h"
#include "store/record_fields.h"
#include "base/choice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Version 1, before VServer groups: group lb-1 with server i-1, and its listener on TCP port 80. */
static const uint8_t old_group[] = {
	0x01, 0x02, 0x04, 0x00, 0x6c, 0x62, 0x2d, 0x31, 0x01, 0x00, 0x00, 0x00,
	0x03, 0x00, 0x69, 0x2d, 0x31, 0x03, 0x00, 0x77, 0x65, 0x62, 0x04, 0x0a,
	0x00, 0x00, 0x01, 0x90, 0x1f, 0x46, 0x00, 0x2f, 0xb5, 0x4e, 0x17,
};
static const uint8_t old_listener[] = {
	0x01, 0x03, 0x04, 0x00, 0x6c, 0x62, 0x2d, 0x31, 0x00, 0x50, 0x00, 0x03, 0x00, 0x90, 0x1f,
	0x01, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0x05, 0x00, 0x66, 0x72, 0x6f, 0x6e, 0x74,
	0x00, 0x00, 0x00, 0x00, 0x84, 0x03, 0x01, 0x00, 0x00, 0x00, 0x00, 0x05, 0x00, 0x02, 0x00,
	0x03, 0x03, 0x01, 0x00, 0x2f, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x68,
	0xe5, 0xcf, 0x8b, 0x01, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x02,
	0x00, 0x90, 0x1f, 0x04, 0x0a, 0x00, 0x00, 0x01, 0xe3, 0x5d, 0x4c, 0xbd,
};

static const uint8_t group_key[] = "\x02lb-1", listener_key[] = "\x03lb-1/\x00/\x00\x50";

/* Reads the old form, then what is written of it today. */
static struct record read_old(const uint8_t *key, size_t key_length, const uint8_t *bytes,
			      size_t length)
{
	struct record old, again;
	uint8_t *written;
	size_t written_length;
	char why[256] = "";

	if (record_read(key, key_length, bytes, length, &old, why, sizeof(why)))
		fail_msg("%s", why);
	assert_int_equal(record_write(&old, &written, &written_length), 0);
	assert_true(written[0] > bytes[0]);
	assert_int_equal(record_read(key, key_length, written, written_length, &again, why,
				     sizeof(why)),
			 0);
	free(written);
	record_free(&old);
	return again;
}

static void test_group(void **state)
{
	struct record record =
		read_old(group_key, sizeof(group_key) - 1, old_group, sizeof(old_group));

	(void)state;
	assert_string_equal(record.group->lb_id, "lb-1");
	assert_string_equal(record.group->id, "");
	assert_string_equal(record.group->name, "");
	assert_int_equal(record.group->created_ms, 0);
	assert_int_equal(record.group->member_count, 1);
	assert_string_equal(record.group->members[0].server_id, "i-1");
	assert_string_equal(record.group->members[0].description, "web");
	assert_int_equal(record.group->members[0].port, 8080);
	assert_int_equal(record.group->members[0].weight, 70);
	record_free(&record);
}

static void test_listener(void **state)
{
	struct record record = read_old(listener_key, sizeof(listener_key) - 1, old_listener,
					sizeof(old_listener));
	const struct listener_record *listener = record.listener;

	(void)state;
	assert_int_equal(listener->service, 3);
	assert_int_equal(listener->status, LISTENER_RUNNING);
	assert_int_equal(listener->bandwidth, -1);
	assert_string_equal(listener->description, "front");
	assert_int_equal(listener->established_s, 900);
	assert_int_equal(listener->health.interval_s, 2);
	assert_true(listener->created_ms == 1700000000000);
	assert_string_equal(listener->group_id, "");
	assert_int_equal(listener->syn_proxy, 0);
	assert_int_equal(listener->backend_count, 1);
	assert_int_equal(listener->backends[0].id, 5);
	assert_int_equal(listener->backends[0].generation, 2);
	assert_int_equal(listener->backends[0].port, 8080);
	record_free(&record);
}

/* The old form is not today's with an old number: what it lacks is missing, not left over. */
static void test_version_decides(void **state)
{
	uint8_t bytes[sizeof(old_group)];
	struct record record;
	uint32_t crc;
	char why[256] = "";

	(void)state;
	memcpy(bytes, old_group, sizeof(bytes));
	for (uint8_t version = 0; version < 4; version += 2) {
		bytes[0] = version;
		crc = record_crc32c(bytes, sizeof(bytes) - sizeof(crc));
		memcpy(bytes + sizeof(bytes) - sizeof(crc), &crc, sizeof(crc));
		assert_true(record_read(group_key, sizeof(group_key) - 1, bytes, sizeof(bytes),
					&record, why, sizeof(why)) < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_group),
		cmocka_unit_test(test_listener),
		cmocka_unit_test(test_version_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

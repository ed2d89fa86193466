// SPDX-License-Identifier: BSD-2-Clause
/* Records: what is written comes back, and nothing else is believed. */
#include "store/record.h"
#include "store/record_fields.h"
#include "base/choice.h"
#include "base/shared_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ROUNDS 400

static void fill_text(char *out, size_t size)
{
	size_t length = (size_t)random() % size;

	for (size_t i = 0; i < length; i++)
		out[i] = (char)(random() % 255 + 1);
}

static void fill_id(char *out)
{
	size_t length = 1 + (size_t)random() % (RECORD_ID - 1);

	for (size_t i = 0; i < length; i++)
		out[i] = "abcdefghijklmnopqrstuvwxyz0123456789-._"[random() % 39];
}

static void fill_shared(char *out, size_t size)
{
	char text[RECORD_TEXT] = "";
	const char *shared;

	fill_text(text, size);
	shared = shared_text(text);
	memcpy(out, &shared, sizeof(shared));
}

static void fill_address(struct address *out)
{
	static const uint8_t families[] = { 0, 4, 6 };

	out->family = families[random() % 3];
	for (size_t i = 0; i < (out->family == 6 ? 16u : out->family); i++)
		out->bytes[i] = (uint8_t)random();
}

static void fill_fields(const struct record_field *field, char *holder);

static void fill_elements(const struct record_field *field, char *holder)
{
	uint32_t count = (uint32_t)random() % (field->high < 40 ? field->high + 1 : 40);
	char *element = NULL;

	if (count) {
		element = calloc(count, field->size);
		assert_non_null(element);
		memcpy(holder + field->offset, &element, sizeof(element));
	}
	memcpy(holder + field->count_offset, &count, sizeof(count));
	for (uint32_t i = 0; i < count; i++)
		fill_fields(field->elements, element + (size_t)i * field->size);
}

static void fill_bytes(const struct record_field *field, char *holder)
{
	uint32_t count = (uint32_t)random() % 40;
	char *bytes = count ? calloc(count, 1) : NULL;

	for (uint32_t i = 0; i < count; i++)
		bytes[i] = (char)random();
	memcpy(holder + field->offset, &bytes, sizeof(bytes));
	memcpy(holder + field->count_offset, &count, sizeof(count));
}

static void fill_number(const struct record_field *field, char *at)
{
	uint64_t value = (uint64_t)random() << 33 ^ (uint64_t)random();

	if (field->type == FIELD_NUMBER)
		value = field->low + value % ((uint64_t)field->high - field->low + 1);
	memcpy(at, &value, field->size);
}

/* Every field gets a value of its own, so that one the format forgets shows. */
static void fill_fields(const struct record_field *field, char *holder)
{
	for (; field->type != FIELD_END; field++) {
		char *at = holder + field->offset;

		if (field->type == FIELD_TEXT)
			fill_text(at, field->size);
		else if (field->type == FIELD_SHARED)
			fill_shared(at, field->size);
		else if (field->type == FIELD_BYTES)
			fill_bytes(field, holder);
		else if (field->type == FIELD_ADDRESS)
			fill_address((struct address *)at);
		else if (field->type == FIELD_NUMBER || field->type == FIELD_SIGNED)
			fill_number(field, at);
		else
			fill_elements(field, holder);
	}
}

static struct record random_record(enum record_kind kind)
{
	const struct record_type *type = record_type(kind);
	char *memory = calloc(1, type->size);

	assert_non_null(memory);
	fill_fields(type->fields, memory);
	memset(memory, 0, RECORD_ID); /* the id is the first field of each kind */
	fill_id(memory);
	return (struct record){ .kind = kind, .lb = (const struct lb_record *)memory };
}

static void assert_same_fields(const struct record_field *field, const char *a, const char *b)
{
	for (; field->type != FIELD_END; field++) {
		const char *left = a + field->offset, *right = b + field->offset;
		uint32_t count;

		if (field->type == FIELD_SHARED) {
			memcpy(&left, left, sizeof(left));
			memcpy(&right, right, sizeof(right));
			assert_string_equal(left, right);
			continue;
		}
		if (field->type != FIELD_LIST && field->type != FIELD_BYTES) {
			assert_memory_equal(left, right, field->size);
			continue;
		}
		assert_memory_equal(a + field->count_offset, b + field->count_offset, 4);
		memcpy(&count, a + field->count_offset, sizeof(count));
		memcpy(&left, a + field->offset, sizeof(left));
		memcpy(&right, b + field->offset, sizeof(right));
		if (field->type == FIELD_BYTES && count)
			assert_memory_equal(left, right, count);
		for (uint32_t i = 0; field->elements && i < count; i++)
			assert_same_fields(field->elements, left + (size_t)i * field->size,
					   right + (size_t)i * field->size);
	}
}

static int read_back(const uint8_t *key, size_t key_length, const uint8_t *bytes, size_t length,
		     struct record *out)
{
	char why[256] = "";
	/* An exact copy, so that the sanitizer sees a read beyond its end. */
	uint8_t *copy = malloc(length ? length : 1);
	int result;

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	result = record_read(key, key_length, copy, length, out, why, sizeof(why));
	free(copy);
	if (result)
		assert_true(why[0]);
	return result;
}

static void start_random(void)
{
	unsigned int seed = (unsigned int)getpid();

	print_message("seed %u\n", seed);
	srandom(seed);
}

static void test_round_trip(void **state)
{
	(void)state;
	start_random();
	for (int round = 0; round < ROUNDS; round++) {
		enum record_kind kind = (enum record_kind)(RECORD_LB + round % RECORD_TOKEN);
		struct record record = random_record(kind), back;
		uint8_t key[RECORD_KEY_MAX], *bytes;
		size_t key_length = record_key(&record, key), length;

		assert_int_equal(record_write(&record, &bytes, &length), 0);
		assert_int_equal(read_back(key, key_length, bytes, length, &back), 0);
		assert_int_equal(back.kind, kind);
		assert_same_fields(record_type(kind)->fields, (const char *)record.lb,
				   (const char *)back.lb);
		free(bytes);
		record_free(&record);
		record_free(&back);
	}
}

static size_t bytes_with_a_row(const struct record_field *field)
{
	size_t named = 0;

	for (; field->type != FIELD_END; field++) {
		if (field->type == FIELD_LIST || field->type == FIELD_BYTES)
			named += sizeof(void *) + sizeof(uint32_t);
		else if (field->type == FIELD_SHARED)
			named += sizeof(char *);
		else
			named += field->size;
	}
	return named;
}

/* The tables name every byte of the structs but the compiler's padding: a field without a row would
 * be lost silently. A change of a struct changes its number here too. */
static void test_every_field_has_a_row(void **state)
{
	static const struct {
		enum record_kind kind;
		size_t padding, element_padding;
	} kinds[] = { { .kind = RECORD_LB, .padding = 1 },
		      { .kind = RECORD_GROUP, .padding = 9, .element_padding = 3 },
		      { .kind = RECORD_LISTENER, .padding = 17, .element_padding = 3 },
		      { .kind = RECORD_INSTANCE, .padding = 15 },
		      { .kind = RECORD_TAG_SET, .padding = 9 },
		      { .kind = RECORD_TOKEN, .padding = 11 } };

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct record_type *type = record_type(kinds[i].kind);

		assert_int_equal(type->size - bytes_with_a_row(type->fields), kinds[i].padding);
		for (const struct record_field *field = type->fields; field->type != FIELD_END;
		     field++) {
			if (field->type == FIELD_LIST)
				assert_int_equal(field->size - bytes_with_a_row(field->elements),
						 kinds[i].element_padding);
		}
	}
}

static void test_damage_is_refused(void **state)
{
	(void)state;
	start_random();
	for (int round = 0; round < 8; round++) {
		struct record record =
			random_record((enum record_kind)(RECORD_LB + round % RECORD_TOKEN));
		uint8_t key[RECORD_KEY_MAX], *bytes;
		size_t key_length = record_key(&record, key), length;
		struct record out;

		assert_int_equal(record_write(&record, &bytes, &length), 0);
		for (size_t cut = 0; cut < length; cut++)
			assert_true(read_back(key, key_length, bytes, cut, &out) < 0);
		for (size_t bit = 0; bit < length * 8; bit++) {
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_true(read_back(key, key_length, bytes, length, &out) < 0);
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		for (size_t bit = 0; bit < key_length * 8; bit++) {
			key[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_true(read_back(key, key_length, bytes, length, &out) < 0);
			key[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		assert_true(read_back(key, key_length - 1, bytes, length, &out) < 0);
		assert_true(read_back(key, 0, bytes, length, &out) < 0);
		free(bytes);
		record_free(&record);
	}
}

static void seal(uint8_t *bytes, size_t length)
{
	uint32_t crc = record_crc32c(bytes, length - 4);

	memcpy(bytes + length - 4, &crc, sizeof(crc));
}

/* A checksum can be right over nonsense: what is read must still be in range, or refused, and
 * what is taken must be the very bytes that would be written. */
static void test_forged_records(void **state)
{
	(void)state;
	start_random();
	for (int round = 0; round < 4000; round++) {
		struct record record =
			random_record((enum record_kind)(RECORD_LB + round % RECORD_TOKEN));
		uint8_t key[RECORD_KEY_MAX], *bytes, *again;
		size_t key_length = record_key(&record, key), length, again_length;
		struct record out;

		assert_int_equal(record_write(&record, &bytes, &length), 0);
		for (int i = 0; i < 3; i++)
			bytes[(size_t)random() % (length - 4)] = (uint8_t)random();
		if (random() % 4 == 0)
			length = 6 + (size_t)random() % (length - 5);
		seal(bytes, length);
		if (!read_back(key, key_length, bytes, length, &out)) {
			assert_int_equal(record_write(&out, &again, &again_length), 0);
			if (bytes[0] == again[0]) {
				assert_int_equal(again_length, length);
				assert_memory_equal(again, bytes, length);
			}
			free(again);
			record_free(&out);
		}
		free(bytes);
		record_free(&record);
	}
}

/* The value that is sealed at an offset found by the fields before it. */
static void test_ranges(void **state)
{
	struct member_record member = { .server_id = "i-1", .weight = 101 };
	struct group_record group = { .lb_id = "lb-1", .members = &member, .member_count = 1 };
	struct listener_record listener = { .lb_id = "lb-1", .port = 80, .service = 1 };
	struct record record = { .kind = RECORD_GROUP, .group = &group };
	uint8_t key[RECORD_KEY_MAX], *bytes;
	size_t length;
	char why[256];
	struct record out;

	(void)state;
	assert_true(record_write(&record, &bytes, &length) < 0);
	member.weight = 100;
	assert_int_equal(record_write(&record, &bytes, &length), 0);
	/* weight and type are the last two bytes before the checksum */
	bytes[length - 6] = 101;
	seal(bytes, length);
	assert_true(record_read(key, record_key(&record, key), bytes, length, &out, why,
				sizeof(why)) < 0);
	assert_string_equal(why, "group \"lb-1\": weight is out of range");
	free(bytes);
	record = (struct record){ .kind = RECORD_LISTENER, .listener = &listener };
	listener.service = 65535;
	assert_true(record_write(&record, &bytes, &length) < 0);
	listener.service = 1;
	memset(listener.description, 'x', sizeof(listener.description));
	assert_true(record_write(&record, &bytes, &length) < 0);
	record.kind = (enum record_kind)9;
	assert_true(record_write(&record, &bytes, &length) < 0);
}

static void test_newer_version(void **state)
{
	struct lb_record lb = { .id = "lb-1" };
	struct record record = { .kind = RECORD_LB, .lb = &lb }, out;
	uint8_t key[RECORD_KEY_MAX], *bytes;
	size_t key_length = record_key(&record, key), length;
	char why[256];

	(void)state;
	assert_int_equal(record_write(&record, &bytes, &length), 0);
	bytes[0] = (uint8_t)(record_type(RECORD_LB)->version + 1);
	seal(bytes, length);
	assert_true(record_read(key, key_length, bytes, length, &out, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "\"lb-1\": the record's version is not known to this sluiced"));
	free(bytes);
}

static int compare_keys(const struct record *a, const struct record *b)
{
	uint8_t left[RECORD_KEY_MAX], right[RECORD_KEY_MAX];
	size_t left_length = record_key(a, left), right_length = record_key(b, right);
	size_t shorter = left_length < right_length ? left_length : right_length;
	int order = memcmp(left, right, shorter);

	return order ? order : (int)left_length - (int)right_length;
}

static void test_key_order(void **state)
{
	struct lb_record lb = { .id = "lb-zzz" };
	struct group_record group = { .lb_id = "lb-aaa" };
	struct listener_record low = { .lb_id = "lb-aaa", .port = 255 };
	struct listener_record high = { .lb_id = "lb-aaa", .port = 256 };
	struct listener_record udp = { .lb_id = "lb-aaa", .port = 255, .protocol = PROTOCOL_UDP };
	struct instance_record instance = { .id = "a" };
	const struct record ascending[] = {
		{ .kind = RECORD_LB, .lb = &lb },
		{ .kind = RECORD_GROUP, .group = &group },
		{ .kind = RECORD_LISTENER, .listener = &low },
		{ .kind = RECORD_LISTENER, .listener = &high },
		{ .kind = RECORD_LISTENER, .listener = &udp },
		{ .kind = RECORD_INSTANCE, .instance = &instance },
	};

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(ascending) / sizeof(ascending[0]); i++)
		assert_true(compare_keys(&ascending[i], &ascending[i + 1]) < 0);
}

static void test_checksum_is_crc32c(void **state)
{
	(void)state;
	assert_int_equal(record_crc32c((const uint8_t *)"123456789", 9), 0xe3069283);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_every_field_has_a_row),
		cmocka_unit_test(test_damage_is_refused),
		cmocka_unit_test(test_forged_records),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_newer_version),
		cmocka_unit_test(test_key_order),
		cmocka_unit_test(test_checksum_is_crc32c),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

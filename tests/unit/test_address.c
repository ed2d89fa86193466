// SPDX-License-Identifier: BSD-2-Clause
/* Addresses: text both ways, order, what may be a server or a VIP, ranges. */
#include "base/address.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct address parsed(const char *text)
{
	struct address address;

	if (address_parse(text, &address))
		fail_msg("not taken: %s", text);
	return address;
}

static const struct {
	const char *text, *formatted;
} good[] = {
	{ "192.0.2.1", "192.0.2.1" },
	{ "0.0.0.0", "0.0.0.0" },
	{ "255.255.255.255", "255.255.255.255" },
	{ "::", "::" },
	{ "::1", "::1" },
	{ "2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
	{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
	{ "::ffff:192.0.2.1", "::ffff:192.0.2.1" },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
};

static void test_text(void **state)
{
	char text[ADDRESS_TEXT];
	struct address none = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct address address = parsed(good[i].text), again;

		assert_string_equal(address_format(&address, text), good[i].formatted);
		again = parsed(text);
		assert_true(address_equal(&address, &again));
	}
	assert_string_equal(address_format(&none, text), "");
}

static const char *const bad[] = {
	"",           " 192.0.2.1",   "192.0.2.1 ", "192.0.2",      "192.0.2.256",
	"192.0.2.01", "192.0.2.1/32", "0x7f.1",     "fe80::1%eth0", "::g",
	"1::2::3",    "[::1]",        "localhost",  ":::"
};

static void test_bad_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct address address = parsed("192.0.2.7");

		if (address_parse(bad[i], &address) >= 0)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(address.bytes[3], 7);
	}
}

static void test_unicast(void **state)
{
	static const char *const yes[] = { "192.0.2.1", "10.0.0.0",    "223.255.255.255",
					   "1.0.0.0",   "2001:db8::1", "fe80::1",
					   "::2" };
	static const char *const no[] = { "0.0.0.0",   "0.1.2.3",         "127.0.0.1", "224.0.0.1",
					  "240.0.0.1", "255.255.255.255", "::",        "::1",
					  "ff02::1",   "::ffff:192.0.2.1" };
	struct address none = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		struct address address = parsed(yes[i]);

		if (!address_is_unicast(&address))
			fail_msg("%s is unicast", yes[i]);
	}
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		struct address address = parsed(no[i]);

		if (address_is_unicast(&address))
			fail_msg("%s is not unicast", no[i]);
	}
	assert_false(address_is_unicast(&none));
}

static void test_order(void **state)
{
	static const char *const ascending[] = { "1.2.3.4",  "1.2.3.5", "9.0.0.0",
						 "10.0.0.0", "::1",     "2001:db8::" };

	(void)state;
	for (size_t i = 0; i < sizeof(ascending) / sizeof(ascending[0]); i++) {
		for (size_t j = 0; j < sizeof(ascending) / sizeof(ascending[0]); j++) {
			struct address a = parsed(ascending[i]), b = parsed(ascending[j]);
			int order = address_compare(&a, &b);

			assert_true(i < j ? order < 0 : i > j ? order > 0 : order == 0);
			assert_int_equal(address_equal(&a, &b), i == j);
		}
	}
}

static void test_packet_word(void **state)
{
	struct address address = parsed("192.0.2.1"), back;

	(void)state;
	assert_int_equal(address_be32(&address), htonl(0xc0000201));
	back = address_from_be32(htonl(0xc0000201));
	assert_true(address_equal(&address, &back));
}

static void test_next(void **state)
{
	struct address address = parsed("10.0.255.255"), next = parsed("10.1.0.0");

	(void)state;
	assert_true(address_next(&address));
	assert_true(address_equal(&address, &next));
	address = parsed("255.255.255.255");
	assert_false(address_next(&address));
	assert_int_equal(address.bytes[3], 255);
	address = parsed("2001:db8::ffff:ffff");
	next = parsed("2001:db8::1:0:0");
	assert_true(address_next(&address));
	assert_true(address_equal(&address, &next));
	address = parsed("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	assert_false(address_next(&address));
}

static const struct {
	const char *text, *first, *last;
} ranges[] = {
	{ "192.0.2.0/24", "192.0.2.1", "192.0.2.254" },
	{ "192.0.2.0/30", "192.0.2.1", "192.0.2.2" },
	{ "192.0.2.2/31", "192.0.2.2", "192.0.2.3" },
	{ "192.0.2.7/32", "192.0.2.7", "192.0.2.7" },
	{ "0.0.0.0/0", "0.0.0.1", "255.255.255.254" },
	{ "10.0.0.0/9", "10.0.0.1", "10.127.255.254" },
	{ "192.0.2.9-192.0.3.1", "192.0.2.9", "192.0.3.1" },
	{ "192.0.2.9-192.0.2.9", "192.0.2.9", "192.0.2.9" },
	{ "2001:db8::/126", "2001:db8::", "2001:db8::3" },
	{ "2001:db8::1/128", "2001:db8::1", "2001:db8::1" },
	{ "2001:db8::1-2001:db8::ff", "2001:db8::1", "2001:db8::ff" },
};

static void test_ranges(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		struct address first = parsed(ranges[i].first), last = parsed(ranges[i].last);
		struct address_range range;

		if (address_range_parse(ranges[i].text, &range))
			fail_msg("not taken: %s", ranges[i].text);
		if (!address_equal(&range.first, &first) || !address_equal(&range.last, &last))
			fail_msg("%s", ranges[i].text);
		assert_true(address_range_holds(&range, &first));
		assert_true(address_range_holds(&range, &last));
		if (address_next(&last))
			assert_false(address_range_holds(&range, &last));
	}
}

static void test_bad_ranges(void **state)
{
	static const char *const no[] = {
		"",
		"192.0.2.1",
		"192.0.2.0/33",
		"192.0.2.0/",
		"192.0.2.0/-1",
		"192.0.2.0/+8",
		"192.0.2.0/0x8",
		"192.0.2.0/24 ",
		"192.0.2.1/24",
		"::1/64",
		"::/129",
		"/24",
		"-",
		"192.0.2.9-192.0.2.8",
		"192.0.2.1-::1",
		"192.0.2.1-",
		"192.0.2.1-2-3",
		"192.0.2.0/4294967320",
		"1111:1111:1111:1111:1111:1111:1111:1111-1111:1111:1111:1111:1111:1111:1111:1111 "
		"and so on",
	};
	struct address_range range;

	(void)state;
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		if (address_range_parse(no[i], &range) >= 0)
			fail_msg("taken: %s", no[i]);
	}
	assert_int_equal(address_range_parse("10.0.0.0/8", &range), 0);
	struct address six = parsed("::a00:1");

	assert_false(address_range_holds(&range, &six));
}

/* Any address survives text; any prefix holds exactly its own. */
static void test_random(void **state)
{
	unsigned int seed = (unsigned int)getpid();

	(void)state;
	print_message("seed %u\n", seed);
	srandom(seed);
	for (int round = 0; round < 5000; round++) {
		struct address address = { .family = round % 2 ? 4 : 6 }, again;
		char text[ADDRESS_TEXT];

		for (unsigned int i = 0; i < (round % 2 ? 4u : 16u); i++)
			address.bytes[i] = (uint8_t)(random() % 3 ? random() : 0);
		again = parsed(address_format(&address, text));
		assert_true(address_equal(&address, &again));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),        cmocka_unit_test(test_bad_text),
		cmocka_unit_test(test_unicast),     cmocka_unit_test(test_order),
		cmocka_unit_test(test_packet_word), cmocka_unit_test(test_next),
		cmocka_unit_test(test_ranges),      cmocka_unit_test(test_bad_ranges),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

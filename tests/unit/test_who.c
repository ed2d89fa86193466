// SPDX-License-Identifier: BSD-2-Clause
/* Who may do what: the whole matrix, and groups that do not exist. */
#include "api/who.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define WRITERS 901
#define READERS 902
#define NOBODY ((gid_t)65534)

static const struct who both = { .groups = { { 0 }, { true, WRITERS }, { true, READERS } } };
static const struct who writers_only = { .groups = { { 0 }, { true, WRITERS }, { 0 } } };
static const struct who neither;

static const struct {
	const char *sentence;
	const struct who *who;
	uid_t uid;
	gid_t gid;
	gid_t groups[4];
	size_t group_count;
	enum right right;
} rows[] = {
	{ "root writes", &both, 0, 0, { 0 }, 0, RIGHT_WRITE },
	{ "root in no group of ours writes", &both, 0, NOBODY, { 5, 6 }, 2, RIGHT_WRITE },
	{ "root writes where no group exists", &neither, 0, 0, { 0 }, 1, RIGHT_WRITE },
	{ "the group of writers writes", &both, 1000, WRITERS, { 0 }, 0, RIGHT_WRITE },
	{ "as a further group too", &both, 1000, 1000, { 4, WRITERS }, 2, RIGHT_WRITE },
	{ "the group of readers reads", &both, 1000, READERS, { 0 }, 0, RIGHT_READ },
	{ "as a further group too", &both, 1000, 1000, { READERS, 4 }, 2, RIGHT_READ },
	{ "in both, the better one counts", &both, 1000, READERS, { WRITERS }, 1, RIGHT_WRITE },
	{ "whatever the order", &both, 1000, WRITERS, { READERS }, 1, RIGHT_WRITE },
	{ "others may nothing", &both, 1000, 1000, { 0, 4, 27 }, 3, RIGHT_NONE },
	{ "root's group is no right", &both, 1000, 0, { 0 }, 1, RIGHT_NONE },
	{ "who is not known may nothing", &both, (uid_t)-1, (gid_t)-1, { 0 }, 0, RIGHT_NONE },
	{ "nor where no group exists", &neither, (uid_t)-1, (gid_t)-1, { 0 }, 0, RIGHT_NONE },
	{ "a group that does not exist has nobody",
	  &writers_only,
	  1000,
	  READERS,
	  { 0 },
	  1,
	  RIGHT_NONE },
	{ "and its number 0 is not root's group", &neither, 1000, 0, { 0 }, 1, RIGHT_NONE },
};

static void test_matrix(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct who_peer peer = { .uid = rows[i].uid,
					       .gid = rows[i].gid,
					       .groups = rows[i].groups,
					       .group_count = rows[i].group_count };
		enum right right = who_may(rows[i].who, &peer);

		if (right != rows[i].right)
			fail_msg("%s: %d instead of %d", rows[i].sentence, right, rows[i].right);
	}
}

static void test_socket_is_for(void **state)
{
	(void)state;
	assert_int_equal(who_owns(&both), WRITERS);
	assert_true(who_is_mixed(&both));
	assert_int_equal(who_owns(&writers_only), WRITERS);
	assert_false(who_is_mixed(&writers_only));
	assert_int_equal(who_owns(&neither), (gid_t)-1);
	assert_false(who_is_mixed(&neither));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matrix),
		cmocka_unit_test(test_socket_is_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

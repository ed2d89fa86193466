// SPDX-License-Identifier: BSD-2-Clause
/* The packet program's tests: every row of every table, then what a row cannot say. */
#include "row.h"
#include "tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define EXIT_SKIPPED 77

static const struct table *const tables[] = {
	&table_shape, &table_vip,   &table_line,      &table_syn,   &table_flow,
	&table_guess, &table_evict, &table_collision, &table_reply, &table_rebuild,
	&table_way,   &table_hop,   &table_checksum,
};
#define TABLES (sizeof(tables) / sizeof(*tables))

/* Both happen after the verdict, in the kernel's own code: late.c has their tests. */
#define EXEMPT (COUNTS(REDIRECT_ERROR) | COUNTS(TRANSMIT_ERROR))

/* A counter without a row, or a verdict without one, is a hole in the tables. */
static void every_reason_has_a_row(void **state)
{
#define COUNTER_NAME(symbol, name, kind, meaning) name,
	static const char *const names[] = { SLUICE_COUNTERS(COUNTER_NAME) };
	uint64_t counted = EXEMPT;
	bool verdicts[XDP_REDIRECT + 1] = { [XDP_ABORTED] = true };

	(void)state;
	for (size_t t = 0; t < TABLES; t++) {
		for (size_t r = 0; r < tables[t]->count; r++) {
			counted |= tables[t]->rows[r].counts;
			verdicts[tables[t]->rows[r].verdict] = true;
		}
	}
	for (enum sluice_counter i = 0; i < SLUICE_COUNT_MAX; i++)
		if (!(counted >> i & 1))
			fail_msg("no row counts %s", names[i]);
	for (int verdict = XDP_ABORTED; verdict <= XDP_REDIRECT; verdict++)
		assert_true(verdicts[verdict]);
}

static const struct CMUnitTest others[] = {
	cmocka_unit_test(every_reason_has_a_row),
	cmocka_unit_test(budget_of_instructions),
	cmocka_unit_test(spread_by_shares),
	cmocka_unit_test(spread_hash_is_as_written),
	cmocka_unit_test(flow_in_use_outlives_a_shorter_limit),
	cmocka_unit_test(random_checksums),
	cmocka_unit_test(clock_is_the_kernels),
	cmocka_unit_test(asks_once_a_second),
	cmocka_unit_test(late_counts_redirect_errors),
	cmocka_unit_test(late_counts_transmit_errors),
	cmocka_unit_test(late_counts_no_success),
};
#define OTHERS (sizeof(others) / sizeof(*others))

static size_t row_count(void)
{
	size_t count = 0;

	for (size_t t = 0; t < TABLES; t++)
		count += tables[t]->count;
	return count;
}

static void fill_tests(struct CMUnitTest *tests)
{
	for (size_t t = 0; t < TABLES; t++) {
		for (size_t r = 0; r < tables[t]->count; r++) {
			const struct row *row = &tables[t]->rows[r];

			*tests++ = (struct CMUnitTest){
				.name = row->sentence,
				.test_func = row_run,
				.initial_state = (void *)row,
			};
		}
	}
	for (size_t i = 0; i < OTHERS; i++)
		*tests++ = others[i];
}

int main(void)
{
	size_t count = row_count() + OTHERS;
	struct CMUnitTest *tests = calloc(count, sizeof(*tests));
	char why[256] = "";
	int failed;

	if (geteuid()) {
		fprintf(stderr, "skipped: loading the packet program needs root "
				"(CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON, CAP_SYS_ADMIN)\n");
		free(tests);
		return EXIT_SKIPPED;
	}
	if (!tests || world_make(why, sizeof(why))) {
		fprintf(stderr, "%s\n", why);
		free(tests);
		return EXIT_FAILURE;
	}
	fill_tests(tests);
	failed = _cmocka_run_group_tests("bpf", tests, count, NULL, NULL);
	world_end();
	free(tests);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests that are not rows: many packets, chance with a bound, the clock. cmocka test functions. */
#ifndef SLUICE_TESTS_BPF_TESTS_H
#define SLUICE_TESTS_BPF_TESTS_H

void budget_of_instructions(void **state);
void spread_by_shares(void **state);
void spread_hash_is_as_written(void **state);
void flow_in_use_outlives_a_shorter_limit(void **state);
void random_checksums(void **state);
void clock_is_the_kernels(void **state);
void asks_once_a_second(void **state);
void late_counts_redirect_errors(void **state);
void late_counts_transmit_errors(void **state);
void late_counts_no_success(void **state);

#endif

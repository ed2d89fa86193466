// SPDX-License-Identifier: BSD-2-Clause
/* What is said of a program that the kernel refuses: the end of the verifier's log, and its reason. */
#include "dataplane/direct.h"
#include "dataplane/libbpf_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sluice_maps.h"

#include "sluice.skel.h"

#define LOG_BYTES (1 << 20)

/* What a load says on stderr; to be freed. */
static char *load(struct sluice *skeleton, int *error)
{
	int saved = dup(STDERR_FILENO);
	FILE *file = tmpfile();
	char *text = calloc(1, LOG_BYTES);

	assert_non_null(file);
	assert_non_null(text);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	*error = sluice__load(skeleton);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	assert_true(fread(text, 1, LOG_BYTES - 1, file) < LOG_BYTES - 1);
	fclose(file);
	return text;
}

static size_t count_lines(const char *text)
{
	size_t lines = 0;

	while ((text = strchr(text, '\n')) && text++)
		lines++;
	return lines;
}

/* Rows far beyond the table's end would be reached: seen after some thousand instructions. */
static void test_the_verifiers_last_words_come_through(void **state)
{
	struct sluice_settings *settings;
	struct sluice *skeleton;
	char *text;
	int error;

	(void)state;
	libbpf_log_start();
	assert_string_equal(libbpf_log_reason(), "");
	assert_int_equal(direct_prepare(), 0);
	skeleton = sluice__open();
	assert_non_null(skeleton);
	settings = &skeleton->rodata->settings;
	settings->flow_bits = 8;
	settings->vip_lines = settings->vip_bits = 512;
	settings->reverse_lines = settings->reverse_bits = 512;
	settings->services_mask = settings->rings_mask = settings->members_mask = 511;
	settings->backends_mask = 0xffffff;
	text = load(skeleton, &error);
	sluice__destroy(skeleton);
	assert_true(error < 0);
	print_message("%s\n", libbpf_log_reason());
	assert_non_null(strstr(libbpf_log_reason(), "outside of the allowed memory range"));
	assert_non_null(strstr(text, "libbpf: the last 64 lines of "));
	assert_non_null(strstr(text, libbpf_log_reason()));
	assert_non_null(strstr(strstr(text, libbpf_log_reason()), "libbpf: processed "));
	assert_non_null(strstr(text, "-- END PROG LOAD LOG --"));
	assert_in_range(count_lines(text), 64, 64 + 10);
	free(text);
	/* The next thing that fails has another reason. */
	libbpf_log_start();
	assert_string_equal(libbpf_log_reason(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_verifiers_last_words_come_through),
	};

	if (geteuid()) {
		fputs("skipped: loading the packet program needs root\n", stderr);
		return 77;
	}
	return cmocka_run_group_tests_name("dataplane.refused", tests, NULL, NULL);
}

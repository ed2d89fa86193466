// SPDX-License-Identifier: BSD-2-Clause
/* The error table, quoted text, and log lines. */
#include "base/choice.h"
#include "base/error.h"
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void test_rows(void **state)
{
	(void)state;
	for (int code = ERR_NONE + 1; code < ERR_MAX; code++) {
		const struct error_row *row = error_row(code);

		assert_ptr_equal(row, error_row(-code));
		assert_true(row->http >= 400 && row->http < 600);
		assert_non_null(row->code);
		assert_non_null(row->sentence);
	}
	assert_string_equal(error_row(-ERR_OBTAIN_IP)->code, "ObtainIpFail");
	assert_string_equal(error_row(ERR_NONE)->code, "InternalError");
	assert_string_equal(error_row(ERR_MAX)->code, "InternalError");
	assert_string_equal(error_row(-100000)->code, "InternalError");
}

static const struct {
	const char *in, *out;
} texts[] = {
	{ "plain", "plain" },
	{ "a\nb\tc\rd\x7f", "a?b?c?d?" },
	{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x82", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x82" },
	{ "\xc3", "?" },
	{ "\xc3(", "?(" },
	{ "\xff\xfe", "??" },
	{ "\xc0\xaf", "??" }, /* overlong */
	{ "\xe0\x80\xaf", "???" },
	{ "\xed\xa0\x80", "???" }, /* surrogate */
	{ "\xf4\x90\x80\x80", "????" }, /* beyond U+10FFFF */
	{ "\xc2\x9b", "??" }, /* C1 control */
	{ "\xe2\x82", "??" },
};

static void test_detail_is_clean(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct error error;

		assert_int_equal(error_set(&error, ERR_WEIGHT, "%s", texts[i].in), -ERR_WEIGHT);
		assert_int_equal(error.code, ERR_WEIGHT);
		assert_string_equal(error.detail, texts[i].out);
		assert_string_equal(error.argument, "");
		assert_int_equal(error_set_argument(&error, ERR_MISSING, texts[i].in, "%d", 7),
				 -ERR_MISSING);
		assert_string_equal(error.argument, texts[i].out);
		assert_string_equal(error.detail, "7");
	}
	assert_int_equal(error_set(NULL, ERR_WEIGHT, "%s", "x"), -ERR_WEIGHT);
}

/* Cut where a character ends, whatever stands at the border. */
static void test_detail_is_cut(void **state)
{
	char in[ERROR_DETAIL_MAX + 64];
	struct error error;

	(void)state;
	for (size_t before = 0; before < 4; before++) {
		memset(in, 'x', before);
		for (size_t i = before; i + 4 < sizeof(in); i += 4)
			memcpy(in + i, "\xf0\x9f\x99\x82", 5);
		error_set(&error, ERR_WEIGHT, "%s", in);
		assert_true(strlen(error.detail) >= ERROR_DETAIL_MAX - 4);
		assert_int_equal((strlen(error.detail) - before) % 4, 0);
		assert_null(strchr(error.detail, '?'));
	}
}

/* What a log call puts on stderr. */
static size_t logged(char *out, size_t size, enum log_level level, const char *text)
{
	int pipes[2], saved = dup(STDERR_FILENO);
	ssize_t length;

	assert_int_equal(pipe(pipes), 0);
	assert_true(dup2(pipes[1], STDERR_FILENO) >= 0);
	log_line(level, "test", "%s", text);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(pipes[1]);
	close(saved);
	length = read(pipes[0], out, size - 1);
	close(pipes[0]);
	assert_true(length >= 0);
	out[length] = '\0';
	return (size_t)length;
}

/* In a child, for it is decided at the first line; the stream's name is the pipe's own, or not. */
static void journal_line(char *out, size_t size, unsigned long other)
{
	char stream[64];
	struct stat status;
	int pipes[2];
	ssize_t length;
	pid_t child;

	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(fstat(pipes[1], &status), 0);
	snprintf(stream, sizeof(stream), "%lu:%lu", (unsigned long)status.st_dev,
		 (unsigned long)status.st_ino + other);
	child = fork();
	if (child == 0) {
		setenv("JOURNAL_STREAM", stream, 1);
		dup2(pipes[1], STDERR_FILENO);
		log_error("test", "event");
		_exit(0);
	}
	close(pipes[1]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	length = read(pipes[0], out, size - 1);
	close(pipes[0]);
	assert_true(length > 0);
	out[length] = '\0';
}

static void test_journal(void **state)
{
	char line[256];

	(void)state;
	journal_line(line, sizeof(line), 0);
	assert_string_equal(line, "<3>test: event\n");
	journal_line(line, sizeof(line), 1);
	assert_string_equal(line, "error test: event\n");
}

static void test_log(void **state)
{
	char line[4096], big[8192];

	(void)state;
	logged(line, sizeof(line), LOG_LEVEL_WARNING, "two\nlines\x1b[31m key=1");
	assert_string_equal(line, "warning test: two?lines?[31m key=1\n");
	assert_int_equal(logged(line, sizeof(line), LOG_LEVEL_DEBUG, "unseen"), 0);
	log_set_level(LOG_LEVEL_DEBUG);
	logged(line, sizeof(line), LOG_LEVEL_DEBUG, "seen");
	assert_string_equal(line, "debug test: seen\n");
	log_set_level(LOG_LEVEL_ERROR);
	assert_int_equal(logged(line, sizeof(line), LOG_LEVEL_WARNING, "unseen"), 0);
	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_true(logged(line, sizeof(line), LOG_LEVEL_ERROR, big) > 2000);
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	log_set_level(LOG_LEVEL_INFO);
}

/* A flood in one domain: bounded, counted, and no other domain the quieter for it. */
static void test_log_limit(void **state)
{
	static char out[65536];
	int pipes[2], saved = dup(STDERR_FILENO);
	unsigned int lines = 0, left_out = 0;
	ssize_t length;
	char *told;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	assert_true(dup2(pipes[1], STDERR_FILENO) >= 0);
	for (int i = 0; i < 5 * LOG_LINES_MAX; i++)
		log_info("flood", "a line");
	log_info("calm", "another domain");
	log_line_always(LOG_LEVEL_INFO, "flood", "never left out");
	sleep(1);
	log_tick();
	log_tick();
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	close(pipes[1]);
	length = read(pipes[0], out, sizeof(out) - 1);
	close(pipes[0]);
	assert_true(length > 0);
	for (char *at = out; (at = strstr(at, "flood: a line")); at++)
		lines++;
	/* The flood may have lain across the end of a second. */
	assert_true(lines == LOG_LINES_MAX || lines == 2 * LOG_LINES_MAX);
	for (told = out; (told = strstr(told, "left_out=")); told++)
		left_out += (unsigned int)strtoul(told + strlen("left_out="), NULL, 10);
	assert_int_equal(lines + left_out, 5 * LOG_LINES_MAX);
	assert_non_null(strstr(out, "calm: another domain"));
	assert_non_null(strstr(out, "flood: never left out"));
}

static void test_choices(void **state)
{
	(void)state;
	assert_int_equal(choice_find(&choices_scheduler, "WRR"), SCHEDULER_WRR);
	assert_int_equal(choice_find(&choices_scheduler, "qch"), SCHEDULER_QCH);
	assert_true(choice_find(&choices_scheduler, "") < 0);
	assert_true(choice_find(&choices_spec, "") < 0);
	assert_true(choice_find(&choices_scheduler, "wr") < 0);
	assert_string_equal(choice_name(&choices_instance_status, INSTANCE_PENDING), "Pending");
	assert_string_equal(choice_name(&choices_instance_status, 200), "");
	assert_string_equal(choice_name(&choices_server_type, SERVER_ENI), "eni");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_journal),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_detail_is_clean),
		cmocka_unit_test(test_detail_is_cut),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_log_limit),
		cmocka_unit_test(test_choices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

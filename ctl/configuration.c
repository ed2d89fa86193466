// SPDX-License-Identifier: BSD-2-Clause
/* sluicectl export, diff and apply: the whole configuration in one file. */
#include "command.h"

#include "apply.h"
#include "client.h"
#include "config.h"
#include "format.h"
#include "parameters.h"
#include "progress.h"
#include "ranges.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MORE \
	"The configuration is the JSON that `sluicectl export' writes; sluicectl(8) describes it."

static int fail(const char *path, const char *why)
{
	fprintf(stderr, "sluicectl: %s: %s\n", path, why);
	return EXIT_REFUSED;
}

/* Beside the file and then in its place, so that a full disk does not cost the old one. */
static int write_file(const char *path, const char *text)
{
	char *beside = format_text("%s.XXXXXX", path);
	int fd = mkstemp(beside);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	mode_t mask = umask(0);
	int result = EXIT_OK;

	umask(mask);
	if (!file || fchmod(fd, 0666 & ~mask) || fputs(text, file) < 0 || fflush(file) ||
	    fsync(fd) || rename(beside, path))
		result = fail(path, strerror(errno));
	if (file)
		fclose(file);
	if (result && fd >= 0)
		unlink(beside);
	free(beside);
	return result;
}

/* The whole file, a terminating 0 behind it. NULL after a line on stderr. */
static char *read_file(const char *path, size_t *length)
{
	bool standard = !strcmp(path, "-");
	FILE *file = standard ? stdin : fopen(path, "re");
	char *text = checked(malloc(CONFIG_BYTES_MAX + 2));

	/* One byte more than is allowed, so that the excess is seen. */
	*length = file ? fread(text, 1, CONFIG_BYTES_MAX + 1, file) : 0;
	if (!file || ferror(file)) {
		fail(standard ? "standard input" : path, strerror(errno));
		free(text);
		text = NULL;
	} else {
		text = checked(realloc(text, *length + 1));
		text[*length] = '\0';
	}
	if (file && !standard)
		fclose(file);
	return text;
}

/* The region of objects that name none: --region, or the daemon's first. Malloc'ed. */
static int first_region(struct ctl *ctl, char **region)
{
	struct parameters none = { 0 };
	struct answer answer;
	const char *first;
	int result;

	if (ctl->region) {
		*region = format_text("%s", ctl->region);
		return EXIT_OK;
	}
	result = client_call(ctl->client, "DescribeRegions", &none, &answer, false);
	first = config_text(cJSON_GetArrayItem(output_find(answer.tree, "Regions.Region"), 0),
			    "RegionId");
	*region = result ? NULL : format_text("%s", first ? first : "");
	answer_clear(&answer);
	return result;
}

/* With --region only that region is read, so nothing else may be wanted. */
static int check_region(const struct ctl *ctl, const cJSON *wanted)
{
	static const char *const lists[] = { "Instances", "LoadBalancers" };
	const cJSON *item;

	for (size_t i = 0; ctl->region && i < 2; i++) {
		cJSON_ArrayForEach(item, config_get(wanted, lists[i]))
		{
			const char *region = config_text(item, "RegionId");

			if (strcmp(region, ctl->region) != 0)
				return fail(ctl->file, "something is of another region than "
						       "--region names");
		}
	}
	return EXIT_OK;
}

/* The file, checked as a whole. */
static int load(struct ctl *ctl, cJSON **wanted)
{
	char *region = NULL, *text;
	char why[512];
	size_t length;
	int result = EXIT_REFUSED;

	*wanted = NULL;
	text = read_file(ctl->file, &length);
	if (!text)
		return EXIT_REFUSED;
	/* Without a daemon, too, a mistake in the file is what is to be told. */
	*wanted = config_parse(text, length, ctl->region ? ctl->region : "", why, sizeof(why));
	if (!*wanted) {
		fail(ctl->file, why);
		goto out;
	}
	cJSON_Delete(*wanted);
	*wanted = NULL;
	result = first_region(ctl, &region);
	if (result)
		goto out;
	*wanted = config_parse(text, length, region, why, sizeof(why));
	result = *wanted ? check_region(ctl, *wanted) : fail(ctl->file, why);
out:
	free(region);
	free(text);
	return result;
}

static int export_run(struct ctl *ctl, const struct verb *verb, struct parameters *parameters)
{
	const char *path = parameters_get(parameters, "File");
	struct progress *progress = progress_new();
	cJSON *root = NULL;
	char *text;
	int result = config_read(ctl->client, ctl->region, progress, &root);

	(void)verb;
	progress_free(progress);
	if (result)
		return result;
	text = config_print(root);
	if (path && strcmp(path, "-") != 0)
		result = write_file(path, text);
	else
		output_json(text, strlen(text));
	free(text);
	cJSON_Delete(root);
	return result;
}

/* What diff and apply have in common: the daemon as it is, and the way to the file. */
static int prepare(struct ctl *ctl, struct progress *progress, struct plan **plan)
{
	cJSON *wanted = NULL, *current = NULL;
	char why[512];
	int result;

	*plan = NULL;
	if (!ctl->file) {
		fputs("sluicectl: -f FILE is missing\n", stderr);
		return EXIT_USAGE;
	}
	result = load(ctl, &wanted);
	if (!result)
		result = config_read(ctl->client, ctl->region, progress, &current);
	if (!result) {
		*plan = plan_make(current, wanted, why, sizeof(why));
		if (!*plan || ranges_check(ctl->client, *plan, why, sizeof(why)))
			result = fail(ctl->file, why);
	}
	cJSON_Delete(current);
	cJSON_Delete(wanted);
	return result;
}

static int diff_run(struct ctl *ctl, const struct verb *verb, struct parameters *parameters)
{
	struct progress *progress = progress_new();
	struct plan *plan;
	int result = prepare(ctl, progress, &plan);

	(void)verb;
	(void)parameters;
	if (!result) {
		if (plan_calls(plan) || ctl->json)
			apply_show(ctl, plan);
		result = plan_calls(plan) ? EXIT_DIFFERS : EXIT_OK;
	}
	plan_free(plan);
	progress_free(progress);
	return result;
}

static int apply_file(struct ctl *ctl, const struct verb *verb, struct parameters *parameters)
{
	struct progress *progress = progress_new();
	struct plan *plan;
	int result = prepare(ctl, progress, &plan);

	(void)verb;
	(void)parameters;
	if (!result) {
		apply_show(ctl, plan);
		fflush(stdout);
		if (!ctl->dry_run)
			result = apply_run(ctl, progress, plan);
	}
	plan_free(plan);
	progress_free(progress);
	return result;
}

static const struct verb export_verbs[] = {
	{
		.summary = "write the whole configuration as JSON, to FILE or standard output",
		.takes = { { .label = "FILE", .parameter = "File", .optional = true } },
		.run = export_run,
		.local = true,
		.example = "export sluice.json\nexport --region local-2 | less",
	},
	{ 0 },
};

const struct family family_export = {
	.name = "export",
	.summary = "the whole configuration as JSON",
	.verbs = export_verbs,
};

static const struct verb diff_verbs[] = {
	{
		.summary = "show what `apply' would do: exit 3 if anything, 0 if nothing",
		.options = "-f FILE",
		.run = diff_run,
		.local = true,
		.more = FILE_MORE,
		.example = "diff -f sluice.json",
	},
	{ 0 },
};

const struct family family_diff = {
	.name = "diff",
	.summary = "how the daemon differs from a configuration (-f FILE)",
	.verbs = diff_verbs,
};

static const struct verb apply_verbs[] = {
	{
		.summary = "make the daemon what the configuration says, all of it or nothing",
		.options = "-f FILE [--dry-run]",
		.run = apply_file,
		.local = true,
		.more = FILE_MORE "\nWhat it does not have is removed. The plan is shown first: "
				  "+ is made, ~ is changed, - is removed.",
		.example = "apply -f sluice.json --dry-run\napply -f sluice.json",
	},
	{ 0 },
};

const struct family family_apply = {
	.name = "apply",
	.summary = "make the daemon what a configuration says (-f FILE, --dry-run)",
	.verbs = apply_verbs,
};

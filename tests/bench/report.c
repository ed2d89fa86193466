// SPDX-License-Identifier: BSD-2-Clause
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NAME_WIDTH 58

/* A row by its key in a group, or by "group/row". */
static const struct result *find(const struct report *report, const char *group_key,
				 const char *key)
{
	const char *slash = strchr(key, '/');
	size_t length = slash ? (size_t)(slash - key) : strlen(group_key);

	for (size_t g = 0; g < group_count; g++) {
		const struct group *group = &groups[g];

		if (strlen(group->key) != length ||
		    strncmp(group->key, slash ? key : group_key, length) != 0)
			continue;
		for (size_t r = 0; report->results[g] && r < group->count; r++) {
			if (!strcmp(group->rows[r].key, slash ? slash + 1 : key))
				return &report->results[g][r];
		}
	}
	return NULL;
}

/* Medians are what is judged; minima show what a disturbed machine adds. */
static double part(const struct report *report, const struct target *target, const char *key,
		   double factor, double (*figure)(const struct result *))
{
	const struct result *result = key ? find(report, target->group, key) : NULL;

	return result ? factor * figure(result) : 0;
}

/* What the target allows, and how much of that the measured row is. */
struct verdict {
	double measured, limit;
	double multiple; /* of the yardstick, to be held against the target's factor */
	double factor;
};

static struct verdict judge(const struct report *report, const struct target *target,
			    double (*figure)(const struct result *))
{
	double first = part(report, target, target->first, target->first_factor, figure);
	double second = part(report, target, target->second, target->second_factor, figure);
	struct verdict verdict = {
		.measured = part(report, target, target->row, 1, figure),
		.limit = first + second,
		.factor = target->second ? target->second_factor : target->first_factor,
	};
	double unit = (target->second ? second : first) / verdict.factor;

	verdict.multiple = (verdict.measured - (target->second ? first : 0)) / unit;
	return verdict;
}

static void print_rows(const struct group *group, const struct result *results)
{
	printf("%-*s %8s %8s %8s %8s\n", NAME_WIDTH, "  ns a packet, net of the wrapper", "median",
	       "min", "max", "wrapper");
	for (size_t i = 0; i < group->count; i++) {
		const struct result *result = &results[i];

		if (!result->runs)
			continue;
		printf("  %-*s %8.1f %8.1f %8.1f %8.1f\n", NAME_WIDTH - 2, group->rows[i].name,
		       result_median(result), result_min(result), result_max(result),
		       result->wrapper_ns);
	}
}

void report_group(const struct report *report, size_t group)
{
	printf("\n%s\n", groups[group].name);
	print_rows(&groups[group], report->results[group]);
}

void report_peer(const struct report *report)
{
	const struct group *group = &groups[0];

	printf("\nThe peer %s, on the packets of the first group\n", report->peer);
	print_rows(group, report->peer_results);
	for (size_t i = 0; i < group->count; i++) {
		if (report->peer_results[i].runs)
			printf("  %s: verdict %u\n", group->rows[i].name,
			       report->peer_results[i].verdict);
	}
}

static const char *word(const struct verdict *verdict)
{
	return verdict->measured <= verdict->limit ? "pass" : "miss";
}

void report_targets(const struct report *report)
{
	printf("\n%-*s %8s %8s %20s  %s\n", NAME_WIDTH, "Targets (medians)", "measured", "limit",
	       "multiple (at most)", "by minima");
	for (size_t i = 0; i < target_count; i++) {
		struct verdict verdict = judge(report, &targets[i], result_median);

		struct verdict best = judge(report, &targets[i], result_min);

		if (!find(report, targets[i].group, targets[i].row))
			continue;
		printf("  %-*s %8.1f %8.1f %8.2f (%.2f) %s %8.2f %s\n", NAME_WIDTH - 2,
		       targets[i].name, verdict.measured, verdict.limit, verdict.multiple,
		       verdict.factor, word(&verdict), best.multiple, word(&best));
	}
}

static void json_rows(FILE *file, const struct group *group, const struct result *results)
{
	const char *comma = "";

	fprintf(file, "[");
	for (size_t i = 0; i < group->count; i++) {
		const struct result *result = &results[i];

		if (!result->runs)
			continue;
		fprintf(file,
			"%s\n{\"key\":\"%s\",\"name\":\"%s\",\"median\":%.2f,\"min\":%.2f,"
			"\"max\":%.2f,\"wrapper\":%.2f,\"verdict\":%u,\"guessed\":%.6f,\"runs\":[",
			comma, group->rows[i].key, group->rows[i].name, result_median(result),
			result_min(result), result_max(result), result->wrapper_ns, result->verdict,
			result->homeless);
		for (uint32_t run = 0; run < result->runs; run++)
			fprintf(file, "%s%.2f", run ? "," : "", result->ns[run]);
		fprintf(file, "]}");
		comma = ",";
	}
	fprintf(file, "]");
}

static void json_targets(const struct report *report, FILE *file)
{
	fprintf(file, ",\n\"targets\":[");
	for (size_t i = 0; i < target_count; i++) {
		struct verdict verdict = judge(report, &targets[i], result_median);

		if (!find(report, targets[i].group, targets[i].row))
			continue;

		fprintf(file,
			"%s\n{\"name\":\"%s\",\"measured\":%.2f,\"limit\":%.2f,\"multiple\":%.3f,"
			"\"factor\":%.2f,\"pass\":%s}",
			i ? "," : "", targets[i].name, verdict.measured, verdict.limit,
			verdict.multiple, verdict.factor,
			verdict.measured <= verdict.limit ? "true" : "false");
	}
	fprintf(file, "]");
}

int report_json(const struct report *report, FILE *file)
{
	const struct machine *machine = &report->machine;
	int failed;

	fprintf(file,
		"{\"machine\":{\"kernel\":\"%s\",\"cpu\":\"%s\",\"cpus\":%d,\"pinned\":%d,"
		"\"governor\":\"%s\",\"load\":\"%s\"},\n\"runs\":%u,\"packets\":%u,\"shrink\":%u,\n"
		"\"groups\":[",
		machine->kernel, machine->cpu, machine->cpus, machine->pinned, machine->governor,
		machine->load, report->options.runs, report->options.packets,
		report->options.shrink);
	for (size_t g = 0; g < group_count; g++) {
		if (!report->results[g])
			continue;
		fprintf(file, "%s\n{\"key\":\"%s\",\"name\":\"%s\",\"rows\":", g ? "," : "",
			groups[g].key, groups[g].name);
		json_rows(file, &groups[g], report->results[g]);
		fprintf(file, "}");
	}
	fprintf(file, "]");
	json_targets(report, file);
	if (report->peer) {
		fprintf(file, ",\n\"peer\":");
		json_rows(file, &groups[0], report->peer_results);
	}
	fprintf(file, "}\n");
	failed = ferror(file);
	return fclose(file) || failed ? -EIO : 0;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * Times the loaded program by BPF_PROG_RUN under a wrapper that makes each packet anew, beside
 * yardsticks in the same run, and prints how it stands to the targets. Needs root.
 */
#include "report.h"

#include <argp.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_SKIPPED 77
#define QUICK_SHRINK 8

struct options {
	struct run_options run;
	const char *json, *peer;
	int cpu;
};

enum { OPTION_JSON = 1, OPTION_PEER, OPTION_CPU, OPTION_RUNS, OPTION_QUICK, OPTION_CONTROL };

static const struct argp_option option_list[] = {
	{ "json", OPTION_JSON, "FILE", 0, "Write the figures there as JSON, too", 0 },
	{ "peer", OPTION_PEER, "OBJECT:PROGRAM", 0,
	  "Time another XDP program on the same packets; its maps are as its object makes them",
	  0 },
	{ "cpu", OPTION_CPU, "N", 0, "Run there (default: the last)", 0 },
	{ "runs", OPTION_RUNS, "N", 0, "Runs of each row (default: 7)", 0 },
	{ "quick", OPTION_QUICK, NULL, 0,
	  "Some of it with small tables and few packets: only whether it works", 0 },
	{ "control", OPTION_CONTROL, NULL, 0, "All backends down: must fail", 0 },
	{ 0 },
};

static int number(const char *text, int least, int most, struct argp_state *state)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || end == text || *end || value < least || value > most)
		argp_error(state, "'%s' is no number from %d to %d", text, least, most);
	return (int)value;
}

static error_t on_option(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case OPTION_JSON:
		options->json = argument;
		break;
	case OPTION_PEER:
		options->peer = argument;
		break;
	case OPTION_CPU:
		options->cpu = number(argument, 0, 1023, state);
		break;
	case OPTION_RUNS:
		options->run.runs = (uint32_t)number(argument, 1, RUNS_MAX, state);
		break;
	case OPTION_QUICK:
		options->run.runs = 2;
		options->run.packets = 20000;
		options->run.shrink = QUICK_SHRINK;
		break;
	case OPTION_CONTROL:
		options->run.control = true;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = option_list,
	.parser = on_option,
	.doc = "Time Sluice's packet program.",
};

/* Loads the peer; its object stays open as long as the process. */
static int open_peer(const char *text, struct peer *peer, char *why, size_t why_size)
{
	const char *colon = strrchr(text, ':');
	char *path = colon ? strndup(text, (size_t)(colon - text)) : NULL;
	struct bpf_object *object = path ? bpf_object__open_file(path, NULL) : NULL;
	struct bpf_program *program = object ? bpf_object__find_program_by_name(object, colon + 1)
					     : NULL;
	struct bpf_program *other;

	free(path);
	if (!program || bpf_program__type(program) != BPF_PROG_TYPE_XDP) {
		snprintf(why, why_size, "--peer %s: OBJECT:PROGRAM names no XDP program", text);
		return -1;
	}
	bpf_object__for_each_program(other, object)
		bpf_program__set_autoload(other, other == program);
	if (bpf_object__load(object)) {
		snprintf(why, why_size, "--peer %s: the kernel refused it: %s", text,
			 strerror(errno));
		return -1;
	}
	peer->program = bpf_program__fd(program);
	peer->frags = bpf_program__flags(program) & BPF_F_XDP_HAS_FRAGS ||
		      !strncmp(bpf_program__section_name(program), "xdp.frags", 9);
	return 0;
}

static void print_machine(const struct report *report)
{
	const struct machine *machine = &report->machine;

	printf("Linux %s; %s, %d CPUs, run on CPU %d; governor: %s; load: %s\n"
	       "%u runs of %u packets each\n",
	       machine->kernel, machine->cpu, machine->cpus, machine->pinned, machine->governor,
	       machine->load, report->options.runs, report->options.packets);
}

static int run_all(struct report *report, const struct peer *peer, char *why, size_t why_size)
{
	for (size_t g = 0; g < group_count; g++) {
		if (report->options.shrink && !groups[g].quick)
			continue;
		report->results[g] = calloc(groups[g].count, sizeof(struct result));
		if (!report->results[g] ||
		    run_group(&groups[g], &report->options, report->results[g], why, why_size))
			return -1;
		report_group(report, g);
		fflush(stdout);
	}
	if (!report->peer)
		return 0;
	report->peer_results = calloc(groups[0].count, sizeof(struct result));
	if (!report->peer_results ||
	    run_peer(&groups[0], &report->options, peer, report->peer_results, why, why_size))
		return -1;
	report_peer(report);
	return 0;
}

int main(int argc, char **argv)
{
	struct options options = { .run = { .runs = 7, .packets = 1000000 }, .cpu = -1 };
	struct report report = { 0 };
	struct peer peer = { 0 };
	FILE *json = NULL;
	char why[512] = "";
	int error = 0;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	if (geteuid() != 0) {
		fprintf(stderr, "bench: needs root\n");
		return EXIT_SKIPPED;
	}
	json = options.json ? fopen(options.json, "we") : NULL;
	if (options.json && !json) {
		fprintf(stderr, "bench: %s: %s\n", options.json, strerror(errno));
		return 1;
	}
	report.options = options.run;
	report.peer = options.peer;
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	if ((options.peer && open_peer(options.peer, &peer, why, sizeof(why))) ||
	    machine_take(&report.machine, options.cpu, why, sizeof(why)) ||
	    world_links(why, sizeof(why))) {
		fprintf(stderr, "bench: %s\n", why);
		return 1;
	}
	print_machine(&report);
	if (run_all(&report, &peer, why, sizeof(why))) {
		fprintf(stderr, "bench: %s\n", why);
		return 1;
	}
	report_targets(&report);
	error = json ? report_json(&report, json) : 0;
	if (error)
		fprintf(stderr, "bench: %s: %s\n", options.json, strerror(-error));
	return error ? 1 : 0;
}

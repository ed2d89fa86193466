// SPDX-License-Identifier: BSD-2-Clause
#include "run.h"

#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FULL_KEYS (1024u * 1024u)
#define TCP_SYN 2
#define TCP_ACK 16
/* Of a table at a quarter of its room, 0.4% of the flows find their bucket full. */
#define HOMELESS_MAX 0.02

/* One row being timed. */
struct timing {
	const struct row *row;
	struct result *result;
	struct plan plan;
	uint32_t ifindex;
	int program;
	double wrapper[RUNS_MAX];
	struct world_counts grown; /* over all runs */
	uint64_t packets;
};

static int compare(const void *one, const void *other)
{
	double a = *(const double *)one, b = *(const double *)other;

	return (a > b) - (a < b);
}

static double median(const double *numbers, uint32_t count)
{
	double sorted[RUNS_MAX];

	if (!count)
		return 0;
	memcpy(sorted, numbers, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare);
	return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

double result_median(const struct result *result)
{
	return median(result->ns, result->runs);
}

double result_min(const struct result *result)
{
	double best = result->ns[0];

	for (uint32_t i = 1; i < result->runs; i++)
		best = result->ns[i] < best ? result->ns[i] : best;
	return best;
}

double result_max(const struct result *result)
{
	double worst = result->ns[0];

	for (uint32_t i = 1; i < result->runs; i++)
		worst = result->ns[i] > worst ? result->ns[i] : worst;
	return worst;
}

static uint32_t shrunk(uint32_t number, const struct run_options *options)
{
	uint32_t small = number >> options->shrink;

	return number && !small ? 1 : small;
}

static struct world_size shrunk_size(const struct world_size *size,
				     const struct run_options *options)
{
	struct world_size small = *size;

	small.flow_bits -= options->shrink;
	small.flows = shrunk(size->flows, options);
	small.listeners = shrunk(size->listeners, options);
	small.backends_down = options->control;
	return small;
}

static void set_up(struct timing *timing, const struct world *world,
		   const struct run_options *options)
{
	const struct row *row = timing->row;

	world_template(world, row->side, row->expect == EXPECT_NEW ? TCP_SYN : TCP_ACK,
		       &timing->plan);
	timing->plan.order = row->order;
	timing->plan.flows = row->order == PLAN_SEQUENTIAL || row->flows <= HARNESS_FEW_KEYS
				     ? row->flows
				     : shrunk(row->flows, options);
	/* The wrapper alone sends a share of the packets, which leave no trace in the tables. */
	timing->plan.at = 1;
	timing->ifindex = world_ifindex(row->side);
}

static void add_growth(struct timing *timing, const struct world_counts *before,
		       const struct world_counts *after)
{
	timing->grown.forwarded += after->forwarded - before->forwarded;
	for (size_t i = 0; i < SLUICE_COUNT_MAX; i++)
		timing->grown.counters[i] += after->counters[i] - before->counters[i];
}

/* Sends each flow once, so that its front hop is known and its lines have been touched. */
static int warm(struct harness *harness, struct timing *timing)
{
	struct plan plan = timing->plan;
	struct harness_run run;
	uint32_t packets = plan.flows;

	if (timing->row->order == PLAN_SEQUENTIAL)
		packets = timing->row->subject == SUBJECT_YARD ? 2 * FULL_KEYS : 0;
	plan.order = PLAN_SEQUENTIAL;
	plan.at = 0;
	packets = (packets + HARNESS_CALLS - 1) / HARNESS_CALLS * HARNESS_CALLS;
	return packets ? harness_time(harness, timing->program, &plan, timing->ifindex, packets,
				      &run)
		       : 0;
}

static int time_once(struct harness *harness, struct world *world, struct timing *timing,
		     const struct run_options *options)
{
	struct result *result = timing->result;
	struct harness_run alone, whole;
	struct world_counts before, after;
	int error =
		harness_time(harness, -1, &timing->plan, timing->ifindex, options->packets, &alone);

	if (error)
		return error;
	if (world && timing->row->expect == EXPECT_NEW)
		world_refill(world);
	if (world)
		world_counts(world, &before);
	error = harness_time(harness, timing->program, &timing->plan, timing->ifindex,
			     options->packets, &whole);
	if (error)
		return error;
	if (world) {
		world_counts(world, &after);
		add_growth(timing, &before, &after);
	}
	timing->packets += options->packets;
	timing->wrapper[result->runs] = alone.ns;
	result->ns[result->runs++] = whole.ns - alone.ns;
	/* The last packet's, which may be of such a flow. */
	if (whole.verdict == timing->row->verdict || !result->verdict)
		result->verdict = whole.verdict;
	return 0;
}

static uint64_t sum_of_drops(const struct world_counts *counts)
{
	static const bool is_drop[SLUICE_COUNT_MAX] = {
#define drop true
#define event false
#define X(symbol, name, kind, meaning) [SLUICE_COUNT_##symbol] = kind,
		SLUICE_COUNTERS(X)
#undef X
#undef drop
#undef event
	};
	uint64_t sum = 0;

	for (size_t i = 0; i < SLUICE_COUNT_MAX; i++)
		sum += is_drop[i] ? counts->counters[i] : 0;
	return sum;
}

/* Did the packets take the way that the row is about? Negative with what they did instead. A flow
 * that finds its bucket full is taken up anew by each of its packets, and its replies pass. */
static int check(struct timing *timing, char *why, size_t why_size)
{
	const struct world_counts *grown = &timing->grown;
	uint64_t drops = sum_of_drops(grown), fresh = grown->counters[SLUICE_COUNT_FLOW_NEW];
	uint64_t guessed = grown->counters[SLUICE_COUNT_FLOW_GUESSED];
	uint64_t forwarded = timing->row->expect == EXPECT_NOTHING ? 0 : timing->packets;
	uint64_t wanted = timing->row->expect == EXPECT_NEW ? timing->packets : 0;
	uint64_t passed = forwarded - grown->forwarded;

	timing->result->homeless = (double)(guessed + passed) / (double)timing->packets;
	if (timing->result->verdict == timing->row->verdict && !drops &&
	    grown->forwarded <= forwarded && fresh == wanted &&
	    timing->result->homeless <= HOMELESS_MAX)
		return 0;
	snprintf(why, why_size,
		 "%s: of %llu packets %llu were forwarded, %llu dropped, %llu new, %llu guessed; "
		 "verdict %u instead of %u",
		 timing->row->name, (unsigned long long)timing->packets,
		 (unsigned long long)grown->forwarded, (unsigned long long)drops,
		 (unsigned long long)fresh, (unsigned long long)guessed, timing->result->verdict,
		 timing->row->verdict);
	return -1;
}

static int time_rows(struct harness *harness, struct world *world, struct timing *timings,
		     size_t count, const struct run_options *options)
{
	int error = 0;

	for (size_t i = 0; i < count && !error; i++)
		error = warm(harness, &timings[i]);
	for (uint32_t run = 0; run < options->runs; run++) {
		for (size_t i = 0; i < count && !error; i++)
			error = time_once(harness, world, &timings[i], options);
	}
	for (size_t i = 0; i < count; i++)
		timings[i].result->wrapper_ns = median(timings[i].wrapper, options->runs);
	return error;
}

int run_group(const struct group *group, const struct run_options *options, struct result *results,
	      char *why, size_t why_size)
{
	struct timing *timings = calloc(group->count, sizeof(*timings));
	struct world_size size = shrunk_size(&group->size, options);
	struct harness *harness = NULL;
	struct world *world = NULL;
	int error = -1;

	if (!timings || world_open(&world, &size, why, why_size) ||
	    harness_open(&harness, size.flow_bits, FULL_KEYS >> options->shrink, true, why,
			 why_size))
		goto out;
	for (size_t i = 0; i < group->count; i++) {
		timings[i].row = &group->rows[i];
		timings[i].result = &results[i];
		timings[i].program = group->rows[i].subject == SUBJECT_YARD
					     ? harness_yard(harness, group->rows[i].yard)
					     : world_program(world);
		set_up(&timings[i], world, options);
	}
	error = time_rows(harness, world, timings, group->count, options);
	if (error)
		snprintf(why, why_size, "%s: the kernel refused the run: %s", group->name,
			 strerror(-error));
	for (size_t i = 0; i < group->count && !error; i++)
		error = check(&timings[i], why, why_size);
out:
	harness_close(harness);
	world_close(world);
	free(timings);
	return error;
}

int run_peer(const struct group *group, const struct run_options *options, const struct peer *peer,
	     struct result *results, char *why, size_t why_size)
{
	struct timing *timings = calloc(group->count, sizeof(*timings));
	struct harness *harness = NULL;
	size_t count = 0;
	int error = -1;

	if (!timings ||
	    harness_open(&harness, 1, FULL_KEYS >> options->shrink, peer->frags, why, why_size))
		goto out;
	for (size_t i = 0; i < group->count; i++) {
		if (group->rows[i].subject != SUBJECT_PROGRAM)
			continue;
		timings[count].row = &group->rows[i];
		timings[count].result = &results[i];
		timings[count].program = peer->program;
		set_up(&timings[count++], NULL, options);
	}
	error = time_rows(harness, NULL, timings, count, options);
	if (error)
		snprintf(why, why_size, "the kernel refused to run the peer: %s", strerror(-error));
out:
	harness_close(harness);
	free(timings);
	return error;
}

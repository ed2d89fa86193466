// SPDX-License-Identifier: BSD-2-Clause
/* A ring of entries per kind, numbered together; reading merges the rings by number. */
#include "base/journal.h"
#include "base/text.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

struct ring {
	struct journal_entry entries[JOURNAL_ENTRIES];
	uint64_t noted; /* ever: the next one's place is this modulo JOURNAL_ENTRIES */
	int64_t second; /* that of `within` */
	uint32_t within, beyond; /* noted in it; not noted for the rate's sake */
};

static struct ring rings[JOURNAL_KINDS];
static uint64_t last;

static int64_t clock_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Servers and members change at the pace of probes and of commits, which are bounded themselves. */
static bool is_rated(enum journal_kind kind)
{
	return kind == JOURNAL_LINK || kind == JOURNAL_NEIGHBOUR;
}

static struct journal_entry *append(enum journal_kind kind, const char *subject)
{
	struct ring *ring = &rings[kind];
	struct journal_entry *entry = &ring->entries[ring->noted++ % JOURNAL_ENTRIES];

	entry->number = ++last;
	entry->at_ms = clock_ms(CLOCK_REALTIME);
	entry->kind = (uint8_t)kind;
	text_format(entry->subject, sizeof(entry->subject), "%s", subject);
	return entry;
}

/* Begins another second, and says what the one before has left out. */
static void settle(enum journal_kind kind)
{
	struct ring *ring = &rings[kind];
	int64_t second = clock_ms(CLOCK_MONOTONIC) / 1000;
	struct journal_entry *entry;

	if (ring->second == second)
		return;
	if (ring->beyond) {
		entry = append(kind, "others");
		text_format(entry->text, sizeof(entry->text), "%u more changes within a second",
			    ring->beyond);
	}
	ring->second = second;
	ring->within = ring->beyond = 0;
}

static void settle_all(void)
{
	for (enum journal_kind kind = 0; kind < JOURNAL_KINDS; kind++)
		settle(kind);
}

void journal_note(enum journal_kind kind, const char *subject, const char *format, ...)
{
	struct journal_entry *entry;
	va_list arguments;

	settle(kind);
	if (is_rated(kind) && rings[kind].within++ >= JOURNAL_RATE) {
		rings[kind].beyond++;
		return;
	}
	entry = append(kind, subject);
	va_start(arguments, format);
	text_vformat(entry->text, sizeof(entry->text), format, arguments);
	va_end(arguments);
}

static const struct journal_entry *at(const struct ring *ring, uint64_t place)
{
	return place < ring->noted ? &ring->entries[place % JOURNAL_ENTRIES] : NULL;
}

/* The place of the first that is kept and above `after`: numbers grow along a ring. */
static uint64_t find(const struct ring *ring, uint64_t after)
{
	uint64_t low = ring->noted > JOURNAL_ENTRIES ? ring->noted - JOURNAL_ENTRIES : 0;
	uint64_t high = ring->noted;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (at(ring, middle)->number > after)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

size_t journal_read(uint64_t after, struct journal_entry *out, size_t most)
{
	uint64_t places[JOURNAL_KINDS];
	size_t count = 0;

	settle_all();
	for (size_t i = 0; i < JOURNAL_KINDS; i++)
		places[i] = find(&rings[i], after);
	for (; count < most; count++) {
		const struct journal_entry *least = NULL;

		for (size_t i = 0; i < JOURNAL_KINDS; i++) {
			const struct journal_entry *entry = at(&rings[i], places[i]);

			if (entry && (!least || entry->number < least->number))
				least = entry;
		}
		if (!least)
			break;
		out[count] = *least;
		places[least->kind]++;
	}
	return count;
}

uint64_t journal_last(void)
{
	settle_all();
	return last;
}

void journal_clear(void)
{
	memset(rings, 0, sizeof(rings));
	last = 0;
}

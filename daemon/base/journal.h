/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happened to servers, members, links and neighbours: the last JOURNAL_ENTRIES of each kind,
 * so that a flood of one pushes out none of another, for `sluicectl events`. In memory only; on the
 * event loop's thread only.
 */
#ifndef SLUICE_BASE_JOURNAL_H
#define SLUICE_BASE_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#define JOURNAL_ENTRIES 1000
#define JOURNAL_SUBJECT 160
#define JOURNAL_TEXT 160
/* Entries on links and on neighbours in a second; those beyond are counted in one. */
#define JOURNAL_RATE 50

/* The words are choices_journal_kind. */
enum journal_kind { JOURNAL_HEALTH, JOURNAL_MEMBERSHIP, JOURNAL_LINK, JOURNAL_NEIGHBOUR };
#define JOURNAL_KINDS (JOURNAL_NEIGHBOUR + 1)

struct journal_entry {
	uint64_t number; /* from 1, without gaps */
	int64_t at_ms; /* since 1970 */
	uint8_t kind; /* enum journal_kind */
	char subject[JOURNAL_SUBJECT]; /* "lb-… tcp/80 i-web01 10.0.0.1:8080", "eth0", … */
	char text[JOURNAL_TEXT]; /* what happened to it: "down: refused" */
};

/* Control characters become '?', what is too long is cut. */
void journal_note(enum journal_kind kind, const char *subject, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Up to `most` entries whose number is above `after`, oldest first; what is not kept any more is
 * passed over. Returns how many. */
size_t journal_read(uint64_t after, struct journal_entry *out, size_t most);
/* The number of the newest; 0: none yet. */
uint64_t journal_last(void);
/* As after a start: for tests. */
void journal_clear(void);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Health checks: probes of servers on the event loop, without ever waiting. A backend (by its id in
 * the data plane) is watched by one check; equal checks of several backends are made once. Results
 * in a row move a backend between up and down: `rise` good ones, `fall` bad ones. A backend about
 * which nothing is known is decided by its first result. Knows nothing of listeners and the model.
 */
#ifndef SLUICE_HEALTH_HEALTH_H
#define SLUICE_HEALTH_HEALTH_H

#include "base/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct health;

enum health_state { HEALTH_UNKNOWN, HEALTH_UP, HEALTH_DOWN };

/* Strings are only read during the call. */
struct health_check {
	uint8_t type; /* enum health_type */
	struct address address; /* where the probe goes, from the gateway's own address */
	uint16_t port; /* host order */
	uint16_t interval_s, timeout_s;
	uint8_t rise, fall;
	/* HTTP */
	uint8_t method; /* enum health_method */
	const char *uri;
	const char *host; /* "": the server's address */
	const char *codes; /* "http_2xx,http_3xx": what counts as healthy */
	/* UDP; "": none. Without `expect` any answer is good, and so is silence: only ICMP is bad. */
	const char *request, *expect;
};

struct health_limits {
	uint32_t
		probes; /* in flight at a time, each a descriptor; those beyond wait, and are late */
};

/* A backend's state has changed. Called on the event loop, never from within health_watch or
 * health_forget. `reason` is in words ("refused", "timed out after 5 s", "HTTP 503"). */
typedef void health_changed(void *arg, uint32_t backend, enum health_state state,
			    const char *reason);

/* NULL without memory or descriptors. */
struct health *health_new(struct event_base *base, const struct health_limits *limits,
			  health_changed *changed, void *arg);
void health_free(struct health *health);

/* Checks a backend from now on, or from now on otherwise: what is known of it stays. `known` is what
 * is known of a backend that was not watched before (a restart does not forget). */
void health_watch(struct health *health, uint32_t backend, const struct health_check *check,
		  enum health_state known);
/* Not watched: fine. */
void health_forget(struct health *health, uint32_t backend);

struct health_report {
	enum health_state state;
	int64_t changed_ms; /* since 1970, when it got this state; 0: before this process */
	int64_t checked_ms; /* since 1970, of the last result; 0: none yet */
	bool last_good;
	char reason[96]; /* of the last result, in words; "": none yet */
	uint64_t checks, failures; /* results so far */
};
/* False if the backend is not watched. */
bool health_report(const struct health *health, uint32_t backend, struct health_report *out);

struct health_status {
	uint32_t watched; /* backends */
	uint32_t checks; /* that are made: equal ones count once */
	uint32_t down; /* backends */
	uint32_t in_flight; /* probes */
	uint64_t probes; /* made so far */
	uint64_t late; /* begun more than half a second after their time */
	uint64_t unsent; /* not made for want of descriptors, ports or memory */
	uint32_t latest_ms; /* the latest begin so far */
};
void health_status(const struct health *health, struct health_status *out);

#endif

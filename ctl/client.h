/* SPDX-License-Identifier: BSD-2-Clause */
/* The API's client: HTTP over the daemon's Unix socket. */
#ifndef SLUICE_CTL_CLIENT_H
#define SLUICE_CTL_CLIENT_H

#include <cjson/cJSON.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

struct client;
struct parameters;

/* One answer of the daemon. Release with answer_clear. */
struct answer {
	char *body; /* as received, and a closing 0 */
	size_t length;
	long status; /* HTTP */
	cJSON *tree; /* an object */
};

/* Never NULL. Nothing is connected yet; socket and region are borrowed, region may be NULL. */
struct client *client_new(const char *socket, const char *region);
void client_free(struct client *client);
/* Once *flag is not 0, a call ends within a second, with EXIT_NO_DAEMON. Borrowed. */
void client_end_by(struct client *client, const volatile sig_atomic_t *flag);

/* Sends one action. EXIT_OK with the answer, or another exit code after a line or two on stderr
 * (which `quiet` leaves out). The connection is kept for the next call. */
int client_call(struct client *client, const char *action, const struct parameters *parameters,
		struct answer *answer, bool quiet);

/* The same for a change that may take any time, and a lot: EXIT_REFUSED before anything is sent if it
 * is more than the daemon takes, or if the answer is that nothing was done; EXIT_NO_DAEMON also for
 * an answer that leaves open whether it was. */
int client_call_long(struct client *client, const char *action, const struct parameters *parameters,
		     struct answer *answer);
/* A long call calls this a few times a second. */
void client_watch(struct client *client, void (*watch)(void *arg), void *arg);

void answer_clear(struct answer *answer);

#endif

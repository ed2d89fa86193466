/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The status code of an HTTP/1 reply that comes in pieces. Keeps nothing of it, so a server can send
 * what it likes for as long as it likes.
 */
#ifndef SLUICE_HEALTH_HTTP_REPLY_H
#define SLUICE_HEALTH_HTTP_REPLY_H

#include <stddef.h>
#include <stdint.h>

/* No more of a reply is looked at. */
#define HTTP_REPLY_MAX 4096

enum http_verdict {
	HTTP_MORE, /* not decided yet */
	HTTP_CODE, /* the status line is whole: `code` */
	HTTP_GARBAGE, /* this is no HTTP */
	HTTP_TOO_LONG /* HTTP_REPLY_MAX bytes, and no status line yet */
};

/* Zeroed: nothing has come yet. */
struct http_reply {
	uint16_t seen; /* bytes */
	uint8_t at; /* which piece of the status line comes next, or of an interim head */
	uint16_t code;
};

/* Takes the next bytes. After anything but HTTP_MORE the reply is done with. */
enum http_verdict http_reply_feed(struct http_reply *reply, const char *bytes, size_t size);

#endif

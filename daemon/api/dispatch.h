/* SPDX-License-Identifier: BSD-2-Clause */
/* From a whole HTTP request to its answer: the row by Action, decode, call, answer. */
#ifndef SLUICE_API_DISPATCH_H
#define SLUICE_API_DISPATCH_H

#include <stdbool.h>

struct http_request;

/* The handler for http_start; `context` is a struct api_context. */
void dispatch(const void *context, struct http_request *request);

/* True for actions that the real service knows and this one leaves out or has not built yet. */
bool left_out_has(const char *action);

#endif

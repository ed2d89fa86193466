/* SPDX-License-Identifier: BSD-2-Clause */
/* From a whole HTTP request to its answer: the row by Action, decode, call, answer. */
#ifndef SLUICE_API_DISPATCH_H
#define SLUICE_API_DISPATCH_H

struct http_request;

/* The handler for http_start; `context` is a struct api_context. */
void dispatch(const void *context, struct http_request *request);

/* Why an action that the real service knows is left out here, or not built yet; NULL for others. */
const char *left_out_why(const char *action);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a request ends, by its headers. */
#ifndef SLUICE_API_HTTP_FRAMING_H
#define SLUICE_API_HTTP_FRAMING_H

#include "api/http.h"

struct evhttp_request;

/* Why nobody can be sure where this request ends; NULL if it is plain. */
const char *http_framing_fault(const struct evhttp_request *event, enum http_method method);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The JSON parameter BackendServers, and the rules 1-8 of AddBackendServers that look at its text
 * alone. Rules 9-18 look at state: core/model.h.
 */
#ifndef SLUICE_API_BACKEND_SERVERS_H
#define SLUICE_API_BACKEND_SERVERS_H

#include "api/params.h"
#include "core/model.h"

/* What an entry consists of: first what says which server is meant. */
enum backend_servers_field {
	BACKEND_SERVER_ID,
	BACKEND_SERVER_TYPE,
	BACKEND_SERVER_ADDRESS,
	BACKEND_SERVER_PORT,
	BACKEND_SERVER_WEIGHT,
	BACKEND_SERVER_DESCRIPTION,
	BACKEND_SERVER_FIELDS
};

/* They have no place in a struct: backend_servers_parse is their decoder. */
extern const struct param backend_servers_fields[BACKEND_SERVER_FIELDS];

/* Into a parameter's row: all fields, or those before this one. */
#define BACKEND_SERVERS_FIELDS(end) .fields = backend_servers_fields, .field_count = (end)

enum backend_servers_use {
	BACKEND_SERVERS_ADD,
	BACKEND_SERVERS_SET, /* ServerIp is optional for an ENI */
	BACKEND_SERVERS_REMOVE, /* only ServerId, Type and ServerIp are looked at */
	/* of VServer groups, where Port is part of the identity and must be given */
	BACKEND_SERVERS_GROUP_ADD,
	BACKEND_SERVERS_GROUP_SET,
	BACKEND_SERVERS_GROUP_OLD, /* ServerId, Type, ServerIp and Port */
	BACKEND_SERVERS_GROUP_REMOVE, /* the same, and Port may be absent: all ports */
};

/* Fills request->entries and request->count. Negative with the first broken rule in *error. */
int backend_servers_parse(const char *text, enum backend_servers_use use,
			  struct server_change *request, struct error *error);

#endif

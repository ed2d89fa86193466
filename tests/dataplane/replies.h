/* SPDX-License-Identifier: BSD-2-Clause */
/* Services whose servers share a place, and their replies, sent through the program in the kernel. */
#ifndef SLUICE_TESTS_DATAPLANE_REPLIES_H
#define SLUICE_TESTS_DATAPLANE_REPLIES_H

#include "world.h"

#define PLACE "10.9.0.2" /* of every service's one backend */
#define PORT 8080

extern struct world world;

/* A new world, in which no flow is rebuilt, which would hide that one was not found. */
void replies_start(void);
/* The backend of a service: its id is ten times the service's. */
struct sluice_backend *replies_backend(uint16_t service);
/* A service of that port, with one backend at PLACE. */
void replies_fill(struct service *service, uint16_t id, uint16_t port);
void replies_publish(uint16_t id, uint16_t port);
void replies_publish_all(uint16_t first, uint16_t last);
/* A flow of the client to the service's backend. */
void replies_put_flow(uint16_t service);
/* True if the program takes a server's packet to that flow's client for a reply. */
bool replies_go_from(uint32_t server, uint16_t service);
/* … from PLACE. */
bool replies_go(uint16_t service);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A namespace with an interface, a neighbour behind it, and a bpf file system of its own: the world
 * of one data plane under test. All of it is gone when the process is.
 */
#ifndef SLUICE_TESTS_DATAPLANE_WORLD_H
#define SLUICE_TESTS_DATAPLANE_WORLD_H

#include "base/config.h"
#include "dataplane/internal.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define WORLD_LINK "sl0" /* 10.9.0.1/24; 10.9.0.2 and 10.9.0.3 live at its other end */
#define WHY 256

struct world {
	char directory[64]; /* the bpf file system */
	int peer; /* process that holds the other end's namespace */
	struct config config;
	uint8_t uuid[16], ring_key[16];
	struct dataplane *dataplane;
	char why[WHY];
};

/* 0, or 77 where this cannot be done. */
int world_make(struct world *world);
void world_end(struct world *world);
/* Runs a command, and fails the test if it fails. */
void world_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Opens the data plane and attaches; what is pinned is removed before unless `keep`. */
void world_open(struct world *world, bool keep);
void world_close(struct world *world);
/* Ticks for at most that long until `done` says so. */
bool world_wait(struct world *world, int timeout_ms, bool (*done)(struct world *world, void *arg),
		void *arg);

/* A packet socket in the other end's namespace, and the index of an interface there. */
int world_peer_socket(const struct world *world, uint16_t protocol, const char *name, int *ifindex);
/* One that hears ARP for two seconds. */
int world_arp_socket(const struct world *world);
/* True once an ARP broadcast with this address as sender and target was heard. */
bool world_hears_announcement(int fd, const char *text);

/* An address from text. */
struct address ip(const char *text);

/* One TCP service on VIP 10.9.0.100:80 with backends of the given states at 10.9.0.2, .3, … port
 * 8080, ids from `first_id`; the ring's 257 slots go round the active ones. */
struct service {
	struct dp_service service;
	struct dp_backend backends[40];
	uint16_t ring[257];
};
void service_fill(struct service *service, uint16_t id, uint32_t first_id, size_t count);
void service_ring_fill(struct service *service);
/* Stages VIP and service in a transaction of its own, and switches. */
void service_publish(struct world *world, const struct service *service);

/* Items in the tables of VIPs and of replies. */
size_t vip_count(const struct world *world);
size_t reverse_count(const struct world *world);

#endif

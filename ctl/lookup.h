/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names where the API wants ids: a load balancer by its LoadBalancerName when that is unique, a
 * VServer group as LB/NAME, a tagged resource as LB, LB/tcp/PORT or LB/NAME.
 */
#ifndef SLUICE_CTL_LOOKUP_H
#define SLUICE_CTL_LOOKUP_H

struct ctl;
struct parameters;
struct verb;

/* Replaces the names among a verb's arguments. An exit code; unless EXIT_OK, after a line on
 * stderr. */
int lookup_arguments(struct ctl *ctl, const struct verb *verb, struct parameters *parameters);

#endif

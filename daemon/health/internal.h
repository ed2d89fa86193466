/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of this layer may do besides. */
#ifndef SLUICE_HEALTH_INTERNAL_H
#define SLUICE_HEALTH_INTERNAL_H

#include "health/health.h"

/* How long a second of interval and timeout lasts; 1000. Only before anything is watched. */
void health_set_second(struct health *health, unsigned int ms);

#endif

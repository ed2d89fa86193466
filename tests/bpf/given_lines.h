/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables of lines as a row wants them: items in their lines, and the bits before them. */
#ifndef SLUICE_TESTS_BPF_GIVEN_LINES_H
#define SLUICE_TESTS_BPF_GIVEN_LINES_H

#include "world.h"

void given_lines_clear(const struct given *given);
/* A listener's item, or an address's with port 0 and an enum sluice_vip_address as service. */
void given_lines_vip(const struct given *given, const char *address, uint16_t port,
		     uint8_t protocol, uint16_t service);
/* One of the gateway's own. */
void given_lines_local(const struct given *given, const char *address);
/* A backend comes before all others of this place. */
void given_lines_reverse(const struct given *given, const char *address, uint16_t port,
			 uint8_t protocol, uint32_t backend, uint16_t service);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* IP addresses of either family, prefixes and ranges, as values. */
#ifndef SLUICE_BASE_ADDRESS_H
#define SLUICE_BASE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#define ADDRESS_TEXT 46

struct address {
	uint8_t family; /* 4, 6, or 0: no address */
	uint8_t bytes[16]; /* network order; IPv4 uses the first four, the rest are zero */
};

/* Inclusive on both ends. */
struct address_range {
	struct address first;
	struct address last;
};

/* Text to address. -ERR_INVALID_PARAMETER if it is not exactly one address (no zone, no blanks). */
int address_parse(const char *text, struct address *out);
/* Shortest usual text (RFC 5952); "" for no address. Returns out. */
const char *address_format(const struct address *address, char out[static ADDRESS_TEXT]);
bool address_equal(const struct address *a, const struct address *b);
/* Order by family, then bytes: negative, 0, positive. */
int address_compare(const struct address *a, const struct address *b);
/* False for no address, unspecified, 0/8, loopback, multicast, 240/4 and broadcast. */
bool address_is_unicast(const struct address *address);
/* IPv4 as the packet program has it (network order in a 32-bit word). */
uint32_t address_be32(const struct address *address);
struct address address_from_be32(uint32_t be32);
/* The next higher address; false at the end of the family's space. */
bool address_next(struct address *address);

/* "a.b.c.d/n" (network and broadcast address left out for IPv4 prefixes up to /30) or "first-last".
 * -ERR_INVALID_PARAMETER if malformed, reversed or of mixed families. */
int address_range_parse(const char *text, struct address_range *out);
bool address_range_holds(const struct address_range *range, const struct address *address);

#endif

// SPDX-License-Identifier: BSD-2-Clause
/* Addresses as values; text is left to inet_pton and inet_ntop, which take no blanks or zones. */
#include "base/address.h"
#include "base/error.h"

#include <arpa/inet.h>
#include <string.h>

#define RANGE_TEXT (2 * ADDRESS_TEXT)

static unsigned int address_length(const struct address *address)
{
	return address->family == 4 ? 4 : 16;
}

int address_parse(const char *text, struct address *out)
{
	struct address address = { .family = 4 };

	if (inet_pton(AF_INET, text, address.bytes) != 1) {
		address.family = 6;
		if (inet_pton(AF_INET6, text, address.bytes) != 1)
			return -ERR_INVALID_PARAMETER;
	}
	*out = address;
	return 0;
}

const char *address_format(const struct address *address, char out[static ADDRESS_TEXT])
{
	out[0] = '\0';
	if (address->family == 4 || address->family == 6)
		inet_ntop(address->family == 4 ? AF_INET : AF_INET6, address->bytes, out,
			  ADDRESS_TEXT);
	return out;
}

bool address_equal(const struct address *a, const struct address *b)
{
	return !address_compare(a, b);
}

int address_compare(const struct address *a, const struct address *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static bool unicast4(const uint8_t *bytes)
{
	return bytes[0] != 0 && bytes[0] != 127 && bytes[0] < 224;
}

static bool unicast6(const uint8_t *bytes)
{
	static const uint8_t zero[15];
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (bytes[0] == 0xff || !memcmp(bytes, mapped, sizeof(mapped)))
		return false;
	/* Unspecified and loopback. */
	return memcmp(bytes, zero, sizeof(zero)) != 0 || bytes[15] > 1;
}

bool address_is_unicast(const struct address *address)
{
	if (address->family == 4)
		return unicast4(address->bytes);
	return address->family == 6 && unicast6(address->bytes);
}

uint32_t address_be32(const struct address *address)
{
	uint32_t be32;

	memcpy(&be32, address->bytes, sizeof(be32));
	return be32;
}

struct address address_from_be32(uint32_t be32)
{
	struct address address = { .family = 4 };

	memcpy(address.bytes, &be32, sizeof(be32));
	return address;
}

bool address_next(struct address *address)
{
	struct address next = *address;

	for (unsigned int i = address_length(address); i-- > 0;) {
		if (++next.bytes[i]) {
			*address = next;
			return true;
		}
	}
	return false;
}

/* 0..max, digits only; negative if it is none. */
static int prefix_length(const char *text, int max)
{
	int value = 0;

	if (!*text || strlen(text) > 3)
		return -1;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		value = value * 10 + (*text - '0');
	}
	return value <= max ? value : -1;
}

/* The bits after the prefix must be zero: an address of a host in front of a /n is a slip. */
static int range_of_prefix(const struct address *network, const char *text,
			   struct address_range *out)
{
	unsigned int bits = address_length(network) * 8;
	int prefix = prefix_length(text, (int)bits);
	struct address_range range = { .first = *network, .last = *network };

	if (prefix < 0)
		return -ERR_INVALID_PARAMETER;
	for (unsigned int bit = (unsigned int)prefix; bit < bits; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		if (network->bytes[bit / 8] & mask)
			return -ERR_INVALID_PARAMETER;
		range.last.bytes[bit / 8] |= mask;
	}
	if (network->family == 4 && prefix <= 30) {
		range.first.bytes[3] |= 1;
		range.last.bytes[3] &= 0xfe;
	}
	*out = range;
	return 0;
}

int address_range_parse(const char *text, struct address_range *out)
{
	char copy[RANGE_TEXT];
	struct address_range range;
	char *second;
	char separator;

	if (strlen(text) >= sizeof(copy))
		return -ERR_INVALID_PARAMETER;
	memcpy(copy, text, strlen(text) + 1);
	second = strpbrk(copy, "/-");
	if (!second)
		return -ERR_INVALID_PARAMETER;
	separator = *second;
	*second++ = '\0';
	if (address_parse(copy, &range.first))
		return -ERR_INVALID_PARAMETER;
	if (separator == '/')
		return range_of_prefix(&range.first, second, out);
	if (address_parse(second, &range.last) || range.first.family != range.last.family ||
	    address_compare(&range.first, &range.last) > 0)
		return -ERR_INVALID_PARAMETER;
	*out = range;
	return 0;
}

bool address_range_holds(const struct address_range *range, const struct address *address)
{
	return address->family == range->first.family &&
	       address_compare(address, &range->first) >= 0 &&
	       address_compare(address, &range->last) <= 0;
}

// SPDX-License-Identifier: BSD-2-Clause
/* A check's parameters as a value: settled, compared, copied. */
#include "health/check.h"

#include "base/choice.h"
#include "base/memory.h"

#include <stdio.h>

#define TEXTS (sizeof(texts) / sizeof(*texts))

#define TYPE(type) (1u << (type))

/* The texts of a check, and the types that they count for. */
static const struct {
	size_t offset;
	unsigned int types;
} texts[] = {
	{ offsetof(struct health_check, uri), TYPE(HEALTH_HTTP) },
	{ offsetof(struct health_check, host), TYPE(HEALTH_HTTP) },
	{ offsetof(struct health_check, codes), TYPE(HEALTH_HTTP) },
	{ offsetof(struct health_check, request), TYPE(HEALTH_UDP) },
	{ offsetof(struct health_check, expect), TYPE(HEALTH_UDP) },
};

static const char **text_of(struct health_check *check, size_t number)
{
	return (const char **)((char *)check + texts[number].offset);
}

static const char *text_in(const struct health_check *check, size_t number)
{
	return *(const char *const *)((const char *)check + texts[number].offset);
}

struct health_check check_settle(const struct health_check *wanted)
{
	struct health_check settled = *wanted;

	if (settled.type > HEALTH_UDP)
		settled.type = HEALTH_TCP;
	settled.interval_s = settled.interval_s ? settled.interval_s : 1;
	settled.timeout_s = settled.timeout_s ? settled.timeout_s : 1;
	settled.rise = settled.rise ? settled.rise : 1;
	settled.fall = settled.fall ? settled.fall : 1;
	if (settled.type != HEALTH_HTTP)
		settled.method = 0;
	for (size_t i = 0; i < TEXTS; i++) {
		if (!*text_of(&settled, i) || !(texts[i].types & TYPE(settled.type)))
			*text_of(&settled, i) = "";
	}
	return settled;
}

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3;
	return hash;
}

uint64_t check_hash(const struct health_check *settled)
{
	const uint64_t numbers[] = { settled->type,       settled->port,
				     settled->interval_s, settled->timeout_s,
				     settled->rise,       settled->fall,
				     settled->method,     settled->address.family };
	uint64_t hash = 0;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		hash = table_mix(hash + numbers[i] + 1);
	hash = hash_bytes(hash, settled->address.bytes, sizeof(settled->address.bytes));
	for (size_t i = 0; i < TEXTS; i++)
		hash = hash_bytes(hash, text_in(settled, i), strlen(text_in(settled, i)) + 1);
	return table_mix(hash);
}

bool check_equal(const struct health_check *a, const struct health_check *b)
{
	if (a->type != b->type || a->port != b->port || a->interval_s != b->interval_s ||
	    a->timeout_s != b->timeout_s || a->rise != b->rise || a->fall != b->fall ||
	    a->method != b->method || !address_equal(&a->address, &b->address))
		return false;
	for (size_t i = 0; i < TEXTS; i++) {
		if (strcmp(text_in(a, i), text_in(b, i)) != 0)
			return false;
	}
	return true;
}

static uint8_t codes_of(const char *names)
{
	unsigned int mask = 0;
	char name[sizeof("http_0xx")];

	for (unsigned int hundreds = 1; hundreds <= 5; hundreds++) {
		snprintf(name, sizeof(name), "http_%uxx", hundreds);
		if (strstr(names, name))
			mask |= 1u << hundreds;
	}
	return (uint8_t)mask;
}

struct check *check_new(const struct health_check *settled)
{
	struct check *check = memory_new(1, sizeof(*check));
	size_t size = 0;
	char *to;

	check->spec = *settled;
	check->codes = codes_of(settled->codes);
	for (size_t i = 0; i < TEXTS; i++)
		size += strlen(text_in(settled, i)) + 1;
	to = check->text = memory_new(size, 1);
	for (size_t i = 0; i < TEXTS; i++) {
		*text_of(&check->spec, i) = to;
		to = stpcpy(to, text_in(settled, i)) + 1;
	}
	LIST_INIT(&check->watches);
	LIST_INIT(&check->probes);
	return check;
}

void check_free(struct check *check)
{
	free(check->text);
	free(check);
}

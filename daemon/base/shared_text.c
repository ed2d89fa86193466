// SPDX-License-Identifier: BSD-2-Clause
/* A count before the characters, and one table of all texts. */
#include "base/shared_text.h"

#include "base/memory.h"
#include "base/table.h"

/* A text that is looked for stands elsewhere. */
struct shared {
	const char *text;
	uint32_t references;
	char own[];
};

static const char empty[] = "";
static struct table texts;

static uint64_t hash_shared(const void *item)
{
	const struct shared *shared = item;

	return table_hash(shared->text, strlen(shared->text));
}

static bool same_shared(const void *a, const void *b)
{
	return !strcmp(((const struct shared *)a)->text, ((const struct shared *)b)->text);
}

static const struct table_kind kind = { .hash = hash_shared, .same = same_shared };

const char *shared_text(const char *text)
{
	struct shared wanted = { .text = text }, *shared;
	size_t length = strlen(text);

	if (!length)
		return empty;
	shared = table_find(&texts, &kind, &wanted);
	if (!shared) {
		shared = memory_new(1, offsetof(struct shared, own) + length + 1);
		memcpy(shared->own, text, length + 1);
		shared->text = shared->own;
		table_put(&texts, &kind, shared);
	}
	shared->references++;
	return shared->text;
}

static struct shared *shared_of(const char *text)
{
	/* Made here, and seen as const only by others. */
	return (struct shared *)((uintptr_t)text - offsetof(struct shared, own));
}

const char *shared_text_hold(const char *text)
{
	if (text != empty)
		shared_of(text)->references++;
	return text;
}

void shared_text_drop(const char *text)
{
	struct shared *shared;

	if (!text || text == empty)
		return;
	shared = shared_of(text);
	if (--shared->references)
		return;
	table_take(&texts, &kind, shared);
	if (!texts.count)
		table_release(&texts);
	free(shared);
}

// SPDX-License-Identifier: BSD-2-Clause
/* tsearch keeps the nodes; a key is compared by length, then bytes. */
#include "core/tally.h"

#include "base/memory.h"

#include <search.h>

struct tally_node {
	uint32_t count;
	uint32_t length;
	const uint8_t *key; /* its own bytes once it is in the tree, right behind the node */
};

static int compare_nodes(const void *a, const void *b)
{
	const struct tally_node *x = a, *y = b;

	if (x->length != y->length)
		return x->length < y->length ? -1 : 1;
	return memcmp(x->key, y->key, x->length);
}

static struct tally_node *find(const struct tally *tally, const void *key, size_t length)
{
	struct tally_node wanted = { .key = key, .length = (uint32_t)length };
	struct tally_node **found = tfind(&wanted, &tally->tree, compare_nodes);

	return found ? *found : NULL;
}

uint32_t tally_get(const struct tally *tally, const void *key, size_t length)
{
	struct tally_node *node = find(tally, key, length);

	return node ? node->count : 0;
}

void tally_add(struct tally *tally, const void *key, size_t length)
{
	struct tally_node *node = find(tally, key, length);

	if (!node) {
		node = memory_new(1, sizeof(*node) + length);
		memcpy(node + 1, key, length);
		node->key = (const uint8_t *)(node + 1);
		node->length = (uint32_t)length;
		if (!tsearch(node, &tally->tree, compare_nodes))
			abort();
	}
	node->count++;
}

void tally_remove(struct tally *tally, const void *key, size_t length)
{
	struct tally_node *node = find(tally, key, length);

	if (--node->count)
		return;
	tdelete(node, &tally->tree, compare_nodes);
	free(node);
}

void tally_free(struct tally *tally)
{
	tdestroy(tally->tree, free);
	tally->tree = NULL;
}

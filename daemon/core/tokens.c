// SPDX-License-Identifier: BSD-2-Clause
/*
 * A token is kept for a day, so that a client that did not get its answer may ask again, and a
 * restart in between makes no second load balancer.
 */
#include "core/tokens.h"

#include "base/memory.h"
#include "core/staging.h"

#include <search.h>

struct token_entry {
	char token[RECORD_ID]; /* first: the tree compares it as a string */
	bool staged_now;
	struct token_record *committed, *staged;
};

struct token_record *token_new(const struct token_record *from)
{
	struct token_record *record = memory_copy(from, 1, sizeof(*from));

	if (from->results)
		record->results = memory_copy(from->results, from->results_length, 1);
	return record;
}

static void token_free(struct token_record *record)
{
	if (record)
		free(record->results);
	free(record);
}

static void count(struct tokens *tokens, const struct token_record *staged,
		  const struct token_record *before)
{
	tokens->count += !!staged;
	tokens->count -= !!before;
	tokens->bytes += staged ? staged->results_length : 0;
	tokens->bytes -= before ? before->results_length : 0;
}

static int compare_entries(const void *a, const void *b)
{
	return strcmp(a, b);
}

static struct token_entry *find_entry(const struct tokens *tokens, const char *token)
{
	struct token_entry **found = tfind(token, &tokens->tree, compare_entries);

	return found ? *found : NULL;
}

static struct token_entry *entry_new(struct tokens *tokens, const char *token)
{
	struct token_entry *entry = memory_new(1, sizeof(*entry));

	memcpy(entry->token, token, strnlen(token, RECORD_ID - 1));
	if (!tsearch(entry, &tokens->tree, compare_entries))
		abort();
	return entry;
}

void tokens_stage(struct tokens *tokens, const char *token, struct token_record *record)
{
	struct token_entry *entry = find_entry(tokens, token);

	if (!entry)
		entry = entry_new(tokens, token);
	if (!entry->staged_now) {
		entry->staged_now = true;
		tokens->batch = memory_resize(tokens->batch, tokens->batch_count + 1,
					      sizeof(struct token_entry *));
		tokens->batch[tokens->batch_count++] = entry;
	}
	count(tokens, record, entry->staged);
	if (entry->staged != entry->committed)
		token_free(entry->staged);
	entry->staged = record;
}

size_t tokens_staged(const struct tokens *tokens, struct model_delta *out)
{
	size_t filled = 0;

	for (size_t i = 0; i < tokens->batch_count; i++) {
		const struct token_entry *entry = tokens->batch[i];

		if (entry->committed != entry->staged)
			out[filled++] = (struct model_delta){ .token_old = entry->committed,
							      .token_new = entry->staged };
	}
	return filled;
}

static void end_batch(struct tokens *tokens)
{
	for (size_t i = 0; i < tokens->batch_count; i++) {
		struct token_entry *entry = tokens->batch[i];

		entry->staged_now = false;
		if (!entry->committed) {
			tdelete(entry, &tokens->tree, compare_entries);
			free(entry);
		}
	}
	tokens->batch_count = 0;
}

void tokens_commit(struct tokens *tokens)
{
	for (size_t i = 0; i < tokens->batch_count; i++) {
		struct token_entry *entry = tokens->batch[i];

		if (entry->committed != entry->staged)
			token_free(entry->committed);
		entry->committed = entry->staged;
	}
	end_batch(tokens);
}

void tokens_rollback(struct tokens *tokens)
{
	for (size_t i = 0; i < tokens->batch_count; i++) {
		struct token_entry *entry = tokens->batch[i];

		count(tokens, entry->committed, entry->staged);
		if (entry->committed != entry->staged)
			token_free(entry->staged);
		entry->staged = entry->committed;
	}
	end_batch(tokens);
}

static void free_entry(void *node)
{
	struct token_entry *entry = node;

	token_free(entry->committed);
	free(entry);
}

/* After a rollback: nothing is staged. */
void tokens_free(struct tokens *tokens)
{
	tdestroy(tokens->tree, free_entry);
	free(tokens->batch);
}

struct walk {
	void (*each)(const struct token_record *record, void *arg);
	void *arg;
};

static void walk_entry(const void *node, VISIT visit, void *closure)
{
	const struct token_entry *entry = *(struct token_entry *const *)node;
	const struct walk *walk = closure;

	if ((visit == postorder || visit == leaf) && entry->staged)
		walk->each(entry->staged, walk->arg);
}

void tokens_each(const struct tokens *tokens,
		 void (*each)(const struct token_record *record, void *arg), void *arg)
{
	struct walk walk = { .each = each, .arg = arg };

	twalk_r(tokens->tree, walk_entry, &walk);
}

/* --- rules --- */

static bool counts(const struct token_record *record)
{
	int64_t age = identity_now_ms() - record->created_ms;

	/* A clock that was set back makes none immortal. */
	return age < TOKEN_LIFE_MS && age > -TOKEN_LIFE_MS;
}

int model_find_token(const struct model *model, const char *token, const char *request,
		     const struct token_record **known, struct error *error)
{
	const struct token_entry *entry = find_entry(&model->tokens, token);

	*known = NULL;
	if (entry && entry->staged && counts(entry->staged)) {
		*known = entry->staged;
		return strcmp(entry->staged->request, request)
			       ? error_set(error, ERR_TOKEN_CONFLICT,
					   "ClientToken %s came with other parameters before",
					   token)
			       : 0;
	}
	if (model->tokens.count >= TOKENS_MAX)
		return error_set(error, ERR_OVER_QUOTA, "%d ClientTokens within a day", TOKENS_MAX);
	if (model->tokens.bytes >= TOKENS_BYTES_MAX)
		return error_set(error, ERR_OVER_QUOTA,
				 "the answers kept for the ClientTokens of a day take %zu bytes",
				 model->tokens.bytes);
	return 0;
}

void model_keep_token(struct model *model, const struct token_record *token)
{
	struct token_record *record = token_new(token);

	record->created_ms = identity_now_ms();
	tokens_stage(&model->tokens, record->token, record);
}

struct expired {
	char (*tokens)[RECORD_ID];
	size_t count;
};

static void collect_expired(const struct token_record *record, void *arg)
{
	struct expired *expired = arg;

	if (counts(record))
		return;
	expired->tokens = memory_resize(expired->tokens, expired->count + 1, RECORD_ID);
	memcpy(expired->tokens[expired->count++], record->token, RECORD_ID);
}

size_t model_expire_tokens(struct model *model)
{
	struct expired expired = { 0 };

	tokens_each(&model->tokens, collect_expired, &expired);
	for (size_t i = 0; i < expired.count; i++)
		tokens_stage(&model->tokens, expired.tokens[i], NULL);
	free(expired.tokens);
	return expired.count;
}

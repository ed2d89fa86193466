/* SPDX-License-Identifier: BSD-2-Clause */
/* ClientTokens, in their committed and staged versions like all objects. For the core only. */
#ifndef SLUICE_CORE_TOKENS_H
#define SLUICE_CORE_TOKENS_H

#include "core/model.h"

struct tokens {
	void *tree; /* entries, by token */
	size_t count, bytes; /* of what is staged; of their results */
	struct token_entry **batch;
	size_t batch_count;
};

struct token_record *token_new(const struct token_record *from);
/* Takes over the record (NULL: it shall not exist any more). */
void tokens_stage(struct tokens *tokens, const char *token, struct token_record *record);
/* Writes a delta for each one staged; returns how many. `out` has room for batch_count. */
size_t tokens_staged(const struct tokens *tokens, struct model_delta *out);
void tokens_commit(struct tokens *tokens);
void tokens_rollback(struct tokens *tokens);
void tokens_free(struct tokens *tokens);
void tokens_each(const struct tokens *tokens,
		 void (*each)(const struct token_record *record, void *arg), void *arg);

#endif

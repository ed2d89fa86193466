/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * NextToken: it names the last item sent, so it needs no memory of ours and survives a restart.
 * Items come by creation time, then id, then key.
 */
#ifndef SLUICE_API_PAGING_H
#define SLUICE_API_PAGING_H

#include "base/error.h"
#include "store/record.h"

struct page_place {
	int64_t created_ms;
	char id[RECORD_ID];
	char key[RECORD_TAG_KEY]; /* "": the item has none */
};

#define PAGE_TOKEN_TEXT 1024

/* `list` says which list it belongs to, by a letter: the token of another one is a bad one. */
void page_token_write(char list, const struct page_place *place, char out[static PAGE_TOKEN_TEXT]);
/* -ERR_NEXT_TOKEN for what page_token_write has not written. */
int page_token_read(char list, const char *text, struct page_place *place, struct error *error);
/* Like strcmp. */
int page_compare(const struct page_place *a, const struct page_place *b);

#endif

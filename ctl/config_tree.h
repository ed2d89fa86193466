/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files that make and compare configurations share. */
#ifndef SLUICE_CTL_CONFIG_TREE_H
#define SLUICE_CTL_CONFIG_TREE_H

#include <cjson/cJSON.h>
#include <stddef.h>

/* Takes the malloc'ed key over. */
void config_set_key(cJSON *item, char *key);
/* The items of a list, malloc'ed. */
cJSON **config_items(const cJSON *list, size_t *count);
/* By key. An item whose key another one has, or NULL. */
const cJSON *config_sort(cJSON *list);
/* Among sorted items; NULL if it is not there. */
cJSON *config_find(cJSON *const *items, size_t count, const char *key);
/* The same in a short list. */
cJSON *config_find_in(const cJSON *list, const char *key);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* From what a batch has staged to what the store shall write. For the core only. */
#ifndef SLUICE_CORE_OPS_H
#define SLUICE_CORE_OPS_H

#include "core/model.h"
#include "store/store.h"

struct op_list {
	struct store_op *ops;
	size_t count;
	int result; /* sticky */
};

/* Adds a put or a delete for each record that differs, to a list that begins as zeros. Negative: a
 * record could not be written; the list is to be freed all the same, unless store_submit takes it
 * over. */
int ops_add(struct op_list *list, const struct model_delta *delta);
void ops_free(struct op_list *list);

#endif

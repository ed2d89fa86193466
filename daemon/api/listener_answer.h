/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SLUICE_API_LISTENER_ANSWER_H
#define SLUICE_API_LISTENER_ANSWER_H

#include "store/record.h"

struct cJSON;

/* What a listener shows at the outermost level, by itself and in a list; and its settings, which a
 * list puts into an object of their own. */
void answer_listener(struct cJSON *item, const struct listener_record *listener);
void answer_listener_settings(struct cJSON *item, const struct listener_record *listener);

#endif

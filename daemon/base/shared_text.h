/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts that very many objects hold, one copy of each content, counted: the same server is a member
 * of many groups. For the event loop's thread only. Compare them as any text.
 */
#ifndef SLUICE_BASE_SHARED_TEXT_H
#define SLUICE_BASE_SHARED_TEXT_H

/* A reference to the one copy of this text; "" costs nothing. */
const char *shared_text(const char *text);
/* One reference more to a text that shared_text returned. */
const char *shared_text_hold(const char *text);
/* One less. NULL is taken. */
void shared_text_drop(const char *text);

#endif

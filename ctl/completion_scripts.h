/* SPDX-License-Identifier: BSD-2-Clause */
/* The shells' completion scripts. They know nothing: they ask `sluicectl completion words`. */
#ifndef SLUICE_CTL_COMPLETION_SCRIPTS_H
#define SLUICE_CTL_COMPLETION_SCRIPTS_H

extern const char completion_bash[], completion_zsh[];

#endif

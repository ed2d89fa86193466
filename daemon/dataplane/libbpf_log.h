/* SPDX-License-Identifier: BSD-2-Clause */
/* What libbpf says becomes lines of our log; of a program that the kernel refuses, the end of what
 * its verifier wrote, where the reason stands. */
#ifndef SLUICE_DATAPLANE_LIBBPF_LOG_H
#define SLUICE_DATAPLANE_LIBBPF_LOG_H

/* From here on; and what was said in this thread before is no reason any more. */
void libbpf_log_start(void);
/* Why something has failed in this thread: the verifier's own words if it was that, else libbpf's last
 * warning; "" without any. */
const char *libbpf_log_reason(void);

#endif

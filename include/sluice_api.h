/* SPDX-License-Identifier: BSD-2-Clause */
/* What the daemon and sluicectl must agree on beside the API itself. */
#ifndef SLUICE_API_H
#define SLUICE_API_H

#define SLUICE_API_VERSION "2014-05-15"
#define SLUICE_SOCKET_DEFAULT "/run/sluice/api.sock"
#define SLUICE_SOCKET_ENV "SLUICE_SOCKET"
#define SLUICE_PINS_DEFAULT "/sys/fs/bpf/sluice"
#define SLUICE_STORE_DEFAULT "/var/lib/sluice"
#define SLUICE_CONFIG_DEFAULT "/etc/sluice/sluiced.conf"

/* What ApplyChanges takes: bytes of a request's body, steps of its list. */
#define SLUICE_CHANGES_BYTES (64 << 20)
#define SLUICE_CHANGES_STEPS 300000

#endif

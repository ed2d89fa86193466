# SPDX-License-Identifier: BSD-2-Clause
"""What the system tests stand on: namespaces, the daemon in them, servers, clients, and counts."""

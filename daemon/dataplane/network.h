/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's network as this folder's files see it: interfaces, and the addresses on them. */
#ifndef SLUICE_DATAPLANE_NETWORK_H
#define SLUICE_DATAPLANE_NETWORK_H

#include "dataplane/netlink.h"

#include <net/if.h>
#include <stdint.h>
#include <sys/queue.h>

struct dataplane;

/* IFA_PROTO of the addresses that we put on interfaces: 'S'. */
#define ADDRESS_TAG 0x53

/* --- links.c: interfaces --- */

struct link_info {
	unsigned int ifindex, mtu, master;
	bool up, carrier, ethernet, has_mac;
	uint8_t mac[6];
	char name[IFNAMSIZ];
	char kind[16],
		port_of[16]; /* rtnetlink's kinds: "veth", …; the master's when it is a port */
};

struct dp_link {
	char name[IFNAMSIZ];
	unsigned int ifindex; /* 0: not attached */
	uint32_t index; /* in the table of links; 0: none yet */
	int fd;
	bool generic;
	bool complained; /* the log has said why it cannot be attached again */
};

/* By name, or by index if name is NULL. 0 or -errno. */
int link_query(struct netlink *netlink, const char *name, unsigned int ifindex,
	       struct link_info *out);
/* What a message of the kernel says of one. */
void link_read(const struct nlmsghdr *message, struct link_info *out);
/* How the kernel runs the program there: "native", "generic", "detached". */
const char *link_mode(unsigned int ifindex);
void link_pin_path(const struct dataplane *dataplane, const char *name, char out[static 256]);
void links_close(struct dataplane *dataplane);
/* False from here on if the operator has taken the pins of all links away. */
bool links_pinned(struct dataplane *dataplane);
/* Attaches anew to interfaces that were made again. */
void links_tick(struct dataplane *dataplane);

/* --- ports.c: the ways out, as the program has them --- */

/* Gives the interface a row, or brings the one it has up to date. 0 or -errno. */
int port_set(struct dataplane *dataplane, struct dp_link *link, const struct link_info *info);
/* The kernel tells of an interface: what its station is, packets must know at once. */
void port_on_message(struct dataplane *dataplane, const struct nlmsghdr *message);
/* Frames find no way out by it any more. */
void port_clear(struct dataplane *dataplane, struct dp_link *link);
/* Frees the rows of interfaces that are ours no more. */
void ports_let_go(struct dataplane *dataplane);
/* The row of an interface, 0 without one; that of an alias is none. */
uint32_t port_find(const struct dataplane *dataplane, unsigned int ifindex);
/* Gives an interface that receives for the link of that row one as its alias, or writes what has changed
 * of it. 0 or -errno. */
int port_alias(struct dataplane *dataplane, const struct link_info *info, uint32_t link);
void port_unalias(struct dataplane *dataplane, uint32_t index);
/* The row of an alias, 0 if it is none. */
uint32_t port_find_alias(const struct dataplane *dataplane, unsigned int ifindex);

/* --- bonds.c: the interfaces that receive for a bond --- */

/* Looks at all interfaces: slaves of our bonds become their aliases, others are none any more. */
void bonds_resync(struct dataplane *dataplane);
/* The kernel tells of an interface: it may have come to a bond of ours, or left it. */
void bonds_on_message(struct dataplane *dataplane, const struct nlmsghdr *message);

/* --- address.c: IPv4 addresses on interfaces --- */

struct dp_address {
	unsigned int ifindex;
	uint32_t address; /* network order, as all addresses in this folder */
	uint8_t prefix, tag;
};

struct addresses {
	struct dp_address *items;
	size_t count, capacity;
};

/* All that are there. 0 or -errno. */
int addresses_load(struct netlink *netlink, struct addresses *addresses);
/* Fills in which address it is about; true if it is one that we put there. */
bool addresses_on_message(struct addresses *addresses, const struct nlmsghdr *message,
			  struct dp_address *about);
const struct dp_address *addresses_find(const struct addresses *addresses, uint32_t address);
/* The interface whose connected prefix holds it, 0 if none does; the longest wins. */
unsigned int addresses_connected(const struct addresses *addresses, uint32_t address);
int address_put(struct netlink *netlink, unsigned int ifindex, uint32_t address);
int address_remove(struct netlink *netlink, const struct dp_address *address);
/* Tells the neighbourhood by a gratuitous ARP; false if the interface cannot, being down. */
bool address_announce(struct netlink *netlink, unsigned int ifindex, uint32_t address);

/* --- vips.c: which addresses are ours --- */

struct vip {
	uint32_t address; /* the key */
	char interface[IFNAMSIZ]; /* that has it, or had it last; "": none yet */
	bool is_lost; /* somebody took it off */
	bool is_silent; /* it came while its interface was down: nobody has been told */
	bool is_ailing; /* in the list of those */
	bool has_failed; /* the log has said why it cannot be put back */
	unsigned int returns; /* how often it was put back, without a quiet minute between */
	uint64_t returned_ms, due_ms; /* the last return, the next look at it */
	TAILQ_ENTRY(vip) entry;
};
TAILQ_HEAD(ailing, vip);

struct vips {
	void *tree; /* tsearch */
	struct ailing ailing; /* those that want something done */
	size_t lost;
};

void vips_open(struct dataplane *dataplane);
void vips_close(struct dataplane *dataplane);
struct vip *vip_find(const struct dataplane *dataplane, uint32_t address);
/* Puts the address on the interface that had it, else on one that suits. 1: it is new, 0: it was
 * there, negative with why. */
int vip_put(struct dataplane *dataplane, struct vip *vip, char *why, size_t why_size);
/* Puts every staged address that is on no interface. Negative with why for the first that fails. */
int vips_put(struct dataplane *dataplane, char *why, size_t why_size);
/* Takes every staged address of ours off: the program is there no more. */
void vips_withdraw(struct dataplane *dataplane);
/* Drops address and service lines that no staged VIP or service stands behind. */
void vips_reconcile(struct dataplane *dataplane);
/* Undo of a stage: `line` and `put` say what of it was new. */
void vip_unstage(struct dataplane *dataplane, uint32_t address, bool line, bool put);
/* One try each: 0, or -errno to be tried again. */
int vip_remove(struct dataplane *dataplane, uint32_t address);

/* --- lost_vips.c: addresses that somebody else took off --- */

/* The kernel tells that an address has gone. */
void vip_gone(struct dataplane *dataplane, uint32_t address);
/* It is there. */
void vip_there(struct dataplane *dataplane, struct vip *vip, unsigned int ifindex);
/* It was put there, and its neighbourhood is to be told. */
void vip_announce(struct dataplane *dataplane, struct vip *vip);
/* Out of the list, with nothing left to be done. */
void vip_well(struct dataplane *dataplane, struct vip *vip);
/* After messages were lost: looks for each staged address. */
void lost_vips_resync(struct dataplane *dataplane);
void lost_vips_tick(struct dataplane *dataplane);

#endif

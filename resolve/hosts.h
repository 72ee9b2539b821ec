/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hosts.h - addresses of a host, and the interfaces that lead to one. */
#ifndef RESOLVE_HOSTS_H
#define RESOLVE_HOSTS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/fsroot.h"

#define HOST_ADDRESSES_MAX 8
#define HOST_NAME_MS 10000u /* for the resolver */
#define ROUTE_INTERFACES_MAX 16

struct host_address {
	int family; /* AF_INET, AF_INET6 */
	uint8_t bytes[16];
};

struct host_addresses {
	struct host_address address[HOST_ADDRESSES_MAX];
	size_t count;
	bool more; /* addresses than fit */
};

/* Interfaces by name. A multipath route has several. */
struct route {
	char interface[ROUTE_INTERFACES_MAX][16];
	size_t count;
	bool local; /* the host is this machine itself */
	bool more;  /* interfaces than fit, or than the kernel tells */
};

/* Parse a numeric address, IPv4 or IPv6. Returns false if @text is not one. */
bool host_parse(const char *text, struct host_address *ret);

/*
 * host_name.c: ask the resolver of this machine, in a child. Returns 0 with at least one address;
 * -ENOENT when there is no such host, -ETIMEDOUT, or another negative errno.
 */
int host_look_up(const char *name, struct host_addresses *ret);

/* host_name.c: read /etc/hosts of @root. Returns 0, or -ENOENT. */
int host_in_file(const struct fsroot *root, const char *name, struct host_addresses *ret);

/* route.c: ask the kernel. Returns 0, -ENETUNREACH, or another negative errno. */
int route_ask(const struct host_address *to, struct route *ret);

/*
 * route_table.c: read the tables in /proc of @root, which do not show policy routing. @to NULL:
 * the default route. Returns 0 or -ENETUNREACH.
 */
int route_in_table(const struct fsroot *root, const struct host_address *to, struct route *ret);

/* Add the interface @name if it is not there yet. Returns false if there is no room. */
bool route_add(struct route *route, const char *name);

#endif

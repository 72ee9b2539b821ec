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
	bool more; /* than fit */
};

/* Interfaces by name; several where a route has several ways. */
struct route {
	char interface[ROUTE_INTERFACES_MAX][16];
	size_t count;
	bool local; /* to this machine itself */
	bool more;  /* ways than fit, or than the kernel tells */
};

/* A number as text. Returns false if it is none. */
bool host_parse(const char *text, struct host_address *ret);

/*
 * host_name.c: the resolver of this machine, in a child. Returns 0 with at least one
 * address; -ENOENT no such host, -ETIMEDOUT, or another negative errno.
 */
int host_look_up(const char *name, struct host_addresses *ret);

/* /etc/hosts of @root. Returns 0, or -ENOENT. */
int host_in_file(const struct fsroot *root, const char *name, struct host_addresses *ret);

/* route.c: ask the kernel. Returns 0, -ENETUNREACH, or another negative errno. */
int route_ask(const struct host_address *to, struct route *ret);

/*
 * route_table.c: the tables in /proc of @root, which policy routing is not in. @to NULL: the
 * default route. Returns 0 or -ENETUNREACH.
 */
int route_in_table(const struct fsroot *root, const struct host_address *to, struct route *ret);

/* Add @name, once. Returns false if there is no room. */
bool route_add(struct route *route, const char *name);

#endif

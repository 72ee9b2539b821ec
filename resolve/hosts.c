// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * hosts.c - find the interfaces that lead to a host, which is given by address or name. On this
 * machine the resolver and the kernel answer. For a tree, /etc/hosts and the tables in /proc
 * answer, and the network is not used. A name without an address is taken to be behind the
 * default route, which is a guess.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "resolve/hosts.h"
#include "resolve/walk.h"

#define RESOLVERS_MAX 1000

bool host_parse(const char *text, struct host_address *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	return inet_pton(ret->family, text, ret->bytes) == 1;
}

bool route_add(struct route *route, const char *name)
{
	size_t i;

	for (i = 0; i < route->count; i++)
		if (strcmp(route->interface[i], name) == 0)
			return true;
	if (route->count == ROUTE_INTERFACES_MAX || strlen(name) >= sizeof(route->interface[0])) {
		route->more = true;
		return false;
	}
	strcpy(route->interface[route->count++], name);
	return true;
}

static void add_interfaces(struct walk *w, const struct route *route)
{
	size_t i;

	for (i = 0; i < route->count; i++)
		walk_add(w, WALK_NET, "%s", route->interface[i]);
}

static int find_route(struct walk *w, const struct host_address *to, struct route *route)
{
	return w->root->real ? route_ask(to, route) : route_in_table(w->root, to, route);
}

/* "nameserver ADDRESS" */
static int on_resolver(void *priv, char *line)
{
	struct host_address address;
	char text[64];

	if (sscanf(line, "nameserver %63s", text) != 1)
		return 0;
	/* A name server on this machine asks others; systemd-resolved tells which. */
	if (host_parse(text, &address) &&
	    (strncmp(text, "127.", 4) == 0 || strcmp(text, "::1") == 0))
		return 1;
	walk_add(priv, WALK_HOST, "%s", text);
	return 0;
}

/* The capture environment may look the name up again, over another interface than the dump's. */
static void walk_resolvers(struct walk *w, const char *host)
{
	struct host_addresses known = { .count = 0 };

	if (host_in_file(w->root, host, &known) == 0)
		return;
	if (fsroot_each_line(w->root, "etc/resolv.conf", RESOLVERS_MAX, on_resolver, w) == 1 &&
	    fsroot_each_line(w->root, "run/systemd/resolve/resolv.conf", RESOLVERS_MAX, on_resolver,
			     w) != 0)
		walk_doubt(w, "the name server for %s is not known", host);
}

static int find_addresses(struct walk *w, const char *host, struct host_addresses *ret)
{
	char text[CONFIG_DEVICE_BYTES];
	int rc = w->root->real ? host_look_up(host, ret) : host_in_file(w->root, host, ret);

	if (rc < 0 && mounts_address(w, host, text, sizeof(text)) &&
	    host_parse(text, &ret->address[0])) {
		ret->count = 1;
		rc = 0;
	}
	return rc;
}

void walk_default_route(struct walk *w)
{
	struct route route = { .count = 0 };

	if (route_in_table(w->root, NULL, &route) < 0)
		walk_doubt(w, "there is no default route");
	add_interfaces(w, &route);
}

static void guess(struct walk *w, const char *host, int error)
{
	struct route route = { .count = 0 };

	walk_doubt(w, "the address of %s is not known (%s): the default route is a guess", host,
		   error == -ENOENT ? "no such name" : strerror(-error));
	if (route_in_table(w->root, NULL, &route) == 0)
		add_interfaces(w, &route);
}

/* "fe80::1%eth1" */
static bool walk_zone(struct walk *w, const char *host)
{
	const char *zone = strchr(host, '%');
	char name[16];
	unsigned int number;

	if (!zone || !zone[1])
		return false;
	if (w->root->real && sscanf(zone + 1, "%u", &number) == 1 && if_indextoname(number, name))
		zone = name - 1;
	walk_add(w, WALK_NET, "%s", zone + 1);
	return true;
}

void walk_host(struct walk *w, const char *host)
{
	struct host_addresses addresses = { .count = 1 };
	struct route route = { .count = 0 };
	size_t i, reached = 0;
	int rc;

	if (walk_zone(w, host))
		return;
	if (!host_parse(host, &addresses.address[0])) {
		addresses.count = 0;
		rc = find_addresses(w, host, &addresses);
		if (rc < 0) {
			guess(w, host, rc);
			return;
		}
		walk_resolvers(w, host);
	}
	/*
	 * It is not known which of several addresses will be used, and one family may have no
	 * route.
	 */
	for (i = 0; i < addresses.count; i++)
		reached += find_route(w, &addresses.address[i], &route) == 0;
	add_interfaces(w, &route);
	if (!reached)
		walk_doubt(w, "no route to %s", host);
	else if (route.local)
		walk_doubt(w, "%s is this machine itself", host);
	if (addresses.more || route.more)
		walk_doubt(w, "%s has more addresses or routes than are looked at", host);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * route_table.c - read /proc/net/route and /proc/net/ipv6_route. The entry with the longest
 * prefix that matches counts, among equals the one with the lowest metric. Entries that are equal
 * in both count together (multipath).
 */
#include <errno.h>
#include <linux/route.h>
#include <stdio.h>
#include <string.h>

#include "resolve/hosts.h"

#define LINES_MAX 1000000

struct search {
	const struct host_address *to; /* NULL: the default route */
	struct route *out;
	int prefix; /* of the best, -1 none yet */
	unsigned int metric;
};

static bool matches(const struct search *s, const uint8_t *dest, unsigned int prefix)
{
	const uint8_t *bytes = s->to ? s->to->bytes : NULL;
	unsigned int whole = prefix / 8, rest = prefix % 8;

	if (!bytes)
		return prefix == 0;
	return memcmp(bytes, dest, whole) == 0 &&
	       (!rest || ((bytes[whole] ^ dest[whole]) & (0xff00u >> rest & 0xff)) == 0);
}

static void consider(struct search *s, const uint8_t *dest, unsigned int prefix,
		     unsigned int metric, const char *interface)
{
	if (!matches(s, dest, prefix) || (int)prefix < s->prefix ||
	    ((int)prefix == s->prefix && metric > s->metric))
		return;
	if ((int)prefix > s->prefix || metric < s->metric)
		*s->out = (struct route){ .count = 0 };
	s->prefix = (int)prefix;
	s->metric = metric;
	route_add(s->out, interface);
}

/* "eth0 0002A8C0 00000000 0001 0 0 100 00FFFFFF 0 0 0", numbers as memory has them */
static int on_line(void *priv, char *line)
{
	unsigned int dest, flags, metric, mask;
	char interface[16];
	uint8_t bytes[16] = { 0 };

	if (sscanf(line, "%15s %x %*x %x %*u %*u %u %x", interface, &dest, &flags, &metric,
		   &mask) != 5 ||
	    !(flags & RTF_UP) || (flags & RTF_REJECT))
		return 0;
	memcpy(bytes, &dest, 4);
	consider(priv, bytes, (unsigned int)__builtin_popcount(mask), metric, interface);
	return 0;
}

static bool from_hex(const char *text, uint8_t bytes[16])
{
	unsigned int i, byte;

	for (i = 0; i < 16; i++) {
		if (sscanf(text + 2 * i, "%2x", &byte) != 1)
			return false;
		bytes[i] = (uint8_t)byte;
	}
	return true;
}

/* DEST LENGTH SOURCE LENGTH GATEWAY METRIC REFERENCES USE FLAGS INTERFACE */
static int on_line6(void *priv, char *line)
{
	unsigned int prefix, metric, flags;
	char dest[33], interface[16];
	uint8_t bytes[16];

	if (sscanf(line, "%32s %x %*s %*s %*s %x %*x %*x %x %15s", dest, &prefix, &metric, &flags,
		   interface) != 5 ||
	    strlen(dest) != 32 || prefix > 128 || !from_hex(dest, bytes) || !(flags & RTF_UP) ||
	    (flags & RTF_REJECT) || strcmp(interface, "lo") == 0)
		return 0;
	consider(priv, bytes, prefix, metric, interface);
	return 0;
}

static int look(const struct fsroot *root, const char *file, fsroot_line_fn fn,
		const struct host_address *to, struct route *ret)
{
	struct route found = { .count = 0 };
	struct search s = { .to = to, .out = &found, .prefix = -1 };
	size_t i;

	fsroot_each_line(root, file, LINES_MAX, fn, &s);
	for (i = 0; i < found.count; i++)
		route_add(ret, found.interface[i]);
	ret->more |= found.more;
	return found.count ? 0 : -ENETUNREACH;
}

int route_in_table(const struct fsroot *root, const struct host_address *to, struct route *ret)
{
	int rc = -ENETUNREACH;

	if (!to || to->family == AF_INET)
		rc = look(root, "proc/net/route", on_line, to, ret);
	if (rc < 0 && (!to || to->family == AF_INET6))
		rc = look(root, "proc/net/ipv6_route", on_line6, to, ret);
	return rc;
}

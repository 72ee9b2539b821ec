// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * dumppath_mount.c - which file system has a path, which interface leads to a host.
 *
 * Host names are not looked up, since a resolver may hang: what is not a
 * numeric IPv4 address is taken to lie behind the default route.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "resolve/dumppath_private.h"

#define LINES_MAX 16384

struct mount_search {
	const char *path;
	size_t best; /* length of the mount point, plus one */
	unsigned int major, minor;
	char type[32], source[256];
};

static bool is_above(const char *dir, const char *path)
{
	size_t len = strlen(dir);

	if (len == 1)
		return true;
	return strncmp(dir, path, len) == 0 && (!path[len] || path[len] == '/');
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw" */
static int look_at_mount(void *priv, char *line)
{
	struct mount_search *s = priv;
	const char *rest = strstr(line, " - ");
	char point[256], type[32], source[256];
	unsigned int major, minor;

	if (!rest || sscanf(line, "%*s %*s %u:%u %*s %255s", &major, &minor, point) != 3 ||
	    sscanf(rest, " - %31s %255s", type, source) != 2)
		return 0;
	/* Of mounts upon each other the last one counts. */
	if (!is_above(point, s->path) || strlen(point) + 1 < s->best)
		return 0;
	s->best = strlen(point) + 1;
	s->major = major;
	s->minor = minor;
	strcpy(s->type, type);
	strcpy(s->source, source);
	return 0;
}

static int add_mount_host(struct dumppath_walk *w, const char *source)
{
	size_t len;
	char host[DUMPPATH_TARGET_BYTES];

	source += strspn(source, "/[");
	len = strcspn(source, source[-1] == '[' ? "]" : ":/");
	snprintf(host, sizeof(host), "%.*s", (int)len, source);
	return dumppath_add(w, DUMPPATH_HOST, host);
}

static bool is_network_type(const char *type)
{
	return strncmp(type, "nfs", 3) == 0 || strcmp(type, "cifs") == 0 ||
	       strcmp(type, "smb3") == 0;
}

int dumppath_walk_file(struct dumppath_walk *w, const char *path)
{
	struct mount_search s = { .path = path };
	char name[64];

	if (fsroot_each_line(w->root, "proc/self/mountinfo", LINES_MAX, look_at_mount, &s) < 0 ||
	    !s.best)
		return dumppath_fail(w, "%s: what is mounted there is not known", path);
	if (is_network_type(s.type))
		return s.source[0] == '[' ? dumppath_add(w, DUMPPATH_HOST, "")
					  : add_mount_host(w, s.source);
	if (fsroot_link_name(w->root, name, sizeof(name), "sys/dev/block/%u:%u", s.major, s.minor) >
	    0)
		return dumppath_add(w, DUMPPATH_DISK, name);
	if (strncmp(s.source, "/dev/", 5) == 0 && strlen(s.source) < DUMPPATH_TARGET_BYTES)
		return dumppath_add(w, DUMPPATH_NODE, s.source);
	return dumppath_fail(w, "%s: it lies on %s, which has no disk", path, s.type);
}

/* ---- hosts ---- */

struct route_search {
	uint32_t address; /* as in the table: network byte order */
	bool numeric;
	char iface[32];
	uint32_t mask;
	uint32_t metric;
	bool found;
};

/* "eth0 0002A8C0 00000000 0001 0 0 100 00FFFFFF 0 0 0" */
static int look_at_route(void *priv, char *line)
{
	struct route_search *s = priv;
	unsigned int dest, flags, metric, mask;
	char iface[32];

	if (sscanf(line, "%31s %x %*x %x %*u %*u %u %x", iface, &dest, &flags, &metric, &mask) !=
		    5 ||
	    !(flags & 1))
		return 0;
	if (s->numeric ? (s->address & mask) != dest : mask != 0)
		return 0;
	if (s->found && (ntohl(mask) < ntohl(s->mask) || (mask == s->mask && metric >= s->metric)))
		return 0;
	s->found = true;
	s->mask = mask;
	s->metric = metric;
	strcpy(s->iface, iface);
	return 0;
}

/* The default route: "0...0 00 0...0 00 GATEWAY METRIC REF USE FLAGS IFACE" */
static int look_at_route6(void *priv, char *line)
{
	struct route_search *s = priv;
	unsigned int length, metric, flags;
	char dest[33], iface[32];

	if (sscanf(line, "%32s %x %*s %*s %*s %x %*x %*x %x %31s", dest, &length, &metric, &flags,
		   iface) != 5 ||
	    length || strspn(dest, "0") != 32 || !(flags & 1) || strcmp(iface, "lo") == 0)
		return 0;
	if (s->found && metric >= s->metric)
		return 0;
	s->found = true;
	s->metric = metric;
	strcpy(s->iface, iface);
	return 0;
}

int dumppath_walk_host(struct dumppath_walk *w, const char *host)
{
	struct route_search s = { .found = false };

	s.numeric = inet_pton(AF_INET, host, &s.address) == 1;
	if (!strchr(host, ':'))
		fsroot_each_line(w->root, "proc/net/route", LINES_MAX, look_at_route, &s);
	if (!s.found && !s.numeric)
		fsroot_each_line(w->root, "proc/net/ipv6_route", LINES_MAX, look_at_route6, &s);
	if (!s.found)
		return dumppath_fail(w, "no route to %s", host[0] ? host : "its host");
	return dumppath_add(w, DUMPPATH_NET, s.iface);
}

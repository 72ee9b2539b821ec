// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * host_name.c - look up the addresses of a host. The resolver may hang, and it loads modules that
 * the administrator chose, so a child process asks it, with a deadline.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/child.h"
#include "resolve/hosts.h"

#define LINES_MAX 65536

static bool same(const struct host_address *a, const struct host_address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static void add(struct host_addresses *to, const struct host_address *address)
{
	size_t i;

	for (i = 0; i < to->count; i++)
		if (same(&to->address[i], address))
			return;
	if (to->count < HOST_ADDRESSES_MAX)
		to->address[to->count++] = *address;
	else
		to->more = true;
}

/*
 * The child's answer is text: addresses separated by blanks, then "+" if there are more than fit.
 */
static void ask(void *arg, struct child_result *ret)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL, *at;
	char text[INET6_ADDRSTRLEN];
	const void *bytes;
	size_t len = 0;
	int rc = getaddrinfo(arg, NULL, &hints, &list);

	if (rc != 0)
		ret->rc = rc == EAI_SYSTEM ? -errno : rc == EAI_AGAIN ? -EAGAIN : -ENOENT;
	for (at = rc == 0 ? list : NULL; at; at = at->ai_next) {
		if (at->ai_family == AF_INET)
			bytes = &((struct sockaddr_in *)(void *)at->ai_addr)->sin_addr;
		else if (at->ai_family == AF_INET6)
			bytes = &((struct sockaddr_in6 *)(void *)at->ai_addr)->sin6_addr;
		else
			continue;
		if (!inet_ntop(at->ai_family, bytes, text, sizeof(text)))
			continue;
		if (len + strlen(text) + 3 > sizeof(ret->text)) {
			snprintf(ret->text + len, sizeof(ret->text) - len, "+");
			break;
		}
		len += (size_t)snprintf(ret->text + len, sizeof(ret->text) - len, "%s ", text);
	}
}

int host_look_up(const char *name, struct host_addresses *ret)
{
	_cleanup_child_ struct child child = CHILD_NONE;
	struct child_result result = { .rc = 0 };
	struct host_address address;
	char *word, *save = NULL;
	int rc;

	rc = child_start(&child, ask, (void *)(uintptr_t)name);
	if (rc == 0)
		rc = child_collect(&child, HOST_NAME_MS, &result);
	if (rc < 0)
		return rc == -EAGAIN ? -ETIMEDOUT : rc;
	if (result.rc < 0)
		return result.rc;
	for (word = strtok_r(result.text, " ", &save); word; word = strtok_r(NULL, " ", &save))
		if (strcmp(word, "+") == 0)
			ret->more = true;
		else if (host_parse(word, &address))
			add(ret, &address);
	return ret->count ? 0 : -ENOENT;
}

/* ---- /etc/hosts ---- */

struct search {
	const char *name;
	struct host_addresses *out;
};

static int on_line(void *priv, char *line)
{
	static const char blanks[] = " \t\r";
	struct search *s = priv;
	struct host_address address;
	char *word, *save = NULL;

	line[strcspn(line, "#")] = 0;
	word = strtok_r(line, blanks, &save);
	if (!word || !host_parse(word, &address))
		return 0;
	while ((word = strtok_r(NULL, blanks, &save)))
		if (strcasecmp(word, s->name) == 0)
			add(s->out, &address);
	return 0;
}

int host_in_file(const struct fsroot *root, const char *name, struct host_addresses *ret)
{
	struct search s = { .name = name, .out = ret };

	fsroot_each_line(root, "etc/hosts", LINES_MAX, on_line, &s);
	return ret->count ? 0 : -ENOENT;
}

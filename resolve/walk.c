// SPDX-License-Identifier: LGPL-2.1-or-later
/* walk.c - parse the names of targets, and work off the list of nodes (walk.h). */
#include "resolve/walk.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/userinfo.h"
#include "resolve/kdump.h"

#define LINE_BYTES 190 /* the reader of the configuration takes no longer line */
#define VIA_BYTES 150

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

void walk_doubt(struct walk *w, const char *format, ...)
{
	char text[CONFIG_REASON_BYTES];
	va_list ap;
	size_t i;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (w->target[0]) {
		char whole[CONFIG_REASON_BYTES + sizeof(w->target) + 2];

		snprintf(whole, sizeof(whole), "%s: %s", w->target, text);
		snprintf(text, sizeof(text), "%.*s", CONFIG_REASON_BYTES - 1, whole);
	}
	for (i = 0; i < w->found.n_reasons; i++)
		if (strcmp(w->found.reason[i], text) == 0)
			return;
	config_dump_doubt(&w->found, "%s", text);
}

void walk_add(struct walk *w, enum walk_kind kind, const char *format, ...)
{
	char name[CONFIG_DEVICE_BYTES];
	va_list ap;
	size_t i;
	int n;

	va_start(ap, format);
	n = vsnprintf(name, sizeof(name), format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(name)) {
		walk_doubt(w, "the name %.60s... is too long", name);
		return;
	}
	for (i = 0; i < w->count; i++)
		if (w->node[i].kind == kind && strcmp(w->node[i].name, name) == 0)
			return;
	if (w->count == WALK_NODES_MAX) {
		walk_doubt(w, "it has more than %d disks, interfaces and mounts below it",
			   WALK_NODES_MAX);
		return;
	}
	w->node[w->count].kind = kind;
	strcpy(w->node[w->count++].name, name);
	if (w->via.len < VIA_BYTES)
		strbuf_join(&w->via, " > ", name);
}

/* May @text be "user:pa" of "user:pa/ss@host"? Not if it is "host:2049" or "[fe80::1]:2049". */
static bool may_be_password(const char *text, size_t len)
{
	const char *colon = memchr(text, ':', len);

	return *text != '[' && colon &&
	       strspn(colon + 1, "0123456789") != len - (size_t)(colon + 1 - text);
}

/*
 * Host of "host:/path", "user@host", "nfs://user@host:2049/path", "[fe80::1%eth0]:/path" and
 * "user@fe80::1": as kdump-utils has it, brackets are not needed where no port can follow.
 */
static void add_host(struct walk *w, const char *text)
{
	const char *slashes = strstr(text, "://"), *at, *colon;
	size_t len;

	text = slashes ? slashes + 3 : text;
	colon = slashes ? NULL : strstr(text, ":/");
	len = colon ? (size_t)(colon - text) : strcspn(text, "/");
	at = memrchr(text, '@', len);
	if (!at && text[len] && strchr(text + len, '@') && may_be_password(text, len)) {
		walk_doubt(w, "a user name or password with \"/\" in it is not understood");
		return;
	}
	if (at) {
		len -= (size_t)(at + 1 - text);
		text = at + 1;
	}
	if (*text == '[') {
		text++;
		len = strcspn(text, "]");
	} else {
		colon = memchr(text, ':', len);
		/* A second one: an IPv6 address. */
		if (colon && !memchr(colon + 1, ':', len - (size_t)(colon + 1 - text)))
			len = (size_t)(colon - text);
	}
	if (!len)
		walk_doubt(w, "the target names no host");
	else
		walk_add(w, WALK_HOST, "%.*s", (int)len, text);
}

static bool is_host(const char *target)
{
	const char *colon = strchr(target, ':');

	return strchr(target, '@') || (colon && strchr(colon, '/'));
}

static void add_name(struct walk *w, const char *name)
{
	if (!fsroot_name_ok(name))
		walk_doubt(w, "this is not a valid device name");
	else if (walk_bus_device(w, name))
		return;
	else if (walk_has(w, "block", name))
		walk_add(w, WALK_DISK, "%s", name);
	else if (walk_has(w, "net", name))
		walk_add(w, WALK_NET, "%s", name);
	else
		walk_doubt(w, "no device, disk or network interface has this name");
}

static void add_target(struct walk *w, const char *target)
{
	if (strcmp(target, KDUMP_DEFAULT_ROUTE) == 0)
		walk_default_route(w);
	else if (starts(target, KDUMP_VIRTIOFS))
		walk_add(w, WALK_VIRTIOFS, "%s", target + strlen(KDUMP_VIRTIOFS));
	else if (!config_dump_word_ok(target))
		walk_doubt(w, "this is not a valid dump target");
	else if (starts(target, "file:///"))
		walk_add(w, WALK_FILE, "%s", target + 7);
	else if (starts(target, "/dev/"))
		walk_add(w, WALK_NODE, "%s", target);
	else if (*target == '/')
		walk_add(w, WALK_FILE, "%s", target);
	else if (strchr(target, '=') && !strchr(target, '@'))
		walk_add(w, WALK_TAG, "%s", target);
	else if (is_host(target))
		add_host(w, target);
	else
		add_name(w, target);
}

static void visit(struct walk *w, const struct walk_node *node)
{
	switch (node->kind) {
	case WALK_DISK: walk_disk(w, node->name); break;
	case WALK_NVME: walk_nvme(w, node->name); break;
	case WALK_NET: walk_net(w, node->name); break;
	case WALK_NODE: walk_node(w, node->name); break;
	case WALK_FILE: walk_file(w, node->name); break;
	case WALK_TAG: walk_tag(w, node->name); break;
	case WALK_HOST: walk_host(w, node->name); break;
	case WALK_VIRTIOFS:
	case WALK_9P: walk_virtio(w, node->kind, node->name); break;
	}
}

/*
 * Keep how the target was walked as one comment line. It holds foreign names, so all but
 * printable ASCII becomes '?'.
 */
static void note(struct walk *w)
{
	char line[LINE_BYTES], *p;

	snprintf(line, sizeof(line), "# %s%s%s", w->target, w->via.len ? ": " : "",
		 strbuf_text(&w->via));
	for (p = line; *p; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
			*p = '?';
	strbuf_printf(&w->lines, "%s\n", line);
}

void walk_target(struct walk *w, const char *target, const char *source)
{
	size_t reasons = w->found.n_reasons + w->found.n_lost_reasons, i;
	char shown[CONFIG_DEVICE_BYTES];

	userinfo_cut(shown, sizeof(shown), target[0] ? target : "an empty name");
	snprintf(w->target, sizeof(w->target), source ? "%s (%s%s)" : "%s", shown,
		 source && strchr(source, '/') ? "/" : "", source);
	w->count = 0;
	w->known = false;
	strbuf_reset(&w->via);
	add_target(w, target);
	for (i = 0; i < w->count; i++)
		visit(w, &w->node[i]);
	note(w);
	if (w->via.error)
		walk_doubt(w, "out of memory");
	/* No device and no doubt: for example two disks that are below each other. */
	if (!w->known && w->found.n_reasons + w->found.n_lost_reasons == reasons)
		walk_doubt(w, "no PCI or platform device was found behind this target");
	w->target[0] = 0;
}

void walk_clear(struct walk *w)
{
	devices_clear(w);
	mounts_clear(w);
	strbuf_free(&w->lines);
	strbuf_free(&w->via);
}

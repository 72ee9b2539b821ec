// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * check_dumppath.c - which devices does the dump need, and has the image their
 * drivers? The targets are those that "smmu-adoptd resolve" takes: configured,
 * or else found in kdump's own files.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/check/check.h"
#include "lib/base/cleanup.h"
#include "resolve/dumppath.h"
#include "lib/machine/sysdev.h"

#define ADVICE_CONF "correct [Dump] device= in /" PATH_CONF

struct walk {
	struct check *check;
	struct dumppath path;
	struct strbuf via; /* targets, and what was walked through */
	bool failed, guess;
};

static void take_target(struct walk *w, const char *target, const char *source)
{
	struct errbuf err = { .text = "" };

	if (dumppath_resolve(&w->check->ctl->root, target, &w->path, &err) < 0) {
		w->failed = true;
		if (config_dump_is_bus_name(target))
			check_say(w->check, CHECK_FAIL, "dump path", ADVICE_CONF,
				  "no such device: %s", target);
		else
			check_say(w->check, CHECK_FAIL, "dump path",
				  source ? "correct that file, or name devices in /" PATH_CONF
					 : ADVICE_CONF,
				  "%s%s%s", source ? source : "", source ? ": " : "", err.text);
		return;
	}
	if (config_dump_is_bus_name(target))
		return;
	strbuf_join(&w->via, "; ", target);
	if (source)
		strbuf_printf(&w->via, " of /%s", source);
	if (w->path.via[0])
		strbuf_printf(&w->via, ": %s", w->path.via);
}

static size_t take_all(struct walk *w)
{
	const struct config_dump *dump = &w->check->config.dump;
	struct dumppath_targets found;
	size_t i;

	for (i = 0; i < dump->count; i++)
		take_target(w, dump->device[i].name, NULL);
	if (dump->count)
		return dump->count;
	dumppath_find_targets(&w->check->ctl->root, &found);
	for (i = 0; i < found.count; i++) {
		take_target(w, found.target[i].text, found.target[i].source);
		w->guess |= found.target[i].guess;
	}
	if (!found.cut)
		return found.count;
	w->failed = true;
	check_say(w->check, CHECK_FAIL, "dump path", "name the devices in /" PATH_CONF,
		  "a dump target in kdump's files is not understood");
	return found.count + 1;
}

/* Endpoints that the image has a driver for, and those without. */
static void sort_endpoints(const struct walk *w, struct strbuf *good, struct strbuf *bare)
{
	const struct fsroot *root = &w->check->ctl->root;
	struct sysdev dev;
	char bus[32];
	size_t i;

	for (i = 0; i < w->path.count; i++) {
		const char *name = w->path.endpoint[i];
		bool known = w->check->listed &&
			     sysdev_find_bus(root, name, bus, sizeof(bus)) == 0 &&
			     sysdev_read(root, bus, name, &dev) == 0;

		strbuf_join(known && !check_has_driver(w->check, bus, name, &dev) ? bare : good,
			    ", ", name);
	}
}

void check_dumppath(struct check *check)
{
	_cleanup_strbuf_ struct strbuf good = { 0 }, bare = { 0 };
	struct walk w = { .check = check };

	if (!take_all(&w))
		check_say(check, CHECK_WARN, "dump path", "name its devices in /" PATH_CONF,
			  "no device of the dump is configured: every device will get its driver");
	sort_endpoints(&w, &good, &bare);
	if (strbuf_text(&bare)[0])
		check_say(check, CHECK_FAIL, "dump path", "add the driver to the image",
			  "the image has no driver for %s: no dump can be written there",
			  strbuf_text(&bare));
	else if (w.guess && !w.failed)
		check_say(check, CHECK_WARN, "dump path", "name its devices in /" PATH_CONF,
			  "%s (%s); a guess, so every device will get its driver",
			  strbuf_text(&good), strbuf_text(&w.via));
	else if (strbuf_text(&good)[0] && !w.failed && strbuf_text(&w.via)[0])
		check_say(check, CHECK_OK, "dump path", NULL, "%s (%s)", strbuf_text(&good),
			  strbuf_text(&w.via));
	else if (strbuf_text(&good)[0] && !w.failed)
		check_say(check, CHECK_OK, "dump path", NULL, "%s", strbuf_text(&good));
	strbuf_free(&w.via);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * inventory_dump.c - which devices are on the dump path.
 *
 * Best known is what was resolved on the healthy machine and is in the
 * configuration as names on a bus. Other names can be walked only as far as the
 * capture kernel has drivers already. Without configuration there are kdump's own
 * files; a root file system on the command line is only a guess, since the dump may go
 * elsewhere from there: it tells who goes first, and does not hold back the rest.
 */
#include <stdio.h>
#include <string.h>

#include "resolve/dumppath.h"
#include "lib/plan/inventory.h"

struct marking {
	struct inventory *inv;
	const struct fsroot *root;
	inv_complain_fn complain;
	void *priv;
	bool unknown; /* a part of the dump path is not known */
};

static void mark(struct inventory *inv, const struct dumppath *path)
{
	size_t i;
	u32 d;

	for (i = 0; i < path->count; i++)
		for (d = 0; d < inv->count; d++)
			inv->devices[d].dump_path |=
				strcmp(inv->devices[d].name, path->endpoint[i]) == 0;
	inv->dump_present += (u32)path->count;
}

static void take_target(struct marking *m, const char *target, const char *source)
{
	struct dumppath path = { .count = 0 };
	struct errbuf err = { .text = "" };
	char text[320];

	if (dumppath_resolve(m->root, target, &path, &err) == 0) {
		mark(m->inv, &path);
		return;
	}
	/* A device that is not there is needed by nobody; of other names we cannot tell. */
	if (dumppath_is_bus_name(target)) {
		snprintf(text, sizeof(text), "dump device %s does not exist", target);
	} else {
		m->unknown = true;
		snprintf(text, sizeof(text), "dump target %s%s%s", source ? source : "",
			 source ? ": " : "", err.text);
	}
	m->complain(m->priv, REC_FIND_CONFIG, NULL, text);
}

static void take_found(struct marking *m)
{
	struct dumppath_targets found;
	size_t i;

	dumppath_find_targets(m->root, &found);
	m->unknown |= found.cut;
	for (i = 0; i < found.count; i++) {
		m->unknown |= found.target[i].guess;
		take_target(m, found.target[i].text, found.target[i].source);
	}
}

void inv_dump_path(struct inventory *inv, const struct fsroot *root, const struct config *config,
		   inv_complain_fn complain, void *priv)
{
	struct marking m = { .inv = inv, .root = root, .complain = complain, .priv = priv };
	const char *why;
	char text[160];
	size_t i;
	u32 d;

	inv->dump_present = 0;
	for (d = 0; d < inv->count; d++)
		inv->devices[d].dump_path = false;
	for (i = 0; i < config->dump.count; i++)
		take_target(&m, config->dump.name[i], NULL);
	if (!config->dump.count)
		take_found(&m);
	inv->policy = config->policy;
	if ((inv->dump_present && !m.unknown) || inv->policy == CONFIG_PROBE_ALL)
		return;
	inv->policy = CONFIG_PROBE_ALL;
	if (inv->dump_present)
		why = "the dump path is not known in whole";
	else if (config->dump.count)
		why = "no configured dump device exists";
	else
		why = "no dump device is configured";
	snprintf(text, sizeof(text), "%s: every device gets its driver", why);
	complain(priv, REC_FIND_CONFIG, NULL, text);
}

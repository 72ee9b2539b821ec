// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * make.c - the machine of a seed: half of all are small, for those show best what went wrong; one
 * of five has no trouble at all, so that a good end is seen as well.
 */
#include <stdio.h>
#include <string.h>

#include "tests/random/world.h"

static void make_sids(struct world *w, u32 d)
{
	struct world_device *dev = &w->devices[d], *other;

	dev->n_sids = 1;
	dev->sids[0] = (d + 1) * 8;
	if (chance_percent(&w->chance, 10)) {
		dev->sids[1] = dev->sids[0] + 1;
		dev->n_sids = 2;
	} else if (chance_percent(&w->chance, 2)) {
		dev->n_sids = 0;
	}
	if (!d || !chance_percent(&w->chance, 12))
		return;
	other = &w->devices[chance_below(&w->chance, d)];
	if (other->smmu == dev->smmu && other->n_sids && dev->n_sids)
		dev->sids[dev->n_sids - 1] = other->sids[0];
}

/* Whose entry is shared, does what its entry allows. */
static void make_live(struct world *w, u32 d)
{
	struct world_device *dev = &w->devices[d];
	u32 other;

	dev->live = chance_percent(&w->chance, 60);
	dev->entry = chance_percent(&w->chance, 4) ? REC_ENTRY_ERROR : REC_ENTRY_READ;
	for (other = 0; other < d && dev->n_sids; other++) {
		const struct world_device *o = &w->devices[other];

		if (o->smmu != dev->smmu || !o->n_sids || o->sids[0] != dev->sids[dev->n_sids - 1])
			continue;
		dev->live = o->live;
		dev->entry = o->entry;
	}
}

static void make_driver(struct world *w, struct world_device *dev)
{
	static const u8 drivers[] = { DRIVER_MODULE, DRIVER_MODULE,	DRIVER_MODULE,
				      DRIVER_MODULE, DRIVER_MODULE,	DRIVER_BUILTIN,
				      DRIVER_NONE,   DRIVER_BLACKLISTED };
	static const u8 probes[] = { PROBE_BINDS, PROBE_BINDS, PROBE_BINDS, PROBE_BINDS,
				     PROBE_BINDS, PROBE_BINDS, PROBE_FAILS, PROBE_DEFERS };
	static const u8 attaches[] = { ATTACH_IN_PROBE, ATTACH_IN_PROBE, ATTACH_LATER,
				       ATTACH_NEVER };
	static const u32 probe_ms[] = { 0, 1, 5, 30, 200, 499, 500, 501, 1999, 2000, 2001 };
	struct chance *c = &w->chance;

	dev->driver = CHANCE_OF(c, drivers);
	dev->module = (u8)chance_below(c, WORLD_MODULES);
	dev->probe = CHANCE_OF(c, probes);
	dev->attach = CHANCE_OF(c, attaches);
	dev->probe_ms = w->trouble ? CHANCE_OF(c, probe_ms) : chance_below(c, 50);
	if (w->trouble && chance_percent(c, 6)) {
		/* To the millisecond before and after its deadline, or without end. */
		dev->probe_ms = w->config.device_deadline_ms - 1 + chance_below(c, 3);
		if (chance_percent(c, 40))
			dev->probe = PROBE_HANGS;
	}
	if (!w->trouble)
		dev->probe = PROBE_BINDS;
}

static void make_device(struct world *w, u32 d)
{
	static const u32 drain_ms[] = { 0, 0, 0, 0, 1, 3, 50, 1999, 2000, 2001 };
	struct world_device *dev = &w->devices[d];
	struct chance *c = &w->chance;

	memset(dev, 0, sizeof(*dev));
	dev->pci = chance_percent(c, 85);
	dev->bus = dev->pci ? "pci" : "platform";
	if (dev->pci)
		snprintf(dev->name, sizeof(dev->name), "0000:00:%02x.0", (d + 1) & 0xff);
	else
		snprintf(dev->name, sizeof(dev->name), "%x000000.dma", (d + 1) & 0xff);
	dev->smmu = chance_below(c, w->smmus);
	dev->bridge = dev->pci && chance_percent(c, 4);
	dev->express = dev->pci && chance_percent(c, 90);
	dev->flr = dev->express && chance_percent(c, 50);
	dev->trouble = w->trouble;
	if (w->trouble && chance_percent(c, 8))
		dev->trouble = 50;
	make_sids(w, d);
	make_live(w, d);
	make_driver(w, dev);
	dev->drains = !w->trouble || !chance_percent(c, 5);
	dev->drain_ms = w->trouble ? CHANCE_OF(c, drain_ms) : 0;
	dev->gives_group = !chance_percent(c, 5);
	dev->identity = chance_percent(c, 6);
	dev->write_refused = chance_percent(c, w->trouble ? 5 : 2);
	dev->there = dev->answers = true;
	dev->master = dev->live || chance_percent(c, 20);
	dev->group = dev->gives_group && w->groups_early;
	if (chance_percent(c, 3))
		dev->override = OVERRIDE_FOREIGN;
}

static bool behind_adopted(const struct world *w, const struct world_device *dev)
{
	return w->adopted[dev->smmu] && !dev->bridge;
}

/* A device in its place, with a driver or on the way. */
static void make_bound_before(struct world *w, struct world_device *dev)
{
	if (!chance_percent(&w->chance, 10) || dev->override == OVERRIDE_FOREIGN ||
	    !(dev->driver == DRIVER_MODULE || dev->driver == DRIVER_BUILTIN))
		return;
	dev->bound = dev->bound_before = dev->was_reset = dev->master = true;
	dev->group |= dev->gives_group;
	dev->attached = dev->group && dev->attach == ATTACH_IN_PROBE;
	dev->attached_ns = dev->attached ? w->start_ns : 0;
	if (dev->driver == DRIVER_MODULE)
		w->loaded[dev->module] = true;
}

/* ---- the dump ---- */

static void name_device(struct world *w, const struct world_device *dev, bool moved)
{
	struct config_dump *dump = &w->config.dump;

	if (config_dump_add(dump, dev->name) < 0)
		return;
	if (!dev->pci || !(moved || chance_percent(&w->chance, 50)))
		return;
	dump->device[dump->count - 1].has_class = true;
	dump->device[dump->count - 1].class_code = moved ? 0x030000 : 0x010802;
}

/* What the dump is written by, and what the configuration says of it. */
static void make_dump(struct world *w)
{
	static const u32 kinds[] = { 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5 };
	struct chance *c = &w->chance;
	u32 n = 1 + (chance_percent(c, 20) ? 1 : 0), kind = CHANCE_OF(c, kinds), i, d;

	for (i = 0; i < n; i++) {
		struct world_device *dev = &w->devices[chance_below(c, w->count)];

		/* Who has no working driver, or is somebody else's, never was the dump's way. */
		if (!behind_adopted(w, dev) || dev->override == OVERRIDE_FOREIGN ||
		    dev->driver == DRIVER_NONE || dev->driver == DRIVER_BLACKLISTED)
			continue;
		dev->needed = true;
	}
	for (d = 0; d < w->count; d++)
		if (w->devices[d].needed && kind != 2 && kind != 3)
			name_device(w, &w->devices[d], kind == 5);
	w->known = kind == 0 && w->config.dump.count;
	if (kind == 1 && chance_percent(c, 50))
		name_device(w, &w->devices[chance_below(c, w->count)], false);
	if (kind == 1)
		config_dump_doubt(&w->config.dump, "a guess");
	if (kind == 2) {
		/* Known for certain, and wrong. */
		d = chance_below(c, w->count);
		w->wrong = !w->devices[d].needed;
		if (w->wrong)
			config_dump_add(&w->config.dump, w->devices[d].name);
	}
	if (kind == 4)
		config_dump_add(&w->config.dump, "0000:ff:1f.7");
}

static void make_rules(struct world *w)
{
	static const char *const actions[] = { "driver", "quiesce", "flr", "flr", "leave", "deny" };
	static const char *const matches[] = {
		"path=0000:00:*[0-3].0", "path=0000:00:*[4-7].0", "path=*.dma", "class=01",
		"driver=mod1",		 "path=0000:00:0*"
	};
	struct chance *c = &w->chance;
	char text[128];

	while (w->config.n_rules < 3 && chance_percent(c, 12)) {
		snprintf(text, sizeof(text), "%s %s priority=%u", CHANCE_OF(c, actions),
			 CHANCE_OF(c, matches), chance_below(c, 5));
		if (config_rule_parse(&w->config.rules[w->config.n_rules], text) == 0)
			w->config.n_rules++;
	}
}

static void make_config(struct world *w)
{
	static const u32 stage_ms[] = { 60000, 60000, 60000, 60000, 60000, 20000, 5000, 1000 };
	static const u32 device_ms[] = { 20000, 20000, 20000, 2000, 100 };
	static const u32 verify_ms[] = { 2000, 2000, 10, 0 };
	struct chance *c = &w->chance;

	config_defaults(&w->config);
	if (w->trouble) {
		w->config.deadline_ms = CHANCE_OF(c, stage_ms);
		w->config.device_deadline_ms = CHANCE_OF(c, device_ms);
	}
	w->config.verify_deadline_ms = CHANCE_OF(c, verify_ms);
	if (chance_percent(c, 20))
		w->config.policy = CONFIG_PROBE_ALL;
	make_rules(w);
}

static void make_kernel(struct world *w)
{
	static const unsigned int kernels[] = { 6, 6, 6, 7, 0 };
	static const u32 asids[] = { REC_ASIDS_UNKNOWN, REC_ASIDS_DISTINCT, REC_ASIDS_REUSED };
	struct chance *c = &w->chance;
	u32 s;

	w->smmus = 1 + (chance_percent(c, 20) ? chance_below(c, WORLD_SMMUS) : 0);
	for (s = 0; s < w->smmus; s++)
		w->adopted[s] = !chance_percent(c, 6);
	w->helper = !chance_percent(c, 3);
	w->helper_calls = w->helper && chance_percent(c, 80);
	w->groups_early = chance_percent(c, 50);
	w->kernel = CHANCE_OF(c, kernels);
	w->asids = CHANCE_OF(c, asids);
}

/* What others do while we are there. */
static void make_others(struct world *w)
{
	struct chance *c = &w->chance;
	u32 d;

	if (chance_percent(c, 50))
		world_event(w, EVENT_COLDPLUG, 0, BY_OTHERS,
			    w->start_ns + clock_ms(chance_below(c, 30000)));
	for (d = 0; d < w->count && w->trouble; d++) {
		if (chance_percent(c, 2))
			world_event(w, EVENT_GONE, d, BY_OTHERS,
				    w->start_ns + clock_ms(chance_below(c, 30000)));
		/* Somebody has its lock: a probe of others, a runtime resume. */
		if (chance_percent(c, 3))
			w->devices[d].locked_until_ns =
				chance_percent(c, 20)
					? WORLD_NEVER
					: w->start_ns + clock_ms(chance_below(c, 6000));
	}
}

void world_make(struct world *w, u64 seed)
{
	static const u32 trouble[] = { 0, 0, 1, 1, 2, 3, 5, 8, 20, 40 };
	struct rec *records = w->records;
	u8 *journal = w->journal;
	FILE *trace = w->trace;
	struct chance *c = &w->chance;
	u32 d, size;

	memset(w, 0, sizeof(*w));
	w->journal = journal;
	w->records = records;
	w->trace = trace;
	w->seed = c->state = seed;
	w->start_ns = w->now_ns = clock_ms(1000000);
	w->next_event_ns = WORLD_NEVER;
	w->trouble = CHANCE_OF(c, trouble);
	w->journal_room = WORLD_JOURNAL_BYTES;
	if (w->trouble && chance_percent(c, 5))
		w->journal_room = chance_below(c, 30000);
	/* To write and read a file takes half of all the time, and is not what can go wrong. */
	w->by_bytes = w->journal_room < WORLD_JOURNAL_BYTES || seed % 16 == 0;
	make_config(w);
	make_kernel(w);
	size = chance_below(c, 100);
	w->count = 1 + chance_below(c, size < 55 ? 5 : size < 85 ? 14 : WORLD_DEVICES);
	for (d = 0; d < w->count; d++)
		make_device(w, d);
	for (d = 0; d < w->count; d++)
		make_bound_before(w, &w->devices[d]);
	make_dump(w);
	make_others(w);
}

void world_print(const struct world *w)
{
	u32 d;

	if (!w->trace)
		return;
	fprintf(w->trace,
		"machine of seed %llu: %u devices, %u SMMUs%s, kernel %u, groups %s, helper %s, "
		"policy %s, deadlines %u/%u/%u ms, %u %% trouble, dump path %s, %zu named\n",
		w->seed, w->count, w->smmus, w->adopted[0] ? "" : ", the first not adopted",
		w->kernel, w->groups_early ? "early" : "late",
		w->helper_calls ? "there"
		: w->helper	? "mute"
				: "missing",
		config_policy_name(w->config.policy), w->config.deadline_ms,
		w->config.device_deadline_ms, w->config.verify_deadline_ms, w->trouble,
		w->known   ? "known"
		: w->wrong ? "wrong"
			   : "not certain",
		w->config.dump.count);
	for (d = 0; d < w->count; d++) {
		static const char *const drivers[] = { "no driver", "module", "builtin",
						       "blacklisted" };
		static const char *const probes[] = { "binds", "fails", "defers", "hangs" };
		const struct world_device *dev = &w->devices[d];

		fprintf(w->trace,
			"  %-13s smmu %u sid %u/%u%s%s%s%s%s%s%s%s%s, %s %u %s in %u ms, drains in %u%s%s\n",
			dev->name, dev->smmu, dev->n_sids ? dev->sids[0] : 0, dev->n_sids,
			dev->needed ? ", NEEDED" : "", dev->live ? ", live" : "",
			dev->entry ? ", entry unread" : "", dev->bridge ? ", bridge" : "",
			dev->bound ? ", bound" : "", dev->group ? ", group" : "",
			dev->gives_group ? "" : ", refused", dev->identity ? ", identity" : "",
			dev->override ? ", foreign" : "", drivers[dev->driver], dev->module,
			probes[dev->probe], dev->probe_ms, dev->drain_ms,
			dev->drains ? "" : " never", dev->flr ? ", flr" : "");
	}
}

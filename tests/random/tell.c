// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * tell.c - what the helper module would record of a machine in memory: its snapshot of the crash,
 * and how things are now.
 */
#include <string.h>

#include "tests/random/world.h"

#define LIVE_ENTRY 0x0b	 /* valid, translates by stage 1 */
#define STALE_ENTRY 0x01 /* valid, aborts */

void world_tell_device(const struct world *w, const struct world_device *dev, struct rec *ret)
{
	struct rec_device *r = &ret->device;

	memset(ret, 0, sizeof(*ret));
	ret->type = REC_DEVICE;
	ret->mono_ns = w->now_ns;
	r->smmu = dev->smmu;
	r->phase = REC_PHASE_NOW;
	r->flags = (u16)((dev->group ? REC_DEV_GROUP : 0) | (dev->bridge ? REC_DEV_BRIDGE : 0) |
			 (dev->flr ? REC_DEV_FLR : 0) |
			 (dev->group && !dev->attached ? REC_DEV_DEFERRED : 0) |
			 (dev->attached ? REC_DEV_ATTACH_SEEN : 0));
	if (dev->pci && dev->answers)
		r->flags |= (u16)(REC_DEV_CONFIG | (dev->master ? REC_DEV_BUS_MASTER : 0));
	r->class_code = dev->bridge ? 0x060400 : dev->pci ? 0x010802 : 0;
	r->vendor = 0x8086;
	r->device = 0x1234;
	r->group = dev->group ? 1 : -1;
	r->attach_ns = dev->attached ? dev->attached_ns : 0;
	strcpy(r->name, dev->name);
	strcpy(r->bus, dev->bus);
	strcpy(r->driver, dev->bound ? "drv" : "");
	r->sid_count = dev->n_sids;
	memcpy(r->sids, dev->sids, dev->n_sids * sizeof(dev->sids[0]));
}

void world_tell_ste(const struct world *w, const struct world_device *dev, u32 i,
		    enum rec_phase phase, struct rec *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->type = REC_STE;
	ret->mono_ns = phase == REC_PHASE_NOW ? w->now_ns : w->start_ns;
	ret->ste.smmu = dev->smmu;
	ret->ste.phase = (u16)phase;
	ret->ste.entry = dev->entry;
	ret->ste.sid = dev->sids[i];
	ret->ste.raw[0] = dev->live ? LIVE_ENTRY : STALE_ENTRY;
	if (phase != REC_PHASE_NOW || !dev->attached)
		return;
	ret->ste.entry = REC_ENTRY_READ;
	ret->ste.raw[0] = LIVE_ENTRY;
	ret->ste.raw[8] = 0x55;
}

static void tell_smmu(const struct world *w, u32 smmu, enum rec_phase phase, struct rec *ret)
{
	bool adopted = w->adopted[smmu];

	memset(ret, 0, sizeof(*ret));
	ret->type = REC_SMMU;
	ret->mono_ns = phase == REC_PHASE_NOW ? w->now_ns : w->start_ns;
	ret->smmu.smmu = smmu;
	ret->smmu.phase = (u16)phase;
	ret->smmu.state = adopted ? ADOPT_ADOPTED : ADOPT_RESET;
	ret->smmu.reason = adopted ? 1 : 2;
	ret->smmu.evidence = ADOPT_EV_KDUMP;
	ret->smmu.asids = phase == REC_PHASE_NOW ? w->asids : REC_ASIDS_UNKNOWN;
	strcpy(ret->smmu.name, "arm-smmu-v3.0.auto");
}

/* An entry is told once, whoever shares it: by who is attached, or else by the first. */
static bool tells_ste(const struct world *w, const struct world_device *dev, u32 i)
{
	u32 d;

	for (d = 0; d < w->count; d++) {
		const struct world_device *o = &w->devices[d];

		if (o == dev || o->smmu != dev->smmu || !o->n_sids ||
		    (o->sids[0] != dev->sids[i] && o->sids[o->n_sids - 1] != dev->sids[i]))
			continue;
		if (o->attached != dev->attached ? o->attached : o < dev)
			return false;
	}
	return true;
}

static int tell_devices(const struct world *w, struct story *story)
{
	struct rec rec;
	int rc = 0;
	u32 d, i;

	for (d = 0; d < w->count && rc == 0; d++) {
		const struct world_device *dev = &w->devices[d];

		for (i = 0; i < dev->n_sids && rc == 0; i++) {
			if (!tells_ste(w, dev, i))
				continue;
			world_tell_ste(w, dev, i, REC_PHASE_CRASH, &rec);
			rc = story_add(story, &rec);
			if (rc)
				break;
			world_tell_ste(w, dev, i, REC_PHASE_NOW, &rec);
			rc = story_add(story, &rec);
		}
		if (!dev->there || rc)
			continue;
		world_tell_device(w, dev, &rec);
		rc = story_add(story, &rec);
	}
	return rc;
}

int world_tell(const struct world *w, struct story *story)
{
	struct rec rec = { .type = REC_FILE, .mono_ns = w->now_ns };
	int rc;
	u32 s;

	rec.file.major = REC_VERSION_MAJOR;
	rec.file.minor = REC_VERSION_MINOR;
	rec.file.producer = REC_PRODUCER_HELPER;
	rec.file.capture = 1;
	rc = story_add(story, &rec);
	for (s = 0; s < w->smmus && rc == 0; s++) {
		tell_smmu(w, s, REC_PHASE_CRASH, &rec);
		rc = story_add(story, &rec);
		tell_smmu(w, s, REC_PHASE_NOW, &rec);
		if (rc == 0)
			rc = story_add(story, &rec);
	}
	return rc ? rc : tell_devices(w, story);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * inventory.c - collects the devices, what they were doing at the crash, and which of them share a
 * StreamID.
 *
 * Whether a device is live is judged from the STE at the crash. An STE that could not be read
 * counts as possibly live: to quiesce an idle device that has no driver harms nothing.
 *
 * Devices that share a StreamID are an alias set. Only one of them gets a driver, because the SMMU
 * driver gives a shared StreamID to the device that it sees first, and only that one gets an IOMMU
 * attachment (measured on 6.12). A member that is bound or has a group is the one. Where no member
 * is, the one that is bound first will be, so we choose. A member on the dump path is bound in any
 * case, and then no other one is.
 */
#include "lib/plan/inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ste.h"
#include "lib/base/cleanup.h"
#include "lib/machine/sysdev.h"

enum adopt_state inv_smmu_state(const struct story_smmu *smmu)
{
	if (smmu->has_now)
		return (enum adopt_state)smmu->now.state;
	return smmu->has_crash ? (enum adopt_state)smmu->crash.state : ADOPT_UNKNOWN;
}

struct journal_about inv_about(const struct inv_device *device, enum rec_severity severity,
			       enum rec_finding_code code)
{
	return (struct journal_about){ .smmu = device ? device->smmu : UINT32_MAX,
				       .sid = device && device->n_sids ? device->sids[0]
								       : REC_NO_SID,
				       .severity = severity,
				       .code = code };
}

/* Does a StreamID that is missing in the snapshot certainly have no entry? */
static bool snapshot_complete(const struct story *story, u32 smmu)
{
	const struct story_smmu *s = story_find_smmu(story, smmu);
	size_t i;

	if (!s || !s->has_crash || s->crash.lost_bytes)
		return false;
	for (i = 0; i < story->n_findings; i++) {
		const struct rec_finding *f = &story->findings[i];

		if (f->smmu == smmu &&
		    (f->code == REC_FIND_OVER_BUDGET || f->code == REC_FIND_TABLE_UNUSABLE ||
		     f->code == REC_FIND_L1_UNREADABLE || f->code == REC_FIND_NO_REGS))
			return false;
	}
	return true;
}

/*
 * A reserved Config refuses DMA by the specification, but real SMMUs may differ; so it does not
 * count as surely refused.
 */
static bool is_surely_refused(const struct story_stream *stream)
{
	const struct rec_ste *ste = &stream->crash;
	struct ste_view view;

	if (stream->crash_effect != STE_EFFECT_REFUSED || ste->entry != REC_ENTRY_READ)
		return stream->crash_effect == STE_EFFECT_REFUSED;
	(void)ste_decode(ste->raw, sizeof(ste->raw), NULL, &view);
	return !(view.odd & STE_ODD_CONFIG);
}

static enum inv_live sid_live(const struct story *story, u32 smmu, u32 sid, bool complete)
{
	const struct story_stream *stream = story_find_stream(story, smmu, sid);

	if (stream && stream->own_at_load)
		return INV_LIVE_UNKNOWN;
	if (!stream || !stream->has_crash)
		return complete ? INV_NOT_LIVE : INV_LIVE_UNKNOWN;
	if (story_stream_was_live(stream))
		return INV_LIVE;
	return is_surely_refused(stream) ? INV_NOT_LIVE : INV_LIVE_UNKNOWN;
}

static enum inv_live device_live(const struct story *story, const struct inv_device *dev)
{
	bool complete = snapshot_complete(story, dev->smmu), unknown = dev->sids_cut;
	u32 i;

	for (i = 0; i < dev->n_sids; i++) {
		enum inv_live live = sid_live(story, dev->smmu, dev->sids[i], complete);

		if (live == INV_LIVE)
			return INV_LIVE;
		unknown |= live == INV_LIVE_UNKNOWN;
	}
	return unknown || !dev->n_sids ? INV_LIVE_UNKNOWN : INV_NOT_LIVE;
}

static void take_record(struct inv_device *dev, const struct story *story,
			const struct rec_device *rec)
{
	memset(dev, 0, sizeof(*dev));
	memcpy(dev->name, rec->name, sizeof(dev->name));
	memcpy(dev->bus, rec->bus, sizeof(dev->bus));
	memcpy(dev->driver, rec->driver, sizeof(dev->driver));
	dev->smmu = rec->smmu;
	dev->n_sids = (u8)(rec->sid_count < REC_DEVICE_SIDS ? rec->sid_count : REC_DEVICE_SIDS);
	memcpy(dev->sids, rec->sids, sizeof(dev->sids));
	dev->sids_cut = rec->flags & REC_DEV_SIDS_CUT;
	dev->pci = strcmp(rec->bus, "pci") == 0;
	dev->group = rec->flags & REC_DEV_GROUP;
	dev->bound = rec->driver[0];
	dev->attached = dev->bound && dev->group && !(rec->flags & REC_DEV_DEFERRED);
	dev->flr = rec->flags & REC_DEV_FLR;
	dev->class_code = rec->class_code;
	dev->vendor = rec->vendor;
	dev->product = rec->device;
	dev->live = (u8)device_live(story, dev);
}

static bool wanted(const struct story *story, const struct rec_device *rec)
{
	const struct story_smmu *smmu = story_find_smmu(story, rec->smmu);

	return smmu && inv_smmu_state(smmu) == ADOPT_ADOPTED && !(rec->flags & REC_DEV_BRIDGE) &&
	       fsroot_name_ok(rec->name) && fsroot_name_ok(rec->bus);
}

/* One use of a StreamID. */
struct use {
	u32 smmu, sid, device;
};

static int compare_uses(const void *a, const void *b)
{
	const struct use *x = a, *y = b;

	if (x->smmu != y->smmu)
		return x->smmu < y->smmu ? -1 : 1;
	if (x->sid != y->sid)
		return x->sid < y->sid ? -1 : 1;
	return x->device < y->device ? -1 : x->device > y->device;
}

/* Number of the set @device is in; sets are named by their first device. */
static u32 set_of(struct inventory *inv, u32 device)
{
	while (inv->devices[device].alias_set != device)
		device = inv->devices[device].alias_set;
	return device;
}

static void join_sets(struct inventory *inv, u32 a, u32 b)
{
	a = set_of(inv, a);
	b = set_of(inv, b);
	if (a < b)
		inv->devices[b].alias_set = a;
	else
		inv->devices[a].alias_set = b;
}

/* Sizes, and each set's members in the order of the devices; @last has room for the count. */
static void chain_sets(struct inventory *inv, u32 *last)
{
	u32 d, set;

	for (d = 0; d < inv->count; d++) {
		set = inv->devices[d].alias_set = set_of(inv, d);
		if (set != d)
			inv->devices[last[set]].alias_next = d;
		last[set] = d;
		inv->devices[set].alias_size++;
	}
	for (d = 0; d < inv->count; d++)
		inv->devices[d].alias_size = inv->devices[inv->devices[d].alias_set].alias_size;
}

static int find_alias_sets(struct inventory *inv)
{
	_cleanup_free_ u32 *last = calloc((size_t)inv->count + 1, sizeof(*last));
	_cleanup_free_ struct use *uses = NULL;
	size_t n = 0, i;
	u32 d, k;

	uses = calloc((size_t)inv->count * REC_DEVICE_SIDS + 1, sizeof(*uses));
	if (!uses || !last)
		return -ENOMEM;
	for (d = 0; d < inv->count; d++) {
		inv->devices[d].alias_set = d;
		for (k = 0; k < inv->devices[d].n_sids; k++)
			uses[n++] =
				(struct use){ inv->devices[d].smmu, inv->devices[d].sids[k], d };
	}
	qsort(uses, n, sizeof(*uses), compare_uses);
	for (i = 1; i < n; i++)
		if (uses[i].smmu == uses[i - 1].smmu && uses[i].sid == uses[i - 1].sid)
			join_sets(inv, uses[i - 1].device, uses[i].device);
	chain_sets(inv, last);
	return 0;
}

int inv_build(struct inventory *inv, const struct story *story)
{
	size_t i;

	memset(inv, 0, sizeof(*inv));
	for (i = 0; i < story->n_smmus; i++) {
		inv->smmus++;
		inv->adopted += inv_smmu_state(&story->smmus[i]) == ADOPT_ADOPTED;
	}
	inv->devices = calloc(story->n_devices + 1, sizeof(*inv->devices));
	if (!inv->devices)
		return -ENOMEM;
	for (i = 0; i < story->n_devices; i++)
		if (wanted(story, &story->devices[i].last))
			take_record(&inv->devices[inv->count++], story, &story->devices[i].last);
	return find_alias_sets(inv);
}

void inv_clear(struct inventory *inv)
{
	free(inv->devices);
	memset(inv, 0, sizeof(*inv));
}

/* Returns 0, -ENODEV (it is gone), or another negative errno: the helper's word stands. */
static int device_details(struct inv_device *dev, const struct fsroot *root)
{
	struct sysdev sys;
	int rc;

	rc = sysdev_read(root, dev->bus, dev->name, &sys);
	dev->gone |= rc == -ENODEV;
	if (rc < 0)
		return rc;
	dev->group = sys.group >= 0;
	if (sys.driver[0]) {
		memcpy(dev->driver, sys.driver, sizeof(dev->driver));
		dev->bound = true;
	}
	return 0;
}

/*
 * Does this kernel make groups before the bind? Most devices decide. A kernel that does refuses a
 * group to a few devices only. With one that does not, only a few unbound devices have a group,
 * from a bind that failed.
 */
static bool groups_are_early(const struct inventory *inv)
{
	u32 d, with = 0, without = 0;

	for (d = 0; d < inv->count; d++) {
		if (inv->devices[d].bound || inv->devices[d].gone)
			continue;
		with += inv->devices[d].group;
		without += !inv->devices[d].group;
	}
	return with > without;
}

void inv_details(struct inventory *inv, const struct fsroot *root, const struct config *config,
		 inv_complain_fn complain, void *priv)
{
	char text[160];
	int rc;
	u32 d;

	for (d = 0; d < inv->count; d++) {
		struct inv_device *dev = &inv->devices[d];
		bool was_gone = dev->gone;

		rc = device_details(dev, root);
		if (rc == 0 || was_gone)
			continue;
		if (dev->gone)
			snprintf(text, sizeof(text), "%s vanished", dev->name);
		else
			snprintf(text, sizeof(text),
				 "%s: sysfs cannot be read (%s); the helper's record of the "
				 "device is used",
				 dev->name, strerror(-rc));
		complain(priv, dev->gone ? REC_FIND_DEVICE_GONE : REC_FIND_HELPER, dev, text);
	}
	inv->groups_early = groups_are_early(inv);
	inv_dump_path(inv, root, config, complain, priv);
}

bool inv_stays_live(const struct inv_device *device)
{
	return device->live != INV_NOT_LIVE && !device->gone && !device->bound &&
	       !device->driver[0];
}

bool inv_driverless(const struct inv_device *device)
{
	return inv_stays_live(device) && device->in_image == INV_DRIVER_NONE;
}

bool inv_refused(const struct inventory *inv, const struct inv_device *device)
{
	return inv->groups_early && !device->group;
}

bool inv_denied(const struct inv_device *device)
{
	return !device->dump_path && device->rule == CONFIG_ACT_DENY;
}

/* Will a rule leave @device, which is off the dump path, without a driver of ours? */
static bool is_ruled_out(const struct inv_device *device)
{
	return device->rule == CONFIG_ACT_DENY || device->rule == CONFIG_ACT_LEAVE ||
	       (device->rule == CONFIG_ACT_QUIESCE && device->pci);
}

/*
 * Which member is better to bind: on the dump path, then with an attachment, then live, then the
 * first.
 */
static unsigned int owner_rank(const struct inv_device *dev)
{
	return (dev->dump_path ? 8u : 0) + (dev->bound ? 4u : 0) + (dev->group ? 2u : 0) +
	       (dev->live == INV_LIVE);
}

const struct inv_device *inv_alias_owner(const struct inventory *inv,
					 const struct inv_device *device)
{
	const struct inv_device *best = NULL;
	u32 d = device->alias_set;

	do {
		const struct inv_device *dev = &inv->devices[d];

		d = dev->alias_next;
		if (dev->gone || (!dev->bound && !dev->dump_path &&
				  (inv_refused(inv, dev) || is_ruled_out(dev))))
			continue;
		if (!best || owner_rank(dev) > owner_rank(best))
			best = dev;
	} while (d);
	return best;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * facts.c - judges devices and streams one by one, from recorded entries and step results. If a
 * record is missing, the answer is "unknown", never a guess.
 */
#include "lib/story/facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/story/held.h"
#include "lib/story/story_private.h"

static const struct {
	const char *name, *text;
} ends[] = {
	[REPORT_END_UNKNOWN] = { "unknown", "not known: its entry was not read again" },
	[REPORT_END_HANDED_OVER] = { "handed-over",
				     "handed over: the capture kernel's driver installed its own "
				     "entry" },
	[REPORT_END_ACTIVATED] = { "activated",
				   "DMA was refused at the crash, the capture kernel lets it "
				   "through" },
	[REPORT_END_EARLY] = { "attached-early",
			       "the capture kernel's driver had installed its own entry before "
			       "the helper was loaded" },
	[REPORT_END_OWN] = { "own-entry", "the entry is in the capture kernel's own table" },
	[REPORT_END_HELD] = { "held",
			      "DMA stopped and held: the crashed kernel's entry stays, bus master "
			      "is off" },
	[REPORT_END_QUIESCED] = { "quiesced",
				  "DMA stopped, no driver: the crashed kernel's entry stays, bus "
				  "master is off" },
	[REPORT_END_BOUND] = { "bound-deferred",
			       "driver bound, attach still deferred: the crashed kernel's entry "
			       "stays" },
	[REPORT_END_STOPPED] = { "bound-stopped",
				 "driver bound, but its DMA is stopped: the crashed kernel's entry stays, "
				 "bus master is off" },
	[REPORT_END_BRIDGE] = { "bridge", "the crashed kernel's entry stays; bridges are left "
					  "alone" },
	[REPORT_END_CRASH_ENTRY] = { "crash-entry",
				     "the crashed kernel's entry stays, and DMA was not stopped" },
	[REPORT_END_LIVE] = { "live", "DMA is translated; the entry at the crash is not known" },
	[REPORT_END_BYPASS] = { "bypass", "bypass: its DMA goes through untranslated" },
	[REPORT_END_BYPASS_KEPT] = { "bypass-kept", "bypass, as the crashed kernel had it" },
	[REPORT_END_BLOCKED] = { "blocked", "was live at the crash, its DMA is refused now" },
	[REPORT_END_REFUSED] = { "refused", "its DMA is refused" },
	[REPORT_END_GONE] = { "gone", "gone: the device vanished" },
	[REPORT_END_VF_OFF] = { "switched-off",
				"the kernel switched this virtual function off at boot: the "
				"crashed kernel's entry stays" },
	[REPORT_END_ON_AGAIN] = { "on-again",
				  "DMA was stopped and is on again, under the crashed kernel's "
				  "entry" },
};

const char *report_end_name(enum report_end end)
{
	return ends[end].name;
}

const char *report_end_text(enum report_end end)
{
	return ends[end].text;
}

/* Explains the name, where the name alone may be misunderstood. */
const char *report_end_brief(enum report_end end)
{
	switch (end) {
	case REPORT_END_UNKNOWN: return "its entry was not read again";
	case REPORT_END_HANDED_OVER: return "under its new driver's entry";
	case REPORT_END_EARLY: return "handed over before the helper was loaded";
	case REPORT_END_ACTIVATED: return "was refused at the crash";
	case REPORT_END_OWN: return "an entry of the capture kernel's own table";
	case REPORT_END_HELD: return "DMA stopped, kept without a driver";
	case REPORT_END_QUIESCED: return "DMA stopped, no driver";
	case REPORT_END_BOUND: return "has a driver, still the crashed kernel's entry";
	case REPORT_END_STOPPED: return "has a driver, but DMA is stopped";
	case REPORT_END_BRIDGE: return "left alone";
	case REPORT_END_CRASH_ENTRY: return "the crashed kernel's entry, DMA not stopped";
	case REPORT_END_BYPASS:
	case REPORT_END_BYPASS_KEPT: return "its DMA goes through untranslated";
	case REPORT_END_BLOCKED: return "was live, its DMA is refused now";
	case REPORT_END_GONE: return "the device vanished";
	case REPORT_END_REFUSED: return "its DMA is refused";
	case REPORT_END_ON_AGAIN: return "DMA was stopped, but is on again";
	default: return NULL;
	}
}

const char *report_rmr_text(enum rmr_verdict verdict)
{
	static const char *const texts[] = {
		[RMR_UNKNOWN] = "not known: one of its entries was not read",
		[RMR_UNTOUCHED] = "untouched: bit-identical to the crash",
		[RMR_STAYED_REFUSED] = "was refused at the crash and is still refused",
		[RMR_BECAME_BYPASS] =
			"became bypass: its DMA goes to physical addresses, untranslated",
		[RMR_GAINED] = "was refused at the crash and is translated now",
		[RMR_REPLACED] =
			"the capture kernel installed its own entry; it is not known whether "
			"this entry maps the region",
		[RMR_REPLACED_MAPPED] =
			"the capture kernel installed its own entry, which maps the region",
		[RMR_REPLACED_UNMAPPED] =
			"the capture kernel installed its own entry, which does NOT map the region",
		[RMR_LOST] = "was live at the crash, is refused now",
	};

	return texts[verdict];
}

bool report_in_own_table(const struct story *story, const struct story_stream *stream)
{
	const struct story_smmu *smmu = story_stream_smmu(story, stream);

	return smmu && smmu->own_table;
}

/* What the entry at the crash did. Not known when the snapshot is of another table. */
static enum ste_effect crash_effect(const struct story *story, const struct story_stream *stream)
{
	return stream->has_crash && !report_in_own_table(story, stream) ? stream->crash_effect
									: STE_EFFECT_NOT_KNOWN;
}

int report_stream_at_crash(const struct story *story, const struct story_stream *stream)
{
	switch (crash_effect(story, stream)) {
	case STE_EFFECT_NOT_KNOWN: return -1;
	case STE_EFFECT_REFUSED: return 0;
	default: return 1;
	}
}

/* What the entry that was seen last does: the one seen now, or the capture kernel's own at load. */
static enum ste_effect last_effect(const struct story *story, const struct story_stream *stream)
{
	if (stream->has_now)
		return stream->now_effect;
	return stream->own_at_load || (stream->has_crash && report_in_own_table(story, stream))
		       ? stream->crash_effect
		       : STE_EFFECT_NOT_KNOWN;
}

/* The same, but an SMMU that is switched off looks at no entry. */
static enum ste_effect end_effect(const struct story *story, const struct story_stream *stream)
{
	const struct story_smmu *smmu = story_stream_smmu(story, stream);

	if (smmu && smmu->has_now && smmu->now.state == ADOPT_DISABLED)
		return smmu->now.evidence & ADOPT_EV_GBPA_ABORT ? STE_EFFECT_REFUSED
								: STE_EFFECT_BYPASSED;
	return last_effect(story, stream);
}

static bool is_bridge(const struct story_device *device)
{
	return ((device->first.flags | device->last.flags) & REC_DEV_BRIDGE) ||
	       device->last.class_code >> 16 == 0x06;
}

/* The crash-time entry is still in place, and live. What stops its DMA? */
static enum report_end unchanged_end(const struct story *story, const struct story_device *device)
{
	const struct story_step *quiesce;
	bool quiesced;
	u64 ns;

	if (!device)
		return REPORT_END_CRASH_ENTRY;
	if (is_bridge(device))
		return REPORT_END_BRIDGE;
	if (held_on_again(story, device, &ns))
		return REPORT_END_ON_AGAIN;
	quiesce = story_step_of(story, device->first.name, REC_ACT_QUIESCE);
	quiesced = held_outcome_is(quiesce, REC_STEP_DONE);
	if (device->last.driver[0])
		return quiesced && held_bus_master(story, device) == 0 ? REPORT_END_STOPPED
								       : REPORT_END_BOUND;
	if (!quiesced)
		return REPORT_END_CRASH_ENTRY;
	return held_is(story, device->first.name) ? REPORT_END_HELD : REPORT_END_QUIESCED;
}

/* Both looks are at the crashed kernel's table, and found the same bytes. */
static bool is_same(const struct story *story, const struct story_stream *stream)
{
	return stream->has_crash && !report_in_own_table(story, stream) &&
	       report_is_unchanged(stream);
}

enum report_end report_stream_end(const struct story *story, const struct story_stream *stream)
{
	const struct story_device *device = story_stream_device(story, stream);
	enum ste_effect before = crash_effect(story, stream), after = end_effect(story, stream);
	bool same = is_same(story, stream);

	if (device && held_is_gone(story, device))
		return REPORT_END_GONE;
	if (!device && same && stream->vf_off && after != STE_EFFECT_REFUSED)
		return REPORT_END_VF_OFF;
	switch (after) {
	case STE_EFFECT_REFUSED:
		return ste_effect_is_live(before) ? REPORT_END_BLOCKED : REPORT_END_REFUSED;
	case STE_EFFECT_BYPASSED: return same ? REPORT_END_BYPASS_KEPT : REPORT_END_BYPASS;
	case STE_EFFECT_TRANSLATED:
		if (report_in_own_table(story, stream))
			return REPORT_END_OWN;
		if (stream->own_at_load)
			return REPORT_END_EARLY;
		if (same)
			return unchanged_end(story, device);
		if (before == STE_EFFECT_REFUSED)
			return REPORT_END_ACTIVATED;
		return before == STE_EFFECT_NOT_KNOWN ? REPORT_END_LIVE : REPORT_END_HANDED_OVER;
	default: return REPORT_END_UNKNOWN;
	}
}

enum rmr_verdict report_rmr_verdict(const struct story *story, const struct rec_rmr *rmr,
				    const struct story_stream *s)
{
	const struct rec_rmr_stream *seen = story_find_direct(story, s->smmu, s->sid, rmr->base);

	return rmr_judge(crash_effect(story, s), last_effect(story, s), is_same(story, s),
			 seen ? (enum rmr_direct)seen->direct : RMR_DIRECT_UNKNOWN);
}

/* Position of the first stream at or after (@smmu, @sid). */
static size_t first_stream(const struct story *story, u32 smmu, u64 sid)
{
	size_t low = 0, high = story->n_streams;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct story_stream *s = &story->streams[mid];

		if (s->smmu < smmu || (s->smmu == smmu && s->sid < sid))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

size_t report_rmr_streams(const struct story *story, const struct rec_rmr *rmr, size_t *ret_count)
{
	size_t first = first_stream(story, rmr->smmu, rmr->sid_first);

	*ret_count = first_stream(story, rmr->smmu, (u64)rmr->sid_first + rmr->sid_count) - first;
	return first;
}

bool report_stream_worth(const struct story_stream *stream)
{
	return stream->rmr || stream->own_at_load || stream->device_at ||
	       (stream->has_crash && stream->crash_effect != STE_EFFECT_REFUSED) ||
	       (stream->has_now && stream->now_effect != STE_EFFECT_REFUSED) ||
	       story_stream_changed(stream);
}

bool report_stream_alone(const struct story_stream *stream)
{
	return !stream->device_at && report_stream_worth(stream);
}

bool report_device_has(const struct report_device *device, u32 sid)
{
	size_t i;

	for (i = 0; i < device->n_sids; i++)
		if (device->sids[i] == sid)
			return true;
	return false;
}

static void add_sids(struct report_device *d, const struct rec_device *rec)
{
	size_t i;

	for (i = 0; i < rec->sid_count && i < REC_DEVICE_SIDS; i++)
		if (!report_device_has(d, rec->sids[i]))
			d->sids[d->n_sids++] = rec->sids[i];
}

/* When could the device first have run under something else than its crash-time entry? */
static u64 hand_over_ns(const struct report_device *d)
{
	if (d->device->attach_ns)
		return d->device->attach_ns;
	return d->bind && d->bind->begun ? d->bind->begin_ns : UINT64_MAX;
}

/*
 * Has this device of the dump path no driver at the end? If the records are torn, only what they
 * say counts.
 */
static bool is_lost(const struct story *story, const struct report_device *d)
{
	if (!d->device->dump_path || d->bridge || d->driver[0] || d->handed_over ||
	    held_outcome_is(d->bind, REC_STEP_DONE) || !report_stage_over(story))
		return false;
	return d->gone || (d->bind && (d->bind->ended || !story->torn));
}

static enum report_loose is_loose(const struct story *story, const struct report_device *d)
{
	size_t i, refused = 0;

	if (d->bridge || d->gone || d->handed_over || (d->live_known && !d->live))
		return REPORT_LOOSE_NO;
	if (d->on_again)
		return d->bus_master > 0 ? REPORT_LOOSE_YES : REPORT_LOOSE_UNKNOWN;
	if (d->quiesced)
		return REPORT_LOOSE_NO;
	if (d->bus_master == 0)
		return REPORT_LOOSE_NO;
	for (i = 0; i < d->n_sids; i++) {
		const struct story_stream *s =
			story_find_stream(story, d->device->last.smmu, d->sids[i]);
		enum report_end end = s ? report_stream_end(story, s) : REPORT_END_UNKNOWN;

		refused += end == REPORT_END_REFUSED || end == REPORT_END_BLOCKED;
	}
	if (d->n_sids && refused == d->n_sids)
		return REPORT_LOOSE_NO;
	return d->live_known ? REPORT_LOOSE_YES : REPORT_LOOSE_UNKNOWN;
}

/*
 * Judge the device's entries. True if one of the crashed kernel's entries is still in place and
 * live.
 */
static bool take_streams(const struct story *story, struct report_device *ret)
{
	bool old_entry = false;
	enum report_end end;
	size_t i;

	for (i = 0; i < ret->n_sids; i++) {
		const struct story_stream *s =
			story_find_stream(story, ret->device->last.smmu, ret->sids[i]);
		enum ste_effect effect = s ? crash_effect(story, s) : STE_EFFECT_NOT_KNOWN;

		if (ste_effect_is_live(effect))
			ret->live = true;
		if (effect == STE_EFFECT_NOT_KNOWN)
			ret->live_known = false;
		if (!s || !is_same(story, s))
			ret->untouched = false;
		else
			old_entry |= ste_effect_is_live(effect);
		end = s ? report_stream_end(story, s) : REPORT_END_UNKNOWN;
		ret->attached_early |= s && s->own_at_load;
		if (end == REPORT_END_HANDED_OVER || end == REPORT_END_EARLY)
			ret->handed_over = true;
		if (end != REPORT_END_UNKNOWN && !ret->handed_over)
			ret->end = end;
	}
	return old_entry;
}

static void find_facts(const struct story *story, const struct story_device *device,
		       struct report_device *ret)
{
	const char *name = device->first.name;
	bool old_entry;

	*ret = (struct report_device){
		.device = device,
		.hold = story_step_of(story, name, REC_ACT_HOLD),
		.quiesce = story_step_of(story, name, REC_ACT_QUIESCE),
		.flr = story_step_of(story, name, REC_ACT_FLR),
		.domain = story_step_of(story, name, REC_ACT_DOMAIN),
		.bind = story_step_of(story, name, REC_ACT_BIND),
		.keep = held_keep(story, name),
		.release = story_step_of(story, name, REC_ACT_RELEASE),
		.driver = device->last.driver,
		.bridge = is_bridge(device),
	};
	add_sids(ret, &device->first);
	add_sids(ret, &device->last);
	ret->live_known = ret->untouched = ret->n_sids > 0;
	old_entry = take_streams(story, ret);
	if (ret->handed_over)
		ret->end = ret->attached_early ? REPORT_END_EARLY : REPORT_END_HANDED_OVER;
	ret->attached_at_once = ret->attached_early && !device->first.driver[0] &&
				!device->had_driver && held_early(story);
	ret->bus_master = held_bus_master(story, device);
	ret->live_known |= ret->live;
	ret->gone = held_is_gone(story, device);
	ret->driverless = device->no_driver && !ret->driver[0] && !ret->handed_over && !ret->gone;
	ret->quiesced = held_outcome_is(ret->quiesce, REC_STEP_DONE);
	ret->quiesced_in_time = ret->quiesced && ret->quiesce->end_ns <= hand_over_ns(ret);
	ret->on_again = old_entry && !ret->bridge && !ret->gone && !ret->handed_over &&
			held_on_again(story, device, &ret->on_again_ns);
	ret->lost = is_lost(story, ret);
	ret->missed = ret->live && !ret->bridge && !ret->gone && !ret->quiesced_in_time;
	ret->loose = is_loose(story, ret);
}

void facts_drop(struct story *story)
{
	size_t i;

	for (i = 0; i < story->n_devices; i++)
		story->devices[i].facts = NULL;
	free(story->priv->facts);
	story->priv->facts = NULL;
}

int facts_make(struct story *story)
{
	struct report_device *facts = calloc(story->n_devices + 1, sizeof(*facts));
	size_t i;

	story->priv->facts = facts;
	for (i = 0; facts && i < story->n_devices; i++) {
		find_facts(story, &story->devices[i], &facts[i]);
		story->devices[i].facts = &facts[i];
	}
	return facts ? 0 : -ENOMEM;
}

bool report_step_took(const struct story_step *step, u64 *ret_ns)
{
	if (!step || !step->ended)
		return false;
	*ret_ns = step->result.took_ns;
	return true;
}

const char *report_step_outcome(const struct story_step *step)
{
	if (step->ended)
		return rec_outcome_name(step->result.outcome);
	return step->begun ? "unfinished" : "not-begun";
}

const struct rec_smmu *report_smmu_last(const struct story_smmu *smmu)
{
	return smmu->has_now ? &smmu->now : &smmu->crash;
}

bool report_about_tables(u32 code)
{
	switch (code) {
	case REC_FIND_TABLE_UNUSABLE:
	case REC_FIND_L1_ODD:
	case REC_FIND_L1_UNREADABLE:
	case REC_FIND_L2_NOWHERE:
	case REC_FIND_L2_SHARED:
	case REC_FIND_STE_ODD:
	case REC_FIND_CD_NOWHERE:
	case REC_FIND_CD_ODD: return true;
	default: return code >= REC_FIND_HEALTH && code <= REC_FIND_HEALTH_LAST;
	}
}

static bool has_no_device(const struct story *story, const struct story_stream *stream)
{
	enum ste_effect effect = crash_effect(story, stream);

	return ste_effect_is_live(effect) && !stream->vf_off && !stream->device_at;
}

/* If devices are missing in the list, a StreamID without a device may belong to one of these. */
static bool lists_all(const struct story *story)
{
	return story->devices_listed && !story->devices_cut;
}

bool report_is_orphan(const struct story *story, const struct story_stream *stream)
{
	return lists_all(story) && has_no_device(story, stream);
}

bool report_is_unowned(const struct story *story, const struct story_stream *stream)
{
	return !lists_all(story) && has_no_device(story, stream);
}

bool report_bypassed(const struct story *story, const struct story_stream *stream)
{
	return crash_effect(story, stream) == STE_EFFECT_BYPASSED;
}

static void count_devices(const struct story *story, struct report_totals *ret)
{
	size_t i;

	for (i = 0; i < story->n_devices; i++) {
		const struct report_device *d = story->devices[i].facts;

		if (d->lost && ret->n_lost++ < REPORT_LOST)
			ret->lost[ret->n_lost - 1] = d->device;
		ret->early += d->attached_early && !d->attached_at_once && !d->bridge && !d->live;
		if (d->bridge || !d->live)
			continue;
		ret->live++;
		ret->handed_over += d->handed_over;
		ret->quiesced += d->quiesced_in_time && !d->on_again;
		ret->on_again += d->quiesced_in_time && d->on_again;
		ret->gone += d->gone;
		if (d->missed && ret->n_missed++ < 2)
			ret->missed[ret->n_missed - 1] = d->device;
	}
	for (i = 0; i < story->n_streams; i++)
		if (has_no_device(story, &story->streams[i]))
			(*(lists_all(story) ? &ret->orphans : &ret->unowned))++;
}

enum adopt_state report_smmu_state(const struct story_smmu *smmu)
{
	u16 state = report_smmu_last(smmu)->state;

	return state <= ADOPT_NOT_CAPTURE ? state : ADOPT_UNKNOWN;
}

/* The order is by need for attention. The worst state of all SMMUs is the state of the machine. */
enum adopt_state report_state(const struct story *story)
{
	static const u8 order[] = { ADOPT_RESET,   ADOPT_UNKNOWN,  ADOPT_UNPROBED,
				    ADOPT_ADOPTED, ADOPT_DISABLED, ADOPT_NOT_CAPTURE };
	size_t i, k;

	for (k = 0; k < sizeof(order); k++)
		for (i = 0; i < story->n_smmus; i++)
			if (report_smmu_state(&story->smmus[i]) == order[k])
				return order[k];
	return story->has_helper && !story->n_smmus ? ADOPT_ABSENT : ADOPT_UNKNOWN;
}

static void judge_machine(const struct story *story, struct report_totals *ret)
{
	size_t i;

	for (i = 0; i < story->n_smmus; i++)
		ret->by_state[report_smmu_state(&story->smmus[i])]++;
	ret->state = report_state(story);
	for (i = 0; i < story->n_smmus; i++) {
		const struct story_smmu *s = &story->smmus[i];

		if (report_smmu_state(s) == ret->state)
			ret->reason = report_smmu_last(s)->reason;
		if (s->has_crash && !s->own_table)
			ret->counted = true;
	}
}

void report_totals(const struct story *story, struct report_totals *ret)
{
	size_t i;

	memset(ret, 0, sizeof(*ret));
	judge_machine(story, ret);
	count_devices(story, ret);
	for (i = 0; i < story->n_stages; i++) {
		const struct story_stage *s = &story->stages[i];

		if (s->stage.stage != REC_STAGE_START)
			continue;
		if (!ret->has_start || s->mono_ns < ret->start_ns)
			ret->start_ns = s->mono_ns;
		ret->has_start = true;
	}
}

/*
 * Did the last run of the daemon end early, so that its plan was not carried out? If the
 * supervisor was killed, too, only the record of the release after it shows that.
 */
bool report_cut_short(const struct story *story)
{
	bool over = false, cut = false;
	u64 last_ns = 0;
	size_t i;

	for (i = 0; i < story->n_stages; i++) {
		const struct story_stage *s = &story->stages[i];

		if (s->mono_ns < last_ns)
			continue;
		last_ns = s->mono_ns;
		switch (s->stage.stage) {
		case REC_STAGE_START: over = cut = false; break;
		case REC_STAGE_DONE:
		case REC_STAGE_ASIDE: over = true; break;
		case REC_STAGE_ABORTED: cut = true; break;
		case REC_STAGE_RELEASED: cut |= !over; break;
		default: break;
		}
	}
	return cut;
}

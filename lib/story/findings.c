// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * findings.c - derives findings that no record has: the state of the machine, devices that were
 * not quiesced, failed steps, a daemon that ended early. Each kind gives one finding, which names
 * all devices or steps that it is about.
 */
#include <errno.h>
#include <string.h>

#include "lib/base/duration.h"
#include "lib/story/klog.h"
#include "lib/story/stream_name.h"
#include "lib/story/verdict.h"

#define NAMED_MAX 64 /* of a wild file; a machine of 60 devices is named in full */

struct named {
	struct strbuf text;
	size_t n;
};
#define _cleanup_named_ _cleanup_(free_named)

static void free_named(struct named *n)
{
	strbuf_free(&n->text);
}

static void __attribute__((format(printf, 2, 3))) name_one(struct named *n, const char *format, ...)
{
	char one[REPORT_CLEAN_BYTES + 160];
	va_list args;

	if (n->n++ >= NAMED_MAX)
		return;
	va_start(args, format);
	(void)vsnprintf(one, sizeof(one), format, args);
	va_end(args);
	strbuf_join(&n->text, ", ", one);
}

static const char *all_named(struct verdict *v, struct named *n)
{
	if (n->n > NAMED_MAX)
		strbuf_printf(&n->text, " and %zu more", n->n - NAMED_MAX);
	if (n->text.error)
		v->error = n->text.error;
	return strbuf_text(&n->text);
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static bool is_recorded(const struct story *story, u16 code)
{
	size_t i;

	for (i = 0; i < story->n_findings; i++)
		if (story->findings[i].code == code)
			return true;
	return false;
}

/* ---- the machine ---- */

static void state_finding(struct verdict *v, u32 code, enum adopt_state state, const char *what)
{
	const struct story *s = v->story;
	_cleanup_named_ struct named which = { 0 };
	const struct rec_smmu *first = NULL;
	struct finding *f;
	size_t i;

	for (i = 0; i < s->n_smmus; i++) {
		const struct rec_smmu *rec = report_smmu_last(&s->smmus[i]);

		if (report_smmu_state(&s->smmus[i]) != state)
			continue;
		first = first ? first : rec;
		name_one(&which, "%u", rec->smmu);
	}
	if (!first)
		return;
	f = s->n_smmus > 1 ? verdict_add(v, code, "SMMU %s: %s: %s", all_named(v, &which), what,
					 adopt_reason_text(first->reason))
			   : verdict_add(v, code, "%s: %s", what, adopt_reason_text(first->reason));
	if (f && which.n == 1) {
		f->has_smmu = true;
		f->smmu = first->smmu;
	}
	if (f && code == VERDICT_NOT_ADOPTED)
		f->advice = finding_reset_advice(first->reason);
}

/* A log of another kernel than the capture kernel cannot tell the state. */
static void judge_log(struct verdict *v)
{
	const struct klog *log = v->story->log;
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct finding *f;

	/* A log that ends in the reset has a finding of its own. */
	if (v->totals.state != ADOPT_UNKNOWN || (log->capture && klog_cut_short(log->capture)))
		return;
	klog_unknown(log, &text);
	f = verdict_add(v, VERDICT_STATE_UNKNOWN, "%s", strbuf_text(&text));
	if (f && !log->capture) {
		f->severity = REC_SEV_INFO;
		f->advice = NULL;
	}
}

static void judge_state(struct verdict *v)
{
	const struct story *s = v->story;

	state_finding(v, VERDICT_NOT_ADOPTED, ADOPT_RESET, "the stream table was not adopted");
	state_finding(v, VERDICT_UNPROBED, ADOPT_UNPROBED, "not adopted");
	if (s->log)
		judge_log(v);
	else
		state_finding(v, VERDICT_STATE_UNKNOWN, ADOPT_UNKNOWN,
			      "whether the stream table was adopted is not known");
	/* One SMMU that is off beside one that was adopted is no trouble. */
	if (v->totals.state == ADOPT_DISABLED && !is_recorded(s, REC_FIND_SMMU_OFF))
		state_finding(v, REC_FIND_SMMU_OFF, ADOPT_DISABLED, "switched off");
	if (v->totals.state == ADOPT_NOT_CAPTURE)
		state_finding(v, VERDICT_NOT_CAPTURE, ADOPT_NOT_CAPTURE, "nothing to adopt");
	if (v->totals.state == ADOPT_ABSENT)
		(void)verdict_add(v, VERDICT_NO_SMMU, "the helper found no SMMUv3");
	if (!s->records && !s->log)
		(void)verdict_add(v, VERDICT_NO_RECORDS,
				  "there are no records of the daemon or the helper module");
	else if (!s->has_helper && !s->log && !is_recorded(s, REC_FIND_HELPER))
		(void)verdict_add(v, REC_FIND_HELPER,
				  "the helper module " SMMU_ADOPT_MODULE " left no records");
	if (s->torn)
		(void)verdict_add(v, VERDICT_TORN, "the records are torn at byte %zu",
				  s->torn_offset);
}

static void judge_dump_path(struct verdict *v)
{
	const struct report_totals *t = &v->totals;
	_cleanup_named_ struct named lost = { 0 };
	size_t i;

	if (!t->n_lost || is_recorded(v->story, REC_FIND_DUMP_LOST))
		return;
	for (i = 0; i < t->n_lost && i < REPORT_LOST; i++)
		name_one(&lost, "%s", CLEAN(t->lost[i]->first.name));
	if (t->n_lost > REPORT_LOST)
		strbuf_printf(&lost.text, " and %zu more", t->n_lost - REPORT_LOST);
	(void)verdict_add(v, REC_FIND_DUMP_LOST, "the dump path was not handed over: %s",
			  all_named(v, &lost));
}

/* ---- devices ---- */

struct device_lists {
	struct named nobody, never, late, again, gone, early, at_once;
	bool pending, daemon, gone_recorded;
};

static void free_lists(struct device_lists *l)
{
	free_named(&l->nobody);
	free_named(&l->never);
	free_named(&l->late);
	free_named(&l->again);
	free_named(&l->gone);
	free_named(&l->early);
	free_named(&l->at_once);
}

/* Why it was not quiesced, as far as its step tells. */
static const char *why_not(char buf[80], const struct report_device *d)
{
	buf[0] = 0;
	if (d->quiesce && d->quiesce->ended && d->quiesce->result.error)
		(void)snprintf(buf, 80, " (%s, %s)", report_step_outcome(d->quiesce),
			       ERROR_TEXT(d->quiesce->result.error));
	else if (d->quiesce)
		(void)snprintf(buf, 80, " (%s)", report_step_outcome(d->quiesce));
	return buf;
}
#define WHY_NOT(d) why_not((char[80]){ 0 }, d)

static void name_again(const struct report_totals *t, const struct report_device *d,
		       struct named *again)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	report_on_again(d, t, &text);
	name_one(again, "%s (%s)", CLEAN(d->device->last.name), strbuf_text(&text));
}

static void judge_device(const struct report_totals *t, const struct report_device *d,
			 struct device_lists *l)
{
	const char *name = CLEAN(d->device->last.name);

	if (d->live && d->gone && !d->bridge && !l->gone_recorded)
		name_one(&l->gone, "%s", name);
	if (d->attached_early && !d->bridge)
		name_one(d->attached_at_once ? &l->at_once : &l->early, "%s", name);
	if (d->on_again)
		name_again(t, d, &l->again);
	/*
	 * A device that the daemon found bound and left alone has a finding of its own, with the
	 * cause.
	 */
	if (!d->missed || (d->device->had_driver && !d->quiesced))
		return;
	if (d->quiesced)
		name_one(&l->late, "%s", name);
	else if (!l->daemon)
		name_one(&l->nobody, "%s", name);
	else if (!l->pending || d->handed_over || d->device->attach_ns ||
		 (d->quiesce && d->quiesce->ended))
		name_one(&l->never, "%s%s", name, WHY_NOT(d));
}

static void add_lists(struct verdict *v, struct device_lists *l)
{
	if (l->nobody.n)
		(void)verdict_add(v, VERDICT_NO_DAEMON,
				  "live at the crash, and " NAME_DAEMON
				  " left no record of stopping %s: %s",
				  l->nobody.n == 1 ? "it" : "them", all_named(v, &l->nobody));
	if (l->never.n)
		(void)verdict_add(v, VERDICT_NOT_QUIESCED,
				  "live at the crash, DMA never stopped: %s",
				  all_named(v, &l->never));
	if (l->late.n)
		(void)verdict_add(v, VERDICT_QUIESCED_LATE,
				  "live at the crash, DMA not stopped before the hand-over began: "
				  "%s",
				  all_named(v, &l->late));
	if (l->again.n)
		(void)verdict_add(
			v, VERDICT_ON_AGAIN,
			"DMA was stopped, but is on again under the crashed kernel's entry and "
			"could write through its mappings since then: %s",
			all_named(v, &l->again));
	if (l->early.n)
		(void)verdict_add(
			v, VERDICT_ATTACHED_EARLY,
			"attached before the helper was loaded, so it is not known whether %s "
			"did DMA at the crash: %s",
			l->early.n == 1 ? "it" : "they", all_named(v, &l->early));
	if (l->at_once.n)
		(void)verdict_add(v, VERDICT_ATTACHED_AT_ONCE,
				  "attached by the SMMU's driver at once, as it does when the "
				  "crashed kernel's entry lets no DMA through: %s",
				  all_named(v, &l->at_once));
	if (l->gone.n)
		(void)verdict_add(v, REC_FIND_DEVICE_GONE, "live at the crash, and vanished: %s",
				  all_named(v, &l->gone));
}

static void judge_devices(struct verdict *v)
{
	const struct story *s = v->story;
	_cleanup_(free_lists) struct device_lists l = {
		/* A step that the daemon has not reached yet is no failure. */
		.pending = s->n_stages && !report_stage_over(s),
		.daemon = s->has_daemon || s->n_steps,
		.gone_recorded = is_recorded(s, REC_FIND_DEVICE_GONE),
	};
	size_t i;

	for (i = 0; i < s->n_devices; i++)
		judge_device(&v->totals, s->devices[i].facts, &l);
	add_lists(v, &l);
}

static void judge_orphans(struct verdict *v)
{
	const struct story *s = v->story;
	_cleanup_named_ struct named sids = { 0 };
	const struct story_stream *first = NULL;
	struct finding *f;
	size_t i;

	for (i = 0; i < s->n_streams; i++) {
		const struct story_stream *stream = &s->streams[i];

		if (stream->no_device || !report_is_orphan(s, stream))
			continue;
		/*
		 * Streams of firmware (RMR), which a driver sets to bypass even without a device.
		 */
		if (stream->rmr && report_bypassed(s, stream))
			continue;
		first = first ? first : stream;
		name_one(&sids, "%s", STREAM_NAME(s, stream->smmu, stream->sid));
	}
	if (!first)
		return;
	f = verdict_add(v, REC_FIND_NO_DEVICE, "live StreamID%s without a device: %s",
			plural(sids.n), all_named(v, &sids));
	if (f && sids.n == 1) {
		f->has_smmu = true;
		f->smmu = first->smmu;
		f->sid = first->sid;
	}
}

/* ---- steps ---- */

static bool has_failed(const struct story *story, const struct story_step *s, bool over)
{
	if (story_step_of(story, s->plan.device, s->plan.action) != s)
		return false; /* tried once more, and that counts */
	if (!s->ended)
		return s->begun && over;
	return s->result.outcome == REC_STEP_FAILED || s->result.outcome == REC_STEP_TIMEOUT;
}

/* Does another finding say it? */
static bool is_told(const struct story *story, const struct story_step *s)
{
	const struct story_device *device = story_find_device(story, s->plan.device);
	const struct report_device *d = device ? device->facts : NULL;

	if (!d)
		return false;
	switch (s->plan.action) {
	case REC_ACT_QUIESCE: return d->missed;
	/*
	 * The image has no driver for the device; if the device was live, a finding says so. A
	 * device that did no DMA needs no finding.
	 */
	case REC_ACT_LOAD:
	case REC_ACT_BIND:
		return !device->dump_path &&
		       (d->driverless || (s->result.error == -ENXIO && d->live_known && !d->live));
	default: return false;
	}
}

static void name_step(struct named *n, const struct story_step *s)
{
	const char *device = CLEAN(s->plan.device), *outcome = report_step_outcome(s);

	if (!s->ended || (!s->result.error && !s->result.detail[0]))
		name_one(n, "%s (%s)", device, outcome);
	else if (s->result.detail[0])
		name_one(n, "%s (%s: %.120s)", device, outcome, CLEAN(s->result.detail));
	else
		name_one(n, "%s (%s, %s)", device, outcome, ERROR_TEXT(s->result.error));
}

static void judge_steps(struct verdict *v)
{
	const struct story *s = v->story;
	bool over = report_stage_over(s);
	u32 action;
	size_t i;

	for (action = REC_ACT_HOLD; action <= REC_ACT_MAX; action++) {
		_cleanup_named_ struct named failed = { 0 };

		for (i = 0; i < s->n_steps; i++)
			if (s->steps[i].plan.action == action &&
			    has_failed(s, &s->steps[i], over) && !is_told(s, &s->steps[i]))
				name_step(&failed, &s->steps[i]);
		if (failed.n)
			(void)verdict_add(v, VERDICT_STEP + action, "%s failed: %s",
					  rec_action_name(action), all_named(v, &failed));
	}
}

static void judge_end(struct verdict *v)
{
	const struct story *s = v->story;
	const char *why = NULL;
	size_t i;

	if (!report_cut_short(s))
		return;
	for (i = 0; i < s->n_stages; i++)
		if (s->stages[i].stage.stage == REC_STAGE_ABORTED && s->stages[i].stage.text[0])
			why = s->stages[i].stage.text;
	(void)verdict_add(v, VERDICT_CUT_SHORT, "the daemon was cut short%s%s", why ? ": " : "",
			  why ? CLEAN(why) : "");
}

void findings_derive(struct verdict *v)
{
	judge_dump_path(v);
	judge_state(v);
	if (v->story->log)
		klog_findings(v->story->log, v);
	judge_end(v);
	judge_devices(v);
	judge_orphans(v);
	judge_steps(v);
}

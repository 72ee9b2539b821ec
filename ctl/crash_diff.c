// SPDX-License-Identifier: LGPL-2.1-or-later
/* crash_diff.c - see crash_diff.h. */
#include "ctl/crash_diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/event.h"
#include "core/names.h"
#include "ctl/triage/event_count.h"
#include "ctl/triage/rings.h"
#include "lib/report/text.h"

const char *fact_about_name(enum fact_about about)
{
	static const char *const names[] = { "crash", "smmu",	 "device", "stream",
					     "rmr",   "finding", "event" };

	return names[about];
}

static struct fact *add(struct facts *list, enum fact_about about, const char *name,
			const char *key, const char *value)
{
	struct fact *f;

	if (list->n == list->cap) {
		size_t cap = list->cap * 2 + 32;

		f = list->error ? NULL : reallocarray(list->fact, cap, sizeof(*f));
		if (!f) {
			list->error = -ENOMEM;
			return NULL;
		}
		list->fact = f;
		list->cap = cap;
	}
	f = &list->fact[list->n++];
	*f = (struct fact){ .about = about, .sid = REC_NO_SID, .key = key };
	(void)snprintf(f->name, sizeof(f->name), "%s", name);
	(void)snprintf(f->value, sizeof(f->value), "%s", value);
	return f;
}

/*
 * The name of an SMMU, which is the same in both crashes where its number may differ; the name in
 * @side->like counts.
 */
static const char *smmu_name(char buf[16], const struct crash_side *side, u32 smmu)
{
	const struct story *other = side->like ? side->like->verdict.story : NULL;
	const struct story_smmu *s = story_find_smmu(side->verdict.story, smmu);
	const struct rec_smmu *rec = s ? report_smmu_last(s) : NULL, *same;
	size_t i;

	for (i = 0; rec && rec->base && other && i < other->n_smmus; i++) {
		same = report_smmu_last(&other->smmus[i]);
		if (same->base == rec->base && same->name[0])
			return same->name;
	}
	if (rec && rec->name[0])
		return rec->name;
	(void)snprintf(buf, 16, "%u", smmu);
	return buf;
}

static void set_stream(struct fact *f, const struct crash_side *side, u32 smmu, u32 sid)
{
	char number[16];

	if (!f)
		return;
	f->sid = sid;
	(void)snprintf(f->smmu, sizeof(f->smmu), "%s", smmu_name(number, side, smmu));
}

static void add_crash(struct crash_side *side)
{
	const struct story *s = side->verdict.story;
	size_t i;

	(void)add(&side->facts, FACT_CRASH, "", "verdict", verdict_level_name(side->verdict.level));
	(void)add(&side->facts, FACT_CRASH, "", "state",
		  adopt_state_name(side->verdict.totals.state));
	for (i = 0; i < s->n_smmus; i++) {
		const struct rec_smmu *rec = report_smmu_last(&s->smmus[i]);
		char number[16];
		const char *name = smmu_name(number, side, rec->smmu);

		(void)add(&side->facts, FACT_SMMU, name, "state", adopt_state_name(rec->state));
		(void)add(&side->facts, FACT_SMMU, name, "reason", adopt_reason_text(rec->reason));
		if (rec->name[0])
			(void)add(&side->facts, FACT_SMMU, name, "name", rec->name);
	}
}

static void add_devices(struct crash_side *side)
{
	const struct story *s = side->verdict.story;
	char buf[32];
	size_t i;

	for (i = 0; i < s->n_devices; i++) {
		const struct report_device *d = s->devices[i].facts;
		const struct rec_device *rec = &s->devices[i].last;
		const char *name = rec->name,
			   *class = rec->class_code ? report_pci_class(rec->class_code) : NULL;

		(void)add(&side->facts, FACT_DEVICE, name, "type",
			  class		? class
			  : rec->bus[0] ? rec->bus
					: "-");
		(void)add(&side->facts, FACT_DEVICE, name, "at_crash", report_crash_word(d));
		(void)add(&side->facts, FACT_DEVICE, name, "dma_stopped",
			  report_stopped_word(buf, d));
		(void)add(&side->facts, FACT_DEVICE, name, "now",
			  report_end_name(report_device_end(d)));
		(void)add(&side->facts, FACT_DEVICE, name, "driver",
			  d->driver[0] ? d->driver : "-");
	}
	for (i = 0; i < s->n_streams; i++) {
		const struct story_stream *stream = &s->streams[i];

		if (report_is_orphan(s, stream))
			set_stream(add(&side->facts, FACT_STREAM, "", "now",
				       report_end_name(report_stream_end(s, stream))),
				   side, stream->smmu, stream->sid);
	}
}

/* Add the reserved regions: their addresses, and what became of their streams. */
static void add_rmrs(struct crash_side *side)
{
	const struct story *s = side->verdict.story;
	char name[24], size[24];
	size_t i, k, n;

	for (i = 0; i < s->n_rmrs; i++) {
		const struct rec_rmr *rmr = &s->rmrs[i];
		size_t first = report_rmr_streams(s, rmr, &n);

		(void)snprintf(name, sizeof(name), "0x%llx", rmr->base);
		(void)snprintf(size, sizeof(size), "0x%llx", rmr->bytes);
		(void)add(&side->facts, FACT_RMR, name, "bytes", size);
		for (k = 0; k < n; k++) {
			enum rmr_verdict verdict =
				report_rmr_verdict(s, rmr, &s->streams[first + k]);
			struct fact *f = add(&side->facts, FACT_RMR, name, "outcome",
					     rmr_verdict_name(verdict));

			if (f)
				f->sid = s->streams[first + k].sid;
		}
	}
}

static void add_findings(struct crash_side *side)
{
	const struct verdict *v = &side->verdict;
	size_t i;

	for (i = 0; i < v->n; i++) {
		const struct finding *from = &v->findings[i];
		struct fact *f = add(&side->facts, FACT_FINDING, from->name, "severity",
				     rec_severity_name(from->severity));

		if (!f)
			return;
		f->finding = from;
		if (from->has_smmu)
			set_stream(f, side, from->smmu, from->sid);
	}
}

static void add_event(struct crash_side *side, u32 smmu, u32 sid, u8 id, const char *key, u64 n)
{
	const char *name = event_name(id);
	char count[24], code[16];

	(void)snprintf(count, sizeof(count), "%llu", n);
	(void)snprintf(code, sizeof(code), "0x%02x", id);
	set_stream(add(&side->facts, FACT_EVENT, name ? name : code, key, count), side, smmu, sid);
}

static int add_unread(struct crash_side *side, const struct rings *rings, const struct ring *ring)
{
	_cleanup_(event_count_free) struct event_count count = { 0 };
	size_t i;
	int rc = event_count(&count, rings, ring);

	for (i = 0; i < count.n && rc >= 0; i++)
		if (count.kind[i].unread)
			add_event(side, ring->head.smmu, count.kind[i].sid, count.kind[i].id,
				  "unread", count.kind[i].unread);
	return rc;
}

static int add_events(struct crash_side *side)
{
	_cleanup_rings_ struct rings rings = { 0 };
	int rc = rings_read(&rings, side->verdict.story, side->file.input.data,
			    side->file.input.len, NULL);
	size_t i;

	for (i = 0; i < rings.n_rings && rc >= 0; i++)
		if (ring_is_crash_events(&rings.ring[i]))
			rc = add_unread(side, &rings, &rings.ring[i]);
	return rc;
}

static void add_logged(struct crash_side *side, const struct klog *log)
{
	const struct klog_boot *b;
	unsigned int k;
	size_t i;

	for (k = 0; (b = klog_boot_of(log, k)); k++)
		for (i = 0; i < b->n_events; i++) {
			const struct klog_event *e = &b->events[i];

			add_event(side, klog_number(log, b->smmus[e->smmu].name),
				  e->has_sid ? e->sid : REC_NO_SID, e->id,
				  b == log->capture ? "by_capture_kernel" : "by_crashed_kernel",
				  e->count.n);
		}
}

/* Compare what two facts are about, not their values. */
static int compare_keys(const struct fact *a, const struct fact *b)
{
	int rc = a->about != b->about ? (a->about < b->about ? -1 : 1) : 0;

	if (!rc)
		rc = strcmp(a->name, b->name);
	if (!rc)
		rc = strcmp(a->smmu, b->smmu);
	if (!rc && a->sid != b->sid)
		rc = a->sid < b->sid ? -1 : 1;
	return rc ? rc : strcmp(a->key, b->key);
}

static int compare(const void *a, const void *b)
{
	int rc = compare_keys(a, b);

	return rc ? rc : strcmp(((const struct fact *)a)->value, ((const struct fact *)b)->value);
}

int crash_side_read(struct crash_side *side, const struct crash_side *like)
{
	int rc = recfile_judge(&side->file, &side->verdict);

	if (rc < 0)
		return rc;
	side->like = like;
	add_crash(side);
	add_devices(side);
	add_rmrs(side);
	add_findings(side);
	if (side->file.story.log)
		add_logged(side, side->file.story.log);
	else
		rc = add_events(side);
	if (side->facts.n)
		qsort(side->facts.fact, side->facts.n, sizeof(*side->facts.fact), compare);
	return rc < 0 ? rc : side->facts.error;
}

void crash_side_clear(struct crash_side *side)
{
	free(side->facts.fact);
	verdict_clear(&side->verdict);
	recfile_close(&side->file);
	side->facts = (struct facts){ 0 };
}

size_t crash_diff(const struct crash_side *a, const struct crash_side *b, crash_diff_fn fn,
		  void *priv)
{
	const struct fact *x = a->facts.fact, *y = b->facts.fact;
	const struct fact *x_end = x + a->facts.n, *y_end = y + b->facts.n;
	size_t n = 0;

	while (x < x_end || y < y_end) {
		int rc = x == x_end ? 1 : y == y_end ? -1 : compare_keys(x, y);
		bool same = !rc && !strcmp(x->value, y->value);

		if (!same) {
			n++;
			if (fn)
				fn(priv, rc <= 0 ? x : NULL, rc >= 0 ? y : NULL);
		}
		x += rc <= 0;
		y += rc >= 0;
	}
	return n;
}

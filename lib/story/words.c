// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * words.c - makes the sentences that text and JSON share: the verdict, what is not known and why.
 */
#include "lib/story/facts.h"

#include <string.h>

#include "lib/base/duration.h"
#include "lib/base/printable.h"
#include "lib/story/klog.h"

const char *report_clean(char buf[REPORT_CLEAN_BYTES], const char *text)
{
	return printable(buf, REPORT_CLEAN_BYTES, text, PRINTABLE_ASCII);
}

void report_cleaned(const char *text, struct strbuf *ret)
{
	for (; *text; text++)
		strbuf_putc(ret, *text >= 0x20 && *text < 0x7f ? *text : '?');
}

const char *report_error(char buf[64], s32 error)
{
	const char *text = error < 0 && error > -4096 ? strerrordesc_np(-error) : NULL;

	if (text)
		(void)snprintf(buf, 64, "%s", text);
	else
		(void)snprintf(buf, 64, "error %d", error);
	return buf;
}

static void verdict_adopted(const struct story *story, const struct report_totals *t,
			    struct strbuf *ret)
{
	strbuf_puts(ret, "adopted");
	if (!t->counted || t->unowned)
		strbuf_puts(ret, "; it is not known which devices were live at the crash");
	else if (!t->live)
		strbuf_puts(ret, t->early ? "; no other device was live at the crash"
					  : "; no device was live at the crash");
	else if (!story->has_daemon && !story->n_steps)
		strbuf_printf(ret, "; %zu live device%s, and no record that a daemon stopped %s",
			      t->live, t->live == 1 ? "" : "s", t->live == 1 ? "it" : "them");
	else
		strbuf_printf(ret, ", DMA stopped on %zu of %zu live device%s before hand-over",
			      t->quiesced, t->live, t->live == 1 ? "" : "s");
	if (t->on_again)
		strbuf_printf(ret, "; stopped, but on again: %zu", t->on_again);
	if (t->missed[0] && story->n_steps) {
		strbuf_printf(ret, "; NOT stopped: %s", CLEAN(t->missed[0]->first.name));
		if (t->missed[1])
			strbuf_printf(ret, ", %s", CLEAN(t->missed[1]->first.name));
		if (t->n_missed > 2)
			strbuf_printf(ret, " and %zu more", t->n_missed - 2);
	}
	if (t->gone)
		strbuf_printf(ret, "; %zu vanished", t->gone);
	if (t->early)
		strbuf_printf(ret, "; %zu attached before the helper was loaded", t->early);
	if (t->orphans)
		strbuf_printf(ret, "; %zu live StreamID%s without a device", t->orphans,
			      t->orphans == 1 ? "" : "s");
}

static void verdict_one(const struct story *story, const struct report_totals *t,
			struct strbuf *ret)
{
	switch (t->state) {
	case ADOPT_ADOPTED: verdict_adopted(story, t, ret); return;
	case ADOPT_RESET:
		strbuf_puts(ret, "RESET: the capture kernel's driver installed a fresh stream "
				 "table: any DMA still in flight was refused from then on");
		return;
	case ADOPT_DISABLED:
		strbuf_puts(ret, "DISABLED: the SMMU is switched off, no DMA is translated");
		return;
	case ADOPT_UNPROBED:
		strbuf_puts(ret, "UNPROBED: the SMMU is as the crashed kernel left it, no driver "
				 "of the capture kernel has taken it");
		return;
	case ADOPT_ABSENT: strbuf_puts(ret, "ABSENT: the helper found no SMMUv3"); return;
	case ADOPT_NOT_CAPTURE:
		strbuf_puts(ret, "not a kdump capture kernel: there is nothing to adopt");
		return;
	default: break;
	}
	if (story->log) {
		strbuf_puts(ret, "UNKNOWN: ");
		klog_unknown(story->log, ret);
	} else if (story->n_smmus)
		strbuf_printf(ret, "UNKNOWN: %s", adopt_reason_text(t->reason));
	else
		strbuf_puts(ret, "UNKNOWN: there are no records of the helper module, so nothing "
				 "is known about the stream table");
}

/* This comes first, since the machine was restarted for the dump. */
static void verdict_lost(const struct report_totals *t, struct strbuf *ret)
{
	size_t i;

	if (!t->n_lost)
		return;
	strbuf_puts(ret, "DUMP PATH NOT HANDED OVER: ");
	for (i = 0; i < t->n_lost && i < REPORT_LOST; i++)
		strbuf_printf(ret, "%s%s", i ? ", " : "", CLEAN(t->lost[i]->first.name));
	if (t->n_lost > REPORT_LOST)
		strbuf_printf(ret, " and %zu more", t->n_lost - REPORT_LOST);
	strbuf_puts(ret, "; ");
}

void report_verdict(const struct story *story, const struct report_totals *totals,
		    struct strbuf *ret)
{
	const char *separator = " (";
	u32 state;

	verdict_lost(totals, ret);
	verdict_one(story, totals, ret);
	if (totals->by_state[totals->state] == story->n_smmus)
		return;
	for (state = 0; state <= ADOPT_NOT_CAPTURE; state++) {
		if (!totals->by_state[state])
			continue;
		strbuf_printf(ret, "%s%zu %s", separator, totals->by_state[state],
			      adopt_state_name(state));
		separator = ", ";
	}
	strbuf_printf(ret, " of %zu SMMUs)", story->n_smmus);
}

void report_crashed(const struct rec_crashed *c, struct strbuf *ret)
{
	size_t before = ret->len;

	if (DATE(c->crash_s)[0])
		strbuf_printf(ret, "%s UTC", DATE(c->crash_s));
	if (c->release[0])
		strbuf_printf(ret, "%skernel %s", ret->len > before ? ", " : "", CLEAN(c->release));
	if (c->build_id[0])
		strbuf_printf(ret, "%sbuild id %s", ret->len > before ? ", " : "",
			      CLEAN(c->build_id));
}

void report_on_again(const struct report_device *d, const struct report_totals *t,
		     struct strbuf *ret)
{
	u64 ns = d->on_again_ns;

	strbuf_puts(ret, ns ? "its hold was given back" : "bus master was on at the last look");
	if (ns && t->has_start && ns >= t->start_ns)
		strbuf_printf(ret, " at +%s", DURATION(ns - t->start_ns));
}

void report_moment(const struct report_totals *t, u64 ns, struct strbuf *ret)
{
	if (t->has_start)
		strbuf_printf(ret, "%c%s from the daemon's start, ", ns < t->start_ns ? '-' : '+',
			      DURATION(ns < t->start_ns ? t->start_ns - ns : ns - t->start_ns));
	strbuf_printf(ret, "%s%s of CLOCK_MONOTONIC", t->has_start ? "" : "at ", MOMENT(ns));
}

/* The helper is missing; did the daemon say why? */
static void say_no_helper(const struct story *story, report_say_fn fn, void *priv)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	size_t i;

	strbuf_puts(&text, "adoption, stream table entries, StreamIDs and attach times: the helper "
			   "module " SMMU_ADOPT_MODULE " left no records");
	for (i = 0; i < story->n_findings; i++) {
		if (story->findings[i].code != REC_FIND_HELPER)
			continue;
		strbuf_printf(&text, " (%s)", CLEAN(story->findings[i].text));
		break;
	}
	fn(priv, strbuf_text(&text));
}

static void say_of_smmu(const struct story_smmu *smmu, report_say_fn fn, void *priv)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	const char *name = CLEAN(report_smmu_last(smmu)->name);

	if (smmu->has_crash && (smmu->crash.evidence & ADOPT_EV_STRTAB_CAPTURE) &&
	    (smmu->crash.evidence & ADOPT_EV_KDUMP)) {
		strbuf_printf(&text,
			      "entries at the crash on %s: its table had been replaced "
			      "before the helper was loaded",
			      name);
		fn(priv, strbuf_text(&text));
		strbuf_reset(&text);
	}
	if (smmu->has_crash && smmu->crash.lost_bytes) {
		strbuf_printf(&text,
			      "some entries on %s: %llu bytes of the snapshot were left out "
			      "for lack of room",
			      name, smmu->crash.lost_bytes);
		fn(priv, strbuf_text(&text));
		strbuf_reset(&text);
	}
	if (!smmu->has_now) {
		strbuf_printf(&text, "the last state of %s: its table was not read again", name);
		fn(priv, strbuf_text(&text));
	}
}

void report_unknowns(const struct story *story, report_say_fn fn, void *priv)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	size_t i;

	if (story->log)
		fn(priv,
		   "stream table entries, devices and their StreamIDs: a log does not have them");
	else if (!story->has_helper)
		say_no_helper(story, fn, priv);
	if (!story->has_daemon && !story->log)
		fn(priv,
		   "when DMA was stopped, bindings and times: there are no records of " NAME_DAEMON);
	for (i = 0; i < story->n_streams && !report_is_unowned(story, &story->streams[i]); i++)
		;
	if (i < story->n_streams)
		fn(priv,
		   story->devices_listed
			   ? "some devices, and the owners of StreamIDs that no listed device "
			     "has: the helper had no room to list all devices"
			   : "devices, and the owners of StreamIDs: the helper's records have no "
			     "list of devices, as in a note without room");
	if (story->torn) {
		strbuf_printf(&text, "the records from byte %zu on, where they are torn",
			      story->torn_offset);
		fn(priv, strbuf_text(&text));
	}
	if (story->mixed_boots)
		fn(priv, "which records belong together: they are of different boots");
	if (story->has_usage && story->usage.lost_records) {
		strbuf_reset(&text);
		strbuf_printf(&text, "%llu records that could not be written to the journal",
			      story->usage.lost_records);
		fn(priv, strbuf_text(&text));
	}
	for (i = 0; i < story->n_smmus; i++)
		say_of_smmu(&story->smmus[i], fn, priv);
}

void report_bits(u32 bits, const char *(*name)(u32 bit), const char *separator, struct strbuf *ret)
{
	bool first = true;
	u32 bit;

	for (bit = 0; bit < 32; bit++) {
		if (!(bits & CORE_BIT(bit)))
			continue;
		if (!first)
			strbuf_puts(ret, separator);
		strbuf_puts(ret, name(bit) ? name(bit) : "unknown");
		first = false;
	}
}

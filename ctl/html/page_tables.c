// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * page_tables.c - the sections of details: devices with their entries, SMMUs, reserved regions,
 * steps.
 */
#include "ctl/html/page_private.h"
#include "lib/base/duration.h"

static void put_item(struct html_page *p, const char *label, const char *text)
{
	if (!text[0])
		return;
	html_element(&p->h, "dt", label);
	html_element(&p->h, "dd", text);
}

static void say_step(const struct html_page *p, const struct story_step *s, struct strbuf *ret)
{
	strbuf_reset(ret);
	if (!s)
		return;
	strbuf_puts(ret, report_step_outcome(s));
	if (!s->ended)
		return;
	strbuf_printf(ret, ", took %s", DURATION(s->result.took_ns));
	if (p->totals.has_start && s->end_ns >= p->totals.start_ns)
		strbuf_printf(ret, ", at +%s", DURATION(s->end_ns - p->totals.start_ns));
	if (s->result.error)
		strbuf_printf(ret, ", %s", ERROR_TEXT(s->result.error));
	if (s->result.detail[0])
		strbuf_printf(ret, ": %s", CLEAN(s->result.detail));
}

/* Write the 64-bit words of an entry, up to the last that is not 0, but at least four. */
static void put_raw(struct html_page *p, const char *label, const u8 raw[64])
{
	int last = 7, i;

	while (last > 3 && !core_ld64(raw + 8 * last))
		last--;
	html_element(&p->h, "dt", label);
	html_raw(&p->h, "<dd class=\"m\">");
	for (i = 0; i <= last; i++)
		html_textf(&p->h, "%s0x%llx", i ? " " : "", core_ld64(raw + 8 * i));
	html_raw(&p->h, "</dd>");
}

static void put_entry(struct html_page *p, const char *label, const struct report_entry *e)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	report_entry_words(e, &text);
	put_item(p, label, strbuf_text(&text));
	if (!e->ste_read)
		return;
	put_raw(p, "STE", e->ste->raw);
	if (e->cd_read)
		put_raw(p, "CD", e->cd->raw);
}

static void put_stream(struct html_page *p, u32 smmu, u32 sid)
{
	const struct story_stream *s = story_find_stream(p->story, smmu, sid);
	struct report_entry entry;
	char label[48];
	bool crash;

	(void)snprintf(label, sizeof(label), "StreamID 0x%x", sid);
	if (!s) {
		put_item(p, label, "its entry is not recorded");
		return;
	}
	put_item(p, label, report_end_text(report_stream_end(p->story, s)));
	if (s->own_at_load)
		put_item(p, "at the crash", REPORT_EARLY_TEXT);
	crash = report_first_entry(p->story, s, &entry);
	put_entry(p, report_first_when(crash), &entry);
	report_last_entry(p->story, s, &entry);
	if (report_is_unchanged(s))
		put_item(p, "last seen", "unchanged, bit for bit");
	else
		put_entry(p, "last seen", &entry);
}

static void put_device(struct html_page *p, const struct story_device *d, size_t pos)
{
	const struct report_device *facts = d->facts;
	const struct rec_device *r = &d->last;
	const char *class = r->class_code ? report_pci_class(r->class_code) : NULL;
	_cleanup_strbuf_ struct strbuf text = { 0 };
	enum report_end end;
	enum page_fate fate = page_fate_of_device(p, d, &end);
	size_t i;

	html_markup(&p->h, "<div class=\"finding f%d\" id=\"d%zu\"><h3>", (int)fate, pos);
	page_shape(p, fate, report_end_name(end));
	html_raw(&p->h, " ");
	html_text(&p->h, r->name);
	html_raw(&p->h, "</h3><p class=\"ev\">");
	html_text(&p->h, class ? class : r->bus);
	if (r->vendor || r->device)
		html_textf(&p->h, " %04x:%04x", r->vendor, r->device);
	html_textf(&p->h, ", %s%s%s%s", facts->driver[0] ? "driver " : "no driver", facts->driver,
		   d->dump_path ? ", on the dump path" : "",
		   facts->bridge ? ", left alone as it is a bridge" : "");
	html_raw(&p->h, "</p><dl>");
	say_step(p, facts->hold, &text);
	put_item(p, "held", strbuf_text(&text));
	say_step(p, facts->quiesce, &text);
	put_item(p, "DMA stopped", strbuf_text(&text));
	strbuf_reset(&text);
	if (facts->on_again)
		report_on_again(facts, &p->totals, &text);
	put_item(p, "on again", strbuf_text(&text));
	say_step(p, facts->bind, &text);
	put_item(p, "bound", strbuf_text(&text));
	strbuf_reset(&text);
	if (d->attach_ns)
		report_moment(&p->totals, d->attach_ns, &text);
	put_item(p, "new entry", strbuf_text(&text));
	for (i = 0; i < facts->n_sids; i++)
		put_stream(p, r->smmu, facts->sids[i]);
	html_raw(&p->h, "</dl></div>\n");
}

void page_devices(struct html_page *p)
{
	size_t i;

	html_raw(&p->h,
		 "<section class=\"card\" id=\"devices\"><h2>Devices and their streams</h2>\n");
	for (i = 0; i < p->story->n_devices && i < PAGE_TILES; i++)
		put_device(p, &p->story->devices[i], i);
	html_raw(&p->h, "</section>\n");
}

static void put_smmu(struct html_page *p, const struct story_smmu *s)
{
	const struct rec_smmu *r = report_smmu_last(s);
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct smmu_geom geom;

	html_markup(&p->h, "<h3>SMMU %u ", s->smmu);
	html_element(&p->h, "small", r->name);
	html_raw(&p->h, "</h3><dl>");
	strbuf_printf(&text, "%s: %s", adopt_state_name(r->state), adopt_reason_text(r->reason));
	put_item(p, "state", strbuf_text(&text));
	strbuf_reset(&text);
	report_bits(r->evidence, adopt_evidence_name, ", ", &text);
	put_item(p, "evidence", strbuf_text(&text));
	strbuf_reset(&text);
	if ((r->evidence & ADOPT_EV_REGS)) {
		(void)geom_decode(&r->regs, &geom);
		strbuf_printf(&text, "%s, %u StreamID bits, at 0x%llx",
			      geom.two_level ? "two-level" : "linear", geom.log2size, geom.base);
		put_item(p, "stream table", strbuf_text(&text));
		strbuf_reset(&text);
		strbuf_printf(&text,
			      "CR0=0x%x CR0ACK=0x%x GBPA=0x%x GERROR=0x%x STRTAB_BASE=0x%llx "
			      "STRTAB_BASE_CFG=0x%x",
			      r->regs.cr0, r->regs.cr0ack, r->regs.gbpa, r->regs.gerror,
			      r->regs.strtab_base, r->regs.strtab_base_cfg);
		put_item(p, "registers", strbuf_text(&text));
		strbuf_reset(&text);
	}
	if (s->has_crash && s->crash.health_score && !s->own_table)
		strbuf_printf(&text,
			      "%u of 100 points: %u errors, %u warnings in %u tables and entries",
			      s->crash.health_score - 1, s->crash.health_errors,
			      s->crash.health_warnings, s->crash.health_checked);
	put_item(p, "health", strbuf_text(&text));
	html_raw(&p->h, "</dl>\n");
}

void page_smmus(struct html_page *p)
{
	size_t i;

	html_raw(&p->h, "<section class=\"card\" id=\"smmus\"><h2>SMMUs</h2>\n");
	for (i = 0; i < p->story->n_smmus && i < PAGE_ROWS; i++)
		put_smmu(p, &p->story->smmus[i]);
	html_raw(&p->h, "</section>\n");
}

static void put_rmr(struct html_page *p, const struct rec_rmr *r)
{
	size_t n, first = report_rmr_streams(p->story, r, &n), i;

	html_raw(&p->h, "<tr><td class=\"m\" data-l=\"region\">");
	html_textf(&p->h, "0x%llx, %llu KiB", r->base, r->bytes / 1024);
	html_markup(&p->h, "</td><td data-l=\"SMMU\">%u</td><td>", r->smmu);
	for (i = 0; i < n && i < 16; i++) {
		const struct story_stream *s = &p->story->streams[first + i];

		html_markup(&p->h, "<div>StreamID 0x%x: ", s->sid);
		html_text(&p->h, report_rmr_text(report_rmr_verdict(p->story, r, s)));
		html_raw(&p->h, "</div>");
	}
	if (n > i)
		html_markup(&p->h, "<div>and %zu more</div>", n - i);
	if (!n)
		html_textf(&p->h, "StreamIDs from 0x%x: no entry is recorded", r->sid_first);
	html_raw(&p->h, "</td></tr>\n");
}

void page_rmrs(struct html_page *p)
{
	size_t i;

	html_raw(&p->h,
		 "<section class=\"card\" id=\"rmrs\"><h2>Reserved memory regions of the firmware"
		 "</h2><table class=\"r\"><thead><tr><th>region</th><th>SMMU</th>"
		 "<th>what became of its streams</th></tr></thead>\n");
	for (i = 0; i < p->story->n_rmrs && i < PAGE_ROWS; i++)
		put_rmr(p, &p->story->rmrs[i]);
	html_raw(&p->h, "</table></section>\n");
}

static void put_step(struct html_page *p, const struct story_step *s)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	html_markup(&p->h,
		    "<tr><td class=\"n\" data-l=\"step\">%u</td><td data-l=\"at\" class=\"n\">",
		    s->step);
	if (s->begun && p->totals.has_start && s->begin_ns >= p->totals.start_ns)
		html_textf(&p->h, "+%s", DURATION(s->begin_ns - p->totals.start_ns));
	html_raw(&p->h, "</td><td class=\"m\">");
	html_text(&p->h, rec_action_name(s->plan.action));
	html_raw(&p->h, "</td><td class=\"m\">");
	html_text(&p->h, s->plan.device);
	html_raw(&p->h, "</td><td data-l=\"result\">");
	say_step(p, s, &text);
	html_text(&p->h, strbuf_text(&text));
	html_raw(&p->h, "</td><td data-l=\"why\">");
	html_text(&p->h, s->has_plan ? s->plan.reason : "");
	html_raw(&p->h, "</td></tr>\n");
}

void page_steps(struct html_page *p)
{
	struct report_steps steps = report_count_steps(p->story);
	_cleanup_strbuf_ struct strbuf text = { 0 };
	size_t i;

	html_raw(&p->h, "<section class=\"card\" id=\"steps\"><h2>Steps</h2><p class=\"ev\">");
	html_text(&p->h, report_steps_text(&text, &steps));
	html_raw(&p->h,
		 "</p><table class=\"r\"><thead><tr>"
		 "<th class=\"n\">step</th><th class=\"n\">begins</th><th>what</th><th>device</th>"
		 "<th>result</th><th>planned because</th></tr></thead>\n");
	for (i = 0; i < p->story->n_steps && i < PAGE_ROWS; i++)
		put_step(p, &p->story->steps[i]);
	html_raw(&p->h, "</table>\n");
	if (p->story->n_steps > PAGE_ROWS)
		html_markup(&p->h, "<p>and %zu more</p>\n", p->story->n_steps - PAGE_ROWS);
	html_raw(&p->h, "</section>\n");
}

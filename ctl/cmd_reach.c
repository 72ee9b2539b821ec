// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_reach.c - "reach DUMP": print how much memory devices could write at the crash, each byte
 * counted once, and how much of it was memory that no device should write.
 */
#include <stdio.h>
#include <stdlib.h>

#include "ctl/ctl.h"
#include "ctl/triage/reach.h"

struct counts {
	size_t tables, bypass, refused, unknown;
};

static struct counts count_ways(const struct triage *t)
{
	struct counts c = { 0 };
	size_t i;

	for (i = 0; i < t->n_streams; i++) {
		c.tables += t->streams[i].effect == STE_EFFECT_TRANSLATED;
		c.bypass += t->streams[i].effect == STE_EFFECT_BYPASSED;
		c.refused += t->streams[i].effect == STE_EFFECT_REFUSED;
		c.unknown += t->streams[i].effect == STE_EFFECT_NOT_KNOWN;
	}
	return c;
}

static bool writes(const struct triage *t, const struct reach *reach, size_t stream, size_t k)
{
	return t->streams[stream].effect == STE_EFFECT_BYPASSED || reach->areas[stream] >> k & 1;
}

/* The streams that could write to area @k: their StreamIDs, and their devices where known. */
static void json_writers(struct jsonw *w, const struct triage *t, const struct reach *reach,
			 size_t k)
{
	const struct story_device *last = NULL;
	size_t i;

	jsonw_array_begin(w, "sids");
	for (i = 0; i < t->n_streams; i++)
		if (writes(t, reach, i, k))
			jsonw_hex(w, NULL, t->streams[i].sid);
	jsonw_array_end(w);
	jsonw_array_begin(w, "devices");
	for (i = 0; i < t->n_streams; i++) {
		const struct story_device *d = t->streams[i].device;

		if (!d || d == last || !writes(t, reach, i, k))
			continue;
		jsonw_string(w, NULL, d->last.name);
		last = d;
	}
	jsonw_array_end(w);
}

static void json_areas(struct jsonw *w, const struct triage *t, const struct reach *reach)
{
	const struct area *a;
	size_t k;

	jsonw_array_begin(w, "areas");
	for (k = 0; k < AREAS; k++) {
		a = &reach->area[k];
		if (!a->known)
			continue;
		jsonw_object_begin(w, NULL);
		jsonw_string(w, "area", a->name);
		jsonw_u64(w, "bytes", a->bytes);
		jsonw_u64(w, "writable_bytes", reach->bypass ? a->bytes : a->writable);
		if (a->writable)
			jsonw_hex(w, "first", a->first);
		json_writers(w, t, reach, k);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static int print_json(struct triage *t, const struct counts *c, const struct reach *reach)
{
	struct jsonw w;

	triage_json_begin(&w, t, SCHEMA_REACH);
	jsonw_u64(&w, "streams_with_tables", c->tables);
	jsonw_u64(&w, "streams_untranslated", c->bypass);
	jsonw_u64(&w, "streams_refused", c->refused);
	jsonw_u64(&w, "streams_unknown", c->unknown);
	jsonw_u64(&w, "writable_bytes", reach->writable_bytes);
	if (reach->has_ram)
		jsonw_u64(&w, "writable_ram_bytes", reach->ram);
	jsonw_u64(&w, "ranges", reach->ranges);
	jsonw_bool(&w, "all_of_memory", reach->bypass);
	json_areas(&w, t, reach);
	return triage_json_end(&w, t);
}

static void print_areas(const struct triage *t, const struct reach *reach)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	size_t k;

	for (k = 0; k < AREAS; k++) {
		strbuf_reset(&text);
		strbuf_printf(&text, "of this, %s: ", reach->area[k].text);
		reach_area_words(&text, t, reach, k);
		term_paragraph(&t->ctl->term, 0, strbuf_text(&text));
	}
}

static void print_ram(const struct triage *t, const struct reach *reach)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	strbuf_puts(&text, "of this, the crashed kernel's memory: ");
	strbuf_size(&text, reach->ram);
	if (reach->writable_bytes > reach->ram) {
		strbuf_puts(&text, "; the rest is not memory (doorbells, devices): ");
		strbuf_size(&text, reach->writable_bytes - reach->ram);
	}
	term_paragraph(&t->ctl->term, 0, strbuf_text(&text));
}

static void print_text(struct triage *t, const struct counts *c, const struct reach *reach)
{
	const struct term *term = &t->ctl->term;
	_cleanup_strbuf_ struct strbuf text = { 0 };

	strbuf_printf(&text,
		      "streams: %zu with tables, %zu untranslated, %zu refused, %zu not known",
		      c->tables, c->bypass, c->refused, c->unknown);
	term_paragraph(term, 0, strbuf_text(&text));
	if (reach->bypass) {
		strbuf_reset(&text);
		strbuf_puts(&text, "all of memory, untranslated: ");
		reach_names(&text, t, reach, AREAS);
		term_paragraph(term, 0, strbuf_text(&text));
	}
	strbuf_reset(&text);
	strbuf_puts(&text, "writable through tables: ");
	strbuf_size(&text, reach->writable_bytes);
	strbuf_printf(&text, " in %llu range%s", reach->ranges, reach->ranges == 1 ? "" : "s");
	term_paragraph(term, 0, strbuf_text(&text));
	if (reach->has_ram)
		print_ram(t, reach);
	print_areas(t, reach);
	triage_print_gaps(t);
}

/* A device could write where none should: that is certain, whatever else is not known. */
static enum exit_code judge(const struct triage *t, const struct reach *reach)
{
	return reach_is_bad(reach) ? EXIT_FINDINGS : triage_code(t);
}

enum exit_code ctl_reach(const struct ctl *ctl, char **args)
{
	_cleanup_reach_ struct reach reach = { 0 };
	_cleanup_triage_ struct triage t;
	struct counts c;
	int r;

	if (triage_open(&t, ctl, args[0]) < 0)
		return EXIT_FAILED;
	r = reach_find(&t, &reach);
	c = count_ways(&t);
	if (!r && ctl->json)
		r = print_json(&t, &c, &reach);
	else if (!r)
		print_text(&t, &c, &reach);
	else
		ctl_message("%s: %s", args[0], strerror(-r));
	return r < 0 ? EXIT_FAILED : judge(&t, &reach);
}

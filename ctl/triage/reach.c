// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * reach.c - see reach.h. All tables are walked once for the sum. Only if a device could write
 * where it should not, they are walked again one by one, to tell which streams could.
 */
#include "ctl/triage/reach.h"

#include <stdlib.h>

#include "ctl/triage/progress.h"

#define NAMED 8u

static int on_extent(void *priv, const struct ptw_extent *e)
{
	return e->flags & PTW_WRITE ? pageset_add(priv, e->phys, e->bytes) : 0;
}

/* Count the writable bytes that are RAM of the crashed kernel, by the records. */
static void count_ram(const struct triage *t, const struct pageset *writable, struct reach *reach)
{
	u64 first;
	size_t i;

	for (i = 0; i < t->story->n_ranges; i++) {
		const struct rec_range *r = &t->story->ranges[i];

		if (r->kind != REC_RANGE_OLD_RAM || r->start + r->bytes < r->start)
			continue;
		reach->has_ram = true;
		reach->ram += pageset_in(writable, r->start, r->bytes, &first);
	}
}

static int walk_all(struct triage *t, struct reach *reach)
{
	_cleanup_pageset_ struct pageset writable = { 0 };
	_cleanup_pageset_ struct pageset tables = { 0 };
	size_t i;
	int r = 0;

	t->tables = &tables;
	for (i = 0; i < t->n_roots && !r; i++)
		r = triage_visit(t, i, on_extent, &writable);
	t->tables = NULL;
	if (!r)
		r = areas_find(t, &writable, &tables, reach->area);
	if (writable.over || tables.over)
		triage_gap(t,
			   "the memory is too scattered to be counted: the sizes are lower limits");
	reach->writable_bytes = pageset_bytes(&writable);
	reach->ranges = r < 0 ? 0 : pageset_ranges(&writable);
	if (r >= 0)
		count_ram(t, &writable, reach);
	return r;
}

/* Which areas could be written through the tables of each root? */
static int areas_of_roots(struct triage *t, const struct reach *reach, u8 *areas)
{
	size_t i, k;
	u64 first;
	int r = 0;

	for (i = 0; i < t->n_roots && !r; i++) {
		_cleanup_pageset_ struct pageset writable = { 0 };

		if (!t->roots[i].writable)
			continue;
		r = triage_visit(t, i, on_extent, &writable);
		pageset_sort(&writable);
		for (k = 0; k < AREAS; k++)
			if (reach->area[k].writable &&
			    pageset_common(&writable, &reach->area[k].set, &first))
				areas[i] |= (u8)(1u << k);
	}
	return r;
}

static int find_writers(struct triage *t, struct reach *reach)
{
	_cleanup_free_ u8 *roots = calloc(t->n_roots + 1, 1);
	size_t i, k;
	bool bad = false;
	int r = 0, n;

	reach->areas = calloc(t->n_streams + 1, 1);
	if (!roots || !reach->areas)
		return -ENOMEM;
	for (k = 0; k < AREAS; k++)
		bad |= reach->area[k].writable != 0;
	if (bad)
		r = areas_of_roots(t, reach, roots);
	for (i = 0; i < t->n_streams; i++)
		for (n = 0; n < t->streams[i].n_roots; n++)
			reach->areas[i] |= roots[t->streams[i].root[n]];
	return r;
}

int reach_find(struct triage *t, struct reach *ret)
{
	size_t i;
	int r = walk_all(t, ret);

	for (i = 0; i < t->n_streams; i++)
		ret->bypass |= t->streams[i].effect == STE_EFFECT_BYPASSED;
	if (!r)
		r = find_writers(t, ret);
	progress_end();
	return r;
}

void reach_clear(struct reach *reach)
{
	size_t k;

	for (k = 0; k < AREAS; k++)
		pageset_clear(&reach->area[k].set);
	free(reach->areas);
	*reach = (struct reach){ 0 };
}

bool reach_is_bad(const struct reach *reach)
{
	size_t k;

	for (k = 0; k < AREAS; k++)
		if (reach->area[k].writable)
			return true;
	return reach->bypass;
}

void reach_names(struct strbuf *text, const struct triage *t, const struct reach *reach, size_t k)
{
	const struct story_device *last = NULL;
	size_t i, n = 0;

	for (i = 0; i < t->n_streams; i++) {
		const struct triage_stream *s = &t->streams[i];

		if (k == AREAS ? s->effect != STE_EFFECT_BYPASSED : !(reach->areas[i] >> k & 1))
			continue;
		if (s->device && s->device == last)
			continue; /* named with another of its StreamIDs */
		last = s->device;
		if (n++ >= NAMED)
			continue;
		strbuf_puts(text, n > 1 ? ", " : "");
		if (s->device)
			report_cleaned(s->device->last.name, text);
		else
			strbuf_printf(text, "StreamID 0x%x", s->sid);
	}
	if (n > NAMED)
		strbuf_printf(text, " and %zu more", n - NAMED);
}

void reach_area_words(struct strbuf *text, const struct triage *t, const struct reach *reach,
		      size_t k)
{
	const struct area *area = &reach->area[k];

	if (!area->known) {
		strbuf_puts(text, "not known");
		return;
	}
	if (reach->bypass)
		strbuf_puts(text, "all");
	else if (area->writable)
		strbuf_size(text, area->writable);
	else
		strbuf_puts(text, "none");
	strbuf_puts(text, " of ");
	strbuf_size(text, area->bytes);
	if (area->writable && !reach->bypass)
		strbuf_printf(text, ", first at 0x%llx", area->first);
	if (!area->writable && !reach->bypass)
		return;
	strbuf_puts(text, ", by ");
	reach_names(text, t, reach, reach->bypass ? AREAS : k);
	if (!reach->bypass || !area->writable)
		return;
	strbuf_puts(text, "; through tables ");
	strbuf_size(text, area->writable);
	strbuf_printf(text, ", first at 0x%llx, by ", area->first);
	reach_names(text, t, reach, k);
}

void reach_findings(const struct triage *t, const struct reach *reach, struct verdict *verdict)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct finding *f;
	size_t k;

	if (reach->bypass) {
		reach_names(&text, t, reach, AREAS);
		(void)verdict_add(verdict, VERDICT_UNTRANSLATED,
				  "devices could write to all of memory, because their DMA was not "
				  "translated: %s",
				  strbuf_text(&text));
	}
	for (k = 0; k < AREAS; k++) {
		const struct area *area = &reach->area[k];

		if (!area->writable)
			continue;
		strbuf_reset(&text);
		strbuf_size(&text, area->writable);
		strbuf_puts(&text, " by ");
		reach_names(&text, t, reach, k);
		f = verdict_add(verdict, VERDICT_WRITABLE, "devices could write to %s: %s",
				area->text, strbuf_text(&text));
		if (f)
			f->addr = area->first;
	}
	if (text.error)
		verdict->error = text.error;
}

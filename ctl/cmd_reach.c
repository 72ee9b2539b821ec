// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_reach.c - "reach DUMP": how much memory devices could write at the crash,
 * each byte of memory counted once, and whether memory was among it that no
 * device has business in.
 */
#include <stdio.h>
#include <stdlib.h>

#include "ctl/ctl.h"
#include "ctl/triage/areas.h"
#include "ctl/triage/progress.h"
#include "ctl/triage/triage.h"

struct reach {
	struct pageset writable, tables;
	struct area area[AREAS];
	bool has_ram;
	u64 ram; /* bytes of the crashed kernel's RAM among writable */
};

static int on_extent(void *priv, const struct ptw_extent *e)
{
	struct reach *reach = priv;

	return e->flags & PTW_WRITE ? pageset_add(&reach->writable, e->phys, e->bytes) : 0;
}

/* Of the crashed kernel's RAM, as the records have it. */
static void count_ram(const struct triage *t, struct reach *reach)
{
	u64 first;
	size_t i;

	for (i = 0; i < t->story->n_ranges; i++) {
		const struct rec_range *r = &t->story->ranges[i];

		if (r->kind != REC_RANGE_OLD_RAM || r->start + r->bytes < r->start)
			continue;
		reach->has_ram = true;
		reach->ram += pageset_in(&reach->writable, r->start, r->bytes, &first);
	}
}

struct counts {
	size_t tables, bypass, refused, unknown;
};

static struct counts count_ways(const struct triage *t)
{
	struct counts c = { 0 };
	size_t i;

	for (i = 0; i < t->n_streams; i++) {
		c.tables += t->streams[i].way == TRIAGE_TABLES;
		c.bypass += t->streams[i].way == TRIAGE_BYPASS;
		c.refused += t->streams[i].way == TRIAGE_REFUSED;
		c.unknown += t->streams[i].way == TRIAGE_UNKNOWN;
	}
	return c;
}

static void json_areas(struct jsonw *w, const struct reach *reach)
{
	const struct area *a;

	jsonw_array_begin(w, "areas");
	for (a = reach->area; a < reach->area + AREAS; a++) {
		if (!a->known)
			continue;
		jsonw_object_begin(w, NULL);
		jsonw_string(w, "area", a->name);
		jsonw_u64(w, "bytes", a->bytes);
		jsonw_u64(w, "writable_bytes", a->writable);
		if (a->writable)
			jsonw_hex(w, "first", a->first);
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
	jsonw_u64(&w, "writable_bytes", pageset_bytes(&reach->writable));
	if (reach->has_ram)
		jsonw_u64(&w, "writable_ram_bytes", reach->ram);
	jsonw_u64(&w, "ranges", pageset_ranges(&reach->writable));
	jsonw_bool(&w, "all_of_memory", c->bypass != 0);
	json_areas(&w, reach);
	return triage_json_end(&w, t);
}

static void print_areas(const struct reach *reach)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	const struct area *a;

	for (a = reach->area; a < reach->area + AREAS; a++) {
		strbuf_reset(&text);
		area_words(&text, a);
		printf("of it %s: %s\n", a->text, strbuf_text(&text));
	}
}

static void print_text(struct triage *t, const struct counts *c, const struct reach *reach)
{
	u64 writable = pageset_bytes(&reach->writable);
	_cleanup_strbuf_ struct strbuf text = { 0 };

	printf("%zu streams with tables, %zu untranslated, %zu refused, %zu not known\n", c->tables,
	       c->bypass, c->refused, c->unknown);
	if (c->bypass)
		puts("all of memory: a stream was untranslated");
	triage_size(&text, writable);
	printf("writable through tables: %s in %llu ranges\n", strbuf_text(&text),
	       (unsigned long long)pageset_ranges(&reach->writable));
	if (reach->has_ram) {
		strbuf_reset(&text);
		triage_size(&text, reach->ram);
		if (writable > reach->ram) {
			strbuf_puts(&text, ", the rest is no memory (doorbells, devices): ");
			triage_size(&text, writable - reach->ram);
		}
		printf("of it the crashed kernel's memory: %s\n", strbuf_text(&text));
	}
	print_areas(reach);
	triage_print_gaps(t);
}

/* A device that could write where none has business is a finding. */
static enum exit_code judge(const struct triage *t, const struct reach *reach)
{
	size_t i;

	if (t->n_gaps)
		return EXIT_PARTIAL;
	for (i = 0; i < AREAS; i++)
		if (reach->area[i].writable)
			return EXIT_FINDINGS;
	return EXIT_DONE;
}

enum exit_code ctl_reach(const struct ctl *ctl, char **args)
{
	struct reach reach = { .has_ram = false };
	_cleanup_triage_ struct triage t;
	enum exit_code code;
	struct counts c;
	size_t i;
	int r = 0;

	if (triage_open(&t, ctl, args[0]) < 0)
		return EXIT_FAILED;
	t.tables = &reach.tables;
	for (i = 0; i < t.n_roots && !r; i++)
		r = triage_visit(&t, i, on_extent, &reach);
	if (!r)
		r = areas_find(&t, &reach.writable, &reach.tables, reach.area);
	progress_end();
	if (reach.writable.over || reach.tables.over)
		triage_gap(&t,
			   "more scattered memory than can be counted: the sizes are \"at least\"");
	count_ram(&t, &reach);
	c = count_ways(&t);
	if (!r && ctl->json)
		r = print_json(&t, &c, &reach);
	else if (!r)
		print_text(&t, &c, &reach);
	else
		ctl_message("%s: %s", args[0], strerror(-r));
	code = r < 0 ? EXIT_FAILED : judge(&t, &reach);
	pageset_clear(&reach.writable);
	pageset_clear(&reach.tables);
	return code;
}

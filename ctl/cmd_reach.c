// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_reach.c - "reach DUMP": how much memory devices could write at the crash,
 * by stream and together, each byte of memory counted once.
 */
#include <stdio.h>
#include <stdlib.h>

#include "ctl/progress.h"
#include "ctl/triage.h"

#define ULL(v) ((unsigned long long)(v))

struct span {
	u64 start, end;
};

struct spans {
	struct span *items;
	size_t n, cap;
};

static int by_start(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Sort and merge; returns the bytes covered. */
static u64 merge(struct spans *s)
{
	size_t i, n = 0;
	u64 bytes = 0;

	if (!s->n)
		return 0; /* qsort() wants an array even for nothing */
	qsort(s->items, s->n, sizeof(s->items[0]), by_start);
	for (i = 0; i < s->n; i++) {
		if (n && s->items[i].start <= s->items[n - 1].end) {
			if (s->items[i].end > s->items[n - 1].end)
				s->items[n - 1].end = s->items[i].end;
			continue;
		}
		s->items[n++] = s->items[i];
	}
	s->n = n;
	for (i = 0; i < n; i++)
		bytes += s->items[i].end - s->items[i].start;
	return bytes;
}

static int on_extent(void *priv, const struct ptw_extent *e)
{
	struct spans *s = priv;
	struct span *more;

	if (!(e->flags & PTW_WRITE))
		return 0;
	if (s->n == s->cap) {
		(void)merge(s); /* neighbours of other streams: keep memory small */
		if (s->n * 2 >= s->cap) {
			more = realloc(s->items, (s->cap * 2 + 1024) * sizeof(*more));
			if (!more)
				return -ENOMEM;
			s->items = more;
			s->cap = s->cap * 2 + 1024;
		}
	}
	s->items[s->n++] = (struct span){ e->phys, e->phys + e->bytes };
	return 0;
}

/* Bytes of @s in the crashed kernel's RAM, as the records have it; false: not recorded. */
static bool in_old_ram(const struct triage *t, const struct spans *s, u64 *ret)
{
	bool known = false;
	size_t i, k;

	*ret = 0;
	for (i = 0; i < t->story.n_ranges; i++) {
		const struct rec_range *r = &t->story.ranges[i];
		u64 end = r->start + r->bytes, from, to;

		if (r->kind != REC_RANGE_OLD_RAM || end < r->start)
			continue;
		known = true;
		for (k = 0; k < s->n; k++) {
			from = s->items[k].start > r->start ? s->items[k].start : r->start;
			to = s->items[k].end < end ? s->items[k].end : end;
			*ret += from < to ? to - from : 0;
		}
	}
	return known;
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

static int print_json(struct triage *t, const struct counts *c, const struct spans *s, u64 writable)
{
	struct jsonw w;
	u64 ram;

	triage_json_begin(&w, t, SCHEMA_REACH);
	jsonw_u64(&w, "streams_with_tables", c->tables);
	jsonw_u64(&w, "streams_untranslated", c->bypass);
	jsonw_u64(&w, "streams_refused", c->refused);
	jsonw_u64(&w, "streams_unknown", c->unknown);
	jsonw_u64(&w, "writable_bytes", writable);
	if (in_old_ram(t, s, &ram))
		jsonw_u64(&w, "writable_ram_bytes", ram);
	jsonw_u64(&w, "ranges", s->n);
	jsonw_bool(&w, "all_of_memory", c->bypass != 0);
	return triage_json_end(&w, t);
}

static void print_text(struct triage *t, const struct counts *c, const struct spans *s,
		       u64 writable)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	u64 ram;

	printf("%zu streams with tables, %zu untranslated, %zu refused, %zu not known\n", c->tables,
	       c->bypass, c->refused, c->unknown);
	if (c->bypass)
		puts("all of memory: a stream was untranslated");
	triage_size(&text, writable);
	printf("writable through tables: %s in %zu ranges\n", strbuf_text(&text), s->n);
	if (in_old_ram(t, s, &ram)) {
		strbuf_reset(&text);
		triage_size(&text, ram);
		if (writable > ram) {
			strbuf_puts(&text, ", the rest is no memory (doorbells, devices): ");
			triage_size(&text, writable - ram);
		}
		printf("of it the crashed kernel's memory: %s\n", strbuf_text(&text));
	}
	triage_print_gaps(t);
}

enum exit_code ctl_reach(const struct ctl *ctl, char **args)
{
	_cleanup_triage_ struct triage t;
	struct spans spans = { 0 };
	enum exit_code code;
	struct counts c;
	u64 writable;
	size_t i;
	int r = 0;

	if (triage_open(&t, ctl, args[0]) < 0)
		return EXIT_FAILED;
	for (i = 0; i < t.n_roots && !r; i++)
		r = triage_visit(&t, i, on_extent, &spans);
	progress_end();
	writable = merge(&spans);
	c = count_ways(&t);
	if (!r && ctl->json)
		r = print_json(&t, &c, &spans, writable);
	else if (!r)
		print_text(&t, &c, &spans, writable);
	code = r < 0 ? EXIT_FAILED : triage_code(&t);
	free(spans.items);
	return code;
}

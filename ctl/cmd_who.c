// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_who.c - "who DUMP ADDRESS": print which streams could reach this memory and through which
 * IOVA, and which streams no table restricts.
 */
#include <stdio.h>

#include "ctl/ctl.h"
#include "ctl/triage/progress.h"
#include "ctl/triage/address.h"
#include "ctl/triage/triage.h"
#include "lib/story/facts.h"

/* More mappings than a person reads; a loop in the tables makes millions. */
#define HITS_MAX 65536u

struct hit {
	size_t root;
	struct ptw_extent part; /* the extent, cut to the requested range */
};

struct search {
	struct address_range range;
	struct address_owner owner;
	size_t root;
	struct hit *hits;
	size_t n, cap;
	bool more; /* there are more than HITS_MAX */
};

static int on_extent(void *priv, const struct ptw_extent *e)
{
	struct search *s = priv;
	u64 end = e->phys + e->bytes - 1, from, to;
	struct hit *more;

	if (e->phys > s->range.last || end < s->range.first)
		return 0;
	if (s->n == HITS_MAX) {
		s->more = true;
		return 0;
	}
	from = e->phys > s->range.first ? e->phys : s->range.first;
	to = end < s->range.last ? end : s->range.last;
	if (s->n == s->cap) {
		more = realloc(s->hits, (s->cap * 2 + 16) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		s->hits = more;
		s->cap = s->cap * 2 + 16;
	}
	s->hits[s->n++] =
		(struct hit){ s->root,
			      { e->input + (from - e->phys), from, to - from + 1, e->flags } };
	return 0;
}

static bool uses(const struct triage_stream *s, size_t root)
{
	int i;

	for (i = 0; i < s->n_roots; i++)
		if (s->root[i] == root)
			return true;
	return false;
}

/* Why tables do not restrict the stream: bypass, full ATS, not known. NULL: they do. */
static const char *unbound(const struct triage_stream *s)
{
	if (s->effect == STE_EFFECT_BYPASSED)
		return "untranslated: could reach all of memory";
	if (s->effect == STE_EFFECT_NOT_KNOWN ||
	    (s->effect == STE_EFFECT_TRANSLATED && !s->n_roots))
		return "it is not known what it could reach";
	if (s->full_ats)
		return "full ATS: its translated requests are not checked";
	return NULL;
}

/* Print the requested range as memory, and what is there. */
static void print_memory(const struct term *term, const struct search *f)
{
	const char *owner = address_owner_text(&f->range, &f->owner);

	term_printf(term, TERM_NORMAL, "Memory 0x%llx", f->range.first);
	if (f->range.last != f->range.first)
		term_printf(term, TERM_NORMAL, "-0x%llx", f->range.last);
	if (f->range.is_virtual)
		term_printf(term, TERM_NORMAL, "  %s%s0x%llx", CLEAN(f->range.symbol),
			    f->range.symbol[0] ? " at " : "", f->range.virtual_first);
	term_put(term, TERM_NORMAL, "\n");
	if (owner)
		term_paragraph(term, 2, owner);
}

static const char *access_word(u32 flags)
{
	static const char *const words[] = { "none", "ro", "wo", "rw" };

	return words[(flags & PTW_READ ? 1 : 0) + (flags & PTW_WRITE ? 2 : 0)];
}

static void add_row(struct term_table *table, const struct triage_stream *s,
		    const struct ptw_extent *part)
{
	_cleanup_strbuf_ struct strbuf size = { 0 };

	term_cell(table, TERM_NORMAL, "%u", s->smmu);
	term_cell(table, TERM_NORMAL, "0x%x", s->sid);
	term_cell(table, TERM_BOLD, "%s", s->device ? s->device->last.name : "-");
	if (!part) {
		term_cell(table, TERM_BAD, s->effect == STE_EFFECT_NOT_KNOWN ? "unknown" : "any");
		term_cell(table, TERM_NORMAL, "-");
		term_cell(table, TERM_NORMAL, "-");
		term_cell(table, TERM_NORMAL, "-");
		return;
	}
	strbuf_size(&size, part->bytes);
	term_cell(table, part->flags & PTW_WRITE ? TERM_WARN : TERM_NORMAL, "%s",
		  access_word(part->flags));
	term_cell(table, TERM_NORMAL, "0x%llx", part->input);
	term_cell(table, TERM_NORMAL, "0x%llx", part->phys);
	term_cell(table, TERM_NORMAL, "%s", strbuf_text(&size));
}

/* Add the rows of one stream: its mappings, then the fact that no table restricts it. */
static void add_stream(struct term_table *table, const struct triage_stream *s,
		       const struct search *f)
{
	size_t k;

	for (k = 0; k < f->n; k++)
		if (uses(s, f->hits[k].root))
			add_row(table, s, &f->hits[k].part);
	if (unbound(s))
		add_row(table, s, NULL);
}

static bool concerned(const struct triage_stream *s, const struct search *f)
{
	size_t k;

	for (k = 0; k < f->n; k++)
		if (uses(s, f->hits[k].root))
			return true;
	return unbound(s) != NULL;
}

/* Print what the devices are, and why tables do not restrict some. */
static void print_names(const struct triage *t, const struct search *f)
{
	size_t i;

	for (i = 0; i < t->n_streams; i++) {
		const struct triage_stream *s = &t->streams[i];
		_cleanup_strbuf_ struct strbuf text = { 0 };

		if (!concerned(s, f))
			continue;
		strbuf_printf(&text, "StreamID %s: ", STREAM_NAME(t->story, s->smmu, s->sid));
		triage_device(&text, s);
		if (unbound(s))
			strbuf_printf(&text, "; %s", unbound(s));
		term_paragraph(&t->ctl->term, 0, strbuf_text(&text));
	}
}

/* Print one line for each mapping. Returns 0 or -ENOMEM. */
static int print_text(struct triage *t, const struct search *f)
{
	_cleanup_table_ struct term_table table = { .titles = { "+SMMU", "SID", "DEVICE", "ACCESS",
								"IOVA", "PHYS", "SIZE" } };
	const struct term *term = &t->ctl->term;
	bool header = !t->ctl->no_header;
	size_t i;
	int r;

	for (i = 0; i < t->n_streams; i++)
		add_stream(&table, &t->streams[i], f);
	if (header)
		print_memory(term, f);
	if (header && !table.text.len)
		term_paragraph(term, 0,
			       t->n_gaps ? "no device found (search incomplete)"
					 : "no device could reach this memory through the SMMU at "
					   "the crash");
	r = table.text.len ? term_table_print(term, &table, 0, header) : table.text.error;
	if (!header || r < 0)
		return r;
	fputc('\n', term->out);
	print_names(t, f);
	term_paragraph(term, 0,
		       "Not covered: processors, devices that are not behind an SMMU, and what "
		       "the capture kernel's drivers mapped later.");
	return 0;
}

static int print_json(struct triage *t, const struct search *f)
{
	struct jsonw w;
	size_t i, k;

	triage_json_begin(&w, t, SCHEMA_WHO);
	jsonw_hex(&w, "first", f->range.first);
	jsonw_hex(&w, "last", f->range.last);
	if (f->range.is_virtual)
		jsonw_hex(&w, "virtual", f->range.virtual_first);
	if (f->range.symbol[0])
		jsonw_string(&w, "symbol", f->range.symbol);
	if (f->owner.known)
		jsonw_u64(&w, "ram_bytes", f->owner.ram);
	jsonw_array_begin(&w, "who");
	for (i = 0; i < t->n_streams; i++) {
		for (k = 0; k < f->n; k++) {
			if (!uses(&t->streams[i], f->hits[k].root))
				continue;
			jsonw_object_begin(&w, NULL);
			triage_json_stream(&w, t, &t->streams[i]);
			jsonw_hex(&w, "iova", f->hits[k].part.input);
			jsonw_hex(&w, "phys", f->hits[k].part.phys);
			jsonw_u64(&w, "bytes", f->hits[k].part.bytes);
			triage_json_access(&w, f->hits[k].part.flags);
			jsonw_object_end(&w);
		}
	}
	jsonw_array_end(&w);
	jsonw_array_begin(&w, "unbound");
	for (i = 0; i < t->n_streams; i++) {
		if (!unbound(&t->streams[i]))
			continue;
		jsonw_object_begin(&w, NULL);
		triage_json_stream(&w, t, &t->streams[i]);
		jsonw_string(&w, "why", unbound(&t->streams[i]));
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	return triage_json_end(&w, t);
}

enum exit_code ctl_who(const struct ctl *ctl, char **args)
{
	_cleanup_triage_ struct triage t;
	struct search find = { 0 };
	enum exit_code code;
	struct errbuf err;
	int r = 0;

	if (triage_open(&t, ctl, args[0]) < 0)
		return EXIT_FAILED;
	code = address_find(&t, args[1], &find.range, &err);
	if (code != EXIT_DONE) {
		ctl_message("%s", err.text);
		return code;
	}
	address_owner(&t, &find.range, &find.owner);
	for (find.root = 0; find.root < t.n_roots && !r; find.root++)
		r = triage_visit(&t, find.root, on_extent, &find);
	progress_end();
	if (find.more)
		triage_gap(&t, "more than %u places: the others are not listed", HITS_MAX);
	if (!r && ctl->json)
		r = print_json(&t, &find);
	else if (!r)
		r = print_text(&t, &find);
	if (!r && !ctl->json)
		triage_print_gaps(&t);
	code = r < 0 ? EXIT_FAILED : triage_code(&t);
	free(find.hits);
	return code;
}

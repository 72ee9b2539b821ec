// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_streams.c - "streams DUMP": print every StreamID that had an entry at the crash, what its
 * DMA could reach, and what became of the entry.
 */
#include <stdio.h>
#include <stdlib.h>

#include "ctl/ctl.h"
#include "core/names.h"
#include "ctl/triage/progress.h"
#include "ctl/triage/triage.h"

/* Sums over the tables of a stream. Several IOVAs may map the same memory. */
struct totals {
	u64 mapped, writable, extents;
	u64 memory; /* each page counted once in each set of tables */
};

/* Add up the tables of @s. Returns false if they were not walked to the end. */
static bool add_up(const struct triage *t, const struct triage_stream *s, const u64 *memory,
		   struct totals *ret)
{
	const struct triage_root *root;
	int i;

	*ret = (struct totals){ 0 };
	for (i = 0; i < s->n_roots; i++) {
		root = &t->roots[s->root[i]];
		if (!root->visited)
			return false;
		ret->mapped += root->mapped;
		ret->writable += root->writable;
		ret->extents += root->extents;
		ret->memory += memory[s->root[i]];
	}
	return true;
}

static int on_extent(void *priv, const struct ptw_extent *e)
{
	return pageset_add(priv, e->phys, e->bytes);
}

/* Walk all tables; @memory gets for each root the bytes of memory that its tables map. */
static int walk_all(struct triage *t, u64 *memory)
{
	size_t i;
	int r = 0;

	for (i = 0; i < t->n_roots && r >= 0; i++) {
		_cleanup_pageset_ struct pageset pages = { 0 };

		r = triage_visit(t, i, on_extent, &pages);
		pageset_sort(&pages);
		memory[i] = pageset_bytes(&pages);
		if (pages.over)
			triage_gap(t, "the memory is too scattered to be counted: the sizes of "
				      "memory are lower limits");
	}
	return r;
}

/*
 * Read the stream's entry in the dump, which the capture kernel may have written. Returns false
 * if the dump does not have it.
 */
static bool dump_time(struct triage *t, const struct triage_stream *s, u8 *raw)
{
	const struct story_smmu *smmu = story_stream_smmu(t->story, s->recorded);
	u64 addr;

	return smmu && smmu->has_geom &&
	       strtab_read_ste(&t->mem.mem, &smmu->geom, s->sid, &addr, raw) == STRTAB_FOUND;
}

static void print_stream(struct triage *t, const struct triage_stream *s, const u64 *memory)
{
	const struct term *term = &t->ctl->term;
	_cleanup_strbuf_ struct strbuf text = { 0 };
	u8 raw[SMMU_STE_BYTES];
	struct totals sum;

	strbuf_printf(&text, "StreamID %s  ", STREAM_NAME(t->story, s->smmu, s->sid));
	triage_device(&text, s);
	term_paragraph(term, 0, strbuf_text(&text));
	strbuf_reset(&text);
	triage_entry(&text, t, s);
	term_field(term, 2, "at the crash", "%s", strbuf_text(&text));
	if (s->effect != STE_EFFECT_NOT_KNOWN)
		term_field(term, 2, "", "STE 0x%llx 0x%llx 0x%llx 0x%llx", core_ld64(s->raw_ste),
			   core_ld64(s->raw_ste + 8), core_ld64(s->raw_ste + 16),
			   core_ld64(s->raw_ste + 24));
	if (s->effect == STE_EFFECT_TRANSLATED && add_up(t, s, memory, &sum)) {
		strbuf_reset(&text);
		strbuf_size(&text, sum.mapped);
		strbuf_puts(&text, " of IOVA, writable ");
		strbuf_size(&text, sum.writable);
		strbuf_printf(&text, ", in %llu extent%s; ", sum.extents,
			      sum.extents == 1 ? "" : "s");
		strbuf_size(&text, sum.memory);
		term_field(term, 2, "mapped", "%s physical", strbuf_text(&text));
	}
	if (s->full_ats)
		term_field(term, 2, "ATS", "full: its translated requests are not checked");
	if (s->recorded->rmr)
		term_field(term, 2, "RMR", "named by a reserved memory region");
	if (s->effect == STE_EFFECT_NOT_KNOWN || s->from_dump || !dump_time(t, s, raw))
		return;
	term_field(term, 2, "in the dump", "%s",
		   memcmp(raw, s->raw_ste, sizeof(raw))
			   ? "another entry: it was replaced before the dump was written"
			   : "the same entry");
}

static int print_json(struct triage *t, const u64 *memory)
{
	struct totals sum;
	u8 raw[SMMU_STE_BYTES];
	struct jsonw w;
	size_t i;

	triage_json_begin(&w, t, SCHEMA_STREAMS);
	jsonw_array_begin(&w, "streams");
	for (i = 0; i < t->n_streams; i++) {
		const struct triage_stream *s = &t->streams[i];

		jsonw_object_begin(&w, NULL);
		triage_json_stream(&w, t, s);
		if (s->effect != STE_EFFECT_NOT_KNOWN)
			jsonw_bytes(&w, "crash_raw", s->raw_ste, SMMU_STE_BYTES);
		if (s->effect == STE_EFFECT_TRANSLATED && add_up(t, s, memory, &sum)) {
			jsonw_u64(&w, "mapped_bytes", sum.mapped);
			jsonw_u64(&w, "writable_bytes", sum.writable);
			jsonw_u64(&w, "extents", sum.extents);
			jsonw_u64(&w, "memory_bytes", sum.memory);
		}
		if (s->recorded->rmr)
			jsonw_bool(&w, "rmr", true);
		if (s->effect != STE_EFFECT_NOT_KNOWN && !s->from_dump && dump_time(t, s, raw)) {
			jsonw_bytes(&w, "dump_raw", raw, sizeof(raw));
			jsonw_bool(&w, "replaced", memcmp(raw, s->raw_ste, sizeof(raw)) != 0);
		}
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	return triage_json_end(&w, t);
}

enum exit_code ctl_streams(const struct ctl *ctl, char **args)
{
	_cleanup_free_ u64 *memory = NULL;
	_cleanup_triage_ struct triage t;
	size_t i;

	if (triage_open(&t, ctl, args[0]) < 0)
		return EXIT_FAILED;
	memory = calloc(t.n_roots + 1, sizeof(*memory));
	if (!memory)
		ctl_message("%s: %s", args[0], strerror(ENOMEM));
	if (!memory || walk_all(&t, memory) < 0)
		return EXIT_FAILED;
	progress_end();
	if (ctl->json)
		return print_json(&t, memory) < 0 ? EXIT_FAILED : triage_code(&t);
	for (i = 0; i < t.n_streams; i++)
		print_stream(&t, &t.streams[i], memory);
	if (!t.n_streams)
		puts("no StreamID had a valid entry at the crash");
	triage_print_gaps(&t);
	return triage_code(&t);
}

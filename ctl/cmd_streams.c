// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_streams.c - "streams DUMP": every StreamID that had an entry at the crash,
 * what its DMA could reach, and what became of the entry.
 */
#include <stdio.h>

#include "ctl/ctl.h"
#include "core/names.h"
#include "ctl/triage/progress.h"
#include "ctl/triage/triage.h"

#define ULL(v) ((unsigned long long)(v))

/* What the stream's tables map together; false: they were not walked to the end. */
static bool totals(const struct triage *t, const struct triage_stream *s, u64 *mapped,
		   u64 *writable, u64 *extents)
{
	const struct triage_root *root;
	int i;

	*mapped = *writable = *extents = 0;
	for (i = 0; i < s->n_roots; i++) {
		root = &t->roots[s->root[i]];
		if (!root->visited)
			return false;
		*mapped += root->mapped;
		*writable += root->writable;
		*extents += root->extents;
	}
	return true;
}

/* The entry that the dump holds, as text; the capture kernel may have written it. */
static bool dump_time(struct triage *t, const struct triage_stream *s, u8 *raw)
{
	struct smmu_geom geom;
	u64 addr;

	return story_geom(t->story, s->smmu, &geom) &&
	       strtab_read_ste(&t->mem.mem, &geom, s->sid, &addr, raw) == STRTAB_FOUND;
}

static void print_stream(struct triage *t, const struct triage_stream *s)
{
	const struct term *term = &t->ctl->term;
	_cleanup_strbuf_ struct strbuf text = { 0 };
	u64 mapped, writable, extents;
	u8 raw[SMMU_STE_BYTES];

	strbuf_printf(&text, "StreamID %s  ", STREAM_NAME(t->story, s->smmu, s->sid));
	triage_device(&text, s);
	term_paragraph(term, 0, strbuf_text(&text));
	strbuf_reset(&text);
	triage_entry(&text, t, s);
	term_field(term, 2, "at the crash", "%s", strbuf_text(&text));
	if (s->way != TRIAGE_UNKNOWN)
		term_field(term, 2, "", "STE 0x%llx 0x%llx 0x%llx 0x%llx",
			   ULL(core_ld64(s->raw_ste)), ULL(core_ld64(s->raw_ste + 8)),
			   ULL(core_ld64(s->raw_ste + 16)), ULL(core_ld64(s->raw_ste + 24)));
	if (s->way == TRIAGE_TABLES && totals(t, s, &mapped, &writable, &extents)) {
		strbuf_reset(&text);
		triage_size(&text, mapped);
		strbuf_puts(&text, ", writable ");
		triage_size(&text, writable);
		term_field(term, 2, "mapped", "%s, in %llu extent%s", strbuf_text(&text),
			   ULL(extents), extents == 1 ? "" : "s");
	}
	if (s->full_ats)
		term_field(term, 2, "ATS", "full: its translated requests are not checked");
	if (s->recorded->rmr)
		term_field(term, 2, "RMR", "named by a reserved memory region");
	if (s->way == TRIAGE_UNKNOWN || s->from_dump || !dump_time(t, s, raw))
		return;
	term_field(term, 2, "in the dump", "%s",
		   memcmp(raw, s->raw_ste, sizeof(raw))
			   ? "another entry: replaced before this was written"
			   : "the same entry");
}

static int print_json(struct triage *t)
{
	u64 mapped, writable, extents;
	u8 raw[SMMU_STE_BYTES];
	struct jsonw w;
	size_t i;

	triage_json_begin(&w, t, SCHEMA_STREAMS);
	jsonw_array_begin(&w, "streams");
	for (i = 0; i < t->n_streams; i++) {
		const struct triage_stream *s = &t->streams[i];

		jsonw_object_begin(&w, NULL);
		triage_json_stream(&w, t, s);
		if (s->way != TRIAGE_UNKNOWN)
			jsonw_bytes(&w, "crash_raw", s->raw_ste, SMMU_STE_BYTES);
		if (s->way == TRIAGE_TABLES && totals(t, s, &mapped, &writable, &extents)) {
			jsonw_u64(&w, "mapped_bytes", mapped);
			jsonw_u64(&w, "writable_bytes", writable);
			jsonw_u64(&w, "extents", extents);
		}
		if (s->recorded->rmr)
			jsonw_bool(&w, "rmr", true);
		if (s->way != TRIAGE_UNKNOWN && !s->from_dump && dump_time(t, s, raw)) {
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
	_cleanup_triage_ struct triage t;
	size_t i;

	if (triage_open(&t, ctl, args[0]) < 0)
		return EXIT_FAILED;
	for (i = 0; i < t.n_roots; i++)
		if (triage_visit(&t, i, NULL, NULL) < 0)
			return EXIT_FAILED;
	progress_end();
	if (ctl->json)
		return print_json(&t) < 0 ? EXIT_FAILED : triage_code(&t);
	for (i = 0; i < t.n_streams; i++)
		print_stream(&t, &t.streams[i]);
	if (!t.n_streams)
		puts("no StreamID had a valid entry at the crash");
	triage_print_gaps(&t);
	return triage_code(&t);
}

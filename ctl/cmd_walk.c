// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_walk.c - "walk DUMP SID IOVA": translate one address by a stream's tables, and print the
 * raw entry of each level. "maps DUMP SID": print all that the tables map.
 */
#include <stdio.h>

#include "ctl/ctl.h"
#include "ctl/triage/address.h"
#include "ctl/triage/progress.h"
#include "ctl/triage/triage.h"
#include "lib/base/parse.h"

static const char *kind_text(u8 kind)
{
	static const char *const texts[] = { "not valid", "table",
					     "block",	  "page",
					     "reserved",  "address beyond the output size" };

	return texts[kind];
}

/* Is @sid outside the stream tables of all SMMUs that the user may mean? */
static bool is_beyond(const struct story *story, u32 smmu, u32 sid, u32 *ret_bits)
{
	size_t i;

	*ret_bits = 0;
	for (i = 0; i < story->n_smmus; i++) {
		const struct story_smmu *s = &story->smmus[i];

		if (smmu != STREAM_ANY_SMMU && smmu != s->smmu)
			continue;
		if (!s->has_geom)
			return false;
		*ret_bits = s->geom.log2size > *ret_bits ? s->geom.log2size : *ret_bits;
	}
	return *ret_bits && *ret_bits < 32 && sid >> *ret_bits;
}

static void say_no_entry(const struct triage *t, const char *text, const struct stream_name *name)
{
	const char *unknown = triage_why_unknown(t);
	_cleanup_strbuf_ struct strbuf words = { 0 };

	if (unknown)
		strbuf_printf(&words, ": its entry at the crash is not known: %s", unknown);
	else
		strbuf_puts(&words, " had no entry at the crash: its DMA was refused");
	stream_name_hint(t->story, text, &words);
	ctl_message("StreamID 0x%x%s", name->sid, strbuf_text(&words));
}

/*
 * Returns the stream that @text names, or NULL after a message, which may show the verb's @usage.
 */
static const struct triage_stream *named_stream(struct triage *t, const char *text,
						const char *usage, enum exit_code *ret)
{
	const struct triage_stream *s;
	struct stream_name name;
	struct errbuf err;
	u32 bits;
	int r = stream_name_find(t->story, text, &name, &err);

	if (r >= 0)
		r = stream_name_sid(t->story, &name, &err);
	*ret = r == -ENOENT ? EXIT_FAILED : EXIT_USAGE;
	if (r < 0) {
		ctl_message("%s", err.text);
		return NULL;
	}
	s = triage_find(t, name.smmu, name.sid);
	if (s)
		return s;
	if (is_beyond(t->story, name.smmu, name.sid, &bits)) {
		ctl_message("StreamID 0x%x is outside the stream table, which has %u bits of "
			    "StreamID; the arguments are %s",
			    name.sid, bits, usage);
		return NULL;
	}
	*ret = triage_why_unknown(t) ? EXIT_PARTIAL : EXIT_FAILED;
	say_no_entry(t, text, &name);
	return NULL;
}

/* Print the name of the stream, and its entry at the crash. */
static void print_stream(const struct triage *t, const struct triage_stream *s)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	strbuf_printf(&text, "StreamID %s ", STREAM_NAME(t->story, s->smmu, s->sid));
	triage_device(&text, s);
	term_paragraph(&t->ctl->term, 0, strbuf_text(&text));
	strbuf_reset(&text);
	triage_entry(&text, t, s);
	term_paragraph(&t->ctl->term, 2, strbuf_text(&text));
}

static void print_walk(const struct term *term, const struct ptw_walk *w, u64 iova, int outcome)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	int i;

	for (i = 0; i < w->steps; i++) {
		const struct ptw_step *step = &w->step[i];

		strbuf_reset(&text);
		strbuf_printf(&text, "level %d, entry at 0x%llx is 0x%llx: %s", step->level,
			      step->addr, step->raw, kind_text(step->kind));
		if (step->target)
			strbuf_printf(&text, " at 0x%llx", step->target);
		term_paragraph(term, 2, strbuf_text(&text));
	}
	strbuf_reset(&text);
	strbuf_printf(&text, "IOVA 0x%llx: %s", iova, triage_outcome_text(outcome));
	if (outcome == PTW_MAPPED)
		strbuf_printf(&text, " to 0x%llx, %s%s%s, in a page or block of %llu KiB", w->phys,
			      triage_access(w->flags),
			      w->flags & PTW_PRIV ? ", privileged only" : "",
			      w->flags & PTW_NO_AF ? ", access flag clear" : "", w->bytes >> 10);
	else if (w->failed)
		strbuf_printf(&text, " (0x%llx)", w->failed);
	term_paragraph(term, 0, strbuf_text(&text));
}

static void json_walk(struct jsonw *j, const struct ptw_walk *w, u64 iova, int outcome)
{
	int i;

	jsonw_hex(j, "iova", iova);
	jsonw_string(j, "outcome", triage_outcome_name(outcome));
	if (outcome == PTW_MAPPED) {
		jsonw_hex(j, "phys", w->phys);
		jsonw_u64(j, "page_bytes", w->bytes);
		triage_json_access(j, w->flags);
	}
	if (w->failed)
		jsonw_hex(j, "unreadable", w->failed);
	jsonw_array_begin(j, "levels");
	for (i = 0; i < w->steps; i++) {
		jsonw_object_begin(j, NULL);
		jsonw_s64(j, "level", w->step[i].level);
		jsonw_hex(j, "addr", w->step[i].addr);
		jsonw_hex(j, "raw", w->step[i].raw);
		jsonw_string(j, "kind", kind_text(w->step[i].kind));
		if (w->step[i].target)
			jsonw_hex(j, "target", w->step[i].target);
		jsonw_object_end(j);
	}
	jsonw_array_end(j);
}

/* Walk the tables whose input range holds @iova. */
static int walk_stream(struct triage *t, const struct triage_stream *s, u64 iova,
		       struct ptw_walk *walk)
{
	int i, r = PTW_RANGE;

	memset(walk, 0, sizeof(*walk));
	for (i = 0; i < s->n_roots && r == PTW_RANGE; i++)
		r = ptw_walk(&t->mem.mem, &t->roots[s->root[i]].geom, iova, walk);
	if (r == PTW_NOT_RAM || r == PTW_EXCLUDED)
		triage_gap(t, "the table at 0x%llx is not in the dump", walk->failed);
	return r;
}

static enum exit_code answer_walk(struct triage *t, const struct triage_stream *s, u64 iova)
{
	struct ptw_walk walk = { 0 };
	bool tables = s->effect == STE_EFFECT_TRANSLATED && s->n_roots;
	int r = tables ? walk_stream(t, s, iova, &walk) : 0;
	struct jsonw w;

	if (r < 0) {
		ctl_message("%s: reading failed: %s", t->dump_name, memdump_why(&t->mem, r));
		return EXIT_FAILED;
	}
	if (s->effect == STE_EFFECT_TRANSLATED && s->ste.config == STE_CONFIG_NESTED)
		triage_gap(t,
			   "the stream is nested: 0x%llx is taken as a physical address of the "
			   "guest",
			   iova);
	if (t->ctl->json) {
		triage_json_begin(&w, t, SCHEMA_WALK);
		triage_json_stream(&w, t, s);
		if (tables)
			json_walk(&w, &walk, iova, r);
		return triage_json_end(&w, t) < 0 ? EXIT_FAILED : triage_code(t);
	}
	print_stream(t, s);
	if (tables)
		print_walk(&t->ctl->term, &walk, iova, r);
	triage_print_gaps(t);
	return triage_code(t);
}

enum exit_code ctl_walk(const struct ctl *ctl, char **args)
{
	_cleanup_triage_ struct triage t;
	const struct triage_stream *s;
	enum exit_code code;
	u64 iova;
	int rc;

	if (triage_open(&t, ctl, args[0]) < 0)
		return EXIT_FAILED;
	s = named_stream(&t, args[1], "FILE STREAM IOVA", &code);
	if (!s)
		return code;
	rc = address_number(args[2], &iova);
	if (rc == -ENOTUNIQ)
		ctl_message("'%s' may be a name; write 0x%s for the address", args[2], args[2]);
	else if (rc < 0)
		ctl_message("'%s' is not an address", args[2]);
	if (rc < 0)
		return EXIT_USAGE;
	return answer_walk(&t, s, iova);
}

/* --- maps --- */

/* Where extents are printed: as JSON or as text. */
struct extents {
	const struct term *term;
	struct jsonw w;
};

static int print_extent(void *priv, const struct ptw_extent *e)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	const struct extents *to = priv;
	int at = printf("  0x%012llx-0x%012llx to 0x%012llx  %6llu KiB  ", e->input,
			e->input + e->bytes - 1, e->phys, e->bytes >> 10);

	strbuf_printf(&text, "%s%s%s", triage_access(e->flags),
		      e->flags & PTW_PRIV ? ", privileged" : "",
		      e->flags & PTW_NO_AF ? ", access flag clear" : "");
	term_wrap(to->term, at < 0 ? 0 : (unsigned int)at, 4, strbuf_text(&text));
	return 0;
}

static int json_extent(void *priv, const struct ptw_extent *e)
{
	struct jsonw *w = &((struct extents *)priv)->w;

	jsonw_object_begin(w, NULL);
	jsonw_hex(w, "iova", e->input);
	jsonw_hex(w, "phys", e->phys);
	jsonw_u64(w, "bytes", e->bytes);
	triage_json_access(w, e->flags);
	jsonw_object_end(w);
	return 0;
}

enum exit_code ctl_maps(const struct ctl *ctl, char **args)
{
	_cleanup_triage_ struct triage t;
	const struct triage_stream *s;
	enum exit_code code;
	struct extents to = { .term = &ctl->term };
	int i, r = 0;

	if (triage_open(&t, ctl, args[0]) < 0)
		return EXIT_FAILED;
	s = named_stream(&t, args[1], "FILE STREAM", &code);
	if (!s)
		return code;
	if (ctl->json) {
		triage_json_begin(&to.w, &t, SCHEMA_MAPS);
		triage_json_stream(&to.w, &t, s);
		jsonw_array_begin(&to.w, "extents");
	} else {
		print_stream(&t, s);
	}
	if (isatty(STDOUT_FILENO))
		progress_end(); /* a progress bar would mix with the output */
	for (i = 0; i < s->n_roots && !r; i++)
		r = triage_visit(&t, s->root[i], ctl->json ? json_extent : print_extent, &to);
	progress_end();
	if (ctl->json) {
		jsonw_array_end(&to.w);
		if (triage_json_end(&to.w, &t) < 0)
			r = -EIO;
	} else {
		triage_print_gaps(&t);
	}
	return r < 0 ? EXIT_FAILED : triage_code(&t);
}

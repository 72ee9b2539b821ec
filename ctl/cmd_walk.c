// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_walk.c - "walk DUMP SID IOVA": one address through a stream's tables, with
 * each level's raw entry; "maps DUMP SID": all that its tables map.
 */
#include <stdio.h>

#include "ctl/ctl.h"
#include "ctl/triage/progress.h"
#include "ctl/triage/triage.h"
#include "lib/base/parse.h"

#define ULL(v) ((unsigned long long)(v))

static const char *kind_text(u8 kind)
{
	static const char *const texts[] = { "not valid", "table",
					     "block",	  "page",
					     "reserved",  "address beyond the output size" };

	return texts[kind];
}

/* The stream of @text; NULL after a message. */
static const struct triage_stream *named_stream(struct triage *t, const char *text,
						enum exit_code *ret)
{
	const char *unknown = triage_why_unknown(t);
	const struct triage_stream *s;
	struct stream_name name;
	struct errbuf err;
	int r = stream_name_find(t->story, text, &name, &err);

	if (r >= 0)
		r = stream_name_sid(t->story, &name, &err);
	*ret = r == -ENOENT ? EXIT_FAILED : EXIT_USAGE;
	if (r < 0) {
		ctl_message("%s", err.text);
		return NULL;
	}
	*ret = unknown ? EXIT_PARTIAL : EXIT_FAILED;
	s = triage_find(t, name.smmu, name.sid);
	if (!s && unknown)
		ctl_message("StreamID 0x%x: its entry at the crash is not known: %s", name.sid,
			    unknown);
	else if (!s)
		ctl_message("StreamID 0x%x had no entry at the crash: its DMA was refused",
			    name.sid);
	return s;
}

static void print_walk(const struct ptw_walk *w, u64 iova, int outcome)
{
	int i;

	for (i = 0; i < w->steps; i++) {
		const struct ptw_step *step = &w->step[i];

		printf("  level %d  entry at 0x%llx is 0x%llx: %s", step->level, ULL(step->addr),
		       ULL(step->raw), kind_text(step->kind));
		if (step->target)
			printf(" at 0x%llx", ULL(step->target));
		putchar('\n');
	}
	printf("IOVA 0x%llx: %s", ULL(iova), triage_outcome_text(outcome));
	if (outcome == PTW_MAPPED)
		printf(" to 0x%llx, %s%s%s, in a page or block of %llu KiB", ULL(w->phys),
		       triage_access(w->flags), w->flags & PTW_PRIV ? ", privileged only" : "",
		       w->flags & PTW_NO_AF ? ", access flag clear" : "", ULL(w->bytes >> 10));
	else if (w->failed)
		printf(" (0x%llx)", ULL(w->failed));
	putchar('\n');
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

/* The tables whose input range holds @iova. */
static int walk_stream(struct triage *t, const struct triage_stream *s, u64 iova,
		       struct ptw_walk *walk)
{
	int i, r = PTW_RANGE;

	memset(walk, 0, sizeof(*walk));
	for (i = 0; i < s->n_roots && r == PTW_RANGE; i++)
		r = ptw_walk(&t->mem.mem, &t->roots[s->root[i]].geom, iova, walk);
	if (r == PTW_NOT_RAM || r == PTW_EXCLUDED)
		triage_gap(t, "the table at 0x%llx is not in the dump", ULL(walk->failed));
	return r;
}

static enum exit_code answer_walk(struct triage *t, const struct triage_stream *s, u64 iova)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct ptw_walk walk = { 0 };
	bool tables = s->way == TRIAGE_TABLES && s->n_roots;
	int r = tables ? walk_stream(t, s, iova, &walk) : 0;
	struct jsonw w;

	if (r < 0) {
		ctl_message("%s: reading failed: %s", t->dump_name, strerror(-r));
		return EXIT_FAILED;
	}
	if (s->nested)
		triage_gap(t, "nested: 0x%llx is taken as a guest's physical address", ULL(iova));
	if (t->ctl->json) {
		triage_json_begin(&w, t, SCHEMA_WALK);
		triage_json_stream(&w, t, s);
		if (tables)
			json_walk(&w, &walk, iova, r);
		return triage_json_end(&w, t) < 0 ? EXIT_FAILED : triage_code(t);
	}
	triage_device(&text, s);
	printf("StreamID %s  %s\n", STREAM_NAME(t->story, s->smmu, s->sid), strbuf_text(&text));
	strbuf_reset(&text);
	triage_entry(&text, t, s);
	printf("  %s\n", strbuf_text(&text));
	if (tables)
		print_walk(&walk, iova, r);
	triage_print_gaps(t);
	return triage_code(t);
}

enum exit_code ctl_walk(const struct ctl *ctl, char **args)
{
	_cleanup_triage_ struct triage t;
	const struct triage_stream *s;
	enum exit_code code;
	u64 iova;

	if (triage_open(&t, ctl, args[0]) < 0)
		return EXIT_FAILED;
	s = named_stream(&t, args[1], &code);
	if (!s)
		return code;
	if (parse_hex(args[2], &iova) < 0) {
		ctl_message("'%s' is no address", args[2]);
		return EXIT_USAGE;
	}
	return answer_walk(&t, s, iova);
}

/* --- maps --- */

static int print_extent(void *priv, const struct ptw_extent *e)
{
	(void)priv;
	printf("  0x%012llx-0x%012llx to 0x%012llx  %6llu KiB  %s%s%s\n", ULL(e->input),
	       ULL(e->input + e->bytes - 1), ULL(e->phys), ULL(e->bytes >> 10),
	       triage_access(e->flags), e->flags & PTW_PRIV ? ", privileged" : "",
	       e->flags & PTW_NO_AF ? ", access flag clear" : "");
	return 0;
}

static int json_extent(void *priv, const struct ptw_extent *e)
{
	struct jsonw *w = priv;

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
	_cleanup_strbuf_ struct strbuf text = { 0 };
	_cleanup_triage_ struct triage t;
	const struct triage_stream *s;
	enum exit_code code;
	struct jsonw w;
	int i, r = 0;

	if (triage_open(&t, ctl, args[0]) < 0)
		return EXIT_FAILED;
	s = named_stream(&t, args[1], &code);
	if (!s)
		return code;
	if (ctl->json) {
		triage_json_begin(&w, &t, SCHEMA_MAPS);
		triage_json_stream(&w, &t, s);
		jsonw_array_begin(&w, "extents");
	} else {
		triage_device(&text, s);
		printf("StreamID %s  %s\n", STREAM_NAME(t.story, s->smmu, s->sid),
		       strbuf_text(&text));
		strbuf_reset(&text);
		triage_entry(&text, &t, s);
		printf("  %s\n", strbuf_text(&text));
	}
	if (isatty(STDOUT_FILENO))
		progress_end(); /* a bar and what is printed meanwhile do not go together */
	for (i = 0; i < s->n_roots && !r; i++)
		r = triage_visit(&t, s->root[i], ctl->json ? json_extent : print_extent, &w);
	progress_end();
	if (ctl->json) {
		jsonw_array_end(&w);
		if (triage_json_end(&w, &t) < 0)
			r = -EIO;
	} else {
		triage_print_gaps(&t);
	}
	return r < 0 ? EXIT_FAILED : triage_code(&t);
}

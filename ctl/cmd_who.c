// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_who.c - "who DUMP PADDR[-PADDR]": which streams could reach that memory,
 * through which IOVA; and which are not bound by any table.
 */
#include <stdio.h>

#include "ctl/ctl.h"
#include "ctl/triage/progress.h"
#include "ctl/triage/triage.h"
#include "lib/base/parse.h"

#define ULL(v) ((unsigned long long)(v))

/* More places than anybody reads; a loop of tables makes millions. */
#define HITS_MAX 65536u

struct hit {
	size_t root;
	struct ptw_extent part; /* of the extent, cut to the range asked for */
};

struct search {
	u64 first, last;
	size_t root;
	struct hit *hits;
	size_t n, cap;
	bool more; /* than HITS_MAX */
};

static int on_extent(void *priv, const struct ptw_extent *e)
{
	struct search *s = priv;
	u64 end = e->phys + e->bytes - 1, from, to;
	struct hit *more;

	if (e->phys > s->last || end < s->first)
		return 0;
	if (s->n == HITS_MAX) {
		s->more = true;
		return 0;
	}
	from = e->phys > s->first ? e->phys : s->first;
	to = end < s->last ? end : s->last;
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

/* "ADDR" or "FIRST-LAST". */
static int parse_range(const char *text, u64 *first, u64 *last)
{
	const char *dash = strchr(text, '-');
	char buf[32];

	if (!dash) {
		if (parse_u64(text, 0, UINT64_MAX, first) < 0)
			return -EINVAL;
		*last = *first;
		return 0;
	}
	if ((size_t)(dash - text) >= sizeof(buf))
		return -EINVAL;
	memcpy(buf, text, (size_t)(dash - text));
	buf[dash - text] = 0;
	if (parse_u64(buf, 0, UINT64_MAX, first) < 0 ||
	    parse_u64(dash + 1, *first, UINT64_MAX, last) < 0)
		return -EINVAL;
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

/* Not held by tables: bypass, full ATS, not known. NULL: it is. */
static const char *unbound(const struct triage_stream *s)
{
	if (s->way == TRIAGE_BYPASS)
		return "untranslated: could reach all of memory";
	if (s->way == TRIAGE_UNKNOWN || (s->way == TRIAGE_TABLES && !s->n_roots))
		return "not known what it could reach";
	if (s->full_ats)
		return "full ATS: its translated requests are not checked";
	return NULL;
}

static void print_text(struct triage *t, const struct search *f)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	size_t i, k, n = 0;

	printf("Memory 0x%llx-0x%llx\n", ULL(f->first), ULL(f->last));
	for (i = 0; i < t->n_streams; i++) {
		const struct triage_stream *s = &t->streams[i];
		const char *why = unbound(s);

		strbuf_reset(&text);
		triage_device(&text, s);
		for (k = 0; k < f->n; k++) {
			if (!uses(s, f->hits[k].root))
				continue;
			printf("  StreamID 0x%x  %s\n    %s at IOVA 0x%llx, %llu bytes from 0x%llx\n",
			       s->sid, strbuf_text(&text), triage_access(f->hits[k].part.flags),
			       ULL(f->hits[k].part.input), ULL(f->hits[k].part.bytes),
			       ULL(f->hits[k].part.phys));
			n++;
		}
		if (why) {
			printf("  StreamID 0x%x  %s\n    %s\n", s->sid, strbuf_text(&text), why);
			n++;
		}
	}
	if (!n && t->n_gaps)
		puts("  nobody found, in what could be looked at");
	else if (!n)
		puts("  nobody: no stream's tables map it, and none was untranslated");
	puts("Not covered: devices behind no SMMU, and processors.");
}

static int print_json(struct triage *t, const struct search *f)
{
	struct jsonw w;
	size_t i, k;

	triage_json_begin(&w, t, SCHEMA_WHO);
	jsonw_hex(&w, "first", f->first);
	jsonw_hex(&w, "last", f->last);
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
	int r = 0;

	if (triage_open(&t, ctl, args[0]) < 0)
		return EXIT_FAILED;
	if (parse_range(args[1], &find.first, &find.last) < 0) {
		ctl_message("'%s' is no address or range FIRST-LAST", args[1]);
		return EXIT_USAGE;
	}
	for (find.root = 0; find.root < t.n_roots && !r; find.root++)
		r = triage_visit(&t, find.root, on_extent, &find);
	progress_end();
	if (find.more)
		triage_gap(&t, "more than %u places: the others are not listed", HITS_MAX);
	if (!r && ctl->json)
		r = print_json(&t, &find);
	else if (!r)
		print_text(&t, &find);
	if (!r && !ctl->json)
		triage_print_gaps(&t);
	code = r < 0 ? EXIT_FAILED : triage_code(&t);
	free(find.hits);
	return code;
}

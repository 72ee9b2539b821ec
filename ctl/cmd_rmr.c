// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_rmr.c - "rmr FILE": print the firmware's reserved memory regions (RMR), and what became of
 * each of their streams: the entry at the crash is compared with the one seen last, and an
 * attached domain must map the region (core/rmr.h).
 */
#include <stdio.h>

#include "ctl/ctl.h"
#include "core/names.h"
#include "ctl/input/file.h"
#include "lib/base/cleanup.h"
#include "lib/base/jsonw.h"
#include "lib/story/facts.h"
#include "lib/report/text.h"

static bool is_bad(enum rmr_verdict verdict)
{
	return verdict == RMR_BECAME_BYPASS || verdict == RMR_REPLACED_UNMAPPED ||
	       verdict == RMR_LOST;
}

static const char *memory_type(u32 flags)
{
	static const char *const names[] = { "device-nGnRnE", "device-nGnRE", "device-nGRE",
					     "device-GRE",    "normal-nc",    "normal-iwb-owb" };
	u32 type = flags >> 2 & 0xff;

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : "reserved";
}

/* A remark where the verdict sounds bad but is not. */
static const char *remark(enum rmr_verdict verdict)
{
	return verdict == RMR_STAYED_REFUSED ? ": as before the crash, nothing is lost" : "";
}

struct show {
	const struct term *term;
	const struct story *story;
	struct jsonw *w; /* NULL: text */
	bool bad, unknown;
};

static void show_stream(struct show *show, const struct rec_rmr *rmr, const struct story_stream *s)
{
	const struct story_device *d = story_stream_device(show->story, s);
	enum rmr_verdict verdict = report_rmr_verdict(show->story, rmr, s);
	char label[32];

	show->bad |= is_bad(verdict);
	show->unknown |= verdict == RMR_UNKNOWN;
	if (!show->w) {
		(void)snprintf(label, sizeof(label), "StreamID 0x%x", s->sid);
		term_field(show->term, 2, label, "%s%s%s%s", d ? CLEAN(d->last.name) : "",
			   d ? ": " : "", report_rmr_text(verdict), remark(verdict));
		return;
	}
	jsonw_object_begin(show->w, NULL);
	jsonw_hex(show->w, "sid", s->sid);
	if (d)
		jsonw_string(show->w, "device", d->last.name);
	jsonw_string(show->w, "verdict", rmr_verdict_name(verdict));
	jsonw_string(show->w, "verdict_text", report_rmr_text(verdict));
	jsonw_object_end(show->w);
}

static void open_rmr(struct show *show, const struct rec_rmr *r)
{
	const char *source = r->source == REC_RMR_DT ? "devicetree" : "IORT";
	_cleanup_strbuf_ struct strbuf text = { 0 };

	if (!show->w) {
		strbuf_printf(&text, "0x%llx-0x%llx on SMMU %u, from the %s: %s, %s%s", r->base,
			      r->base + (r->bytes ? r->bytes - 1 : 0), r->smmu, source,
			      r->flags & 1 ? "may be remapped" : "must stay where it is",
			      memory_type(r->flags), r->flags & 2 ? ", privileged" : "");
		term_paragraph(show->term, 0, strbuf_text(&text));
		return;
	}
	jsonw_object_begin(show->w, NULL);
	jsonw_u64(show->w, "smmu", r->smmu);
	jsonw_hex(show->w, "base", r->base);
	jsonw_u64(show->w, "bytes", r->bytes);
	jsonw_hex(show->w, "sid_first", r->sid_first);
	jsonw_u64(show->w, "sid_count", r->sid_count);
	jsonw_hex(show->w, "flags", r->flags);
	jsonw_bool(show->w, "remap_permitted", r->flags & 1);
	jsonw_bool(show->w, "privileged", r->flags & 2);
	jsonw_string(show->w, "memory_type", memory_type(r->flags));
	jsonw_string(show->w, "source", source);
	jsonw_array_begin(show->w, "streams");
}

static void show_rmr(struct show *show, const struct rec_rmr *r)
{
	size_t n, first = report_rmr_streams(show->story, r, &n), i;

	open_rmr(show, r);
	for (i = 0; i < n && i < REPORT_RMR_STREAMS; i++)
		show_stream(show, r, &show->story->streams[first + i]);
	if (!n)
		show->unknown = true;
	if (show->w) {
		jsonw_array_end(show->w);
		if (n > i)
			jsonw_u64(show->w, "streams_not_shown", n - i);
		jsonw_object_end(show->w);
		return;
	}
	if (n > i)
		printf("  and %zu more StreamIDs\n", n - i);
	if (!n)
		printf("  %u StreamID%s from 0x%x: no entry is recorded\n", r->sid_count,
		       r->sid_count == 1 ? "" : "s", r->sid_first);
}

enum exit_code ctl_rmr(const struct ctl *ctl, char **args)
{
	_cleanup_recfile_ struct recfile file = { 0 };
	struct show show = { .term = &ctl->term, .story = &file.story };
	struct jsonw w;
	size_t i;

	if (recfile_open(ctl, args[0], &file) < 0)
		return EXIT_FAILED;
	if (ctl->json) {
		show.w = &w;
		jsonw_init(&w, stdout);
		jsonw_object_begin(&w, NULL);
		jsonw_string(&w, "schema", SCHEMA_RMR);
		jsonw_string(&w, "records", file.input.name);
		jsonw_array_begin(&w, "rmrs");
	}
	for (i = 0; i < file.story.n_rmrs; i++)
		show_rmr(&show, &file.story.rmrs[i]);
	show.unknown |= file.partial || !file.story.has_helper;
	if (ctl->json) {
		jsonw_array_end(&w);
		jsonw_bool(&w, "partial", show.unknown);
		jsonw_object_end(&w);
		(void)jsonw_finish(&w);
	} else if (!file.story.n_rmrs) {
		puts(file.story.has_helper ? "the firmware reserves no memory for streams"
					   : "not known: no records of the helper module");
	}
	return show.bad ? EXIT_FINDINGS : show.unknown ? EXIT_PARTIAL : EXIT_DONE;
}

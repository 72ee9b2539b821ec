// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_rmr.c - "rmr FILE": the firmware's reserved memory regions (RMR), and what
 * became of each of their streams: the entry at the crash against the one seen
 * last, and whether an attached domain maps the region (core/rmr.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "core/names.h"
#include "ctl/input/file.h"
#include "lib/base/cleanup.h"
#include "lib/base/jsonw.h"
#include "lib/story/facts.h"
#include "lib/report/text.h"

#define ULL(v) ((unsigned long long)(v))

/* What the helper saw of a device's reserved regions, by SMMU, StreamID and region. */
struct directs {
	struct rec_rmr_stream *item;
	size_t n, cap;
};

static void free_directs(struct directs *d)
{
	free(d->item);
}

static int by_stream(const void *a, const void *b)
{
	const struct rec_rmr_stream *x = a, *y = b;

	if (x->smmu != y->smmu)
		return x->smmu < y->smmu ? -1 : 1;
	if (x->sid != y->sid)
		return x->sid < y->sid ? -1 : 1;
	return x->base < y->base ? -1 : x->base > y->base;
}

/* The best word on each: "present" or "missing" come with the attach, "unknown" before. */
static int read_directs(struct directs *d, const u8 *data, size_t len)
{
	struct rec_iter it = { .data = data, .len = len };
	struct rec_rmr_stream *more;
	enum rec_outcome outcome;
	struct rec rec;

	do {
		while ((outcome = rec_next(&it, &rec)) == REC_OK) {
			if (rec.type != REC_RMR_STREAM ||
			    rec.rmr_stream.direct == RMR_DIRECT_UNKNOWN)
				continue;
			if (d->n == d->cap) {
				d->cap = d->cap ? 2 * d->cap : 32;
				more = reallocarray(d->item, d->cap, sizeof(*more));
				if (!more)
					return -ENOMEM;
				d->item = more;
			}
			d->item[d->n++] = rec.rmr_stream;
		}
	} while (outcome == REC_TORN && story_next_section(&it));
	if (d->n)
		qsort(d->item, d->n, sizeof(*d->item), by_stream);
	return 0;
}

static enum rmr_verdict verdict_of(const struct story *story, const struct directs *d,
				   const struct rec_rmr *rmr, const struct story_stream *s)
{
	struct rec_rmr_stream key = { .smmu = s->smmu, .sid = s->sid, .base = rmr->base };
	bool from_crash = report_from_crash(story, s->smmu);
	u16 then = s->has_crash && from_crash ? s->crash.entry : REC_ENTRY_ERROR;
	const struct rec_ste *now = s->has_now ? &s->now : from_crash ? NULL : &s->crash;
	const struct rec_rmr_stream *found =
		d->n ? bsearch(&key, d->item, d->n, sizeof(key), by_stream) : NULL;

	return rmr_judge(then, s->crash.raw, now ? now->entry : REC_ENTRY_ERROR,
			 now ? now->raw : s->crash.raw,
			 found ? (enum rmr_direct)found->direct : RMR_DIRECT_UNKNOWN);
}

static const char *verdict_text(enum rmr_verdict verdict)
{
	static const char *const texts[] = {
		[RMR_UNKNOWN] = "not known: one of its entries was not read",
		[RMR_UNTOUCHED] = "untouched: bit-identical to the crash",
		[RMR_STAYED_REFUSED] = "was refused at the crash and stayed so",
		[RMR_BECAME_BYPASS] =
			"BECAME BYPASS: its DMA goes to physical addresses, untranslated",
		[RMR_GAINED] = "was refused at the crash, is translated now",
		[RMR_REPLACED] = "has an entry of the capture kernel's; whether that maps the "
				 "region is not known",
		[RMR_REPLACED_MAPPED] =
			"has an entry of the capture kernel's, which maps the region",
		[RMR_REPLACED_UNMAPPED] =
			"has an entry of the capture kernel's, which does NOT map the region",
		[RMR_LOST] = "was live at the crash, is refused now",
	};

	return texts[verdict];
}

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

struct show {
	const struct story *story;
	const struct directs *directs;
	struct jsonw *w; /* NULL: text */
	bool bad, unknown;
};

static void show_stream(struct show *show, const struct rec_rmr *rmr, const struct story_stream *s)
{
	const struct story_device *d = story_device_of(show->story, s->smmu, s->sid);
	enum rmr_verdict verdict = verdict_of(show->story, show->directs, rmr, s);
	char label[32];

	show->bad |= is_bad(verdict);
	show->unknown |= verdict == RMR_UNKNOWN;
	if (!show->w) {
		(void)snprintf(label, sizeof(label), "StreamID 0x%x", s->sid);
		report_field(stdout, 2, label, "%s%s%s", d ? CLEAN(d->last.name) : "",
			     d ? ": " : "", verdict_text(verdict));
		return;
	}
	jsonw_object_begin(show->w, NULL);
	jsonw_hex(show->w, "sid", s->sid);
	if (d)
		jsonw_string(show->w, "device", d->last.name);
	jsonw_string(show->w, "verdict", rmr_verdict_name(verdict));
	jsonw_string(show->w, "verdict_text", verdict_text(verdict));
	jsonw_object_end(show->w);
}

static void open_rmr(struct show *show, const struct rec_rmr *r)
{
	const char *source = r->source == REC_RMR_DT ? "devicetree" : "IORT";

	if (!show->w) {
		printf("0x%llx-0x%llx on SMMU %u, from the %s: %s, %s%s\n", ULL(r->base),
		       ULL(r->base + (r->bytes ? r->bytes - 1 : 0)), r->smmu, source,
		       r->flags & 1 ? "may be remapped" : "must stay where it is",
		       memory_type(r->flags), r->flags & 2 ? ", privileged" : "");
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
	_cleanup_(free_directs) struct directs directs = { 0 };
	_cleanup_recfile_ struct recfile file = { 0 };
	struct show show = { .story = &file.story, .directs = &directs };
	struct jsonw w;
	size_t i;

	if (recfile_open(ctl, args[0], &file) < 0)
		return EXIT_FAILED;
	if (read_directs(&directs, file.input.data, file.input.len) < 0) {
		ctl_message("%s: %s", args[0], strerror(ENOMEM));
		return EXIT_FAILED;
	}
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

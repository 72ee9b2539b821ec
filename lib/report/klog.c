// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * klog.c - see klog.h. Every item has its line number, so that the reader can find it in the log.
 */
#include "lib/report/klog.h"

#include <string.h>

#include "core/event.h"
#include "lib/report/json.h"
#include "lib/report/text.h"

bool report_klog_worth(enum klog_what what)
{
	return what > KLOG_ORDINARY;
}

void report_klog_line(FILE *out, const char *file, u64 number, const struct logline *line)
{
	if (file)
		fprintf(out, "%s:", file);
	fprintf(out, "%*llu  %s\n", file ? 1 : 6, number, line->whole);
}

static const char *producer_of(enum klog_what what)
{
	return what == KLOG_HELPER   ? rec_producer_name(REC_PRODUCER_HELPER)
	       : what == KLOG_DAEMON ? rec_producer_name(REC_PRODUCER_DAEMON)
				     : "kernel";
}

void report_klog_entry(struct jsonw *w, const char *file, u64 number, const struct logline *line,
		       const struct klog_match *match)
{
	jsonw_object_begin(w, NULL);
	if (file)
		jsonw_string(w, "file", file);
	jsonw_u64(w, "line", number);
	if (line->has_time)
		jsonw_u64(w, "ns", line->ns);
	jsonw_string(w, "producer", producer_of(match->what));
	jsonw_string(w, "type", klog_what_name(match->what));
	if (match->name[0])
		jsonw_string(w,
			     match->what == KLOG_AER || match->what == KLOG_AER_BIT ? "device"
										    : "smmu_name",
			     match->name);
	if (match->words)
		jsonw_hex(w, "sid", match->sid);
	jsonw_string(w, "text", line->text);
	jsonw_object_end(w);
}

static void put_files(struct strbuf *ret, const struct klog *log)
{
	u8 i;

	for (i = 0; i < log->n_files; i++)
		strbuf_join(ret, ", ", log->files[i]);
}

void report_klog_head(const struct term *out, const struct klog *log)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	const struct klog_boot *b;
	unsigned int i;

	put_files(&text, log);
	term_field(out, 0, "log", "%s, %llu lines", strbuf_text(&text), log->lines);
	strbuf_reset(&text);
	klog_words(log, &text);
	term_field(out, 0, "", "%s", strbuf_text(&text));
	for (i = 0; (b = klog_boot_of(log, i)); i++)
		if (b->release[0])
			term_field(out, 0,
				   b != log->capture && (log->capture || b->sure) ? "crashed kernel"
										  : "kernel",
				   "%s", CLEAN(b->release));
	b = log->capture;
	if (!b || !(b->helper_lines + b->daemon_lines))
		return;
	term_field(out, 0, "smmu-adopt", "lines: %llu of the helper, %llu of the daemon",
		   b->helper_lines, b->daemon_lines);
}

static void put_place(struct jsonw *w, const struct klog *log, const char *prefix,
		      const struct klog_place *place)
{
	char key[32];

	if (!place->line)
		return;
	(void)snprintf(key, sizeof(key), "%sline", prefix);
	jsonw_u64(w, key, place->line);
	(void)snprintf(key, sizeof(key), "%sfile", prefix);
	if (log->n_files > 1)
		jsonw_string(w, key, log->files[place->file]);
	(void)snprintf(key, sizeof(key), "%sns", prefix);
	if (place->has_time)
		jsonw_u64(w, key, place->ns);
}

/* "count" and where, into an open object. */
static void put_span(struct jsonw *w, const struct klog *log, const struct klog_count *c)
{
	jsonw_u64(w, "count", c->n);
	put_place(w, log, "first_", &c->first);
	put_place(w, log, "last_", &c->last);
	if (c->said[0])
		jsonw_string(w, "text", c->said);
}

static void put_count(struct jsonw *w, const struct klog *log, const char *key,
		      const struct klog_count *c)
{
	if (!c->n)
		return;
	jsonw_object_begin(w, key);
	put_span(w, log, c);
	jsonw_object_end(w);
}

static void put_smmu(struct jsonw *w, const struct klog *log, const struct klog_smmu *s)
{
	jsonw_object_begin(w, NULL);
	jsonw_string(w, "name", s->name);
	put_place(w, log, "adopted_", &s->kept);
	put_place(w, log, "reset_", &s->reset);
	put_place(w, log, "reason_", &s->why);
	if (s->why_text[0])
		jsonw_string(w, "reason_text", s->why_text);
	put_count(w, log, "reset_trouble", &s->trouble);
	put_count(w, log, "command_timeouts", &s->cmd_sync);
	put_count(w, log, "global_errors", &s->gerror);
	put_count(w, log, "events_lost", &s->events_lost);
	jsonw_object_end(w);
}

static void put_events(struct jsonw *w, const struct klog *log, const struct klog_boot *b)
{
	size_t i;

	jsonw_array_begin(w, "events");
	for (i = 0; i < b->n_events; i++) {
		const struct klog_event *e = &b->events[i];
		const char *name = event_name(e->id);

		jsonw_object_begin(w, NULL);
		jsonw_string(w, "smmu_name", b->smmus[e->smmu].name);
		jsonw_hex(w, "id", e->id);
		if (name)
			jsonw_string(w, "name", name);
		if (e->has_sid)
			jsonw_hex(w, "sid", e->sid);
		if (e->client[0])
			jsonw_string(w, "client", e->client);
		put_span(w, log, &e->count);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
	if (b->suppressed)
		jsonw_u64(w, "events_not_printed", b->suppressed);
}

static void put_devices(struct jsonw *w, const struct klog *log, const struct klog_boot *b)
{
	size_t i;

	jsonw_array_begin(w, "pcie_errors");
	for (i = 0; i < b->n_devices; i++) {
		const struct klog_device *d = &b->devices[i];

		if (!d->count.n)
			continue;
		jsonw_object_begin(w, NULL);
		jsonw_string(w, "device", d->name);
		if (d->driver[0])
			jsonw_string(w, "driver", d->driver);
		if (d->error[0])
			jsonw_string(w, "error", d->error);
		jsonw_bool(w, "corrected", d->corrected);
		jsonw_bool(w, "storm", klog_is_storm(log, b, d));
		jsonw_u64(w, "after_reset", d->after_reset);
		put_span(w, log, &d->count);
		jsonw_object_end(w);
	}
	jsonw_array_end(w);
}

static void put_boot(struct jsonw *w, const struct klog *log, const struct klog_boot *b)
{
	size_t i;

	jsonw_object_begin(w, NULL);
	jsonw_string(w, "kernel", klog_kernel_name(b->kernel));
	if (b->release[0])
		jsonw_string(w, "release", b->release);
	put_place(w, log, "first_", &b->first);
	put_place(w, log, "last_", &b->last);
	jsonw_u64(w, "helper_lines", b->helper_lines);
	jsonw_u64(w, "daemon_lines", b->daemon_lines);
	jsonw_u64(w, "smmu_lines", b->about_smmu);
	jsonw_array_begin(w, "smmus");
	for (i = 0; i < b->n_smmus; i++)
		put_smmu(w, log, &b->smmus[i]);
	jsonw_array_end(w);
	put_events(w, log, b);
	put_devices(w, log, b);
	put_count(w, log, "hardware_errors", &b->hw_error);
	put_count(w, log, "serrors", &b->serror);
	put_count(w, log, "panics", &b->panic);
	if (b->lost)
		jsonw_u64(w, "not_counted", b->lost);
	jsonw_object_end(w);
}

void report_klog_json(struct jsonw *w, const struct klog *log)
{
	_cleanup_strbuf_ struct strbuf words = { 0 };
	unsigned int i;
	u8 f;

	jsonw_object_begin(w, "log");
	jsonw_array_begin(w, "files");
	for (f = 0; f < log->n_files; f++)
		jsonw_string(w, NULL, log->files[f]);
	jsonw_array_end(w);
	jsonw_u64(w, "lines", log->lines);
	jsonw_u64(w, "boots", log->boots);
	klog_words(log, &words);
	jsonw_string(w, "text", strbuf_text(&words));
	jsonw_array_begin(w, "kernels");
	for (i = 0; klog_boot_of(log, i); i++)
		put_boot(w, log, klog_boot_of(log, i));
	jsonw_array_end(w);
	jsonw_object_end(w);
}

static int by_count(const void *a, const void *b)
{
	const struct klog_event *const *x = a, *const *y = b;

	if ((*x)->count.n != (*y)->count.n)
		return (*x)->count.n > (*y)->count.n ? -1 : 1;
	return *x < *y ? -1 : *x > *y;
}

static u64 put_boot_events(FILE *out, const struct klog *log, const struct klog_boot *b)
{
	const struct klog_event *sorted[KLOG_EVENTS];
	u64 n = b->suppressed;
	size_t i;

	for (i = 0; i < b->n_events; i++)
		sorted[i] = &b->events[i];
	if (i)
		qsort(sorted, i, sizeof(sorted[0]), by_count);
	if (i || b->suppressed)
		fprintf(out, "\nEvents that %s kernel printed\n",
			b == log->capture		   ? "the capture"
			: b->kernel == KLOG_KERNEL_CRASHED ? "the crashed"
							   : "a");
	for (i = 0; i < b->n_events; i++) {
		const struct klog_event *e = sorted[i];
		const char *name = event_name(e->id);
		char sid[24] = "StreamID not known";

		if (e->has_sid)
			(void)snprintf(sid, sizeof(sid), "StreamID 0x%x", e->sid);
		fprintf(out, "  %8llu  %-18s %s%s%s, %s, %s\n", e->count.n, name ? name : "unknown",
			sid, e->client[0] ? " " : "", CLEAN(e->client),
			CLEAN(b->smmus[e->smmu].name), KLOG_WHERE(log, &e->count.first));
		n += e->count.n;
	}
	if (b->suppressed)
		fprintf(out, "  %8llu  events not printed: the kernel limits the rate\n",
			b->suppressed);
	if (b->lost)
		fprintf(out,
			"  %8llu  lines not counted: the log has more kinds than there is room for\n",
			b->lost);
	return n;
}

u64 report_klog_events(FILE *out, const struct klog *log)
{
	unsigned int i;
	u64 n = 0;

	for (i = 0; klog_boot_of(log, i); i++)
		n += put_boot_events(out, log, klog_boot_of(log, i));
	return n;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_events.c - "events FILE": print the event ring of each SMMU as the crash left it, and the
 * newest commands.
 *
 * A storm of faults is the usual reason for a full ring. So the text first counts events by kind
 * and StreamID, and then shows the newest entries; --json has all of them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "core/names.h"
#include "ctl/triage/event_count.h"
#include "ctl/triage/event_words.h"
#include "ctl/input/file.h"
#include "ctl/triage/rings.h"
#include "lib/base/cleanup.h"
#include "lib/base/jsonw.h"
#include "lib/story/facts.h"
#include "lib/report/klog.h"
#include "lib/report/text.h"

#define SHOWN_EVENTS 64u
#define SHOWN_COMMANDS 32u
#define SHOWN_KINDS 20u

struct show {
	const struct term *term;
	struct recfile *file;
	struct rings *rings;
	const struct ring *ring;
	struct jsonw *w;
	size_t skip; /* number of older entries that are not shown */
	bool unread; /* the last printed entry was unread */
	bool started;
};

static const char *device_name(const struct show *s, u32 sid)
{
	const struct story_device *d = story_device_of(&s->file->story, s->ring->head.smmu, sid);

	return d ? d->last.name : NULL;
}

static int count_one(void *priv, const struct ring_entry *e)
{
	(void)e;
	++*(size_t *)priv;
	return 0;
}

static int print_event(void *priv, const struct ring_entry *entry)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct show *s = priv;
	struct event_view e;
	const char *name;
	char label[16];

	if (s->skip) {
		s->skip--;
		return 0;
	}
	(void)event_decode(entry->raw, EVENT_BYTES, &e);
	if (!s->started || s->unread != entry->unread)
		printf("  %s, oldest first\n", entry->unread ? "not read by the crashed kernel"
							     : "read by the crashed kernel");
	s->started = true;
	s->unread = entry->unread;
	event_words_name(&text, &e);
	name = device_name(s, e.sid);
	strbuf_printf(&text, " by StreamID 0x%x%s%s, ", e.sid, name ? " " : "",
		      name ? CLEAN(name) : "");
	event_words(&text, &e);
	(void)snprintf(label, sizeof(label), "%u", entry->index);
	term_field(s->term, 4, label, "%s", strbuf_text(&text));
	return 0;
}

static int print_command(void *priv, const struct ring_entry *entry)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct event_cmd_view c;
	struct show *s = priv;

	if (s->skip) {
		s->skip--;
		return 0;
	}
	(void)event_cmd_decode(entry->raw, EVENT_CMD_BYTES, &c);
	event_words_command(&text, &c);
	strbuf_puts(&text, entry->unread ? " (not done)" : "");
	printf("  %8u  ", entry->index);
	term_wrap(s->term, 12, 14, strbuf_text(&text));
	return 0;
}

static int print_raw(void *priv, const struct ring_entry *entry)
{
	struct show *s = priv;

	if (s->skip) {
		s->skip--;
		return 0;
	}
	printf("  %8u  0x%llx 0x%llx%s\n", entry->index, core_ld64(entry->raw),
	       core_ld64(entry->raw + 8), entry->unread ? "  (not read)" : "");
	return 0;
}

static void print_counts(const struct show *s)
{
	_cleanup_(event_count_free) struct event_count count = { 0 };
	_cleanup_strbuf_ struct strbuf text = { 0 };
	size_t i;

	if (event_count(&count, s->rings, s->ring) < 0)
		return;
	for (i = 0; i < count.n && i < SHOWN_KINDS; i++) {
		const struct event_kind *k = &count.kind[i];
		const char *name = device_name(s, k->sid), *event = event_name(k->id);

		printf("  %8u  %-18s ", k->count, event ? event : "unknown");
		strbuf_reset(&text);
		strbuf_printf(&text, "StreamID 0x%x%s%s", k->sid, name ? " " : "",
			      name ? CLEAN(name) : "");
		term_wrap(s->term, 31, 31, strbuf_text(&text));
	}
	if (count.n > i)
		printf("  and %zu more kinds\n", count.n - i);
}

/*
 * For the crashed kernel's event queue: tell what an empty queue means, and whether the capture
 * kernel turned it off.
 */
static void print_span(const struct show *s, size_t entries)
{
	const struct ring *ring = s->ring;

	if (!ring_is_crash_events(ring))
		return;
	if (!entries && !ring->missing)
		puts("  the crashed kernel's queue is empty: no event before the crash");
	if (ring->off)
		puts("  the queue is off in the capture kernel (CR0.EVTQEN=0): later faults "
		     "are lost");
}

static void print_head(const struct show *s, size_t entries)
{
	static const char *const names[] = { "", "command queue", "event queue", "PRI queue" };
	const struct rec_queue *q = &s->ring->head;
	_cleanup_strbuf_ struct strbuf text = { 0 };

	strbuf_printf(&text, "SMMU %u, %s", q->smmu, names[q->queue <= 3 ? q->queue : 0]);
	if (s->ring->unread)
		strbuf_printf(&text, ": %s", s->ring->unread);
	else
		strbuf_printf(&text, " at 0x%llx: %u of %u entries used, %u of them %s", q->base,
			      (u32)entries, q->entries, s->ring->pending,
			      q->queue == SMMU_QUEUE_CMD ? "not yet done" : "not yet read");
	if (s->ring != s->rings->ring)
		putchar('\n');
	term_paragraph(s->term, 0, strbuf_text(&text));
	if (s->ring->unread)
		return;
	if (s->ring->overflow)
		puts("  OVERFLOW: the ring was full, and later events are lost");
	if (s->ring->capture)
		puts("  this queue is the capture kernel's own: it tells nothing about the crash");
	if (s->ring->from_dump)
		puts("  the entries were read from the dump");
	print_span(s, entries);
}

static void print_ring(struct show *s)
{
	static ring_fn const print[] = { NULL, print_command, print_event, print_raw };
	u32 shown = s->ring->head.queue == SMMU_QUEUE_EVENT ? SHOWN_EVENTS : SHOWN_COMMANDS;
	size_t n = 0;

	(void)ring_each(s->rings, s->ring, count_one, &n);
	print_head(s, n);
	if (s->ring->unread || !n)
		return;
	if (s->ring->head.queue == SMMU_QUEUE_EVENT)
		print_counts(s);
	s->skip = n > shown ? n - shown : 0;
	s->started = false;
	if (s->skip)
		printf("  the newest %u; --json also has the %zu older ones\n", shown, s->skip);
	(void)ring_each(s->rings, s->ring, print[s->ring->head.queue], s);
}

static int json_event(void *priv, const struct ring_entry *entry)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct show *s = priv;
	struct jsonw *w = s->w;
	struct event_view e;

	(void)event_decode(entry->raw, EVENT_BYTES, &e);
	jsonw_object_begin(w, NULL);
	jsonw_u64(w, "index", entry->index);
	jsonw_bool(w, "unread", entry->unread);
	jsonw_hex(w, "id", e.id);
	if (e.name)
		jsonw_string(w, "name", e.name);
	jsonw_hex(w, "sid", e.sid);
	if (device_name(s, e.sid))
		jsonw_string(w, "device", device_name(s, e.sid));
	if (e.has & EVENT_HAS_SSID)
		jsonw_hex(w, "ssid", e.ssid);
	if (e.has & EVENT_HAS_INPUT)
		jsonw_hex(w, "input", e.input);
	if (e.has & EVENT_HAS_ACCESS) {
		jsonw_string(w, "access", event_words_access(&e));
		jsonw_bool(w, "privileged", e.privileged);
	}
	if (e.has & EVENT_HAS_CLASS) {
		jsonw_string(w, "class", event_class_name(e.class));
		jsonw_bool(w, "stage2", e.s2);
	}
	if (e.has & EVENT_HAS_IPA)
		jsonw_hex(w, "ipa", e.ipa);
	if (e.has & EVENT_HAS_FETCH)
		jsonw_hex(w, "fetch", e.fetch);
	if ((e.has & EVENT_HAS_STALL) && e.stalled)
		jsonw_hex(w, "stag", e.stag);
	event_words(&text, &e);
	jsonw_string(w, "text", strbuf_text(&text));
	jsonw_bytes(w, "raw", entry->raw, EVENT_BYTES);
	jsonw_object_end(w);
	return w->error;
}

static int json_command(void *priv, const struct ring_entry *entry)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct show *s = priv;
	struct jsonw *w = s->w;
	struct event_cmd_view c;

	(void)event_cmd_decode(entry->raw, EVENT_CMD_BYTES, &c);
	jsonw_object_begin(w, NULL);
	jsonw_u64(w, "index", entry->index);
	jsonw_bool(w, "unread", entry->unread);
	if (s->ring->head.queue == SMMU_QUEUE_CMD) {
		jsonw_hex(w, "id", c.opcode);
		if (c.name)
			jsonw_string(w, "name", c.name);
		if (c.has_sid)
			jsonw_hex(w, "sid", c.sid);
		if (c.has_asid)
			jsonw_u64(w, "asid", c.asid);
		if (c.has_vmid)
			jsonw_u64(w, "vmid", c.vmid);
		if (c.has_addr)
			jsonw_hex(w, "addr", c.addr);
		event_words_command(&text, &c);
		jsonw_string(w, "text", strbuf_text(&text));
	}
	jsonw_bytes(w, "raw", entry->raw, EVENT_CMD_BYTES);
	jsonw_object_end(w);
	return w->error;
}

static void json_ring(struct show *s)
{
	const struct rec_queue *q = &s->ring->head;

	jsonw_object_begin(s->w, NULL);
	jsonw_u64(s->w, "smmu", q->smmu);
	jsonw_string(s->w, "queue", smmu_queue_name(q->queue));
	if (s->ring->unread) {
		jsonw_string(s->w, "not_known", s->ring->unread);
		jsonw_object_end(s->w);
		return;
	}
	jsonw_hex(s->w, "base", q->base);
	jsonw_u64(s->w, "size", q->entries);
	jsonw_hex(s->w, "prod", q->prod);
	jsonw_hex(s->w, "cons", q->cons);
	jsonw_u64(s->w, "pending", s->ring->pending);
	if (q->queue != SMMU_QUEUE_CMD)
		jsonw_bool(s->w, "overflow", s->ring->overflow);
	jsonw_bool(s->w, "of_capture_kernel", s->ring->capture);
	jsonw_bool(s->w, "off", s->ring->off);
	jsonw_string(s->w, "read_from", s->ring->from_dump ? "dump" : "snapshot");
	jsonw_u64(s->w, "missing", s->ring->missing);
	jsonw_array_begin(s->w, "entries");
	(void)ring_each(s->rings, s->ring, q->queue == SMMU_QUEUE_EVENT ? json_event : json_command,
			s);
	jsonw_array_end(s->w);
	jsonw_object_end(s->w);
}

static void say_gap(const struct show *s, const char *label, const char *sentence)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	strbuf_printf(&text, "%s%s", label, sentence);
	term_paragraph(s->term, 2, strbuf_text(&text));
}

/* Print each reason why the answer is partial, as text or into @w. Returns their number. */
static size_t say_gaps(const struct show *s, struct jsonw *w)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	size_t i, n = 0;

	for (i = 0; i < s->rings->n_rings; i++) {
		const struct ring *ring = &s->rings->ring[i];

		if (ring->capture || ring->head.queue != SMMU_QUEUE_EVENT ||
		    (ring->head.odd & QUEUE_ODD_NULL) || (!ring->missing && !ring->unread))
			continue;
		strbuf_reset(&text);
		if (ring->missing)
			strbuf_printf(
				&text,
				"SMMU %u: %u of %u entries of its event queue are not recorded",
				ring->head.smmu, ring->missing, ring->head.entries);
		else
			strbuf_printf(&text, "SMMU %u: the event queue was not read: %s",
				      ring->head.smmu, ring->unread);
		n++;
		if (w)
			jsonw_string(w, NULL, strbuf_text(&text));
		else
			say_gap(s, "not known: ", strbuf_text(&text));
	}
	if (s->file->belong.verdict == BELONG_NO) {
		strbuf_reset(&text);
		strbuf_printf(&text, "the records do not belong to the dump: %s",
			      s->file->belong.why);
		n++;
		if (w)
			jsonw_string(w, NULL, strbuf_text(&text));
		else
			say_gap(s, "", strbuf_text(&text));
	}
	if (!s->rings->n_rings) {
		n++;
		if (w)
			jsonw_string(w, NULL, "the records have no queue");
		else
			puts("the records have no queue");
	}
	return n;
}

static size_t answer_json(struct show *s, const char *name)
{
	struct jsonw w;
	size_t i, gaps;

	s->w = &w;
	jsonw_init(&w, stdout);
	jsonw_object_begin(&w, NULL);
	jsonw_string(&w, "schema", SCHEMA_EVENTS);
	jsonw_string(&w, "file", name);
	jsonw_string(&w, "records", s->file->input.name);
	jsonw_array_begin(&w, "queues");
	for (i = 0; i < s->rings->n_rings; i++) {
		s->ring = &s->rings->ring[i];
		json_ring(s);
	}
	jsonw_array_end(&w);
	jsonw_array_begin(&w, "gaps");
	gaps = say_gaps(s, &w);
	jsonw_array_end(&w);
	jsonw_bool(&w, "partial", gaps || s->file->partial);
	jsonw_object_end(&w);
	(void)jsonw_finish(&w); /* a failure is said by ctl_run() */
	return gaps;
}

static size_t answer_text(struct show *s)
{
	size_t i;

	for (i = 0; i < s->rings->n_rings; i++) {
		s->ring = &s->rings->ring[i];
		print_ring(s);
	}
	return say_gaps(s, NULL);
}

/* A log has no queue, only what the kernel printed of the events that it read. */
static enum exit_code events_of_log(const struct ctl *ctl, const char *name,
				    const struct recfile *file)
{
	static const char gap[] =
		"a kernel log has only the events that the kernel printed, not the "
		"queues";
	struct jsonw w;

	if (!ctl->json) {
		if (!report_klog_events(stdout, &file->log))
			puts("the log has no event");
		printf("  not known: %s\n", gap);
		return EXIT_PARTIAL;
	}
	jsonw_init(&w, stdout);
	jsonw_object_begin(&w, NULL);
	jsonw_string(&w, "schema", SCHEMA_EVENTS);
	jsonw_string(&w, "file", name);
	report_klog_json(&w, &file->log);
	jsonw_array_begin(&w, "queues");
	jsonw_array_end(&w);
	jsonw_array_begin(&w, "gaps");
	jsonw_string(&w, NULL, gap);
	jsonw_array_end(&w);
	jsonw_bool(&w, "partial", true);
	jsonw_object_end(&w);
	(void)jsonw_finish(&w); /* a failure is said by ctl_run() */
	return EXIT_PARTIAL;
}

enum exit_code ctl_events(const struct ctl *ctl, char **args)
{
	_cleanup_recfile_ struct recfile file = RECFILE_OR_LOG;
	_cleanup_memdump_ struct memdump mem = { 0 };
	_cleanup_rings_ struct rings rings = { 0 };
	struct show show = { .term = &ctl->term, .file = &file, .rings = &rings };
	struct errbuf err;
	size_t gaps;
	bool dump;

	if (recfile_open(ctl, args[0], &file) < 0)
		return EXIT_FAILED;
	if (file.story.log)
		return events_of_log(ctl, args[0], &file);
	/* The dump fills the gaps of the records. */
	dump = file.dump[0] && memdump_open(&file.dump_file, file.dump, &mem, &err) >= 0;
	if (rings_read(&rings, &file.story, file.input.data, file.input.len, dump ? &mem : NULL) <
	    0) {
		ctl_message("%s: %s", args[0], strerror(ENOMEM));
		return EXIT_FAILED;
	}
	gaps = ctl->json ? answer_json(&show, args[0]) : answer_text(&show);
	return gaps || file.partial ? EXIT_PARTIAL : EXIT_DONE;
}

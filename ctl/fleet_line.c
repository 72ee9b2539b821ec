// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * fleet_line.c - count one crash, and write it as one line of JSON or as an entry of journald.
 */
#include "ctl/fleet_line.h"

#include <string.h>

#include "core/event.h"
#include "core/names.h"
#include "lib/base/jsonw.h"
#include "lib/report/json.h"
#include "lib/story/klog.h"
#include "lib/machine/journald.h"

static void name_it(struct crash *c, const struct recfile *file)
{
	const u8 *id = story_boot_id(c->story);
	size_t i;

	if (file->story.log) {
		(void)snprintf(c->id, sizeof(c->id), "%08x-%llx", file->log.crc, file->log.lines);
		return;
	}
	if (!id) {
		(void)snprintf(c->id, sizeof(c->id), "%08x-%zx",
			       rec_crc32(0, file->input.data, file->input.len), file->input.len);
		return;
	}
	for (i = 0; i < sizeof(c->story->helper.boot_id); i++)
		(void)snprintf(c->id + 2 * i, 3, "%02x", id[i]);
}

int crash_sum_up(struct crash *c, const struct recfile *file)
{
	int r = recfile_judge(file, &c->verdict);

	if (r < 0)
		return r;
	c->story = &file->story;
	c->records = file->input.name;
	name_it(c, file);
	return crash_cause(c, file);
}

void crash_clear(struct crash *crash)
{
	strbuf_free(&crash->cause);
	verdict_clear(&crash->verdict);
}

static void put_text(struct jsonw *w, const char *key, const char *text)
{
	if (text[0])
		jsonw_string(w, key, text);
}

static void put_origin(struct jsonw *w, const struct crash *c)
{
	const struct story *s = c->story;
	const struct rec_file *any = s->has_daemon ? &s->daemon : &s->helper;

	jsonw_string(w, "folder", c->folder);
	jsonw_string(w, "records", c->records);
	put_text(w, "host", c->host);
	put_text(w, "dump", c->dump);
	if (c->dump[0])
		jsonw_u64(w, "dump_bytes", c->dump_bytes);
	if (any->wall_s)
		jsonw_u64(w, "wall_s", any->wall_s);
	report_json_crashed(w, s);
	put_text(w, "panic", c->panic);
	put_text(w, "kernel", s->log && s->log->capture ? s->log->capture->release : any->kernel);
	put_text(w, "helper", s->helper.program);
	put_text(w, "daemon", s->daemon.program);
}

static void put_result(struct jsonw *w, const struct crash *c)
{
	_cleanup_strbuf_ struct strbuf verdict = { 0 };
	const struct report_totals *t = &c->verdict.totals;
	const struct story *s = c->story;

	report_verdict(s, t, &verdict);
	jsonw_string(w, "verdict", strbuf_text(&verdict));
	jsonw_string(w, "verdict_level", verdict_level_name(c->verdict.level));
	jsonw_string(w, "state", adopt_state_name(t->state));
	if (s->n_smmus)
		jsonw_string(w, "reason", adopt_reason_text(t->reason));
	jsonw_u64(w, "report_exit", (u64)c->verdict.code);
	jsonw_u64(w, "smmus", s->n_smmus);
	if (s->n_smmus && (report_smmu_last(&s->smmus[0])->evidence & ADOPT_EV_REGS))
		jsonw_hex(w, "smmu_iidr", report_smmu_last(&s->smmus[0])->regs.iidr);
	report_json_totals(w, t);
	if (t->counted)
		jsonw_u64(w, "late_devices", t->n_missed);
	if (t->n_missed) {
		jsonw_string(w, "late_device", t->missed[0]->last.name);
		jsonw_string(w, "late_kind", CRASH_KIND(t->missed[0]));
		put_text(w, "late_driver", t->missed[0]->last.driver);
	}
}

static void put_trouble(struct jsonw *w, const struct crash *c)
{
	const struct verdict *v = &c->verdict;
	const char *event = event_name(c->events.id);
	u32 health = 0;
	size_t i;

	jsonw_u64(w, "errors", v->errors);
	jsonw_u64(w, "warnings", v->warnings);
	if (v->n) {
		jsonw_string(w, "finding", v->findings[0].name);
		jsonw_string(w, "finding_text", v->findings[0].text);
		if (v->findings[0].advice)
			jsonw_string(w, "advice", v->findings[0].advice);
	}
	jsonw_u64(w, "failed_steps", report_count_steps(c->story).failed);
	jsonw_u64(w, "unread_events", c->events.unread);
	jsonw_bool(w, "events_lost", c->events.lost);
	if (c->events.most) {
		jsonw_string(w, "event", event ? event : "unknown");
		jsonw_hex(w, "event_sid", c->events.sid);
		jsonw_string(w, "event_kind",
			     CRASH_KIND(story_device_of(c->story, c->events.smmu, c->events.sid)));
	}
	for (i = 0; i < c->story->n_smmus; i++) {
		const struct story_smmu *s = &c->story->smmus[i];
		u32 score = s->crash.health_score;

		if (s->has_crash && !s->own_table && score && (!health || score < health))
			health = score;
	}
	if (health)
		jsonw_u64(w, "health_score", health - 1);
}

static void put_cost(struct jsonw *w, const struct story *s, const struct report_totals *t)
{
	if (s->n_stages)
		jsonw_string(w, "stage", rec_stage_name(s->stages[s->n_stages - 1].stage.stage));
	if (!s->has_usage)
		return;
	report_json_took(w, s, t);
	jsonw_u64(w, "peak_rss_kib", s->usage.peak_rss_kib);
}

/* The counts of a kernel log, summed over both kernels. */
static void put_log(struct jsonw *w, const struct klog *log)
{
	u64 events = 0, pcie = 0, serrors = 0, timeouts = 0, gerrors = 0;
	const struct klog_boot *b;
	unsigned int k;
	size_t i;

	for (k = 0; (b = klog_boot_of(log, k)); k++) {
		for (i = 0; i < b->n_events; i++)
			events += b->events[i].count.n;
		for (i = 0; i < b->n_devices; i++)
			pcie += b->devices[i].count.n;
		for (i = 0; i < b->n_smmus; i++) {
			timeouts += b->smmus[i].cmd_sync.n;
			gerrors += b->smmus[i].gerror.n;
		}
		serrors += b->serror.n;
	}
	jsonw_bool(w, "from_log", true);
	jsonw_u64(w, "log_lines", log->lines);
	jsonw_u64(w, "log_events", events);
	jsonw_u64(w, "log_pcie_errors", pcie);
	jsonw_u64(w, "log_serrors", serrors);
	jsonw_u64(w, "log_command_timeouts", timeouts);
	jsonw_u64(w, "log_global_errors", gerrors);
	jsonw_bool(w, "log_capture", log->capture != NULL);
}

static const char *signature(char buf[20], const struct crash *c)
{
	(void)snprintf(buf, 20, "%016llx", c->signature);
	return buf;
}

int crash_write(FILE *out, const struct crash *c)
{
	char buf[20];
	struct jsonw w;

	jsonw_init_line(&w, out);
	jsonw_object_begin(&w, NULL);
	jsonw_string(&w, "schema", SCHEMA_CRASH);
	jsonw_string(&w, "crash_id", c->id);
	jsonw_string(&w, "signature", signature(buf, c));
	jsonw_string(&w, "cause", strbuf_text(&c->cause));
	put_origin(&w, c);
	put_result(&w, c);
	put_trouble(&w, c);
	put_cost(&w, c->story, &c->verdict.totals);
	if (c->story->log)
		put_log(&w, c->story->log);
	jsonw_bool(&w, "partial", c->verdict.partial);
	jsonw_object_end(&w);
	return jsonw_finish(&w);
}

/* Add a field of one line: a character that would end the line becomes '?'. */
static void field(struct strbuf *entry, const char *key, const char *value)
{
	strbuf_printf(entry, "%s=", key);
	for (; *value; value++)
		strbuf_putc(entry, (unsigned char)*value < 0x20 || *value == 0x7f ? '?' : *value);
	strbuf_putc(entry, '\n');
}

static int as_json(const struct crash *c, char **ret)
{
	size_t len;
	FILE *out = open_memstream(ret, &len);
	int r = out ? crash_write(out, c) : -ENOMEM;

	if (out && fclose(out) && r >= 0)
		r = -ENOMEM;
	if (r >= 0 && len)
		(*ret)[len - 1] = 0; /* the newline */
	return r;
}

int crash_to_journald(int fd, const struct crash *c)
{
	_cleanup_strbuf_ struct strbuf entry = { 0 }, verdict = { 0 };
	const struct story *s = c->story;
	_cleanup_free_ char *json = NULL;
	char buf[20];
	int r = as_json(c, &json);

	if (r < 0)
		return r;
	report_verdict(s, &c->verdict.totals, &verdict);
	field(&entry, "MESSAGE", strbuf_text(&verdict));
	field(&entry, "MESSAGE_ID", MESSAGE_ID_CRASH);
	field(&entry, "PRIORITY", c->verdict.level == VERDICT_OK ? "5" : "4");
	field(&entry, "SYSLOG_IDENTIFIER", NAME_CTL);
	field(&entry, "SMMU_ADOPT_SIGNATURE", signature(buf, c));
	field(&entry, "SMMU_ADOPT_CAUSE", strbuf_text(&c->cause));
	field(&entry, "SMMU_ADOPT_CRASH_ID", c->id);
	field(&entry, "SMMU_ADOPT_STATE", adopt_state_name(c->verdict.totals.state));
	field(&entry, "SMMU_ADOPT_HOST", c->host[0] ? c->host : "this machine");
	field(&entry, "SMMU_ADOPT_FOLDER", c->folder);
	field(&entry, "SMMU_ADOPT_RECORD", json);
	if (entry.error || verdict.error)
		return -ENOMEM;
	return journald_send_lines(fd, entry.data, entry.len);
}

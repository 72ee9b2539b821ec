// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * klog_findings.c - makes findings of the trouble in a log, with the line numbers.
 *
 * What happened in the crashed kernel was before the crash: its SErrors and its panic are why it
 * crashed, and weigh less than those of the capture kernel.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/event.h"
#include "lib/story/klog.h"
#include "lib/story/names.h"
#include "lib/story/verdict.h"

#define KINDS_SHOWN 8u /* findings about events, of a boot */
#define NO_SMMU UINT32_MAX

struct teller {
	const struct klog *log;
	const struct klog_boot *boot;
	struct verdict *verdict;
};

static bool is_capture(const struct teller *t)
{
	return t->boot == t->log->capture;
}

/* One degree less for the crashed kernel. */
static enum rec_severity degree(const struct teller *t, enum rec_severity severity)
{
	return is_capture(t) || severity == REC_SEV_INFO ? severity : severity - 1;
}

static void __attribute__((format(printf, 6, 7)))
finding(struct teller *t, u32 smmu, u32 sid, enum rec_severity severity, u32 code,
	const char *format, ...)
{
	struct finding *f;
	char text[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	f = verdict_add(t->verdict, code, "%s", text);
	if (!f)
		return;
	f->severity = (u16)severity;
	if (severity == REC_SEV_INFO)
		f->advice = NULL;
	f->has_smmu = smmu != NO_SMMU;
	f->smmu = smmu;
	f->sid = sid;
}

static const char *times(char buf[32], u64 n)
{
	(void)snprintf(buf, 32, n == 1 ? "once" : "%llu times", n);
	return buf;
}
#define TIMES(n) times((char[32]){ 0 }, n)

/* "3 times, line 10 at 4.1 s to line 90 at 8.2 s" */
static const char *span(char buf[320], const struct teller *t, const struct klog_count *c)
{
	(void)snprintf(buf, 320, "%s, %s%s%s", TIMES(c->n), KLOG_WHERE(t->log, &c->first),
		       c->n > 1 ? " to " : "", c->n > 1 ? KLOG_WHERE(t->log, &c->last) : "");
	return buf;
}
#define SPAN(t, c) span((char[320]){ 0 }, t, c)

static const char *when(const struct teller *t)
{
	return t->boot->kernel == KLOG_KERNEL_CRASHED ? " before the crash" : "";
}

/* Did the driver try to adopt, and refuse the table? */
static bool refused(const struct klog_smmu *s)
{
	return s->reason == ADOPT_WHY_FALLBACK || s->reason == ADOPT_WHY_GEOMETRY ||
	       s->reason == ADOPT_WHY_SCAN;
}

static void tell_reset(struct teller *t, const struct klog_smmu *s, u32 smmu)
{
	if ((s->reset.line || s->fell_back) && s->reason != ADOPT_WHY_STOCK)
		finding(t, smmu, REC_NO_SID, refused(s) ? REC_SEV_WARNING : REC_SEV_INFO,
			refused(s) ? REC_FIND_DRIVER_REFUSED : VERDICT_LOG_RESET, "%s: %s",
			KLOG_WHERE(t->log, &s->why), s->why_text);
	if (s->trouble.n)
		finding(t, smmu, REC_NO_SID, REC_SEV_ERROR, VERDICT_LOG_TROUBLE, "%s, %s",
			s->trouble.said, SPAN(t, &s->trouble));
	if (klog_ends_in_reset(t->boot, s))
		finding(t, smmu, REC_NO_SID, REC_SEV_ERROR, VERDICT_LOG_ENDS,
			"the log ends here, %s: the capture kernel may have stopped in the reset",
			KLOG_WHERE(t->log, &t->boot->last));
}

static void tell_smmu(struct teller *t, const struct klog_smmu *s)
{
	u32 smmu = klog_number(t->log, s->name);

	if (is_capture(t))
		tell_reset(t, s, smmu);
	if (s->cmd_sync.n)
		finding(t, smmu, REC_NO_SID, degree(t, REC_SEV_ERROR), VERDICT_LOG_CMD_SYNC,
			"the SMMU did not carry out commands%s: %s, %s", when(t), s->cmd_sync.said,
			SPAN(t, &s->cmd_sync));
	if (s->gerror.n)
		finding(t, smmu, REC_NO_SID, degree(t, REC_SEV_ERROR), VERDICT_LOG_GERROR,
			"the SMMU reported an error%s: %s, %s", when(t), s->gerror.said,
			SPAN(t, &s->gerror));
	if (s->events_lost.n)
		finding(t, smmu, REC_NO_SID, REC_SEV_INFO, VERDICT_LOG_EVENTS, "%s%s, %s",
			s->events_lost.said, when(t), SPAN(t, &s->events_lost));
}

/* The most frequent event with a count below @most, or equal to it and behind @at. */
static const struct klog_event *next_event(const struct klog_boot *b, u64 most,
					   const struct klog_event *at)
{
	const struct klog_event *best = NULL;
	size_t i;

	for (i = 0; i < b->n_events; i++) {
		const struct klog_event *e = &b->events[i];

		if (e->count.n > most || (e->count.n == most && e <= at))
			continue;
		if (!best || e->count.n > best->count.n)
			best = e;
	}
	return best;
}

/* The most frequent event makes a warning; the other events are information. */
static void tell_events(struct teller *t)
{
	const struct klog_event *e = NULL;
	const struct klog_boot *b = t->boot;
	u64 most = UINT64_MAX;
	size_t i;

	for (i = 0; i < KINDS_SHOWN; i++) {
		const char *name;

		e = next_event(b, most, e);
		if (!e)
			break;
		most = e->count.n;
		name = event_name(e->id);
		finding(t, klog_number(t->log, b->smmus[e->smmu].name),
			e->has_sid ? e->sid : REC_NO_SID, i ? REC_SEV_INFO : REC_SEV_WARNING,
			VERDICT_LOG_EVENTS, "%s%s%s%s%s, %s", name ? name : "an unknown event",
			e->client[0] ? " by " : "", e->client, when(t),
			e->has_sid ? "" : ", StreamID not printed", SPAN(t, &e->count));
	}
	if (b->n_events > KINDS_SHOWN)
		finding(t, NO_SMMU, REC_NO_SID, REC_SEV_INFO, VERDICT_LOG_EVENTS,
			"events of %zu more kinds%s; \"" NAME_CTL " events\" shows them",
			b->n_events - KINDS_SHOWN, when(t));
	if (b->suppressed)
		finding(t, NO_SMMU, REC_NO_SID, REC_SEV_INFO, VERDICT_LOG_EVENTS,
			"%llu more events%s were not printed: the kernel limits their rate",
			b->suppressed, when(t));
}

static void tell_device(struct teller *t, const struct klog_device *d)
{
	bool storm = klog_is_storm(t->log, t->boot, d);
	enum rec_severity severity = storm ? REC_SEV_ERROR : REC_SEV_WARNING;

	if (!d->count.n)
		return;
	finding(t, NO_SMMU, REC_NO_SID, d->corrected ? REC_SEV_INFO : degree(t, severity),
		VERDICT_LOG_AER, "%s%s%s: %s%sPCIe errors%s%s, %s", d->driver,
		d->driver[0] ? " " : "", d->name, storm ? "a storm of " : "",
		d->corrected ? "corrected " : "", d->error[0] ? ", first " : "", d->error,
		SPAN(t, &d->count));
}

static void tell_kernel(struct teller *t)
{
	const struct klog_boot *b = t->boot;
	const char *who = is_capture(t) ? "the capture kernel" : "the crashed kernel";

	if (b->hw_error.n)
		finding(t, NO_SMMU, REC_NO_SID, degree(t, REC_SEV_WARNING), VERDICT_LOG_AER,
			"firmware reported hardware errors to %s, %s", who, SPAN(t, &b->hw_error));
	if (b->serror.n)
		finding(t, NO_SMMU, REC_NO_SID, is_capture(t) ? REC_SEV_ERROR : REC_SEV_INFO,
			VERDICT_LOG_SERROR, "%s%s: %s, %s", who,
			b->reset_seen ? " after the SMMU's reset" : "", b->serror.said,
			SPAN(t, &b->serror));
	if (b->panic.n)
		finding(t, NO_SMMU, REC_NO_SID, is_capture(t) ? REC_SEV_ERROR : REC_SEV_INFO,
			VERDICT_LOG_PANIC, "%s, %s", b->panic.said,
			KLOG_WHERE(t->log, &b->panic.first));
}

static void tell_helper(struct teller *t)
{
	if (is_capture(t) && !t->boot->helper_lines)
		finding(t, NO_SMMU, REC_NO_SID,
			klog_cut_short(t->boot) ? REC_SEV_INFO : REC_SEV_WARNING, REC_FIND_HELPER,
			"the log has no line of " SMMU_ADOPT_MODULE ": %s",
			klog_no_helper(t->log, t->boot));
}

/* A driver without adoption logs the same line for each SMMU: report it once. */
static void tell_stock(struct teller *t)
{
	const struct klog_smmu *first = NULL;
	char more[48] = "";
	size_t n = 0, i;

	for (i = 0; i < t->boot->n_smmus && is_capture(t); i++) {
		const struct klog_smmu *s = &t->boot->smmus[i];

		if (!s->reset.line || s->reason != ADOPT_WHY_STOCK)
			continue;
		n++;
		first = first ? first : s;
	}
	if (!first)
		return;
	if (n > 1)
		(void)snprintf(more, sizeof(more), "; the same for %zu more SMMUs", n - 1);
	finding(t, n > 1 ? NO_SMMU : klog_number(t->log, first->name), REC_NO_SID, REC_SEV_INFO,
		VERDICT_LOG_RESET, "%s: %s: %s%s", KLOG_WHERE(t->log, &first->why), first->name,
		first->why_text, more);
}

void klog_findings(const struct klog *log, struct verdict *verdict)
{
	struct teller t = { .log = log, .verdict = verdict };
	unsigned int i;
	size_t k;

	for (i = 0; (t.boot = klog_boot_of(log, i)); i++) {
		for (k = 0; k < t.boot->n_smmus; k++)
			tell_smmu(&t, &t.boot->smmus[k]);
		tell_stock(&t);
		tell_events(&t);
		for (k = 0; k < t.boot->n_devices; k++)
			tell_device(&t, &t.boot->devices[k]);
		tell_kernel(&t);
		tell_helper(&t);
	}
}

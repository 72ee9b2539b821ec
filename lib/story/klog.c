// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * klog.c - reads each line of a log once, and counts it.
 *
 * A new boot begins with the kernel's first line. A quiet console does not show that line; there a
 * boot begins where the time goes back after "Starting crashdump kernel".
 *
 * The driver prints an event as a headline and four lines with one raw word each; newer kernels
 * print one more line, which describes the event. Other processors print in between, so the lines
 * of an event are put together by their SMMU. An event is counted once: when its description
 * comes, or else when the next event of that SMMU begins, or at the end of the log.
 */
#include "lib/story/klog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rec.h"

#define EVENT_WORDS 4u

const char *klog_kernel_name(enum klog_kernel kernel)
{
	static const char *const names[] = { "unknown", "capture", "crashed" };

	return names[kernel];
}

static void copy(char *to, size_t cap, const char *from)
{
	(void)snprintf(to, cap, "%.*s", (int)cap - 1, from);
}

static void count(struct klog_count *c, const struct klog_place *place, const char *said)
{
	if (!c->n++) {
		c->first = *place;
		copy(c->said, sizeof(c->said), said);
	}
	c->last = *place;
}

/* A boot for the lines to come; the last one is kept as the one before it. */
static int begin_boot(struct klog *log, enum klog_kernel kernel)
{
	struct klog_boot *spare = log->before;

	if (log->now && log->now->kernel == KLOG_KERNEL_CAPTURE) {
		/*
		 * The best boot so far is replaced; the boot before the capture kernel is kept
		 * with it.
		 */
		spare = log->best;
		free(log->best_before);
		log->best_before = log->before;
		log->best = log->now;
		log->before = NULL;
	} else {
		log->before = log->now;
	}
	if (spare)
		memset(spare, 0, sizeof(*spare));
	else
		spare = calloc(1, sizeof(*spare));
	log->now = spare;
	if (!spare)
		return -ENOMEM;
	log->boots++;
	spare->kernel = kernel;
	return 0;
}

int klog_file(struct klog *log, const char *name, enum klog_kernel kernel)
{
	if (log->n_files < KLOG_FILES)
		copy(log->files[log->n_files++], sizeof(log->files[0]), name);
	log->line = 0;
	return begin_boot(log, kernel);
}

int klog_dump(struct klog *log, const char *name)
{
	int rc = klog_file(log, name, KLOG_KERNEL_CRASHED);

	if (rc < 0)
		return rc;
	log->of_dump = log->now->sure = true;
	return 0;
}

bool klog_tells_crash(const struct klog *log)
{
	return log->now && log->now->kernel != KLOG_KERNEL_CAPTURE && log->now->why_crashed[0];
}

static bool is_new_boot(const struct klog_boot *b, const struct logline *line,
			const struct klog_match *m)
{
	if (!b->begun || b->sure)
		return false;
	/* A kernel's version comes in its second line. */
	if (m->what == KLOG_BOOT)
		return !(b->booting && !strncmp(m->said, "Linux version ", 14));
	return b->jumped && line->has_time && b->last.has_time && line->ns < b->last.ns;
}

static void take_boot(struct klog_boot *b, const char *said)
{
	static const char version[] = "Linux version ";

	b->booting = strncmp(said, version, sizeof(version) - 1) != 0;
	if (b->booting)
		return;
	said += sizeof(version) - 1;
	(void)snprintf(b->release, sizeof(b->release), "%.*s",
		       (int)strnlen(said, strcspn(said, " ")), said);
}

const struct klog_smmu *klog_find_smmu(const struct klog_boot *boot, const char *name)
{
	size_t i;

	for (i = 0; i < boot->n_smmus; i++)
		if (!strcmp(boot->smmus[i].name, name))
			return &boot->smmus[i];
	return NULL;
}

static struct klog_smmu *smmu_of(struct klog_boot *b, const char *name)
{
	const struct klog_smmu *there = klog_find_smmu(b, name);
	size_t i = b->n_smmus;

	if (there)
		return &b->smmus[there - b->smmus];
	if (i == KLOG_SMMUS) {
		b->lost++;
		return NULL;
	}
	copy(b->smmus[i].name, sizeof(b->smmus[i].name), name);
	b->n_smmus++;
	return &b->smmus[i];
}

static bool same_event(const struct klog_event *e, u32 smmu, bool has_sid, u32 sid, u8 id)
{
	return e->smmu == smmu && e->sid == sid && e->id == id && e->has_sid == has_sid;
}

static struct klog_event *event_of(struct klog_boot *b, u32 smmu, bool has_sid, u32 sid, u8 id)
{
	struct klog_event *e = &b->events[b->hint];
	size_t i;

	/* A storm is the same event over and over. */
	if (b->n_events && same_event(e, smmu, has_sid, sid, id))
		return e;
	for (i = 0; i < b->n_events && !same_event(&b->events[i], smmu, has_sid, sid, id); i++)
		;
	if (i == KLOG_EVENTS) {
		b->lost++;
		return NULL;
	}
	b->hint = i;
	e = &b->events[i];
	if (i == b->n_events) {
		b->n_events++;
		e->smmu = smmu;
		e->sid = sid;
		e->id = id;
		e->has_sid = has_sid;
	}
	return e;
}

static struct klog_event *count_event(struct klog_boot *b, struct klog_smmu *s, bool has_sid,
				      u32 sid, u8 id, const struct klog_place *first,
				      const struct klog_place *last)
{
	struct klog_event *e = event_of(b, (u32)(s - b->smmus), has_sid, sid, id);

	if (!e)
		return NULL;
	count(&e->count, first, "");
	e->count.last = *last;
	return e;
}

/* The event whose words stopped: its StreamID is in the first of them. */
static void close_event(struct klog_boot *b, struct klog_smmu *s)
{
	if (!s->open)
		return;
	s->open = false;
	(void)count_event(b, s, s->words > 0, s->words ? s->open_sid : 0, s->open_id, &s->open_at,
			  &s->open_end);
}

static void take_event(struct klog_boot *b, struct klog_smmu *s, const struct klog_match *m,
		       const struct klog_place *at)
{
	struct klog_event *e;

	if (m->what == KLOG_EVENT_WORD) {
		if (!s->open || s->words == EVENT_WORDS)
			return;
		s->open_end = *at;
		/* Bits 63:32 of the first word (IHI 0070, 7.3). */
		if (!s->words++)
			s->open_sid = (u32)(m->number >> 32);
		return;
	}
	if (!m->words) {
		close_event(b, s);
		s->open = true;
		s->words = 0;
		s->open_id = m->id;
		s->open_at = s->open_end = *at;
		return;
	}
	/* In plain words: the same event again, or one whose raw words are not in the log. */
	e = count_event(b, s, true, m->sid, s->open ? s->open_id : m->id,
			s->open ? &s->open_at : at, at);
	s->open = false;
	if (e && m->client[0])
		copy(e->client, sizeof(e->client), m->client);
}

static void take_reason(struct klog_smmu *s, const struct klog_match *m,
			const struct klog_place *at)
{
	if (m->rank <= s->rank)
		return;
	s->rank = m->rank;
	s->reason = m->reason;
	s->why = *at;
	copy(s->why_text, sizeof(s->why_text), m->said);
}

static void take_crash(struct klog_boot *b, const struct klog_match *m)
{
	if (m->rank <= b->why_rank)
		return;
	b->why_rank = m->rank;
	copy(b->why_crashed, sizeof(b->why_crashed), klog_why_crashed(m));
}

static void take_smmu(struct klog_boot *b, const struct klog_match *m, const struct klog_place *at)
{
	struct klog_smmu *s = smmu_of(b, m->name);

	b->about_smmu++;
	if (!s)
		return;
	s->last = *at;
	switch (m->what) {
	case KLOG_KEPT: s->kept = *at; break;
	case KLOG_RESET:
		s->reset = s->begun = *at;
		b->reset_seen = true;
		take_reason(s, m, at);
		break;
	case KLOG_WHY:
		s->begun = *at;
		s->fell_back |= m->reason == ADOPT_WHY_FALLBACK;
		take_reason(s, m, at);
		break;
	case KLOG_TROUBLE: count(&s->trouble, at, m->said); break;
	case KLOG_CMD_SYNC: count(&s->cmd_sync, at, m->said); break;
	case KLOG_GERROR: count(&s->gerror, at, m->said); break;
	case KLOG_EVENTS_LOST: count(&s->events_lost, at, m->said); break;
	case KLOG_EVENT:
	case KLOG_EVENT_WORD: take_event(b, s, m, at); break;
	default: break;
	}
}

static struct klog_device *device_of(struct klog_boot *b, const struct klog_match *m)
{
	size_t i;

	for (i = 0; i < b->n_devices; i++)
		if (!strcmp(b->devices[i].name, m->name))
			return &b->devices[i];
	if (i == KLOG_DEVICES) {
		b->lost++;
		return NULL;
	}
	copy(b->devices[i].name, sizeof(b->devices[i].name), m->name);
	copy(b->devices[i].driver, sizeof(b->devices[i].driver), m->driver);
	b->devices[i].corrected = true;
	b->n_devices++;
	return &b->devices[i];
}

static void take_pcie(struct klog_boot *b, const struct klog_match *m, const struct klog_place *at)
{
	struct klog_device *d = device_of(b, m);

	if (!d)
		return;
	if (m->what == KLOG_AER_BIT) {
		if (!d->error[0])
			(void)snprintf(d->error, sizeof(d->error), "%.*s",
				       (int)strnlen(m->said, strcspn(m->said, " ")), m->said);
		return;
	}
	count(&d->count, at, m->said);
	d->after_reset += b->reset_seen;
	d->corrected &= strstr(m->said, "severity=Correct") != NULL;
}

static void take_helper(struct klog_boot *b, const struct klog_match *m)
{
	struct klog_smmu *s;

	b->helper_lines++;
	if (!m->name[0])
		return;
	s = smmu_of(b, m->name);
	if (!s)
		return;
	s->has_ours = true;
	s->ours_state = m->state;
	s->ours_reason = m->reason;
}

static void take_daemon(struct klog_boot *b, const struct klog_match *m,
			const struct klog_place *at)
{
	b->daemon_lines++;
	if (!m->result.action)
		return;
	if (b->n_steps == KLOG_STEPS) {
		b->lost++;
		return;
	}
	b->step_ns[b->n_steps] = at->ns;
	b->steps[b->n_steps] = m->result;
	b->n_steps++;
	b->steps[b->n_steps - 1].step = (u32)b->n_steps;
}

/* A line shows that this kernel is a capture kernel. */
static void take_capture(struct klog_boot *b)
{
	if (!b->sure)
		b->kernel = KLOG_KERNEL_CAPTURE;
}

static void take(struct klog_boot *b, const struct klog_match *m, const struct klog_place *at)
{
	switch (m->what) {
	case KLOG_BOOT: take_boot(b, m->said); break;
	case KLOG_CAPTURE: take_capture(b); break;
	case KLOG_ORDINARY:
		if (b->kernel == KLOG_KERNEL_UNKNOWN)
			b->kernel = KLOG_KERNEL_CRASHED;
		b->jumped |= !strncmp(m->said, "Starting crashdump", 18);
		break;
	/* Both are started in capture kernels only. */
	case KLOG_HELPER:
		take_capture(b);
		take_helper(b, m);
		break;
	case KLOG_DAEMON:
		take_capture(b);
		take_daemon(b, m, at);
		break;
	case KLOG_SUPPRESSED: b->suppressed += m->number; break;
	case KLOG_AER:
	case KLOG_AER_BIT: take_pcie(b, m, at); break;
	case KLOG_HW_ERROR: count(&b->hw_error, at, m->said); break;
	case KLOG_SERROR:
		count(&b->serror, at, m->said);
		take_crash(b, m);
		break;
	case KLOG_PANIC:
		count(&b->panic, at, m->said);
		take_crash(b, m);
		break;
	case KLOG_OOPS: take_crash(b, m); break;
	default: take_smmu(b, m, at); break;
	}
}

int klog_add(struct klog *log, const struct logline *line, struct klog_match *ret)
{
	struct klog_place at = { ++log->line, line->ns, line->has_time,
				 log->n_files ? (u8)(log->n_files - 1) : 0 };
	struct klog_boot *b;
	int rc;

	log->lines++;
	log->crc = rec_crc32(log->crc, line->text, line->text_len);
	ret->what = KLOG_NOTHING;
	if (!line->text_len)
		return 0;
	if (!line->piece)
		(void)klog_match(line->text, ret);
	log->known += line->text > line->whole || ret->what != KLOG_NOTHING;
	if (!log->now || is_new_boot(log->now, line, ret)) {
		rc = begin_boot(log, KLOG_KERNEL_UNKNOWN);
		if (rc < 0)
			return rc;
	}
	b = log->now;
	if (!b->begun)
		b->first = at;
	b->begun = true;
	b->last = at;
	b->lines++;
	if (ret->what != KLOG_NOTHING)
		take(b, ret, &at);
	return 0;
}

static void close_events(struct klog_boot *b)
{
	size_t i;

	for (i = 0; b && i < b->n_smmus; i++)
		close_event(b, &b->smmus[i]);
}

void klog_finish(struct klog *log)
{
	struct klog_boot *capture = NULL, *crashed = NULL;

	if (log->now && log->now->kernel == KLOG_KERNEL_CAPTURE) {
		capture = log->now;
		crashed = log->before;
	} else if (log->best) {
		capture = log->best;
		crashed = log->now && log->now->sure ? log->now : log->best_before;
	} else if (log->now && log->now->kernel == KLOG_KERNEL_UNKNOWN && log->now->reset_seen) {
		/* A driver that finds the SMMU enabled runs in a capture kernel. */
		capture = log->now;
		crashed = log->before;
	} else {
		crashed = log->now;
	}
	close_events(capture);
	close_events(crashed);
	log->capture = capture;
	log->crashed = crashed && crashed->begun ? crashed : NULL;
}

void klog_free(struct klog *log)
{
	free(log->now);
	free(log->before);
	free(log->best);
	free(log->best_before);
	*log = (struct klog){ 0 };
}

const struct klog_boot *klog_boot_of(const struct klog *log, unsigned int i)
{
	if (!log->capture)
		i++;
	return i == 0 ? log->capture : i == 1 ? log->crashed : NULL;
}

bool klog_has_smmu(const struct klog *log)
{
	return (log->capture && log->capture->n_smmus) || (log->crashed && log->crashed->n_smmus);
}

bool klog_is_storm(const struct klog *log, const struct klog_boot *boot,
		   const struct klog_device *device)
{
	return boot == log->capture && device->count.n >= KLOG_STORM && !device->corrected;
}

bool klog_ends_in_reset(const struct klog_boot *boot, const struct klog_smmu *smmu)
{
	return (smmu->reset.line || smmu->fell_back) && smmu->begun.line == boot->last.line &&
	       smmu->begun.file == boot->last.file;
}

enum adopt_state klog_state(const struct klog_boot *boot, const struct klog_smmu *smmu,
			    enum adopt_reason *ret_reason)
{
	*ret_reason = ADOPT_WHY_NONE;
	/* The helper has read the registers, but maybe before the driver was bound. */
	if (smmu->has_ours &&
	    (smmu->ours_state != ADOPT_UNPROBED || !(smmu->kept.line || smmu->reset.line))) {
		*ret_reason = smmu->ours_reason;
		return smmu->ours_state;
	}
	if (klog_ends_in_reset(boot, smmu))
		return ADOPT_UNKNOWN;
	if (smmu->reset.line || smmu->fell_back) {
		*ret_reason = smmu->reason;
		return ADOPT_RESET;
	}
	if (!smmu->kept.line)
		return ADOPT_UNKNOWN;
	*ret_reason = ADOPT_WHY_TABLE_KEPT;
	return ADOPT_ADOPTED;
}

const char *klog_where(char buf[128], const struct klog *log, const struct klog_place *place)
{
	char at[40] = "";

	if (place->has_time)
		(void)snprintf(at, sizeof(at), " at %llu.%03llu s", (place->ns / 1000000000),
			       (place->ns / 1000000 % 1000));
	(void)snprintf(buf, 128, "%s%sline %llu%s", log->n_files > 1 ? log->files[place->file] : "",
		       log->n_files > 1 ? " " : "", place->line, at);
	return buf;
}

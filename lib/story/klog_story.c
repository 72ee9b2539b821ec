// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * klog_story.c - makes records of what a log tells: the state of each SMMU, the results of steps.
 *
 * Nothing is made up. A log names no entries, and it does not list the devices or their StreamIDs,
 * so there are no records of these. Whatever else it tells becomes a finding (klog_findings.c).
 */
#include "lib/story/klog.h"

#include <stdio.h>
#include <string.h>

#include "core/names.h"

u32 klog_number(const struct klog *log, const char *name)
{
	const struct klog_boot *first = klog_boot_of(log, 0), *b;
	u32 n = 0;
	unsigned int i;
	size_t k;

	for (i = 0; (b = klog_boot_of(log, i)); i++) {
		for (k = 0; k < b->n_smmus; k++) {
			if (i && klog_find_smmu(first, b->smmus[k].name))
				continue;
			if (!strcmp(b->smmus[k].name, name))
				return n;
			n++;
		}
	}
	return UINT32_MAX;
}

static int add_smmu(const struct klog *log, const struct klog_boot *b, const struct klog_smmu *s,
		    struct story *story)
{
	struct rec rec = { .type = REC_SMMU, .mono_ns = s->last.ns };
	enum adopt_reason reason;

	rec.smmu.smmu = klog_number(log, s->name);
	rec.smmu.phase = REC_PHASE_NOW;
	if (b == log->capture) {
		rec.smmu.state = (u16)klog_state(b, s, &reason);
		rec.smmu.reason = (u16)reason;
		rec.smmu.evidence = ADOPT_EV_LOG;
	}
	(void)snprintf(rec.smmu.name, sizeof(rec.smmu.name), "%s", s->name);
	return story_add(story, &rec);
}

static int add_step(const struct klog_boot *b, size_t i, struct story *story)
{
	struct rec rec = { .type = REC_RESULT, .mono_ns = b->step_ns[i] };

	rec.result = b->steps[i];
	return story_add(story, &rec);
}

int klog_story(const struct klog *log, struct story *story)
{
	const struct klog_boot *first = klog_boot_of(log, 0), *b;
	unsigned int i;
	int rc = 0;
	size_t k;

	for (i = 0; (b = klog_boot_of(log, i)); i++) {
		/* The capture kernel, which comes first, has the last word of an SMMU. */
		for (k = 0; k < b->n_smmus && rc >= 0; k++)
			if (!i || !klog_find_smmu(first, b->smmus[k].name))
				rc = add_smmu(log, b, &b->smmus[k], story);
		for (k = 0; k < b->n_steps && rc >= 0; k++)
			rc = add_step(b, k, story);
	}
	/* These records were not read from a file, so they do not count. */
	story->records = 0;
	story->log = log;
	return rc;
}

bool klog_cut_short(const struct klog_boot *b)
{
	size_t i;

	for (i = 0; i < b->n_smmus; i++)
		if (klog_ends_in_reset(b, &b->smmus[i]))
			return true;
	return false;
}

/*
 * The daemon runs after the helper is loaded; if only its lines are in the log, the log may be
 * incomplete.
 */
const char *klog_no_helper(const struct klog *log, const struct klog_boot *b)
{
	if (log->zeros >= KLOG_HOLE_BYTES)
		return "the log has holes of zeros and may have lost them, or the helper was not "
		       "loaded";
	if (klog_cut_short(b))
		return "the log ends before the helper could be loaded";
	return b->daemon_lines ? "the helper was not loaded, or the log begins too late"
			       : "the helper was not loaded";
}

void klog_words(const struct klog *log, struct strbuf *ret)
{
	const struct klog_boot *capture = log->capture;
	u64 lost = (capture ? capture->lost : 0) + (log->crashed ? log->crashed->lost : 0);

	if (capture && capture->kernel == KLOG_KERNEL_UNKNOWN)
		strbuf_puts(ret, "a kernel log, of a capture kernel according to its SMMU driver");
	else if (capture)
		strbuf_printf(ret, "a kernel log, of the %scapture kernel",
			      log->crashed ? "crashed kernel and of the " : "");
	else if (log->crashed && log->crashed->sure)
		strbuf_puts(ret, "the crashed kernel's log, read from its memory in the dump");
	else if (log->crashed && log->crashed->kernel == KLOG_KERNEL_CRASHED)
		strbuf_puts(ret, "a kernel log, not of a capture kernel");
	else
		strbuf_puts(ret, "a kernel log");
	if (!klog_has_smmu(log))
		strbuf_puts(ret, ", without a line of an SMMU");
	if (capture && !capture->helper_lines)
		strbuf_printf(ret, ", without lines of " SMMU_ADOPT_MODULE ": %s",
			      klog_no_helper(log, capture));
	if (lost)
		strbuf_printf(ret, "; %llu lines were not counted, for lack of room", lost);
}

void klog_unknown(const struct klog *log, struct strbuf *ret)
{
	if (!klog_has_smmu(log))
		strbuf_puts(ret, "the log has no line of an SMMU");
	else if (!log->capture && log->crashed->sure)
		strbuf_puts(ret, "there are no records and no log of the capture kernel, only the "
				 "crashed kernel's log in the dump");
	else if (!log->capture)
		strbuf_printf(ret, "the log is %s; read the log of the capture kernel instead",
			      log->crashed->kernel == KLOG_KERNEL_CRASHED
				      ? "of the kernel before the crash"
				      : "not known to be of a capture kernel");
	else if (klog_cut_short(log->capture))
		strbuf_puts(
			ret,
			"the log ends where the capture kernel's driver begins to reset the SMMU; "
			"it does not tell what became of the stream table");
	else
		strbuf_puts(ret, "the log does not tell whether the driver kept the stream table; "
				 "newer drivers say it at debug level only");
}

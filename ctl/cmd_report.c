// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cmd_report.c - "report FILE": read the records of FILE into a story, and print the story as
 * text, JSON or HTML.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/html/page.h"
#include "ctl/input/about.h"
#include "ctl/input/file.h"
#include "lib/base/cleanup.h"
#include "lib/report/report.h"
#include "lib/story/verdict.h"

/* Add a finding for events that the crashed kernel did not read. */
static int add_events(struct verdict *verdict, const struct rings *rings)
{
	struct finding *f;
	size_t i;

	for (i = 0; i < rings->n_rings; i++) {
		const struct ring *r = &rings->ring[i];

		if (!ring_is_crash_events(r) || !r->pending)
			continue;
		f = verdict_add(verdict, VERDICT_UNREAD_EVENTS,
				"%u event%s that the crashed kernel never read%s: faults just "
				"before a crash may be its cause",
				r->pending, r->pending == 1 ? "" : "s",
				r->overflow ? ", and some more were lost" : "");
		if (!f)
			break;
		f->has_smmu = true;
		f->smmu = r->head.smmu;
	}
	return verdict_settle(verdict);
}

/* What is not looked at is a finding like others. */
static int judge(const struct ctl *ctl, const struct recfile *file, struct verdict *ret)
{
	int r = recfile_judge(file, ret);

	if (r >= 0 && file->dump[0] && !file->story.log && !ctl->html)
		(void)verdict_add(
			ret, VERDICT_NOT_WALKED,
			"this report does not tell what devices could write: \"" NAME_CTL
			" reach\", \"who\" and report --html walk the tables in the dump");
	return r < 0 ? r : verdict_settle(ret);
}

/*
 * Write the HTML page. Its section on memory needs a dump; if FILE is not a dump, or cannot be
 * read, the page lacks only this section.
 */
static int write_page(const struct ctl *ctl, const char *name, struct recfile *file,
		      struct verdict *verdict)
{
	_cleanup_triage_ struct triage triage = { 0 };
	_cleanup_rings_ struct rings rings = { 0 };
	_cleanup_reach_ struct reach reach = { 0 };
	struct page_input in = { name, verdict, &rings, NULL, &reach };
	struct errbuf ignored;
	int r;

	if (triage_open_file(&triage, ctl, file, &ignored) >= 0)
		in.triage = &triage;
	r = rings_read(&rings, &file->story, file->input.data, file->input.len,
		       in.triage ? &triage.mem : NULL);
	if (r >= 0 && in.triage)
		r = reach_find(in.triage, &reach);
	if (r >= 0 && in.triage)
		reach_findings(in.triage, &reach, verdict);
	if (r >= 0)
		r = add_events(verdict, &rings);
	return r < 0 ? r : page_write(stdout, &in);
}

static int tell(const struct ctl *ctl, const struct verdict *verdict)
{
	if (!ctl->oneline)
		return report_text(&ctl->term, verdict, ctl->verbose);
	report_verdict_text(&ctl->term, verdict);
	return term_end(&ctl->term);
}

enum exit_code ctl_report(const struct ctl *ctl, char **args)
{
	_cleanup_verdict_ struct verdict verdict = { 0 };
	_cleanup_recfile_ struct recfile file = RECFILE_OR_LOG;
	struct about about;
	int r;

	if (recfile_open(ctl, args[0], &file) < 0)
		return EXIT_FAILED;
	r = judge(ctl, &file, &verdict);
	if (r >= 0) {
		about_read(ctl, args[0], &file, "", &about);
		about_tell(&about, &verdict.about);
	}
	if (r >= 0)
		r = ctl->html	? write_page(ctl, args[0], &file, &verdict)
		    : ctl->json ? report_json(stdout, &verdict)
				: tell(ctl, &verdict);
	if (r < 0 && r != -EIO) /* -EIO is said once, by ctl_run() */
		ctl_message("%s: the report could not be made: %s", file.input.name, strerror(-r));
	return r < 0 ? EXIT_FAILED : verdict.code;
}

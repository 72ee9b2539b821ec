// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * page_findings.c - the section of findings: each with its evidence and advice; what is not known
 * comes last.
 */
#include "ctl/html/page_private.h"

static enum page_fate colour_of(u16 severity)
{
	return severity == REC_SEV_INFO	     ? FATE_HELD
	       : severity == REC_SEV_WARNING ? FATE_EXPOSED
					     : FATE_REFUSED;
}

static void put_finding(struct html_page *p, const struct finding *f)
{
	const struct story_device *d;

	html_markup(&p->h, "<div class=\"finding f%d\"><p>", (int)colour_of(f->severity));
	html_element(&p->h, "span class=\"sev\"", rec_severity_name(f->severity));
	html_raw(&p->h, " ");
	html_text(&p->h, f->text);
	html_raw(&p->h, "</p><p class=\"ev\">Code and place: ");
	html_text(&p->h, f->name);
	if (f->has_smmu)
		html_textf(&p->h, ", SMMU %u", f->smmu);
	if (f->sid != REC_NO_SID) {
		d = story_device_of(p->story, f->smmu, f->sid);
		html_textf(&p->h, ", StreamID 0x%x%s%s", f->sid, d ? " " : "",
			   d ? d->last.name : "");
	}
	if (f->addr)
		html_textf(&p->h, ", at 0x%llx", f->addr);
	html_raw(&p->h, "</p>");
	if (f->advice) {
		html_raw(&p->h, "<p class=\"ev\">");
		html_textf(&p->h, "Fix: %s.", f->advice);
		html_raw(&p->h, "</p>");
	}
	html_raw(&p->h, "</div>\n");
}

static void put_unknown(void *priv, const char *sentence)
{
	struct html_page *p = priv;

	html_markup(&p->h, "<div class=\"finding f%d\"><p><span class=\"sev\">not known</span> ",
		    (int)FATE_UNKNOWN);
	html_text(&p->h, sentence);
	html_raw(&p->h, "</p></div>\n");
}

void page_findings(struct html_page *p)
{
	const struct verdict *v = p->in->verdict;
	size_t i;

	html_raw(&p->h, "<section class=\"card\" id=\"findings\"><h2>Findings</h2>\n");
	for (i = 0; i < v->n && i < PAGE_ROWS; i++)
		put_finding(p, &v->findings[i]);
	if (!v->n)
		html_raw(&p->h, v->level == VERDICT_OK
					? "<p>None: nothing was found that needs attention.</p>\n"
					: "<p>None.</p>\n");
	if (v->n > i)
		html_markup(&p->h, "<p>The text report has all %zu findings.</p>\n", v->n);
	report_unknowns(p->story, put_unknown, p);
	html_raw(&p->h, "</section>\n");
}

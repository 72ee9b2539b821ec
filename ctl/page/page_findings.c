// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * page_findings.c - what was found, each with its evidence and with what may be
 * done about it; what no record tells comes last.
 */
#include "ctl/page/page_private.h"

const char *page_advice(u32 code)
{
	if (code >= REC_FIND_HEALTH && code <= REC_FIND_HEALTH_LAST)
		return "The crashed kernel's tables were damaged or odd. Look at the stream with "
		       "\"smmu-adoptctl walk\" before trusting what its device wrote.";
	if (report_about_tables(code))
		return "The crashed kernel's tables were damaged. Who could have written there? "
		       "Ask \"smmu-adoptctl who\" with the address.";
	switch (code) {
	case REC_FIND_OVER_BUDGET:
		return "Load smmu_adopt with a larger max_snapshot_kib=, or give the capture kernel "
		       "more memory.";
	case REC_FIND_SMMU_OFF: return "Check why firmware or the crashed kernel left it off.";
	case REC_FIND_NO_REGS:
		return "Check that the SMMU has power and a clock when it is probed.";
	case REC_FIND_RMR_BYPASS:
		return "A capture kernel that adopts leaves such streams alone; this one reset the "
		       "SMMU.";
	case REC_FIND_NO_DEVICE:
		return "Something did DMA that no driver knows: firmware, or a device that the "
		       "capture kernel did not enumerate.";
	case REC_FIND_DEVICE_GONE:
		return "The device left the bus meanwhile. Look for link or power errors in the "
		       "kernel log.";
	case REC_FIND_HELPER:
		return "Put smmu_adopt.ko into the capture image, built for its kernel, and load it "
		       "before any driver.";
	case REC_FIND_CONFIG: return "Correct the configuration file; see smmu-adopt.conf(5).";
	case REC_FIND_NO_IOMMU:
		return "Its driver ran without translation set up by the capture kernel. Check "
		       "iommu= and the firmware tables.";
	case REC_FIND_NO_DRIVER:
		return "Nothing, when it was stopped. Put its driver into the capture image only "
		       "if the dump needs the device.";
	case REC_FIND_DUMP_LOST:
		return "Look at its steps, and at the kernel log around them. Its driver must be in "
		       "the image, and the firmware tables must lead it to its SMMU.";
	case REC_FIND_GIVEN_BACK:
		return "The dump needed, or waited for, more than its configuration names. Run "
		       "\"smmu-adoptctl check\" and build the image anew; a mount that the dump does "
		       "not need wants nofail.";
	case REC_FIND_EARLY:
		return "Have smmu-adoptd hold devices before the SMMU's driver is loaded, or make "
		       "the drivers that were faster modules.";
	case REC_FIND_FIRMWARE:
		return "Ask the maker of the firmware for a sound IORT; devices it does not name have "
		       "no StreamIDs.";
	case REC_FIND_MEMORY:
		return "Replace the broken memory; what lay in it is missing here, and reading it "
		       "would have cost the dump.";
	case REC_FIND_PASSTHROUGH:
		return "Boot the capture kernel without iommu.passthrough=1: the old entry "
		       "translates, and addresses of an identity domain do not fit it.";
	case REC_FIND_RMR_IGNORED:
	case REC_FIND_RMR_UNMAPPED:
		return "The device's firmware expects this memory. Update the capture kernel, or "
		       "leave the device without driver.";
	default: return NULL;
	}
}

static enum page_fate colour_of(u16 severity)
{
	return severity == REC_SEV_INFO	     ? FATE_HELD
	       : severity == REC_SEV_WARNING ? FATE_EXPOSED
					     : FATE_REFUSED;
}

static void open_card(struct page *p, u16 severity, const char *text)
{
	html_markup(&p->h, "<div class=\"finding f%d\"><p>", (int)colour_of(severity));
	html_element(&p->h, "span class=\"sev\"", rec_severity_name(severity));
	html_raw(&p->h, " ");
	html_text(&p->h, text);
	html_raw(&p->h, "</p>");
}

static void close_card(struct page *p, const char *advice)
{
	if (advice) {
		html_raw(&p->h, "<p class=\"ev\">What to do: ");
		html_text(&p->h, advice);
		html_raw(&p->h, "</p>");
	}
	html_raw(&p->h, "</div>\n");
}

static void put_finding(struct page *p, const struct rec_finding *f)
{
	const struct story_device *d;

	open_card(p, f->severity, f->text);
	html_raw(&p->h, "<p class=\"ev\">Evidence: ");
	html_text(&p->h, rec_finding_name(f->code));
	html_textf(&p->h, ", SMMU %u", f->smmu);
	if (f->sid != REC_NO_SID) {
		d = story_device_of(p->story, f->smmu, f->sid);
		html_textf(&p->h, ", StreamID 0x%x%s%s", f->sid, d ? " " : "",
			   d ? d->last.name : "");
	}
	if (f->addr)
		html_textf(&p->h, ", at 0x%llx", (unsigned long long)f->addr);
	html_raw(&p->h, "</p>");
	close_card(p, page_advice(f->code));
}

/* What the records amount to, though no finding says so. */
static size_t put_own(struct page *p)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	const struct report_totals *t = &p->totals;
	size_t n = 0, i;

	if (t->state == ADOPT_RESET) {
		open_card(p, REC_SEV_ERROR, "The stream table was not adopted");
		html_raw(&p->h, "<p class=\"ev\">Evidence: ");
		html_text(&p->h, adopt_reason_text(t->reason));
		html_raw(&p->h, "</p>");
		close_card(p,
			   "Use a capture kernel that adopts, or load arm-smmu-v3-adopt.ko as the "
			   "first module; its README has the command line.");
		n++;
	}
	for (i = 0; i < 2 && t->missed[i]; i++) {
		strbuf_reset(&text);
		strbuf_printf(&text, "%s was live and was not contained before it got a new entry",
			      CLEAN(t->missed[i]->last.name));
		open_card(p, REC_SEV_WARNING, strbuf_text(&text));
		close_card(p,
			   "Its DMA may have gone to the crashed kernel's memory until then. Look "
			   "at its steps below; a longer deadline or a deny rule may help.");
		n++;
	}
	for (i = 0; i < p->in->rings->n_rings; i++) {
		const struct ring *r = &p->in->rings->ring[i];

		if (r->capture || r->unread || r->head.queue != SMMU_QUEUE_EVENT || !r->pending)
			continue;
		strbuf_reset(&text);
		strbuf_printf(&text,
			      "SMMU %u had reported %u event%s that the crashed kernel never "
			      "read%s",
			      r->head.smmu, r->pending, r->pending == 1 ? "" : "s",
			      r->overflow ? ", and lost some more" : "");
		open_card(p, REC_SEV_WARNING, strbuf_text(&text));
		close_card(p, "Faults just before a crash may be its cause: see the events below.");
		n++;
	}
	return n;
}

static void put_unknown(void *priv, const char *sentence)
{
	struct page *p = priv;

	html_markup(&p->h, "<div class=\"finding f%d\"><p><span class=\"sev\">not known</span> ",
		    (int)FATE_UNKNOWN);
	html_text(&p->h, sentence);
	html_raw(&p->h, "</p></div>\n");
}

void page_findings(struct page *p)
{
	static const u16 order[] = { REC_SEV_ERROR, REC_SEV_WARNING, REC_SEV_INFO };
	const struct story *s = p->story;
	size_t i, k, n;

	html_raw(&p->h, "<section class=\"card\" id=\"findings\"><h2>Findings</h2>\n");
	n = put_own(p);
	for (k = 0; k < 3; k++)
		for (i = 0; i < s->n_findings && n < PAGE_ROWS; i++) {
			const struct rec_finding *f = &s->findings[i];
			bool odd = f->severity < REC_SEV_INFO || f->severity > REC_SEV_ERROR;

			if (f->severity != order[k] && !(odd && !k))
				continue;
			put_finding(p, f);
			n++;
		}
	if (!n)
		html_raw(&p->h, "<p>None: nothing was found that needs attention.</p>\n");
	if (n >= PAGE_ROWS)
		html_markup(&p->h, "<p>The report as text has all %zu.</p>\n", s->n_findings);
	report_unknowns(s, put_unknown, p);
	html_raw(&p->h, "</section>\n");
}

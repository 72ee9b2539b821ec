// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * entry.c - decodes a stream's entry with its context descriptor for reports, and puts it into
 * words. What the entry does with DMA is decided by ste_effect() of core/ste.c, not here.
 */
#include "lib/story/facts.h"

void report_decode(const struct rec_ste *ste, const struct rec_cd *cd, const struct smmu_geom *geom,
		   struct report_entry *ret)
{
	*ret = (struct report_entry){ .ste = ste,
				      .cd = cd,
				      .ste_read = ste && ste->entry == REC_ENTRY_READ,
				      .cd_read = cd && cd->entry == REC_ENTRY_READ };
	if (ret->ste_read)
		(void)ste_decode(ste->raw, sizeof(ste->raw), geom, &ret->s);
	if (ret->cd_read)
		(void)cd_decode(cd->raw, sizeof(cd->raw), geom, &ret->c);
}

static const struct smmu_geom *geom_of(const struct story *story, const struct story_stream *stream)
{
	const struct story_smmu *smmu = story_stream_smmu(story, stream);

	return smmu && smmu->has_geom ? &smmu->geom : NULL;
}

bool report_first_entry(const struct story *story, const struct story_stream *stream,
			struct report_entry *ret)
{
	report_decode(stream->has_crash || stream->own_at_load ? &stream->crash : NULL,
		      stream->has_crash_cd ? &stream->crash_cd : NULL, geom_of(story, stream), ret);
	return !stream->own_at_load && !report_in_own_table(story, stream);
}

const char *report_first_when(bool crash)
{
	return crash ? "at the crash" : "at load";
}

void report_last_entry(const struct story *story, const struct story_stream *stream,
		       struct report_entry *ret)
{
	report_decode(stream->has_now ? &stream->now : NULL,
		      stream->has_now_cd ? &stream->now_cd : NULL, geom_of(story, stream), ret);
}

bool report_is_unchanged(const struct story_stream *stream)
{
	return (stream->has_crash || stream->own_at_load) && stream->has_now &&
	       stream->crash.entry == REC_ENTRY_READ && stream->now.entry == REC_ENTRY_READ &&
	       !story_stream_changed(stream);
}

/* VTCR field positions within an STE: IHI 0070 5.2, S2T0SZ and S2TG. */
unsigned int report_s2_input_bits(const struct ste_view *ste)
{
	return 64 - (ste->s2_vtcr & 63);
}

unsigned int report_s2_granule(const struct ste_view *ste)
{
	static const u8 shift[] = { 12, 16, 14, 0 };

	return shift[ste->s2_vtcr >> 14 & 3];
}

static void put_walk(struct strbuf *ret, u64 root, unsigned int input_bits, unsigned int granule)
{
	strbuf_printf(ret, ", tables at 0x%llx", root);
	if (input_bits)
		strbuf_printf(ret, ", %u-bit input", input_bits);
	if (granule)
		strbuf_printf(ret, ", %u KiB granule", 1u << (granule - 10));
}

static void put_s1(const struct report_entry *entry, struct strbuf *ret)
{
	const struct cd_view *view = &entry->c;

	if (!entry->cd) {
		strbuf_puts(ret, ", context descriptor not recorded");
		return;
	}
	if (!entry->cd_read) {
		strbuf_printf(ret, ", context descriptor not readable (%s)",
			      rec_entry_name(entry->cd->entry));
		return;
	}
	if (!view->valid) {
		strbuf_puts(ret, ", context descriptor not valid: refuses DMA");
		return;
	}
	strbuf_printf(ret, ", ASID %u", view->asid);
	put_walk(ret, view->ttb0, view->input_bits, view->granule_shift);
	if (view->odd) {
		strbuf_puts(ret, "; odd: ");
		report_bits(view->odd, cd_odd_name, " ", ret);
	}
}

static void put_ste(const struct report_entry *entry, struct strbuf *ret)
{
	const struct ste_view *view = &entry->s;

	if (!view->valid) {
		strbuf_puts(ret, "refuses DMA (entry not valid)");
	} else if (view->config == STE_CONFIG_ABORT) {
		strbuf_puts(ret, "refuses DMA (abort)");
	} else if (view->config == STE_CONFIG_BYPASS) {
		strbuf_puts(ret, "lets DMA through untranslated (bypass)");
	} else if (view->odd & STE_ODD_CONFIG) {
		strbuf_printf(ret, "refuses DMA (reserved configuration %u)", view->config);
	} else if (view->config == STE_CONFIG_S1) {
		strbuf_puts(ret, "stage 1");
		put_s1(entry, ret);
	} else {
		strbuf_printf(ret, "%s, VMID %u",
			      view->config == STE_CONFIG_S2 ? "stage 2" : "nested", view->s2_vmid);
		put_walk(ret, view->s2_ttb, report_s2_input_bits(view), report_s2_granule(view));
	}
	if (view->eats)
		strbuf_puts(ret, ", ATS");
	if (view->odd & ~(u32)STE_ODD_CONFIG) {
		strbuf_puts(ret, "; odd: ");
		report_bits(view->odd, ste_odd_name, " ", ret);
	}
}

void report_entry_words(const struct report_entry *entry, struct strbuf *ret)
{
	if (!entry->ste)
		strbuf_puts(ret, "not recorded");
	else if (entry->ste->entry == REC_ENTRY_NO_TABLE)
		strbuf_puts(ret, "refuses DMA (the table has no entry for this StreamID)");
	else if (!entry->ste_read)
		strbuf_printf(ret, "not readable (%s)", rec_entry_name(entry->ste->entry));
	else
		put_ste(entry, ret);
}

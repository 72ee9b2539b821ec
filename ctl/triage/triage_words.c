// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * triage_words.c - describe streams, sizes and outcomes in words; write what all JSON answers
 * share.
 */
#include <stdio.h>

#include "core/names.h"
#include "ctl/input/message.h"
#include "ctl/triage/triage.h"
#include "lib/story/facts.h"

void triage_device(struct strbuf *out, const struct triage_stream *s)
{
	const struct rec_device *d;
	const char *class;

	if (!s->device) {
		strbuf_puts(out, "no known device");
		return;
	}
	d = &s->device->last;
	strbuf_puts(out, CLEAN(d->name));
	class = d->class_code ? report_pci_class(d->class_code) : NULL;
	if (class)
		strbuf_printf(out, " %s", class);
	if (d->vendor)
		strbuf_printf(out, " %04x:%04x", d->vendor, d->device);
	if (d->driver[0])
		strbuf_printf(out, ", capture kernel's driver %s", CLEAN(d->driver));
}

void triage_entry(struct strbuf *out, const struct triage *t, const struct triage_stream *s)
{
	const struct ptw_geom *g;
	int i;

	switch (s->effect) {
	case STE_EFFECT_REFUSED: strbuf_puts(out, "refuses DMA"); return;
	case STE_EFFECT_BYPASSED:
		strbuf_puts(out, s->smmu_off ? "untranslated: its SMMU was switched off"
					     : "untranslated: bypass");
		return;
	case STE_EFFECT_NOT_KNOWN: strbuf_puts(out, "not known"); return;
	case STE_EFFECT_TRANSLATED: break;
	}
	if (s->ste.config == STE_CONFIG_S1)
		strbuf_printf(out, "stage 1, ASID %u", s->asid);
	else
		strbuf_printf(out, "%s, VMID %u",
			      s->ste.config == STE_CONFIG_S2 ? "stage 2" : "nested",
			      s->ste.s2_vmid);
	if (!s->n_roots)
		strbuf_puts(out, ", no tables that can be walked");
	for (i = 0; i < s->n_roots; i++) {
		g = &t->roots[s->root[i]].geom;
		strbuf_printf(out, ", tables at 0x%llx, %u-bit input, %u KiB granule", g->root,
			      g->input_bits, 1u << (g->granule_shift - 10));
	}
}

const char *triage_access(u32 flags)
{
	switch (flags & (PTW_READ | PTW_WRITE)) {
	case PTW_READ | PTW_WRITE: return "read-write";
	case PTW_READ: return "read-only";
	case PTW_WRITE: return "write-only";
	default: return "no-access";
	}
}

const char *triage_effect_name(enum ste_effect effect)
{
	static const char *const names[] = { "unknown", "refused", "bypass", "tables" };

	return names[effect];
}

const char *triage_outcome_name(int outcome)
{
	static const char *const names[] = { "mapped",	   "not-ram",	"not-in-dump",
					     "not-mapped", "bad-entry", "out-of-range",
					     "loop",	   "budget" };

	return outcome >= 0 && outcome <= PTW_BUDGET ? names[outcome] : "error";
}

const char *triage_outcome_text(int outcome)
{
	static const char *const texts[] = {
		"mapped",
		"not known: a table pointer leads outside memory",
		"not known: a table is not stored in the dump",
		"not mapped: a fault",
		"a bad entry: a fault",
		"outside the input range: a fault",
		"a table leads back to itself",
		"not known: the tables are too large",
	};

	return outcome >= 0 && outcome <= PTW_BUDGET ? texts[outcome] : "reading failed";
}

void triage_json_begin(struct jsonw *w, const struct triage *t, const char *schema)
{
	jsonw_init(w, stdout);
	jsonw_object_begin(w, NULL);
	jsonw_string(w, "schema", schema);
	jsonw_string(w, "dump", t->dump_name);
	jsonw_string(w, "dump_format", t->mem.format);
	jsonw_string(w, "records", t->records_name);
}

int triage_json_end(struct jsonw *w, const struct triage *t)
{
	size_t i;

	jsonw_bool(w, "partial", t->n_gaps != 0);
	jsonw_array_begin(w, "gaps");
	for (i = 0; i < t->n_gaps; i++)
		jsonw_string(w, NULL, t->gaps[i].text);
	jsonw_array_end(w);
	jsonw_object_end(w);
	return jsonw_finish(w);
}

void triage_json_access(struct jsonw *w, u32 flags)
{
	jsonw_string(w, "access", triage_access(flags));
	jsonw_bool(w, "privileged", flags & PTW_PRIV);
	jsonw_bool(w, "access_flag", !(flags & PTW_NO_AF));
}

void triage_json_stream(struct jsonw *w, const struct triage *t, const struct triage_stream *s)
{
	const struct rec_device *d = s->device ? &s->device->last : NULL;
	_cleanup_strbuf_ struct strbuf text = { 0 };

	jsonw_u64(w, "smmu", s->smmu);
	jsonw_hex(w, "sid", s->sid);
	if (d) {
		jsonw_string(w, "device", d->name);
		if (d->driver[0])
			jsonw_string(w, "driver", d->driver);
		if (d->class_code && report_pci_class(d->class_code))
			jsonw_string(w, "class_name", report_pci_class(d->class_code));
	}
	jsonw_string(w, "way", triage_effect_name(s->effect));
	triage_entry(&text, t, s);
	jsonw_string(w, "text", strbuf_text(&text));
	jsonw_string(w, "entry_from", s->from_dump ? "dump" : "snapshot");
	if (s->full_ats)
		jsonw_bool(w, "full_ats", true);
}

void triage_print_gaps(const struct triage *t)
{
	size_t i;

	if (!t->n_gaps)
		return;
	if (t->ctl->no_header) { /* rows alone */
		for (i = 0; i < t->n_gaps; i++)
			ctl_message("partial: %s", t->gaps[i].text);
		return;
	}
	puts("\nThis answer is partial:");
	for (i = 0; i < t->n_gaps; i++)
		term_paragraph(&t->ctl->term, 2, t->gaps[i].text);
}

enum exit_code triage_code(const struct triage *t)
{
	return t->n_gaps ? EXIT_PARTIAL : EXIT_DONE;
}

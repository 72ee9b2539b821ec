// SPDX-License-Identifier: GPL-2.0-only
/*
 * text_streams.c - the file "streams": a block per device with its streams, then
 * the streams that no device has.
 */
#include <linux/bsearch.h>
#include <linux/mm.h>
#include <linux/seq_file.h>

#include "core/names.h"
#include "array.h"
#include "emit.h"
#include "text.h"

/* Where the records of one stream start; 0 (where the section starts): none. */
struct entry {
	u32 sid;
	u32 ste[2], cd[2]; /* indexed by moment */
	bool owned;	   /* a device has it */
};

enum moment {
	THEN = 0,
	NOW = 1,
};

/* By StreamID. With thousands of streams, looking through all records would take minutes. */
struct index {
	const struct sa_buf *records;
	struct entry *item;
	u32 n, cap;
};

static int sid_to_entry(const void *key, const void *elem)
{
	u32 sid = *(const u32 *)key, other = ((const struct entry *)elem)->sid;

	return sid < other ? -1 : sid > other;
}

static struct entry *find(const struct index *x, u32 sid)
{
	return x->n ? bsearch(&sid, x->item, x->n, sizeof(*x->item), sid_to_entry) : NULL;
}

/* Every stream has a record for now, and these are in ascending order. */
static int index_now(struct index *x)
{
	struct rec_iter it;
	struct rec rec;
	u32 at;

	sa_text_iter(x->records, &it);
	for (at = 0; rec_next(&it, &rec) == REC_OK; at = it.offset) {
		if (rec.type != REC_STE || rec.ste.phase != REC_PHASE_NOW)
			continue;
		if (sa_grow((void **)&x->item, x->n, &x->cap, sizeof(*x->item)))
			return -ENOMEM;
		memset(&x->item[x->n], 0, sizeof(*x->item));
		x->item[x->n].sid = rec.ste.sid;
		x->item[x->n++].ste[NOW] = at;
	}
	return 0;
}

static void index_rest(struct index *x)
{
	struct rec_iter it;
	struct entry *e;
	struct rec rec;
	u32 at, i;

	sa_text_iter(x->records, &it);
	for (at = 0; rec_next(&it, &rec) == REC_OK; at = it.offset) {
		if (rec.type == REC_DEVICE) {
			for (i = 0; i < rec.device.sid_count; i++) {
				e = find(x, rec.device.sids[i]);
				if (e)
					e->owned = true;
			}
		} else if (rec.type == REC_STE && rec.ste.phase == REC_PHASE_CRASH) {
			e = find(x, rec.ste.sid);
			if (e)
				e->ste[THEN] = at;
		} else if (rec.type == REC_CD && !rec.cd.ssid) {
			e = find(x, rec.cd.sid);
			if (e)
				e->cd[rec.cd.phase == REC_PHASE_NOW ? NOW : THEN] = at;
		}
	}
}

/* The record at @at. */
static void load(const struct index *x, u32 at, struct rec *ret)
{
	struct rec_iter it;

	sa_text_iter(x->records, &it);
	it.offset = at;
	rec_next(&it, ret);
}

static void show_cd(struct seq_file *m, const struct rec_cd *rec)
{
	struct cd_view cd;

	if (rec->entry != REC_ENTRY_READ) {
		seq_printf(m, " cd 0x%llx %s", rec->addr, rec_entry_name(rec->entry));
		return;
	}
	cd_decode(rec->raw, sizeof(rec->raw), NULL, &cd);
	seq_printf(m, " cd 0x%llx", rec->addr);
	if (!cd.valid) {
		seq_puts(m, " invalid");
		return;
	}
	seq_printf(m, " asid %u ttb0 0x%llx input-bits %u granule %u", cd.asid, cd.ttb0,
		   cd.input_bits, cd.granule_shift ? 1u << cd.granule_shift : 0);
	if (cd.odd) {
		seq_puts(m, " odd");
		sa_text_bits(m, cd.odd, cd_odd_name);
	}
}

static void show_ste(struct seq_file *m, const struct rec_ste *rec)
{
	struct ste_view ste;

	if (rec->entry != REC_ENTRY_READ) {
		seq_printf(m, " %s", rec_entry_name(rec->entry));
		return;
	}
	ste_decode(rec->raw, sizeof(rec->raw), NULL, &ste);
	seq_printf(m, " ste 0x%llx %s", rec->addr,
		   ste.valid ? ste_config_name(ste.config) : "invalid");
	if (ste_has_s2(&ste))
		seq_printf(m, " vmid %u s2ttb 0x%llx", ste.s2_vmid, ste.s2_ttb);
	if (ste.valid && ste.eats)
		seq_printf(m, " eats %u", ste.eats);
	if (ste.odd) {
		seq_puts(m, " odd");
		sa_text_bits(m, ste.odd, ste_odd_name);
	}
}

static bool is_changed(const struct index *x, const struct entry *e)
{
	u8 raw[SMMU_STE_BYTES];
	struct rec rec;

	if (!e->ste[THEN])
		return false;
	load(x, e->ste[THEN], &rec);
	if (rec.ste.entry != REC_ENTRY_READ)
		return false;
	memcpy(raw, rec.ste.raw, sizeof(raw));
	load(x, e->ste[NOW], &rec);
	return rec.ste.entry == REC_ENTRY_READ && memcmp(raw, rec.ste.raw, sizeof(raw));
}

static void show_stream(struct seq_file *m, const struct index *x, const struct entry *e)
{
	struct rec rec;
	int when;

	seq_printf(m, "sid: 0x%x%s\n", e->sid, is_changed(x, e) ? " changed" : "");
	for (when = THEN; when <= NOW; when++) {
		if (!e->ste[when])
			continue;
		seq_printf(m, "  %s:", when == THEN ? "at-load" : "now");
		load(x, e->ste[when], &rec);
		show_ste(m, &rec.ste);
		if (e->cd[when]) {
			load(x, e->cd[when], &rec);
			show_cd(m, &rec.cd);
		}
		seq_putc(m, '\n');
	}
}

static void show_device(struct seq_file *m, const struct rec_device *d)
{
	seq_printf(m, "device: %s %s\ndriver: %s\n", d->bus, d->name,
		   d->driver[0] ? d->driver : "none");
	if (d->class_code)
		seq_printf(m, "pci: class 0x%06x id %04x:%04x\n", d->class_code, d->vendor,
			   d->device);
	if (d->group >= 0)
		seq_printf(m, "group: %d\ndomain: %s\n", d->group, rec_domain_name(d->domain));
	if (d->attach_ns)
		seq_printf(m, "attach-ns: %llu\n", d->attach_ns);
	seq_puts(m, "flags:");
	sa_text_bits(m, d->flags, rec_device_flag_name);
	seq_putc(m, '\n');
}

void sa_text_streams(struct seq_file *m, const struct sa_buf *records)
{
	struct index x = { .records = records };
	struct rec_iter it;
	struct entry *e;
	struct rec rec;
	u32 i;

	if (index_now(&x)) {
		seq_puts(m, "error: out of memory\n");
		goto out_free;
	}
	index_rest(&x);
	sa_text_iter(records, &it);
	while (sa_text_next(&it, REC_DEVICE, &rec)) {
		show_device(m, &rec.device);
		for (i = 0; i < rec.device.sid_count; i++) {
			e = find(&x, rec.device.sids[i]);
			if (e)
				show_stream(m, &x, e);
		}
		seq_putc(m, '\n');
	}
	for (i = 0; i < x.n; i++) {
		if (x.item[i].owned)
			continue;
		seq_puts(m, "device: none\n");
		show_stream(m, &x, &x.item[i]);
		seq_putc(m, '\n');
	}
out_free:
	kvfree(x.item);
}

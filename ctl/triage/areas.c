// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * areas.c - see areas.h. The kernel's page tables are walked as a stream's are,
 * by core/ptw.h, with the geometry that VMCOREINFO gives.
 */
#include "ctl/triage/areas.h"

#include <sys/stat.h>

#include "core/vmcoreinfo.h"
#include "ctl/triage/progress.h"
#include "ctl/dump/vmcoreinfo.h"

#define KERNEL_BYTES_MAX (512ull << 20) /* of page tables: a linear map of 256 GiB in pages */
#define SCRATCH (PTW_MAX_LEVELS * 65536u)

struct kernel {
	u64 text, tables; /* physical: _stext, swapper_pg_dir */
	struct ptw_geom geom;
};

static bool read_kernel(const char *info, struct kernel *k)
{
	u64 stext, swapper, voffset;

	if (!vmcoreinfo_symbol(info, "_stext", &stext) ||
	    !vmcoreinfo_symbol(info, "swapper_pg_dir", &swapper) ||
	    !vmcoreinfo_number(info, "NUMBER(kimage_voffset)", &voffset) || swapper <= stext)
		return false;
	k->text = stext - voffset;
	k->tables = swapper - voffset;
	(void)vmcoreinfo_tables(info, &k->geom);
	return true;
}

struct walk {
	struct triage *t;
	struct pageset *tables;
};

static int read_table(void *priv, u64 addr, void *buf, size_t len)
{
	struct walk *w = priv;
	int r;

	if (progress_interrupted())
		return -EINTR;
	if (progress_due())
		progress_draw(1, 1, "the kernel's page tables, %llu MiB read",
			      (unsigned long long)(w->tables->pages >> 8));
	r = smmu_mem_read(&w->t->mem.mem, addr, buf, len);
	return !r && pageset_add(w->tables, addr, len) < 0 ? -ENOMEM : r;
}

static int ignore(void *priv, const struct ptw_extent *extent)
{
	(void)priv;
	(void)extent;
	return 0;
}

static int walk_kernel(struct triage *t, const struct kernel *k, struct pageset *tables)
{
	struct walk walk = { t, tables };
	struct smmu_mem mem = { .read = read_table, .priv = &walk };
	struct ptw_visit_ops ops = { .extent = ignore };
	_cleanup_free_ u8 *scratch = malloc(SCRATCH);
	struct ptw_budget budget = { .max_bytes = KERNEL_BYTES_MAX,
				     .scratch = scratch,
				     .scratch_len = SCRATCH };
	int r = scratch ? ptw_visit(&mem, &k->geom, &budget, &ops) : -ENOMEM;

	if (r == PTW_BUDGET)
		triage_gap(t, "the kernel's page tables: only the first %u MiB were looked at",
			   (u32)(KERNEL_BYTES_MAX >> 20));
	else if (r == -EINTR && progress_interrupted())
		triage_gap(t, "interrupted: not all of the kernel's page tables were looked at");
	else if (r < 0)
		return r;
	return 0;
}

static void add_entries(struct triage *t, struct pageset *tables, int *r)
{
	struct smmu_geom geom;
	size_t i;

	for (i = 0; i < t->story.n_smmus && *r >= 0; i++) {
		const struct story_smmu *s = &t->story.smmus[i];

		if (s->has_crash && s->crash.state != ADOPT_RESET &&
		    story_geom(&t->story, s->smmu, &geom))
			*r = pageset_add(tables, geom.base, geom.bytes);
	}
	for (i = 0; i < t->n_streams && *r >= 0; i++) {
		const struct story_stream *s = t->streams[i].recorded;

		if (s->has_crash && s->crash.entry == REC_ENTRY_READ)
			*r = pageset_add(tables, s->crash.addr, SMMU_STE_BYTES);
		if (*r >= 0 && s->has_crash_cd && s->crash_cd.entry == REC_ENTRY_READ)
			*r = pageset_add(tables, s->crash_cd.addr, SMMU_CD_BYTES);
	}
}

static void from_set(struct area *a, const struct pageset *writable, struct pageset *set)
{
	pageset_sort(set);
	a->known = set->pages != 0;
	a->bytes = pageset_bytes(set);
	a->writable = pageset_common(writable, set, &a->first);
}

static int find_kernel(struct triage *t, const struct pageset *writable, struct area *image,
		       struct area *tables)
{
	_cleanup_pageset_ struct pageset pages = { 0 };
	_cleanup_free_ char *info = NULL;
	struct kernel k = { 0 };
	struct stat st;
	int r;

	if (fstat(t->fd, &st) >= 0)
		info = vmcoreinfo_read(t->fd, (u64)st.st_size);
	if (!info || !read_kernel(info, &k)) {
		triage_gap(t, "%s: where kernel text and page tables are is not known",
			   info ? "a VMCOREINFO note that lacks lines" : "no VMCOREINFO note");
		return 0;
	}
	image->known = true;
	image->bytes = k.tables - k.text;
	image->writable = pageset_in(writable, k.text, image->bytes, &image->first);
	if (!k.geom.levels || (k.geom.odd & PTW_ODD_FATAL)) {
		triage_gap(t, "VMCOREINFO does not tell how the kernel's page tables are built");
		return 0;
	}
	r = walk_kernel(t, &k, &pages);
	if (r < 0)
		return r;
	if (!pages.pages)
		triage_gap(t, "the kernel's page tables are not in the dump");
	from_set(tables, writable, &pages);
	return 0;
}

static void find_capture(struct triage *t, const struct pageset *writable, struct area *a)
{
	u64 first = 0, n;
	size_t i;

	for (i = 0; i < t->story.n_ranges; i++) {
		const struct rec_range *r = &t->story.ranges[i];

		if (r->kind != REC_RANGE_CAPTURE_RAM || r->start + r->bytes < r->start)
			continue;
		a->known = true;
		a->bytes += r->bytes;
		n = pageset_in(writable, r->start, r->bytes, &first);
		if (n && (!a->writable || first < a->first))
			a->first = first;
		a->writable += n;
	}
}

int areas_find(struct triage *t, struct pageset *writable, struct pageset *smmu_tables,
	       struct area ret[AREAS])
{
	static const struct area empty[AREAS] = {
		{ .name = "kernel-image", .text = "kernel text and read-only data" },
		{ .name = "kernel-tables", .text = "the kernel's page tables" },
		{ .name = "smmu-tables", .text = "the SMMU's tables" },
		{ .name = "capture-ram", .text = "the capture kernel's memory" },
	};
	int r = 0;

	memcpy(ret, empty, sizeof(empty));
	pageset_sort(writable);
	add_entries(t, smmu_tables, &r);
	if (r < 0)
		return r;
	from_set(&ret[2], writable, smmu_tables);
	find_capture(t, writable, &ret[3]);
	return find_kernel(t, writable, &ret[0], &ret[1]);
}

void area_words(struct strbuf *text, const struct area *area)
{
	if (!area->known) {
		strbuf_puts(text, "not known");
		return;
	}
	if (area->writable) {
		triage_size(text, area->writable);
		strbuf_printf(text, ", first at 0x%llx", (unsigned long long)area->first);
	} else {
		strbuf_puts(text, "none");
	}
	strbuf_puts(text, ", of ");
	triage_size(text, area->bytes);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * areas.c - see areas.h. The kernel's page tables are walked as a stream's are,
 * by core/ptw.h, with the geometry that VMCOREINFO gives.
 */
#include "ctl/triage/areas.h"

#include <sys/stat.h>

#include "ctl/triage/progress.h"
#include "ctl/dump/vmcoreinfo.h"

#define KERNEL_BYTES_MAX (512ull << 20) /* of page tables: a linear map of 256 GiB in pages */
#define SCRATCH (PTW_MAX_LEVELS * 65536u)

struct kernel {
	u64 text, tables; /* physical: _stext, swapper_pg_dir */
	struct ptw_geom geom;
};

/* arm64 without LPA2, built for it, enters its tables of 64 KiB pages behind their start. */
#define TTBR1_4852_OFFSET 0x1e00u

static bool read_kernel(const char *info, struct kernel *k)
{
	u64 stext, swapper, voffset, page, bits, t1sz;

	if (!vmcoreinfo_symbol(info, "_stext", &stext) ||
	    !vmcoreinfo_symbol(info, "swapper_pg_dir", &swapper) ||
	    !vmcoreinfo_number(info, "NUMBER(kimage_voffset)", &voffset) || swapper <= stext)
		return false;
	k->text = stext - voffset;
	k->tables = swapper - voffset;
	if (!vmcoreinfo_number(info, "PAGESIZE", &page) ||
	    !vmcoreinfo_number(info, "NUMBER(VA_BITS)", &bits) || bits > 52 || bits < 36)
		return true;
	if (vmcoreinfo_number(info, "NUMBER(TCR_EL1_T1SZ)", &t1sz) && t1sz >= 12 && t1sz <= 28)
		bits = 64 - t1sz;
	k->geom = (struct ptw_geom){
		.root = k->tables,
		.granule_shift = page == 4096	 ? 12
				 : page == 16384 ? 14
				 : page == 65536 ? 16
						 : 0,
		.input_bits = (u8)bits,
		.input_base = ~0ull << bits,
		.output_bits = 52,
	};
	/* A kernel built for 64 KiB pages and 52 bits writes addresses so whatever the hardware. */
	if (page == 65536)
		k->geom.form = PTW_FORM_LPA;
	else if (bits > 48)
		k->geom.form = PTW_FORM_DS;
	if (page == 65536 && bits == 48)
		k->geom.root += TTBR1_4852_OFFSET;
	if (k->geom.granule_shift)
		(void)ptw_finish(&k->geom, 0);
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

static void measure(struct area *a, const struct pageset *writable)
{
	pageset_sort(&a->set);
	a->bytes = pageset_bytes(&a->set);
	a->writable = pageset_common(writable, &a->set, &a->first);
	a->known = a->bytes != 0;
}

static int find_kernel(struct triage *t, struct area *image, struct area *tables)
{
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
	r = pageset_add(&image->set, k.text, k.tables - k.text);
	if (r < 0)
		return r;
	if (!k.geom.levels || (k.geom.odd & PTW_ODD_FATAL)) {
		triage_gap(t, "VMCOREINFO does not tell how the kernel's page tables are built");
		return 0;
	}
	r = walk_kernel(t, &k, &tables->set);
	if (r >= 0 && !tables->set.pages)
		triage_gap(t, "the kernel's page tables are not in the dump");
	return r;
}

static int find_capture(const struct triage *t, struct area *a)
{
	size_t i;
	int r = 0;

	for (i = 0; i < t->story.n_ranges && r >= 0; i++) {
		const struct rec_range *range = &t->story.ranges[i];

		if (range->kind == REC_RANGE_CAPTURE_RAM &&
		    range->start + range->bytes >= range->start)
			r = pageset_add(&a->set, range->start, range->bytes);
	}
	return r;
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
	size_t i;

	memcpy(ret, empty, sizeof(empty));
	add_entries(t, smmu_tables, &r);
	ret[2].set = *smmu_tables;
	*smmu_tables = (struct pageset){ 0 };
	if (r >= 0)
		r = find_capture(t, &ret[3]);
	if (r >= 0)
		r = find_kernel(t, &ret[0], &ret[1]);
	pageset_sort(writable);
	for (i = 0; i < AREAS; i++)
		measure(&ret[i], writable);
	return r;
}

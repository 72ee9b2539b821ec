// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * areas.c - see areas.h.
 */
#include "ctl/triage/areas.h"

#include "ctl/dump/kernel.h"
#include "ctl/triage/progress.h"

#define KERNEL_BYTES_MAX                                                                          \
	(512ull << 20) /* limit of page tables: enough for a linear map of 256 GiB in 4 KiB pages \
			*/
#define SCRATCH (PTW_MAX_LEVELS * 65536u)

struct walk {
	struct triage *t;
	struct pageset *tables;
	u32 unread;
};

static int read_table(void *priv, u64 addr, void *buf, size_t len)
{
	struct walk *w = priv;
	int r;

	if (progress_interrupted())
		return -EINTR;
	if (progress_due())
		progress_draw(1, 1, "the kernel's page tables, %llu MiB read",
			      (w->tables->pages >> 8));
	r = smmu_mem_read(&w->t->mem.mem, addr, buf, len);
	return !r && pageset_add(w->tables, addr, len) < 0 ? -ENOMEM : r;
}

static int ignore(void *priv, const struct ptw_extent *extent)
{
	(void)priv;
	(void)extent;
	return 0;
}

static int count_trouble(void *priv, int why, u64 input, u64 bytes, u64 addr)
{
	struct walk *w = priv;

	(void)input, (void)bytes, (void)addr;
	w->unread += why == PTW_NOT_RAM || why == PTW_EXCLUDED;
	return 0;
}

static int walk_kernel(struct triage *t, const struct kernel *k, struct pageset *tables)
{
	struct walk walk = { .t = t, .tables = tables };
	struct smmu_mem mem = { .read = read_table, .priv = &walk };
	struct ptw_visit_ops ops = { .extent = ignore, .trouble = count_trouble };
	_cleanup_free_ u8 *scratch = malloc(SCRATCH);
	struct ptw_budget budget = { .max_bytes = KERNEL_BYTES_MAX,
				     .scratch = scratch,
				     .scratch_len = SCRATCH };
	int r = scratch ? ptw_visit(&mem, &k->geom, &budget, &ops) : -ENOMEM;

	if (r == PTW_BUDGET)
		triage_gap(t, "only the first %u MiB of the kernel's page tables were read",
			   (u32)(KERNEL_BYTES_MAX >> 20));
	else if (r == -EINTR && progress_interrupted())
		triage_gap(t, "interrupted: not all of the kernel's page tables were read");
	else if (r < 0)
		return r;
	if (walk.unread)
		triage_gap(t,
			   "%u of the kernel's page tables could not be read: what they map is "
			   "missing here",
			   walk.unread);
	return 0;
}

static void add_entries(struct triage *t, struct pageset *tables, int *r)
{
	size_t i;

	for (i = 0; i < t->story->n_smmus && *r >= 0; i++) {
		const struct story_smmu *s = &t->story->smmus[i];

		if (s->has_crash && s->crash.state != ADOPT_RESET && s->has_geom)
			*r = pageset_add(tables, s->geom.base, s->geom.bytes);
	}
	for (i = 0; i < t->n_streams && *r >= 0; i++) {
		const struct story_stream *s = t->streams[i].recorded;

		if (!s->has_crash)
			continue;
		if (s->crash.entry == REC_ENTRY_READ)
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
	_cleanup_kernel_ struct kernel k;
	int r;

	kernel_open(&t->mem, t->file, &k);
	if (!k.known) {
		triage_gap(t,
			   "the dump has %s: the addresses of kernel text and page tables are not "
			   "known",
			   k.info ? "an incomplete VMCOREINFO note" : "no VMCOREINFO note");
		return 0;
	}
	r = pageset_add(&image->set, k.text, k.tables - k.text);
	if (r < 0)
		return r;
	if (!kernel_has_tables(&k)) {
		triage_gap(t, "VMCOREINFO does not tell the layout of the kernel's page tables");
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

	for (i = 0; i < t->story->n_ranges && r >= 0; i++) {
		const struct rec_range *range = &t->story->ranges[i];

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

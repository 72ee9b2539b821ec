// SPDX-License-Identifier: GPL-2.0-only
/*
 * oldmem.c - which memory is whose, and reading of both kinds.
 *
 * Capture RAM is what the running kernel calls System RAM (with
 * crashkernel=...,cma that is more than the boot parameters say); old RAM is
 * what the elfcorehdr lists. An address in neither is not memory, and is never
 * mapped: a garbage table pointer must not make us touch a device.
 */
#include <linux/crash_dump.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "core/elfcore.h"
#include "oldmem.h"

#define MAX_RANGES 512
#define WINDOW_BYTES 65536u

struct ranges {
	struct elfcore_range item[MAX_RANGES];
	u32 n;
	bool known; /* otherwise an address outside says nothing */
};

static struct ranges old_ram, capture_ram;

static int add_capture(struct resource *res, void *unused)
{
	struct ranges *r = &capture_ram;

	if (r->n == MAX_RANGES) {
		r->known = false;
		return 1;
	}
	/* walk_iomem_res_desc() goes upwards, so the list is sorted. */
	r->item[r->n].start = res->start;
	r->item[r->n++].bytes = resource_size(res);
	return 0;
}

static void find_capture(void)
{
	capture_ram.known = true;
	walk_iomem_res_desc(IORES_DESC_NONE, IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY, 0, -1, NULL,
			    add_capture);
	if (!capture_ram.known)
		pr_warn("more than %u ranges of System RAM, the rest is unknown\n", MAX_RANGES);
}

static void find_old(void)
{
	const char *why = NULL;
	size_t len;
	u8 *hdr;
	int r;

	r = sa_oldhdr_read(&hdr, &len, &why);
	if (r) {
		pr_warn("crashed kernel's memory unknown: %s (%d)\n", why, r);
		return;
	}
	r = elfcore_ranges(hdr, len, old_ram.item, MAX_RANGES, &old_ram.n);
	kvfree(hdr);
	if (r < 0) {
		pr_warn("crashed kernel's memory unknown: the elfcorehdr is malformed (%d)\n", r);
		return;
	}
	if (r)
		pr_warn("elfcorehdr: %s\n", r & ELFCORE_CUT ? "too many ranges, the rest is unknown"
							    : "empty or wrapping segments skipped");
	old_ram.known = !(r & ELFCORE_CUT);
}

void sa_oldmem_init(void)
{
	find_capture();
	if (is_kdump_kernel())
		find_old();
}

static const struct elfcore_range *lookup(const struct ranges *r, u64 addr)
{
	int i = elfcore_find(r->item, r->n, addr);

	return i < 0 ? NULL : &r->item[i];
}

static bool holds(const struct ranges *r, u64 addr, u64 bytes)
{
	const struct elfcore_range *range = lookup(r, addr);

	return range && bytes <= range->bytes - (addr - range->start);
}

bool sa_oldmem_range(u32 kind, u32 i, struct rec_range *ret)
{
	const struct ranges *r = kind == REC_RANGE_OLD_RAM ? &old_ram : &capture_ram;

	if (i >= r->n)
		return false;
	ret->kind = kind;
	ret->start = r->item[i].start;
	ret->bytes = r->item[i].bytes;
	return true;
}

enum adopt_place sa_place(u64 addr, u64 bytes)
{
	if (holds(&capture_ram, addr, bytes))
		return PLACE_CAPTURE_RAM;
	if (holds(&old_ram, addr, bytes))
		return PLACE_OLD_RAM;
	/* Where a list is missing or cut, "in none of them" proves nothing. */
	if (!capture_ram.known || (is_kdump_kernel() && !old_ram.known))
		return PLACE_UNKNOWN;
	return PLACE_ELSEWHERE;
}

static void unmap_window(struct sa_mem *m)
{
	if (m->window)
		memunmap(m->window);
	m->window = NULL;
}

/* Map the part of [addr, ...) that one window covers; how much is in *@len. */
static int map_window(struct sa_mem *m, u64 addr)
{
	const struct elfcore_range *range;
	u64 start, end;

	if (m->window && addr >= m->start && addr < m->end)
		return SMMU_MEM_OK;
	unmap_window(m);
	range = lookup(&capture_ram, addr);
	if (!range)
		range = lookup(&old_ram, addr);
	if (!range)
		return SMMU_MEM_NOT_RAM;
	start = addr & ~(u64)(WINDOW_BYTES - 1);
	end = start + min_t(u64, WINDOW_BYTES, U64_MAX - start);
	start = max(start, range->start);
	end = min(end, range->start + range->bytes);
	m->window = memremap(start, end - start, MEMREMAP_WB);
	if (!m->window)
		return -ENXIO;
	m->start = start;
	m->end = end;
	return SMMU_MEM_OK;
}

static int read_mem(void *priv, u64 addr, void *buf, size_t len)
{
	struct sa_mem *m = priv;
	size_t n;
	int r;

	if (time_after(jiffies, m->deadline))
		return -ETIME;
	cond_resched();
	while (len) {
		r = map_window(m, addr);
		if (r)
			return r;
		n = min_t(u64, len, m->end - addr);
		/* Pages of ours may be unmapped from the linear map: do not trust the pointer. */
		if (copy_from_kernel_nofault(buf, m->window + (addr - m->start), n))
			return -EIO;
		buf += n;
		addr += n;
		len -= n;
	}
	return SMMU_MEM_OK;
}

void sa_mem_open(struct sa_mem *m, unsigned long deadline)
{
	memset(m, 0, sizeof(*m));
	m->mem.read = read_mem;
	m->mem.priv = m;
	m->deadline = deadline;
}

void sa_mem_close(struct sa_mem *m)
{
	unmap_window(m);
}

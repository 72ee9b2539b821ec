// SPDX-License-Identifier: GPL-2.0-only
/*
 * oldmem.c - which memory is whose, and reading of both kinds.
 *
 * Capture RAM is what the running kernel calls System RAM (with
 * crashkernel=...,cma that is more than the boot parameters say); old RAM is
 * what the elfcorehdr lists, or, where that is not known, the rest of the RAM
 * in firmware's map. An address in neither is not memory, and is never
 * mapped: a garbage table pointer must not make us touch a device. Of old RAM
 * what may be broken or absent is not touched either (badmem.c): that reads as
 * SMMU_MEM_EXCLUDED, which says nothing about the table.
 *
 * elfcorehdr_addr, which modules may see, says only *that* this is a capture
 * kernel: vmcore_init() overwrites it with ELFCORE_ADDR_ERR once /proc/vmcore
 * is set up. So the address comes from where the kernel had it from, the
 * property linux,elfcorehdr in /chosen of the live tree. Booted with ACPI the
 * kernel has that tree as a blob only, which modules do not see: there whoever
 * loads the module reads it (`smmu-adoptd elfcorehdr`) and hands the address
 * over as a parameter.
 */
#include <linux/crash_dump.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "core/elfcore.h"
#include "badmem.h"
#include "oldmem.h"

#define MAX_RANGES 512
#define WINDOW_BYTES 65536u
#define PROPERTY "linux,elfcorehdr"

struct ranges {
	struct elfcore_range item[MAX_RANGES];
	u32 n;
	bool known; /* otherwise an address outside says nothing */
};

static struct ranges old_ram, capture_ram;
static const char *source = "unknown";

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

/* ---- what the crashed kernel had ---- */

static int from_chosen(u64 *ret_addr, u64 *ret_bytes)
{
	int len, addr_cells, size_cells;
	const __be32 *p;

	p = of_get_property(of_chosen, PROPERTY, &len);
	if (!p)
		return -ENOENT;
	/* #address-cells of the root: /chosen has none of its own. */
	addr_cells = of_n_addr_cells(of_chosen);
	size_cells = of_n_size_cells(of_chosen);
	if (len < 0 || addr_cells < 1 || addr_cells > 2 || size_cells < 1 || size_cells > 2 ||
	    (size_t)len != (addr_cells + size_cells) * sizeof(*p))
		return -EINVAL;
	*ret_addr = of_read_number(p, addr_cells);
	*ret_bytes = of_read_number(p + addr_cells, size_cells);
	return 0;
}

/* The header lies in the capture kernel's own, reserved RAM. */
static int copy_header(u64 addr, u64 bytes, u8 **ret, size_t *ret_len)
{
	u8 *copy;
	void *p;

	if (bytes < ELFCORE_EHDR_BYTES || bytes > ELFCORE_MAX_BYTES || addr > U64_MAX - bytes)
		return -EINVAL;
	copy = kvmalloc(bytes, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	p = memremap(addr, bytes, MEMREMAP_WB);
	if (!p) {
		kvfree(copy);
		return -ENXIO;
	}
	memcpy(copy, p, bytes);
	memunmap(p);
	*ret = copy;
	*ret_len = bytes;
	return 0;
}

/* Not believed either: mapping what is no memory could be the end. */
static bool is_ram(u64 addr, u64 bytes)
{
	bool cut, ret;

	if (holds(&capture_ram, addr, bytes))
		return true;
	old_ram.n = sa_firmware_ram(old_ram.item, MAX_RANGES, &cut);
	ret = !old_ram.n || cut || holds(&old_ram, addr, bytes);
	old_ram.n = 0;
	return ret;
}

static int read_header(u64 addr, u64 bytes, u8 **ret, size_t *ret_len)
{
	int r = 0;

	if (!addr)
		r = of_chosen ? from_chosen(&addr, &bytes) : -ENOENT;
	if (!r && !is_ram(addr, bytes))
		r = -EFAULT;
	return r ?: copy_header(addr, bytes, ret, ret_len);
}

/* More than the crashed kernel used, but nothing that is no RAM. */
static void from_firmware(void)
{
	bool cut;

	old_ram.n = sa_firmware_ram(old_ram.item, MAX_RANGES, &cut);
	old_ram.known = old_ram.n && !cut;
	if (!old_ram.n)
		return;
	source = "firmware";
	pr_info("crashed kernel's memory: all RAM that firmware tells of\n");
}

/* The elfcorehdr, kvfree() it, when it is usable. */
static u8 *from_header(u64 addr, u64 bytes)
{
	size_t len;
	u8 *hdr;
	int r;

	r = read_header(addr, bytes, &hdr, &len);
	if (r) {
		pr_info("crashed kernel's list of memory: no usable " PROPERTY
			" in the device tree or as parameter (%d)\n",
			r);
		return NULL;
	}
	r = elfcore_ranges(hdr, len, old_ram.item, MAX_RANGES, &old_ram.n);
	if (r < 0) {
		pr_warn("crashed kernel's list of memory: the elfcorehdr is malformed (%d)\n", r);
		kvfree(hdr);
		return NULL;
	}
	if (r)
		pr_warn("elfcorehdr: %s\n", r & ELFCORE_CUT ? "too many ranges, the rest is unknown"
							    : "empty or wrapping segments skipped");
	old_ram.known = !(r & ELFCORE_CUT);
	source = "elfcorehdr";
	return hdr;
}

static void find_old(u64 addr, u64 bytes)
{
	u8 *hdr = from_header(addr, bytes);
	struct sa_mem m;

	if (!hdr)
		from_firmware();
	if (!old_ram.n)
		pr_warn("crashed kernel's memory unknown\n");
	sa_mem_open(&m, jiffies + msecs_to_jiffies(SA_READ_MS));
	sa_badmem_init(hdr, &m.meta);
	sa_mem_close(&m);
	kvfree(hdr);
}

void sa_oldmem_init(u64 hdr, u64 hdr_bytes)
{
	find_capture();
	if (is_kdump_kernel())
		find_old(hdr, hdr_bytes);
}

const char *sa_oldmem_source(void)
{
	return source;
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

static void unmap_window(struct sa_window *w)
{
	if (w->at)
		memunmap(w->at);
	w->at = NULL;
}

/* Which part of [@start, @end) around @addr may be mapped, of the range that holds it. */
static int clip(struct sa_mem *m, bool meta, u64 addr, u64 *start, u64 *end)
{
	const struct elfcore_range *range = lookup(&capture_ram, addr);
	u64 known_start = 0, known_end = U64_MAX;
	bool old = !range;

	if (old)
		range = lookup(&old_ram, addr);
	if (!range)
		return SMMU_MEM_NOT_RAM;
	if (old && !sa_badmem_firmware(addr, &known_start, &known_end))
		return SMMU_MEM_EXCLUDED;
	*start = max3(*start, range->start, known_start);
	*end = min3(*end, range->start + range->bytes, known_end);
	if (old && !meta && !sa_badmem_clip(&m->cache, &m->meta, addr, start, end))
		return SMMU_MEM_EXCLUDED;
	return SMMU_MEM_OK;
}

/* Map the part of [addr, ...) that one window covers. */
static int map_window(struct sa_mem *m, bool meta, u64 addr)
{
	struct sa_window *w = meta ? &m->meta_window : &m->window;
	u64 start, end;
	int r;

	if (w->at && addr >= w->start && addr < w->end)
		return SMMU_MEM_OK;
	unmap_window(w);
	start = addr & ~(u64)(WINDOW_BYTES - 1);
	end = start + min_t(u64, WINDOW_BYTES, U64_MAX - start);
	r = clip(m, meta, addr, &start, &end);
	if (r)
		return r;
	w->at = memremap(start, end - start, MEMREMAP_WB);
	if (!w->at)
		return -ENXIO;
	w->start = start;
	w->end = end;
	return SMMU_MEM_OK;
}

static int read_window(struct sa_mem *m, bool meta, u64 addr, void *buf, size_t len)
{
	const struct sa_window *w = meta ? &m->meta_window : &m->window;
	size_t n;
	int r;

	if (time_after(jiffies, m->deadline))
		return -ETIME;
	cond_resched();
	while (len) {
		r = map_window(m, meta, addr);
		if (r)
			return r;
		n = min_t(u64, len, w->end - addr);
		/* Pages of ours may be unmapped from the linear map: do not trust the pointer. */
		if (copy_from_kernel_nofault(buf, w->at + (addr - w->start), n))
			return -EIO;
		buf += n;
		addr += n;
		len -= n;
	}
	return SMMU_MEM_OK;
}

static int read_mem(void *priv, u64 addr, void *buf, size_t len)
{
	return read_window(priv, false, addr, buf, len);
}

static int read_meta(void *priv, u64 addr, void *buf, size_t len)
{
	return read_window(priv, true, addr, buf, len);
}

void sa_mem_open(struct sa_mem *m, unsigned long deadline)
{
	memset(m, 0, sizeof(*m));
	m->mem.read = read_mem;
	m->mem.priv = m;
	m->meta.read = read_meta;
	m->meta.priv = m;
	m->deadline = deadline;
}

void sa_mem_close(struct sa_mem *m)
{
	unmap_window(&m->window);
	unmap_window(&m->meta_window);
}

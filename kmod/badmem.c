// SPDX-License-Identifier: GPL-2.0-only
/*
 * badmem.c - what of the crashed kernel's memory must not be touched. A read that
 * ends in an external abort is the end of the capture kernel: arm64 has no fixup
 * for it, and copy_from_kernel_nofault() does not help. So it is decided before.
 *
 * Absent: the elfcorehdr lists what was there when the capture kernel was loaded.
 * Memory that firmware's own map does not have was added later, and may be gone
 * again: it counts as the crashed kernel's, and is not read.
 *
 * Poisoned: the crashed kernel marked pages that hardware reported (core/poison.h).
 * A page whose mark cannot be read counts as sound, and marks that would have the
 * kernel's own page tables poisoned are not believed.
 */
#include <linux/atomic.h>
#include <linux/efi.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "core/vmcoreinfo.h"
#include "badmem.h"
#include "findings.h"

#define MAX_RANGES 512
#define MAX_NOTE_BYTES SZ_64K
#define PT_NOTE_TYPE 4

/* Reads that were refused for one reason. */
struct refused {
	atomic_t n;
	u64 first;
};

static struct elfcore_range firmware[MAX_RANGES];
static u32 firmware_n;
static struct poison_map marks;
static const char *marks_why = "not a capture kernel";
static bool marks_known;
static struct refused absent, poisoned;

static void refuse(struct refused *r, u64 addr)
{
	if (atomic_inc_return(&r->n) == 1)
		WRITE_ONCE(r->first, addr);
}

/* ---- firmware's map ---- */

struct map {
	struct elfcore_range *item;
	u32 n, cap;
	bool cut;
};

static void add_ram(struct map *m, u64 start, u64 bytes)
{
	if (elfcore_add(m->item, &m->n, m->cap, start, bytes) == ELFCORE_CUT)
		m->cut = true;
}

/* What the kernel makes System RAM of (is_usable_memory() of its arm EFI code). */
static bool is_ram(const efi_memory_desc_t *md)
{
	switch (md->type) {
	case EFI_LOADER_CODE:
	case EFI_LOADER_DATA:
	case EFI_ACPI_RECLAIM_MEMORY:
	case EFI_BOOT_SERVICES_CODE:
	case EFI_BOOT_SERVICES_DATA:
	case EFI_CONVENTIONAL_MEMORY:
	case EFI_PERSISTENT_MEMORY: return md->attribute & EFI_MEMORY_WB;
	default: return false;
	}
}

static void from_efi(struct map *m)
{
	efi_memory_desc_t *md;

	for_each_efi_memory_desc (md)
		if (is_ram(md))
			add_ram(m, md->phys_addr, md->num_pages << EFI_PAGE_SHIFT);
}

static void from_dt(struct map *m)
{
	struct device_node *np;
	struct resource res;
	int i;

	for_each_node_by_type (np, "memory")
		for (i = 0; !of_address_to_resource(np, i, &res); i++)
			add_ram(m, res.start, resource_size(&res));
}

u32 sa_firmware_ram(struct elfcore_range *ret, u32 cap, bool *ret_cut)
{
	struct map m = { .item = ret, .cap = cap };

	if (efi_enabled(EFI_MEMMAP))
		from_efi(&m);
	else
		from_dt(&m);
	*ret_cut = m.cut;
	return m.n;
}

bool sa_badmem_firmware(u64 addr, u64 *ret_start, u64 *ret_end)
{
	int i = elfcore_find(firmware, firmware_n, addr);

	if (i < 0 && firmware_n) {
		refuse(&absent, addr);
		return false;
	}
	*ret_start = i < 0 ? 0 : firmware[i].start;
	*ret_end = i < 0 ? U64_MAX : firmware[i].start + firmware[i].bytes;
	return true;
}

/* ---- marks of the crashed kernel ---- */

/* The text of VMCOREINFO among the notes of @bytes at @addr, kfree() it. */
static char *read_info(const struct smmu_mem *meta, u64 addr, u64 bytes)
{
	char *ret = NULL;
	const char *text;
	size_t len;
	u8 *notes;

	if (!bytes || bytes > MAX_NOTE_BYTES)
		return NULL;
	notes = kvmalloc(bytes, GFP_KERNEL);
	if (!notes)
		return NULL;
	if (!smmu_mem_read(meta, addr, notes, bytes)) {
		text = vmcoreinfo_find(notes, bytes, &len);
		ret = text ? kmemdup_nul(text, len, GFP_KERNEL) : NULL;
	}
	kvfree(notes);
	return ret;
}

/* The elfcorehdr was checked by elfcore_ranges(). */
static char *find_info(const u8 *hdr, const struct smmu_mem *meta)
{
	const u8 *p = hdr + core_ld64(hdr + 32);
	u32 i, n = core_ld16(hdr + 56);
	char *ret = NULL;

	for (i = 0; i < n && !ret; i++, p += ELFCORE_PHDR_BYTES)
		if (core_ld32(p) == PT_NOTE_TYPE)
			ret = read_info(meta, core_ld64(p + 8), core_ld64(p + 32));
	return ret;
}

static const char *find_marks(const u8 *hdr, const struct smmu_mem *meta)
{
	struct poison_cache cache = {};
	const char *why = NULL;
	char *text;
	int r;

	text = hdr ? find_info(hdr, meta) : NULL;
	if (!text)
		return "no VMCOREINFO";
	if (!poison_setup(text, &marks))
		why = "VMCOREINFO does not tell";
	kfree(text);
	if (why)
		return why;
	r = poison_page(&marks, &cache, meta, marks.geom.root);
	return r < 0 ? "struct pages not found" : r ? "struct pages make no sense" : NULL;
}

void sa_badmem_init(const u8 *hdr, const struct smmu_mem *meta)
{
	bool cut;

	firmware_n = sa_firmware_ram(firmware, MAX_RANGES, &cut);
	if (cut)
		firmware_n = 0;
	marks_why = find_marks(hdr, meta);
	marks_known = !marks_why;
	if (!marks_known)
		pr_info("poisoned pages of the crashed kernel are unknown: %s\n", marks_why);
}

static bool is_bad(struct poison_cache *cache, const struct smmu_mem *meta, u64 addr)
{
	return poison_page(&marks, cache, meta, addr) > 0;
}

bool sa_badmem_clip(struct poison_cache *cache, const struct smmu_mem *meta, u64 addr, u64 *start,
		    u64 *end)
{
	u64 bytes, page, p;

	if (!marks_known)
		return true;
	bytes = 1ull << marks.page_shift;
	page = addr & ~(bytes - 1);
	if (is_bad(cache, meta, page)) {
		refuse(&poisoned, addr);
		return false;
	}
	for (p = page; p > *start; p -= bytes)
		if (is_bad(cache, meta, p - bytes)) {
			*start = p;
			break;
		}
	for (p = page + bytes; p < *end; p += bytes)
		if (is_bad(cache, meta, p)) {
			*end = p;
			break;
		}
	return true;
}

static void say(struct sa_findings *f, struct refused *r, const char *what)
{
	int n = atomic_read(&r->n);

	if (n)
		sa_find(f, REC_FIND_MEMORY, REC_SEV_WARNING, REC_NO_SID, READ_ONCE(r->first),
			"%s: %d reads left out, the first at 0x%llx", what, n, READ_ONCE(r->first));
}

void sa_badmem_judge(struct sa_findings *f)
{
	say(f, &poisoned, "memory that the crashed kernel marked as broken");
	say(f, &absent, "memory that firmware's map does not have");
}

const char *sa_badmem_text(void)
{
	return marks_known ? "known" : marks_why;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * kernel.c - see kernel.h.
 */
#include "ctl/triage/kernel.h"

#include "ctl/dump/vmcoreinfo.h"

void kernel_open(const struct triage *t, struct kernel *ret)
{
	u64 stext, swapper, voffset;

	*ret = (struct kernel){ .info = vmcoreinfo_read(t->file, &t->mem.info) };
	if (!ret->info || !vmcoreinfo_symbol(ret->info, "_stext", &stext) ||
	    !vmcoreinfo_symbol(ret->info, "swapper_pg_dir", &swapper) ||
	    !vmcoreinfo_number(ret->info, "NUMBER(kimage_voffset)", &voffset) || swapper <= stext)
		return;
	ret->known = true;
	ret->voffset = voffset;
	ret->text = stext - voffset;
	ret->tables = swapper - voffset;
	(void)vmcoreinfo_tables(ret->info, &ret->geom);
}

void kernel_close(struct kernel *k)
{
	free(k->info);
	*k = (struct kernel){ 0 };
}

bool kernel_has_tables(const struct kernel *k)
{
	return k->geom.levels && !(k->geom.odd & PTW_ODD_FATAL);
}

bool kernel_is_virtual(u64 addr)
{
	return addr >> 56 && (addr >> 52 & 0xf) == 0xf;
}

/* The image is contiguous in memory, from _stext to the page tables at its end. */
static bool in_image(const struct kernel *k, u64 addr)
{
	return k->known && addr - k->voffset >= k->text && addr - k->voffset < k->tables + 4096;
}

int kernel_translate(const struct triage *t, const struct kernel *k, u64 addr, u64 *ret_phys,
		     u64 *ret_bytes, struct errbuf *err)
{
	struct ptw_walk walk = { .failed = 0 };
	int r = PTW_NOT_RAM;

	addr |= 0xffull << 56;
	if (kernel_has_tables(k))
		r = ptw_walk(&t->mem.mem, &k->geom, addr, &walk);
	if (r == PTW_MAPPED) {
		*ret_phys = walk.phys;
		*ret_bytes = walk.bytes - (walk.phys & (walk.bytes - 1));
		return 0;
	}
	if (in_image(k, addr)) {
		*ret_phys = addr - k->voffset;
		*ret_bytes = k->tables + 4096 - *ret_phys;
		return 0;
	}
	if (r == PTW_UNMAPPED || r == PTW_RANGE || r == PTW_BAD_ENTRY) {
		errbuf_set(err, "0x%llx: the crashed kernel had nothing mapped there", addr);
		return -ENOENT;
	}
	errbuf_set(err, "0x%llx is a kernel address, and %s", addr,
		   !k->info		   ? "the dump has no VMCOREINFO note to translate it with"
		   : !kernel_has_tables(k) ? "VMCOREINFO lacks lines to translate it with"
					   : "the kernel's page tables are not in the dump");
	return -ENODATA;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * kernel.c - see kernel.h.
 */
#include "ctl/dump/kernel.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/dump/vmcoreinfo.h"

void kernel_open(const struct memdump *dump, struct dump_file *file, struct kernel *ret)
{
	u64 stext, swapper, voffset;

	*ret = (struct kernel){ .mem = &dump->mem, .info = vmcoreinfo_read(file, &dump->info) };
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

const struct kernel *kernel_file_open(struct kernel_file *f, struct errbuf *err)
{
	if (!f->rc) {
		f->rc = memdump_open(f->file, f->name, &f->dump, &f->why);
		if (f->rc >= 0) {
			f->rc = 1;
			kernel_open(&f->dump, f->file, &f->kernel);
		}
	}
	if (f->rc < 0)
		*err = f->why;
	return f->rc < 0 ? NULL : &f->kernel;
}

void kernel_file_close(struct kernel_file *f)
{
	kernel_close(&f->kernel);
	memdump_close(&f->dump);
	f->rc = 0;
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

int kernel_translate(const struct kernel *k, u64 addr, u64 *ret_phys, u64 *ret_bytes,
		     struct errbuf *err)
{
	struct ptw_walk walk = { .failed = 0 };
	int r = PTW_NOT_RAM;

	addr |= 0xffull << 56;
	if (kernel_has_tables(k))
		r = ptw_walk(k->mem, &k->geom, addr, &walk);
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

int kernel_read(const struct kernel *k, struct kernel_place *place, u64 addr, void *buf, size_t len,
		struct errbuf *err)
{
	u8 *to = buf;
	size_t n;
	int rc;

	for (; len; len -= n, to += n, addr += n) {
		if (addr - place->first >= place->bytes) {
			*place = (struct kernel_place){ .first = addr };
			rc = kernel_translate(k, addr, &place->phys, &place->bytes, err);
			if (rc < 0)
				return rc;
		}
		n = len;
		if (n > place->bytes - (addr - place->first))
			n = (size_t)(place->bytes - (addr - place->first));
		rc = smmu_mem_read(k->mem, place->phys + (addr - place->first), to, n);
		if (rc) {
			errbuf_set(err, "0x%llx: %s", addr,
				   rc < 0 ? strerror(-rc) : "this memory is not in the dump");
			return rc < 0 ? rc : -ENODATA;
		}
	}
	return 0;
}

/* ---- the host's name ---- */

#define UTS_BYTES 65u /* of each name in struct new_utsname: system, host, release, ... */
#define UTS_HOST 1
#define UTS_RELEASE 2

/* The release beside the host's name tells whether this is the structure. */
bool kernel_host(const struct kernel *k, char *buf, size_t cap)
{
	static const char *const any[] = { "(none)", "localhost", "localhost.localdomain" };
	char names[3][UTS_BYTES], release[UTS_BYTES];
	struct kernel_place place = { 0 };
	u64 ns, offset;
	size_t i, len;
	struct errbuf ignored;

	if (!k->info || !vmcoreinfo_symbol(k->info, "init_uts_ns", &ns) ||
	    !vmcoreinfo_number(k->info, "OFFSET(uts_namespace.name)", &offset) ||
	    !vmcoreinfo_value(k->info, "OSRELEASE", release, sizeof(release)) ||
	    kernel_read(k, &place, ns + offset, names, sizeof(names), &ignored) < 0)
		return false;
	len = strnlen(names[UTS_HOST], UTS_BYTES);
	if (!len || len == UTS_BYTES || len >= cap ||
	    strncmp(names[UTS_RELEASE], release, UTS_BYTES) != 0)
		return false;
	for (i = 0; i < len; i++)
		if (!isgraph((unsigned char)names[UTS_HOST][i]))
			return false;
	for (i = 0; i < sizeof(any) / sizeof(any[0]); i++)
		if (!strcmp(names[UTS_HOST], any[i]))
			return false;
	memcpy(buf, names[UTS_HOST], len + 1);
	return true;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * oldhdr.c - find the elfcorehdr and copy it.
 *
 * elfcorehdr_addr, which modules may see, says only *that* this is a capture
 * kernel: vmcore_init() overwrites it with ELFCORE_ADDR_ERR once /proc/vmcore
 * is set up. So the address comes from where the kernel had it from, the
 * property linux,elfcorehdr in /chosen: of the live tree, or, when booted with
 * ACPI, of the blob in /sys/firmware/fdt, which is never unflattened then.
 */
#include <linux/acpi.h>
#include <linux/crash_dump.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/of.h>

#include "core/elfcore.h"
#include "core/fdt.h"
#include "oldmem.h"

#define PROPERTY "linux,elfcorehdr"
#define FDT_FILE "/sys/firmware/fdt"
#define FDT_MAX_BYTES (2u << 20)

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

/*
 * Read by hand: kernel_read_file() asks the security modules what kind of file
 * it is, and one of them warns about a kind it does not know.
 */
static ssize_t read_blob(struct file *file, u8 **ret)
{
	loff_t size = i_size_read(file_inode(file)), pos = 0;
	ssize_t n;
	u8 *blob;

	if (size <= 0 || size > FDT_MAX_BYTES)
		return -EFBIG;
	blob = kvmalloc(size, GFP_KERNEL);
	if (!blob)
		return -ENOMEM;
	while (pos < size) {
		n = kernel_read(file, blob + pos, size - pos, &pos);
		if (n <= 0) {
			kvfree(blob);
			return n < 0 ? n : -EIO;
		}
	}
	*ret = blob;
	return size;
}

static int from_blob(u64 *ret_addr, u64 *ret_bytes)
{
	struct file *file = filp_open(FDT_FILE, O_RDONLY, 0);
	ssize_t len;
	u8 *blob;
	int r;

	if (IS_ERR(file))
		return PTR_ERR(file);
	len = read_blob(file, &blob);
	filp_close(file, NULL);
	if (len < 0)
		return len;
	r = fdt_chosen_reg(blob, len, PROPERTY, ret_addr, ret_bytes);
	kvfree(blob);
	return r > 0 ? -ENOENT : r;
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

int sa_oldhdr_read(u8 **ret, size_t *ret_len, const char **ret_why)
{
	u64 addr, bytes;
	int r;

	r = of_chosen ? from_chosen(&addr, &bytes) : -ENOENT;
	if (r == -ENOENT)
		r = from_blob(&addr, &bytes);
	if (r) {
		*ret_why = "no usable " PROPERTY " in the device tree or in " FDT_FILE;
		return r;
	}
	r = copy_header(addr, bytes, ret, ret_len);
	if (r)
		*ret_why = "the elfcorehdr that " PROPERTY " names cannot be read";
	return r;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * elfcorehdr.c - reads the flattened device tree that kexec made. A kernel booted with ACPI does
 * not unflatten it, so modules cannot read it, but user space can.
 */
#include "lib/machine/elfcorehdr.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/fdt.h"
#include "lib/base/cleanup.h"

#define PATH_FDT "sys/firmware/fdt"
#define FDT_BYTES_MAX (2u << 20)

int elfcorehdr_find(const struct fsroot *root, u64 *ret_addr, u64 *ret_bytes)
{
	_cleanup_close_ int fd = fsroot_openat(root, O_RDONLY, 0, PATH_FDT);
	_cleanup_free_ u8 *fdt = NULL;
	size_t len = 0;
	ssize_t n;
	int rc;

	if (fd < 0)
		return fd;
	fdt = malloc(FDT_BYTES_MAX);
	if (!fdt)
		return -ENOMEM;
	while (len < FDT_BYTES_MAX && (n = read(fd, fdt + len, FDT_BYTES_MAX - len)) > 0)
		len += (size_t)n;
	rc = fdt_chosen_reg(fdt, len, "linux,elfcorehdr", ret_addr, ret_bytes);
	return rc > 0 ? -ENOENT : rc;
}

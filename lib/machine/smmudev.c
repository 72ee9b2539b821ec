// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * smmudev.c - see smmudev.h.
 *
 * A device of the device tree is named by its address as the kernel translated it:
 * "9050000.smmuv3". ACPI devices are named arm-smmu-v3.N.auto, and /proc/iomem has their range.
 */
#include "lib/machine/smmudev.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/base/cleanup.h"
#include "lib/base/parse.h"
#include "lib/machine/sysdev.h"
#include "lib/story/names.h"

#define SMMUS_MAX 4096
#define IOMEM_LINES_MAX 65536
#define REGISTERS_ALIGNED 0x10000u /* IHI 0070, 6.1: to 64 KiB */
#define DT_COMPATIBLE "arm,smmu-v3"
#define ACPI_NAME "arm-smmu-v3."

struct search {
	const struct fsroot *root;
	smmudev_fn fn;
	void *priv;
};

/* A list of strings, each with its NUL. */
static bool names(const char *list, size_t len, const char *wanted)
{
	size_t at;

	for (at = 0; at < len; at += strlen(list + at) + 1)
		if (strcmp(list + at, wanted) == 0)
			return true;
	return false;
}

struct range {
	const char *name;
	u64 base;
};

/* "  2b400000-2b41ffff : arm-smmu-v3.0.auto" */
static int on_range(void *priv, char *line)
{
	struct range *range = priv;
	char *colon = strstr(line, " : "), *end;

	if (!colon || strcmp(colon + 3, range->name) != 0)
		return 0;
	errno = 0;
	range->base = strtoull(line, &end, 16);
	if (errno || *end != '-')
		range->base = 0;
	return 1;
}

static u64 base_of(const struct search *search, const char *name, bool dt)
{
	struct range range = { .name = name };
	char *end;

	if (dt) {
		errno = 0;
		range.base = strtoull(name, &end, 16);
		if (errno || *end != '.')
			range.base = 0;
	} else {
		fsroot_each_line(search->root, "proc/iomem", IOMEM_LINES_MAX, on_range, &range);
	}
	return range.base % REGISTERS_ALIGNED ? 0 : range.base;
}

static int visit(void *priv, const char *name)
{
	const struct search *search = priv;
	struct smmudev smmu = { .name = "" };
	char compatible[256];
	bool dt;
	int len;

	if (strlen(name) >= sizeof(smmu.name))
		return 0;
	len = fsroot_read_text(search->root, compatible, sizeof(compatible),
			       "sys/bus/platform/devices/%s/of_node/compatible", name);
	dt = len > 0 && names(compatible, (size_t)len, DT_COMPATIBLE);
	if (!dt && (len > 0 || strncmp(name, ACPI_NAME, strlen(ACPI_NAME)) != 0))
		return 0;
	strcpy(smmu.name, name);
	smmu.base = base_of(search, name, dt);
	smmu.bound = fsroot_exists(search->root, "sys/bus/platform/devices/%s/driver", name);
	smmu.deferred = sysdev_is_listed(search->root, PATH_DEFERRED, name);
	return search->fn(search->priv, &smmu);
}

int smmudev_each(const struct fsroot *root, smmudev_fn fn, void *priv)
{
	struct search search = { .root = root, .fn = fn, .priv = priv };

	int rc = fsroot_each(root, SMMUS_MAX, visit, &search, "sys/bus/platform/devices");

	return rc == -ENOENT ? 0 : rc;
}

int smmudev_map(const struct fsroot *root, u64 base, volatile uint32_t **ret)
{
	_cleanup_close_ int fd = fsroot_openat(root, O_RDWR | O_SYNC, 0, "dev/mem");
	void *page;

	if (fd < 0)
		return fd;
	page = mmap(NULL, SMMUDEV_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)base);
	if (page == MAP_FAILED)
		return -errno;
	*ret = page;
	return 0;
}

void smmudev_unmap(volatile uint32_t *page)
{
	munmap((void *)page, SMMUDEV_PAGE_BYTES);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * check_makedumpfile.c - can makedumpfile read this kernel? It refuses kernels built for 52-bit
 * virtual addresses with 4 KiB pages, even where the processor has fewer bits. kdump-tools does
 * not see the failure, as makedumpfile is not the last program of its pipe, and saves an empty
 * dump.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/check/check.h"

#define TOPIC "makedumpfile"
/* The newest version that was seen to refuse them. */
#define REFUSES_UP_TO 10708u
#define LINES_MAX 100000u

struct kernel {
	bool bits_52, pages_4k;
};

static int on_config(void *priv, char *line)
{
	struct kernel *kernel = priv;

	kernel->bits_52 |= !strcmp(line, "CONFIG_ARM64_VA_BITS=52");
	kernel->pages_4k |= !strcmp(line, "CONFIG_ARM64_4K_PAGES=y");
	return kernel->bits_52 && kernel->pages_4k;
}

/* Where distributions put a kernel's configuration. */
static bool kernel_is_refused(const struct fsroot *root)
{
	struct kernel kernel = { false, false };
	char release[64], path[FSROOT_PATH_MAX];

	if (fsroot_read_text(root, release, sizeof(release), "proc/sys/kernel/osrelease") < 0)
		return false;
	snprintf(path, sizeof(path), "boot/config-%s", release);
	if (fsroot_each_line(root, path, LINES_MAX, on_config, &kernel) > 0)
		return true;
	snprintf(path, sizeof(path), "lib/modules/%s/config", release);
	return fsroot_each_line(root, path, LINES_MAX, on_config, &kernel) > 0;
}

/* "makedumpfile: version 1.7.2 (released on ...)": 10702, or 0. */
static unsigned int ask_version(const struct fsroot *root)
{
	unsigned int major, minor, patch;
	char line[256] = "";
	FILE *out;

	if (!root->real)
		return 0;
	out = popen("PATH=/usr/sbin:/usr/bin makedumpfile -v 2>&1", "re");
	if (!out)
		return 0;
	if (!fgets(line, sizeof(line), out))
		line[0] = 0;
	(void)pclose(out);
	if (sscanf(line, "makedumpfile: version %u.%u.%u", &major, &minor, &patch) != 3 ||
	    major > 99 || minor > 99 || patch > 99)
		return 0;
	return major * 10000 + minor * 100 + patch;
}

static int on_defaults(void *priv, char *line)
{
	(void)priv;
	line += strspn(line, " \t");
	return *line != '#' && strstr(line, "/" PATH_DUMP_BY_COPY) != NULL;
}

void check_makedumpfile(struct check *check)
{
	static const char debians[] =
		"to copy all memory instead, add the line at the head of /" PATH_DUMP_BY_COPY
		" to /etc/default/kdump-tools";
	static const char others[] =
		"to copy all memory instead, put this line into /etc/kdump.conf: "
		"core_collector cp";
	const struct fsroot *root = &check->ctl->root;
	const struct kdump *k = &check->kdump;
	bool debian = k->systems & KDUMP_DEBIANS, copies;

	if (!(k->systems & (KDUMP_DEBIANS | KDUMP_RHEL)) || !kernel_is_refused(root))
		return;
	if (debian)
		copies = fsroot_each_line(root, KDUMP_DEBIAN, LINES_MAX, on_defaults, NULL) > 0;
	else
		copies = k->collector[0] && !strstr(k->collector, TOPIC); /* "core_collector cp" */
	if (copies)
		check_say(check, CHECK_OK, TOPIC, NULL,
			  "makedumpfile refuses this kernel, so the dump will be a copy of all "
			  "memory");
	else if (ask_version(root) > REFUSES_UP_TO)
		check_say(check, CHECK_UNKNOWN, TOPIC, "try: makedumpfile --mem-usage /proc/kcore",
			  "this kernel has 52-bit addresses and 4 KiB pages, and older versions "
			  "of makedumpfile refuse such kernels");
	else
		check_say(check, CHECK_FAIL, TOPIC, debian ? debians : others,
			  "makedumpfile refuses this kernel, which has 52-bit addresses and 4 "
			  "KiB pages: there will be no dump");
}

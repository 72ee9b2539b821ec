// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * check_adopt.c - will the capture kernel adopt? By a driver of ours that is in
 * the image while the built-in one is kept away, or by itself: kernels that can
 * have functions for it, and the capture kernel is nearly always this kernel.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/check/check.h"
#include "lib/base/cleanup.h"
#include "lib/base/parse.h"

#define ADOPTING_MODULE "arm_smmu_v3_adopt"
#define KEEP_AWAY "initcall_blacklist=arm_smmu_driver_init"
#define KERNEL_DRIVER "arm_smmu_device_probe"

/*
 * The functions of a driver that adopts begin with one of these. Any may be missing, renamed by a
 * later version of the series or inlined by a compiler; the last one cannot be, as the core calls
 * it by its address, and no driver of an SMMU has it for another reason.
 */
static const char *const adopting[] = {
	"arm_smmu_kdump_", "arm_smmu_device_kdump_",	  "arm_smmu_device_hw_probe_kdump",
	"arm_smmu_adopt_", "arm_smmu_is_attach_deferred",
};

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/*
 * What a line of kallsyms, "ADDRESS TYPE NAME [MODULE]", says: 1 it adopts, 0 it has a driver, -1
 * nothing. Our own driver is none of the kernel's.
 */
static int symbol_says(const char *line)
{
	char name[128], module[80] = "";
	size_t i;

	if (sscanf(line, "%*s %*s %127s %79s", name, module) < 1 ||
	    !strcmp(module, "[" ADOPTING_MODULE "]"))
		return -1;
	for (i = 0; i < sizeof(adopting) / sizeof(adopting[0]); i++)
		if (starts(name, adopting[i]))
			return 1;
	return starts(name, KERNEL_DRIVER) ? 0 : -1;
}

int check_kernel_adopts(const struct fsroot *root)
{
	_cleanup_fclose_ FILE *file = NULL;
	_cleanup_free_ char *line = NULL;
	int fd = fsroot_openat(root, O_RDONLY, 0, "proc/kallsyms");
	size_t cap = 0;
	int answer = -1, said;

	file = fd < 0 ? NULL : fdopen(fd, "re");
	if (!file) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while (answer < 1 && getline(&line, &cap, file) > 0) {
		said = symbol_says(line);
		answer = said > answer ? said : answer;
	}
	return answer;
}

/* initcall_blacklist may be there more than once, each with a list. */
static bool kept_away(const struct check *check)
{
	static const char option[] = "initcall_blacklist=";
	const char *line = check->cmdline, *list;
	char word[2048], item[128];
	int len;

	while (check_cmdline_next(&line, word, sizeof(word))) {
		if (strncmp(word, option, strlen(option)))
			continue;
		list = word + strlen(option);
		while ((len = parse_word(&list, item, sizeof(item))))
			if (len > 0 && !strcmp(item, "arm_smmu_driver_init"))
				return true;
	}
	return false;
}

static void say_with_driver(struct check *check)
{
	if (!check->cmdline_from[0])
		check_say(check, CHECK_UNKNOWN, "adopt", "it must have " KEEP_AWAY,
			  "the adopting driver is in the image; the capture kernel's command line "
			  "is not known");
	else if (kept_away(check))
		check_say(check, CHECK_OK, "adopt", NULL,
			  "the adopting driver is in the image, and %s keeps the built-in one away",
			  check->cmdline_from);
	else if (!check->other_kernel && check_kernel_adopts(&check->ctl->root) == 1)
		check_say(
			check, CHECK_OK, "adopt", NULL,
			"this kernel's own driver adopts; the adopting driver, in the image, too, "
			"is not needed");
	else
		check_say(check, CHECK_FAIL, "adopt",
			  "add " KEEP_AWAY " there, and load the capture kernel anew",
			  "the adopting driver is in the image, but %s does not keep the built-in "
			  "one away: it resets the SMMU",
			  check->cmdline_from);
}

/* @why it has none. */
static void say_without_driver(struct check *check, const char *why)
{
	if (check->listed && kept_away(check)) {
		check_say(check, CHECK_FAIL, "adopt",
			  "build the module and the image anew and load them (" NAME_CTL
			  " setup), or take the word away",
			  "%s keeps the built-in driver away, but %s: " NAME_DAEMON
			  " would have to switch the SMMU off for a dump",
			  check->cmdline_from, why);
		return;
	}
	if (check->other_kernel) {
		check_say(
			check, CHECK_UNKNOWN, "adopt", NULL,
			"the image has no driver that adopts, and whether that of kernel %s does is "
			"not known: another one runs",
			check->release);
		return;
	}
	switch (check_kernel_adopts(&check->ctl->root)) {
	case 1: check_say(check, CHECK_OK, "adopt", NULL, "this kernel's own driver adopts"); break;
	case 0:
		check_say(check, CHECK_FAIL, "adopt",
			  "put arm-smmu-v3-adopt.ko into the image (" NAME_CTL
			  " setup), or use a kernel that adopts",
			  "this kernel's driver does not adopt, and the image has no driver that "
			  "does: the SMMU will be reset, and all DMA in flight refused");
		break;
	default:
		check_say(check, CHECK_UNKNOWN, "adopt", NULL,
			  "/proc/kallsyms does not tell whether this kernel's driver adopts");
	}
}

void check_adopt(struct check *check)
{
	struct errbuf why = { .text = "" };

	if (!check->n_smmus)
		return;
	check_blacklist(check, SMMU_ADOPT_MODULE, "the helper");
	if (check_has_module(check, ADOPTING_MODULE))
		check_blacklist(check, ADOPTING_MODULE, "the adopting driver");
	if (check->listed && image_driver_fits(&check->driver, check->kernel, &why))
		say_with_driver(check);
	else if (check->listed || check_kernel_adopts(&check->ctl->root) == 1)
		say_without_driver(check, why.text);
	else
		check_say(check, CHECK_UNKNOWN, "adopt", NULL,
			  "this kernel's driver does not adopt; what is in the image is not known");
	/* iommu=pt is for other architectures. */
	if (check_cmdline_bool(check, "iommu.passthrough", false))
		check_say(check, CHECK_WARN, "passthrough",
			  "remove it from the capture kernel's command line",
			  "iommu.passthrough: devices are never attached in the capture kernel and "
			  "stay on the crashed kernel's entries");
}

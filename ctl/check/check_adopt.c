// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * check_adopt.c - will the capture kernel adopt? Either our adopting driver does: it must be in
 * the image, and the command line must keep the built-in driver away. Or the kernel's own driver
 * does: such kernels have functions for it, and the capture kernel is nearly always the kernel
 * that runs now.
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
 * The functions of a driver that adopts begin with one of these. A later version of the series
 * may rename any of them, or a compiler may inline it. The last one is always there, as the core
 * calls it by its address, and an SMMU driver has it only to adopt.
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
 * What a line of kallsyms, "ADDRESS TYPE NAME [MODULE]", tells of the kernel: 1 its driver
 * adopts, 0 it has a driver, -1 nothing. Our adopting driver is not the kernel's own.
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

/* As the kernel compares names of parameters (parameq() in kernel/params.c): a dash is an
 * underscore. */
static bool begins_with(const char *word, const char *option)
{
	for (; *option; option++, word++)
		if ((*word == '-' ? '_' : *word) != *option)
			return false;
	return true;
}

/*
 * Returns the end of the word of the command line that keeps the built-in driver away, or NULL.
 * initcall_blacklist may be there more than once, each time with a list. The kernel reads no word
 * after "--" (parse_args()): these are for init.
 */
static const char *keeping_word(const struct check *check)
{
	static const char option[] = "initcall_blacklist=";
	const char *line = check->cmdline, *list;
	char word[2048], item[128];
	int len;

	while (check_cmdline_next(&line, word, sizeof(word)) && strcmp(word, "--") != 0) {
		if (!begins_with(word, option))
			continue;
		list = word + strlen(option);
		while ((len = parse_word(&list, item, sizeof(item))))
			if (len > 0 && !strcmp(item, "arm_smmu_driver_init"))
				return line;
	}
	return NULL;
}

/* On Debian "setup" adds the word where the administrator has no line, and keeps the default. */
static void advise_word(const struct check *check, char *buf, size_t cap)
{
	if (check_cmdline_find(check, "--"))
		snprintf(buf, cap,
			 "put " KEEP_AWAY " before the word -- of the command line: the kernel "
			 "reads no word after it");
	else if ((check->kdump.systems & KDUMP_DEBIANS) && !check->kdump.has_append)
		snprintf(buf, cap,
			 "run " NAME_CTL " setup, which adds " KEEP_AWAY
			 " and keeps the other words");
	else
		check_cmdline_add(check, KEEP_AWAY, buf, cap);
}

static void say_with_driver(struct check *check)
{
	const char *word = keeping_word(check);
	char advice[CHECK_ADVICE_BYTES];

	if (!check->cmdline_from[0])
		check_say(check, CHECK_UNKNOWN, "adopt",
			  "make sure that the command line has " KEEP_AWAY,
			  "the adopting driver is in the image, but the capture kernel's command "
			  "line is not known");
	else if (word)
		check_say(check, CHECK_OK, "adopt", NULL,
			  "the adopting driver is in the image, and %s keeps the built-in driver "
			  "away",
			  check_cmdline_source(check, word));
	else if (!check->other_kernel && check_kernel_adopts(&check->ctl->root) == 1)
		check_say(
			check, CHECK_OK, "adopt", NULL,
			"this kernel's own driver adopts; the adopting driver in the image is not "
			"needed");
	else {
		advise_word(check, advice, sizeof(advice));
		check_say(check, CHECK_FAIL, "adopt", advice,
			  "the adopting driver is in the image, but %s does not keep the built-in "
			  "driver away, and that driver resets the SMMU",
			  check->cmdline_from);
	}
}

/* No adopting driver of ours fits; @why tells the reason. */
static void say_without_driver(struct check *check, const char *why)
{
	const char *word = keeping_word(check);

	if (check->listed && word) {
		check_say(check, CHECK_FAIL, "adopt",
			  "build the module and the image again and load the capture kernel "
			  "again (" NAME_CTL " setup), or remove " KEEP_AWAY,
			  "%s keeps the built-in driver away, but %s: " NAME_DAEMON
			  " would have to switch the SMMU off for a dump",
			  check_cmdline_source(check, word), why);
		return;
	}
	if (check->other_kernel) {
		check_say(check, CHECK_UNKNOWN, "adopt", NULL,
			  "the image has no adopting driver. It is not known whether the driver "
			  "of kernel %s adopts, as another kernel runs now",
			  check->release);
		return;
	}
	switch (check_kernel_adopts(&check->ctl->root)) {
	case 1: check_say(check, CHECK_OK, "adopt", NULL, "this kernel's own driver adopts"); break;
	case 0:
		check_say(check, CHECK_FAIL, "adopt",
			  "put arm-smmu-v3-adopt.ko into the image (" NAME_CTL
			  " setup), or use a kernel that adopts",
			  "this kernel's driver does not adopt, and the image has no adopting "
			  "driver: the capture kernel will reset the SMMU, which then refuses "
			  "all DMA in flight");
		break;
	default:
		check_say(check, CHECK_UNKNOWN, "adopt", NULL,
			  "/proc/kallsyms does not tell whether this kernel's driver adopts");
	}
}

void check_adopt(struct check *check)
{
	struct errbuf why = { .text = "" };
	char advice[CHECK_ADVICE_BYTES];
	const char *word;

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
			  "this kernel's driver is not known to adopt, and the content of the "
			  "image is not known");
	/* Arm64 ignores iommu=pt. */
	if (check_cmdline_bool(check, "iommu.passthrough", false)) {
		word = check_cmdline_last(check, "iommu.passthrough=");
		check_cmdline_remove(check, word, "iommu.passthrough", advice, sizeof(advice));
		check_say(check, CHECK_WARN, "passthrough", advice,
			  "%s has iommu.passthrough: the capture kernel attaches no device, so "
			  "devices stay on the crashed kernel's entries",
			  check_cmdline_source(check, word));
	}
}

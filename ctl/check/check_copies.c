// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * check_copies.c - copies of the capture image, and systems that run from an image themselves:
 * what else must be built again after the capture image?
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl/check/check.h"
#include "ctl/input/bytes.h"
#include "lib/base/cleanup.h"

static time_t changed_at(const struct check *check, const char *path)
{
	_cleanup_close_ int fd = fsroot_openat(&check->ctl->root, INPUT_OPEN_FLAGS, 0, "%s", path);
	struct stat st;

	return fd < 0 || fstat(fd, &st) < 0 ? 0 : st.st_mtime;
}

static bool loads_early(const struct check *check)
{
	char text[4096], word[256];
	const char *line = text;

	if (fsroot_read_text(&check->ctl->root, text, sizeof(text), "proc/cmdline") < 0)
		return false;
	while (check_cmdline_next(&line, word, sizeof(word)))
		if (!strcmp(word, "rd.earlykdump") || !strcmp(word, "rd.earlykdump=1"))
			return true;
	return false;
}

/*
 * kdump-utils' early-kdump: the system's own image has a copy of the kernel and the kdump image,
 * and loads this copy.
 */
static void say_early(struct check *check)
{
	static const char advice[] =
		"build the system's image again, after the kdump image: dracut --force "
		"--add earlykdump";
	char release[64], path[128];
	time_t system, kdump;

	if (!loads_early(check) || fsroot_read_text(&check->ctl->root, release, sizeof(release),
						    "proc/sys/kernel/osrelease") <= 0)
		return;
	snprintf(path, sizeof(path), "boot/initramfs-%s.img", release);
	system = changed_at(check, path);
	kdump = check->image[0] ? changed_at(check, check->image) : 0;
	if (!system || !kdump)
		check_say(check, CHECK_UNKNOWN, "early-kdump", advice,
			  "early-kdump loads a copy of the kdump image that is in the system's "
			  "own image, and one of the two images was not found");
	else if (system < kdump)
		check_say(check, CHECK_WARN, "early-kdump", advice,
			  "early-kdump loads the copy in /%s, which is older than the kdump image",
			  path);
	else
		check_say(check, CHECK_OK, "early-kdump", NULL,
			  "the copy in /%s is not older than the kdump image", path);
}

void check_copies(struct check *check)
{
	say_early(check);
	if (fsroot_exists(&check->ctl->root, "run/ostree-booted"))
		check_say(check, CHECK_INFO, "image-mode",
			  "Run kdumpctl rebuild after each update of the system's image",
			  "this system runs from an image: install smmu-adopt in that image; the "
			  "kdump image is built on this machine");
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * crashdir.h - finds folders of dumps by the names that kdump-utils (RHEL, Fedora), kdump-tools
 * (Debian, Ubuntu) and kdump (SUSE) give them:
 *
 * 	127.0.0.1-2026-11-22-22:55:01/	vmcore, vmcore.flat, vmcore-incomplete
 * 	202611222255/			dump.202611222255, vmcore.202611222255
 * 	2026-11-22-22-55/		vmcore
 *
 * Names of hosts may stand in front.
 */
#ifndef LIB_MACHINE_CRASHDIR_H
#define LIB_MACHINE_CRASHDIR_H

#include <stdbool.h>
#include <time.h>

#include "core/rec_types.h"
#include "lib/base/errbuf.h"
#include "lib/base/fsroot.h"
#include "lib/machine/boot.h"

bool crashdir_is_dump(const char *name);
/* Or is it going to be one, under a temporary name? */
bool crashdir_is_dump_part(const char *name);
/* Is it a kernel log, and of which kernel? */
enum crashdir_log {
	CRASHDIR_LOG_NONE,
	CRASHDIR_LOG_CRASHED, /* vmcore-dmesg.txt, dmesg.202611222255, dmesg.txt */
	CRASHDIR_LOG_CAPTURE, /* kexec-dmesg.log */
};
enum crashdir_log crashdir_log(const char *name);
/* Is this the name of a folder of one crash? */
bool crashdir_is_stamp(const char *name);

/*
 * The host in front of the stamp in @folder's name, as kdump-utils and kdump-tools write it; else
 * @above.
 */
void crashdir_host(char *buf, size_t cap, const char *folder, const char *above);

/* Ends with crashdir_close(). */
struct crashdir {
	int fd; /* -1: none found */
	char name[256];
	struct timespec time; /* of the youngest thing in it */
};
#define CRASHDIR_NONE    \
	{                \
		.fd = -1 \
	}
void crashdir_close(struct crashdir *dir);

/* What tells a folder of this crash from those of others. */
struct crashdir_boot {
	time_t since;	      /* boot time; an older folder is of another crash */
	u8 id[BOOT_ID_BYTES]; /* of this boot; all zero: not known */
};
void crashdir_this_boot(const struct fsroot *root, struct crashdir_boot *ret);

/*
 * Take the folder of this crash in @base_fd that was written to last into @best, unless what is
 * there is newer. Folders with a time in the future (the clock was wrong) do not count. Other
 * users may write to such places, as to /var/crash with apport, so links, folders of other users
 * and folders that other users can write to do not count either. Returns 0 or a negative errno.
 */
int crashdir_newest(int base_fd, const struct crashdir_boot *boot, struct crashdir *best);

/* Open @dir, found before in @base_fd and closed since, again: false when it is not there. */
bool crashdir_reopen(int base_fd, struct crashdir *dir);

/*
 * The same in the places where dump targets are mounted. -ENOENT: there is no folder of this
 * crash; another negative errno: none was found, but not all places could be read.
 */
int crashdir_find(const struct fsroot *root, const struct crashdir_boot *boot,
		  struct crashdir *best, struct errbuf *err);

/* Is there a dump, or a part of one that is being written? */
bool crashdir_has_part(int dir_fd);

/* Name of the finished dump in @dir_fd; a split dump's first part. -ENOENT: none. */
int crashdir_dump(int dir_fd, char *buf, size_t cap);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dump_file.h - a dump as the file that it would be, so that no reader knows how it lies on the
 * disk.
 *
 * A plain file is read as it is, a flattened one by its index (dump_flat.h). One struct dump_file
 * serves all readers of a command: the records of a flattened dump are looked at once.
 */
#ifndef CTL_DUMP_DUMP_FILE_H
#define CTL_DUMP_DUMP_FILE_H

#include "ctl/dump/dump_flat.h"

#define DUMP_FIRST_RECORDS 64u /* of a flattened dump; headers and notes mostly are among them */

enum dump_file_state {
	DUMP_FILE_NEW = 0, /* nothing was read yet */
	DUMP_FILE_PLAIN,
	DUMP_FILE_FIRST, /* flattened; the index has the first records */
	DUMP_FILE_WHOLE, /* flattened; the index has all */
	DUMP_FILE_BAD,	 /* error and why */
};

/* Initialise with the descriptor only. Ends with dump_file_close(). */
struct dump_file {
	int fd;	  /* borrowed; a negative errno: it could not be opened */
	u32 cold; /* a read had to wait for the disk not more than this many reads ago */
	enum dump_file_state state;
	u64 size;  /* of the file that it would be */
	u64 bytes; /* of the file on the disk */
	struct dump_flat flat;
	int error;
	struct errbuf why;
};

/*
 * Get ready for reading headers and notes, by @ret with the budget DUMP_FIND_BUDGET: of a flattened
 * dump the first records are enough when they have them. 0, or a negative errno with @err.
 */
int dump_file_notes(struct dump_file *file, struct dump_src *ret, struct errbuf *err);
/* Get ready for reading all of it. 0; -EFBIG: too many records; or another negative errno. */
int dump_file_whole(struct dump_file *file, struct errbuf *err);
void dump_file_close(struct dump_file *file);
#define _cleanup_dump_file_ _cleanup_(dump_file_close)

/* For the three that follow, one of the first two was called, and its answer was 0. */

/*
 * Read all of it or say why not: 0; -ENODATA: a cut flattened dump lacks some of it; -EIO: the file
 * ends; or another errno.
 */
int dump_file_read(struct dump_file *file, u64 offset, void *buf, size_t len);
/*
 * These bytes will be read soon. While reads have to wait for a disk, where a read waits long but
 * many are done at once, the file system is told.
 */
void dump_file_ahead(struct dump_file *file, u64 offset, u64 len);
struct dump_src dump_file_src(struct dump_file *file, u64 budget);

bool dump_file_is_flat(const struct dump_file *file);
/* Has it no end, so that something may be missing anywhere? Then @ret says so. */
bool dump_file_is_cut(const struct dump_file *file, struct errbuf *ret);
/* Put that in front of @err, if it is so. */
void dump_file_blame(const struct dump_file *file, struct errbuf *err);

#endif

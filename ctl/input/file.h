/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * file.h - open a FILE argument: find its kind, its records, and the dump that they belong to.
 *
 * FILE is a record file, a dump, a crash folder or, for some verbs, a kernel log. Every verb
 * opens it here, so it means the same for all verbs. The records are those of --records; else of
 * the file SIDECAR_RECORDS beside the dump, which has all that the dump's note has and may be
 * newer; else of the note. belong.h tells whether they belong to the dump.
 */
#ifndef CTL_INPUT_FILE_H
#define CTL_INPUT_FILE_H

#include "ctl/input/belong.h"
#include "ctl/input/options.h"
#include "ctl/input/bytes.h"
#include "ctl/input/kernel_log.h"
#include "lib/story/story.h"
#include "lib/story/verdict.h"

enum file_kind {
	FILE_UNKNOWN = 0, /* it cannot be opened, or is neither of those below */
	FILE_RECORDS,	  /* begins with a record */
	FILE_DUMP,	  /* ELF, kdump-compressed, flattened */
	FILE_FOLDER,	  /* of one crash */
};
/* Zero-initialise with = { 0 } or RECFILE_OR_LOG. Ends with recfile_close(). */
struct recfile {
	bool log_too;		     /* without records, read a kernel log in their place ... */
	struct kernel_log_sink sink; /* ... and call this for its lines */
	enum file_kind kind;
	char dump[sizeof(((struct input *)0)->name)]; /* FILE, or the dump in it; "" none */
	struct dump_file dump_file;		      /* of it, when it has a name */
	struct input input;			      /* the records */
	struct story story;
	struct belong belong; /* do they belong to the dump? */
	/*
	 * A record file beside the dump that is of another crash, so that the note was used; ""
	 * none
	 */
	char passed_over[sizeof(((struct input *)0)->name)];
	struct klog log; /* story.log points to it when it was taken */
	bool partial;	 /* the records are torn, broken, of another crash, or a log */
};
#define RECFILE_OR_LOG           \
	{                        \
		.log_too = true, \
	}

/*
 * Returns the kind of @name, and puts its dump's name into @dump, which may be NULL. Prints no
 * message.
 */
enum file_kind file_kind(const struct ctl *ctl, const char *name, char *dump, size_t cap);

/*
 * Open @name and read its records. Returns 0, or a negative errno with @err saying which file
 * and why; no message is shown. -ENOEXEC: a dump, but of no AArch64 kernel. ret->kind and
 * ret->dump are valid after an error, too.
 */
int recfile_read(const struct ctl *ctl, const char *name, struct recfile *ret, struct errbuf *err);

/* As recfile_read(), and prints messages, also those of recfile_warn(). */
int recfile_open(const struct ctl *ctl, const char *name, struct recfile *ret);

/* Print what is wrong with records that were read. @err: from recfile_read(). */
void recfile_warn(const struct recfile *file, const struct errbuf *err);

/*
 * Decide the verdict: that of the story, with findings for what is wrong with the file. Each verb
 * that prints a verdict calls this. Returns as verdict_decide().
 */
int recfile_judge(const struct recfile *file, struct verdict *ret);

void recfile_close(struct recfile *file);
#define _cleanup_recfile_ _cleanup_(recfile_close)

/* "<folder of NAME>/smmu-adopt.rec", into @buf. */
void recfile_beside(const char *name, char *buf, size_t cap);

#endif

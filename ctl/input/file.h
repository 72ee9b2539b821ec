/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * file.h - what a FILE argument stands for: its kind, the records, and the dump they belong to.
 *
 * FILE is a record file, a dump, a crash folder or, for some verbs, a kernel log. Every verb
 * opens it here, so that it means the same for all of them. Records are those of --records; else
 * the file SIDECAR_RECORDS beside the dump, which holds all that a note of the dump holds and may
 * be newer; else the note. Whether they belong to the dump is decided here, too (belong.h).
 */
#ifndef CTL_INPUT_FILE_H
#define CTL_INPUT_FILE_H

#include "ctl/input/belong.h"
#include "ctl/input/options.h"
#include "ctl/input/bytes.h"
#include "lib/story/klog.h"
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
	bool log_too; /* where there are no records, a kernel log is taken for them */
	enum file_kind kind;
	char dump[sizeof(((struct input *)0)->name)]; /* FILE, or the dump in it; "" none */
	struct input input;			      /* the records */
	struct story story;
	struct belong belong; /* do they belong to the dump? */
	/* A record file beside the dump which is another crash's, so the note was taken; "" none */
	char passed_over[sizeof(((struct input *)0)->name)];
	struct klog log; /* story.log points to it when it was taken */
	bool partial; /* torn, a note of the dump is broken, or of another crash; told from a log */
};
#define RECFILE_OR_LOG           \
	{                        \
		.log_too = true, \
	}

/* What @name is; its dump's name into @dump, which may be NULL. Says nothing. */
enum file_kind file_kind(const struct ctl *ctl, const char *name, char *dump, size_t cap);

/*
 * Open @name and read its records. Returns 0, or a negative errno with @err saying which file
 * and why; no message is shown. -ENOEXEC: a dump, but of no AArch64 kernel. ret->kind and
 * ret->dump are valid after an error, too.
 */
int recfile_read(const struct ctl *ctl, const char *name, struct recfile *ret, struct errbuf *err);

/* The same with messages, those of recfile_warn() included. */
int recfile_open(const struct ctl *ctl, const char *name, struct recfile *ret);

/* Say what is wrong with records that were read. @err: of recfile_read(). */
void recfile_warn(const struct recfile *file, const struct errbuf *err);

/*
 * The verdict on what was read: that of the story, and as findings what is wrong with the file.
 * Each verb that tells a verdict asks this. As verdict_decide().
 */
int recfile_judge(const struct recfile *file, struct verdict *ret);

void recfile_close(struct recfile *file);
#define _cleanup_recfile_ _cleanup_(recfile_close)

/* "<folder of NAME>/smmu-adopt.rec", into @buf. */
void recfile_beside(const char *name, char *buf, size_t cap);

#endif

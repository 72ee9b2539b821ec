/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * embed_undo.h - the undo log of embed.h, for embed.c.
 */
#ifndef CTL_EMBED_EMBED_UNDO_H
#define CTL_EMBED_EMBED_UNDO_H

#include "ctl/embed/embed.h"

/* Make the log of @plan, which will stand at @at. The caller frees it. */
int undo_make(struct dump_src *src, const struct embed_plan *plan, u64 at, u8 **ret,
	      size_t *ret_len, struct errbuf *err);

/* Read and check the log of a file. -ENOENT: there is none. The caller frees it. */
int undo_read(struct dump_src *src, u8 **ret, size_t *ret_len, struct errbuf *err);

/* Do what @log, which was checked, says. */
int undo_follow(struct embed_dev *dev, const u8 *log, struct errbuf *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text.h - the files for people, made from records (text.c, text_streams.c), and walking
 * over records for that.
 */
#ifndef SA_TEXT_H
#define SA_TEXT_H

#include "core/rec.h"

struct sa_buf;
struct seq_file;

void sa_text_state(struct seq_file *m, const struct sa_buf *records);
void sa_text_regs(struct seq_file *m, const struct sa_buf *records);
void sa_text_rmr(struct seq_file *m, const struct sa_buf *records);
void sa_text_streams(struct seq_file *m, const struct sa_buf *records);

void sa_text_iter(const struct sa_buf *records, struct rec_iter *ret);
/* The next record of @type; false at the end. */
bool sa_text_next(struct rec_iter *it, u16 type, struct rec *rec);
/* " name name..." of the bits set. */
void sa_text_bits(struct seq_file *m, u32 bits, const char *(*name)(u32 bit));

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text.h - walking over records, for the files that make text of them.
 */
#ifndef SA_TEXT_H
#define SA_TEXT_H

#include "sa.h"

void sa_text_iter(const struct sa_buf *records, struct rec_iter *ret);
/* The next record of @type; false at the end. */
bool sa_text_next(struct rec_iter *it, u16 type, struct rec *rec);
/* " name name..." of the bits set. */
void sa_text_bits(struct seq_file *m, u32 bits, const char *(*name)(u32 bit));

#endif

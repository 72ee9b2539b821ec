/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * embed_copy.h - a copy of a dump, with holes kept, and with a gap in front of
 * the page data when that is wanted.
 */
#ifndef CTL_EMBED_EMBED_COPY_H
#define CTL_EMBED_EMBED_COPY_H

#include "ctl/embed/embed.h"

/*
 * Copy @from to the empty file @to. @gap (a multiple of 64 KiB, 0: none): as many
 * bytes are put in front of the first segment of an ELF dump. @to's size is in
 * to->src.size afterwards. 0 or a negative errno with @err.
 */
int embed_copy(int from_fd, struct dump_src *from, struct embed_dev *to, u64 gap,
	       struct errbuf *err);

#endif

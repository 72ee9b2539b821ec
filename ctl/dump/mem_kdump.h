/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mem_kdump.h - what the reader of kdump-compressed dumps and its child say to each other.
 *
 * The parent sends the addresses of up to KDUMP_BATCH pieces of memory, none across a page of the
 * dump. The child reads them all into one of two halves of the memory that both share, piece i at
 * i * len, and answers once. Two batches may be on their way: the parent walks what is in one half
 * while the child inflates into the other. Answers come in the order of the requests.
 */
#ifndef CTL_DUMP_MEM_KDUMP_H
#define CTL_DUMP_MEM_KDUMP_H

#include <stdbool.h>

#include "core/port.h"

#define KDUMP_BATCH 64u
#define KDUMP_MAX_READ 65536u
#define KDUMP_PATIENCE_MS 20000 /* for the next bytes of an answer */
#define KDUMP_HALF (256u << 10) /* bytes; at least KDUMP_MAX_READ */

struct kdump_request {
	u32 half; /* 0 or 1 */
	u32 n;	  /* pieces; n * len fits a half */
	u64 len;  /* of each */
	u64 addr[KDUMP_BATCH];
};

struct kdump_reply {
	s32 outcome[KDUMP_BATCH]; /* enum smmu_mem_outcome, or a negative errno */
	char text[112];		  /* the first answer, of opening: the library's words */
};

/*
 * The child: serve the dump @dump over @sock into @shared (2 * KDUMP_HALF bytes) until the socket
 * ends. The first reply is unasked: outcome[0] of opening the dump.
 */
_Noreturn void kdump_child(int dump, int sock, u8 *shared);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support_printk.h - the log buffer of a crashed kernel, filled as printk_ringbuffer.c of Linux
 * does it and not with the code under test, and dumps that have it in their memory. Without
 * cmocka, as the fuzz targets use it.
 */
#ifndef TESTS_SUPPORT_PRINTK_H
#define TESTS_SUPPORT_PRINTK_H

#include <stdbool.h>

#include "core/port.h"
#include "tests/unit/support_dump.h"

#define PRINTK_BYTES 0x40000u		     /* of the kernel's memory */
#define PRINTK_BASE 0xffff800080000000ull    /* its virtual address */
#define PRINTK_VOFFSET 0xffff800100000000ull /* of the image, in a dump */

/* Where things are in the memory, and sizes that Linux has. */
enum {
	PRINTK_UTS = 0x100,
	PRINTK_POINTER = 0x800, /* "prb" */
	PRINTK_RING = 0x900,
	PRINTK_DESCS = 0x1000,
	PRINTK_DESC_BYTES = 24,
	PRINTK_INFO_BYTES = 88,
};

struct printk_log {
	u8 memory[PRINTK_BYTES];
	u32 infos, texts, end; /* the arrays behind the descriptors, and the end of all */
	char info[4096];       /* VMCOREINFO */
	u32 count_bits, size_bits;
	/* As Linux 6.18 and later: a block may end where the ring ends. */
	bool to_the_end;
	u64 seq; /* messages so far */
};

/* An empty buffer; at most 10 and 16 bits. */
void printk_begin(struct printk_log *log, u32 count_bits, u32 size_bits);
/* One message. @text NULL: it found no room for its text. */
void printk_add(struct printk_log *log, u64 ns, const char *text);
/* The last message was being written when the machine stopped. */
void printk_stop_within(struct printk_log *log);
/* How many messages with a text a reader must find: the newest. */
u32 printk_whole(const struct printk_log *log);
/* The name of the machine. */
void printk_host(struct printk_log *log, const char *host, const char *release);

/*
 * A dump of the kernel; its pages lie anywhere in physical memory, and its page tables lead to
 * them. @kdump: kdump-compressed, else ELF. @more: lines of VMCOREINFO.
 */
struct image printk_dump(const struct printk_log *log, bool kdump, const char *more);

#endif

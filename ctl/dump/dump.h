/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dump.h - where a dump keeps its notes: ELF vmcores, kdump-compressed files of
 * header versions 1 to 6, and either of them flattened.
 *
 * All of it is untrusted. Parsers are pure: bytes come from a struct dump_src,
 * nothing is allocated but the index of a flattened file.
 */
#ifndef CTL_DUMP_DUMP_H
#define CTL_DUMP_DUMP_H

#include "ctl/dump/dump_io.h"

#define DUMP_HEAD_BYTES 512u /* enough of a file to tell its format */

enum dump_format {
	DUMP_NONE = 0, /* no dump */
	DUMP_ELF = 1,
	DUMP_KDUMP = 2,
	DUMP_FLAT = 3,	 /* one of the above, flattened */
	DUMP_PACKED = 4, /* gzip, xz, ...: nothing is known of the inside */
};

#define ELF_PN_XNUM 0xffffu
#define ELF_PT_LOAD 1u
#define ELF_PT_NOTE 4u
#define ELF_EHDR_BYTES 64u
#define ELF_PHDR_BYTES 56u
#define ELF_PHDRS_MAX (1u << 20)

struct dump_elf {
	u64 phoff, shoff;
	u32 phnum;
	u32 note; /* index of the first PT_NOTE */
};

#define KDUMP_SUB_BYTES 104u /* of the 64-bit sub-header, version 6 */
#define KDUMP_STATUS_INCOMPLETE 0x8u

struct dump_kdump {
	u32 version, block, sub_blocks, status;
	bool split;
	u64 info, info_len; /* VMCOREINFO, which lies among the notes */
};

struct dump_info {
	enum dump_format format; /* DUMP_ELF or DUMP_KDUMP */
	bool flattened;
	u64 notes, notes_len; /* 0, 0: has none */
	struct dump_elf elf;
	struct dump_kdump kdump;
};

/* What the first @len bytes of a file say. */
enum dump_format dump_format(const u8 *head, size_t len);
const char *dump_packed_with(const u8 *head, size_t len); /* NULL: not packed */

/*
 * Each: 0; -EBADMSG for a header that cannot be; -ENOEXEC: not of an AArch64 kernel, and @err says
 * what it is; or as dump_read().
 */
int dump_elf_parse(struct dump_src *src, struct dump_info *ret, struct errbuf *err);
int dump_kdump_parse(struct dump_src *src, struct dump_info *ret, struct errbuf *err);
/* ELF or kdump by the first bytes of @src, which is not flattened. */
int dump_parse(struct dump_src *src, struct dump_info *ret, struct errbuf *err);

/*
 * All our notes' records of a dump of any of the formats, one after the other,
 * in memory that the caller frees. *ret_count: how many notes. Returns 0,
 * -ENOENT (no note of ours), -EFBIG (longer than @max) or as above. When a broken
 * note follows good ones of ours, *ret_broken is set, @err says which, and the
 * result is 0.
 */
int dump_records(struct dump_src *file, size_t max, u8 **ret, size_t *ret_len, u32 *ret_count,
		 bool *ret_broken, struct errbuf *err);
/* The first @max bytes of the first note's records at most. As above, without words. */
int dump_records_head(struct dump_src *file, size_t max, u8 **ret, size_t *ret_len);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dump.h - what is in this dump file: the one description of ELF vmcores and of
 * kdump-compressed files, which whoever wants the notes, the memory or to embed records takes.
 *
 * It has three parts, each with its checks: dump_headers(), the notes, which dump_parse() checks,
 * too, and where the pages are, by dump_elf_phdrs() and dump_kdump_check_pages(). Who wants records
 * takes the first two and who wants memory the first and last, so that a damaged dump still gives
 * the other.
 *
 * All of it is untrusted. Bytes come from a struct dump_src, of a flattened dump from that of
 * dump_file.h; nothing is allocated but the program headers.
 */
#ifndef CTL_DUMP_DUMP_H
#define CTL_DUMP_DUMP_H

#include <elf.h>

#include "ctl/dump/dump_io.h"

#define DUMP_HEAD_BYTES 512u /* enough of a file to tell its format */

enum dump_format {
	DUMP_NONE = 0, /* no dump */
	DUMP_ELF = 1,
	DUMP_KDUMP = 2,
	DUMP_FLAT = 3,	 /* one of the above, flattened: dump_file.h reads it */
	DUMP_PACKED = 4, /* gzip, xz, ...: nothing is known of the inside */
};

#define ELF_PHDRS_MAX (1u << 20)

struct dump_elf {
	u64 phoff, shoff;
	u32 phnum;
	u32 note; /* index of the first PT_NOTE */
};

#define KDUMP_STATUS_INCOMPLETE 0x8u
/* The newest header version that is known. Each version adds to the end of the one before. */
#define KDUMP_VERSION_KNOWN 6u
#define KDUMP_DESC_BYTES 24u /* of a page descriptor */

struct dump_kdump {
	u32 version, sub_blocks, status;
	u32 block;     /* bytes of a block, and of a page */
	bool diskdump; /* DISKDUMP, the format's forerunner, whose pages only libkdumpfile reads */
	bool split;    /* one part of a dump */
	u64 info, info_len;	  /* VMCOREINFO, which lies among the notes */
	u64 pages;		  /* of the machine: max_mapnr */
	u64 bitmap, bitmap_bytes; /* of RAM; behind it as long a one of the stored pages */
	u64 descs;		  /* page descriptors */
};

struct dump_info {
	enum dump_format format; /* DUMP_ELF or DUMP_KDUMP */
	u64 size;		 /* of the file */
	u64 notes, notes_len;	 /* 0, 0: has none */
	bool bad_notes;		 /* of dump_headers(): they cannot be where the headers say */
	struct dump_elf elf;
	struct dump_kdump kdump;
};

/* What the first @len bytes of a file say. */
enum dump_format dump_format(const u8 *head, size_t len);

/*
 * Describe @src. Returns 0; -EBADMSG for a header that cannot be; -ENOEXEC: not of an AArch64
 * kernel, and @err says what it is; -ENOTSUP: flattened or packed; or as dump_read().
 */
int dump_parse(struct dump_src *src, struct dump_info *ret, struct errbuf *err);
/* The same, but notes that cannot be are left out: ret->bad_notes, and @err says why. */
int dump_headers(struct dump_src *src, struct dump_info *ret, struct errbuf *err);
/* Of one format, for dump_headers(), which filled in the rest. */
int dump_elf_parse(struct dump_src *src, struct dump_info *ret, struct errbuf *err);
int dump_kdump_parse(struct dump_src *src, struct dump_info *ret, struct errbuf *err);

/* All program headers of an ELF dump, elf.phnum of them. */
struct dump_phdrs {
	Elf64_Phdr *h;
	u32 loads; /* PT_LOADs that are not empty; at least one */
	u32 bad;   /* those that were left out */
	u64 first; /* lowest p_offset of a PT_LOAD with bytes; the file's size: there is none */
	u64 cut;   /* bytes of PT_LOADs that lie beyond the end of the file */
};

/*
 * The caller frees ret->h. 0, -ENOMEM, or as dump_read(); -EBADMSG for a PT_LOAD that cannot be,
 * or, if
 * @leave_bad, only when no other is left: then it becomes PT_NULL.
 */
int dump_elf_phdrs(struct dump_src *src, const struct dump_info *info, bool leave_bad,
		   struct dump_phdrs *ret, struct errbuf *err);
/* How many bytes of a PT_LOAD the file has. */
u64 dump_load_stored(const struct dump_info *info, const Elf64_Phdr *load);

/* Are all pages of a kdump dump where its headers say? 0, -EBADMSG, or -ENOTSUP: a part of one. */
int dump_kdump_check_pages(const struct dump_info *info, struct errbuf *err);

/*
 * dump_cut.c. How many pages of @info, which dump_kdump_check_pages() finds good, are stored; and
 * how many bytes of the last pages lie beyond the end of the file, 0: none. Both return 0 or as
 * dump_read().
 */
int dump_kdump_stored(struct dump_src *src, const struct dump_info *info, u64 *ret,
		      struct errbuf *err);
int dump_kdump_cut(struct dump_src *src, u64 descs, u64 stored, u64 *ret, struct errbuf *err);
/* Of one page, in a file of @size bytes; a descriptor that was never written: all of them. */
u64 dump_kdump_cut_of(u64 size, u64 offset, u32 bytes);

/*
 * All our notes' records of a dump, one after the other,
 * in memory that the caller frees. *ret_count: how many notes. Returns 0,
 * -ENOENT (no note of ours), -EFBIG (longer than @max) or as above. When a broken
 * note follows good ones of ours, *ret_broken is set, @err says which, and the
 * result is 0.
 */
int dump_records(struct dump_src *src, size_t max, u8 **ret, size_t *ret_len, u32 *ret_count,
		 bool *ret_broken, struct errbuf *err);
/* The first @max bytes of the first note's records at most. As above, without words. */
int dump_records_head(struct dump_src *src, size_t max, u8 **ret, size_t *ret_len);

#endif

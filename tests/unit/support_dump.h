/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support_dump.h - small dumps in memory, written from the format descriptions
 * and not with the code under test; a device that breaks when told to.
 */
#ifndef TESTS_SUPPORT_DUMP_H
#define TESTS_SUPPORT_DUMP_H

#include "ctl/embed/embed.h"

struct image {
	u8 *data;
	size_t len;
};

struct elf_shape {
	u32 loads; /* segments of @load_bytes, their pages filled with their number */
	u32 load_bytes;
	bool tight;	/* as makedumpfile -E: no gap between headers, notes and data */
	bool no_slot;	/* as QEMU: no room for a program header */
	const u8 *ours; /* records of a note of ours, first among the notes; NULL: none */
	size_t ours_len;
};
struct image elf_image(const struct elf_shape *shape);

struct kdump_shape {
	u32 version, status, split;
	bool full; /* no room behind the notes */
	const u8 *ours;
	size_t ours_len;
};
struct image kdump_image(const struct kdump_shape *shape);

/* A small dump with the note of @records: kdump-compressed of this version, or ELF with version 0.
 */
struct image noted_image(u32 version, const u8 *records, size_t len);
/* Write it below the scratch folder (support_run.h). Returns its path, until the next call. */
const char *scratch_image(const char *name, const struct image *image);

/* @inner flattened, in records of at most @chunk bytes, the first 4 KiB written twice, of ELF well
 * only then. */
struct image flat_image(const struct image *inner, size_t chunk);
/* The same, but each byte once and what comes first in the file last. */
struct image flat_reversed(const struct image *inner, size_t chunk);

/* Any records, in this order, and the end mark. */
struct flat_piece {
	u64 at;
	const u8 *bytes;
	size_t len;
};
struct image flat_pieces(const struct flat_piece *piece, size_t n);

struct mem_dev {
	struct image image; /* owned by the device, grows */
	u32 writes;	    /* done so far */
	u32 fail_at;	    /* this write and all later ones fail; 0: none */
	bool once;	    /* only fail_at fails */
	bool torn;	    /* half of a long one is written before it fails */
};
struct embed_dev mem_dev_open(struct mem_dev *dev);
int mem_read(void *priv, u64 offset, void *buf, size_t len); /* @priv: struct mem_dev */

/* CRC over the memory that an ELF image describes, page by page in order of address. */
u32 elf_memory_crc(const struct image *image);
/* CRC over VMCOREINFO and the PRSTATUS note as a kdump or ELF reader finds them. */
u32 other_notes_crc(const struct image *image);

#endif

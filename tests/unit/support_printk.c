// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * support_printk.c - see support_printk.h. Names are those of printk_ringbuffer.c.
 */
#include "tests/unit/support_printk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support_kdump.h"

#define HOLDS(what) ((what) ? (void)0 : abort())

/* Members of the ring; both tails are behind the heads. */
#define COUNT_BITS PRINTK_RING
#define HEAD_ID (PRINTK_RING + 24)
#define TAIL_ID (PRINTK_RING + 32)
#define SIZE_BITS (PRINTK_RING + 48)
#define HEAD_LPOS (PRINTK_RING + 64)
#define TAIL_LPOS (PRINTK_RING + 72)

#define ID_MASK (~0ull >> 2)
#define RESERVED 0ull
#define FINALIZED 2ull
#define REUSABLE 3ull
#define FAILED_LPOS 1ull
#define EMPTY_LINE_LPOS 3ull

static const char layout[] =
	"OSRELEASE=6.12.0\nPAGESIZE=4096\nNUMBER(VA_BITS)=48\n"
	"SIZE(printk_ringbuffer)=88\nOFFSET(printk_ringbuffer.desc_ring)=0\n"
	"OFFSET(printk_ringbuffer.text_data_ring)=48\nOFFSET(prb_desc_ring.count_bits)=0\n"
	"OFFSET(prb_desc_ring.descs)=8\nOFFSET(prb_desc_ring.infos)=16\n"
	"OFFSET(prb_desc_ring.head_id)=24\nOFFSET(prb_desc_ring.tail_id)=32\nSIZE(prb_desc)=24\n"
	"OFFSET(prb_desc.state_var)=0\nOFFSET(prb_desc.text_blk_lpos)=8\n"
	"OFFSET(prb_data_blk_lpos.begin)=0\nOFFSET(prb_data_blk_lpos.next)=8\n"
	"SIZE(printk_info)=88\nOFFSET(printk_info.seq)=0\nOFFSET(printk_info.ts_nsec)=8\n"
	"OFFSET(printk_info.text_len)=16\nOFFSET(prb_data_ring.size_bits)=0\n"
	"OFFSET(prb_data_ring.data)=8\nOFFSET(prb_data_ring.head_lpos)=16\n"
	"OFFSET(prb_data_ring.tail_lpos)=24\nOFFSET(atomic_long_t.counter)=0\n";

static u64 get(const struct printk_log *log, u64 at)
{
	return core_ld64(log->memory + at);
}

static void put(struct printk_log *log, u64 at, u64 value)
{
	core_st64(log->memory + at, value);
}

static u64 desc_of(const struct printk_log *log, u64 id)
{
	return PRINTK_DESCS + (id & ((1u << log->count_bits) - 1)) * PRINTK_DESC_BYTES;
}

static u64 info_of(const struct printk_log *log, u64 id)
{
	return log->infos + (id & ((1u << log->count_bits) - 1)) * PRINTK_INFO_BYTES;
}

static void set_state(struct printk_log *log, u64 id, u64 state)
{
	put(log, desc_of(log, id), id | state << 62);
}

void printk_begin(struct printk_log *log, u32 count_bits, u32 size_bits)
{
	u64 count = 1ull << count_bits, first = -(count + 1) & ID_MASK;

	HOLDS(count_bits <= 10 && size_bits <= 16);
	memset(log, 0, sizeof(*log));
	log->count_bits = count_bits;
	log->size_bits = size_bits;
	log->infos = PRINTK_DESCS + (u32)count * PRINTK_DESC_BYTES;
	log->texts = log->infos + (u32)count * PRINTK_INFO_BYTES;
	log->end = log->texts + (1u << size_bits);
	HOLDS(log->end <= PRINTK_BYTES);
	put(log, PRINTK_POINTER, PRINTK_BASE + PRINTK_RING);
	core_st32(log->memory + COUNT_BITS, count_bits);
	put(log, PRINTK_RING + 8, PRINTK_BASE + PRINTK_DESCS);
	put(log, PRINTK_RING + 16, PRINTK_BASE + log->infos);
	put(log, HEAD_ID, first);
	put(log, TAIL_ID, first);
	core_st32(log->memory + SIZE_BITS, size_bits);
	put(log, PRINTK_RING + 56, PRINTK_BASE + log->texts);
	put(log, HEAD_LPOS, -(1ull << size_bits));
	put(log, TAIL_LPOS, -(1ull << size_bits));
	set_state(log, first, REUSABLE);
	put(log, desc_of(log, first) + 8, FAILED_LPOS);
	put(log, desc_of(log, first) + 16, FAILED_LPOS);
	(void)snprintf(log->info, sizeof(log->info),
		       "%sSYMBOL(prb)=%llx\nSYMBOL(init_uts_ns)=%llx\n"
		       "OFFSET(uts_namespace.name)=0\n",
		       layout, PRINTK_BASE + PRINTK_POINTER, PRINTK_BASE + PRINTK_UTS);
}

static u64 wrap_of(const struct printk_log *log, u64 lpos)
{
	return lpos >> log->size_bits;
}

static u64 index_of(const struct printk_log *log, u64 lpos)
{
	return lpos & ((1ull << log->size_bits) - 1);
}

/* Positions only go up, and wrap. */
static bool behind(u64 a, u64 b)
{
	return a != b && a - b < 1ull << 63;
}

/* data_push_tail(): the messages whose blocks are before @lpos lose them. */
static void push_data(struct printk_log *log, u64 lpos)
{
	u64 tail = get(log, TAIL_LPOS), id, at;

	while (behind(lpos, tail)) {
		/* The block at the tail, or what is left of the ring in front of a wrapped one. */
		id = get(log, log->texts + index_of(log, tail));
		at = desc_of(log, id);
		HOLDS(get(log, at + 8) == tail);
		set_state(log, id, REUSABLE);
		tail = get(log, at + 16);
	}
	put(log, TAIL_LPOS, tail);
}

/* desc_push_tail() */
static void push_desc(struct printk_log *log)
{
	u64 id = get(log, TAIL_ID), at = desc_of(log, id);

	if (!(get(log, at + 8) & 1) && get(log, at) >> 62 != REUSABLE)
		push_data(log, get(log, at + 16));
	set_state(log, id, REUSABLE);
	put(log, TAIL_ID, (id + 1) & ID_MASK);
}

/* data_alloc(): returns where the block is, from its id on. */
static u64 alloc(struct printk_log *log, u64 id, size_t len)
{
	u64 ring = 1ull << log->size_bits, size = (8 + len + 7) & ~7ull;
	u64 begin = get(log, HEAD_LPOS), next = begin + size, at;
	bool fits = wrap_of(log, begin) == wrap_of(log, log->to_the_end ? next - 1 : next);

	if (!fits)
		next = (wrap_of(log, next) << log->size_bits) + size;
	if (behind(next - ring, get(log, TAIL_LPOS)))
		push_data(log, next - ring);
	put(log, HEAD_LPOS, next);
	/* What is left of the ring has the id, too: the tail passes by it. */
	put(log, log->texts + index_of(log, begin), id);
	at = log->texts + (fits ? index_of(log, begin) : 0);
	put(log, at, id);
	put(log, desc_of(log, id) + 8, begin);
	put(log, desc_of(log, id) + 16, next);
	return at;
}

void printk_add(struct printk_log *log, u64 ns, const char *text)
{
	u64 id = (get(log, HEAD_ID) + 1) & ID_MASK, count = 1ull << log->count_bits, at;
	size_t len = text ? strlen(text) : 0;

	if (((id - count) & ID_MASK) == get(log, TAIL_ID))
		push_desc(log);
	put(log, HEAD_ID, id);
	memset(log->memory + info_of(log, id), 0, PRINTK_INFO_BYTES);
	put(log, info_of(log, id), log->seq++);
	put(log, info_of(log, id) + 8, ns);
	core_st16(log->memory + info_of(log, id) + 16, (u16)len);
	if (len) {
		at = alloc(log, id, len);
		memcpy(log->memory + at + 8, text, len);
	} else {
		put(log, desc_of(log, id) + 8, text ? EMPTY_LINE_LPOS : FAILED_LPOS);
		put(log, desc_of(log, id) + 16, text ? EMPTY_LINE_LPOS : FAILED_LPOS);
	}
	set_state(log, id, FINALIZED);
}

void printk_stop_within(struct printk_log *log)
{
	set_state(log, get(log, HEAD_ID), RESERVED);
}

u32 printk_whole(const struct printk_log *log)
{
	u64 id = get(log, TAIL_ID), end = (get(log, HEAD_ID) + 1) & ID_MASK;
	u32 n = 0;

	for (; id != end; id = (id + 1) & ID_MASK)
		n += get(log, desc_of(log, id)) >> 62 == FINALIZED &&
		     !(get(log, desc_of(log, id) + 8) & 1);
	return n;
}

void printk_host(struct printk_log *log, const char *host, const char *release)
{
	char *uts = (char *)log->memory + PRINTK_UTS;

	memset(uts, 0, 390);
	(void)snprintf(uts, 65, "Linux");
	(void)snprintf(uts + 65, 65, "%s", host);
	(void)snprintf(uts + 130, 65, "%s", release);
}

/* ---- dumps ---- */

#define PAGE 4096u
#define PAGES (PRINTK_BYTES / PAGE)
#define TABLES 4u
#define RAM 0x40000000ull
#define RAM_BYTES ((u64)(PAGES + TABLES) * PAGE)

/* The kernel's pages as they lie in physical memory; behind them the page tables. */
static u8 *make_ram(const struct printk_log *log)
{
	static const u32 entry[] = { 256, 2, 0 }; /* of PRINTK_BASE, level by level */
	u8 *ram = calloc(1, RAM_BYTES), *table = ram + PRINTK_BYTES;
	u64 root = RAM + PRINTK_BYTES, i, page;

	HOLDS(ram);
	for (i = 0; i < TABLES - 1; i++)
		core_st64(table + i * PAGE + 8 * entry[i], (root + (i + 1) * PAGE) | 3);
	for (i = 0; i < PAGES; i++) {
		page = (i * 29 + 5) % PAGES;
		memcpy(ram + page * PAGE, log->memory + i * PAGE, PAGE);
		core_st64(table + (TABLES - 1) * PAGE + 8 * i, (RAM + page * PAGE) | 0x703);
	}
	return ram;
}

static size_t put_note(u8 *note, const struct printk_log *log, const char *more)
{
	u64 root = PRINTK_VOFFSET + RAM + PRINTK_BYTES;
	int n = sprintf((char *)note + 24,
			"%s%sNUMBER(kimage_voffset)=0x%llx\nSYMBOL(swapper_pg_dir)=%llx\n"
			"SYMBOL(_stext)=%llx\n",
			log->info, more, PRINTK_VOFFSET, root, root - PAGE);

	core_st32(note, 11);
	core_st32(note + 4, (u32)n);
	memcpy(note + 12, "VMCOREINFO", 11);
	return 24 + (((size_t)n + 3) & ~(size_t)3);
}

static void put_phdr(u8 *h, u32 type, u64 offset, u64 addr, u64 bytes)
{
	core_st32(h, type);
	core_st64(h + 8, offset);
	core_st64(h + 24, addr);
	core_st64(h + 32, bytes);
	core_st64(h + 40, bytes);
}

static struct image elf_of(const u8 *ram, const u8 *note, size_t note_len)
{
	static const u8 ident[] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 };
	size_t data = 4 * PAGE;
	struct image image = { calloc(1, data + RAM_BYTES), data + RAM_BYTES };
	u8 *d = image.data;

	HOLDS(d && PAGE + note_len <= data);
	memcpy(d, ident, sizeof(ident));
	core_st16(d + 16, 4);
	core_st16(d + 18, 183);
	core_st32(d + 20, 1);
	core_st64(d + 32, 64);
	core_st16(d + 52, 64);
	core_st16(d + 54, 56);
	core_st16(d + 56, 2);
	put_phdr(d + 64, 4, PAGE, 0, note_len);
	put_phdr(d + 120, 1, data, RAM, RAM_BYTES);
	memcpy(d + PAGE, note, note_len);
	memcpy(d + data, ram, RAM_BYTES);
	return image;
}

static struct image kdump_of(const u8 *ram, const u8 *note, size_t note_len)
{
	struct kdump_page page[PAGES + TABLES];
	struct kdump_pages shape = { .shift = 12,
				     .version = 6,
				     .end = (RAM + RAM_BYTES) / PAGE,
				     .page = page,
				     .n = PAGES + TABLES,
				     .notes = note,
				     .notes_len = note_len };
	size_t i;

	for (i = 0; i < shape.n; i++)
		page[i] = (struct kdump_page){ RAM / PAGE + i, ram + i * PAGE };
	return kdump_pages_image(&shape, NULL);
}

struct image printk_dump(const struct printk_log *log, bool kdump, const char *more)
{
	u8 *ram = make_ram(log), note[3 * PAGE] = { 0 };
	size_t len = put_note(note, log, more);
	struct image image = kdump ? kdump_of(ram, note, len) : elf_of(ram, note, len);

	free(ram);
	return image;
}

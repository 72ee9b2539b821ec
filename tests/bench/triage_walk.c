// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * triage_walk.c - dumps with many translation tables, and what walking them costs against floors.
 *
 *	triage_walk make DIR GIB LEAVES		DIR/vmcore, DIR/8.rec, DIR/65536.rec
 *	triage_walk elf DUMP GIB LEAVES		B1 B3 B5 B6 B7 B12
 *	triage_walk kdump DUMP GIB LEAVES	B2 B3 B14
 *	triage_walk ring			B11
 *
 * A dump has 8 sets of tables (4 KiB granule, pages of 4 KiB), their tables spread over all of a
 * sparse memory of GIB, their leaves too, so that no two extents merge. Every ratio is the median
 * of ROUNDS, A and B in turns. bench_triage.py runs this and more, and prints the table.
 */
#include <elf.h>
#include <fcntl.h>
#include <libkdumpfile/kdumpfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/event.h"
#include "core/ptw.h"
#include "ctl/dump/mem.h"
#include "ctl/dump/mem_kdmap.h"
#include "lib/base/clock.h"
#include "tests/unit/support_mkrec.h"

#define RAM 0x40000000ull
#define DATA 0x2000u /* file offset of the memory */
#define ROOTS 8u
#define ROUNDS 5u
#define PAGE 4096u
#define SPREAD_TABLES 0x9e3779b1ull /* odd: a permutation of a power of two */
#define SPREAD_LEAVES 0x85ebca6bull

struct shape {
	u64 pages;	    /* of RAM, a power of two */
	u64 leaves, l3, l2; /* of one root */
};

static u64 page_at(const struct shape *s, u64 spread, u64 i)
{
	return RAM + ((i * spread + 17) & (s->pages - 1)) * PAGE;
}

static struct shape shape_of(const char *gib, const char *leaves)
{
	struct shape s = { .pages = strtoull(gib, NULL, 0) << 18,
			   .leaves = strtoull(leaves, NULL, 0) / ROOTS };

	s.l3 = s.leaves / 512;
	s.l2 = (s.l3 + 511) / 512;
	return s;
}

/* Root, one level-1 table, level-2 tables, level-3 tables; numbered in this order. */
static u64 table(const struct shape *s, u64 root, u64 number)
{
	return page_at(s, SPREAD_TABLES, root * (2 + s->l2 + s->l3) + number);
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* The entries of table @number of @root. */
static void fill(const struct shape *s, u64 root, u64 number, u64 *e)
{
	u64 i, k, first_l3 = 2 + s->l2;

	memset(e, 0, PAGE);
	if (!number) {
		e[0] = table(s, root, 1) | 3;
	} else if (number == 1) {
		for (i = 0; i < s->l2; i++)
			e[i] = table(s, root, 2 + i) | 3;
	} else if (number < first_l3) {
		k = (number - 2) * 512;
		for (i = 0; i < 512 && k + i < s->l3; i++)
			e[i] = table(s, root, first_l3 + k + i) | 3;
	} else {
		k = root * s->leaves + (number - first_l3) * 512;
		for (i = 0; i < 512; i++)
			e[i] = page_at(s, SPREAD_LEAVES, k + i) | 0x443;
	}
}

struct place {
	u64 addr, root, number; /* addr first: by_address() */
};

static int by_address(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* In the order of addresses, as a dump is written: the blocks on the disk follow it. */
static void put_tables(int fd, const struct shape *s)
{
	u64 each = 2 + s->l2 + s->l3, i, e[512];
	struct place *p = calloc(ROOTS * each, sizeof(*p));

	for (i = 0; i < ROOTS * each; i++)
		p[i] = (struct place){ table(s, i / each, i % each), i / each, i % each };
	qsort(p, ROOTS * each, sizeof(*p), by_address);
	for (i = 0; i < ROOTS * each; i++) {
		fill(s, p[i].root, p[i].number, e);
		if (pwrite(fd, e, PAGE, (off_t)(DATA + p[i].addr - RAM)) != PAGE)
			die("write");
	}
	free(p);
}

static void put_headers(int fd, const struct shape *s)
{
	static const char info[] = "OSRELEASE=6.12.0-bench\nPAGESIZE=4096\nNUMBER(VA_BITS)=48\n"
				   "SYMBOL(_stext)=ffff800040010000\n"
				   "SYMBOL(swapper_pg_dir)=ffff800040020000\n"
				   "NUMBER(kimage_voffset)=0xffff800000000000\n"
				   "KERNELOFFSET=0\nNUMBER(PHYS_OFFSET)=0x40000000\n"
				   "CRASHTIME=1700000000\n";
	Elf64_Ehdr eh = { .e_type = ET_CORE,
			  .e_machine = EM_AARCH64,
			  .e_version = 1,
			  .e_phoff = 64,
			  .e_ehsize = 64,
			  .e_phentsize = sizeof(Elf64_Phdr),
			  .e_phnum = 2 };
	Elf64_Phdr ph[2] = { { .p_type = PT_NOTE,
			       .p_offset = 0x400,
			       .p_filesz = 24 + ((sizeof(info) + 3) & ~3u) },
			     { .p_type = PT_LOAD,
			       .p_flags = 7,
			       .p_offset = DATA,
			       .p_vaddr = 0xffff000000000000ull,
			       .p_paddr = RAM,
			       .p_filesz = s->pages * PAGE,
			       .p_memsz = s->pages * PAGE } };
	u8 note[1024] = { 0 };

	memcpy(eh.e_ident, "\177ELF\2\1\1", 7);
	core_st32(note, 11);
	core_st32(note + 4, sizeof(info));
	memcpy(note + 12, "VMCOREINFO", 11);
	memcpy(note + 24, info, sizeof(info));
	if (pwrite(fd, &eh, sizeof(eh), 0) < 0 || pwrite(fd, ph, sizeof(ph), 64) < 0 ||
	    pwrite(fd, note, sizeof(note), 0x400) < 0 ||
	    ftruncate(fd, (off_t)(DATA + s->pages * PAGE)) < 0)
		die("write");
}

static void put_records(const char *dir, const struct shape *s, u32 sids)
{
	char path[512], err[160], *text = malloc(4096 + sids * 256ull), *p = text;
	size_t len;
	FILE *out;
	u8 *rec;
	u32 i;

	p += sprintf(p,
		     "file producer=smmu_adopt capture=1 wall=1 kernel=k program=p boot=1\n"
		     "crashed release=6.12.0-bench time=1700000000\n"
		     "range kind=1 start=%#llx bytes=%#llx\n"
		     "smmu smmu=0 phase=crash state=adopted reason=1 evidence=kdump-kernel,"
		     "registers-read,smmuen base=0x9050000 name=x.smmuv3 stes=4 idr0=0x08001000 "
		     "idr1=0x10 idr5=0x5 cr0=0x9 strtab_base=0x40030000 strtab_base_cfg=0x10210\n",
		     RAM, (s->pages * PAGE));
	for (i = 0; i < sids; i++)
		p += sprintf(p,
			     "ste phase=crash sid=%#x addr=%#x s1=%#x\n"
			     "cd phase=crash sid=%#x ssid=0 addr=%#x asid=%u ttb0=%#llx t0sz=16 "
			     "tg0=0\n",
			     i, 0x40100000 + i * 64, 0x40800000 + i * 64, i, 0x40800000 + i * 64,
			     i % ROOTS + 1, table(s, i % ROOTS, 0));
	if (mkrec(text, &rec, &len, err, sizeof(err)) < 0) {
		fprintf(stderr, "mkrec: %s\n", err);
		exit(1);
	}
	(void)snprintf(path, sizeof(path), "%s/%u.rec", dir, sids);
	out = fopen(path, "we");
	if (!out || fwrite(rec, 1, len, out) != len || fclose(out))
		die(path);
	free(rec);
}

static void make(const char *dir, const struct shape *s)
{
	char path[512];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/vmcore", dir);
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		die(path);
	put_headers(fd, s);
	put_tables(fd, s);
	if (fsync(fd) < 0)
		die(path);
	close(fd);
	put_records(dir, s, 8);
	put_records(dir, s, 65536);
}

/* --- measuring --- */

typedef void (*job_fn)(void *priv);

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Median of A's time over B's, in turns; the medians themselves go to @ret_ms. */
static double ratio(job_fn a, job_fn b, void *priv, double ret_ms[2])
{
	double r[ROUNDS], ms[2][ROUNDS];
	u64 start;
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		start = clock_now_ns();
		a(priv);
		ms[0][i] = (double)(clock_now_ns() - start) / 1e6;
		start = clock_now_ns();
		b(priv);
		ms[1][i] = (double)(clock_now_ns() - start) / 1e6;
		r[i] = ms[0][i] / ms[1][i];
	}
	qsort(r, ROUNDS, sizeof(r[0]), by_value);
	for (i = 0; i < 2; i++) {
		qsort(ms[i], ROUNDS, sizeof(ms[0][0]), by_value);
		ret_ms[i] = ms[i][ROUNDS / 2];
	}
	return r[ROUNDS / 2];
}

static void tell(const char *id, job_fn a, job_fn b, void *priv)
{
	double ms[2], r = ratio(a, b, priv, ms);

	printf("%s %.4f %.1f %.1f\n", id, r, ms[0], ms[1]);
	(void)fflush(stdout);
}

struct bench {
	const struct shape *shape;
	int fd;
	struct memdump dump, other;
	u64 *tables, n_tables; /* in the order of the walk */
	u64 *sorted;
	u64 bytes, leaves, hits;
	u64 sum;	     /* so that nothing is optimised away */
	kdump_ctx_t *ctx[2]; /* mmap never, try */
	struct kdmap map;
	u8 scratch[PTW_MAX_LEVELS * 65536];
};

static int count_read(void *priv, u64 addr, void *buf, size_t len)
{
	struct bench *b = priv;

	if (b->tables)
		b->tables[b->n_tables] = addr;
	b->n_tables++;
	b->bytes += len;
	return smmu_mem_read(&b->dump.mem, addr, buf, len);
}

static int on_extent(void *priv, const struct ptw_extent *e)
{
	((struct bench *)priv)->sum += e->phys;
	return 0;
}

static int on_who(void *priv, const struct ptw_extent *e)
{
	struct bench *b = priv;

	b->hits += e->phys <= RAM + 0x5fff && e->phys + e->bytes > RAM + 0x5000;
	b->sum += e->phys;
	return 0;
}

static void visit_all(struct bench *b, const struct smmu_mem *mem,
		      int (*fn)(void *, const struct ptw_extent *))
{
	struct ptw_visit_ops ops = { fn, NULL, b };
	u64 root;

	b->leaves = 0;
	for (root = 0; root < ROOTS; root++) {
		struct ptw_budget budget = { .max_bytes = 4ull << 30,
					     .scratch = b->scratch,
					     .scratch_len = sizeof(b->scratch) };
		struct ptw_geom g = { .root = table(b->shape, root, 0),
				      .granule_shift = 12,
				      .input_bits = 48,
				      .output_bits = 48 };

		(void)ptw_finish(&g, 0);
		if (ptw_visit(mem, &g, &budget, &ops) != 0) {
			fprintf(stderr, "the walk failed\n");
			exit(1);
		}
		b->leaves += budget.leaves;
	}
}

static void walk(void *priv)
{
	visit_all(priv, &((struct bench *)priv)->dump.mem, on_extent);
}

static void who(void *priv)
{
	visit_all(priv, &((struct bench *)priv)->dump.mem, on_who);
}

static void check_page(struct bench *b, const u64 *page)
{
	u32 i;

	for (i = 0; i < 512; i++)
		if (page[i] & 1)
			b->sum += page[i] & 0x0000fffffffff000ull;
}

static void read_sorted(void *priv)
{
	struct bench *b = priv;
	u64 page[512], i;

	for (i = 0; i < b->n_tables; i++) {
		if (pread(b->fd, page, PAGE, (off_t)(DATA + b->sorted[i] - RAM)) != PAGE)
			die("read");
		check_page(b, page);
	}
}

static void drop_cache(struct bench *b)
{
	(void)posix_fadvise(b->fd, 0, 0, POSIX_FADV_DONTNEED);
}

static void walk_cold(void *priv)
{
	drop_cache(priv);
	walk(priv);
}

/* As walk_cold(), but nobody is told which tables come next. */
static void walk_cold_blind(void *priv)
{
	struct bench *b = priv;
	struct smmu_mem mem = { .read = b->dump.mem.read, .priv = b->dump.mem.priv };

	drop_cache(b);
	visit_all(b, &mem, on_extent);
}

static int read_lib(void *priv, u64 addr, void *buf, size_t len)
{
	struct bench *b = priv;

	return kdump_read(b->ctx[0], KDUMP_MACHPHYSADDR, addr, buf, &len) == KDUMP_OK ? 0 : -EIO;
}

static void walk_lib(void *priv)
{
	struct smmu_mem mem = { .read = read_lib, .priv = priv };

	visit_all(priv, &mem, on_extent);
}

static void random_lib(struct bench *b, int mapped)
{
	u64 page[512], i;
	size_t len;

	drop_cache(b);
	for (i = 0; i < 2000 && i < b->n_tables; i++) {
		len = PAGE;
		if (kdump_read(b->ctx[mapped], KDUMP_MACHPHYSADDR, b->tables[b->n_tables - 1 - i],
			       page, &len) != KDUMP_OK)
			die("libkdumpfile");
		check_page(b, page);
	}
}

static void random_never(void *priv)
{
	random_lib(priv, 0);
}

static void random_try(void *priv)
{
	random_lib(priv, 1);
}

static kdump_ctx_t *open_lib(int fd, int policy)
{
	kdump_ctx_t *ctx = kdump_new();

	if (!ctx ||
	    kdump_set_number_attr(ctx, KDUMP_ATTR_FILE_MMAP_POLICY, (kdump_num_t)policy) !=
		    KDUMP_OK ||
	    kdump_open_fd(ctx, fd) != KDUMP_OK) {
		fprintf(stderr, "libkdumpfile: %s\n", ctx ? kdump_get_err(ctx) : "no memory");
		exit(1);
	}
	return ctx;
}

static void open_bench(struct bench *b, const char *path, const struct shape *s)
{
	struct smmu_mem counted = { .read = count_read, .priv = b };
	struct errbuf err;

	b->shape = s;
	b->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (b->fd < 0 || memdump_open(b->fd, path, &b->dump, &err) < 0) {
		fprintf(stderr, "%s: %s\n", path, b->fd < 0 ? "cannot be opened" : err.text);
		exit(1);
	}
	b->tables = calloc(ROOTS * (2 + s->l2 + s->l3) + 16, sizeof(u64));
	visit_all(b, &counted, on_extent);
	if (b->leaves != s->leaves * ROOTS || b->n_tables != ROOTS * (2 + s->l2 + s->l3)) {
		fprintf(stderr, "walked %llu leaves in %llu tables\n", b->leaves, b->n_tables);
		exit(1);
	}
	b->sorted = malloc(b->n_tables * sizeof(u64));
	memcpy(b->sorted, b->tables, b->n_tables * sizeof(u64));
	qsort(b->sorted, b->n_tables, sizeof(u64), by_address);
}

/* The first number in a file of /proc. */
static u64 number_in(const char *path)
{
	u64 n = 0;
	FILE *f = fopen(path, "re");

	if (!f || fscanf(f, "%*[a-z: ]") < 0 || fscanf(f, "%llu", &n) != 1)
		die(path);
	(void)fclose(f);
	return n;
}

static u64 io_read(pid_t pid)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/io", (int)pid);
	return number_in(path);
}

static void bench_elf(struct bench *b)
{
	u64 before = io_read(getpid());

	walk(b);
	printf("B3elf %.4f 0 0\n",
	       (double)(io_read(getpid()) - before) / (double)(b->n_tables * PAGE));
	tell("B1", walk, read_sorted, b);
	b->ctx[0] = open_lib(b->fd, KDUMP_MMAP_NEVER);
	b->ctx[1] = open_lib(b->fd, KDUMP_MMAP_TRY);
	tell("B5", walk, walk_lib, b);
	tell("B6", random_try, random_never, b);
	tell("B7", who, walk, b);
	tell("B12", walk_cold, walk_cold_blind, b);
}

/* --- kdump-compressed --- */

static u64 desc_of(struct bench *b, u64 addr, u32 *size, u32 *flags)
{
	u64 pfn = addr >> b->map.shift, i, rank = b->map.rank[pfn / KDMAP_RANK_BITS];
	u8 desc[24];

	for (i = pfn / KDMAP_RANK_BITS * KDMAP_RANK_BITS; i < pfn; i++)
		rank += b->map.stored[i / 8] >> (i & 7) & 1;
	if (pread(b->fd, desc, sizeof(desc), (off_t)(b->map.descs + rank * sizeof(desc))) !=
	    sizeof(desc))
		die("descriptor");
	*size = core_ld32(desc + 8);
	*flags = core_ld32(desc + 12);
	return core_ld64(desc);
}

static void inflate_all(void *priv)
{
	struct bench *b = priv;
	u64 page[512], i, offset;
	u32 size, flags;
	u8 packed[PAGE];
	uLongf len;

	for (i = 0; i < b->n_tables; i++) {
		offset = desc_of(b, b->tables[i], &size, &flags);
		if (size > PAGE || pread(b->fd, packed, size, (off_t)offset) != (ssize_t)size)
			die("page");
		len = sizeof(page);
		if (!(flags & 1))
			memcpy(page, packed, PAGE);
		else if (uncompress((Bytef *)page, &len, packed, size) != Z_OK)
			die("inflate");
		check_page(b, page);
	}
}

/* The program's other reader of these dumps, in a child process. */
static void walk_child(void *priv)
{
	struct bench *b = priv;

	visit_all(b, &b->other.mem, on_extent);
}

static void bench_kdump(struct bench *b, const char *path)
{
	u64 before, stored = 0, i;
	u32 size, flags;
	struct errbuf err;

	if (kdmap_open(&b->map, b->fd, &b->dump.info, &err) < 0)
		die("kdmap");
	for (i = 0; i < b->n_tables; i++) {
		(void)desc_of(b, b->tables[i], &size, &flags);
		stored += size + 24;
	}
	before = io_read(getpid());
	walk(b);
	printf("B3kdump %.4f 0 0\n", (double)(io_read(getpid()) - before) / (double)stored);
	tell("B2", walk, inflate_all, b);
	if (memdump_open_library(b->fd, path, &b->other, &err) < 0)
		return;
	tell("B14", walk, walk_child, b);
	memdump_close(&b->other);
}

/* --- the event ring --- */

#define EVENTS (1u << 19)

static u8 *ring, *copy;

static void decode_ring(void *priv)
{
	struct event_view e;
	u32 i;

	for (i = 0; i < EVENTS; i++)
		if (!event_decode(ring + (size_t)i * EVENT_BYTES, EVENT_BYTES, &e))
			*(u64 *)priv += e.sid + e.input;
}

static void copy_ring(void *priv)
{
	memcpy(copy, ring, (size_t)EVENTS * EVENT_BYTES);
	*(u64 *)priv += copy[*(u64 *)priv % EVENTS];
}

static void bench_ring(void)
{
	static const u8 ids[] = { 0x10, 0x02, 0x04, 0x11, 0x13, 0x0b };
	u64 sum = 0;
	u32 i;

	ring = calloc(2 * EVENTS, EVENT_BYTES);
	copy = ring + (size_t)EVENTS * EVENT_BYTES;
	for (i = 0; i < EVENTS; i++) {
		core_st64(ring + (size_t)i * EVENT_BYTES, (u64)i << 32 | ids[i % sizeof(ids)]);
		core_st64(ring + (size_t)i * EVENT_BYTES + 16, (u64)i << 12);
	}
	/* memcpy's time over ours is bytes per second of ours over memcpy's. */
	tell("B11", copy_ring, decode_ring, &sum);
}

int main(int argc, char **argv)
{
	static struct bench b;
	struct shape s;

	if (argc == 2 && !strcmp(argv[1], "ring"))
		return bench_ring(), 0;
	if (argc != 5) {
		fprintf(stderr, "usage: triage_walk make|elf|kdump PATH GIB LEAVES | ring\n");
		return 2;
	}
	s = shape_of(argv[3], argv[4]);
	if (!strcmp(argv[1], "make")) {
		make(argv[2], &s);
		return 0;
	}
	open_bench(&b, argv[2], &s);
	strcmp(argv[1], "elf") ? bench_kdump(&b, argv[2]) : bench_elf(&b);
	memdump_close(&b.dump);
	return 0;
}

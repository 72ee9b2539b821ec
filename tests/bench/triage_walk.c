// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * triage_walk.c - what walking many translation tables costs against floors.
 *
 *	triage_walk elf DUMP GIB LEAVES		B1 B3 B5 B6 B7 B12
 *	triage_walk kdump DUMP GIB LEAVES	B2 B3 B14
 *	triage_walk ring			B11
 *
 * Every ratio is the median of ROUNDS, A and B in turns. bench_triage.py runs this and more, and
 * prints the table.
 */
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
#include "tests/bench/triage_dump.h"

#define ROUNDS 5u

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
	struct dump_file file;
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
	b->file.fd = b->fd < 0 ? -errno : b->fd;
	if (memdump_open(&b->file, path, &b->dump, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
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

	if (kdmap_open(&b->map, &b->file, &b->dump.info, &err) < 0)
		die("kdmap");
	for (i = 0; i < b->n_tables; i++) {
		(void)desc_of(b, b->tables[i], &size, &flags);
		stored += size + 24;
	}
	before = io_read(getpid());
	walk(b);
	printf("B3kdump %.4f 0 0\n", (double)(io_read(getpid()) - before) / (double)stored);
	tell("B2", walk, inflate_all, b);
	if (memdump_open_library(&b->file, path, &b->other, &err) < 0)
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
		fprintf(stderr, "usage: triage_walk elf|kdump DUMP GIB LEAVES | ring\n");
		return 2;
	}
	s = shape_of(argv[3], argv[4]);
	open_bench(&b, argv[2], &s);
	strcmp(argv[1], "elf") ? bench_kdump(&b, argv[2]) : bench_elf(&b);
	memdump_close(&b.dump);
	return 0;
}

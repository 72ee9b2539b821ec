// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * readers.c - do all readers of dumps say the same, page by page?
 *
 *	readers ELF KDUMP...	each KDUMP by our reader and, unless it is flattened, by
 *libkdumpfile, against ELF
 *	readers pack ELF KDUMP CODEC	makes KDUMP of ELF; zlib, lzo, snappy, zstd or plain
 *
 * A page is read three ways from a kdump-compressed dump: by itself, announced in order, and
 * announced in an order of chance. What makedumpfile left out as zeros must be zeros in ELF.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/dump/kdcodec.h"
#include "ctl/dump/mem.h"
#include "tests/unit/support_kdump.h"

#define PAGE 4096u
#define LIST 700u /* pages announced at once: more than a batch */

static int fails;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

/* Addresses of all pages that @path, an ELF dump, has memory for. */
static u64 *pages_of(const char *path, size_t *ret_n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	u64 *pages = NULL, at;
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	size_t i, n = 0;

	if (fd < 0 || pread(fd, &eh, sizeof(eh), 0) != sizeof(eh))
		die(path);
	for (i = 0; i < eh.e_phnum; i++) {
		if (pread(fd, &ph, sizeof(ph), (off_t)(eh.e_phoff + i * sizeof(ph))) != sizeof(ph))
			die(path);
		if (ph.p_type != PT_LOAD)
			continue;
		pages = realloc(pages, (n + ph.p_memsz / PAGE + 1) * sizeof(*pages));
		for (at = 0; pages && at + PAGE <= ph.p_memsz; at += PAGE)
			pages[n++] = ph.p_paddr + at;
	}
	close(fd);
	*ret_n = n;
	return pages;
}

static void shuffle(u64 *pages, size_t n)
{
	unsigned int seed = 1;
	size_t i, k;
	u64 page;

	for (i = n; i > 1; i--) {
		k = ((size_t)rand_r(&seed) << 15 ^ (size_t)rand_r(&seed)) % i;
		page = pages[i - 1];
		pages[i - 1] = pages[k];
		pages[k] = page;
	}
}

static bool is_zero(const u8 *p)
{
	return !p[0] && !memcmp(p, p + 1, PAGE - 1);
}

static void compare(const char *what, const struct memdump *elf, const struct memdump *dump,
		    u64 addr, size_t *counts)
{
	u8 a[PAGE], b[PAGE];
	int x = smmu_mem_read(&elf->mem, addr, a, PAGE),
	    y = smmu_mem_read(&dump->mem, addr, b, PAGE);
	bool same = x == y && (x || !memcmp(a, b, PAGE));

	/* Left out as zeros, or cut off the ELF file at its end. */
	if (!same && y == SMMU_MEM_EXCLUDED && x == SMMU_MEM_OK)
		same = is_zero(a);
	counts[y >= 0 && y <= 2 ? y : 3]++;
	if (!same && fails++ < 10)
		printf("FAILED: readers %s: page 0x%llx: %d against %d\n", what, addr, y, x);
}

static void compare_all(const char *what, const struct memdump *elf, const struct memdump *dump,
			const u64 *pages, size_t n, bool announce)
{
	size_t i, k, counts[4] = { 0 };

	for (i = 0; i < n; i += LIST) {
		for (k = i; announce && k < n && k < i + LIST; k++)
			dump->mem.will_need(dump->mem.priv, pages[k], PAGE);
		for (k = i; k < n && k < i + LIST; k++)
			compare(what, elf, dump, pages[k], counts);
	}
	printf("    %s: %zu pages the same, %zu not stored, %zu no memory, %zu errors\n", what,
	       counts[0], counts[2], counts[1], counts[3]);
	fails += counts[3] != 0 || !counts[0];
}

typedef int (*open_fn)(struct dump_file *file, const char *name, struct memdump *ret,
		       struct errbuf *err);

static void open_dump(open_fn fn, const char *path, struct dump_file *file, struct memdump *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct errbuf err;

	if (fd < 0)
		die(path);
	*file = (struct dump_file){ .fd = fd };
	if (fn(file, path, ret, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		exit(2);
	}
}

static void compare_dump(const char *path, const struct memdump *elf, u64 *pages, size_t n)
{
	struct memdump own = { 0 }, library = { 0 };
	struct dump_file file;
	char what[3][600];
	u64 *mixed = malloc(n * sizeof(*mixed));

	if (!mixed)
		die("memory");
	memcpy(mixed, pages, n * sizeof(*mixed));
	shuffle(mixed, n);
	(void)snprintf(what[0], sizeof(what[0]), "%s, announced in order", path);
	(void)snprintf(what[1], sizeof(what[1]), "%s, by chance", path);
	(void)snprintf(what[2], sizeof(what[2]), "%s, libkdumpfile", path);
	open_dump(memdump_open, path, &file, &own);
	compare_all(what[0], elf, &own, pages, n, true);
	compare_all(what[1], elf, &own, mixed, n, true);
	compare_all(what[1], elf, &own, mixed, n / 8, false);
	memdump_close(&own);
	if (!dump_file_is_flat(&file)) {
		open_dump(memdump_open_library, path, &file, &library);
		compare_all(what[2], elf, &library, pages, n, true);
		memdump_close(&library);
	}
	dump_file_close(&file);
	free(mixed);
}

static u32 codec_of(const char *name)
{
	static const struct {
		const char *name;
		u32 codec;
	} codecs[] = { { "plain", 0 },
		       { "zlib", KDCODEC_ZLIB },
		       { "lzo", KDCODEC_LZO },
		       { "snappy", KDCODEC_SNAPPY },
		       { "zstd", KDCODEC_ZSTD } };
	size_t i;

	for (i = 0; i < 5; i++)
		if (!strcmp(name, codecs[i].name))
			return codecs[i].codec;
	fprintf(stderr, "readers: no codec '%s'\n", name);
	exit(2);
}

static int by_pfn(const void *a, const void *b)
{
	const struct kdump_page *x = a, *y = b;

	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

static u8 *notes_of(const char *path, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf64_Phdr ph; /* the first one, by the kernel and by makedumpfile */
	u8 *notes;

	if (fd < 0 || pread(fd, &ph, sizeof(ph), sizeof(Elf64_Ehdr)) != sizeof(ph) ||
	    ph.p_type != PT_NOTE || !(notes = malloc(ph.p_filesz)) ||
	    pread(fd, notes, ph.p_filesz, (off_t)ph.p_offset) != (ssize_t)ph.p_filesz)
		die(path);
	close(fd);
	*ret_len = ph.p_filesz;
	return notes;
}

/* Pages that ELF does not store are RAM that is not stored. */
static void pack(const struct memdump *elf, const char *from, const u64 *pages, size_t n,
		 const char *path, const char *codec)
{
	struct kdump_page *page = calloc(n, sizeof(*page));
	u8 *data = malloc(n * PAGE), *notes;
	struct kdump_pages shape = {
		.shift = 12, .codec = codec_of(codec), .version = 6, .page = page
	};
	struct image image;
	FILE *out;
	size_t i;

	if (!page || !data)
		die("memory");
	shape.notes = notes = notes_of(from, &shape.notes_len);
	for (i = 0; i < n; i++) {
		bool has = smmu_mem_read(&elf->mem, pages[i], data + i * PAGE, PAGE) == 0;

		page[i] = (struct kdump_page){ pages[i] / PAGE, has ? data + i * PAGE : NULL };
	}
	qsort(page, n, sizeof(*page), by_pfn);
	for (i = 0; i < n; i++)
		if (!shape.n || page[shape.n - 1].pfn != page[i].pfn)
			page[shape.n++] = page[i];
	shape.end = page[shape.n - 1].pfn + 1;
	image = kdump_pages_image(&shape, NULL);
	out = fopen(path, "we");
	if (!out || fwrite(image.data, 1, image.len, out) != image.len || fclose(out))
		die(path);
	free(image.data);
	free(notes);
	free(page);
	free(data);
}

int main(int argc, char **argv)
{
	bool packs = argc == 5 && !strcmp(argv[1], "pack");
	struct memdump elf = { 0 };
	struct dump_file file;
	u64 *pages;
	size_t n;
	int i;

	if (argc < 3) {
		fprintf(stderr, "usage: readers ELF KDUMP... | readers pack ELF KDUMP CODEC\n");
		return 2;
	}
	pages = pages_of(argv[1 + packs], &n);
	open_dump(memdump_open, argv[1 + packs], &file, &elf);
	if (packs)
		pack(&elf, argv[2], pages, n, argv[3], argv[4]);
	for (i = 2; !packs && i < argc; i++)
		compare_dump(argv[i], &elf, pages, n);
	memdump_close(&elf);
	free(pages);
	return fails != 0;
}

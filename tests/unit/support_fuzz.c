// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * support_fuzz.c - see support_fuzz.h. Without cmocka: libFuzzer has its own main.
 */
#include "tests/unit/support_fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/iort.h"
#include "core/rec.h"
#include "ctl/dump/mem.h"
#include "ctl/dump/printk.h"
#include "ctl/embed/embed.h"
#include "ctl/input/kernel_log.h"
#include "lib/report/klog.h"
#include "lib/report/report.h"
#include "tests/unit/support_printk.h"

#define HOLDS(what) ((what) ? (void)0 : abort())
#define CAP (1u << 20)

struct buffer {
	u8 *data;
	size_t len, cap;
};

static int buffer_read(void *priv, u64 offset, void *buf, size_t len)
{
	struct buffer *b = priv;

	HOLDS(offset <= b->len && len <= b->len - offset);
	memcpy(buf, b->data + offset, len);
	return 0;
}

static int buffer_write(void *priv, u64 offset, const void *buf, size_t len)
{
	struct buffer *b = priv;

	if (offset > b->cap || len > b->cap - offset)
		return -ENOSPC;
	if (offset + len > b->len) {
		if (offset > b->len)
			memset(b->data + b->len, 0, (size_t)offset - b->len);
		b->len = (size_t)offset + len;
	}
	memcpy(b->data + offset, buf, len);
	return 0;
}

static int buffer_sync(void *priv)
{
	(void)priv;
	return 0;
}

static int buffer_cut(void *priv, u64 size)
{
	struct buffer *b = priv;

	HOLDS(size <= b->len);
	b->len = (size_t)size;
	return 0;
}

static struct buffer buffer_of(const u8 *data, size_t len)
{
	struct buffer b = { malloc(len + CAP), len, len + CAP };

	HOLDS(b.data);
	if (len)
		memcpy(b.data, data, len);
	return b;
}

static struct embed_dev dev_of(struct buffer *b)
{
	return (struct embed_dev){
		.src = { .read = buffer_read, .priv = b, .size = b->len },
		.write = buffer_write,
		.sync = buffer_sync,
		.cut = buffer_cut,
	};
}

static struct dump_file file_of(const u8 *data, size_t len)
{
	struct dump_file file = { .fd = memfd_create("dump", MFD_CLOEXEC) };

	HOLDS(file.fd >= 0 && write(file.fd, data, len) == (ssize_t)len);
	return file;
}

static void close_file(struct dump_file *file)
{
	dump_file_close(file);
	close(file->fd);
}

/* ELF and kdump headers, notes, flattened index. */
static void fuzz_dump(const u8 *data, size_t len)
{
	struct dump_file file = file_of(data, len);
	struct errbuf err = { { 0 } };
	struct dump_src src;
	u8 *found = NULL;
	size_t found_len;
	bool broken;
	u32 count;
	int r = dump_file_notes(&file, &src, &err);

	if (r >= 0)
		r = dump_records(&src, 1u << 20, &found, &found_len, &count, &broken, &err);
	HOLDS(r == 0 || (r < 0 && err.text[0]));
	HOLDS(r < 0 || (count && found_len <= 1u << 20));
	if (r == 0)
		free(found);
	close_file(&file);
}

/* A record stream into a story and a report. */
static void fuzz_rec(const u8 *data, size_t len)
{
	struct verdict verdict = { 0 };
	struct story story = { 0 };
	FILE *out = fopen("/dev/null", "we");
	int r = story_add_stream(&story, data, len);

	HOLDS(out);
	if (r >= 0 && story_finish(&story) >= 0 && verdict_decide(&story, &verdict) >= 0) {
		(void)report_text(&TERM_PLAIN(out), &verdict, true);
		(void)report_json(out, &verdict);
	}
	verdict_clear(&verdict);
	(void)report_log_text(&TERM_PLAIN(out), data, len);
	(void)report_log_json(out, data, len);
	story_clear(&story);
	(void)fclose(out);
}

/* A dump that takes the note gives it back, and is then what it was. */
static void fuzz_embed(const u8 *data, size_t len)
{
	static const u8 records[200] = { 'S', 'M', 'A', 'R' };
	struct buffer b = buffer_of(data, len);
	struct embed_dev dev = dev_of(&b);
	struct errbuf err = { { 0 } };
	const char *how;
	int r = embed(&dev, records, sizeof(records), &how, &err);

	HOLDS(r == 0 || (r < 0 && err.text[0]));
	if (r == 0) {
		dev = dev_of(&b);
		HOLDS(embed_undo(&dev, &err) == 0);
	}
	HOLDS(b.len == len && (!len || !memcmp(b.data, data, len)));
	free(b.data);
}

/* Any end of a file as an undo log: it is refused, or writes inside the file. */
static void fuzz_undo(const u8 *data, size_t len)
{
	struct buffer b = buffer_of(data, len);
	struct embed_dev dev = dev_of(&b);
	struct errbuf err = { { 0 } };
	int r = embed_undo(&dev, &err);

	HOLDS(b.len <= len);
	HOLDS(r == 0 || (r < 0 && err.text[0]));
	free(b.data);
}

/* A kernel log: nothing is counted without a line, and what is printed is printable. */
static void fuzz_klog(const u8 *data, size_t len)
{
	struct verdict verdict = { 0 };
	struct story story = { 0 };
	struct klog log = { 0 };
	char *text = NULL, *p;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	HOLDS(out);
	HOLDS(kernel_log_bytes(data, len, &log) == 0);
	HOLDS(log.lines <= len);
	HOLDS(klog_story(&log, &story) == 0 && story_finish(&story) == 0);
	HOLDS(verdict_decide(&story, &verdict) == 0);
	HOLDS(verdict.code == EXIT_FINDINGS || verdict.code == EXIT_PARTIAL);
	(void)report_text(&TERM_PLAIN(out), &verdict, true);
	(void)report_json(out, &verdict);
	(void)report_klog_events(out, &log);
	HOLDS(fclose(out) == 0);
	for (p = text; *p; p++)
		HOLDS(*p == '\n' || (*p >= 0x20 && *p < 0x7f));
	free(text);
	verdict_clear(&verdict);
	story_clear(&story);
	klog_free(&log);
}

#define MEM_PAGES 320u /* of each size, from address 0 on and from 1 GiB on */

/* Memory out of a dump: some pages announced, all read. Formats that are left to the library are
 * not. */
static void fuzz_mem(const u8 *data, size_t len)
{
	struct dump_file file = file_of(data, len);
	struct memdump dump = { 0 };
	struct errbuf err = { { 0 } };
	struct dump_src src;
	u8 buf[100];
	u64 addr, i;
	int r = dump_file_whole(&file, &err);

	src = dump_file_src(&file, DUMP_FIND_BUDGET);
	if (r >= 0)
		r = dump_parse(&src, &dump.info, &err);
	if (r >= 0)
		r = dump.info.format == DUMP_ELF ? mem_elf_open(&file, &dump, &err)
						 : mem_kdpages_open(&file, &dump, &err);
	HOLDS(r >= 0 || err.text[0]);
	for (i = 0; !r && i < MEM_PAGES; i++) {
		addr = (i % 2 ? 0x40000000u : 0) + i * 4096 + i % 41 * 100;
		if (i % 16 < 9)
			dump.mem.will_need(dump.mem.priv, addr, i % 5 ? 4096 : 70000);
		if (i % 16 > 6)
			r = dump.mem.read(dump.mem.priv, addr - i % 3 * 4096, buf, sizeof(buf));
		HOLDS(r <= SMMU_MEM_EXCLUDED);
		r = 0;
	}
	if (dump.close)
		dump.close(dump.mem.priv);
	close_file(&file);
}

static int iort_smmu(void *priv, u64 base, u32 flags)
{
	(void)flags;
	*(u64 *)priv = base;
	return 0;
}

static int iort_region(void *priv, const struct iort_rmr *rmr)
{
	HOLDS(rmr->sid_count);
	++*(u32 *)priv;
	return 0;
}

/* A firmware table: what is found lies in it, and ends. */
static void fuzz_iort(const u8 *data, size_t len)
{
	u32 odd = iort_odd(data, len), rid, sid, regions = 0;
	u64 base = 0, last = 0;
	int r = iort_smmus(data, len, iort_smmu, &last);

	HOLDS((r == -EINVAL) == (odd == ~(u32)0));
	HOLDS(r == 0 || r == -EINVAL || (r == -E2BIG && (odd & IORT_ODD_LARGE)));
	HOLDS(iort_rmrs(data, len, last, iort_region, &regions) <= 1 && regions <= IORT_RMR_RANGES);
	for (rid = 0; rid < 0x10000; rid += 0x101) {
		int m = iort_map_rid(data, len, rid & 3, rid, &base, &sid);

		HOLDS(r == -EINVAL ? m == -EINVAL : m == 0 || m == 1);
		HOLDS(m != 0 || iort_has_segment(data, len, rid & 3));
	}
}

struct memory {
	const u8 *data;
	size_t len;
	u64 messages, sum; /* of their bytes */
};

static int memory_read(void *priv, u64 addr, void *buf, size_t len)
{
	struct memory *m = priv;

	if (addr > m->len || len > m->len - addr)
		return SMMU_MEM_EXCLUDED;
	memcpy(buf, m->data + addr, len);
	return SMMU_MEM_OK;
}

static int take_message(void *priv, u64 ns, const char *text, size_t len)
{
	struct memory *m = priv;

	m->messages++;
	m->sum += ns;
	HOLDS(len && len <= 0xffff);
	while (len--)
		m->sum += (u8)text[len];
	return 0;
}

/* VMCOREINFO, a NUL, and the kernel's memory: what is said to be its log. */
static void fuzz_printk(const u8 *data, size_t len)
{
	const u8 *end = len ? memchr(data, 0, len) : NULL;
	size_t at = end ? (size_t)(end - data) + 1 : len;
	struct memory memory = { data + at, len - at, 0, 0 };
	struct smmu_mem mem = { .read = memory_read, .priv = &memory };
	struct kernel kernel = { .mem = &mem,
				 .info = strndup((const char *)data, at),
				 .known = true,
				 .tables = len - at,
				 .voffset = PRINTK_BASE };
	struct errbuf err = { { 0 } };
	char host[128];
	int rc = printk_read(&kernel, take_message, &memory, &err);

	HOLDS(kernel.info);
	HOLDS(rc == 0 || (rc == -ENODATA && err.text[0]));
	HOLDS((rc == 0) == (memory.messages > 0));
	if (kernel_host(&kernel, host, sizeof(host)))
		HOLDS(host[0] && strlen(host) < 65);
	kernel_close(&kernel);
}

const struct fuzz_target fuzz_targets[FUZZ_TARGETS] = {
	{ "dump", fuzz_dump }, { "rec", fuzz_rec },	  { "embed", fuzz_embed },
	{ "undo", fuzz_undo }, { "klog", fuzz_klog },	  { "mem", fuzz_mem },
	{ "iort", fuzz_iort }, { "printk", fuzz_printk },
};

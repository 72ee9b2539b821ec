// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * triage.c - open a dump with its records, and walk each set of tables.
 */
#include "ctl/triage/triage.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl/input/message.h"
#include "ctl/triage/progress.h"
#include "ctl/triage/triage_private.h"
#include "lib/base/cleanup.h"

/* Limit of table bytes read for one root: enough for 2^29 leaves of 4 KiB, 2 TiB of IOVA. */
#define VISIT_BYTES_MAX (4ull << 30)
#define VISIT_SCRATCH (PTW_MAX_LEVELS * 65536u)

void triage_gap(struct triage *t, const char *format, ...)
{
	struct triage_gap gap;
	va_list args;
	size_t i;

	va_start(args, format);
	(void)vsnprintf(gap.text, sizeof(gap.text), format, args);
	va_end(args);
	for (i = 0; i < t->n_gaps; i++)
		if (!strcmp(t->gaps[i].text, gap.text))
			return;
	if (t->n_gaps < TRIAGE_GAPS)
		t->gaps[t->n_gaps++] = gap;
}

static int open_dump(struct triage *t, struct errbuf *err)
{
	int r = memdump_open(t->file, t->dump_name, &t->mem, err);
	char text[MEMDUMP_LACKS_BYTES];
	u32 i;

	if (r < 0)
		return r;
	for (i = 0; memdump_lacks(&t->mem, i, text); i++)
		triage_gap(t, "%s", text);
	if (t->mem.info.kdump.version > KDUMP_VERSION_KNOWN)
		triage_gap(t,
			   "the dump has header version %u, and what is new in it since version %u "
			   "is not understood",
			   t->mem.info.kdump.version, KDUMP_VERSION_KNOWN);
	return 0;
}

static int open_file(struct triage *t, const struct ctl *ctl, struct recfile *file,
		     struct errbuf *err)
{
	int r;

	t->ctl = ctl;
	t->file = &file->dump_file;
	t->dump_name = file->dump;
	t->story = &file->story;
	t->records_name = file->input.name;
	if (!file->dump[0]) {
		errbuf_set(err,
			   "%s: %s, and only a dump has the memory of the crash: give the dump "
			   "as FILE; 'report --verbose' shows the entries that the records have",
			   file->input.name,
			   file->kind == FILE_FOLDER ? "no dump beside it" : "no dump");
		return -ENOENT;
	}
	if (file->belong.verdict == BELONG_NO)
		triage_gap(t, "the records do not belong to this dump: %s", file->belong.why);
	if (file->story.torn)
		triage_gap(t, "the records are torn at byte %zu", file->story.torn_offset);
	else if (file->input.broken)
		triage_gap(t, "a note of the dump is broken: records are missing");
	r = open_dump(t, err);
	if (r < 0)
		return r;
	progress_begin(true);
	r = triage_collect(t);
	if (r < 0)
		errbuf_set(err, "%s: %s", t->dump_name, strerror(-r));
	return r;
}

int triage_open_file(struct triage *t, const struct ctl *ctl, struct recfile *file,
		     struct errbuf *err)
{
	*t = (struct triage){ 0 };
	return open_file(t, ctl, file, err);
}

int triage_open(struct triage *t, const struct ctl *ctl, const char *name)
{
	struct errbuf err;
	int r;

	*t = (struct triage){ 0 };
	r = recfile_open(ctl, name, &t->own);
	if (r == -ENOENT && t->own.kind == FILE_DUMP)
		ctl_message("%s: name the record file with --records", name);
	if (r < 0)
		return r;
	r = open_file(t, ctl, &t->own, &err);
	if (r < 0)
		ctl_message("%s", err.text);
	return r;
}

void triage_close(struct triage *t)
{
	size_t i;

	progress_end();
	for (i = 0; i < t->n_streams; i++)
		if (t->streams[i].from_dump)
			free((void *)(uintptr_t)t->streams[i].raw_ste);
	t->n_streams = 0;
	memdump_close(&t->mem);
	recfile_close(&t->own);
	free(t->streams);
	free(t->roots);
	index_free(&t->root_index);
	t->streams = NULL;
	t->roots = NULL;
}

const struct triage_stream *triage_find(const struct triage *t, u32 smmu, u32 sid)
{
	size_t i;

	for (i = 0; i < t->n_streams; i++)
		if (t->streams[i].smmu == smmu && t->streams[i].sid == sid)
			return &t->streams[i];
	return NULL;
}

struct visit {
	struct triage *t;
	struct triage_root *root;
	bool count; /* this is the first visit, which makes the totals */
	triage_extent_fn fn;
	void *priv;
};

static int visit_read(void *priv, u64 addr, void *buf, size_t len)
{
	struct triage *t = ((struct visit *)priv)->t;

	if (progress_interrupted())
		return -EINTR;
	if (progress_due())
		progress_draw(t->n_visited, t->n_roots,
			      "tables of %zu of %zu domains, %llu MiB read", t->n_visited,
			      t->n_roots, (t->bytes_read >> 20));
	t->bytes_read += len;
	if (t->tables && pageset_add(t->tables, addr, len) < 0)
		return -ENOMEM;
	return smmu_mem_read(&t->mem.mem, addr, buf, len);
}

static void visit_will_need(void *priv, u64 addr, size_t len)
{
	const struct smmu_mem *mem = &((struct visit *)priv)->t->mem.mem;

	mem->will_need(mem->priv, addr, len);
}

static int on_extent(void *priv, const struct ptw_extent *extent)
{
	struct visit *v = priv;

	if (v->count) {
		v->root->extents++;
		v->root->mapped += extent->bytes;
		if (extent->flags & PTW_WRITE)
			v->root->writable += extent->bytes;
	}
	return v->fn ? v->fn(v->priv, extent) : 0;
}

static int on_trouble(void *priv, int why, u64 input, u64 bytes, u64 addr)
{
	struct visit *v = priv;

	(void)input;
	(void)addr;
	if (!v->count)
		return 0;
	if (why == PTW_NOT_RAM || why == PTW_EXCLUDED)
		v->root->lost_bytes += bytes;
	else
		v->root->bad_bytes += bytes;
	return 0;
}

static void note_visit(struct triage *t, struct triage_root *root, const struct ptw_budget *b)
{
	root->table_bytes = b->bytes;
	root->leaves = b->leaves;
	if (root->lost_bytes)
		triage_gap(t, "a part of the tables at 0x%llx is not in the dump", root->geom.root);
	if (root->bad_bytes)
		triage_gap(t, "the tables at 0x%llx hold bad entries or loops", root->geom.root);
	if (root->cut)
		triage_gap(t, "the tables at 0x%llx are too large to be walked whole",
			   root->geom.root);
}

int triage_visit(struct triage *t, size_t pos, triage_extent_fn fn, void *priv)
{
	struct triage_root *root = &t->roots[pos];
	struct visit v = { t, root, !root->visited, fn, priv };
	struct smmu_mem mem = { visit_read, &v, visit_will_need };
	struct ptw_visit_ops ops = { on_extent, on_trouble, &v };
	_cleanup_free_ u8 *scratch = malloc(VISIT_SCRATCH);
	struct ptw_budget budget = { .max_bytes = VISIT_BYTES_MAX,
				     .scratch = scratch,
				     .scratch_len = VISIT_SCRATCH };
	int r;

	if (!scratch)
		return -ENOMEM;
	if (v.count)
		root->mapped = root->writable = root->extents = root->lost_bytes = root->bad_bytes =
			0;
	r = ptw_visit(&mem, &root->geom, &budget, &ops);
	if (r == PTW_BUDGET) {
		root->cut = true;
		r = 0;
	} else if (r == -EINTR && progress_interrupted()) {
		triage_gap(t, "interrupted: not all tables were walked");
		return 0;
	}
	if (r < 0)
		ctl_message("%s: reading the tables at 0x%llx failed: %s", t->dump_name,
			    root->geom.root, memdump_why(&t->mem, r));
	if (!r && v.count) {
		root->visited = true;
		t->n_visited++;
		note_visit(t, root, &budget);
	}
	return r;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * belong.c - see belong.h. The most certain facts are compared first: the machine type; the boot
 * id of the capture kernel in the dump's own records; the crashed kernel's release, build id and
 * time. Without these the clock and the stream table are compared.
 */
#include "ctl/input/belong.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/ste.h"
#include "ctl/dump/dump.h"
#include "ctl/dump/mem.h"
#include "ctl/dump/vmcoreinfo.h"
#include "lib/base/cleanup.h"
#include "lib/base/duration.h"

#define HEAD_BYTES 4096u      /* start of a note's records, which has its first "file" record */
#define CLOCK_SANE 1577836800 /* 2020: an earlier clock was never set */
#define DUMP_MAX_S 172800     /* from the crash to the last records, at most */

static void say_no(struct belong *ret, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say_no(struct belong *ret, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(ret->why, sizeof(ret->why), format, args);
	va_end(args);
	ret->verdict = BELONG_NO;
}

static void compare_boots(struct dump_src *src, const struct story *story, struct belong *ret)
{
	const u8 *mine = story_boot_id(story), *other;
	struct story note = { 0 };
	u8 *data = NULL;
	size_t len;

	if (mine && dump_records_head(src, HEAD_BYTES, &data, &len) >= 0 &&
	    story_add_stream(&note, data, len) >= 0) {
		other = story_boot_id(&note);
		if (other && !memcmp(mine, other, sizeof(story->helper.boot_id)))
			ret->verdict = BELONG_YES;
		else if (other)
			say_no(ret,
			       "the records in the dump are of another boot of the capture kernel");
	}
	free(data);
	story_clear(&note);
}

static void put_date(char buf[32], u64 seconds)
{
	if (!date_text(buf, seconds)[0])
		(void)snprintf(buf, 32, "%llu", seconds);
}

/*
 * Newer records also have what the crashed kernel tells of itself, and the time of the crash. If
 * they have the time, no other comparison is needed.
 */
static void compare_kernels(const char *info, const struct story *story, struct belong *ret)
{
	char release[sizeof(story->crashed.release)], build[sizeof(story->crashed.build_id)];
	const struct rec_crashed *c = &story->crashed;
	char then[32], other[32];
	u64 crash;

	if (!story->has_crashed)
		return;
	if (c->release[0] && vmcoreinfo_value(info, "OSRELEASE", release, sizeof(release)) &&
	    strcmp(c->release, release) != 0) {
		say_no(ret, "the dump is of kernel %s, the records are of %s", release, c->release);
	} else if (c->build_id[0] && vmcoreinfo_value(info, "BUILD-ID", build, sizeof(build)) &&
		   strcmp(c->build_id, build) != 0) {
		say_no(ret, "the dump's kernel has build id %s, the records' kernel has %s", build,
		       c->build_id);
	} else if (c->crash_s && vmcoreinfo_number(info, "CRASHTIME", &crash)) {
		put_date(then, crash);
		put_date(other, c->crash_s);
		if (crash == c->crash_s)
			ret->verdict = BELONG_YES;
		else
			say_no(ret, "the dump's crash was at %s UTC, the records' crash at %s UTC",
			       then, other);
	}
}

/* A time at which the capture kernel ran, by its clock; 0: not known. */
static u64 wall_of(const struct story *story)
{
	u64 helper = story->has_helper ? story->helper.wall_s : 0,
	    daemon = story->has_daemon ? story->daemon.wall_s : 0;

	if (helper < CLOCK_SANE)
		return daemon < CLOCK_SANE ? 0 : daemon;
	return daemon < CLOCK_SANE || helper < daemon ? helper : daemon;
}

static void compare_clocks(const char *info, const struct story *story, struct belong *ret)
{
	u64 wall = wall_of(story), crash;
	char then[32], later[32];

	if (!wall || !vmcoreinfo_number(info, "CRASHTIME", &crash) || crash < CLOCK_SANE ||
	    (crash < wall + DUMP_MAX_S && wall < crash + DUMP_MAX_S))
		return;
	put_date(then, crash);
	put_date(later, wall);
	say_no(ret, "the dump's crash was at %s UTC, the records were written at %s UTC", then,
	       later);
}

#define STREAMS_LOOKED_AT 64u

struct counts {
	size_t same, other, nowhere;
};

static void compare_entry(const struct smmu_mem *mem, u64 addr, const u8 *raw, const u8 *later,
			  struct counts *c)
{
	u8 found[SMMU_STE_BYTES];
	int r = smmu_mem_read(mem, addr, found, sizeof(found));

	if (r == SMMU_MEM_NOT_RAM)
		c->nowhere++;
	else if (r == SMMU_MEM_OK && (!memcmp(found, raw, sizeof(found)) ||
				      (later && !memcmp(found, later, sizeof(found)))))
		c->same++;
	else if (r == SMMU_MEM_OK)
		c->other++;
}

/*
 * The capture kernel may have replaced a stream's entry before the dump was written, but it never
 * writes the crashed kernel's context descriptors. So one equal entry proves that records and
 * dump belong together; they do not when all entries differ.
 */
static void compare_tables(const struct smmu_mem *mem, const struct story *story,
			   struct belong *ret)
{
	size_t i, step = 1 + story->n_streams / STREAMS_LOOKED_AT;
	struct counts c = { 0 };

	for (i = 0; i < story->n_streams && !c.same; i += step) {
		const struct story_stream *s = &story->streams[i];
		const struct story_smmu *smmu = story_stream_smmu(story, s);

		/*
		 * After a reset the entries are the capture kernel's, whose memory is in no dump.
		 */
		if (smmu && smmu->has_crash && smmu->crash.state == ADOPT_RESET)
			continue;
		/* Entries without an address are the same in any crash. */
		if (s->has_crash && s->crash.addr && s->crash_effect == STE_EFFECT_TRANSLATED)
			compare_entry(mem, s->crash.addr, s->crash.raw,
				      s->has_now && s->now.entry == REC_ENTRY_READ ? s->now.raw
										   : NULL,
				      &c);
		if (s->has_crash && s->has_crash_cd && s->crash_cd.entry == REC_ENTRY_READ &&
		    s->crash_cd.addr)
			compare_entry(mem, s->crash_cd.addr, s->crash_cd.raw, NULL, &c);
	}
	if (c.same)
		ret->verdict = BELONG_YES;
	else if (c.nowhere || c.other)
		say_no(ret, "none of %zu recorded entries of the stream table is in the dump",
		       c.nowhere + c.other);
}

void belong_judge(struct dump_file *dump, bool quick, const struct story *story, struct belong *ret)
{
	_cleanup_memdump_ struct memdump mem = { 0 };
	_cleanup_free_ char *info = NULL;
	struct dump_info header;
	struct dump_src src;
	struct errbuf err;
	int r;

	*ret = (struct belong){ .verdict = BELONG_UNKNOWN };
	if (dump_file_notes(dump, &src, &err) < 0)
		return;
	r = dump_parse(&src, &header, &err);
	if (r == -ENOEXEC) {
		say_no(ret, "the dump is %s", err.text);
		return;
	}
	compare_boots(&src, story, ret);
	if (ret->verdict != BELONG_UNKNOWN)
		return;
	info = r < 0 ? NULL : vmcoreinfo_read(dump, &header);
	if (info)
		compare_kernels(info, story, ret);
	if (info && ret->verdict == BELONG_UNKNOWN)
		compare_clocks(info, story, ret);
	if (ret->verdict == BELONG_UNKNOWN && !quick && memdump_open(dump, "", &mem, &err) >= 0)
		compare_tables(&mem.mem, story, ret);
}

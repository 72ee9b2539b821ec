// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * doors.c - the daemon's doors to the machine (lib/machine, the files below its root, the clock,
 * the log), led to a machine in memory. The linker's --wrap puts these in their place (random.mk),
 * in this one program.
 *
 * The journal is a block of memory with a descriptor that no file has: it may run out of space,
 * and who is killed in a write leaves a part of it. Most machines do without encoding and CRC,
 * which take half of the time: theirs is an array of records.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "daemon/act/resume.h"
#include "lib/machine/helper.h"
#include "lib/machine/journal.h"
#include "lib/machine/sysdev.h"
#include "lib/plan/drivers.h"
#include "lib/story/names.h"
#include "tests/random/invariants.h"
#include "tests/random/mutants.h"
#include "tests/random/wrapped.h"

#define JOURNAL_FD (1 << 20)
#define PAGE 4096u

static struct world *world;

void world_enter(struct world *w)
{
	world = w;
}

/* ---- time, log ---- */

u64 __wrap_clock_now_ns(void)
{
	return world->now_ns;
}

void __wrap_log_line(enum log_level level, const char *format, ...)
{
	char text[352];
	va_list ap;

	(void)level;
	if (!world->trace || world->dead)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	world_trace(world, "     <%s>", text);
}

/* ---- files ---- */

int __wrap_fsroot_openat(const struct fsroot *root, int flags, mode_t mode, const char *format, ...)
{
	char path[FSROOT_PATH_MAX];
	va_list ap;

	(void)root, (void)flags, (void)mode;
	va_start(ap, format);
	vsnprintf(path, sizeof(path), format, ap);
	va_end(ap);
	if (strcmp(path, PATH_JOURNAL) != 0)
		return -ENOENT;
	world->journal_at = 0;
	return JOURNAL_FD;
}

/* "sys/bus/pci/devices/NAME/class" and its like. */
static int attribute(const char *path, char *buf, size_t cap)
{
	static const char dir[] = "sys/bus/pci/devices/";
	char name[16];
	const char *slash;

	if (strncmp(path, dir, sizeof(dir) - 1) != 0)
		return -ENOENT;
	path += sizeof(dir) - 1;
	slash = strchr(path, '/');
	if (!slash || (size_t)(slash - path) >= sizeof(name))
		return -ENOENT;
	memcpy(name, path, (size_t)(slash - path));
	name[slash - path] = 0;
	if (world_find(world, name) == world->count)
		return -ENOENT;
	if (strcmp(slash, "/class") == 0)
		return snprintf(buf, cap, "0x010802");
	if (strcmp(slash, "/vendor") == 0)
		return snprintf(buf, cap, "0x8086");
	return strcmp(slash, "/device") == 0 ? snprintf(buf, cap, "0x1234") : -ENOENT;
}

int __wrap_fsroot_read_text(const struct fsroot *root, char *buf, size_t cap, const char *format,
			    ...)
{
	char path[FSROOT_PATH_MAX];
	va_list ap;

	(void)root;
	va_start(ap, format);
	vsnprintf(path, sizeof(path), format, ap);
	va_end(ap);
	if (strcmp(path, "proc/sys/kernel/osrelease") == 0 && world->kernel)
		return snprintf(buf, cap, "%u.1.0", world->kernel);
	return attribute(path, buf, cap);
}

bool __wrap_fsroot_exists(const struct fsroot *root, const char *format, ...)
{
	(void)root, (void)format;
	return false;
}

int __wrap_fsroot_each(const struct fsroot *root, size_t max, fsroot_name_fn fn, void *priv,
		       const char *format, ...)
{
	(void)root, (void)max, (void)fn, (void)priv, (void)format;
	return -ENOENT;
}

int __wrap_fsroot_mkdir(const struct fsroot *root, mode_t mode, const char *format, ...)
{
	(void)root, (void)mode, (void)format;
	return 0;
}

/* ---- the journal ---- */

static int read_bytes(recread_fn fn, void *priv, struct recread_info *ret)
{
	struct rec_iter it = {
		.data = world->journal + world->journal_at,
		.len = world->journal_len - world->journal_at,
	};
	enum rec_outcome outcome;
	struct rec rec;
	int rc;

	ret->bytes = it.len;
	while ((outcome = rec_next(&it, &rec)) == REC_OK) {
		ret->records++;
		rc = fn ? fn(priv, &rec) : 0;
		if (rc)
			return rc;
	}
	ret->torn_at = it.offset;
	return outcome == REC_TORN ? RECREAD_TORN : 0;
}

int __wrap_recread_fd(int fd, u64 max_bytes, recread_fn fn, void *priv, struct recread_copy *copy,
		      struct recread_info *ret)
{
	int rc = 0;

	(void)max_bytes, (void)copy;
	memset(ret, 0, sizeof(*ret));
	if (fd != JOURNAL_FD)
		return -EBADF;
	if (world->by_bytes)
		return read_bytes(fn, priv, ret);
	while (ret->records < world->n_records && fn && rc == 0)
		rc = fn(priv, &world->records[ret->records++]);
	return rc;
}

static bool is_made_by_journal(u16 type)
{
	return type == REC_FILE || type == REC_STAGE || type == REC_FINDING;
}

/* Bytes until a kill cuts a write: it ends at a page, or it is whole. */
static size_t cut(const struct world *w, size_t len)
{
	size_t to_page = PAGE - w->journal_len % PAGE;

	return to_page < len ? to_page : len;
}

static void keep_record(struct world *w, const struct rec *rec)
{
	if (w->n_records == WORLD_RECORDS)
		w->journal_lost = true;
	else
		w->records[w->n_records++] = *rec;
}

/* Those that journal.c writes for itself; of the others journal_write() has told. */
static void take_frame(struct world *w, const void *frame, size_t len)
{
	struct rec_iter it = { .data = frame, .len = len };
	struct rec rec;

	if (!is_made_by_journal(core_ld16((const u8 *)frame + 4)) || rec_next(&it, &rec) != REC_OK)
		return;
	if (!w->by_bytes)
		keep_record(w, &rec);
	word_said(w, &rec);
}

/* As journal_write() does, but for the bytes. */
static int write_record(struct world *w, struct journal *journal, struct rec *rec)
{
	if (world_tick(w))
		return 0;
	rec->seq = ++journal->seq;
	rec->mono_ns = w->now_ns;
	if (rec->type == REC_PLAN && rec->plan.step > journal->last_step)
		journal->last_step = rec->plan.step;
	keep_record(w, rec);
	return 0;
}

int __wrap_journal_write(struct journal *journal, struct rec *rec)
{
	int rc;

	mutant_record(rec);
	rc = world->by_bytes ? __real_journal_write(journal, rec)
			     : write_record(world, journal, rec);
	if (rc == 0 && !world->dead && !is_made_by_journal(rec->type))
		word_said(world, rec);
	return rc;
}

ssize_t __wrap_write(int fd, const void *buf, size_t len)
{
	struct world *w = world;
	size_t room, n = len;

	if (fd != JOURNAL_FD)
		return __real_write(fd, buf, len);
	if (w->dead)
		return (ssize_t)len;
	if (world_tick(w)) {
		/* Killed in it. */
		n = cut(w, len);
		if (n == len)
			n = 0;
	}
	room = w->journal_room - w->journal_len;
	if (n > room) {
		w->journal_lost = true;
		n = room;
	}
	if (w->by_bytes) {
		memcpy(w->journal + w->journal_len, buf, n);
		w->journal_len += n;
	}
	if (n == len)
		take_frame(w, buf, len);
	if (w->dead)
		return (ssize_t)len;
	if (n == 0) {
		errno = ENOSPC;
		return -1;
	}
	return (ssize_t)n;
}

off_t __wrap_lseek(int fd, off_t offset, int whence)
{
	if (fd != JOURNAL_FD)
		return __real_lseek(fd, offset, whence);
	/* The end, or where the last write ended; which is the same. */
	if (whence != SEEK_SET)
		return (off_t)world->journal_len;
	world->journal_at = (u64)offset;
	return offset;
}

int __wrap_ftruncate(int fd, off_t len)
{
	if (fd != JOURNAL_FD)
		return __real_ftruncate(fd, len);
	if (!world->dead && mutant != MUTANT_TEARS)
		world->journal_len = (size_t)len;
	return 0;
}

int __wrap_close(int fd)
{
	return fd == JOURNAL_FD ? 0 : __real_close(fd);
}

/* ---- helper, devices, drivers ---- */

int __wrap_helper_read_story(const struct fsroot *root, struct story *story,
			     struct recread_copy *copy, struct helper_info *ret, struct errbuf *err)
{
	(void)root, (void)copy;
	memset(ret, 0, sizeof(*ret));
	err->text[0] = 0;
	if (!world->helper) {
		errbuf_set(err, "no helper");
		return HELPER_MISSING;
	}
	ret->smmus = world->smmus;
	return world_tell(world, story);
}

int __wrap_control_version(const struct fsroot *root)
{
	(void)root;
	return world->helper_calls ? 2 : -ENOENT;
}

int __wrap_sysdev_read(const struct fsroot *root, const char *bus, const char *name,
		       struct sysdev *ret)
{
	u32 d = world_find(world, name);
	const struct world_device *dev = &world->devices[d];

	(void)root, (void)bus;
	memset(ret, 0, sizeof(*ret));
	ret->group = -1;
	if (d == world->count || !dev->there)
		return -ENODEV;
	if (dev->group)
		ret->group = (int)d;
	if (dev->bound)
		snprintf(ret->driver, sizeof(ret->driver), "drv%u", dev->module);
	return 0;
}

int __wrap_sysdev_find_bus(const struct fsroot *root, const char *name, char *bus, size_t cap)
{
	u32 d = world_find(world, name);

	(void)root;
	if (d == world->count || !world->devices[d].there)
		return -ENODEV;
	snprintf(bus, cap, "%s", world->devices[d].bus);
	return 0;
}

static void name_module(struct inv_device *inv)
{
	const struct world_device *dev = &world->devices[world_find(world, inv->name)];
	bool none = dev->driver == DRIVER_NONE;

	inv->in_image = none ? INV_DRIVER_NONE : INV_DRIVER_THERE;
	if (!none)
		snprintf(inv->module, sizeof(inv->module), "mod%u", dev->module);
}

void __wrap_drivers_name_modules(const struct fsroot *root, struct inventory *inv,
				 const struct config *config)
{
	size_t i;
	u32 d;

	(void)root;
	for (i = 0; i < config->n_rules; i++)
		for (d = 0; config->rules[i].driver[0] && d < inv->count; d++)
			name_module(&inv->devices[d]);
}

void __wrap_drivers_look_up(const struct fsroot *root, struct inventory *inv, uint32_t wait_ms)
{
	u32 d;

	(void)root, (void)wait_ms;
	for (d = 0; d < inv->count; d++)
		if (inv_stays_live(&inv->devices[d]))
			name_module(&inv->devices[d]);
}

/* ---- early holds ---- */

#define GIVE_BACK_MS 100

int __wrap_early_give_back(const struct fsroot *root, const struct inventory *inv,
			   const struct resume *resume, struct hold_tally *ret, struct errbuf *err)
{
	struct world *w = world;
	u32 d;

	(void)root, (void)err;
	memset(ret, 0, sizeof(*ret));
	for (d = 0; d < w->count && !w->dead; d++) {
		struct world_device *dev = &w->devices[d];

		if (!dev->there || dev->override != OVERRIDE_OURS ||
		    early_keeps(inv, resume, dev->bus, dev->name))
			continue;
		world_trace(w, "an early hold is given back: %s", dev->name);
		if (dev->locked_until_ns > w->now_ns + clock_ms(GIVE_BACK_MS)) {
			world_advance(w, w->now_ns + clock_ms(GIVE_BACK_MS));
			world_event(w, EVENT_CLEAR_ASK, d, BY_OTHERS, dev->locked_until_ns);
			ret->stuck++;
			continue;
		}
		world_advance(w, dev->locked_until_ns);
		world_set_override(w, d, OVERRIDE_NONE);
		world_ask_bus(w, d, BY_OTHERS);
		ret->released++;
		world_tick(w);
	}
	return 0;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mounts.c - find the file system of a path and the devices below it, by libmount. The kernel's
 * table tells what is mounted, fstab what may be mounted later. Links are followed first, as the
 * program that writes the dump follows them, and each kdump does when it looks for the file
 * system.
 */
#include <errno.h>
#include <limits.h>
#include <libmount/libmount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/strbuf.h"
#include "resolve/walk.h"

#define MOUNTS "/proc/self/mountinfo"
#define FSTAB "/etc/fstab"
#define TABLE_BYTES_MAX (8 << 20)
#define LINKS_MAX 40 /* as the kernel follows */
#define JOURNALS_MAX 4096

void mounts_clear(struct walk *w)
{
	mnt_unref_table(w->mounts);
	mnt_unref_table(w->fstab);
	w->mounts = w->fstab = NULL;
}

/* A line that libmount cannot parse is skipped. */
static int on_bad_line(struct libmnt_table *table, const char *file, int line)
{
	(void)table, (void)file, (void)line;
	return 1;
}

static struct libmnt_table *read_table(const char *path)
{
	struct libmnt_table *table = mnt_new_table();
	struct stat st;

	if (!table)
		return NULL;
	mnt_table_set_parser_errcb(table, on_bad_line);
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > TABLE_BYTES_MAX ||
	    mnt_table_parse_file(table, path) < 0)
		mnt_reset_table(table);
	return table;
}

static struct libmnt_table *mounts(struct walk *w)
{
	if (!w->mounts)
		w->mounts = read_table(MOUNTS);
	return w->mounts;
}

static struct libmnt_table *fstab(struct walk *w)
{
	if (!w->fstab)
		w->fstab = read_table(FSTAB);
	return w->fstab;
}

/*
 * Returns the part of @path that exists, without links; NULL: none. @ret_rest: the rest of @path.
 */
static char *existing(const char *path, const char **ret_rest)
{
	_cleanup_free_ char *head = strdup(path);
	char *real = NULL;
	size_t len;

	for (len = head ? strlen(head) : 0; len > 1 && !real; len--) {
		if (path[len] && path[len] != '/')
			continue;
		head[len] = 0;
		real = realpath(head, NULL);
		*ret_rest = path + len;
	}
	if (real || path[0] != '/')
		return real;
	*ret_rest = path;
	return strdup("/");
}

/*
 * Join @real and @rest. If the first name of @rest is a link, follow it: its end may exist once
 * more file systems are mounted.
 */
static char *follow(const char *real, const char *rest, bool *ret_followed)
{
	size_t first = 1 + strcspn(rest + 1, "/");
	const char *folder = strcmp(real, "/") ? real : "";
	_cleanup_free_ char *link = NULL;
	char target[PATH_MAX], *whole = NULL;
	ssize_t len;
	int rc;

	if (asprintf(&link, "%s%.*s", folder, (int)first, rest) < 0)
		return NULL;
	len = readlink(link, target, sizeof(target) - 1);
	*ret_followed = len > 0;
	if (len > 0) {
		target[len] = 0;
		rc = asprintf(&whole, "%s%s%s%s", target[0] == '/' ? "" : folder,
			      target[0] == '/' ? "" : "/", target, rest + first);
	} else {
		rc = asprintf(&whole, "%s%s", folder, rest);
	}
	return rc < 0 ? NULL : whole;
}

/*
 * Returns @path without links. The part that does not exist yet stays as it is, as with realpath
 * -m.
 */
static char *without_links(const char *path)
{
	char *now = strdup(path), *next;
	bool followed = true;
	const char *rest = "";
	unsigned int links;

	for (links = 0; now && followed && links < LINKS_MAX; links++) {
		_cleanup_free_ char *real = existing(now, &rest);

		if (!real)
			break;
		next = *rest ? follow(real, rest, &followed) : strdup(real);
		followed &= *rest != 0;
		free(now);
		now = next;
	}
	return now;
}

/* ---- what is mounted ---- */

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

/* Host of "host:/path", "[fe80::1]:/path", "//host/share", "host1:6789,host2:6789:/path". */
static void add_host_of(struct walk *w, const char *source)
{
	size_t len;

	source += strspn(source, "/");
	if (*source == '[') {
		source++;
		len = strcspn(source, "]");
	} else {
		const char *end = strstr(source, ":/"), *port;

		len = end ? (size_t)(end - source) : strcspn(source, "/");
		port = memchr(source, ':', len);
		/* A second colon: it is an IPv6 address. */
		if (port && !memchr(port + 1, ':', len - (size_t)(port + 1 - source)))
			len = (size_t)(port - source);
		len = strcspn(source, ",") < len ? strcspn(source, ":,") : len;
	}
	if (len)
		walk_add(w, WALK_HOST, "%.*s", (int)len, source);
	else
		walk_doubt(w, "the source of the mount names no host");
}

static bool option(struct libmnt_fs *fs, const char *name, char *buf, size_t cap)
{
	char *value;
	size_t len;

	if (mnt_fs_get_option(fs, name, &value, &len) != 0 || !value || !len || len >= cap)
		return false;
	memcpy(buf, value, len);
	buf[len] = 0;
	return true;
}

/* The kernel tells the address that it uses; kdump looks the name up once more. */
static void walk_network(struct walk *w, struct libmnt_fs *fs, const char *source)
{
	char address[CONFIG_DEVICE_BYTES];

	if (option(fs, "addr", address, sizeof(address)))
		walk_add(w, WALK_HOST, "%s", address);
	add_host_of(w, source);
}

/* Add what a mount without a disk needs. Returns false if its type is not known. */
static bool walk_special(struct walk *w, struct libmnt_fs *fs, const char *type, const char *source)
{
	static const char *const network[] = { "nfs", "nfs4", "cifs", "smb3", NULL };
	static const char *const cluster[] = { "ceph", "fuse.glusterfs", "glusterfs", "lustre",
					       NULL };
	char transport[16];

	if (is_one_of(type, network)) {
		walk_network(w, fs, source);
	} else if (is_one_of(type, cluster)) {
		add_host_of(w, source);
		walk_doubt(w, "the %s mount does not name all of its servers", type);
	} else if (strcmp(type, "virtiofs") == 0) {
		walk_add(w, WALK_VIRTIOFS, "%s", source);
	} else if (strcmp(type, "9p") == 0 && (!option(fs, "trans", transport, sizeof(transport)) ||
					       strcmp(transport, "virtio") == 0)) {
		walk_add(w, WALK_9P, "%s", source);
	} else {
		return false;
	}
	return true;
}

/* "/dev/sda:/dev/sdb": bcachefs names all of its disks; the device number is that of one. */
static void walk_several(struct walk *w, const char *source)
{
	size_t len;

	for (; *source; source += len, source += *source == ':') {
		len = strcspn(source, ":");
		if (strncmp(source, "/dev/", 5) == 0)
			walk_add(w, WALK_NODE, "%.*s", (int)len, source);
		else if (memchr(source, '=', len))
			walk_add(w, WALK_TAG, "%.*s", (int)len, source);
		else
			walk_doubt(w, "%.*s is not a disk of bcachefs", (int)len, source);
	}
}

static bool disk_name(struct walk *w, dev_t number, char *buf, size_t cap)
{
	return number && fsroot_link_name(w->root, buf, cap, "sys/dev/block/%u:%u", major(number),
					  minor(number)) > 0;
}

struct journals {
	struct walk *w;
	char own[80]; /* of the journal in the file system itself */
	bool found;
	struct strbuf *others;
};

/* "sda1-8" is a journal in the file system on sda1, "sdb1" one that has a disk of its own. */
static int on_journal(void *priv, const char *name)
{
	struct journals *j = priv;

	j->found |= strcmp(name, j->own) == 0;
	if (!strchr(name, '-') || walk_has(j->w, "block", name))
		strbuf_join(j->others, " ", name);
	return 0;
}

/*
 * No option of a mounted ext4 tells the disk of its journal. The kernel's list of journals does not
 * tell which file system one belongs to, so all of them are needed where it has none in itself.
 */
static void walk_journal(struct walk *w, const char *disk)
{
	_cleanup_strbuf_ struct strbuf others = { 0 };
	struct journals j = { .w = w, .others = &others };
	char *name, *save = NULL;

	snprintf(j.own, sizeof(j.own), "%.64s-8", disk);
	fsroot_each(w->root, JOURNALS_MAX, on_journal, &j, "proc/fs/jbd2");
	if (j.found || !others.len || others.error)
		return;
	for (name = strtok_r(others.data, " ", &save); name; name = strtok_r(NULL, " ", &save))
		walk_add(w, WALK_DISK, "%s", name);
}

/* The log, or a part of the data, may be on another disk. */
static void walk_beside(struct walk *w, struct libmnt_fs *fs)
{
	static const char *const options[] = { "logdev", "rtdev", "jdev", "journal_path" };
	static const char *const more[] = { "f2fs", "gfs2", "ocfs2", NULL };
	static const char *const journaled[] = { "ext3", "ext4", NULL };
	char disk[64];
	const char *type = mnt_fs_get_fstype(fs), *source = mnt_fs_get_source(fs);
	char path[CONFIG_DEVICE_BYTES];
	dev_t number = mnt_fs_get_devno(fs);
	size_t i;

	if (type && strcmp(type, "bcachefs") == 0)
		walk_several(w, source ? source : "none");
	if (type && is_one_of(type, more))
		walk_doubt(w, "%s may need more than the disk it is mounted from", type);
	if (type && is_one_of(type, journaled) && disk_name(w, number, disk, sizeof(disk)))
		walk_journal(w, disk);
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (option(fs, options[i], path, sizeof(path)))
			walk_add(w, strchr(path, '=') ? WALK_TAG : WALK_NODE, "%s", path);
}

void mounts_beside(struct walk *w, dev_t disk)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;

	while (iter && disk && mounts(w) && mnt_table_next_fs(mounts(w), iter, &fs) == 0)
		if (mnt_fs_get_devno(fs) == disk)
			walk_beside(w, fs);
	mnt_free_iter(iter);
}

static void walk_source(struct walk *w, struct libmnt_fs *fs, const char *path)
{
	const char *type = mnt_fs_get_fstype(fs), *source = mnt_fs_get_source(fs);
	dev_t number = mnt_fs_get_devno(fs);
	char name[64];

	type = type ? type : "";
	source = source ? source : "";
	if (walk_special(w, fs, type, source))
		return;
	walk_beside(w, fs);
	if (strcmp(type, "bcachefs") == 0)
		return;
	if (disk_name(w, number, name, sizeof(name)))
		walk_add(w, WALK_DISK, "%s", name);
	else if (strncmp(source, "/dev/", 5) == 0)
		walk_add(w, WALK_NODE, "%s", source);
	else if (strchr(source, '='))
		walk_add(w, WALK_TAG, "%s", source);
	else
		walk_doubt(w, "%s is on %s, which is not backed by a local disk", path, type);
}

/* ---- what is not ---- */

/* An automount is not triggered: its line in fstab tells what it would mount. */
static void walk_automount(struct walk *w, struct libmnt_fs *fs, const char *path)
{
	struct libmnt_table *table = fstab(w);
	struct libmnt_fs *line =
		table ? mnt_table_find_target(table, mnt_fs_get_target(fs), MNT_ITER_FORWARD)
		      : NULL;

	if (line)
		walk_source(w, line, path);
	else
		walk_doubt(w, "%s is an automount that is not mounted: name the device", path);
}

/*
 * The line of fstab for what is mounted: a capture kernel that boots the root file system goes by
 * it, and it may name another disk than the one that is mounted. A copied tree may have no /dev.
 */
static void walk_other(struct walk *w, struct libmnt_fs *line)
{
	const char *source = mnt_fs_get_source(line);

	/* "/dev/root" stands for whatever root= says. */
	if (!source || strcmp(source, "/dev/root") == 0 || !fsroot_exists(w->root, "dev/disk"))
		return;
	if (strncmp(source, "/dev/", 5) == 0)
		walk_add(w, WALK_NODE, "%s", source);
	else if (strchr(source, '=') && source[0] != '/')
		walk_add(w, WALK_TAG, "%s", source);
}

/* systemd mounts it only when these are there: paths, nodes, or names of units. */
static void walk_required(struct walk *w, struct libmnt_fs *line)
{
	static const char prefix[] = "x-systemd.requires";
	char *options = (char *)mnt_fs_get_options(line), *name, *value;
	size_t name_len, len;

	while (options && mnt_optstr_next_option(&options, &name, &name_len, &value, &len) == 0) {
		if (strncmp(name, prefix, sizeof(prefix) - 1) || !value || !len)
			continue;
		if (len > 5 && strncmp(value, "/dev/", 5) == 0)
			walk_add(w, WALK_NODE, "%.*s", (int)len, value);
		else if (value[0] == '/')
			walk_add(w, WALK_FILE, "%.*s", (int)len, value);
		else
			walk_doubt(w, FSTAB ": what %.*s needs is not known", (int)len, value);
	}
}

/*
 * A line of fstab for a folder between the mount and @path: it may be mounted when the dump is
 * written.
 */
static void look_at_fstab(struct walk *w, struct libmnt_fs *mounted, const char *path)
{
	struct libmnt_fs *line = fstab(w) ? mount_in_list(fstab(w), path) : NULL;
	const char *target = line ? mnt_fs_get_target(line) : NULL;
	size_t deeper = strlen(mnt_fs_get_target(mounted));

	if (!target || strlen(target) < deeper || mnt_fs_is_swaparea(line))
		return;
	walk_required(w, line);
	if (strlen(target) == deeper) {
		walk_other(w, line);
		return;
	}
	walk_source(w, line, path);
	walk_doubt(w, "%s is in " FSTAB " but is not mounted", target);
}

void walk_file(struct walk *w, const char *path)
{
	_cleanup_free_ char *real = without_links(path);
	struct libmnt_fs *fs = real && mounts(w) ? mount_of(w, mounts(w), real) : NULL;
	const char *type = fs ? mnt_fs_get_fstype(fs) : NULL;

	if (!fs) {
		walk_doubt(w, "the file system of %s is not known", path);
		return;
	}
	if (type && strcmp(type, "autofs") == 0) {
		walk_automount(w, fs, path);
		return;
	}
	walk_source(w, fs, path);
	look_at_fstab(w, fs, real);
}

void mounts_in_fstab(struct walk *w, void (*fn)(struct walk *w, const char *source))
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	char *value;
	size_t len;

	while (iter && fstab(w) && mnt_table_next_fs(fstab(w), iter, &fs) == 0)
		if (mnt_fs_get_source(fs) && !mnt_fs_is_swaparea(fs) &&
		    mnt_fs_get_option(fs, "noauto", &value, &len) != 0)
			fn(w, mnt_fs_get_source(fs));
	mnt_free_iter(iter);
}

bool mounts_address(struct walk *w, const char *host, char *buf, size_t cap)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	size_t len = strlen(host);
	struct libmnt_fs *fs;
	bool found = false;

	while (iter && !found && mounts(w) && mnt_table_next_fs(mounts(w), iter, &fs) == 0) {
		const char *source = mnt_fs_get_source(fs);

		found = source && strncmp(source, host, len) == 0 &&
			strncmp(source + len, ":/", 2) == 0 && option(fs, "addr", buf, cap);
	}
	mnt_free_iter(iter);
	return found;
}

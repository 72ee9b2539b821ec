// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mount_of.c - find the mount that a path leads to.
 *
 * The order of the lines in mountinfo does not tell: a mount may be moved below another path, and
 * a mount on a folder hides those that were made below it before. So the path is followed as the
 * kernel follows it: from the root mount, always to the mount whose parent is the mount reached
 * last. Where the root is this machine's own, the kernel is asked.
 */
#include <fcntl.h>
#include <libmount/libmount.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/cleanup.h"
#include "resolve/walk.h"

struct search {
	struct libmnt_table *table;
	bool known; /* nothing in the table contradicts the answer */
};

static bool has_id(struct libmnt_table *table, int id)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	bool found = false;

	while (iter && !found && mnt_table_next_fs(table, iter, &fs) == 0)
		found = mnt_fs_get_id(fs) == id;
	mnt_free_iter(iter);
	return found;
}

static bool is_root(struct libmnt_fs *fs)
{
	const char *on = mnt_fs_get_target(fs);

	return on && strcmp(on, "/") == 0;
}

/*
 * Find the mount on @target whose parent is @parent; with no parent, the one whose parent is not
 * in the table, which is the root. The kernel has at most one of each, and no other mount without
 * a parent. A table that was written or shortened by hand may have others. One such mount on the
 * root is no riddle, but what it hides or is hidden by is.
 */
static struct libmnt_fs *mounted_on(struct search *s, struct libmnt_fs *parent, const char *target)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs, *found = NULL, *orphan = NULL;

	while (iter && mnt_table_next_fs(s->table, iter, &fs) == 0) {
		const char *on = mnt_fs_get_target(fs);
		int of = mnt_fs_get_parent_id(fs);
		bool has_parent;

		if (!on || strcmp(on, target) || fs == parent)
			continue;
		has_parent = of != mnt_fs_get_id(fs) && has_id(s->table, of);
		if (parent && !has_parent && target[1]) {
			s->known &= !orphan && is_root(parent);
			orphan = fs;
		}
		if (parent ? of != mnt_fs_get_id(parent) : has_parent)
			continue;
		s->known &= !found;
		found = fs;
	}
	mnt_free_iter(iter);
	s->known &= !orphan || !found;
	return found ? found : orphan;
}

/* Go on to what is mounted on @target, and to what is mounted on that. */
static struct libmnt_fs *go_up(struct search *s, struct libmnt_fs *fs, const char *target)
{
	int budget = mnt_table_get_nents(s->table);
	struct libmnt_fs *next;

	while ((next = mounted_on(s, fs, target))) {
		const char *type = mnt_fs_get_fstype(fs);

		/* A root may be mounted over, and the processes of the machine stay below it. */
		if (!target[1] && (!type || strcmp(type, "rootfs")))
			s->known = false;
		if (!budget--) {
			s->known = false;
			break;
		}
		fs = next;
	}
	return fs;
}

static struct libmnt_fs *by_table(struct search *s, const char *path)
{
	_cleanup_free_ char *head = strdup(path);
	struct libmnt_fs *fs = mounted_on(s, NULL, "/");
	size_t len;

	if (!head || !fs)
		return NULL;
	fs = go_up(s, fs, "/");
	for (len = 1; path[len]; len++) {
		if (path[len + 1] && path[len + 1] != '/')
			continue;
		head[len + 1] = 0;
		fs = go_up(s, fs, head);
		head[len + 1] = path[len + 1];
	}
	return fs;
}

/* Ask the kernel for the mount of the part of @path that exists. */
static struct libmnt_fs *by_kernel(struct libmnt_table *table, const char *path)
{
	const int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC;
	_cleanup_free_ char *head = strdup(path);
	struct libmnt_iter *iter = NULL;
	struct libmnt_fs *fs = NULL;
	struct statx st = { .stx_mask = 0 };
	bool found = false;
	char *slash;

	while (head && statx(AT_FDCWD, head[0] ? head : "/", flags, STATX_MNT_ID, &st) < 0) {
		slash = strrchr(head, '/');
		if (!slash)
			return NULL;
		*slash = 0;
	}
	if (head && (st.stx_mask & STATX_MNT_ID))
		iter = mnt_new_iter(MNT_ITER_FORWARD);
	while (iter && !found && mnt_table_next_fs(table, iter, &fs) == 0)
		found = (uint64_t)mnt_fs_get_id(fs) == st.stx_mnt_id;
	mnt_free_iter(iter);
	return found ? fs : NULL;
}

struct libmnt_fs *mount_of(struct walk *w, struct libmnt_table *table, const char *path)
{
	struct search s = { .table = table, .known = true };
	struct libmnt_fs *fs = w->root->real ? by_kernel(table, path) : NULL;

	if (fs)
		return fs;
	fs = by_table(&s, path);
	/* The table has no root, for example when it is a piece of one. */
	if (!fs) {
		s.known = false;
		fs = mount_in_list(table, path);
	}
	if (fs && !s.known)
		walk_doubt(w, "which of several mounts has %s is not known", path);
	return fs;
}

struct libmnt_fs *mount_in_list(struct libmnt_table *table, const char *path)
{
	_cleanup_free_ char *head = strdup(path);
	struct libmnt_fs *fs = NULL;
	char *slash;

	while (head && !fs) {
		fs = mnt_table_find_target(table, head[0] ? head : "/", MNT_ITER_BACKWARD);
		slash = strrchr(head, '/');
		if (!slash)
			break;
		*slash = 0;
	}
	return fs;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tree.h - a machine that is a folder (--root): libraries that know only "/" are asked
 * from within it.
 */
#ifndef RESOLVE_TREE_H
#define RESOLVE_TREE_H

#include "lib/base/errbuf.h"
#include "lib/base/fsroot.h"

/*
 * Make the folder @path this process' root, for good. It needs no privilege where user
 * namespaces are allowed. "/" is left as it is. Returns 0, @root being open then; or a negative
 * errno with @err.
 */
int tree_enter(struct fsroot *root, const char *path, struct errbuf *err);

/* In a child: back to this machine's own root. Returns 0 or a negative errno. */
int tree_leave(void);

/*
 * In a child, after tree_leave(), that is about to run a program of this machine on a file of the
 * tree @root: a root of its own that holds the tree and @program with what that needs, nothing of
 * which can be written; no network, and no other process in sight. Returns in a grandchild, with 0
 * and the words to execute (NULL after the last) in @argv, of which the last is the program itself;
 * or a negative errno.
 */
#define TREE_WORDS 5
int tree_confine(const struct fsroot *root, const char *program, const char *argv[TREE_WORDS]);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tree.h - work inside a folder that holds the files of another machine (--root). Libraries that
 * read only "/" then read that machine's files.
 */
#ifndef RESOLVE_TREE_H
#define RESOLVE_TREE_H

#include "lib/base/errbuf.h"
#include "lib/base/fsroot.h"

/*
 * Make the folder @path the root of this process, for good. This needs no privilege where user
 * namespaces are allowed. For "/" nothing is changed. Returns 0 and opens @root; or a negative
 * errno with @err.
 */
int tree_enter(struct fsroot *root, const char *path, struct errbuf *err);

/* In a child: go back to this machine's own root. Returns 0 or a negative errno. */
int tree_leave(void);

/*
 * In a child, after tree_leave(): confine the process before it runs @program, a program of this
 * machine, on a file of the tree @root. It gets a read-only root that holds the tree, @program
 * and its libraries, no network, and sees no other process. Returns in a grandchild: 0, and in
 * @argv the words to execute, NULL after the last, which is the program itself; or a negative
 * errno. If the program then tries to start a process or another program, the kernel kills it, and
 * the child ends with TREE_FORBIDDEN.
 */
#define TREE_FORBIDDEN 125
#define TREE_WORDS 5
int tree_confine(const struct fsroot *root, const char *program, const char *argv[TREE_WORDS]);

#endif

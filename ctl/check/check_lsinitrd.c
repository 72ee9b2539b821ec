// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * check_lsinitrd.c - list images that are not plain archives, by dracut's lsinitrd: archives with
 * a squashfs or erofs in them, as mkdumprd makes them, and kernels that contain their image.
 *
 * It prints three kinds of lists, those of cpio -tv, unsquashfs -ll and find -ls:
 *
 *	-rwxr-xr-x   1 root     root        35344 Jan  1  1970 usr/bin/cat
 *	-rwxr-xr-x root/root             35344 2024-01-01 00:00 squashfs-root/usr/bin/cat
 *	  1234      0 -rwxr-xr-x   1 root     root   35344 Jan  1  1970 erofs-root/usr/bin/cat
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl/check/check.h"
#include "ctl/check/run_program.h"
#include "lib/base/cleanup.h"
#include "lib/base/parse.h"

#define LIST_BYTES_MAX (32u << 20)
#define WORDS 16

struct listing {
	struct check *check;
	const char *path; /* of the image */
	check_entry_fn fn;
};

static bool is_mode(const char *word)
{
	return strlen(word) >= 10 && strchr("-dlcbps", word[0]) && strchr("r-", word[1]) &&
	       strchr("w-", word[2]);
}

/* Split @line into words; the last word is the rest of the line. Returns their number. */
static size_t split(char *line, char **words)
{
	size_t n = 0;
	char *p = line;

	while (n < WORDS && *(p += strspn(p, " \t"))) {
		words[n++] = p;
		p += strcspn(p, " \t");
		if (*p)
			*p++ = 0;
	}
	return n;
}

/* "squashfs-root/usr/bin/cat" and its like, without the folder that the lister puts in front. */
static const char *in_image(const char *name)
{
	static const char *const tops[] = { "squashfs-root/", "squash-root/", "erofs-root/" };
	size_t i;

	for (i = 0; i < sizeof(tops) / sizeof(tops[0]); i++)
		if (strncmp(name, tops[i], strlen(tops[i])) == 0)
			return name + strlen(tops[i]);
	return name + strspn(name, "./");
}

static int ask(const struct listing *l, const char *file, struct strbuf *answer)
{
	const char *const argv[] = { "env", "LC_ALL=C", "lsinitrd", file ? "-f" : l->path,
				     file,  l->path,	NULL };
	const char *const list[] = { "env", "LC_ALL=C", "lsinitrd", l->path, NULL };

	return run_program(file ? argv : list, CHECK_LSINITRD_MS, LIST_BYTES_MAX, answer);
}

/*
 * Take a file of our configuration. lsinitrd before dracut 104 shows no file of a squashed image.
 */
static int take_conf(const struct listing *l, const char *listed, const char *name)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	if (ask(l, listed, &text) != 0 || !text.len) {
		l->check->no_confs = true;
		return 0;
	}
	return check_take_conf(l->check, name, strbuf_text(&text));
}

static int take_line(const struct listing *l, char *line)
{
	char *words[WORDS];
	size_t n = split(line, words), mode, size;
	struct cpio_entry entry = { .mode = S_IFREG | 0644 };
	int rc;

	for (mode = 0; mode < n && mode < 3 && !is_mode(words[mode]); mode++)
		;
	if (mode >= 3 || mode + 5 >= n || words[mode][0] != '-')
		return 0;
	size = mode + (strchr(words[mode + 1], '/') ? 2 : 4);
	if (size >= n || parse_u64(words[size], 0, UINT32_MAX, &entry.bytes) < 0)
		return 0;
	entry.name = in_image(words[n - 1]);
	rc = l->fn(l->check, &entry);
	return rc < 0 || !check_is_conf(entry.name) ? rc : take_conf(l, words[n - 1], entry.name);
}

int check_lsinitrd(struct check *check, const char *path, check_entry_fn fn, struct errbuf *err)
{
	struct listing l = { .check = check, .path = path, .fn = fn };
	_cleanup_strbuf_ struct strbuf list = { 0 };
	size_t modules = check->n_modules;
	char *line, *next;
	int rc = ask(&l, NULL, &list);

	if (rc == 127)
		errbuf_set(err, "lsinitrd is not installed");
	else if (rc)
		errbuf_set(err, "lsinitrd: %s", rc < 0 ? strerror(-rc) : "failed");
	if (rc)
		return rc < 0 ? rc : -EIO;
	for (line = list.data; line && rc == 0; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		rc = take_line(&l, line);
	}
	if (rc == 0 && check->n_modules == modules && !check->has_daemon) {
		errbuf_set(err, "lsinitrd lists no file of a system");
		return -EINVAL;
	}
	if (rc < 0)
		errbuf_set(err, "%s", strerror(-rc));
	return rc;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * dumppath_targets.c - where the dump goes when nobody told us: the files of
 * kdump itself.
 *
 *	RHEL, Fedora	/etc/kdump.conf, also in the image: a line with the target, else
 *			the file system that has "path"
 *	SUSE		/etc/sysconfig/kdump: KDUMP_SAVEDIR
 *	Debian		/etc/default/kdump-tools: NFS, SSH, else KDUMP_COREDIR; the capture
 *			kernel mounts the root file system in any case
 *	otherwise	root= of the kernel command line
 *
 * That last one is a guess: it says what will be mounted, not where the dump goes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/parse.h"
#include "lib/machine/config_dump.h"
#include "resolve/dumppath.h"

#define LINES_MAX 4096
#define CMDLINE_BYTES 4096

struct finding {
	struct dumppath_targets *out;
	const char *source;
	bool target, place; /* RHEL: a target line, a path line was seen */
	char path[DUMPPATH_TARGET_BYTES];
};

static void add(struct finding *f, const char *text, bool guess)
{
	struct dumppath_targets *out = f->out;
	size_t i;

	for (i = 0; i < out->count; i++)
		if (strcmp(out->target[i].text, text) == 0)
			return;
	if (out->count == DUMPPATH_TARGETS_MAX || !config_dump_word_ok(text)) {
		out->cut = true;
		return;
	}
	strcpy(out->target[out->count].text, text);
	out->target[out->count].source = f->source;
	out->target[out->count++].guess = guess;
}

struct reading {
	void (*fn)(struct finding *f, char *line);
	struct finding *f;
};

static int on_line(void *priv, char *line)
{
	const struct reading *reading = priv;

	reading->fn(reading->f, line + strspn(line, " \t"));
	return 0;
}

static int each_line(const struct fsroot *root, const char *path,
		     void (*fn)(struct finding *f, char *line), struct finding *f)
{
	struct reading reading = { .fn = fn, .f = f };

	f->source = path;
	return fsroot_each_line(root, path, LINES_MAX, on_line, &reading);
}

/* ---- RHEL ---- */

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

/* "ext4 UUID=...", "raw /dev/...", "nfs host:/export", "ssh user@host", "path /var/crash" */
static void kdump_conf_line(struct finding *f, char *line)
{
	static const char *const targets[] = { "ext2", "ext3", "ext4", "xfs", "btrfs", "minix",
					       "raw",  "nfs",  "nfs4", "ssh", NULL };
	const char *cursor = line;
	char key[24], word[DUMPPATH_TARGET_BYTES];
	int len;

	if (*line == '#' || parse_word(&cursor, key, sizeof(key)) <= 0)
		return;
	len = parse_word(&cursor, word, sizeof(word));
	if (!len)
		return;
	if (is_one_of(key, targets)) {
		f->target = true;
		f->out->cut |= len < 0;
		if (len > 0)
			add(f, word, false);
	} else if (strcmp(key, "path") == 0 && len > 0) {
		f->place = true;
		strcpy(f->path, word);
	}
}

static void find_kdump_conf(const struct fsroot *root, struct finding *f)
{
	if (each_line(root, "etc/kdump.conf", kdump_conf_line, f) < 0 || f->target)
		return;
	add(f, f->place && f->path[0] == '/' ? f->path : "/var/crash", false);
}

/* ---- shell variables ---- */

/* The value of NAME="value"; NULL: another line. */
static char *value_of(char *line, const char *name)
{
	size_t len = strlen(name);
	char *value;

	if (strncmp(line, name, len) || line[len] != '=')
		return NULL;
	value = line + len + 1;
	if (*value == '"' || *value == '\'') {
		value[1 + strcspn(value + 1, "\"'")] = 0;
		return value + 1;
	}
	value[strcspn(value, " \t#")] = 0;
	return value;
}

static void suse_line(struct finding *f, char *line)
{
	const char *value = value_of(line, "KDUMP_SAVEDIR");
	char word[DUMPPATH_TARGET_BYTES];
	int len;

	if (!value)
		return;
	while ((len = parse_word(&value, word, sizeof(word)))) {
		f->target = true;
		if (len < 0)
			f->out->cut = true;
		else
			add(f, word, false);
	}
}

static void debian_line(struct finding *f, char *line)
{
	static const char *const names[] = { "NFS", "SSH", "FTP", "KDUMP_COREDIR" };
	const char *value;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		value = value_of(line, names[i]);
		if (!value || !*value)
			continue;
		f->target = true;
		/* FTP names a host alone. */
		if (strcmp(names[i], "FTP") == 0 && !strchr(value, '/')) {
			snprintf(f->path, sizeof(f->path), "ftp://%.100s/", value);
			value = f->path;
		}
		add(f, value, false);
	}
}

static void find_root(const struct fsroot *root, struct finding *f)
{
	char line[CMDLINE_BYTES], word[DUMPPATH_TARGET_BYTES];
	const char *cursor = line;
	int len;

	if (fsroot_read_text(root, line, sizeof(line), "proc/cmdline") < 0)
		return;
	f->source = "proc/cmdline";
	while ((len = parse_word(&cursor, word, sizeof(word)))) {
		if (len < 0 || strncmp(word, "root=", 5))
			continue;
		/* SUSE's "kdump" and dracut's "nfs:..." are no devices. */
		if (word[5] == '/' || strchr(word + 5, '='))
			add(f, word + 5, true);
	}
}

void dumppath_find_targets(const struct fsroot *root, struct dumppath_targets *ret)
{
	struct finding f = { .out = ret };
	bool debian;

	memset(ret, 0, sizeof(*ret));
	find_kdump_conf(root, &f);
	each_line(root, "etc/sysconfig/kdump", suse_line, &f);
	debian = each_line(root, "etc/default/kdump-tools", debian_line, &f) == 0;
	if (debian || !ret->count)
		find_root(root, &f);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * check_waits.c - which devices does the capture environment wait for? Not only for the dump's:
 * dracut waits for each disk that it was told of, and the real root that kdump-tools boots mounts
 * what is in fstab. If the daemon holds such a device, the dump starts late: only after the
 * daemon's grace time, when it gives its holds back.
 *
 * The image names such disks in its fstab, on its command lines, in the names of units that
 * systemd waits for, and in scripts of dracut's initqueue.
 */
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/check/check.h"
#include "ctl/check/resolve_run.h"
#include "lib/base/cleanup.h"

static bool ends(const char *text, const char *with)
{
	size_t len = strlen(text), n = strlen(with);

	return len >= n && strcmp(text + len - n, with) == 0;
}

static void add(struct check *check, const char *target)
{
	size_t i;

	if (!config_dump_word_ok(target))
		return;
	for (i = 0; i < check->n_waits; i++)
		if (strcmp(check->waits[i], target) == 0)
			return;
	if (check->n_waits < CHECK_WAITS_MAX)
		strcpy(check->waits[check->n_waits++], target);
}

/* ---- from the image ---- */

/* "dev-disk-by\x2duuid-1234.device": "/dev/disk/by-uuid/1234" */
static void add_unit(struct check *check, const char *unit)
{
	char path[CONFIG_DEVICE_BYTES] = "/";
	size_t len = 1;
	unsigned int byte;

	for (; *unit && strcmp(unit, ".device") && len + 2 < sizeof(path); unit++) {
		if (*unit == '-') {
			path[len++] = '/';
		} else if (sscanf(unit, "\\x%2x", &byte) == 1) {
			path[len++] = (char)byte;
			unit += 3;
		} else {
			path[len++] = *unit;
		}
	}
	path[len] = 0;
	if (strncmp(path, "/dev/", 5) == 0)
		add(check, path);
}

/* dracut's words for volumes: "vg/lv", "luks-1234" or "1234". */
static void add_volume(struct check *check, const char *word, const char *value)
{
	char target[CONFIG_DEVICE_BYTES];
	bool lvm = strcmp(word, "rd.lvm.lv") == 0;

	if (!lvm && strncmp(value, "luks-", 5) == 0)
		value += 5;
	if ((size_t)snprintf(target, sizeof(target), "%s%s", lvm ? "/dev/" : "UUID=", value) <
	    sizeof(target))
		add(check, target);
}

/* Words of a kernel's command line that name a disk. */
static void add_cmdline(struct check *check, const char *line)
{
	char word[512];

	while (check_cmdline_next(&line, word, sizeof(word))) {
		char *value = strchr(word, '=');

		if (!value)
			continue;
		*value++ = 0;
		if (strcmp(word, "rd.lvm.lv") == 0 || strcmp(word, "rd.luks.uuid") == 0)
			add_volume(check, word, value);
		if (strcmp(word, "root") && strcmp(word, "resume"))
			continue;
		if (strncmp(value, "block:", 6) == 0)
			value += 6;
		if (*value == '/' || strchr(value, '='))
			add(check, value);
	}
}

/* Add each node of /dev in double quotes, as in [ -e "/dev/disk/by-uuid/1234" ]. */
static void add_quoted(struct check *check, const char *text)
{
	char path[CONFIG_DEVICE_BYTES];
	const char *p = text;
	size_t len;

	while ((p = strstr(p, "\"/dev/"))) {
		len = strcspn(++p, "\"");
		if (len < sizeof(path)) {
			memcpy(path, p, len);
			path[len] = 0;
			add(check, path);
		}
	}
}

/*
 * Add the lines of fstab that must be mounted: not those with "nofail", "noauto" or an automount.
 */
static void add_fstab(struct check *check, const char *text)
{
	size_t len = strlen(text);
	_cleanup_fclose_ FILE *file = len ? fmemopen((void *)(uintptr_t)text, len, "r") : NULL;
	struct mntent entry;
	char line[4096];

	while (file && getmntent_r(file, &entry, line, sizeof(line)))
		if (!hasmntopt(&entry, "nofail") && !hasmntopt(&entry, "noauto") &&
		    !hasmntopt(&entry, "x-systemd.automount"))
			add(check, entry.mnt_fsname);
}

void check_take_wait(struct check *check, const char *path, const char *text)
{
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	if (ends(base, ".device") && strncmp(base, "dev-", 4) == 0 &&
	    (strstr(path, ".wants/") || strstr(path, ".requires/")))
		add_unit(check, base);
	if (!text)
		return;
	if (strstr(path, "hooks/initqueue/finished/"))
		add_quoted(check, text);
	else if (strncmp(path, "etc/cmdline.d/", 14) == 0 || strcmp(path, "etc/cmdline") == 0)
		add_cmdline(check, text);
	else if (strcmp(path, "etc/fstab") == 0)
		add_fstab(check, text);
}

/* ---- who is held ---- */

struct search {
	const struct check *check;
	const char *device;
};

static int on_smmu(void *priv, const char *smmu)
{
	const struct search *s = priv;

	return strncmp(smmu, "smmu3.", 6) == 0 &&
	       fsroot_exists(&s->check->ctl->root, "sys/class/iommu/%s/devices/%s", smmu,
			     s->device);
}

static bool is_held(const struct check *check, const char *device)
{
	const struct config_dump *dump = &check->image_config.dump;
	struct search s = { .check = check, .device = device };
	size_t i;

	for (i = 0; i < dump->count; i++)
		if (strcmp(dump->device[i].name, device) == 0)
			return false;
	return fsroot_each(&check->ctl->root, 256, on_smmu, &s, "sys/class/iommu") == 1;
}

/* Put the names of the devices below @target that the daemon will hold into @names. */
static void held_below(const struct check *check, const char *target, struct strbuf *names)
{
	_cleanup_free_ struct config *found = malloc(sizeof(*found));
	struct errbuf err;
	size_t i;

	if (!found || resolve_run(check->ctl, target, found, NULL, &err) < 0)
		return;
	for (i = 0; i < found->dump.count; i++)
		if (is_held(check, found->dump.device[i].name))
			strbuf_join(names, ", ", found->dump.device[i].name);
}

static void say_image(struct check *check)
{
	size_t i;

	for (i = 0; i < check->n_waits; i++) {
		_cleanup_strbuf_ struct strbuf names = { 0 };

		held_below(check, check->waits[i], &names);
		if (names.len)
			check_say(check, CHECK_WARN, "waits",
				  "build the image again, or name the device in /" PATH_CONF,
				  "the image waits for %s, but the daemon will hold %s",
				  check->waits[i], strbuf_text(&names));
	}
}

/* ---- the real root of kdump-tools ---- */

static bool is_waited_for(const struct mntent *entry)
{
	return strcmp(entry->mnt_dir, "/") && !hasmntopt(entry, "nofail") &&
	       !hasmntopt(entry, "noauto") && !hasmntopt(entry, "x-systemd.automount") &&
	       config_dump_word_ok(entry->mnt_fsname);
}

static void say_mount(struct check *check, const struct mntent *entry)
{
	_cleanup_strbuf_ struct strbuf names = { 0 };

	held_below(check, entry->mnt_fsname, &names);
	if (names.len)
		check_say(check, CHECK_WARN, "mounts",
			  "add nofail to the mount's options in /etc/fstab, or name the device "
			  "in /" PATH_CONF,
			  "the capture kernel waits for %s on %s, but the daemon will hold %s",
			  entry->mnt_dir, entry->mnt_fsname, strbuf_text(&names));
}

static void say_fstab(struct check *check)
{
	int fd = fsroot_openat(&check->ctl->root, O_RDONLY | O_NONBLOCK, 0, "etc/fstab");
	_cleanup_fclose_ FILE *file = fd < 0 ? NULL : fdopen(fd, "re");
	unsigned int budget = CHECK_WAITS_MAX;
	struct mntent entry;
	char line[4096];

	if (!file && fd >= 0)
		close(fd);
	while (file && budget-- && getmntent_r(file, &entry, line, sizeof(line)))
		if (is_waited_for(&entry))
			say_mount(check, &entry);
}

void check_waits(struct check *check)
{
	unsigned int before = check->counts[CHECK_WARN];

	say_image(check);
	if (check->kdump.systems & KDUMP_DEBIANS)
		say_fstab(check);
	if (check->counts[CHECK_WARN] == before)
		check_say(check, CHECK_OK, "waits", NULL,
			  "the image%s waits for no device that the daemon will hold",
			  check->kdump.systems & KDUMP_DEBIANS ? " (or /etc/fstab)" : "");
}

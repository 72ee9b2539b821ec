// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * kdump_rhel.c - read /etc/kdump.conf as kdump_get_conf_val() and parse_config() of kdump-utils
 * do: they remove blanks around key and value, end a value at any "#", remove double quotes around
 * a value, and take the last line of a key. kdump-utils refuses a file that has an unknown or
 * abolished key, or two targets. The image is then still that of an older file, so each of these
 * is a doubt.
 *
 * The key "path" is a folder on the target. Only where no line names a target, it also tells where
 * the dump goes: to the file system that the folder is on, by default /var/crash.
 *
 * The words of dracut_args are split as the shell and xargs split them. --mount and --device name
 * targets that dracut waits for.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "resolve/kdump.h"

#define LINES_MAX 1000000
#define VALUE_BYTES 1024

struct reading {
	struct kdump *k;
	char path[VALUE_BYTES];
	unsigned int targets;
	bool to_root;
};

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

/* Keys of kdump that say nothing about devices. */
static bool is_known_key(const char *key)
{
	static const char *const keys[] = {
		"sshkey",
		"kdump_post",
		"kdump_emergency",
		"extra_bins",
		"extra_modules",
		"final_action",
		"force_rebuild",
		"force_no_rebuild",
		"fence_kdump_args",
		"auto_reset_crashkernel",
		NULL,
	};

	return is_one_of(key, keys);
}

/* Take the next word of @cursor, without quotes and backslashes. Returns false at the end. */
static bool next_arg(const char **cursor, char *word, size_t cap)
{
	const char *p = *cursor + strspn(*cursor, " \t");
	size_t len = 0;
	char quote = 0;

	if (!*p)
		return false;
	for (; *p && (quote || !strchr(" \t", *p)); p++) {
		if (quote ? *p == quote : *p == '"' || *p == '\'') {
			quote = quote ? 0 : *p;
			continue;
		}
		if (*p == '\\' && !quote && p[1])
			p++;
		if (len + 1 < cap)
			word[len++] = *p;
	}
	word[len] = 0;
	*cursor = p;
	return true;
}

/* "UUID="x"": kdump takes quotes out of the middle, too. */
static void without_quotes(char *text)
{
	char *to = text;

	for (; *text; text++)
		if (*text != '"')
			*to++ = *text;
	*to = 0;
}

static void take_target(struct reading *r, const char *key, char *value)
{
	char text[VALUE_BYTES + 16];

	without_quotes(value);
	if (r->targets++)
		kdumpconf_doubt(r->k, "/" KDUMP_CONF
				      ": it names more than one dump target, which kdump refuses");
	if (strcmp(key, "virtiofs") == 0)
		snprintf(text, sizeof(text), KDUMP_VIRTIOFS "%s", value);
	else
		snprintf(text, sizeof(text), "%s", value);
	if (strcmp(key, "ssh") == 0 && !strchr(value, '@'))
		kdumpconf_doubt(r->k, "/" KDUMP_CONF ": ssh %.40s is not of the form user@host",
				value);
	kdumpconf_add(r->k, KDUMP_CONF, text);
}

/* "10.0.0.1:/share /x nfs defaults", a line of fstab. */
static void take_mount(struct reading *r, const char *value)
{
	char device[KDUMP_WORD_BYTES], type[32];
	const char *cursor = value;

	if (!kdumpconf_word(r->k, KDUMP_CONF, &cursor, device, sizeof(device)))
		return;
	if (!kdumpconf_word(r->k, KDUMP_CONF, &cursor, type, sizeof(type)) ||
	    !kdumpconf_word(r->k, KDUMP_CONF, &cursor, type, sizeof(type)))
		type[0] = 0;
	take_target(r, type, device);
	/* dracut writes the line into the image's fstab as it stands. */
	kdumpconf_by_name(r->k);
}

static void take_dracut_args(struct reading *r, const char *value)
{
	static const char *const devices[] = { "--device", "--add-device", NULL };
	char word[VALUE_BYTES], *equal;

	while (next_arg(&value, word, sizeof(word))) {
		equal = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL;
		if (equal)
			*equal++ = 0;
		if (strcmp(word, "--add-fstab") == 0)
			kdumpconf_doubt(r->k,
					"/" KDUMP_CONF ": the file of --add-fstab is not read");
		if (strcmp(word, "--mount") && !is_one_of(word, devices))
			continue;
		if (strcmp(word, "--mount") == 0) {
			if (equal || next_arg(&value, word, sizeof(word)))
				take_mount(r, equal ? equal : word);
		} else if (equal || next_arg(&value, word, sizeof(word))) {
			kdumpconf_add(r->k, KDUMP_CONF, equal ? equal : word);
		}
	}
}

static void take_nodes(struct reading *r, const char *value)
{
	char node[KDUMP_WORD_BYTES - 8], host[KDUMP_WORD_BYTES];

	/* A bare word would be taken for a device. */
	while (kdumpconf_word(r->k, KDUMP_CONF, &value, node, sizeof(node))) {
		snprintf(host, sizeof(host), "fence@%s", node);
		kdumpconf_add(r->k, KDUMP_CONF, host);
	}
}

static void take_line(struct reading *r, const char *key, char *value)
{
	static const char *const targets[] = { "ext2", "ext3", "ext4", "xfs", "btrfs",	  "minix",
					       "raw",  "nfs",  "nfs4", "ssh", "virtiofs", NULL };

	if (is_one_of(key, targets))
		take_target(r, key, value);
	else if (strcmp(key, "path") == 0)
		snprintf(r->path, sizeof(r->path), "%s", value);
	else if (strcmp(key, "failure_action") == 0 || strcmp(key, "default") == 0)
		r->to_root = strcmp(value, "dump_to_rootfs") == 0;
	else if (strcmp(key, "core_collector") == 0)
		snprintf(r->k->collector, sizeof(r->k->collector), "%s", value);
	else if (strcmp(key, "dracut_args") == 0)
		take_dracut_args(r, value);
	else if (strcmp(key, "fence_kdump_nodes") == 0)
		take_nodes(r, value);
	else if (strcmp(key, "kdump_pre") == 0)
		kdumpconf_doubt(r->k,
				"/" KDUMP_CONF
				": the devices that kdump_pre %.40s needs are not known",
				value);
	else if (!is_known_key(key))
		kdumpconf_doubt(r->k, "/" KDUMP_CONF ": key \"%.40s\" is not understood", key);
}

static int on_line(void *priv, char *line)
{
	static const char blanks[] = " \t\r";
	char *key = line + strspn(line, blanks), *value, *end;

	if (!*key || *key == '#')
		return 0;
	value = key + strcspn(key, blanks);
	if (*value)
		*value++ = 0;
	value += strspn(value, blanks);
	value[strcspn(value, "#")] = 0;
	for (end = value + strlen(value); end > value && strchr(blanks, end[-1]); end--)
		end[-1] = 0;
	if (end - value > 1 && value[0] == '"' && end[-1] == '"') {
		end[-1] = 0;
		value++;
	}
	if (*value)
		take_line(priv, key, value);
	else
		kdumpconf_doubt(((struct reading *)priv)->k,
				"/" KDUMP_CONF ": key \"%.40s\" has no value", key);
	return 0;
}

/* Pacemaker's own fence_kdump: the capture kernel sends a message to nodes that wait for it. */
static int on_cib_line(void *priv, char *line)
{
	(void)priv;
	return strstr(line, "type=\"fence_kdump\"") != NULL;
}

static void take_cluster(const struct fsroot *root, struct kdump *k)
{
	if (fsroot_exists(root, "usr/libexec/fence_kdump_send") &&
	    fsroot_each_line(root, "var/lib/pacemaker/cib/cib.xml", 1u << 20, on_cib_line, NULL) >
		    0)
		kdumpconf_doubt(
			k, "fence_kdump sends to the cluster by an unknown NIC: name the NIC, or "
			   "set fence_kdump_nodes in /" KDUMP_CONF);
}

bool kdumpconf_read_rhel(const struct fsroot *root, struct kdump *k)
{
	struct reading r = { .k = k };
	char text[4];
	int rc = fsroot_each_line(root, KDUMP_CONF, LINES_MAX, on_line, &r);

	if (rc == -ENOENT)
		return false;
	if (rc < 0)
		kdumpconf_doubt(k, "/" KDUMP_CONF ": %s", strerror(-rc));
	if (!r.targets)
		kdumpconf_add(k, KDUMP_CONF, r.path[0] == '/' ? r.path : "/var/crash");
	if (!r.targets && r.path[0] && r.path[0] != '/')
		kdumpconf_doubt(k, "/" KDUMP_CONF ": path %.40s is not an absolute path", r.path);
	if (r.to_root)
		kdumpconf_add(k, KDUMP_CONF, "/");
	/* In FIPS mode the capture kernel reads the kernel's checksum in /boot. */
	if (fsroot_read_text(root, text, sizeof(text), "proc/sys/crypto/fips_enabled") > 0 &&
	    text[0] == '1')
		kdumpconf_add(k, "proc/sys/crypto/fips_enabled", "/boot");
	take_cluster(root, k);
	return true;
}

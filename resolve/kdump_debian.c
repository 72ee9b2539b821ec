// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * kdump_debian.c - read /etc/default/kdump-tools as kdump-config does, which sources it with sh.
 * A variable that the file does not set comes from the environment of the service, where our own
 * drop-in sets the command line, else from kdump-config's defaults.
 *
 * The capture kernel boots the real root file system. So the devices of / and /usr are needed
 * wherever the dump goes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "resolve/kdump.h"
#include "resolve/shell.h"

#define SERVICE_DROPIN "etc/systemd/system/kdump-tools.service.d/50-smmu-adopt.conf"
#define KDUMP_CONFIG "usr/sbin/kdump-config"

static const char default_append[] =
	"reset_devices systemd.unit=kdump-tools-dump.service nr_cpus=1 irqpoll usbcore.nousb";

enum {
	NFS,
	SSH,
	FTP,
	COREDIR,
	LINE,
	APPEND,
	INITRD,
	VARIABLES
};

struct search {
	const char *before, *after;
	char *value;
	size_t cap;
};

/* Take the value between the two texts that begin and end the line. */
static int on_line(void *priv, char *line)
{
	struct search *s = priv;
	size_t before = strlen(s->before), after = strlen(s->after), len = strlen(line);

	if (len <= before + after || strncmp(line, s->before, before) ||
	    strcmp(line + len - after, s->after) || len - before - after >= s->cap)
		return 0;
	snprintf(s->value, s->cap, "%.*s", (int)(len - before - after), line + before);
	return 1;
}

/* Read kdump-config's own default of KDUMP_CMDLINE_APPEND; it differs between releases. */
static void read_default(const struct fsroot *root, char *buf, size_t cap)
{
	struct search s = { "KDUMP_CMDLINE_APPEND=${KDUMP_CMDLINE_APPEND:=\"", "\"}", buf, cap };

	if (fsroot_each_line(root, KDUMP_CONFIG, 100000, on_line, &s) != 1)
		snprintf(buf, cap, "%s", default_append);
}

static void take_targets(struct kdump *k, const struct shell_variable *v)
{
	char url[SHELL_VALUE_BYTES + 16];
	bool elsewhere = false;
	int i;

	for (i = NFS; i <= FTP; i++) {
		if (!v[i].value[0])
			continue;
		elsewhere = true;
		/* A server, or one with a folder. */
		if (i == FTP)
			snprintf(url, sizeof(url), "ftp://%s/", v[i].value);
		kdumpconf_add(k, KDUMP_DEBIAN, i == FTP ? url : v[i].value);
	}
	if (!elsewhere)
		kdumpconf_add(k, KDUMP_DEBIAN, k->core_dir);
	kdumpconf_add(k, "the root file system", "/");
	kdumpconf_add(k, "the root file system", "/usr");
}

static int read_file(const struct fsroot *root, struct kdump *k, struct shell_variable *v)
{
	static const char *const names[VARIABLES] = {
		"NFS",		 "SSH",		  "FTP",
		"KDUMP_COREDIR", "KDUMP_CMDLINE", "KDUMP_CMDLINE_APPEND",
		"KDUMP_INITRD",
	};
	char environment[1024] = "";
	struct search s = { "Environment=\"", "\"", environment, sizeof(environment) };
	struct errbuf err;
	int rc;
	size_t i;

	for (i = 0; i < VARIABLES; i++)
		v[i].name = names[i];
	fsroot_each_line(root, SERVICE_DROPIN, 100, on_line, &s);
	rc = shell_read(root, "sh", KDUMP_DEBIAN, environment[0] ? environment : NULL, v, VARIABLES,
			&err);
	if (rc < 0 && rc != -ENOENT)
		kdumpconf_doubt(k, "%s", err.text);
	return rc;
}

static void copy(char *to, size_t cap, const char *from, const char *otherwise)
{
	snprintf(to, cap, "%.*s", (int)cap - 1, from[0] ? from : otherwise);
}

bool kdumpconf_read_debian(const struct fsroot *root, struct kdump *k)
{
	_cleanup_free_ struct shell_variable *v = calloc(VARIABLES, sizeof(*v));
	char append[1024];
	int rc;

	if (fsroot_has(root, KDUMP_DEBIAN) == 0 && !fsroot_exists(root, KDUMP_CONFIG))
		return false;
	if (!v) {
		kdumpconf_doubt(k, "/" KDUMP_DEBIAN ": no memory");
		return true;
	}
	rc = read_file(root, k, v);
	read_default(root, append, sizeof(append));
	copy(k->core_dir, sizeof(k->core_dir), v[COREDIR].value, "/var/crash");
	take_targets(k, v);
	if (rc < 0 && rc != -ENOENT)
		return true;
	kdumpconf_root(k, KDUMP_DEBIAN, v[LINE].value);
	kdumpconf_root(k, KDUMP_DEBIAN, v[APPEND].value);
	copy(k->line, sizeof(k->line), v[LINE].value, "");
	copy(k->append, sizeof(k->append), v[APPEND].value, append);
	copy(k->initrd, sizeof(k->initrd), v[INITRD].value, "");
	k->has_append = v[APPEND].value[0];
	k->line_from = KDUMP_DEBIAN;
	return true;
}

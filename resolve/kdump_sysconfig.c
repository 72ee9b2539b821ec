// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * kdump_sysconfig.c - read /etc/sysconfig/kdump, which scripts source with bash. RHEL and SUSE
 * use the same variables for the capture kernel. Only SUSE has the dump target in this file.
 *
 * KDUMP_SAVEDIR is a folder or a URL; its default is /var/crash, and older releases take several.
 * A folder that is a link stands for the file system that the link leads to. A URL needs the
 * network, and so does ":force" in KDUMP_NETCONFIG. kdump then sets up the interface that
 * KDUMP_NETCONFIG names, or for "auto" and "default" the one of the default route, wherever the
 * host is.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "resolve/kdump.h"
#include "resolve/shell.h"

enum {
	VERSION,
	LINE,
	REMOVE,
	APPEND,
	SAVEDIR,
	NETCONFIG,
	TRANSFER,
	POSTSCRIPT,
	PRESCRIPT,
	VARIABLES
};

static int read_file(const struct fsroot *root, struct kdump *k, struct shell_variable *v)
{
	static const char *const names[VARIABLES] = {
		"KDUMP_KERNELVER",	    "KDUMP_COMMANDLINE", "KDUMP_COMMANDLINE_REMOVE",
		"KDUMP_COMMANDLINE_APPEND", "KDUMP_SAVEDIR",	 "KDUMP_NETCONFIG",
		"KDUMP_TRANSFER",	    "KDUMP_POSTSCRIPT",	 "KDUMP_PRESCRIPT",
	};
	struct errbuf err;
	size_t i;
	int rc;

	for (i = 0; i < VARIABLES; i++)
		v[i].name = names[i];
	rc = shell_read(root, "bash", KDUMP_SYSCONFIG, NULL, v, VARIABLES, &err);
	if (rc < 0)
		kdumpconf_doubt(k, "%s", err.text);
	return rc;
}

static void copy(char *to, size_t cap, const char *from)
{
	snprintf(to, cap, "%.*s", (int)cap - 1, from);
}

static void take_kernel(struct kdump *k, const struct shell_variable *v)
{
	copy(k->kernel_version, sizeof(k->kernel_version), v[VERSION].value);
	copy(k->line, sizeof(k->line), v[LINE].value);
	copy(k->remove, sizeof(k->remove), v[REMOVE].value);
	copy(k->append, sizeof(k->append), v[APPEND].value);
	k->has_append = k->append[0];
	k->line_from = KDUMP_SYSCONFIG;
}

static bool is_folder(const char *target)
{
	return target[0] == '/' || strncasecmp(target, "file://", 7) == 0;
}

static void take_network(struct kdump *k, const char *config)
{
	char word[KDUMP_WORD_BYTES];

	snprintf(word, sizeof(word), "%.*s", (int)strcspn(config, ":"), config);
	if (!word[0] || strcmp(word, "auto") == 0 || strcmp(word, "default") == 0)
		kdumpconf_add(k, KDUMP_SYSCONFIG, KDUMP_DEFAULT_ROUTE);
	else
		kdumpconf_add(k, KDUMP_SYSCONFIG, word);
}

/* "ip=..." on the command line replaces KDUMP_NETCONFIG. */
static bool has_ip(const char *line)
{
	return strncmp(line, "ip=", 3) == 0 || strstr(line, " ip=");
}

static void take_targets(struct kdump *k, const struct shell_variable *v)
{
	const char *savedir = v[SAVEDIR].value, *net = v[NETCONFIG].value;
	bool network = strlen(net) > 6 && strcmp(net + strlen(net) - 6, ":force") == 0;
	char word[KDUMP_WORD_BYTES];

	if (!savedir[strspn(savedir, " \t\n")])
		savedir = "/var/crash";
	while (kdumpconf_word(k, KDUMP_SYSCONFIG, &savedir, word, sizeof(word))) {
		kdumpconf_add(k, KDUMP_SYSCONFIG,
			      strncasecmp(word, "file://", 7) == 0 ? word + 7 : word);
		network |= !is_folder(word);
	}
	network |= strstr(v[POSTSCRIPT].value, "fence_kdump_send") != NULL;
	if (v[TRANSFER].value[0])
		kdumpconf_doubt(k, "/" KDUMP_SYSCONFIG
				   ": the devices that KDUMP_TRANSFER needs are not known");
	if (v[PRESCRIPT].value[0])
		kdumpconf_doubt(k, "/" KDUMP_SYSCONFIG
				   ": the devices that KDUMP_PRESCRIPT needs are not known");
	if (!network)
		return;
	take_network(k, net);
	if (has_ip(k->line) || has_ip(k->append))
		kdumpconf_doubt(k, "/" KDUMP_SYSCONFIG
				   ": ip= on the command line replaces KDUMP_NETCONFIG, and "
				   "is not read");
}

bool kdumpconf_read_sysconfig(const struct fsroot *root, struct kdump *k)
{
	_cleanup_free_ struct shell_variable *v = NULL;
	bool targets = !(k->systems & KDUMP_RHEL);

	if (fsroot_has(root, KDUMP_SYSCONFIG) == 0)
		return false;
	v = calloc(VARIABLES, sizeof(*v));
	if (!v)
		kdumpconf_doubt(k, "/" KDUMP_SYSCONFIG ": no memory");
	if (!v || read_file(root, k, v) < 0)
		return targets;
	take_kernel(k, v);
	targets |= v[SAVEDIR].value[0];
	if (targets)
		take_targets(k, v);
	else
		/* kdump-utils removes the running kernel's own, and keeps this one. */
		kdumpconf_root(k, KDUMP_SYSCONFIG, k->append);
	return targets;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kdump.h - what kdump's own files say, read as kdump itself reads them: where the dump goes,
 * what is on the capture kernel's command line, which kernel and image it is.
 *
 *	RHEL, Fedora	/etc/kdump.conf: a line with the target, else the file system that
 *			"path" is on; /etc/sysconfig/kdump, a shell file, has the rest
 *	SUSE		/etc/sysconfig/kdump, a shell file
 *	Debian, Ubuntu	/etc/default/kdump-tools, a shell file; the capture kernel mounts the
 *			root file system in any case
 *	otherwise	the root file system: a guess
 *
 * What is set nowhere has the default of the scripts. What is not understood is a doubt: the
 * dump may go where nobody looked.
 */
#ifndef RESOLVE_KDUMP_H
#define RESOLVE_KDUMP_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/fsroot.h"
#include "lib/machine/config_dump.h"

#define KDUMP_TARGETS_MAX 32
#define KDUMP_DOUBTS_MAX 8
#define KDUMP_WORD_BYTES CONFIG_DEVICE_BYTES

#define KDUMP_CONF "etc/kdump.conf"
#define KDUMP_SYSCONFIG "etc/sysconfig/kdump"
#define KDUMP_DEBIAN "etc/default/kdump-tools"

/* A target that is not named as config_dump_word_ok() has it. */
#define KDUMP_DEFAULT_ROUTE "the default route" /* its interface */
#define KDUMP_VIRTIOFS "virtiofs:"		/* and a tag */

struct kdump_target {
	char text[KDUMP_WORD_BYTES];
	const char *source; /* a file, or what else it comes from */
};

enum kdump_system {
	KDUMP_RHEL = 1,
	KDUMP_SUSE = 2,
	KDUMP_DEBIANS = 4
};

struct kdump {
	unsigned int systems; /* of enum kdump_system; 0: none is set up */
	struct kdump_target target[KDUMP_TARGETS_MAX];
	size_t count;
	char doubt[KDUMP_DOUBTS_MAX][CONFIG_REASON_BYTES];
	size_t n_doubts;

	/* The capture kernel, each "" when the file leaves it to the scripts. */
	char line[4096];       /* in place of the running kernel's command line */
	char remove[1024];     /* words that are taken out */
	char append[4096];     /* words at its end */
	const char *line_from; /* file, NULL none was read */
	bool has_append;       /* append is set by the file, not the default */
	char kernel_version[128], initrd[256], core_dir[256];
	char collector[256]; /* RHEL: the command that writes the dump */
};

/* Read all of them. */
void kdumpconf_read(const struct fsroot *root, struct kdump *ret);

/* ---- for the readers of one system ---- */

void kdumpconf_doubt(struct kdump *k, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Once each; what is no word for a target is a doubt. */
void kdumpconf_add(struct kdump *k, const char *source, const char *text);
/* Words separated by blanks. Returns false at the end; a word that is cut is a doubt. */
bool kdumpconf_word(struct kdump *k, const char *source, const char **cursor, char *word,
		    size_t cap);

/* Each returns true if its system, the second of these SUSE, has its target here. */
bool kdumpconf_read_rhel(const struct fsroot *root, struct kdump *k);
bool kdumpconf_read_sysconfig(const struct fsroot *root, struct kdump *k);
bool kdumpconf_read_debian(const struct fsroot *root, struct kdump *k);

#endif

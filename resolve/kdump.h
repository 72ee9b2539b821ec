/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kdump.h - read kdump's own files as kdump itself reads them: where the dump goes, the capture
 * kernel's command line, its kernel and its image.
 *
 *	RHEL, Fedora	/etc/kdump.conf: a line with the target, else the file system that
 *			"path" is on; /etc/sysconfig/kdump, a shell file, has the rest
 *	SUSE		/etc/sysconfig/kdump, a shell file
 *	Debian, Ubuntu	/etc/default/kdump-tools, a shell file; the capture kernel mounts the
 *			root file system in any case
 *	otherwise	the root file system: a guess
 *
 * A value that no file sets has the default of kdump's scripts. A line that is not understood is
 * a doubt: the dump may go to a device that was not found.
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

/* Two targets that config_dump_word_ok() would refuse. */
#define KDUMP_DEFAULT_ROUTE "the default route" /* needs its interface */
#define KDUMP_VIRTIOFS "virtiofs:"		/* a tag follows */

struct kdump_target {
	char text[KDUMP_WORD_BYTES];
	const char *source; /* the file that names it, or other words */
	bool by_name;	    /* the image looks for it by this very name */
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

	/* The capture kernel. Each is "" when the file leaves it to kdump's scripts. */
	char line[4096];       /* in place of the running kernel's command line */
	char remove[1024];     /* words that are taken out */
	char append[4096];     /* words at its end */
	const char *line_from; /* the file that was read, NULL: none */
	bool has_append;       /* the file sets append; else it is kdump's default */
	char kernel_version[128], initrd[256], core_dir[256];
	char collector[256]; /* RHEL: the command that writes the dump */
};

/* Read the files of all systems into @ret, which needs no initialisation. */
void kdumpconf_read(const struct fsroot *root, struct kdump *ret);

/* ---- for the readers of one system ---- */

void kdumpconf_doubt(struct kdump *k, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Add "root=" of a command line that the image goes by; the last one counts. */
void kdumpconf_root(struct kdump *k, const char *source, const char *line);
/* Mark the target that was added last: the image looks for it by this very name. */
void kdumpconf_by_name(struct kdump *k);
/* Add a target, once each. A word that cannot be a target becomes a doubt. */
void kdumpconf_add(struct kdump *k, const char *source, const char *text);
/*
 * Take the next word; blanks separate words. Returns false at the end. A word that does not fit
 * is cut, and becomes a doubt.
 */
bool kdumpconf_word(struct kdump *k, const char *source, const char **cursor, char *word,
		    size_t cap);

/* Each returns true if its system (the second: SUSE) is set up and has its target here. */
bool kdumpconf_read_rhel(const struct fsroot *root, struct kdump *k);
bool kdumpconf_read_sysconfig(const struct fsroot *root, struct kdump *k);
bool kdumpconf_read_debian(const struct fsroot *root, struct kdump *k);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * modload.h - looks kernel modules up by modalias and loads them; the only user of libkmod.
 *
 * Both calls read the module index and are meant for a child process: the memory goes with it, and
 * loading a module may never return.
 */
#ifndef LIB_MACHINE_MODLOAD_H
#define LIB_MACHINE_MODLOAD_H

#include <stddef.h>

enum modload_outcome {
	MODLOAD_OK = 0,
	MODLOAD_NONE = 1,	 /* nothing matches */
	MODLOAD_BLACKLISTED = 2, /* all that matches is blacklisted */
	MODLOAD_BUILTIN = 3,	 /* it is in the kernel */
};

/*
 * Name of the first driver that matches @modalias and is there. @dir is the folder of the modules,
 * NULL for the running kernel's. Returns MODLOAD_OK, MODLOAD_BUILTIN (it is in the kernel),
 * MODLOAD_NONE (only if the index is complete), or a negative errno: not known.
 */
int modload_lookup(const char *dir, const char *modalias, char *name, size_t cap);

/*
 * Load all modules that match, with what they depend on; modprobe.d blacklists are honoured. If
 * one fails, the others are still loaded; the result is an error only if none was loaded. @names
 * gets the names of the loaded modules and of the first that failed.
 */
int modload_load(const char *modalias, char *names, size_t cap);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check.h - "check" asks in the healthy system what a crash would find. Each
 * topic is answered by one of the check_*.c files with check_say(); what several
 * of them need is looked up once and kept in struct check.
 *
 * All of it is read below ctl->root. Nothing is changed.
 */
#ifndef CTL_CHECK_CHECK_H
#define CTL_CHECK_CHECK_H

#include "ctl/input/message.h"
#include "ctl/input/options.h"
#include "lib/base/jsonw.h"
#include "lib/base/strbuf.h"
#include "lib/machine/cpio.h"
#include "lib/machine/config.h"
#include "lib/machine/image_driver.h"
#include "lib/machine/sysdev.h"
#include "lib/story/names.h"
#include "resolve/kdump.h"

enum check_level {
	CHECK_OK = 0,
	CHECK_INFO,    /* worth knowing; nothing needs doing */
	CHECK_WARN,    /* the dump is not in danger, but less will be adopted or known */
	CHECK_FAIL,    /* no adoption, or no dump */
	CHECK_UNKNOWN, /* it cannot be told from here */
	CHECK_LEVELS,
};

#define CHECK_MODULES_MAX 8192u
#define CHECK_CONFS_MAX 64u
#define CHECK_WAITS_MAX 32u
#define CHECK_LOCKDOWN_BYTES 64u
#define CHECK_DRIVER_FILE "arm-smmu-v3-adopt"

/* A configuration file of the image. */
struct check_conf {
	char *path, *text;
};

struct check_answer {
	enum check_level level;
	const char *topic;  /* one word */
	const char *advice; /* what to do, NULL nothing */
	char text[512];
};

struct check {
	const struct ctl *ctl;
	unsigned int counts[CHECK_LEVELS];
	struct check_answer *answers;
	size_t n_answers;
	bool no_memory;
	struct config config;
	struct kdump kdump; /* what its own files say */

	/* The kdump image. */
	char image[512];  /* "" not found */
	bool listed;	  /* the rest is known */
	char release[64]; /* of the modules in it, "" none */
	char kernel[64];  /* release of the kernel that is loaded with it, "" not known */
	struct image_driver driver;
	u64 file_bytes; /* of the image */
	u64 bytes;	/* unpacked */
	char **modules; /* names as the kernel writes them, sorted */
	size_t n_modules;
	char *aliases; /* modules.alias of that release, NULL not read, or not readable */
	bool has_daemon, has_squash;
	bool no_confs; /* what the daemon in it will read could not be looked at */
	struct check_conf confs[CHECK_CONFS_MAX];
	size_t n_confs;
	struct config image_config;			  /* what the daemon in it will read */
	char waits[CHECK_WAITS_MAX][CONFIG_DEVICE_BYTES]; /* targets that it waits for */
	size_t n_waits;

	/* The capture kernel's command line. */
	char cmdline[4096];
	char cmdline_from[64]; /* file, "" not known */
	/* Of the command that loaded it, each "" not known. */
	char loaded_image[256], loaded_kernel[256];

	bool other_kernel; /* it is not the one that runs */

	bool coherent_known, coherent; /* all SMMUs */
	size_t n_smmus;
};

/*
 * One answer. @topic and @advice stay. @advice: what to do, NULL nothing. @format: what was found.
 */
void check_say(struct check *check, enum check_level level, const char *topic, const char *advice,
	       const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Answers that ask for something to be done. */
unsigned int check_problems(const struct check *check);
/* All answers, as text or JSON, to stdout. */
void check_tell(const struct check *check);
int check_tell_json(const struct check *check);

/*
 * List the image @path by dracut's lsinitrd, which knows more than archives; @fn gets regular
 * files, without content. 0 or a negative errno with @err.
 */
#define CHECK_LSINITRD_MS 60000u
typedef int (*check_entry_fn)(void *check, const struct cpio_entry *entry);
int check_lsinitrd(struct check *check, const char *path, check_entry_fn fn, struct errbuf *err);

/* Is @path in the image one of our configuration? */
bool check_is_conf(const char *path);
/* A file of the image, if it is one of our configuration. 0, or -E2BIG, -ENOMEM. */
int check_take_conf(struct check *check, const char *path, const char *text);
bool check_has_module(const struct check *check, const char *name);
/*
 * Has the image a driver for a device? The driver that has it now tells best: a
 * module of the image, or built in; else what its modalias names.
 */
bool check_has_driver(struct check *check, const char *bus, const char *name,
		      const struct sysdev *dev);
/* A file of the image, if it tells whom the image waits for. @text NULL: too large, or no file. */
void check_take_wait(struct check *check, const char *path, const char *text);
/*
 * The next word of a kernel's command line, in which quotes keep blanks together, without
 * them. Returns false at the end; a word that does not fit is cut.
 */
bool check_cmdline_next(const char **line, char *word, size_t cap);
/* Is @word ("a" or "a=b") on the capture kernel's command line? */
bool check_cmdline_has(const struct check *check, const char *word);
/* The last value of @name as the kernel reads a boolean; @otherwise if there is none. */
bool check_cmdline_bool(const struct check *check, const char *name, bool otherwise);
/* Ask the running kernel's symbols: 1 it adopts, 0 it does not, -1 not known. */
int check_kernel_adopts(const struct fsroot *root);
/* Does the kernel keep user space from its memory and devices? @text: the file's, then. */
bool check_locked_down(const struct fsroot *root, char text[CHECK_LOCKDOWN_BYTES]);
/* Does the command line keep @module away? @whose: what it is for. */
void check_blacklist(struct check *check, const char *module, const char *whose);

/* In this order; the later ones use what the earlier ones found. */
void check_kdump(struct check *check);	      /* capture kernel, command line, size */
void check_image(struct check *check);	      /* what is in the image */
void check_copies(struct check *check);	      /* copies of it */
void check_conf(struct check *check);	      /* what the image knows, and does not */
void check_makedumpfile(struct check *check); /* does it take this kernel */
void check_smmus(struct check *check);	      /* SMMUs, coherency, reserved regions */
void check_adopt(struct check *check);	      /* will the capture kernel adopt */
void check_masters(struct check *check);      /* devices, their drivers, then the next */
void check_dumppath(struct check *check);     /* the devices that the dump needs, then the next */
void check_waits(struct check *check);	      /* whom the capture environment waits for */
void check_signature(struct check *check);    /* does the kernel take our modules */

/* The verbs. */
enum exit_code ctl_check(const struct ctl *ctl, char **args);
enum exit_code ctl_setup(const struct ctl *ctl, char **args);
enum exit_code ctl_unsetup(const struct ctl *ctl, char **args);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check.h - "check" tells on the healthy system whether it is ready for a crash. Each check_*.c
 * file answers one topic with check_say(). Facts that several topics need are looked up once and
 * kept in struct check.
 *
 * All files are read below ctl->root. Nothing is changed.
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
	CHECK_UNKNOWN, /* the answer cannot be found out here */
	CHECK_LEVELS,
};

#define CHECK_MODULES_MAX 8192u
#define CHECK_CONFS_MAX 64u
#define CHECK_WAITS_MAX 32u
#define CHECK_LOCKDOWN_BYTES 64u
#define CHECK_ADVICE_BYTES 640u
#define CHECK_DRIVER_FILE "arm-smmu-v3-adopt"

/* A configuration file of the image. */
struct check_conf {
	char *path, *text;
};

struct check_answer {
	enum check_level level;
	const char *topic;		 /* one word */
	char advice[CHECK_ADVICE_BYTES]; /* what to do, "" nothing */
	char text[512];			 /* what was found */
};

struct check {
	const struct ctl *ctl;
	unsigned int counts[CHECK_LEVELS];
	struct check_answer *answers;
	size_t n_answers;
	bool no_memory;
	struct config config;
	struct kdump kdump; /* what kdump's own files say */

	/* The kdump image. */
	char image[512];  /* "" not found */
	bool listed;	  /* the members below are known */
	char release[64]; /* of the modules in it, "" none */
	char kernel[64];  /* release of the kernel that is loaded with it, "" not known */
	struct image_driver driver;
	u64 file_bytes; /* of the image */
	u64 bytes;	/* unpacked */
	char **modules; /* names as the kernel writes them, sorted */
	size_t n_modules;
	char *aliases; /* modules.alias of that release; NULL: not read, or not readable */
	bool has_daemon, has_squash;
	bool no_confs; /* the daemon's configuration in it could not be read */
	struct check_conf confs[CHECK_CONFS_MAX];
	size_t n_confs;
	struct config image_config;			  /* the daemon's, in the image */
	char waits[CHECK_WAITS_MAX][CONFIG_DEVICE_BYTES]; /* targets that it waits for */
	size_t n_waits;

	/* The capture kernel's command line. */
	char cmdline[4096];
	char cmdline_from[64]; /* the file that configures it, or other words; "" not known */
	size_t running_bytes;  /* the start of cmdline that was copied from /proc/cmdline */
	/* From the command that loaded the capture kernel; each "": not known. */
	char loaded_image[256], loaded_kernel[256];

	bool other_kernel; /* the image's modules are of a kernel that does not run now */

	bool coherent_known, coherent; /* all SMMUs */
	size_t n_smmus;
};

/*
 * Give one answer. @topic must be static; @advice, which is copied, tells what to do (NULL:
 * nothing); @format tells what was found.
 */
void check_say(struct check *check, enum check_level level, const char *topic, const char *advice,
	       const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Returns the number of answers that ask for work: "fail" and "warn". */
unsigned int check_problems(const struct check *check);
/* Print all answers to stdout, as text or as JSON. The latter returns 0 or a negative errno. */
void check_tell(const struct check *check);
int check_tell_json(const struct check *check);

/*
 * List the image @path by dracut's lsinitrd, which reads more than plain archives. @fn is called
 * for each regular file, without content. Returns 0 or a negative errno with @err.
 */
#define CHECK_LSINITRD_MS 60000u
typedef int (*check_entry_fn)(void *check, const struct cpio_entry *entry);
int check_lsinitrd(struct check *check, const char *path, check_entry_fn fn, struct errbuf *err);

/* Is the image's file @path one of our configuration? */
bool check_is_conf(const char *path);
/* Keep a file of the image if it is one of our configuration. Returns 0, -E2BIG or -ENOMEM. */
int check_take_conf(struct check *check, const char *path, const char *text);
bool check_has_module(const struct check *check, const char *name);
/*
 * Has the image a driver for the device? If the device has a driver now: is that driver built in,
 * or a module of the image? Else: does a module of the image match the device's modalias?
 */
bool check_has_driver(struct check *check, const char *bus, const char *name,
		      const struct sysdev *dev);
/*
 * Read a file of the image that tells which devices the image waits for. @text NULL: the file is
 * too large, or not a regular file.
 */
void check_take_wait(struct check *check, const char *path, const char *text);
/*
 * Take the next word of a kernel's command line. Quotes keep blanks in a word and are removed.
 * Returns false at the end; a word that does not fit is cut.
 */
bool check_cmdline_next(const char **line, char *word, size_t cap);
/*
 * Find @word ("a" or "a=b") on the capture kernel's command line, or the last word that begins
 * with @start. Returns the end of the word in check->cmdline, or NULL.
 */
const char *check_cmdline_find(const struct check *check, const char *word);
const char *check_cmdline_last(const struct check *check, const char *start);
/* The file from which the word that ends at @end came, or "the loaded command line". */
const char *check_cmdline_source(const struct check *check, const char *end);
/* The advice to remove the word KEY=..., which ends at @end. */
void check_cmdline_remove(const struct check *check, const char *end, const char *key, char *buf,
			  size_t cap);
/* The advice to add @word so that all other words stay. */
void check_cmdline_add(const struct check *check, const char *word, char *buf, size_t cap);
/*
 * Returns the last value of @name, read as the kernel reads a boolean; @otherwise if there is
 * none.
 */
bool check_cmdline_bool(const struct check *check, const char *name, bool otherwise);
/* Does the running kernel's own driver adopt? By its symbols: 1 yes, 0 no, -1 not known. */
int check_kernel_adopts(const struct fsroot *root);
/*
 * Is the kernel locked down, so that user space cannot reach its memory and devices? Then @text
 * gets the text of its lockdown file.
 */
bool check_locked_down(const struct fsroot *root, char text[CHECK_LOCKDOWN_BYTES]);
/* Does the command line block @module? @whose: what the module is for, in words. */
void check_blacklist(struct check *check, const char *module, const char *whose);

/* The topics, in the order in which they run: later ones use what earlier ones found. */
void check_kdump(struct check *check);	      /* capture kernel, command line, size */
void check_image(struct check *check);	      /* what is in the image */
void check_copies(struct check *check);	      /* copies of it */
void check_conf(struct check *check);	      /* configuration of image and machine */
void check_makedumpfile(struct check *check); /* can it read this kernel */
void check_smmus(struct check *check);	      /* SMMUs, coherency, reserved regions */
void check_adopt(struct check *check);	      /* will the capture kernel adopt */
void check_masters(struct check *check);      /* devices and their drivers; then check_dumppath() */
void check_dumppath(struct check *check);     /* the dump's devices; then check_waits() */
void check_waits(struct check *check);	      /* devices that the image waits for */
void check_signature(struct check *check);    /* does the kernel take our modules */

/* The verbs. */
enum exit_code ctl_check(const struct ctl *ctl, char **args);
enum exit_code ctl_setup(const struct ctl *ctl, char **args);
enum exit_code ctl_unsetup(const struct ctl *ctl, char **args);

#endif

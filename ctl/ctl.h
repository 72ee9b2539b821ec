/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ctl.h - what the parts of smmu-adoptctl share.
 *
 * stdout carries the result and nothing else, stderr the messages. A verb
 * returns an exit code of lib/story/names.h; ctl_run() adds the check that stdout
 * was written.
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <stdbool.h>

#include "lib/base/fsroot.h"
#include "lib/story/names.h"

struct ctl {
	bool json;
	bool has_root;	       /* --root was given: FILE arguments are below it */
	bool watch;	       /* --watch, of status */
	bool html;	       /* --html, of report */
	bool undo;	       /* --undo, of embed */
	const char *copy_path; /* --copy, of embed; NULL: not given */
	const char *root_path;
	const char *records; /* --records, NULL: beside the dump */
	bool journal;	     /* --journal, of collect */
	const char *host;    /* --host, of collect; NULL: not given */
	const char *image;   /* --image, of check; NULL: where distributions put it */
	struct fsroot root;  /* open while a verb runs */
};

/* The whole program; main() only calls it. */
enum exit_code ctl_run(int argc, char **argv);

/* "smmu-adoptctl: " and the message, to stderr. */
void ctl_message(const char *format, ...) __attribute__((format(printf, 1, 2)));

enum exit_code ctl_status(const struct ctl *ctl, char **args);
enum exit_code ctl_show(const struct ctl *ctl, char **args);
enum exit_code ctl_check(const struct ctl *ctl, char **args);
enum exit_code ctl_setup(const struct ctl *ctl, char **args);
enum exit_code ctl_unsetup(const struct ctl *ctl, char **args);
enum exit_code ctl_monitor(const struct ctl *ctl, char **args);
enum exit_code ctl_plan(const struct ctl *ctl, char **args);
enum exit_code ctl_log(const struct ctl *ctl, char **args);
enum exit_code ctl_embed(const struct ctl *ctl, char **args);
enum exit_code ctl_report(const struct ctl *ctl, char **args);
enum exit_code ctl_streams(const struct ctl *ctl, char **args);
enum exit_code ctl_walk(const struct ctl *ctl, char **args);
enum exit_code ctl_maps(const struct ctl *ctl, char **args);
enum exit_code ctl_who(const struct ctl *ctl, char **args);
enum exit_code ctl_reach(const struct ctl *ctl, char **args);
enum exit_code ctl_collect(const struct ctl *ctl, char **args);
enum exit_code ctl_events(const struct ctl *ctl, char **args);
enum exit_code ctl_health(const struct ctl *ctl, char **args);
enum exit_code ctl_rmr(const struct ctl *ctl, char **args);

#endif

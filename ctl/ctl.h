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

#include "ctl/input/message.h"
#include "ctl/input/options.h"
#include "lib/story/names.h"

/* The whole program; main() only calls it. */
enum exit_code ctl_run(int argc, char **argv);

/* The verbs. The headers of ctl/embed/ and ctl/check/ declare their own. */
enum exit_code ctl_status(const struct ctl *ctl, char **args);
enum exit_code ctl_show(const struct ctl *ctl, char **args);
enum exit_code ctl_monitor(const struct ctl *ctl, char **args);
enum exit_code ctl_plan(const struct ctl *ctl, char **args);
enum exit_code ctl_log(const struct ctl *ctl, char **args);
enum exit_code ctl_report(const struct ctl *ctl, char **args);
enum exit_code ctl_streams(const struct ctl *ctl, char **args);
enum exit_code ctl_walk(const struct ctl *ctl, char **args);
enum exit_code ctl_maps(const struct ctl *ctl, char **args);
enum exit_code ctl_who(const struct ctl *ctl, char **args);
enum exit_code ctl_reach(const struct ctl *ctl, char **args);
enum exit_code ctl_diff(const struct ctl *ctl, char **args);
enum exit_code ctl_collect(const struct ctl *ctl, char **args);
enum exit_code ctl_events(const struct ctl *ctl, char **args);
enum exit_code ctl_health(const struct ctl *ctl, char **args);
enum exit_code ctl_rmr(const struct ctl *ctl, char **args);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wrapped.h - the functions that random.mk has the linker wrap, as they are called (__wrap_) and as
 * they were (__real_).
 */
#ifndef TESTS_RANDOM_WRAPPED_H
#define TESTS_RANDOM_WRAPPED_H

#include <unistd.h>

#include "daemon/act/early.h"
#include "lib/base/log.h"
#include "lib/machine/helper.h"
#include "lib/machine/sysdev.h"
#include "lib/plan/drivers.h"
#include "lib/plan/plan.h"
#include "tests/random/world.h"

/* doors.c */
u64 __wrap_clock_now_ns(void);
void __wrap_log_line(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int __wrap_fsroot_openat(const struct fsroot *root, int flags, mode_t mode, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
int __wrap_fsroot_read_text(const struct fsroot *root, char *buf, size_t cap, const char *format,
			    ...) __attribute__((format(printf, 4, 5)));
bool __wrap_fsroot_exists(const struct fsroot *root, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int __wrap_fsroot_each(const struct fsroot *root, size_t max, fsroot_name_fn fn, void *priv,
		       const char *format, ...) __attribute__((format(printf, 5, 6)));
int __wrap_fsroot_mkdir(const struct fsroot *root, mode_t mode, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int __wrap_recread_fd(int fd, u64 max_bytes, recread_fn fn, void *priv, struct recread_copy *copy,
		      struct recread_info *ret);
ssize_t __wrap_write(int fd, const void *buf, size_t len);
ssize_t __real_write(int fd, const void *buf, size_t len);
off_t __wrap_lseek(int fd, off_t offset, int whence);
off_t __real_lseek(int fd, off_t offset, int whence);
int __wrap_ftruncate(int fd, off_t len);
int __real_ftruncate(int fd, off_t len);
int __wrap_close(int fd);
int __real_close(int fd);
int __wrap_helper_read_story(const struct fsroot *root, struct story *story,
			     struct recread_copy *copy, struct helper_info *ret,
			     struct errbuf *err);
int __wrap_control_version(const struct fsroot *root);
int __wrap_sysdev_read(const struct fsroot *root, const char *bus, const char *name,
		       struct sysdev *ret);
int __wrap_sysdev_find_bus(const struct fsroot *root, const char *name, char *bus, size_t cap);
void __wrap_drivers_name_modules(const struct fsroot *root, struct inventory *inv,
				 const struct config *config);
void __wrap_drivers_look_up(const struct fsroot *root, struct inventory *inv, uint32_t wait_ms);
int __wrap_early_give_back(const struct fsroot *root, const struct inventory *inv,
			   const struct resume *resume, struct hold_tally *ret, struct errbuf *err);
int __wrap_journal_write(struct journal *journal, struct rec *rec);
int __real_journal_write(struct journal *journal, struct rec *rec);

/* mutants.c */
int __wrap_plan_handover(struct plan *plan, const struct inventory *inv,
			 const struct config *config);
int __real_plan_handover(struct plan *plan, const struct inventory *inv,
			 const struct config *config);
void __wrap_journal_finding(struct journal *journal, const struct journal_about *about,
			    const char *format, ...) __attribute__((format(printf, 3, 4)));
void __real_journal_finding(struct journal *journal, const struct journal_about *about,
			    const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif

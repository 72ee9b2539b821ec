/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support_open.h - openat2() of every test program: it may be told that something was
 * renamed meanwhile, and who opens a file to write waits for machine_lock().
 */
#ifndef TESTS_SUPPORT_OPEN_H
#define TESTS_SUPPORT_OPEN_H

#define OPEN_LOCKED S_ISVTX /* in the mode of a file that machine_lock() had */

extern int open_renames;       /* so often from now on it fails with EAGAIN */
extern int open_locks_readers; /* who opens a file to read waits, too, as on some kernels */
extern int open_calls;	       /* how often it was called */

#endif

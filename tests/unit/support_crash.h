/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support_crash.h - one small crash for the verbs on dumps: an ELF dump with its tables and the
 * records beside it, in a folder of its own, and questions about them.
 */
#ifndef TESTS_SUPPORT_CRASH_H
#define TESTS_SUPPORT_CRASH_H

#include "core/port.h"
#include "tests/unit/support_run.h"

#define RAM 0x40000000ull
#define RAM_BYTES 0x40000u
#define DATA 0x1000u /* file offset of the memory */
#define NOTE 0x400u
#define TABLES 0x10000u

extern u8 image[DATA + RAM_BYTES]; /* the dump */
extern char dump[256], records[256];
extern struct run run;
extern const char *const story; /* the records as text */

/* Around each test: everything as it was. */
int crash_setup(void **state);
int crash_teardown(void **state);

void put64(u64 addr, u64 value);
void make_tables(void);
/* The kernel's image at @text, its page tables (an empty root) at @tables. */
void put_vmcoreinfo(u64 text, u64 tables);
void write_dump(size_t len);
/* The records with the lines @more behind; context descriptors into the dump. */
void write_records(const char *more);

/* Run smmu-adoptctl: into run, and with this exit code. */
void ask(const char *const *args, int code);
void says(const char *words); /* on stdout */
void says_not(const char *words);
void warns(const char *words); /* on stderr */

#endif

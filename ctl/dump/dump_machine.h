/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dump_machine.h - recognises files that look like a dump and are none of ours: the dump of
 * another machine, the core of a process, a program.
 *
 * Each function returns 0, or -ENOEXEC with @err saying what the file is. A file that does not
 * tell what it is, is not refused.
 */
#ifndef CTL_DUMP_DUMP_MACHINE_H
#define CTL_DUMP_DUMP_MACHINE_H

#include "ctl/dump/dump.h"

/* @ehdr: at least 20 bytes, of 32 or 64 bit. */
int dump_check_elf(const u8 *ehdr, struct errbuf *err);
/* Has the ELF dump @info notes of a process? */
int dump_check_process(struct dump_src *src, const struct dump_info *info, struct errbuf *err);
/* @machine: what uname -m said on the machine of a kdump-compressed dump; may be empty. */
int dump_check_utsname(const u8 *machine, size_t len, struct errbuf *err);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support_mkrec.h - record streams from readable text, for tests and goldens.
 *
 * One line is one record: its type, then key=value words; a value with blanks
 * stands in double quotes; # starts a comment. Enumerated values are written
 * with the names of core/names.c.
 *
 *	at 8.5				time of what follows, seconds on the kernel's clock
 *	file producer=smmu_adopt capture=1 wall=... kernel=... program=... boot=1
 *	range kind=1 start=... bytes=...
 *	smmu smmu=0 phase=crash state=adopted reason=1 evidence=a,b base=... name=...
 *	     stes=... lost=... score=... checked=... errors=... warnings=... worst=... cr0=...
 *strtab_base=... (registers by name) l1   index=... addr=... raw=... ste  phase=crash sid=...
 *addr=... q0=... q1=... to q7=..., entry=read or s1=CDPTR, abort=1, bypass=1 instead of words cd
 *phase=... sid=... ssid=... addr=... q0=..., or asid=... ttb0=... t0sz=... tg0=... rmr  sid=...
 *count=... base=... bytes=... flags=... device phase=now name=... bus=... driver=... class=...
 *vendor=... device=... group=... flags=deferred,group,... sids=0x8,0x10 attach=8.75 finding
 *severity=... code=... sid=... addr=... text=... plan step=... action=... device=... dump=1
 *deadline=... reason=... step step=... action=... device=... attempt=... deadline=... result
 *step=... action=... device=... outcome=... error=... ms=... detail=... stage stage=... error=...
 *text=... usage rss=... stage_ms=... contained_ms=... dump_path_ms=... lost=... queue smmu=0
 *queue=evtq place=... base=... entries=... prod=... cons=... lost=... for the queue; for a piece of
 *it also first=... e=Q0,Q1,... (words of its entries) rmr-stream sid=... base=... verdict=...
 *direct=... other type=77 bytes=16		a record of a type nobody knows hex 00ff...
 *bytes that are no record cut 13				take back the last 13 bytes
 */
#ifndef TESTS_SUPPORT_MKREC_H
#define TESTS_SUPPORT_MKREC_H

#include <stddef.h>

#include "core/port.h"

/*
 * Translate @text. Returns 0 and the stream, which the caller frees; -EINVAL with
 * @err naming the line; -ENOMEM.
 */
int mkrec(const char *text, u8 **ret, size_t *ret_len, char *err, size_t err_len);

#endif

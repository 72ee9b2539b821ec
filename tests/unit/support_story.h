/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* support_story.h - a story from readable text, and the lines that many of them have. */
#ifndef TESTS_SUPPORT_STORY_H
#define TESTS_SUPPORT_STORY_H

#include "lib/story/story.h"

/* Add the records of @text, as mkrec() reads it, and finish. */
void story_of(const char *text, struct story *ret);

#define ADOPTED "smmu phase=crash state=adopted reason=1 evidence=kdump-kernel,strtab-in-old-ram\n"
#define RESET "smmu phase=crash state=reset reason=2 evidence=kdump-kernel,strtab-in-capture-ram\n"
#define UNPROBED "smmu phase=crash state=unprobed evidence=kdump-kernel,strtab-in-old-ram\n"
#define OFF(more) "at 1\nsmmu phase=now state=disabled evidence=kdump-kernel" more "\n"
#define RAM "range kind=2 start=0x1000 bytes=0x1000\n" /* of the capture kernel */
#define DEFERRED "device phase=now name=d flags=deferred sids=8\n"
#define DEV "device phase=now name=d sids=8\n"
#define BOUND "device phase=now name=d driver=x sids=8\n"
#define BOUND_OFF "device phase=now name=d driver=x flags=config-read sids=8\n"
#define BOUND_ON "device phase=now name=d driver=x flags=config-read,bus-master sids=8\n"
#define LIVE "ste phase=crash sid=8 s1=0x1000\n"
#define SAME LIVE "ste phase=now sid=8 s1=0x1000\n"
#define OTHER LIVE "ste phase=now sid=8 s1=0x2000\n"
#define CONTAINED                                     \
	"at 1\nstep step=1 action=quiesce device=d\n" \
	"result step=1 action=quiesce device=d outcome=done ms=1\n"

#define KEPT "at 2\nresult step=9 action=keep device=d outcome=done\n"
#define RELEASED(how) "at 3\nresult step=10 action=release device=d outcome=" how "\n"

#define HELPER "file producer=smmu_adopt capture=1\n"
#define DAEMON "file producer=smmu-adoptd capture=1\n"
#define RESULT(how) "at 1\nresult step=1 action=quiesce device=d outcome=" how "\n"

#endif

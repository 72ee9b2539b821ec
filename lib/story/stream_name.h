/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stream_name.h - finds a stream or a device by the name that people use: "0x8", "1:0x8" (SMMU 1),
 * "0000:00:01.0", "00:01.0". An ambiguous name is refused with a list of all matches.
 */
#ifndef LIB_STORY_STREAM_NAME_H
#define LIB_STORY_STREAM_NAME_H

#include "lib/base/errbuf.h"
#include "lib/base/strbuf.h"
#include "lib/story/story.h"

#define STREAM_ANY_SMMU 0xffffffffu

struct stream_name {
	const struct story_device *device; /* NULL: a StreamID was named */
	u32 smmu, sid; /* smmu may be STREAM_ANY_SMMU: no SMMU is known to have this StreamID */
};

/*
 * What @text names among what the finished @story knows. Returns 0; -EINVAL: no name at all;
 * -ENOENT: no such device or SMMU; -ENOTUNIQ: ambiguous. Each with @err.
 */
int stream_name_find(const struct story *story, const char *text, struct stream_name *ret,
		     struct errbuf *err);

/* The one StreamID of what @name names. 0, or -ENOTUNIQ or -ENOENT with @err. */
int stream_name_sid(const struct story *story, struct stream_name *name, struct errbuf *err);

/*
 * A StreamID without 0x is decimal. If a device has the StreamID 0x@text, the user may have meant
 * that one: appends "; 10 is read as decimal, and 0x10 is 0000:00:02.0".
 */
void stream_name_hint(const struct story *story, const char *text, struct strbuf *ret);

/* "0x8"; "1:0x8" where there are several SMMUs. */
const char *stream_name_text(char buf[24], const struct story *story, u32 smmu, u32 sid);
#define STREAM_NAME(story, smmu, sid) stream_name_text((char[24]){ 0 }, story, smmu, sid)

#endif

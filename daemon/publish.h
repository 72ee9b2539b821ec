/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * publish.h - writes all records, and the readable report made from them, beside the dump.
 */
#ifndef DAEMON_PUBLISH_H
#define DAEMON_PUBLISH_H

#include "lib/base/errbuf.h"
#include "lib/base/fsroot.h"
#include "lib/story/story.h"

/*
 * Write SIDECAR_RECORDS and SIDECAR_TEXT into the folder @dir_fd, each whole or not at all. Also
 * works without helper or journal. Returns 0, or a negative errno with @err for the first that
 * failed; the other one is written all the same. Takes PUBLISH_FILES_MS at most, and twice that
 * when the helper's files hang and the second try goes without them.
 */
#define PUBLISH_FILES_MS 10000u
int publish(const struct fsroot *root, int dir_fd, struct errbuf *err);

/*
 * As publish(); then smmu-adoptctl embeds the records into the dump in the folder. It is killed
 * after PUBLISH_EMBED_MS; a dump that it was writing then can still be opened, and `embed --undo`
 * restores it.
 */
#define PUBLISH_EMBED_MS 120000u
int publish_embed(const struct fsroot *root, int dir_fd, struct errbuf *err);

/* Read the files in /run into @story, without story_finish(). Missing files are no error. */
int publish_read_story(const struct fsroot *root, struct story *story);

#endif

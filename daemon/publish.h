/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * publish.h - put what is known beside the dump: all records, and the readable
 * report made from them.
 */
#ifndef DAEMON_PUBLISH_H
#define DAEMON_PUBLISH_H

#include "lib/base/errbuf.h"
#include "lib/base/fsroot.h"
#include "lib/story/story.h"

/*
 * Write SIDECAR_RECORDS and SIDECAR_TEXT into the folder @dir_fd, each whole or
 * not at all. Works on whatever is there: no helper, no journal. Returns 0, or a
 * negative errno with @err for the first that failed; the other one is written
 * all the same. Takes PUBLISH_FILES_MS at most, and when the helper's files hang so long,
 * once more so much without them.
 */
#define PUBLISH_FILES_MS 10000u
int publish(const struct fsroot *root, int dir_fd, struct errbuf *err);

/*
 * The same, and then the records go into the dump in the folder by smmu-adoptctl,
 * which ends by itself or is killed within PUBLISH_EMBED_MS; a dump that it is killed
 * over can be opened, and `embed --undo` restores it.
 */
#define PUBLISH_EMBED_MS 120000u
int publish_embed(const struct fsroot *root, int dir_fd, struct errbuf *err);

/* What the files in /run tell, unfinished. Missing files are no error. */
int publish_read_story(const struct fsroot *root, struct story *story);

#endif

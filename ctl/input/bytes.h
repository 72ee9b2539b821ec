/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bytes.h - read record files from anywhere into memory. Their content is not trusted.
 */
#ifndef CTL_INPUT_BYTES_H
#define CTL_INPUT_BYTES_H

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/dump/dump_file.h"
#include "ctl/input/options.h"
#include "lib/base/errbuf.h"

#define INPUT_BYTES_MAX (64u << 20)

/* Zero-initialise with = { 0 }. Ends with input_free(). */
struct input {
	uint8_t *data;
	size_t len;
	bool broken;	/* the dump has good notes and a broken one; @err tells which */
	bool dump;	/* the records were in a dump */
	char name[512]; /* the file that was read, for messages */
};

/* O_NONBLOCK: opening a FIFO must not wait for its writer. */
#define INPUT_OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

/*
 * Read @name: a record file; a dump, of which the records in its notes are taken;
 * or a folder that holds one of these, SIDECAR_RECORDS preferred. Below ctl->root
 * when --root was given. Returns 0, or a negative errno with @err saying which
 * file and why. An empty file is an error.
 */
int input_read(const struct ctl *ctl, const char *name, struct input *ret, struct errbuf *err);

/* As input_read(), but @path is always below ctl->root. -ENOENT when it does not exist. */
int input_read_below(const struct ctl *ctl, const char *path, struct input *ret,
		     struct errbuf *err);

/* Open @name, below ctl->root when --root was given. Returns a descriptor or a negative errno. */
int input_open(const struct ctl *ctl, const char *name, int flags);

/* Can it be opened? */
bool input_is_there(const struct ctl *ctl, const char *name);

/* As input_read(), for an open file whose name is already in @ret. */
int input_read_fd(int fd, struct input *ret, struct errbuf *err);
int input_read_dump(struct dump_file *file, struct input *ret, struct errbuf *err);

void input_free(struct input *input);
#define _cleanup_input_ _cleanup_(input_free)

#endif

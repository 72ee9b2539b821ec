/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * input.h - record files from anywhere, taken whole and with suspicion.
 */
#ifndef CTL_INPUT_H
#define CTL_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "ctl/ctl.h"
#include "daemon/base/errbuf.h"

#define INPUT_BYTES_MAX (64u << 20)

/* Zero-initialise with = { 0 }. Ends with input_free(). */
struct input {
	uint8_t *data;
	size_t len;
	char name[512]; /* of the file that was read, for messages */
};

/*
 * Read @name: a regular file, or a folder that holds SIDECAR_RECORDS. Below
 * ctl->root when --root was given. Returns 0, or a negative errno with @err saying
 * which file and why. An empty file is an error.
 */
int input_read(const struct ctl *ctl, const char *name, struct input *ret, struct errbuf *err);

/* Read @path below the root, always. As above; -ENOENT when it does not exist. */
int input_read_below(const struct ctl *ctl, const char *path, struct input *ret,
		     struct errbuf *err);

void input_free(struct input *input);
#define _cleanup_input_ _cleanup_(input_free)

#endif

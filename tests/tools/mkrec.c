// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * mkrec.c - record streams from readable text: mkrec <TEXT >STREAM. The language
 * is described in tests/unit/support_mkrec.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support_mkrec.h"

#define TEXT_MAX (4u << 20)

int main(void)
{
	char *text = calloc(1, TEXT_MAX + 1), err[160] = "";
	u8 *stream = NULL;
	size_t len = 0;
	int r;

	if (!text)
		return 1;
	if (fread(text, 1, TEXT_MAX, stdin) == TEXT_MAX || ferror(stdin)) {
		fprintf(stderr, "mkrec: the text cannot be read, or is too long\n");
		return 1;
	}
	r = mkrec(text, &stream, &len, err, sizeof(err));
	if (r < 0)
		fprintf(stderr, "mkrec: %s\n", err[0] ? err : strerror(-r));
	else if (fwrite(stream, 1, len, stdout) != len || fflush(stdout) == EOF)
		r = -EIO;
	free(stream);
	free(text);
	return r < 0;
}

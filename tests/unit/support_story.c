// SPDX-License-Identifier: LGPL-2.1-or-later
/* support_story.c - by way of a stream. */
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>

#include "tests/unit/support_mkrec.h"
#include "tests/unit/support_story.h"

void story_of(const char *text, struct story *ret)
{
	char err[160] = "";
	u8 *stream = NULL;
	size_t len = 0;

	if (mkrec(text, &stream, &len, err, sizeof(err)) < 0)
		fail_msg("%s", err);
	assert_int_equal(story_add_stream(ret, stream, len), 0);
	assert_int_equal(story_finish(ret), 0);
	free(stream);
}

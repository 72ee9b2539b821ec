// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * channels.c - by which ways the records leave the machine, as far as the
 * daemon knew when it wrote the last of them. A channel nobody spoke of is not shown.
 */
#include "lib/report/json.h"
#include "lib/report/text.h"

void report_channels_text(FILE *out, const struct story *story)
{
	bool title = false;
	u32 i;

	for (i = 1; i <= REC_CHANNEL_MAX; i++) {
		const struct rec_channel *c = &story->channels[i];

		if (!c->state)
			continue;
		if (!title)
			fputs("\nWhere these records are\n", out);
		title = true;
		report_field(out, 2, rec_channel_name(i), "  %s%s%s",
			     rec_channel_state_name(c->state), c->text[0] ? ": " : "",
			     CLEAN(c->text));
	}
}

void report_json_channels(struct jsonw *w, const struct story *story)
{
	bool begun = false;
	u32 i;

	for (i = 1; i <= REC_CHANNEL_MAX; i++) {
		const struct rec_channel *c = &story->channels[i];

		if (!c->state)
			continue;
		if (!begun)
			jsonw_array_begin(w, "channels");
		begun = true;
		jsonw_object_begin(w, NULL);
		jsonw_string(w, "channel", rec_channel_name(i));
		jsonw_string(w, "state", rec_channel_state_name(c->state));
		if (c->error)
			jsonw_s64(w, "error", c->error);
		if (c->text[0])
			jsonw_string(w, "text", c->text);
		jsonw_object_end(w);
	}
	if (begun)
		jsonw_array_end(w);
}

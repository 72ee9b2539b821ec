// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * driverless.c - a sentence for each live device that no driver of the image will reset.
 */
#include "daemon/act/driverless.h"

#include <stdio.h>

#define TOLD_MAX 32

/* What became of a device that no driver will ever reset. */
static const char *fate_text(const struct inv_device *dev, const struct act_device *state)
{
	if (state->quiesced)
		return "; its DMA is stopped and stays stopped";
	if (!dev->pci)
		return "; only a driver could stop its DMA";
	if (dev->rule == CONFIG_ACT_LEAVE)
		return "; its DMA was not stopped: a rule leaves the device alone";
	return state->quiesce_failed ? "; its DMA could not be stopped"
				     : "; its DMA was not stopped";
}

void driverless_tell(const struct act *act, driverless_fn fn, void *priv)
{
	static const enum rec_severity order[] = { REC_SEV_WARNING, REC_SEV_INFO };
	u32 d, told = 0, more = 0, loose = 0;
	char text[160];
	size_t k;

	for (k = 0; k < 2; k++) {
		for (d = 0; d < act->inv->count; d++) {
			const struct inv_device *dev = &act->inv->devices[d];
			const struct act_device *state = &act->devices[d];

			if (!inv_driverless(dev) || state->quiesced != (order[k] == REC_SEV_INFO))
				continue;
			if (told == TOLD_MAX) {
				more++;
				loose += !state->quiesced;
				continue;
			}
			told++;
			snprintf(text, sizeof(text), "%s has no driver in this image%s", dev->name,
				 fate_text(dev, state));
			fn(priv, order[k], dev, text);
		}
	}
	if (!more)
		return;
	snprintf(text, sizeof(text),
		 "%u more live devices have no driver in this image; %u of them "
		 "were not stopped",
		 more, loose);
	fn(priv, loose ? REC_SEV_WARNING : REC_SEV_INFO, NULL, text);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit.h - one SMMU as records.
 */
#ifndef SA_EMIT_H
#define SA_EMIT_H

#include <linux/types.h>

struct sa_devices;
struct sa_smmu;

struct sa_buf {
	u8 *data; /* kvfree() it */
	size_t len, cap;
	u64 seq, mono_ns;
	int error;
};

/* One section, as the "records" file shows it. Returns 0 or a negative errno. */
int sa_records(struct sa_smmu *smmu, struct sa_buf *ret);

/*
 * What was saved at load, ordered for a place with little room: what matters most
 * comes first. Either the queues or the rest. The caller frees @ret's data always.
 */
int sa_records_saved(struct sa_smmu *smmu, bool rings, struct sa_buf *ret);
int sa_records_head(struct sa_buf *ret); /* that a section of ours begins */
/*
 * For the same place: @devs, which are behind @smmu. Those whose entry at load lets DMA through
 * come first.
 */
int sa_records_devices(const struct sa_smmu *smmu, const struct sa_devices *devs,
		       struct sa_buf *ret);
/* That some of them are left out there. */
int sa_records_left_out(const struct sa_smmu *smmu, struct sa_buf *ret);
void sa_buf_raw(struct sa_buf *b, const u8 *frames, size_t len);

#endif

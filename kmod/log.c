// SPDX-License-Identifier: GPL-2.0-only
/*
 * log.c - records that user space appended through /dev/smmu_adopt. They are
 * shown behind the records of the first SMMU, and go into the vmcore note.
 *
 * The room is bounded and allocated once: an append can then fail only because
 * the log is full.
 */
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "core/rec.h"
#include "emit.h"
#include "log.h"
#include "note.h"

static DEFINE_MUTEX(lock);
static u8 *data;
static size_t len, room;

void sa_log_init(size_t bytes)
{
	data = bytes ? kvmalloc(bytes, GFP_KERNEL) : NULL;
	if (data)
		room = bytes;
	else if (bytes)
		pr_warn("no memory for a log of %zu bytes\n", bytes);
}

void sa_log_exit(void)
{
	kvfree(data);
}

/* Nothing but whole records, from the first byte to the last. */
static bool is_stream(const u8 *p, size_t bytes)
{
	struct rec_iter it = { .data = p, .len = bytes };
	struct rec *rec = kmalloc(sizeof(*rec), GFP_KERNEL);
	enum rec_outcome r = REC_TORN;

	if (rec) {
		do
			r = rec_next(&it, rec);
		while (r == REC_OK);
		kfree(rec);
	}
	/* Padding is a clean end for a reader, but no record. */
	return r == REC_END && it.offset == bytes;
}

int sa_log_append(const u8 *p, size_t bytes)
{
	int r = 0;

	if (!bytes || !is_stream(p, bytes))
		return -EINVAL;
	mutex_lock(&lock);
	if (bytes > room - len) {
		r = -ENOSPC;
	} else {
		memcpy(data + len, p, bytes);
		len += bytes;
		sa_note_append(p, bytes);
	}
	mutex_unlock(&lock);
	return r;
}

void sa_log_usage(u64 *ret_bytes, u64 *ret_room)
{
	mutex_lock(&lock);
	*ret_bytes = len;
	*ret_room = room - len;
	mutex_unlock(&lock);
}

void sa_log_emit(struct sa_buf *b)
{
	mutex_lock(&lock);
	sa_buf_raw(b, data, len);
	mutex_unlock(&lock);
}

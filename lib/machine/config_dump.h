/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * config_dump.h - the [Dump] section: what the dump needs, and how far that is known.
 *
 *	device = 0000:02:00.0 class=0x010802 id=144d:a808 9000000.dma
 *	uncertain = /etc/kdump.conf: "path": not understood
 *
 * A name may carry the class and the vendor:device that the function had on the
 * healthy machine: addresses are given out anew at each boot. An attribute belongs
 * to the name before it. What is not understood must not pass for a short list, for
 * what is not listed stays held: it is a reason for "not known for certain".
 */
#ifndef LIB_MACHINE_CONFIG_DUMP_H
#define LIB_MACHINE_CONFIG_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_DEVICE_BYTES 128
#define CONFIG_DEVICES_MAX 32
#define CONFIG_REASON_BYTES 160
#define CONFIG_REASONS_MAX 8

struct config_device {
	char name[CONFIG_DEVICE_BYTES];
	uint32_t class_code; /* six digits, as in sysfs */
	uint16_t vendor, product;
	bool has_class, has_id;
};

struct config_dump {
	struct config_device device[CONFIG_DEVICES_MAX];
	size_t count;
	/* Why the list may be wrong or incomplete, a sentence each; none: it is certain. */
	char reason[CONFIG_REASONS_MAX][CONFIG_REASON_BYTES];
	size_t n_reasons;
	size_t n_lost_reasons; /* did not fit */
};

/* May @word stand for a device or a dump target? Says nothing about its existence. */
bool config_dump_word_ok(const char *word);

/* Is @name that of a device on a bus, which is there or is not, and nothing else? */
bool config_dump_is_bus_name(const char *name);

/* Empty list, and no reason to doubt it. */
void config_dump_clear(struct config_dump *dump);
void config_dump_doubt(struct config_dump *dump, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Add @name without attributes. Returns 0, -EINVAL (no name) or -E2BIG (one too many). */
int config_dump_add(struct config_dump *dump, const char *name);

/* One value of "device": = { .rest = value } before the first word. */
struct config_dump_words {
	const char *rest;
	struct config_device *last; /* whom an attribute belongs to */
	char word[CONFIG_DEVICE_BYTES];
};

/*
 * Take the next word, which is in @words->word then. Returns 1, 0 at the end; or what is
 * wrong with it: -EINVAL (neither name nor attribute), -E2BIG (one name too many). After these the
 * next word can be taken.
 */
int config_dump_take(struct config_dump *dump, struct config_dump_words *words);

#endif

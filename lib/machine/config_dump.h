/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * config_dump.h - the [Dump] section: which devices the dump needs, and whether that list is
 * certain.
 *
 * 	device = 0000:02:00.0 class=0x010802 id=144d:a808 9000000.dma
 * 	uncertain = /etc/kdump.conf: "path": not understood
 *
 * A name may carry the class and the vendor:device that the function had on the healthy machine:
 * addresses are given out anew at each boot. An attribute belongs to the name before it. A device
 * that is not listed stays held, so text that is not understood must not be dropped silently: it
 * makes the list uncertain.
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
	/*
	 * The capture environment uses names that the kernel counts out in the order of the probes:
	 * no device may come before the others.
	 */
	bool in_order;
};

/* Can @word name a device or a dump target? Does not check that it exists. */
bool config_dump_word_ok(const char *word);

/* Has @name the form of a device's name on a bus, which needs no further look-up? */
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
	struct config_device *last; /* the device that an attribute belongs to */
	char word[CONFIG_DEVICE_BYTES];
};

/*
 * Take the next word and copy it to @words->word. Returns 1; 0 at the end; or -EINVAL (neither
 * name nor attribute), -E2BIG (one name too many), after which the next word can be taken.
 */
int config_dump_take(struct config_dump *dump, struct config_dump_words *words);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support_check.h - a machine that is ready for a crash, for "check": Debian-like, with an
 * NVMe disk, 0000:00:02.0, that has its driver and a NIC, 0000:00:01.0, that has none.
 */
#ifndef TESTS_SUPPORT_CHECK_H
#define TESTS_SUPPORT_CHECK_H

#include "lib/story/names.h"
#include "tests/unit/support_resolve.h"

#define IMAGE "var/lib/kdump/initrd.img-6.12.0"
#define MODULES "usr/lib/modules/6.12.0/"
#define UNIT "systemd.unit=kdump-tools-dump.service"
#define KEEP_AWAY "initcall_blacklist=arm_smmu_driver_init"
#define CHECK_SMMU "sys/class/iommu/smmu3.0x0000000009050000"

/* cmocka's setup; machine_tear_down() ends it. */
int check_set_up(void **state);
void check_add_device(struct machine *m, const char *name, const char *driver);

/* Files of the image that is ready, NULL after the last. */
extern const char *const check_ready[];
/* Text of the configuration in images that are made from now on. */
extern const char *check_conf_text;

void check_make_image(struct machine *m, const char *path, const char *const *names);
/* @text is the configuration, on the machine and in its image. */
void check_set_conf(struct machine *m, const char *text);

struct file {
	const char *name, *text;
};

struct blob {
	const char *name, *data;
	size_t len; /* 0: data is a string */
};

/* An image of these files, up to one without a name. */
void check_make_archive(struct machine *m, const char *path, const struct blob *files);

/* The image that is ready, with the drop-in @dropin and @more files, up to one without a name. */
void check_image_with(struct machine *m, const char *dropin, const struct file *more);

/* Run, expect exit code @code, and a line of @level and @topic that has @text, in itself or its
 * advice; @level "-": no line of @topic. */
void check_expect(struct machine *m, int code, const char *level, const char *topic,
		  const char *text);

/*
 * The lines of mkmachine(), and between them
 *
 *	done|findings|partial LEVEL TOPIC TEXT	check_expect()
 *	image PATH NAME...			check_make_image(); "ready": check_ready
 *	append WORDS				kdump-tools' file, with KDUMP_CMDLINE_APPEND
 */
void check_text(struct machine *m, const char *text);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * image_driver.h - has a capture image the adopting driver of the kernel that it is loaded with?
 * The words that keep the built-in driver away belong on the command line then, and only then.
 *
 * A module is of the kernel whose folder it lies in and, where it is not compressed, of the one
 * that it says it was built for.
 */
#ifndef LIB_MACHINE_IMAGE_DRIVER_H
#define LIB_MACHINE_IMAGE_DRIVER_H

#include "lib/base/errbuf.h"
#include "lib/machine/cpio.h"

/* Zero-initialise with = { 0 }. */
struct image_driver {
	char folder[64];   /* release of the kernel in whose folder it lies, "" it is not there */
	char vermagic[64]; /* the one it was built for, "" not known */
};

/* For cpio_list(): the module is wanted whole. */
bool image_driver_whole(const char *name);
/* Look at an entry of an image: @wanted, the kernel's release, before any other that is there. */
void image_driver_look(struct image_driver *driver, const struct cpio_entry *entry,
		       const char *wanted);
/* After the last one: is it for kernel @release? If not, @why says what there is. */
bool image_driver_fits(const struct image_driver *driver, const char *release, struct errbuf *why);

/* The whole of it: 1 the image @fd has it, 0 it has not, negative errno: not known; with @why. */
int image_driver_ask(int fd, const char *release, struct errbuf *why);

#endif

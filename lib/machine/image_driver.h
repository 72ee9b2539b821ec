/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * image_driver.h - does a capture image have the adopting driver for the kernel that is loaded
 * with it? Only then may the command line keep the built-in driver away.
 *
 * A module belongs to the kernel whose folder it is in; if it is not compressed, its vermagic must
 * name the same kernel.
 */
#ifndef LIB_MACHINE_IMAGE_DRIVER_H
#define LIB_MACHINE_IMAGE_DRIVER_H

#include "lib/base/errbuf.h"
#include "lib/machine/cpio.h"

/* Zero-initialise with = { 0 }. */
struct image_driver {
	char folder[64];   /* release of the kernel whose folder has the module, "": no module */
	char vermagic[64]; /* release that the module was built for, "": not known */
};

/* For cpio_list(): the module is wanted whole. */
bool image_driver_whole(const char *name);
/*
 * Look at an entry of an image. A module for @wanted, the kernel's release, is preferred to
 * others.
 */
void image_driver_look(struct image_driver *driver, const struct cpio_entry *entry,
		       const char *wanted);
/* After the last entry: is the module for kernel @release? If not, @why tells what was found. */
bool image_driver_fits(const struct image_driver *driver, const char *release, struct errbuf *why);

/*
 * All steps in one: 1 the image @fd has the driver; 0 it has not, with @why; negative errno: not
 * known, with @why.
 */
int image_driver_ask(int fd, const char *release, struct errbuf *why);

#endif

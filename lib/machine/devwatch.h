/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * devwatch.h - waits for the kernel's "bind" event of a device.
 *
 * Listens to the kernel itself, so no udevd is needed. The driver link in sysfs appears before the
 * driver's probe has run; the event comes after it.
 */
#ifndef LIB_MACHINE_DEVWATCH_H
#define LIB_MACHINE_DEVWATCH_H

#include <stdbool.h>
#include <stddef.h>

struct devwatch;

/* Start listening; NULL when that is not possible. */
struct devwatch *devwatch_new(void);
void devwatch_free(struct devwatch *watch);

/* Readable when events are waiting. */
int devwatch_fd(const struct devwatch *watch);

/* Take in all waiting events: has @device of @subsystem been bound? */
bool devwatch_saw_bind(struct devwatch *watch, const char *subsystem, const char *device);

/* Is the @len bytes of a message the bind of @device of @subsystem? */
bool devwatch_is_bind(const char *event, size_t len, const char *subsystem, const char *device);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * waits.h - what does the capture environment wait for? The answer is a text for people; no
 * decision uses it, and it may be empty.
 */
#ifndef DAEMON_WAITS_H
#define DAEMON_WAITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/fsroot.h"

/* Is systemd process 1? */
bool waits_has_systemd(const struct fsroot *root);

/*
 * Without systemd the environment waits for the root file system first. Does its device exist?
 * False also when that cannot be told.
 */
bool waits_root_is_there(const struct fsroot *root);

/*
 * "systemd waits for dev-sdb1.device", "dracut waits for /dev/sdb1", "the root file system
 * UUID=1234 is not there"; empty: not known. @systemctl, a program, is given
 * @wait_ms (NULL: it is not asked).
 */
void waits_look(const struct fsroot *root, const char *systemctl, uint32_t wait_ms, char *buf,
		size_t cap);

#endif

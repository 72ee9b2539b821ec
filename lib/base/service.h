/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * service.h - the interface to the service manager: sd_notify(3), sd_watchdog_enabled(3),
 * sd_listen_fds(3). It is a datagram and three environment variables, so no library is used.
 */
#ifndef LIB_BASE_SERVICE_H
#define LIB_BASE_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Send "KEY=value" lines. Returns 1 when sent, 0 when there is no service manager, or a negative
 * errno. Never waits.
 */
int service_notify(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool service_is_told(void); /* is there a service manager that listens? */

/*
 * Tell the service manager that the program is still at work: the unit's running timeout now ends
 * @ms plus SERVICE_ALIVE_MS from now at the earliest. So a unit with TimeoutStartSec= of
 * SERVICE_ALIVE_MS ends a start that hangs, but not one that takes long and calls this regularly.
 */
#define SERVICE_ALIVE_MS 3000u
void service_alive(uint32_t ms);

/* How often WATCHDOG=1 must be sent, in ms; 0: there is no watchdog. */
uint32_t service_watchdog_ms(void);

/* The one listening stream socket that was passed to us, or -ENOENT. */
int service_listen_fd(void);

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * message.h - print a message of smmu-adoptctl: one line on stderr. Results go to stdout.
 */
#ifndef CTL_INPUT_MESSAGE_H
#define CTL_INPUT_MESSAGE_H

/* "smmu-adoptctl: " and the message, to stderr. */
void ctl_message(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

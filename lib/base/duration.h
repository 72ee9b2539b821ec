/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * duration.h - times for people. Every text, page and message rounds here, so that the same time
 * looks the same everywhere. Programs get milliseconds from jsonw_ms().
 */
#ifndef LIB_BASE_DURATION_H
#define LIB_BASE_DURATION_H

#include "core/port.h"

#define DURATION_BYTES 32

/* How long: "3.4 ms", "125 ms", "1.96 s", "101 s", to the nearest. */
const char *duration_text(char buf[DURATION_BYTES], u64 ns);
#define DURATION(ns) duration_text((char[DURATION_BYTES]){ 0 }, ns)
#define DURATION_MS(ms) DURATION((u64)(ms)*1000000u)

/* When, of CLOCK_MONOTONIC, written as in the kernel's log: "9.512345 s". */
const char *moment_text(char buf[DURATION_BYTES], u64 ns);
#define MOMENT(ns) moment_text((char[DURATION_BYTES]){ 0 }, ns)

/* "2026-11-30 17:00:00", UTC; "" for what is no date: 0, or beyond four digits of a year. */
const char *date_text(char buf[DURATION_BYTES], u64 seconds);
#define DATE(seconds) date_text((char[DURATION_BYTES]){ 0 }, seconds)

#endif

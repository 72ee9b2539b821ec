/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* limit.h - how long smmu-adopt-resolve takes at most. */
#ifndef RESOLVE_LIMIT_H
#define RESOLVE_LIMIT_H

/* For all of its work; the deadlines of a shell file and of a host's name are within it. */
#define RESOLVE_MS 60000u

#endif

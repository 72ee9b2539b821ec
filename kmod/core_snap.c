// SPDX-License-Identifier: GPL-2.0-only
/* Compiles core/snap.c into the module; kbuild wants its sources in one folder. */
#include "core/snap.c"

// SPDX-License-Identifier: GPL-2.0-only
/* Compiles core/cdtab.c into the module; kbuild wants its sources in one folder. */
#include "core/cdtab.c"

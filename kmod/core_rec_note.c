// SPDX-License-Identifier: GPL-2.0-only
/* Compiles core/rec_note.c into the module; kbuild wants its sources in one folder. */
#include "core/rec_note.c"

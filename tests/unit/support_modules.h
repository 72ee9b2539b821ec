/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * support_modules.h - the module folder of a machine made of files, with the binary
 * index that depmod makes and libkmod reads.
 */
#ifndef TESTS_SUPPORT_MODULES_H
#define TESTS_SUPPORT_MODULES_H

#include "tests/unit/support_machine.h"

#define MODULES_RELEASE "6.12.0-test"
#define MODULES_DIR "lib/modules/" MODULES_RELEASE
#define MODULES_ALIASES MODULES_DIR "/modules.alias.bin"
#define MODULES_BUILTIN_ALIASES MODULES_DIR "/modules.builtin.alias.bin"
#define MODULES_FILE MODULES_DIR "/kernel/module.ko" /* of @module, whatever its name */

/*
 * A kernel release, and an index by which @module has the alias @pattern and the driver
 * @builtin, which is in the kernel, the alias @builtin_pattern. NULL: no such entry.
 */
void machine_modules(struct machine *m, const char *pattern, const char *module,
		     const char *builtin_pattern, const char *builtin);

#endif

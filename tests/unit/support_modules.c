// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * support_modules.c - an index is a trie, big-endian; one with a single key is its
 * root: prefix and values (depmod's index_write()).
 */
#include "tests/unit/support_modules.h"

#include <string.h>

#include "tests/unit/cmocka_all.h"

#define INDEX_MAGIC 0xb007f457u
#define INDEX_VERSION 0x00020001u
#define INDEX_PREFIX 0x80000000u
#define INDEX_VALUES 0x40000000u
#define INDEX_ROOT 12u

static size_t put_be32(char *to, unsigned int value)
{
	to[0] = (char)(value >> 24);
	to[1] = (char)(value >> 16);
	to[2] = (char)(value >> 8);
	to[3] = (char)value;
	return 4;
}

static size_t put_text(char *to, const char *text)
{
	strcpy(to, text);
	return strlen(text) + 1;
}

static void write_index(struct machine *m, const char *name, const char *key, const char *value)
{
	char path[128], data[512];
	size_t n = 0;

	n += put_be32(data + n, INDEX_MAGIC);
	n += put_be32(data + n, INDEX_VERSION);
	n += put_be32(data + n, INDEX_ROOT | (key ? INDEX_PREFIX | INDEX_VALUES : 0));
	if (key) {
		assert_true(strlen(key) + strlen(value) < 400);
		n += put_text(data + n, key);
		n += put_be32(data + n, 1); /* values */
		n += put_be32(data + n, 0); /* priority */
		n += put_text(data + n, value);
	}
	snprintf(path, sizeof(path), "%s/%s.bin", MODULES_DIR, name);
	machine_write_bytes(m, path, data, n);
}

void machine_modules(struct machine *m, const char *pattern, const char *module,
		     const char *builtin_pattern, const char *builtin)
{
	char path[128];

	machine_write(m, "proc/sys/kernel/osrelease", MODULES_RELEASE "\n");
	write_index(m, "modules.alias", pattern, module);
	write_index(m, "modules.symbols", NULL, NULL);
	write_index(m, "modules.builtin.alias", builtin_pattern, builtin);
	write_index(m, "modules.dep", module, "kernel/module.ko:");
	if (module)
		machine_write(m, MODULES_FILE, "");
	snprintf(path, sizeof(path), "kernel/%s.ko", builtin ? builtin : "");
	write_index(m, "modules.builtin", builtin, path);
}

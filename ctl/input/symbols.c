// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * symbols.c - find symbols in a System.map or a vmlinux. A vmlinux with debug information has 1
 * GiB, so only its symbol table and the names are read, both with a limit. A map is read line by
 * line.
 */
#include "ctl/input/symbols.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl/dump/dump_io.h"
#include "ctl/input/bytes.h"
#include "lib/base/cleanup.h"

#define MAP_BYTES_MAX (64ull << 20)
#define NAMES_BYTES_MAX (256ull << 20)
#define SOME 1024u /* symbols read at once */

static void take(struct symbol *symbols, size_t n, const char *name, u64 addr, u64 bytes)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (symbols[i].found || strcmp(symbols[i].name, name) != 0)
			continue;
		symbols[i].found = true;
		symbols[i].addr = addr;
		symbols[i].bytes = bytes;
	}
}

/* Lines are "ffff800080010000 T _stext"; for a module "\t[name]" follows. */
static int find_in_map(FILE *in, struct symbol *symbols, size_t n)
{
	u64 addr;
	char line[512], name[256], type;
	u64 read = 0;
	bool any = false;

	while (read < MAP_BYTES_MAX && fgets(line, sizeof(line), in)) {
		read += strlen(line);
		if (sscanf(line, "%16llx %c %255s", &addr, &type, name) != 3)
			continue;
		any = true;
		take(symbols, n, name, addr, 0);
	}
	return any ? 0 : -EBADMSG;
}

static int find_section(struct dump_src *src, const Elf64_Ehdr *eh, u32 type, Elf64_Shdr *ret,
			struct errbuf *err)
{
	u32 i;
	int r;

	if (eh->e_shentsize != sizeof(*ret))
		return -EBADMSG;
	for (i = 0; i < eh->e_shnum; i++) {
		r = dump_read(src, eh->e_shoff + (u64)i * sizeof(*ret), ret, sizeof(*ret), err);
		if (r < 0)
			return r;
		if (ret->sh_type == type)
			return 0;
	}
	return -ENOENT;
}

static int read_names(struct dump_src *src, const Elf64_Ehdr *eh, u32 index, char **ret,
		      u64 *ret_len, struct errbuf *err)
{
	Elf64_Shdr names;
	char *text;
	int r;

	if (index >= eh->e_shnum)
		return -EBADMSG;
	r = dump_read(src, eh->e_shoff + (u64)index * sizeof(names), &names, sizeof(names), err);
	if (r < 0)
		return r;
	if (!names.sh_size || names.sh_size > NAMES_BYTES_MAX)
		return -EBADMSG;
	text = malloc(names.sh_size);
	if (!text)
		return -ENOMEM;
	r = dump_read(src, names.sh_offset, text, names.sh_size, err);
	if (r < 0) {
		free(text);
		return r;
	}
	text[names.sh_size - 1] = 0;
	*ret = text;
	*ret_len = names.sh_size;
	return 0;
}

static int find_in_elf(struct dump_src *src, struct symbol *symbols, size_t n, struct errbuf *err)
{
	_cleanup_free_ Elf64_Sym *some = calloc(SOME, sizeof(*some));
	_cleanup_free_ char *names = NULL;
	u64 names_len, at, left;
	Elf64_Shdr table;
	Elf64_Ehdr eh;
	size_t count, i;
	int r = some ? dump_read(src, 0, &eh, sizeof(eh), err) : -ENOMEM;

	if (r >= 0 && (eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_ident[EI_DATA] != ELFDATA2LSB))
		r = -EBADMSG;
	if (r >= 0)
		r = find_section(src, &eh, SHT_SYMTAB, &table, err);
	if (r >= 0)
		r = read_names(src, &eh, table.sh_link, &names, &names_len, err);
	if (r < 0)
		return r;
	left = table.sh_size / sizeof(*some);
	for (at = table.sh_offset; left && r >= 0; at += count * sizeof(*some), left -= count) {
		count = left < SOME ? (size_t)left : SOME;
		r = dump_read(src, at, some, count * sizeof(*some), err);
		for (i = 0; r >= 0 && i < count; i++)
			if (some[i].st_shndx != SHN_UNDEF && some[i].st_name < names_len)
				take(symbols, n, names + some[i].st_name, some[i].st_value,
				     some[i].st_size);
	}
	return r;
}

int symbols_find(const struct ctl *ctl, const char *name, struct symbol *symbols, size_t n,
		 struct errbuf *err)
{
	_cleanup_close_ int fd = input_open(ctl, name, INPUT_OPEN_FLAGS);
	struct dump_src src = { .read = dump_read_fd, .priv = &fd };
	_cleanup_fclose_ FILE *in = NULL;
	struct errbuf why = { .text = "" };
	char magic[4] = "";
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		errbuf_set(err, "--symbols %s: %s", name,
			   fd < 0 ? strerror(-fd) : "not a regular file");
		return fd < 0 ? fd : -EINVAL;
	}
	src.size = (u64)st.st_size;
	if (pread(fd, magic, sizeof(magic), 0) == 4 && !memcmp(magic, ELFMAG, 4)) {
		r = find_in_elf(&src, symbols, n, &why);
	} else {
		in = fdopen(fd, "re");
		r = in ? 0 : -errno;
		if (in)
			(void)steal_fd(&fd);
		if (in)
			r = find_in_map(in, symbols, n);
	}
	if (r == -EBADMSG || r == -ENOENT)
		errbuf_set(err,
			   "--symbols %s is neither a System.map nor a vmlinux with a symbol table",
			   name);
	else if (r < 0)
		errbuf_set(err, "--symbols %s: %s", name, why.text[0] ? why.text : strerror(-r));
	return r;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * crashed.c - the kernel gives /proc/vmcore one PT_NOTE, with the notes of all processors and of
 * VMCOREINFO, and device dumps of many MiB before them: these are skipped. All of it was the
 * crashed kernel's memory, so every length is checked.
 */
#include "lib/machine/crashed.h"

#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "core/vmcoreinfo.h"
#include "lib/story/names.h"

#define OWNER "VMCOREINFO"
#define NOTES_MAX 16384u /* a processor has one, a device dump is one */
#define TEXT_MAX 65536u

static int read_at(int fd, void *buf, size_t len, u64 at)
{
	ssize_t n = pread(fd, buf, len, (off_t)at);

	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EBADMSG;
}

static u64 padded(u64 len)
{
	return (len + 3) & ~(u64)3;
}

/* The note of OWNER within [@at, @end): its body. */
static int find_info(int fd, u64 at, u64 end, u64 *ret_at, u64 *ret_len)
{
	char owner[sizeof(OWNER)];
	Elf64_Nhdr note;
	u64 body;
	u32 i;
	int rc;

	for (i = 0; i < NOTES_MAX && end - at > sizeof(note); i++) {
		rc = read_at(fd, &note, sizeof(note), at);
		if (rc < 0)
			return rc;
		body = at + sizeof(note) + padded(note.n_namesz);
		if ((!note.n_namesz && !note.n_descsz) || body > end || note.n_descsz > end - body)
			return -ENOENT;
		if (note.n_namesz == sizeof(owner) &&
		    read_at(fd, owner, sizeof(owner), at + sizeof(note)) == 0 &&
		    !memcmp(owner, OWNER, sizeof(owner))) {
			*ret_at = body;
			*ret_len = note.n_descsz < TEXT_MAX ? note.n_descsz : TEXT_MAX;
			return 0;
		}
		at = body + padded(note.n_descsz);
		if (at > end)
			return -ENOENT;
	}
	return -ENOENT;
}

/* The PT_NOTE is the first of the program headers. */
static int find_text(int fd, u16 *ret_machine, u64 *ret_at, u64 *ret_len)
{
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	int rc = read_at(fd, &eh, sizeof(eh), 0);

	if (rc < 0)
		return rc;
	if (memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0 || eh.e_ident[EI_CLASS] != ELFCLASS64)
		return -EBADMSG;
	*ret_machine = eh.e_machine;
	rc = read_at(fd, &ph, sizeof(ph), eh.e_phoff);
	if (rc < 0)
		return rc;
	if (ph.p_type != PT_NOTE || ph.p_offset + ph.p_filesz < ph.p_offset)
		return -ENOENT;
	return find_info(fd, ph.p_offset, ph.p_offset + ph.p_filesz, ret_at, ret_len);
}

int crashed_read(const struct fsroot *root, struct rec_crashed *ret)
{
	_cleanup_close_ int fd = fsroot_openat(root, O_RDONLY, 0, "%s", PATH_VMCORE);
	_cleanup_free_ char *text = NULL;
	u64 at, len;
	int rc;

	*ret = (struct rec_crashed){ 0 };
	if (fd < 0)
		return fd;
	rc = find_text(fd, &ret->machine, &at, &len);
	if (rc < 0)
		return rc;
	text = calloc(1, len + 1);
	rc = text ? read_at(fd, text, len, at) : -ENOMEM;
	if (rc < 0)
		return rc;
	vmcoreinfo_crashed(text, ret);
	return 0;
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * check_image.c - find the image that the capture kernel boots with, and list it. Are our parts
 * in it, and is the reserved memory large enough for it?
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/check/check.h"
#include "ctl/input/bytes.h"
#include "lib/base/cleanup.h"
#include "lib/base/parse.h"

#define MIB(bytes) ((bytes) >> 20)
/* A kernel, its page structures, and the programs that write the dump. */
#define RUNTIME_BYTES (96ull << 20)

static bool is_there(struct check *check, const char *path)
{
	snprintf(check->image, sizeof(check->image), "%s", path + strspn(path, "/"));
	return check->image[0] && fsroot_exists(&check->ctl->root, "%s", check->image);
}

/* With systemd-boot: MOUNT/MACHINE-ID/RELEASE/initrdkdump. */
static bool find_beside_boot_entry(struct check *check, const char *release)
{
	static const char *const mounts[] = { "boot", "boot/efi", "efi" };
	char path[512], machine[64];
	size_t i;

	if (fsroot_read_text(&check->ctl->root, machine, sizeof(machine), "etc/machine-id") <= 0)
		return false;
	for (i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s/%s/initrdkdump", mounts[i], machine, release);
		if (is_there(check, path))
			return true;
	}
	return false;
}

/* Find the image of kernel @release where distributions put it. */
static bool find_of_release(struct check *check, const char *release)
{
	static const struct {
		const char *before, *after; /* the kernel's release */
	} places[] = {
		{ "var/lib/kdump/initrd.img-", "" },	     /* Debian, Ubuntu */
		{ "boot/initramfs-", "kdump.img" },	     /* Fedora, RHEL */
		{ "var/lib/kdump/initramfs-", "kdump.img" }, /* the same, /boot read-only */
		{ "boot/initrd-", "-kdump" },		     /* SUSE, older */
	};
	char path[512];
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s%s%s", places[i].before, release, places[i].after);
		if (is_there(check, path))
			return true;
	}
	return find_beside_boot_entry(check, release);
}

/*
 * Find the image: the one that is loaded, else the configured one, else that of the configured
 * kernel, else that of the running kernel. For a debug kernel kdump-utils takes the plain kernel.
 */
static void find_image(struct check *check)
{
	const struct fsroot *root = &check->ctl->root;
	char release[64] = "";
	size_t len;

	if (check->ctl->image) {
		snprintf(check->image, sizeof(check->image), "%s", check->ctl->image);
		return;
	}
	if (is_there(check, check->loaded_image) || is_there(check, check->kdump.initrd))
		return;
	if (check->kdump.kernel_version[0] && find_of_release(check, check->kdump.kernel_version))
		return;
	if (fsroot_read_text(root, release, sizeof(release), "proc/sys/kernel/osrelease") < 0)
		release[0] = 0;
	len = strlen(release);
	if ((check->kdump.systems & KDUMP_RHEL) && len > 6 &&
	    strcmp(release + len - 5, "debug") == 0) {
		char plain[64];

		snprintf(plain, sizeof(plain), "%.*s", (int)len - 6, release);
		if (find_of_release(check, plain))
			return;
	}
	if (find_of_release(check, release) || is_there(check, "var/lib/kdump/initrd.img") ||
	    is_there(check, "var/lib/kdump/initrd"))
		return;
	check->image[0] = 0;
}

/* Are the modules in the image those of the running kernel? */
static void compare_release(struct check *check)
{
	char release[64];

	check->other_kernel = check->release[0] &&
			      fsroot_read_text(&check->ctl->root, release, sizeof(release),
					       "proc/sys/kernel/osrelease") > 0 &&
			      strcmp(release, check->release) != 0;
}

/* "lib/modules/6.12/kernel/net/a-b.ko.xz": "a_b". */
static int take_module(struct check *check, const char *name)
{
	const char *base = strrchr(name, '/'), *end = strstr(name, ".ko");
	char *copy, *p, **grown;

	base = base ? base + 1 : name;
	if (!end || end <= base || (end[3] && end[3] != '.'))
		return 0;
	if (check->n_modules == CHECK_MODULES_MAX)
		return -E2BIG;
	grown = realloc(check->modules, (check->n_modules + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	check->modules = grown;
	copy = strndup(base, (size_t)(end - base));
	if (!copy)
		return -ENOMEM;
	for (p = copy; *p; p++)
		if (*p == '-')
			*p = '_';
	check->modules[check->n_modules++] = copy;
	return 0;
}

static int on_entry(void *priv, const struct cpio_entry *entry)
{
	struct check *check = priv;
	const char *p = strstr(entry->name, "lib/modules/");
	const char *base = strrchr(entry->name, '/');

	base = base ? base + 1 : entry->name;
	check->bytes += (entry->bytes + 4095) & ~4095ull; /* a page at least */
	if (!strcmp(base, NAME_DAEMON) && S_ISREG(entry->mode))
		check->has_daemon = true;
	if (S_ISREG(entry->mode) && entry->text && check_take_conf(check, entry->name, entry->text))
		return -ENOMEM;
	check_take_wait(check, entry->name, S_ISREG(entry->mode) ? entry->text : NULL);
	if (!strncmp(base, "squash", 6) || !strcmp(base, "erofs-root.img"))
		check->has_squash |= strstr(base, ".img") != NULL;
	if (!p || !S_ISREG(entry->mode))
		return 0;
	image_driver_look(&check->driver, entry, check->kernel);
	p += strlen("lib/modules/");
	if (!check->release[0] && strchr(p, '/'))
		snprintf(check->release, sizeof(check->release), "%.*s", (int)strcspn(p, "/"), p);
	return take_module(check, entry->name);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

bool check_has_module(const struct check *check, const char *name)
{
	return check->n_modules &&
	       bsearch(&name, check->modules, check->n_modules, sizeof(*check->modules), compare);
}

/* Is the file an EFI program? Such a kernel contains its image. */
static bool is_efi(int fd)
{
	char magic[2];

	return pread(fd, magic, sizeof(magic), 0) == sizeof(magic) && !memcmp(magic, "MZ", 2);
}

/*
 * List the image again, by dracut's lsinitrd. It opens the file through our descriptor, so it
 * reads the same file.
 */
static int list_with_dracut(struct check *check, int fd, struct errbuf *err)
{
	struct errbuf why = { .text = "" };
	char path[64];
	int rc;

	while (check->n_modules)
		free(check->modules[--check->n_modules]);
	check->bytes = 0;
	check->has_daemon = false;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), fd);
	rc = check_lsinitrd(check, path, on_entry, &why);
	if (rc < 0)
		errbuf_set(err, "%s, which only lsinitrd can read, and %s",
			   check->has_squash ? "its files are in a squashed image"
					     : "it is part of a kernel",
			   why.text);
	return rc;
}

static void list_image(struct check *check)
{
	_cleanup_close_ int fd = -1;
	struct errbuf err = { .text = "" };
	struct stat st;
	int rc;

	if (check->ctl->image)
		fd = input_open(check->ctl, check->image, INPUT_OPEN_FLAGS);
	else
		fd = fsroot_openat(&check->ctl->root, INPUT_OPEN_FLAGS, 0, "%s", check->image);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		check_say(check, CHECK_FAIL, "image", NULL, "%s: %s", check->image,
			  fd < 0 ? strerror(-fd) : "not a regular file");
		return;
	}
	check->file_bytes = (u64)st.st_size;
	rc = cpio_list(fd, on_entry, image_driver_whole, check, &err);
	if (check->has_squash || (rc < 0 && is_efi(fd)))
		rc = list_with_dracut(check, fd, &err);
	if (rc < 0) {
		check_say(check, CHECK_UNKNOWN, "image", NULL, "%s cannot be listed: %s",
			  check->image, err.text);
		return;
	}
	if (check->n_modules)
		qsort(check->modules, check->n_modules, sizeof(*check->modules), compare);
	check->listed = true;
	/* An image that --image names belongs to its own kernel. */
	if (check->ctl->image)
		snprintf(check->kernel, sizeof(check->kernel), "%s", check->release);
	compare_release(check);
	check_say(check, CHECK_OK, "image", NULL,
		  "%s: %zu modules of %s, %llu MiB (%llu MiB unpacked)", check->image,
		  check->n_modules, check->release[0] ? check->release : "no kernel",
		  MIB(check->file_bytes), MIB(check->bytes));
}

static void say_parts(struct check *check)
{
	if (check_has_module(check, SMMU_ADOPT_MODULE))
		check_say(check, CHECK_OK, "helper", NULL, SMMU_ADOPT_MODULE ".ko is in the image");
	else
		check_say(check, CHECK_FAIL, "helper", "add the module and build the image again",
			  SMMU_ADOPT_MODULE
			  ".ko is not in the image: the daemon cannot know about adoption, and "
			  "will do nothing");
	if (check->has_daemon)
		check_say(check, CHECK_OK, "daemon", NULL, NAME_DAEMON " is in the image%s",
			  check->n_confs ? ", with a configuration" : "");
	else
		check_say(check, CHECK_FAIL, "daemon", "add the program and build the image again",
			  NAME_DAEMON " is not in the image: live devices will not be stopped");
	if (check->no_confs)
		check_say(check, CHECK_UNKNOWN, "resolved",
			  "read it with lsinitrd of dracut 104 or newer",
			  "the daemon's configuration in the image cannot be read");
	else if (check->has_daemon)
		check_conf(check);
}

static void say_size(struct check *check)
{
	u64 need = check->bytes + check->file_bytes + RUNTIME_BYTES, size;
	char text[32];

	if (fsroot_read_text(&check->ctl->root, text, sizeof(text), "sys/kernel/kexec_crash_size") <
		    0 ||
	    parse_u64(text, 0, UINT64_MAX, &size) < 0)
		check_say(check, CHECK_UNKNOWN, "crashkernel", NULL,
			  "/sys/kernel/kexec_crash_size cannot be read");
	else if (!size)
		check_say(check, CHECK_FAIL, "crashkernel",
			  "add crashkernel=SIZE to this system's command line and restart",
			  "no memory is reserved for a capture kernel");
	else if (check->listed && size < need)
		check_say(check, CHECK_WARN, "crashkernel",
			  "reserve more, or make the image smaller",
			  "%llu MiB are reserved, but the image and the capture kernel need "
			  "about %llu MiB",
			  MIB(size), MIB(need));
	else
		check_say(check, CHECK_OK, "crashkernel", NULL, "%llu MiB are reserved%s",
			  MIB(size), check->listed ? ", enough for this image" : "");
}

/* Take the release from "vmlinuz-6.12.95" or a link to it. */
static bool take_kernel(struct check *check, const char *path)
{
	const char *base = strrchr(path, '/');
	char name[128];

	path += strspn(path, "/");
	if (fsroot_link_name(&check->ctl->root, name, sizeof(name), "%s", path) < 0)
		snprintf(name, sizeof(name), "%.127s", base ? base + 1 : path);
	if (strncmp(name, "vmlinu", 6) != 0 || !name[6] || name[7] != '-')
		return false;
	snprintf(check->kernel, sizeof(check->kernel), "%.63s", name + 8);
	return check->kernel[0];
}

/* Find the kernel's release: the loaded one, else the configured one, else the running one. */
static void find_kernel(struct check *check)
{
	if (take_kernel(check, check->loaded_kernel))
		return;
	if (check->kdump.kernel_version[0])
		snprintf(check->kernel, sizeof(check->kernel), "%.63s",
			 check->kdump.kernel_version);
	else if (fsroot_read_text(&check->ctl->root, check->kernel, sizeof(check->kernel),
				  "proc/sys/kernel/osrelease") < 0)
		check->kernel[0] = 0;
}

void check_image(struct check *check)
{
	find_kernel(check);
	find_image(check);
	if (check->image[0])
		list_image(check);
	else
		check_say(check, CHECK_UNKNOWN, "image", "name the image with --image FILE",
			  "no kdump image was found where distributions put it");
	if (check->listed)
		say_parts(check);
	check_copies(check);
	say_size(check);
}

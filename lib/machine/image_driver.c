// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * image_driver.c - see image_driver.h.
 */
#include "lib/machine/image_driver.h"
#include "core/port.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MODULES "lib/modules/"
#define FILE_NAME "arm-smmu-v3-adopt.ko"
#define VERMAGIC "vermagic="

static bool is_driver(const char *name)
{
	const char *base = strrchr(name, '/');
	size_t len = strlen(FILE_NAME);

	base = base ? base + 1 : name;
	return strncmp(base, FILE_NAME, len) == 0 && (!base[len] || base[len] == '.');
}

bool image_driver_whole(const char *name)
{
	return is_driver(name) && strstr(name, FILE_NAME)[strlen(FILE_NAME)] == 0;
}

/* "vermagic=6.12.95 SMP ...", one of the strings of .modinfo. */
static void take_vermagic(struct image_driver *driver, const char *text, u64 bytes)
{
	const char *p = memmem(text, bytes, "\0" VERMAGIC, sizeof(VERMAGIC));

	if (!p)
		return;
	p += sizeof(VERMAGIC);
	snprintf(driver->vermagic, sizeof(driver->vermagic), "%.*s", (int)strcspn(p, " "), p);
}

void image_driver_look(struct image_driver *driver, const struct cpio_entry *entry,
		       const char *wanted)
{
	const char *p = strstr(entry->name, MODULES);
	size_t len;

	if (!p || !is_driver(entry->name) || !S_ISREG(entry->mode) ||
	    (driver->folder[0] && strcmp(driver->folder, wanted) == 0))
		return;
	p += strlen(MODULES);
	len = strcspn(p, "/");
	if (!len || len >= sizeof(driver->folder) || !p[len])
		return;
	snprintf(driver->folder, sizeof(driver->folder), "%.*s", (int)len, p);
	driver->vermagic[0] = 0;
	if (entry->text)
		take_vermagic(driver, entry->text, entry->bytes);
}

bool image_driver_fits(const struct image_driver *driver, const char *release, struct errbuf *why)
{
	why->text[0] = 0;
	if (!driver->folder[0])
		errbuf_set(why, "the image has no %s", FILE_NAME);
	else if (strcmp(driver->folder, release) != 0)
		errbuf_set(why, "the image's %s is for kernel %s, and not for %s", FILE_NAME,
			   driver->folder, release);
	else if (driver->vermagic[0] && strcmp(driver->vermagic, release) != 0)
		errbuf_set(why, "the image's %s was built for kernel %s, and not for %s", FILE_NAME,
			   driver->vermagic, release);
	return !why->text[0];
}

struct question {
	struct image_driver driver;
	const char *release;
};

static int on_entry(void *priv, const struct cpio_entry *entry)
{
	struct question *question = priv;

	image_driver_look(&question->driver, entry, question->release);
	return strcmp(question->driver.folder, question->release) == 0;
}

int image_driver_ask(int fd, const char *release, struct errbuf *why)
{
	struct question question = { .release = release };
	int rc = *release ? cpio_list(fd, on_entry, image_driver_whole, &question, why) : 0;

	if (rc < 0)
		return rc;
	return image_driver_fits(&question.driver, release, why);
}

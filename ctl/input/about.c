// SPDX-License-Identifier: LGPL-2.1-or-later
/* about.c - see about.h. */
#include "ctl/input/about.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/machine/crashdir.h"

/* Is it a whole crash, of which a dump should be a part? */
static bool is_crash(const struct about *about)
{
	return about->kind == FILE_FOLDER || about->kind == FILE_DUMP;
}

static void take_panic(const struct klog *log, struct about *ret)
{
	if (log->crashed)
		(void)snprintf(ret->panic, sizeof(ret->panic), "%s", log->crashed->why_crashed);
}

/* Take what the logs in the folder @path tell, or else the log in the dump. */
static void read_logs(const struct ctl *ctl, const char *path, struct kernel_file *dump,
		      struct about *ret)
{
	struct klog log = { 0 };

	if (kernel_log_crash(ctl, path, dump, NULL, &log, &ret->no_panic) > 0) {
		take_panic(&log, ret);
		if (!ret->no_panic.text[0])
			errbuf_set(&ret->no_panic, "%s%s",
				   log.crashed ? "the crashed kernel's log does not tell it"
					       : "there is no log of the crashed kernel",
				   log.crashed || !is_crash(ret) ? "" : ", and no dump of it");
	}
	klog_free(&log);
}

static void read_host(const char *path, struct kernel_file *dump, struct about *ret)
{
	_cleanup_free_ char *folder = realpath(path, NULL);
	const char *base = folder ? strrchr(folder, '/') : NULL;
	const struct kernel *kernel;
	struct errbuf ignored;

	if (base && !ret->host[0])
		crashdir_host(ret->host, sizeof(ret->host), base + 1, "");
	if (ret->host[0] || !dump)
		return;
	kernel = kernel_file_open(dump, &ignored);
	if (kernel)
		(void)kernel_host(kernel, ret->host, sizeof(ret->host));
}

/* Is the dump complete? */
static void look_at_dump(struct kernel_file *dump, struct about *ret)
{
	_cleanup_strbuf_ struct strbuf lacks = { 0 };
	struct errbuf why;
	char text[MEMDUMP_LACKS_BYTES];
	u32 i;

	ret->dump_seen = true;
	if (!kernel_file_open(dump, &why))
		strbuf_printf(&lacks, "it cannot be read: %s", why.text);
	for (i = 0; dump->rc > 0 && memdump_lacks(&dump->dump, i, text); i++)
		strbuf_join(&lacks, "; ", text);
	errbuf_set(&ret->dump_lacks, "%s", strbuf_text(&lacks));
}

/* The folder of @name, which is the folder itself or a file in it. */
static int open_folder(const struct ctl *ctl, const char *name, char path[PATH_MAX])
{
	_cleanup_close_ int fd = input_open(ctl, name, INPUT_OPEN_FLAGS);
	const char *slash = strrchr(name, '/');
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	(void)snprintf(path, PATH_MAX, "%s", name);
	if (!S_ISDIR(st.st_mode))
		(void)snprintf(path, PATH_MAX, "%.*s",
			       slash ? (int)(slash - name) + (slash == name) : 1,
			       slash ? name : ".");
	return input_open(ctl, path, INPUT_OPEN_FLAGS | O_DIRECTORY);
}

void about_read(const struct ctl *ctl, const char *name, struct recfile *file, const char *host,
		struct about *ret)
{
	const char *slash = strrchr(file->dump, '/');
	_cleanup_kernel_file_ struct kernel_file dump = {
		.name = slash ? slash + 1 : file->dump,
		.file = &file->dump_file,
	};
	struct kernel_file *memory =
		file->dump[0] && file->belong.verdict != BELONG_NO ? &dump : NULL;
	_cleanup_close_ int dir = -1;
	char path[PATH_MAX];
	struct stat st;

	*ret = (struct about){ .kind = file->kind, .dump = dump.name };
	(void)snprintf(ret->host, sizeof(ret->host), "%s", host);
	if (file->story.log)
		take_panic(file->story.log, ret);
	dir = open_folder(ctl, name, path);
	if (dir < 0)
		return;
	/* With --root the path differs, but not its last part. */
	read_host(path, memory, ret);
	if (!file->story.log)
		read_logs(ctl, path, memory, ret);
	if (!file->dump[0])
		return;
	ret->dump_bytes = file->dump_file.fd >= 0 && fstat(file->dump_file.fd, &st) >= 0
				  ? (u64)st.st_size
				  : 0;
	if (!ctl->quick)
		look_at_dump(&dump, ret);
}

static const char *known(const char *text)
{
	return text[0] ? text : NULL;
}

void about_tell(const struct about *about, struct verdict_about *ret)
{
	bool crash = is_crash(about), seen = !about->dump[0] || about->dump_seen;

	*ret = (struct verdict_about){
		.host = known(about->host),
		.no_host = crash ? "neither the folder's name nor a dump tells it" : NULL,
		.panic = known(about->panic),
		.no_panic = known(about->no_panic.text),
		.dump = crash && seen ? about->dump : NULL,
		.dump_bytes = about->dump_bytes,
		.dump_lacks = about->dump_lacks.text,
	};
}

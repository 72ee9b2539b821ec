// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of lib/machine/crashdir.c and of publishing into what it finds: layouts of the
 * three distributions, folders of other crashes, links and folders of others.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/machine/crashdir.h"
#include "lib/machine/journal.h"
#include "lib/story/names.h"
#include "daemon/publish.h"
#include "lib/story/story.h"
#include "tests/unit/support_dump.h"
#include "tests/unit/support_machine.h"
#include "tests/unit/support_run.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void set_time(struct machine *m, const char *path, time_t s)
{
	struct timespec times[2] = { { .tv_sec = s }, { .tv_sec = s } };
	char above[300];

	assert_int_equal(utimensat(m->root.fd, path, times, AT_SYMLINK_NOFOLLOW), 0);
	(void)snprintf(above, sizeof(above), "%s", path);
	*strrchr(above, '/') = 0;
	assert_int_equal(utimensat(m->root.fd, above, times, AT_SYMLINK_NOFOLLOW), 0);
}

static void put(struct machine *m, const char *path, time_t s)
{
	machine_write(m, path, "x");
	set_time(m, path, s);
}

static void found_is(struct machine *m, time_t since, const char *name)
{
	struct crashdir dir = CRASHDIR_NONE;
	struct errbuf err;
	struct crashdir_boot boot = { .since = since };
	int rc;

	boot_read_id(&m->root, boot.id);
	rc = crashdir_find(&m->root, &boot, &dir, &err);

	if (!name) {
		assert_int_equal(rc, -ENOENT);
		assert_non_null(strstr(err.text, "no folder of this crash found in /var/crash"));
	} else {
		assert_int_equal(rc, 0);
		assert_string_equal(dir.name, name);
	}
	crashdir_close(&dir);
}

static void test_names(void **state)
{
	static const char *const stamps[] = {
		"127.0.0.1-2026-11-22-22:55:01",
		"202611222255",
		"2026-11-22-22-55",
		"2026-11-22-22:55",
		"db1-202611222255",
		"fe80::1-2026-11-22-22:55:01",
	};
	static const char *const others[] = { "",
					      "crash",
					      "20261122225",
					      "x202611222255",
					      "202611222255.tmp",
					      "kdump_lock",
					      "2026-11-22",
					      "_usr_bin_x.0.crash",
					      "2026112222550" };
	static const char *const dumps[] = {
		"vmcore",	"vmcore.0",  "vmcore.gz",	    "vmcore.zst",
		"vmcore.kdump", "n9-vmcore", "dump.202611222255.gz"
	};
	static const char *const no_dumps[] = { "-vmcore", "vmcore-dmesg.txt", "vmcore.log",
						"xvmcore", "vmcore.gz.tmp",    "dump.txt" };
	size_t i;

	(void)state;
	for (i = 0; i < N(dumps); i++)
		assert_true(crashdir_is_dump(dumps[i]));
	for (i = 0; i < N(no_dumps); i++)
		assert_false(crashdir_is_dump(no_dumps[i]));
	for (i = 0; i < N(stamps); i++)
		if (!crashdir_is_stamp(stamps[i]))
			fail_msg("%s", stamps[i]);
	for (i = 0; i < N(others); i++)
		if (crashdir_is_stamp(others[i]))
			fail_msg("%s", others[i]);
}

static void test_logs(void **state)
{
	static const struct {
		const char *name;
		enum crashdir_log kind;
	} logs[] = {
		{ "kexec-dmesg.log", CRASHDIR_LOG_CAPTURE },
		{ "vmcore-dmesg.txt", CRASHDIR_LOG_CRASHED },
		{ "vmcore-dmesg-incomplete.txt", CRASHDIR_LOG_CRASHED },
		{ "dmesg.202611222255", CRASHDIR_LOG_CRASHED },
		{ "dmesg.txt", CRASHDIR_LOG_CRASHED },
		{ "dmesg.", CRASHDIR_LOG_NONE },
		{ "dmesg.old", CRASHDIR_LOG_NONE },
		{ "vmcore", CRASHDIR_LOG_NONE },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(logs); i++)
		if (crashdir_log(logs[i].name) != logs[i].kind)
			fail_msg("%s", logs[i].name);
}

/* The youngest counts, by what is in it; an older crash's folder is not taken for want of another.
 */
static void test_newest(void **state)
{
	struct machine *m = *state;

	found_is(m, 0, NULL);
	put(m, "var/crash/202611222255/dump.202611222255", 1000);
	found_is(m, 900, "202611222255");
	found_is(m, 1001, NULL);
	put(m, "var/crash/127.0.0.1-2026-11-22-22:55:01/vmcore-incomplete", 2000);
	found_is(m, 900, "127.0.0.1-2026-11-22-22:55:01");
	put(m, "kdump/mnt/var/crash/2026-11-22-22-55/vmcore", 3000);
	found_is(m, 900, "2026-11-22-22-55");
	put(m, "var/crash/202611222255/dmesg.202611222255", 4000);
	found_is(m, 900, "202611222255");
}

/* What a wrong clock left: it would be the newest for years. */
static void test_future(void **state)
{
	struct machine *m = *state;
	time_t now = time(NULL);

	put(m, "var/crash/202611222255/dump.202611222255", now - 5);
	put(m, "var/crash/203701010000/dump.203701010000", now + 100000);
	found_is(m, now - 10, "202611222255");
	/* A folder that is written to now, with one file of that time in it. */
	put(m, "var/crash/202611222256/dump.202611222256", now + 100000);
	put(m, "var/crash/202611222256/x", now);
	assert_int_equal(utimensat(m->root.fd, "var/crash/202611222256/dump.202611222256",
				   (struct timespec[2]){ { now + 100000, 0 }, { now + 100000, 0 } },
				   0),
			 0);
	found_is(m, now - 10, "202611222255");
	/* A server's clock may be some seconds ahead of ours. */
	put(m, "var/crash/202611222257/dump.202611222257", now + 30);
	found_is(m, now - 10, "202611222257");
}

/* A clock without a battery: every crash is in the first minute of 1970. Records tell the boot. */
static void test_other_boot(void **state)
{
	static const char id[] = "proc/sys/kernel/random/boot_id";
	static const char records[] = "var/crash/202611222256/" SIDECAR_RECORDS;
	struct machine *m = *state;
	struct journal journal;
	struct errbuf err;

	put(m, "var/crash/202611222255/dump.202611222255", 1000);
	put(m, "var/crash/202611222256/dump.202611222256", 2000);
	machine_write(m, id, "11111111-2222-4333-8444-555555555555\n");
	found_is(m, 900, "202611222256");
	assert_int_equal(journal_open(&journal, &m->root, &err), 0);
	journal_begin(&journal, &m->root);
	journal_close(&journal);
	assert_int_equal(renameat(m->root.fd, PATH_JOURNAL, m->root.fd, records), 0);
	set_time(m, records, 2000);
	found_is(m, 900, "202611222256");
	machine_write(m, id, "11111111-2222-4333-8444-555555555556\n");
	found_is(m, 900, "202611222255");
	found_is(m, 1001, NULL);
	/* What tells no boot is nobody's: the clock decides. */
	machine_write(m, id, "");
	found_is(m, 900, "202611222256");
	machine_write(m, id, "11111111-2222-4333-8444-555555555556\n");
	put(m, records, 2000);
	found_is(m, 900, "202611222256");
}

/* That it cannot be looked at does not mean that there is nothing. */
static void test_unreadable(void **state)
{
	struct machine *m = *state;
	struct crashdir dir = CRASHDIR_NONE;
	struct crashdir_boot boot = { .since = 0 };
	struct errbuf err;

	machine_link(m, "var/crash", "crash");
	assert_int_equal(crashdir_find(&m->root, &boot, &dir, &err), -ELOOP);
	assert_string_equal(err.text, "/var/crash: Too many levels of symbolic links");
	put(m, "sysroot/var/crash/202611222255/dump.202611222255", 1000);
	assert_int_equal(crashdir_find(&m->root, &boot, &dir, &err), 0);
	crashdir_close(&dir);
}

static void test_tricks(void **state)
{
	struct machine *m = *state;

	put(m, "var/crash/202611220001/dump.202611220001", 1000);
	/* A link, a file, a folder that others can write to, one of somebody else. */
	put(m, "etc/private/dump.202611220002", 5000);
	machine_link(m, "var/crash/202611220002", "../../etc/private");
	put(m, "var/crash/202611220003", 5000);
	put(m, "var/crash/202611220004/dump.202611220004", 5000);
	assert_int_equal(fchmodat(m->root.fd, "var/crash/202611220004", 0777, 0), 0);
	put(m, "var/crash/202611220005/dump.202611220005", 5000);
	if (geteuid() == 0)
		assert_int_equal(fchownat(m->root.fd, "var/crash/202611220005", 65534, 0, 0), 0);
	else
		machine_remove(m, "var/crash/202611220005");
	found_is(m, 900, "202611220001");
}

static int open_dir(struct machine *m, const char *path)
{
	int fd = fsroot_openat(&m->root, O_RDONLY | O_DIRECTORY, 0, "%s", path);

	assert_true(fd >= 0);
	return fd;
}

/* The name, not a link to a file elsewhere: embed would write there. */
static void test_dump_name(void **state)
{
	struct machine *m = *state;
	char name[64];
	int fd;

	put(m, "c/vmcore-incomplete", 1);
	put(m, "c/vmcore-dmesg.txt", 1);
	machine_link(m, "c/vmcore", "../etc/shadow");
	fd = open_dir(m, "c");
	assert_int_equal(crashdir_dump(fd, name, sizeof(name)), -ENOENT);
	put(m, "c/dump.2", 1);
	put(m, "c/dump.1", 1);
	assert_int_equal(crashdir_dump(fd, name, sizeof(name)), 0);
	assert_string_equal(name, "dump.1");
	close(fd);
}

static void begin_journal(struct machine *m)
{
	struct journal journal;
	struct errbuf err;

	assert_int_equal(journal_open(&journal, &m->root, &err), 0);
	journal_begin(&journal, &m->root);
	journal_close(&journal);
}

/* The state of a channel, as the sidecar in @path tells. */
static const struct rec_channel *channel(struct machine *m, const char *path, u32 id)
{
	static struct rec_channel ret;
	struct story story = { 0 };
	char name[300];
	size_t len;
	u8 *data;

	(void)snprintf(name, sizeof(name), "%s/%s/%s", m->dir, path, SIDECAR_RECORDS);
	data = (u8 *)file_read(name, &len);
	assert_int_equal(story_add_stream(&story, data, len), 0);
	ret = story.channels[id];
	story_clear(&story);
	free(data);
	return &ret;
}

static void embed_gives(struct machine *m, const char *path, u32 state, const char *text)
{
	int fd = open_dir(m, path);
	struct errbuf err = { .text = "" };
	const struct rec_channel *c;
	int rc = publish_embed(&m->root, fd, &err);

	close(fd);
	assert_int_equal(rc == 0, state == REC_CHANNEL_USED);
	c = channel(m, path, REC_CHANNEL_EMBED);
	if (c->state != state || !strstr(c->text, text))
		fail_msg("%s: %s, '%s' instead of '%s'", path, rec_channel_state_name(c->state),
			 c->text, text);
	assert_int_equal(channel(m, path, REC_CHANNEL_SIDECAR)->state, REC_CHANNEL_USED);
}

static void put_image(struct machine *m, const char *path, const struct image *image)
{
	machine_write_bytes(m, path, image->data, image->len);
}

static void test_embed(void **state)
{
	struct machine *m = *state;
	struct elf_shape shape = { 3, 0x40000, false, false, NULL, 0 };
	struct image image = elf_image(&shape), flat = flat_image(&image, 4096);
	char *here, *path;

	begin_journal(m);
	put_image(m, "r/vmcore", &image);
	put_image(m, "s/vmcore", &flat);
	put(m, "i/vmcore-incomplete", 1);
	/* Tests run from the top of the tree, as make does it. */
	here = realpath("build/native/ctl", NULL);
	if (!here)
		skip();
	assert_true(asprintf(&path, "%s:%s", here, getenv("PATH")) > 0);
	setenv("PATH", path, 1);
	free(here);
	free(path);
	embed_gives(m, "r", REC_CHANNEL_USED, "vmcore");
	embed_gives(m, "s", REC_CHANNEL_FAILED, "flattened");
	embed_gives(m, "i", REC_CHANNEL_ABSENT, "no finished dump");
	setenv("PATH", "/nowhere", 1);
	embed_gives(m, "s", REC_CHANNEL_ABSENT, "this image has no smmu-adoptctl");
	free(image.data);
	free(flat.data);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, machine_set_up, machine_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_names),      TEST(test_logs),	  TEST(test_newest),
		TEST(test_other_boot), TEST(test_tricks), TEST(test_dump_name),
		TEST(test_embed),      TEST(test_future), TEST(test_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

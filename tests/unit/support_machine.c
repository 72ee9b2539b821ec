// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * support_machine.c - devices live in sys/devices and are linked from the bus,
 * as in sysfs, so that link resolution below a root is tested too.
 */
#include "tests/unit/support_machine.h"

#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/port.h"
#include "lib/story/names.h"
#include "tests/unit/support_clock.h"
#include "tests/unit/support_mkrec.h"
#include "tests/unit/support_open.h"

const char machine_standard_records[] =
	"at 5\n"
	"file producer=smmu_adopt capture=1 kernel=6.12.0 program=\"smmu_adopt 0.1.0\" boot=1\n"
	"smmu smmu=0 phase=crash state=adopted reason=1 name=" MACHINE_SMMU " stes=2\n"
	"ste phase=crash sid=8 addr=0x80000200 s1=0x81000000\n"
	"ste phase=crash sid=16 addr=0x80000400 s1=0x82000000\n"
	"at 6\n"
	"smmu smmu=0 phase=now state=adopted reason=1 name=" MACHINE_SMMU "\n"
	"ste phase=now sid=8 addr=0x80000200 s1=0x81000000\n"
	"ste phase=now sid=16 addr=0x80000400 s1=0x82000000\n"
	"ste phase=now sid=24 addr=0x80000600 abort=1\n"
	"device phase=now name=0000:00:00.0 bus=pci flags=bridge,config-read sids=0\n"
	"device phase=now name=0000:00:01.0 bus=pci flags=deferred,group,config-read,bus-master "
	"group=1 sids=8\n"
	"device phase=now name=0000:00:02.0 bus=pci flags=deferred,group,config-read,bus-master "
	"group=2 sids=16\n"
	"device phase=now name=0000:00:03.0 bus=pci flags=group,config-read group=3 sids=24\n";

void machine_new(struct machine *m)
{
	snprintf(m->dir, sizeof(m->dir), "/tmp/smmu-adopt-test.XXXXXX");
	assert_non_null(mkdtemp(m->dir));
	assert_int_equal(fsroot_open(&m->root, m->dir), 0);
	m->n_locks = 0;
	machine_write(m, "run/.keep", "");
	machine_write(m, "sys/bus/pci/drivers_probe", "");
	machine_write(m, "sys/bus/platform/drivers_probe", "");
	machine_write(m, "sys/kernel/debug/.keep", "");
	machine_write(m, "proc/cmdline", "console=ttyAMA0 quiet\n");
	machine_write(m, "proc/vmcore", "");
	machine_write(m, "proc/sys/kernel/random/boot_id",
		      "01000000-0000-0000-0000-000000000000\n");
}

/* Who hangs in a pipe, as in a file of a kernel that does not answer, would do so for ever. */
static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)type, (void)ftw;
	if (S_ISFIFO(st->st_mode))
		close(open(path, O_RDWR | O_NONBLOCK));
	return remove(path);
}

void machine_free(struct machine *m)
{
	while (m->n_locks) {
		machine_unlock(m->locks[--m->n_locks]);
		close(m->locks[m->n_locks]);
	}
	fsroot_close(&m->root);
	nftw(m->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int machine_set_up(void **state)
{
	static struct machine m;

	machine_new(&m);
	*state = &m;
	return 0;
}

int machine_tear_down(void **state)
{
	machine_free(*state);
	return 0;
}

int machine_clock_set_up(void **state)
{
	fakeclock_start();
	return machine_set_up(state);
}

int machine_clock_tear_down(void **state)
{
	fakeclock_stop();
	return machine_tear_down(state);
}

static void make_parents(struct machine *m, const char *path)
{
	char part[512];
	const char *slash = path;

	while ((slash = strchr(slash, '/'))) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (mkdirat(m->root.fd, part, 0755) < 0)
			assert_int_equal(errno, EEXIST);
		slash++;
	}
}

void machine_write_bytes(struct machine *m, const char *path, const void *data, size_t len)
{
	int fd;

	make_parents(m, path);
	fd = openat(m->root.fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

void machine_write(struct machine *m, const char *path, const char *text)
{
	machine_write_bytes(m, path, text, strlen(text));
}

const char *machine_read(struct machine *m, const char *path)
{
	static char text[65536];
	int fd = openat(m->root.fd, path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n < 0 ? 0 : n] = 0;
	return text;
}

void machine_remove(struct machine *m, const char *path)
{
	char full[256];
	struct stat st;

	snprintf(full, sizeof(full), "%s/%s", m->dir, path);
	assert_int_equal(lstat(full, &st), 0);
	assert_int_equal(nftw(full, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void machine_link(struct machine *m, const char *path, const char *target)
{
	make_parents(m, path);
	assert_int_equal(symlinkat(target, m->root.fd, path), 0);
}

int machine_lock(struct machine *m, const char *path)
{
	int fd = openat(m->root.fd, path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0 && m->n_locks < MACHINE_LOCKS_MAX);
	m->locks[m->n_locks++] = fd;
	assert_int_equal(fchmod(fd, 0644 | OPEN_LOCKED), 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	return fd;
}

/* Those who were forked meanwhile have it open, too: closing would not do. */
void machine_unlock(int lock)
{
	assert_int_equal(flock(lock, LOCK_UN), 0);
}

pid_t machine_unlock_after(int lock, uint32_t ms)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid)
		return pid;
	clock_sleep_ms(ms);
	_exit(flock(lock, LOCK_UN) < 0);
}

/* Type 0 header with a power management and, normally, a PCI Express capability. */
static void make_config(struct machine *m, const char *path, const struct machine_device *device)
{
	u8 config[256] = { 0 };

	core_st16(config + 0x00, 0x8086);
	core_st16(config + 0x02, 0x10d3);
	core_st16(config + 0x04, device->off ? 0x0003 : 0x0007);
	core_st16(config + 0x06, 0x0010);
	config[0x34] = 0x40;
	config[0x40] = 0x01;
	config[0x41] = device->no_express ? 0 : 0x60;
	config[0x60] = device->no_express ? 0 : 0x10;
	core_st16(config + 0x6a, device->pending ? 0x0020 : 0);
	machine_write_bytes(m, path, config, sizeof(config));
}

void machine_device(struct machine *m, const struct machine_device *device)
{
	const char *bus = device->bus ? device->bus : "pci";
	char dir[160], path[256], target[256];

	snprintf(dir, sizeof(dir), "sys/devices/%s0000:00/%s", bus, device->name);
	snprintf(path, sizeof(path), "%s/driver_override", dir);
	machine_write(m, path, "(null)\n");
	snprintf(path, sizeof(path), "%s/modalias", dir);
	machine_write(m, path, "test:no-such-module-of-smmu-adopt\n");
	if (strcmp(bus, "pci") == 0) {
		snprintf(path, sizeof(path), "%s/config", dir);
		make_config(m, path, device);
		snprintf(path, sizeof(path), "%s/class", dir);
		machine_write(m, path, device->bridge ? "0x060400\n" : "0x020000\n");
	}
	if (device->driver) {
		snprintf(path, sizeof(path), "%s/driver", dir);
		snprintf(target, sizeof(target), "../../../bus/%s/drivers/%s", bus, device->driver);
		snprintf(dir, sizeof(dir), "sys/bus/%s/drivers/%s/.keep", bus, device->driver);
		machine_write(m, dir, "");
		machine_link(m, path, target);
		snprintf(dir, sizeof(dir), "sys/devices/%s0000:00/%s", bus, device->name);
	}
	if (device->group >= 0) {
		snprintf(path, sizeof(path), "%s/iommu_group", dir);
		snprintf(target, sizeof(target), "../../../kernel/iommu_groups/%d", device->group);
		machine_link(m, path, target);
	}
	snprintf(path, sizeof(path), "sys/bus/%s/devices/%s", bus, device->name);
	snprintf(target, sizeof(target), "../../../devices/%s0000:00/%s", bus, device->name);
	machine_link(m, path, target);
}

void machine_records(struct machine *m, const char *text)
{
	char err[160] = "";
	size_t len;
	u8 *data;

	if (mkrec(text, &data, &len, err, sizeof(err)) < 0)
		fail_msg("mkrec: %s", err);
	machine_write_bytes(m, PATH_HELPER "/" MACHINE_SMMU "/" SMMU_ADOPT_FILE_RECORDS, data, len);
	free(data);
}

void machine_records_more(struct machine *m, const char *more)
{
	char text[8192];

	(void)snprintf(text, sizeof(text), "%s%s", machine_standard_records, more);
	machine_records(m, text);
}

bool machine_held(struct machine *m, const char *bus, const char *name)
{
	char path[160];

	snprintf(path, sizeof(path), "sys/bus/%s/devices/%s/driver_override", bus, name);
	return strcmp(machine_read(m, path), HOLD_DRIVER) == 0;
}

bool machine_is_master(struct machine *m, const char *name)
{
	char path[160];

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/config", name);
	return machine_read(m, path)[4] & 4;
}

void machine_standard(struct machine *m)
{
	static const struct machine_device devices[] = {
		{ .name = "0000:00:00.0", .group = 0, .driver = "pcieport", .bridge = true },
		{ .name = "0000:00:01.0", .group = 1 },
		{ .name = "0000:00:02.0", .group = 2 },
		{ .name = "0000:00:03.0", .group = 3, .off = true },
	};
	size_t i;

	machine_new(m);
	for (i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		machine_device(m, &devices[i]);
	machine_records(m, machine_standard_records);
}

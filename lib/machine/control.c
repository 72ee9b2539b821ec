// SPDX-License-Identifier: LGPL-2.1-or-later
/* control.c - the only user of /dev/smmu_adopt. */
#include "lib/machine/control.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include "lib/base/cleanup.h"
#include "lib/story/names.h"
#include "kmod/smmu_adopt_uapi.h"

static int call(const struct fsroot *root, unsigned long request, void *arg)
{
	_cleanup_close_ int fd =
		fsroot_openat(root, O_RDWR | O_NOCTTY | O_NONBLOCK, 0, "%s", PATH_CONTROL);

	if (fd < 0)
		return fd;
	return ioctl(fd, request, arg) < 0 ? -errno : 0;
}

/* The helper's answer is only an errno; the caller reads the result back from the device. */
static int call_for(const struct fsroot *root, unsigned long request, const char *name)
{
	struct smmu_adopt_device device = { .flags = 0 };

	if (strlen(name) >= sizeof(device.name))
		return -ENAMETOOLONG;
	strcpy(device.name, name);
	return call(root, request, &device);
}

int control_info(const struct fsroot *root, struct control_info *ret)
{
	struct smmu_adopt_info info = { .version = 0 };
	int rc = call(root, SMMU_ADOPT_IOC_INFO, &info);

	if (rc < 0)
		return rc;
	if (!info.version || info.version >= 0x10000)
		return -EPROTO;
	ret->version = info.version;
	ret->attach_flush = info.flags & SMMU_ADOPT_INFO_ATTACH_FLUSH;
	return 0;
}

int control_resets_detach(const struct fsroot *root)
{
	struct smmu_adopt_info info = { .version = 0 };
	int rc = call(root, SMMU_ADOPT_IOC_INFO, &info);

	if (rc < 0)
		return rc;
	if (info.version < CONTROL_VERSION_RESETS)
		return -ENOTTY;
	return (info.flags & SMMU_ADOPT_INFO_RESET_DETACHES) != 0;
}

int control_master_off(const struct fsroot *root, const char *name)
{
	return call_for(root, SMMU_ADOPT_IOC_MASTER_OFF, name);
}

int control_flush(const struct fsroot *root, const char *name)
{
	return call_for(root, SMMU_ADOPT_IOC_FLUSH, name);
}

int control_domain(const struct fsroot *root, const char *name)
{
	return call_for(root, SMMU_ADOPT_IOC_DOMAIN, name);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * tree.c - make a folder the root of this process by chroot(2). A user namespace allows this
 * without privilege.
 *
 * A shell file of another machine is foreign code. A shell of this machine runs it, as the tree's
 * shell may be of another architecture, in namespaces of its own: the root is a folder in memory
 * that holds a bind mount of the tree, the shell, the dynamic loader and the C library. All of
 * this is read-only and has no network. All processes in it end when the first one is killed.
 *
 * The shell may neither start a process nor become another program. The tree's programs are
 * foreign code, and this machine's programs would answer for this machine, not for the other one.
 * The kernel kills a shell that tries, and tells by the signal.
 */
#include "resolve/tree.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/cleanup.h"

#define BASE "/tmp"	     /* where the confined root is put together */
#define TOOLS "/.smmu-adopt" /* a folder in it */
#define NAMES_MAX 256

/* This machine's own root folder, opened by tree_enter(). */
static int host_root = -1;

static int put(const char *path, const char *text)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return -errno;
	return 0;
}

/*
 * Enter a user namespace in which we are root. Files that we make there belong to our user
 * outside.
 */
static int own_users(int more)
{
	char uid[48], gid[48];
	int rc;

	snprintf(uid, sizeof(uid), "0 %u 1\n", (unsigned int)geteuid());
	snprintf(gid, sizeof(gid), "0 %u 1\n", (unsigned int)getegid());
	if (unshare(CLONE_NEWUSER | more) < 0)
		return -errno;
	rc = put("/proc/self/setgroups", "deny");
	if (rc == 0 || rc == -ENOENT)
		rc = put("/proc/self/uid_map", uid);
	return rc < 0 ? rc : put("/proc/self/gid_map", gid);
}

int tree_enter(struct fsroot *root, const char *path, struct errbuf *err)
{
	_cleanup_free_ char *whole = realpath(path, NULL);
	int rc = 0;

	if (!whole || chdir(whole) < 0) {
		errbuf_set(err, "%s: %s", path, strerror(errno));
		return -errno;
	}
	if (strcmp(whole, "/") == 0)
		return fsroot_open(root, "/");
	host_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (chroot(".") < 0) {
		rc = errno == EPERM ? own_users(0) : -errno;
		if (rc == 0 && chroot(".") < 0)
			rc = -errno;
	}
	if (rc < 0) {
		errbuf_set(err,
			   "%s: to read the files of another machine needs root or user "
			   "namespaces: %s",
			   path, strerror(-rc));
		return rc;
	}
	/* Without this, libudev refuses a /sys that is no mounted sysfs. */
	setenv("SYSTEMD_DEVICE_VERIFY_SYSFS", "0", 1);
	rc = fsroot_open(root, "/");
	root->real = false;
	return rc;
}

int tree_leave(void)
{
	if (host_root < 0)
		return 0;
	return fchdir(host_root) < 0 || chroot(".") < 0 ? -errno : 0;
}

static int own_namespaces(void)
{
	const int more = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC;
	int rc = own_users(more);

	/* We may be root on a machine where users may have no namespaces. */
	if (rc < 0 && unshare(more) == 0)
		rc = 0;
	return rc;
}

/* Fork the first process of the PID namespace: when it ends, all others end. */
static int first_process(void)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		return 0;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		_exit(TREE_FORBIDDEN);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

static int bind_onto(const char *from, const char *to, bool folder)
{
	_cleanup_close_ int fd = -1;

	if (folder ? mkdir(to, 0755) < 0
		   : (fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) < 0)
		return -errno;
	return mount(from, to, NULL, MS_BIND | MS_REC, NULL) < 0 ? -errno : 0;
}

struct copying {
	const struct fsroot *tree;
	int rc;
};

/* Copy one entry of the tree's top folder, which is the working folder. */
static int copy_top(void *priv, const char *name)
{
	struct copying *c = priv;
	char to[FSROOT_PATH_MAX], target[FSROOT_PATH_MAX];
	struct stat st;

	if (fstatat(AT_FDCWD, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	snprintf(to, sizeof(to), BASE "/%.255s", name);
	if (S_ISLNK(st.st_mode) && fsroot_link(c->tree, target, "%s", name) > 0)
		c->rc = symlink(target, to) < 0 ? -errno : 0;
	else if (S_ISDIR(st.st_mode) || S_ISREG(st.st_mode))
		c->rc = bind_onto(name, to, S_ISDIR(st.st_mode));
	return c->rc;
}

/* The file of the dynamic loader, or of the C library, that this program runs with. */
static int file_of(const void *address, char *buf, size_t cap)
{
	Dl_info info;
	_cleanup_free_ char *path = NULL;

	if (!address || !dladdr(address, &info) || !info.dli_fname)
		return -ENOEXEC;
	path = realpath(info.dli_fname, NULL);
	if (!path || strlen(path) >= cap)
		return -ENOEXEC;
	strcpy(buf, path);
	return 0;
}

static int bind_tools(const char *program, const char *argv[TREE_WORDS])
{
	static char shell[64];
	char loader[512], libc[512], *slash;
	int rc = file_of((const void *)getauxval(AT_BASE), loader, sizeof(loader));

	if (rc == 0)
		rc = file_of((const void *)(uintptr_t)getpid, libc, sizeof(libc));
	if (rc < 0)
		return rc;
	slash = strrchr(libc, '/');
	*slash = 0;
	snprintf(shell, sizeof(shell), BASE TOOLS "/%.32s", strrchr(program, '/') + 1);
	if (mkdir(BASE TOOLS, 0755) < 0)
		return -errno;
	rc = bind_onto(loader, BASE TOOLS "/loader", false);
	if (rc == 0)
		rc = bind_onto(libc, BASE TOOLS "/lib", true);
	if (rc == 0)
		rc = bind_onto(program, shell, false);
	argv[0] = TOOLS "/loader";
	argv[1] = "--library-path";
	argv[2] = TOOLS "/lib";
	argv[3] = shell + strlen(BASE);
	argv[4] = NULL;
	return rc;
}

static int seal(void)
{
	struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
	};
	const struct rlimit seconds = { 5, 5 }, bytes = { 512u << 20, 512u << 20 };
	const struct rlimit none = { 0, 0 };

	if (chdir(BASE) < 0 || mount_setattr(AT_FDCWD, ".", AT_RECURSIVE, &attr, sizeof(attr)) < 0)
		return -errno;
	/* The old root is now mounted below the new one; unmount it. */
	if (syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return -errno;
	setrlimit(RLIMIT_CPU, &seconds);
	setrlimit(RLIMIT_AS, &bytes);
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return 0;
}

#define LOAD(member, more) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member) + (more))
#define IF_EQUAL(value, then, otherwise) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), then, otherwise)

/*
 * Forbid all ways to another process or program. One execve() is needed, that of the shell: its
 * path lies at @program, where no path lies in the program that runs then.
 */
static int forbid_programs(const char *program)
{
	const uint64_t at = (uintptr_t)program;
	const bool swapped = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	struct sock_filter filter[] = {
		LOAD(nr, 0),
#ifdef __NR_fork
		IF_EQUAL(__NR_fork, 10, 0),
		IF_EQUAL(__NR_vfork, 9, 0),
#else
		IF_EQUAL(__NR_clone, 10, 0),
		IF_EQUAL(__NR_clone, 9, 0),
#endif
		IF_EQUAL(__NR_clone, 8, 0),
		IF_EQUAL(__NR_clone3, 7, 0),
		IF_EQUAL(__NR_execveat, 6, 0),
		IF_EQUAL(__NR_execve, 0, 4),
		LOAD(args[0], 0),
		IF_EQUAL(swapped ? at >> 32 : at, 0, 3),
		LOAD(args[0], 4),
		IF_EQUAL(swapped ? at : at >> 32, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	const struct sock_fprog code = { sizeof(filter) / sizeof(filter[0]), filter };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &code) < 0 ? -errno : 0;
}

int tree_confine(const struct fsroot *root, const char *program, const char *argv[TREE_WORDS])
{
	struct copying c = { .tree = root };
	/*
	 * An open folder stays in the namespace it was opened in; the working folder moves with
	 * us.
	 */
	int rc = fchdir(root->fd) < 0 ? -errno : own_namespaces();

	if (rc == 0)
		rc = first_process();
	if (rc < 0)
		return rc;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", BASE, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755") < 0)
		return -errno;
	rc = fsroot_each(root, NAMES_MAX, copy_top, &c, ".");
	if (rc == 0)
		rc = bind_tools(program, argv);
	if (rc == 0)
		rc = seal();
	return rc < 0 ? rc : forbid_programs(argv[0]);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * support_run.c - stdout and stderr are files while the program runs: what it
 * does is what it would do in a pipe.
 */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "tests/unit/support_mkrec.h"
#include "tests/unit/support_run.h"

static char *slurp(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text;

	assert_true(size >= 0);
	text = calloc(1, (size_t)size + 1);
	assert_non_null(text);
	assert_int_equal(pread(fd, text, (size_t)size, 0), size);
	close(fd);
	return text;
}

/* run-units.sh holds every answer in JSON against its schema. */
static void keep_json(const char *text)
{
	const char *kept = getenv("UNITS_JSON");
	static unsigned int number;
	char path[512];

	if (!kept || text[0] != '{')
		return;
	(void)snprintf(path, sizeof(path), "%s/%d-%u.json", kept, (int)getpid(), number++);
	file_write(path, text, strlen(text));
}

void run_ctl(const char *const *args, struct run *ret)
{
	int old_out = dup(STDOUT_FILENO), old_err = dup(STDERR_FILENO);
	int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC);
	char *argv[16] = { (char *)"smmu-adoptctl" };
	int argc = 1;

	for (; args[argc - 1]; argc++)
		argv[argc] = (char *)args[argc - 1];
	/* Whoever runs the tests may have a wide window; what is kept is read by people. */
	assert_int_equal(setenv("COLUMNS", "80", 1), 0);
	fflush(NULL);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	ret->code = ctl_run(argc, argv);
	unsetenv("COLUMNS");
	fflush(NULL);
	dup2(old_out, STDOUT_FILENO);
	dup2(old_err, STDERR_FILENO);
	close(old_out);
	close(old_err);
	ret->out = slurp(out);
	ret->err = slurp(err);
	keep_json(ret->out);
}

void run_free(struct run *run)
{
	free(run->out);
	free(run->err);
	*run = (struct run){ 0 };
}

void run_logs_as(const char *path, const char *golden)
{
	struct run run;

	run_ctl(ARGS("log", path), &run);
	if (run.code != EXIT_DONE)
		fail_msg("%s: exit %d, %s", path, run.code, run.err);
	golden_compare(golden, run.out);
	run_free(&run);
}

void run_is_refused(const char *path, const char *message, const char *const *args)
{
	struct run run;

	run_ctl(args, &run);
	if (run.code != EXIT_FAILED || run.out[0] || !strstr(run.err, message) ||
	    !strstr(run.err, path))
		fail_msg("%s: exit %d, '%s' instead of '%s'", args[0], run.code, run.err, message);
	assert_ptr_equal(strchr(run.err, '\n'), run.err + strlen(run.err) - 1);
	run_free(&run);
}

char *folder;

int scratch_set_up(void **state)
{
	(void)state;
	folder = strdup("/tmp/smmu-adoptctl-test.XXXXXX");
	assert_non_null(folder);
	assert_non_null(mkdtemp(folder));
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

int scratch_tear_down(void **state)
{
	(void)state;
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(folder);
	return 0;
}

const char *scratch_path(char buf[512], const char *name)
{
	(void)snprintf(buf, 512, "%s/%s", folder, name);
	return buf;
}

void scratch_folders(const char *name)
{
	char path[512], *slash;

	(void)scratch_path(path, name);
	for (slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = 0;
		if (mkdir(path, 0700) < 0)
			assert_int_equal(errno, EEXIST);
		*slash = '/';
	}
}

void scratch_put(const char *name, const void *data, size_t len)
{
	scratch_folders(name);
	file_write(PATH(name), data, len);
}

void scratch_put_golden(const char *golden, const char *name)
{
	size_t len;
	u8 *stream = golden_stream(golden, &len);

	scratch_put(name, stream, len);
	free(stream);
}

void file_write(const char *path, const void *data, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

char *file_read(const char *path, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return NULL;
	assert_int_equal(fstat(fd, &st), 0);
	if (ret_len)
		*ret_len = (size_t)st.st_size;
	return slurp(fd);
}

u8 *golden_stream(const char *name, size_t *ret_len)
{
	char path[256], err[160] = "";
	u8 *stream = NULL;
	char *text;

	/* Some were recorded in the emulated machine: they pin the bytes of the format, too. */
	(void)snprintf(path, sizeof(path), "tests/golden/%s.rec", name);
	stream = (u8 *)file_read(path, ret_len);
	if (stream)
		return stream;
	(void)snprintf(path, sizeof(path), "tests/golden/%s.rectxt", name);
	text = file_read(path, NULL);
	if (!text)
		fail_msg("%s: cannot be read; run the tests from the top folder", path);
	if (mkrec(text, &stream, ret_len, err, sizeof(err)) < 0)
		fail_msg("%s: %s", path, err);
	free(text);
	return stream;
}

/* The first line in which the two differ; 0 when they do not. */
static int first_difference(const char *a, const char *b, const char **ret_a, const char **ret_b)
{
	int line = 1;

	if (!strcmp(a, b))
		return 0;
	*ret_a = a;
	*ret_b = b;
	for (; *a && *a == *b; a++, b++) {
		if (*a != '\n')
			continue;
		line++;
		*ret_a = a + 1;
		*ret_b = b + 1;
	}
	return line;
}

void golden_compare(const char *file, const char *text)
{
	const char *is, *was;
	char path[256];
	char *want;
	int line;

	(void)snprintf(path, sizeof(path), "tests/golden/%s", file);
	if (getenv("UPDATE")) {
		file_write(path, text, strlen(text));
		return;
	}
	want = file_read(path, NULL);
	if (!want)
		fail_msg("%s is missing; UPDATE=1 makes it", path);
	line = first_difference(text, want, &is, &was);
	if (line)
		fail_msg("%s, line %d (UPDATE=1 replaces it)\n is: %.*s\nwas: %.*s", path, line,
			 (int)strcspn(is, "\n"), is, (int)strcspn(was, "\n"), was);
	free(want);
}

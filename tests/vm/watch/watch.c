// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * watch - reads QEMU's log and the guest's console while they are written.
 *
 *   watch --console FIFO --log FIFO --out DIR [--cap BYTES] [--ram BASE:SIZE]
 *   watch --script FILE [--ram BASE:SIZE]
 *
 * A storm of refused transactions makes gigabytes of log, so the log never reaches the disk as a
 * whole: it is counted as it comes and a capped copy is kept. The pipe makes QEMU wait if we are
 * too slow; nothing is lost. To stdout go the console's markers, for the runner:
 *   phase NAME | fact KEY VALUE | panic | boot
 * DIR gets console-crashed.log, console-capture.log, smmu.log and dma.json.
 *
 * Which phase a log line belongs to is decided by time stamps. A marker older than a log line is
 * always known when that line is counted: QEMU writes the console synchronously, and the console
 * is drained after a piece of the log was read and before it is counted.
 *
 * --script replays one file with lines "T <microseconds>", "C <console line>" and "L <log line>"
 * and writes the JSON to stdout: the form of the tests.
 */
#include "tally.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_LEN 2048
#define READ_LEN 65536
#define PIPE_LEN (1 << 20)
#define DEFAULT_CAP (20u << 20)

/* Cuts a stream into lines; a line longer than the buffer is cut short and counted once. */
struct splitter {
	char buf[LINE_LEN];
	size_t len;
	bool cut;
};

struct watch {
	struct tally tally;
	struct tally_output out;
	int console_fd, log_fd;
	struct splitter console, log;
	FILE *console_file, *log_file;
	const char *dir;
	uint64_t cap, kept_storm, kept_events;
};

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static FILE *open_in(const char *dir, const char *name)
{
	char path[4096];
	FILE *f;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path)) {
		fprintf(stderr, "watch: path too long: %s/%s\n", dir, name);
		exit(1);
	}
	f = fopen(path, "we");
	if (!f) {
		fprintf(stderr, "watch: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	return f;
}

/* --- the log -----------------------------------------------------------------------------------
 */

/* Transactions get the whole cap, the rare events a quarter more, so that they survive a storm. */
static void keep_line(struct watch *w, const char *line, enum tally_line kind)
{
	uint64_t *kept = kind == LINE_EVENT ? &w->kept_events : &w->kept_storm;
	uint64_t cap = kind == LINE_EVENT ? w->cap / 4 : w->cap;
	size_t n = strlen(line) + 1;

	w->out.log_bytes_total += n;
	if (*kept + n > cap) {
		w->out.log_lines_left_out++;
		return;
	}
	*kept += n;
	w->out.log_bytes_kept += n;
	if (w->log_file)
		fprintf(w->log_file, "%s\n", line);
}

static void log_line(struct watch *w, const char *line, int64_t us)
{
	keep_line(w, line, tally_log_line(&w->tally, line, us));
}

/* --- the console -------------------------------------------------------------------------------
 */

static void console_line(struct watch *w, char *line, int64_t us)
{
	const char *rest = "";
	enum tally_mark mark;

	line[strcspn(line, "\r")] = '\0';
	mark = tally_console_line(&w->tally, line, us, &rest);
	if (mark == MARK_BOOT && !w->out.capture_booted) {
		w->out.capture_booted = true;
		if (w->dir) {
			fclose(w->console_file);
			w->console_file = open_in(w->dir, "console-capture.log");
		}
	}
	if (!w->dir)
		return;
	fprintf(w->console_file, "%s\n", line);
	fflush(w->console_file);
	if (mark == MARK_PHASE)
		printf("phase %s\n", rest);
	else if (mark == MARK_FACT)
		printf("fact %s\n", rest);
	else if (mark == MARK_PANIC)
		printf("panic\n");
	else if (mark == MARK_BOOT)
		printf("boot\n");
	fflush(stdout);
}

/* --- streams -----------------------------------------------------------------------------------
 */

typedef void (*line_fn)(struct watch *w, char *line, int64_t us);

static void end_line(struct watch *w, struct splitter *s, line_fn fn, int64_t us)
{
	s->buf[s->len] = '\0';
	w->out.overlong += s->cut;
	s->len = 0;
	s->cut = false;
	fn(w, s->buf, us);
}

static void split(struct watch *w, struct splitter *s, const char *data, size_t n, line_fn fn,
		  int64_t us)
{
	while (n) {
		const char *nl = memchr(data, '\n', n);
		size_t part = nl ? (size_t)(nl - data) : n;
		size_t room = sizeof(s->buf) - 1 - s->len;
		size_t take = part < room ? part : room;

		for (size_t i = 0; i < take; i++) /* a NUL would hide the rest of its line */
			s->buf[s->len + i] = data[i] ? data[i] : '?';
		s->len += take;
		s->cut |= take < part;
		if (!nl)
			return;
		end_line(w, s, fn, us);
		n -= part + 1;
		data = nl + 1;
	}
}

static void log_line_fn(struct watch *w, char *line, int64_t us)
{
	log_line(w, line, us);
}

/* Returns 1 = got data, 0 = nothing now, -1 = end of stream. */
static int read_some(int fd, char *buf, ssize_t *ret_n)
{
	*ret_n = read(fd, buf, READ_LEN);
	if (*ret_n > 0)
		return 1;
	if (*ret_n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return -1;
}

static void drain_console(struct watch *w)
{
	static char buf[READ_LEN];
	ssize_t n;

	while (w->console_fd >= 0 && read_some(w->console_fd, buf, &n) == 1)
		split(w, &w->console, buf, (size_t)n, console_line, now_us());
}

static void run(struct watch *w)
{
	static char buf[READ_LEN];
	struct pollfd p[2];
	ssize_t n;

	while (w->console_fd >= 0 || w->log_fd >= 0) {
		p[0] = (struct pollfd){ .fd = w->console_fd, .events = POLLIN };
		p[1] = (struct pollfd){ .fd = w->log_fd, .events = POLLIN };
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		if (p[1].revents & POLLIN) {
			int got = read_some(w->log_fd, buf, &n);
			int64_t us = now_us();

			drain_console(w);
			if (got == 1)
				split(w, &w->log, buf, (size_t)n, log_line_fn, us);
		} else if (p[0].revents & POLLIN) {
			drain_console(w);
		}
		/* No writer is left; POLLHUP is not reported before there was one. */
		for (int i = 0; i < 2; i++) {
			if (!(p[i].revents & (POLLHUP | POLLERR | POLLNVAL)) ||
			    p[i].revents & POLLIN)
				continue;
			if (i == 0)
				w->console_fd = -1;
			else
				w->log_fd = -1;
		}
	}
	if (w->console.len)
		end_line(w, &w->console, console_line, now_us());
	if (w->log.len)
		end_line(w, &w->log, log_line_fn, now_us());
}

static int script(struct watch *w, const char *path)
{
	FILE *f = fopen(path, "re");
	char line[LINE_LEN];
	int64_t us = 0;

	if (!f) {
		fprintf(stderr, "watch: %s: %s\n", path, strerror(errno));
		return 1;
	}
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "T ", 2))
			us = strtoll(line + 2, NULL, 10);
		else if (!strncmp(line, "C ", 2))
			console_line(w, line + 2, us);
		else if (!strncmp(line, "L ", 2))
			log_line(w, line + 2, us);
	}
	fclose(f);
	return tally_write_json(&w->tally, &w->out, stdout) < 0;
}

static int open_fifo(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0) {
		fprintf(stderr, "watch: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	(void)fcntl(fd, F_SETPIPE_SZ, PIPE_LEN); /* fewer wake-ups; the limit may forbid it */
	return fd;
}

static int finish(struct watch *w)
{
	FILE *f = open_in(w->dir, "dma.json");
	int r;

	if (w->out.log_lines_left_out)
		fprintf(w->log_file, "# watch: cap reached, %" PRIu64 " lines left out\n",
			w->out.log_lines_left_out);
	r = tally_write_json(&w->tally, &w->out, f);
	r |= fclose(f) | fclose(w->log_file) | fclose(w->console_file);
	if (r)
		fprintf(stderr, "watch: writing to %s failed\n", w->dir);
	return r ? 1 : 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "console", required_argument, NULL, 'c' },
		{ "log", required_argument, NULL, 'l' },
		{ "out", required_argument, NULL, 'o' },
		{ "cap", required_argument, NULL, 'k' },
		{ "ram", required_argument, NULL, 'r' },
		{ "script", required_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};
	static struct watch w = { .cap = DEFAULT_CAP };
	const char *console = NULL, *log = NULL, *script_path = NULL;
	uint64_t base = 0x40000000, size = 1ull << 30;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'c': console = optarg; break;
		case 'l': log = optarg; break;
		case 'o': w.dir = optarg; break;
		case 'k': w.cap = strtoull(optarg, NULL, 0); break;
		case 's': script_path = optarg; break;
		case 'r':
			if (sscanf(optarg, "%" SCNx64 ":%" SCNx64, &base, &size) == 2)
				break;
			fprintf(stderr, "watch: --ram wants BASE:SIZE in hexadecimal\n");
			return 2;
		default: return 2;
		}
	}
	tally_init(&w.tally, base, size);
	if (script_path)
		return script(&w, script_path);
	if (!console || !log || !w.dir) {
		fprintf(stderr,
			"usage: watch --console FIFO --log FIFO --out DIR [--cap N] [--ram B:S]\n");
		return 2;
	}
	w.console_fd = open_fifo(console);
	w.log_fd = open_fifo(log);
	w.console_file = open_in(w.dir, "console-crashed.log");
	w.log_file = open_in(w.dir, "smmu.log");
	printf("ready\n");
	fflush(stdout);
	run(&w);
	return finish(&w);
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * verify.c - what it costs to see whether 64 devices were attached, behind an SMMU whose snapshot
 * has 60,000 entries: a look at all of them against a look at each, and against a look at one.
 * Seconds are for people; the claim is the ratio.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/rec.h"
#include "daemon/act/look.h"
#include "lib/base/clock.h"
#include "lib/story/names.h"

#define ENTRIES 60000u
#define DEVICES 64u
#define ROUNDS 5 /* of which the best counts: the host has other work */
#define SMMU "arm-smmu-v3.0.auto"
/* More than that, and not all of them are looked at together. */
#define RATIO_MAX 2.0

static void put(FILE *out, struct rec *rec)
{
	u8 frame[REC_HEADER_BYTES + REC_MAX_PAYLOAD];
	int n = rec_encode(rec, frame, sizeof(frame));

	if (n < 0 || fwrite(frame, (size_t)n, 1, out) != 1)
		exit(1);
}

static void put_streams(FILE *out, u16 phase)
{
	struct rec rec = { .type = REC_SMMU };
	u32 i;

	rec.smmu.phase = phase;
	rec.smmu.state = ADOPT_ADOPTED;
	strcpy(rec.smmu.name, SMMU);
	put(out, &rec);
	for (i = 0; i < ENTRIES; i++) {
		rec = (struct rec){ .type = REC_STE };
		rec.ste.phase = phase;
		rec.ste.sid = i;
		memset(rec.ste.raw, (int)i, sizeof(rec.ste.raw));
		put(out, &rec);
		rec = (struct rec){ .type = REC_CD };
		rec.cd.phase = phase;
		rec.cd.sid = i;
		memset(rec.cd.raw, (int)i, sizeof(rec.cd.raw));
		put(out, &rec);
	}
}

static void make_records(const char *path, struct inv_device *devices)
{
	struct rec rec = { .type = REC_FILE };
	FILE *out = fopen(path, "we");
	u32 i;

	if (!out)
		exit(1);
	rec.file.producer = REC_PRODUCER_HELPER;
	put(out, &rec);
	put_streams(out, REC_PHASE_CRASH);
	put_streams(out, REC_PHASE_NOW);
	for (i = 0; i < DEVICES; i++) {
		devices[i].n_sids = 1;
		devices[i].sids[0] = i * (ENTRIES / DEVICES);
		(void)snprintf(devices[i].name, sizeof(devices[i].name), "0000:%02x:00.0", i);
		rec = (struct rec){ .type = REC_DEVICE };
		rec.device.phase = REC_PHASE_NOW;
		rec.device.sid_count = 1;
		rec.device.sids[0] = devices[i].sids[0];
		strcpy(rec.device.name, devices[i].name);
		put(out, &rec);
	}
	if (fclose(out))
		exit(1);
}

static double least(double a, double b)
{
	return a < b ? a : b;
}

/* Seconds of @looks looks, at @each devices each. */
static double look(struct act_real *real, const struct inv_device *const *devs, size_t looks,
		   size_t each)
{
	static struct act_sight sights[DEVICES];
	u64 begin = clock_now_ns();
	size_t i, k;

	for (i = 0; i < looks; i++) {
		if (look_real(real, SMMU, devs + i, each, sights) < 0)
			exit(1);
		for (k = 0; k < each; k++)
			if (!sights[k].has_device || sights[k].n_stes != 1)
				exit(1);
	}
	return (double)(clock_now_ns() - begin) / 1e9;
}

int main(void)
{
	static struct inv_device devices[DEVICES];
	const struct inv_device *devs[DEVICES];
	char dir[] = "/tmp/smmu-adopt-bench.XXXXXX", path[160], command[64];
	struct fsroot root;
	struct act_real real = { .root = &root };
	double one, all, apart;
	struct stat st;
	u32 i;

	if (!mkdtemp(dir))
		return 1;
	(void)snprintf(path, sizeof(path), "mkdir -p %s/%s/%s", dir, PATH_HELPER, SMMU);
	if (system(path))
		return 1;
	(void)snprintf(path, sizeof(path), "%s/%s/%s/%s", dir, PATH_HELPER, SMMU,
		       SMMU_ADOPT_FILE_RECORDS);
	make_records(path, devices);
	for (i = 0; i < DEVICES; i++)
		devs[i] = &devices[i];
	if (fsroot_open(&root, dir) < 0 || stat(path, &st) < 0)
		return 1;
	one = all = 1e9;
	for (i = 0; i < ROUNDS; i++) {
		one = least(one, look(&real, devs, 1, 1));
		all = least(all, look(&real, devs, 1, DEVICES));
	}
	apart = look(&real, devs, 4, 1) * DEVICES / 4;
	fsroot_close(&root);
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (system(command))
		return 1;
	printf("%u devices, %u entries, %.1f MB of records: one device %.3f s, all together %.3f s, "
	       "one by one %.2f s\n",
	       DEVICES, ENTRIES, (double)st.st_size / 1e6, one, all, apart);
	printf("all together to one: %.2f (at most %.1f); one by one to all together: %.0f\n",
	       all / one, RATIO_MAX, apart / all);
	return all / one > RATIO_MAX;
}

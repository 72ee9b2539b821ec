// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * adopt_log.c - the driver's messages, all known versions of the series and our
 * own driver: "arm-smmu-v3 <device>: kdump: <text>", later "kexec: <text>".
 * Texts are matched by the part that no version changed.
 */
#include "adopt_log.h"

static const struct {
	const char *text;
	enum adopt_reason reason;
} messages[] = {
	{ "non-coherent SMMU", ADOPT_WHY_NOT_COHERENT },
	{ "SMMU in Service Failure Mode", ADOPT_WHY_SFM },
	{ "failed to reserve in-use ASIDs/VMIDs", ADOPT_WHY_SCAN },
	{ "invalid STRTAB format", ADOPT_WHY_GEOMETRY },
	{ "unsupported STRTAB_SPLIT", ADOPT_WHY_GEOMETRY },
	{ "log2size", ADOPT_WHY_GEOMETRY },
	{ "l1 entries", ADOPT_WHY_GEOMETRY },
	{ "unsupported span", ADOPT_WHY_GEOMETRY },
	{ "bad l2 table base", ADOPT_WHY_GEOMETRY },
	{ "unaligned", ADOPT_WHY_GEOMETRY },
	{ "is not in the crashed kernel's memory", ADOPT_WHY_GEOMETRY },
	{ "falling back to full reset", ADOPT_WHY_FALLBACK },
	{ "SMMU currently enabled! Resetting", ADOPT_WHY_STOCK },
};

static size_t length(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

/* Where @text begins in @line, or @len. */
static size_t find(const char *line, size_t len, const char *text)
{
	size_t n = length(text), i;

	for (i = 0; n <= len && i <= len - n; i++)
		if (!memcmp(line + i, text, n))
			return i;
	return len;
}

enum adopt_reason adopt_log_line(const char *line, size_t len, const char *dev)
{
	size_t at = find(line, len, dev), i;

	at += length(dev);
	/* The name ends here: "9050000.smmuv3" is no part of a longer one. */
	if (at >= len || line[at] != ':')
		return ADOPT_WHY_NONE;
	for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		if (find(line + at, len - at, messages[i].text) < len - at)
			return messages[i].reason;
	return ADOPT_WHY_NONE;
}

u32 adopt_log_rank(enum adopt_reason reason)
{
	switch (reason) {
	case ADOPT_WHY_NONE: return 0;
	case ADOPT_WHY_STOCK: return 1;
	case ADOPT_WHY_FALLBACK: return 2;
	default: return 3;
	}
}

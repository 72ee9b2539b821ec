// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * adopt_log.c - the driver's messages, all known versions of the series and our
 * own driver: "arm-smmu-v3 <device>: kdump: <text>", later "kexec: <text>".
 * Texts are matched by the part that no version changed.
 */
#include "adopt_log.h"

enum {
	RANK_STOCK = 1, /* that it was reset */
	RANK_FALLBACK,	/* that adoption was tried */
	RANK_CHECK,	/* which check failed */
	RANK_CULPRIT,	/* and on what */
};

static const char blames_sid[] = "SID 0x";

static const struct {
	const char *text;
	enum adopt_reason reason;
	u32 rank;
} messages[] = {
	{ blames_sid, ADOPT_WHY_SCAN, RANK_CULPRIT },
	{ "non-coherent SMMU", ADOPT_WHY_NOT_COHERENT, RANK_CHECK },
	{ "SMMU in Service Failure Mode", ADOPT_WHY_SFM, RANK_CHECK },
	{ "failed to reserve in-use ASIDs/VMIDs", ADOPT_WHY_SCAN, RANK_CHECK },
	{ "invalid STRTAB format", ADOPT_WHY_GEOMETRY, RANK_CULPRIT },
	{ "unsupported STRTAB_SPLIT", ADOPT_WHY_GEOMETRY, RANK_CULPRIT },
	{ "log2size", ADOPT_WHY_GEOMETRY, RANK_CULPRIT },
	{ "l1 entries", ADOPT_WHY_GEOMETRY, RANK_CULPRIT },
	{ "unsupported span", ADOPT_WHY_GEOMETRY, RANK_CULPRIT },
	{ "bad l2 table base", ADOPT_WHY_GEOMETRY, RANK_CULPRIT },
	{ "unaligned", ADOPT_WHY_GEOMETRY, RANK_CULPRIT },
	{ "is not in the crashed kernel's memory", ADOPT_WHY_GEOMETRY, RANK_CULPRIT },
	{ "not in cacheable memory", ADOPT_WHY_GEOMETRY, RANK_CULPRIT },
	{ "falling back to full reset", ADOPT_WHY_FALLBACK, RANK_FALLBACK },
	{ "SMMU currently enabled!", ADOPT_WHY_STOCK, RANK_STOCK },
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

/* Step over @text at @at, if it is there. */
static size_t skip(const char *line, size_t len, size_t at, const char *text)
{
	size_t n = length(text);

	return n <= len - at && !memcmp(line + at, text, n) ? at + n : at;
}

static u32 hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (u32)(c - '0');
	return c >= 'a' && c <= 'f' ? (u32)(c - 'a') + 10 : 16;
}

/* The number behind "SID 0x"; more digits than a StreamID has are no StreamID. */
static void take_sid(const char *line, size_t end, struct adopt_log_said *said)
{
	size_t at = said->at + find(line + said->at, said->len, blames_sid) + length(blames_sid);
	u32 digits = 0;

	for (; at < end && hex_digit(line[at]) < 16; at++, digits++)
		said->sid = said->sid << 4 | hex_digit(line[at]);
	said->has_sid = digits && digits <= 8;
}

bool adopt_log_text(const char *text, size_t len, struct adopt_log_said *ret)
{
	size_t i;

	for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		if (find(text, len, messages[i].text) == len)
			continue;
		*ret = (struct adopt_log_said){
			.reason = messages[i].reason,
			.rank = messages[i].rank,
			.len = len,
		};
		if (messages[i].text == blames_sid)
			take_sid(text, len, ret);
		return true;
	}
	return false;
}

bool adopt_log_line(const char *line, size_t len, const char *dev, struct adopt_log_said *ret)
{
	size_t at = find(line, len, dev);

	at += length(dev);
	/* The name ends here: "9050000.smmuv3" is no part of a longer one. */
	if (at >= len || line[at] != ':')
		return false;
	at = skip(line, len, at, ": ");
	at = skip(line, len, at, "kdump: ");
	at = skip(line, len, at, "kexec: ");
	while (len > at && line[len - 1] == '\n')
		len--;
	if (!adopt_log_text(line + at, len - at, ret))
		return false;
	ret->at = at;
	return true;
}

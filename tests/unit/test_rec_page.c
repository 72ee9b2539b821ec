// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_rec_page.c - smmu-adopt-records(5) says what the code writes: every type of record with all
 * its fields, and every value that has a name. Its tables are read here, so a type, a field or a
 * code that is new in core/ fails until the page has a line for it.
 */
#include "tests/unit/cmocka_all.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/names.h"
#include "core/rec.h"
#include "tests/unit/support_run.h"

#define PAGE "man/smmu-adopt-records.5"
#define HEADER "core/rec_types.h"
#define FIELDS 32

static char *page, *header;

static int setup(void **state)
{
	(void)state;
	page = file_read(PAGE, NULL);
	header = file_read(HEADER, NULL);
	return !page || !header;
}

static int teardown(void **state)
{
	(void)state;
	free(page);
	free(header);
	return 0;
}

/* The text from the line @from on up to the line @to, without these two. The caller frees it. */
static char *between(const char *text, const char *from, const char *to)
{
	const char *start = strstr(text, from), *end;

	if (!start)
		return NULL;
	start += strlen(from);
	end = strstr(start, to);
	return strndup(start, end ? (size_t)(end - start) : strlen(start));
}

/* ---- rows: ".It A Ta B Ta C" ---- */

struct row {
	char cell[2][64];
};

/* The next row of a table in @text; NULL when there is none. */
static const char *next_row(const char *text, struct row *ret)
{
	const char *line = strstr(text, "\n.It "), *p;
	size_t n, i;

	if (!line)
		return NULL;
	p = line + 5;
	memset(ret, 0, sizeof(*ret));
	for (i = 0; i < 2; i++) {
		const char *stop = strchrnul(p, '\n'), *ta = strstr(p, " Ta");

		n = (size_t)((ta && ta < stop ? ta : stop) - p);
		(void)snprintf(ret->cell[i], sizeof(ret->cell[i]), "%.*s", (int)n, p);
		if (!ta || ta > stop)
			break;
		p = ta + 3 + (ta[3] == ' ');
	}
	return line + 1;
}

/* ---- types and their fields ---- */

static size_t size_of(const char *type)
{
	static const struct {
		const char *name;
		size_t bytes;
	} types[] = { { "u8", 1 },  { "char", 1 }, { "u16", 2 },
		      { "u32", 4 }, { "s32", 4 },  { "u64", 8 } };
	size_t i, len = strcspn(type, "["), count = 1;

	if (type[len])
		count = (size_t)atoi(type + len + 1);
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strlen(types[i].name) == len && !strncmp(type, types[i].name, len))
			return types[i].bytes * count;
	fail_msg("'%s' is no type of a field", type);
	return 0;
}

/* The members of @name's struct in core/rec_types.h, in order; how many. */
static size_t members_of(const char *name, char ret[FIELDS][64])
{
	char opening[80], *body, *p, *end;
	size_t n = 0, i;

	(void)snprintf(opening, sizeof(opening), "\nstruct rec_%s {", name);
	for (i = 0; opening[i]; i++)
		if (opening[i] == '-')
			opening[i] = '_';
	body = between(header, opening, "\n};");
	if (!body)
		fail_msg("%s has no%s", HEADER, opening);
	while ((p = strstr(body, "/*")) && (end = strstr(p, "*/")))
		memset(p, ' ', (size_t)(end + 2 - p));
	/* A name stands before a comma, a semicolon or the size of an array. */
	for (p = body; *p; p++) {
		if (*p != ',' && *p != ';' && *p != '[')
			continue;
		for (end = p; end > body && (isalnum((unsigned char)end[-1]) || end[-1] == '_');)
			end--;
		assert_true(n < FIELDS && end < p);
		(void)snprintf(ret[n++], 64, "%.*s", (int)(p - end), end);
		if (*p == '[')
			p = strchr(p, ';');
	}
	free(body);
	return n;
}

static size_t payload_of(u16 type)
{
	static u8 buf[REC_HEADER_BYTES + 4096];
	struct rec rec = { .type = type };

	assert_true(rec_encode(&rec, buf, sizeof(buf)) > 0);
	return core_ld32(buf + 8);
}

static void check_fields(u16 type, const char *table)
{
	char member[FIELDS][64];
	size_t n = members_of(rec_type_name(type), member), k = 0, bytes = 0;
	struct row row;

	while ((table = next_row(table, &row))) {
		bytes += size_of(row.cell[0]);
		if (!row.cell[1][0])
			continue; /* goes on with the member before */
		if (k == n || strcmp(row.cell[1], member[k]) != 0)
			fail_msg("%s: the page has '%s' where the code has '%s'",
				 rec_type_name(type), row.cell[1], k < n ? member[k] : "nothing");
		k++;
	}
	if (k < n)
		fail_msg("%s: the page has no field '%s'", rec_type_name(type), member[k]);
	if (bytes != payload_of(type))
		fail_msg("%s: %zu bytes on the page, %zu in the record", rec_type_name(type), bytes,
			 payload_of(type));
}

static void test_types(void **state)
{
	char *types = between(page, "\n.Ss Types\n", "\n.Ss "), head[80], *table;
	u16 type;

	(void)state;
	assert_non_null(types);
	for (type = 1; type <= REC_TYPE_MAX; type++) {
		(void)snprintf(head, sizeof(head), "\n.It %u %s\n", type, rec_type_name(type));
		table = between(types, head, "\n.El");
		if (!table)
			fail_msg("%s has no '%.*s'", PAGE, (int)strlen(head) - 2, head + 1);
		check_fields(type, table);
		free(table);
	}
	free(types);
}

/* ---- values ---- */

static const char *reason_is_known(u32 reason)
{
	return strcmp(adopt_reason_text(reason), "unknown") ? "" : "unknown";
}

static const struct {
	const char *head;
	const char *(*name)(u32 value);
	u32 first; /* the lowest value; of 0, "unknown" may be the name */
} values[] = {
	{ "phase", rec_phase_name, 1 },
	{ "producer", rec_producer_name, 1 },
	{ "state of an SMMU", adopt_state_name, 0 },
	{ "reason", reason_is_known, 0 },
	{ "evidence", adopt_evidence_name, 0 },
	{ "asids", rec_asids_name, 0 },
	{ "entry", rec_entry_name, 0 },
	{ "flags of a device", rec_device_flag_name, 0 },
	{ "domain", rec_domain_name, 0 },
	{ "severity", rec_severity_name, 1 },
	{ "code of a finding", rec_finding_name, 1 },
	{ "action", rec_action_name, 1 },
	{ "outcome", rec_outcome_name, 1 },
	{ "stage", rec_stage_name, 1 },
	{ "queue", smmu_queue_name, 1 },
	{ "place", adopt_place_name, 0 },
	{ "odd of a queue", smmu_queue_odd_name, 0 },
	{ "verdict of a reserved region", rmr_verdict_name, 0 },
	{ "channel", rec_channel_name, 1 },
	{ "state of a channel", rec_channel_state_name, 1 },
};

#define VALUES 128 /* more than any enum has */

static void check_values(const char *head, const char *(*name_of)(u32), u32 first,
			 const char *table)
{
	bool seen[VALUES] = { false };
	const char *name;
	struct row row;
	u32 v;

	while ((table = next_row(table, &row))) {
		v = (u32)atoi(row.cell[0]);
		assert_true(v < VALUES);
		name = name_of(v);
		if (!name || (v && !strcmp(name, "unknown")))
			fail_msg("%s: the code does not know %u", head, v);
		/* Reasons are sentences: only that there is one is compared. */
		if (name[0] && strcmp(name, row.cell[1]) != 0)
			fail_msg("%s %u is '%s' on the page and '%s' in the code", head, v,
				 row.cell[1], name);
		seen[v] = true;
	}
	for (v = first; v < VALUES; v++) {
		name = name_of(v);
		if (name && (strcmp(name, "unknown") != 0 || !v) && !seen[v])
			fail_msg("%s: the page has no line for %u %s", head, v, name);
	}
}

static void test_values(void **state)
{
	char *all = between(page, "\n.Ss Values\n", "\n.Sh "), line[80], *table;
	size_t i;

	(void)state;
	assert_non_null(all);
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		(void)snprintf(line, sizeof(line), "\n.It %s\n", values[i].head);
		table = between(all, line, "\n.El");
		if (!table)
			fail_msg("%s has no values of '%s'", PAGE, values[i].head);
		check_values(values[i].head, values[i].name, values[i].first, table);
		free(table);
	}
	free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_types, setup, teardown),
		cmocka_unit_test_setup_teardown(test_values, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

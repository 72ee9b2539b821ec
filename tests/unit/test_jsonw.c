// SPDX-License-Identifier: LGPL-2.1-or-later
/* test_jsonw.c - exact output, escaping, and that wrong nesting is refused. */
#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/jsonw.h"

struct doc {
	struct jsonw w;
	FILE *out;
	char *text;
	size_t len;
};

static void doc_open(struct doc *doc)
{
	doc->out = open_memstream(&doc->text, &doc->len);
	assert_non_null(doc->out);
	jsonw_init(&doc->w, doc->out);
}

static void doc_close(struct doc *doc)
{
	fclose(doc->out);
	free(doc->text);
}

static void expect(struct doc *doc, const char *text)
{
	assert_int_equal(jsonw_finish(&doc->w), 0);
	assert_string_equal(doc->text, text);
	doc_close(doc);
}

static void test_document(void **state)
{
	struct doc doc;

	(void)state;
	doc_open(&doc);
	jsonw_object_begin(&doc.w, NULL);
	jsonw_string(&doc.w, "s", "x");
	jsonw_u64(&doc.w, "u", UINT64_MAX);
	jsonw_s64(&doc.w, "i", -5);
	jsonw_hex(&doc.w, "h", 0xfee0000ull);
	jsonw_bool(&doc.w, "b", false);
	jsonw_bytes(&doc.w, "raw", "\x00\xff\x1a", 3);
	jsonw_array_begin(&doc.w, "a");
	jsonw_ms(&doc.w, NULL, 12345678);
	jsonw_ms(&doc.w, NULL, -1500000);
	jsonw_ms(&doc.w, NULL, -999);
	jsonw_ms(&doc.w, NULL, INT64_MIN);
	jsonw_array_end(&doc.w);
	jsonw_array_begin(&doc.w, "empty");
	jsonw_array_end(&doc.w);
	jsonw_object_begin(&doc.w, "none");
	jsonw_object_end(&doc.w);
	jsonw_object_end(&doc.w);
	expect(&doc, "{\n"
		     "  \"s\": \"x\",\n"
		     "  \"u\": 18446744073709551615,\n"
		     "  \"i\": -5,\n"
		     "  \"h\": \"0xfee0000\",\n"
		     "  \"b\": false,\n"
		     "  \"raw\": \"00ff1a\",\n"
		     "  \"a\": [\n"
		     "    12.345,\n"
		     "    -1.500,\n"
		     "    0.000,\n"
		     "    -9223372036854.775\n"
		     "  ],\n"
		     "  \"empty\": [],\n"
		     "  \"none\": {}\n"
		     "}\n");
}

static void test_escaping(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "a\"b\\c/", "\"a\\\"b\\\\c/\"\n" },
		{ "\n\t\x01\x1f\x7f", "\"\\u000a\\u0009\\u0001\\u001f\\u007f\"\n" },
		{ "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\xa7",
		  "\"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\xa7\"\n" },
		{ "\xff", "\"\\ufffd\"\n" },
		{ "a\xc3", "\"a\\ufffd\"\n" },				      /* cut off */
		{ "\xe2\x82", "\"\\ufffd\\ufffd\"\n" },			      /* cut off */
		{ "\xf0\x9f\x90", "\"\\ufffd\\ufffd\\ufffd\"\n" },	      /* cut off */
		{ "\xc0\xaf", "\"\\ufffd\\ufffd\"\n" },			      /* overlong */
		{ "\xe0\x80\xaf", "\"\\ufffd\\ufffd\\ufffd\"\n" },	      /* overlong */
		{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"\n" },	      /* surrogate */
		{ "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"\n" }, /* too large */
		{ "\x80x", "\"\\ufffdx\"\n" },
		{ "", "\"\"\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct doc doc;

		doc_open(&doc);
		jsonw_string(&doc.w, NULL, cases[i].in);
		expect(&doc, cases[i].out);
	}
}

static void key_in_array(struct jsonw *w)
{
	jsonw_array_begin(w, NULL);
	jsonw_u64(w, "key", 1);
}

static void no_key_in_object(struct jsonw *w)
{
	jsonw_object_begin(w, NULL);
	jsonw_u64(w, NULL, 1);
}

static void wrong_end(struct jsonw *w)
{
	jsonw_object_begin(w, NULL);
	jsonw_array_end(w);
}

static void end_too_many(struct jsonw *w)
{
	jsonw_object_begin(w, NULL);
	jsonw_object_end(w);
	jsonw_object_end(w);
}

static void left_open(struct jsonw *w)
{
	jsonw_object_begin(w, NULL);
}

static void two_documents(struct jsonw *w)
{
	jsonw_u64(w, NULL, 1);
	jsonw_u64(w, NULL, 2);
}

static void key_at_top(struct jsonw *w)
{
	jsonw_u64(w, "key", 1);
}

static void nothing(struct jsonw *w)
{
	(void)w;
}

static void too_deep(struct jsonw *w)
{
	int i;

	for (i = 0; i < JSONW_MAX_DEPTH + 1; i++)
		jsonw_array_begin(w, NULL);
	for (i = 0; i < JSONW_MAX_DEPTH; i++)
		jsonw_array_end(w);
}

static void test_mistakes_are_refused(void **state)
{
	void (*const cases[])(struct jsonw *) = {
		key_in_array,  no_key_in_object, wrong_end, end_too_many, left_open,
		two_documents, key_at_top,	 nothing,   too_deep,
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct doc doc;

		doc_open(&doc);
		cases[i](&doc.w);
		assert_int_equal(jsonw_finish(&doc.w), -EINVAL);
		doc_close(&doc);
	}
}

static void test_full_disk(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct jsonw w;

	(void)state;
	if (!full)
		skip();
	jsonw_init(&w, full);
	jsonw_string(&w, NULL, "x");
	assert_int_equal(jsonw_finish(&w), -EIO);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_document),
		cmocka_unit_test(test_escaping),
		cmocka_unit_test(test_mistakes_are_refused),
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

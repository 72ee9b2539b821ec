// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * test_ptw_library.c - table walks against libaddrxlat, where it is there: 10,000
 * addresses per format.
 *
 * libaddrxlat as a third opinion. Its two 52-bit forms lose output bit 47 and 49
 * (0.5.1), so no mapping has these bits; and it does not judge reserved entries.
 */
#include "tests/unit/cmocka_all.h"

#ifdef HAVE_KDUMPFILE
#include <libkdumpfile/addrxlat.h>

#include "tests/unit/support_ptw.h"

static addrxlat_status get_page(const addrxlat_cb_t *cb, addrxlat_buffer_t *buf)
{
	(void)cb;
	buf->addr.addr &= ~0xfffull;
	if (buf->addr.addr < PTW_RAM || buf->addr.addr >= PTW_RAM + PTW_RAM_BYTES)
		return ADDRXLAT_ERR_NODATA;
	buf->ptr = fake_mem_at(&ptw_fake, buf->addr.addr);
	buf->size = 4096;
	buf->byte_order = ADDRXLAT_LITTLE_ENDIAN;
	return ADDRXLAT_OK;
}

static unsigned long read_caps(const addrxlat_cb_t *cb)
{
	(void)cb;
	return ADDRXLAT_CAPS(ADDRXLAT_MACHPHYSADDR);
}

static addrxlat_meth_t library_method(const struct ptw_test_format *f, u64 root)
{
	static const addrxlat_pte_format_t forms[] = { ADDRXLAT_PTE_AARCH64,
						       ADDRXLAT_PTE_AARCH64_LPA,
						       ADDRXLAT_PTE_AARCH64_LPA2 };
	addrxlat_meth_t meth = { .kind = ADDRXLAT_PGT, .target_as = ADDRXLAT_MACHPHYSADDR };
	addrxlat_paging_form_t *pf = &meth.param.pgt.pf;
	int level, left = f->input - f->granule;

	meth.param.pgt.root.as = ADDRXLAT_MACHPHYSADDR;
	meth.param.pgt.root.addr = root;
	pf->pte_format = forms[f->form];
	pf->fieldsz[0] = f->granule;
	pf->nfields = 1;
	for (level = 3; level > f->start; level--, left -= f->granule - 3)
		pf->fieldsz[pf->nfields++] = (unsigned short)(f->granule - 3);
	pf->fieldsz[pf->nfields++] = (unsigned short)left; /* a concatenated root is a wide one */
	return meth;
}

static void compare_with_library(const struct ptw_test_format *f, addrxlat_ctx_t *ctx,
				 const u64 *mapped, unsigned int *agreed)
{
	struct ptw_geom g = ptw_geom_of(f);
	addrxlat_meth_t meth = library_method(f, g.root);
	addrxlat_status status;
	struct ptw_walk w;
	u64 input;
	int n, r;

	for (n = 0; n < 10000; n++) {
		addrxlat_step_t step = { .ctx = ctx, .meth = &meth };

		input = n & 1 ? mapped[ptw_rnd() % 64] ^ (ptw_rnd() & 0xfff) : ptw_rnd();
		input &= (1ull << f->input) - 1;
		r = ptw_walk(&ptw_fake.mem, &g, input, &w);
		status = addrxlat_launch(&step, input);
		while (status == ADDRXLAT_OK && step.remain)
			status = addrxlat_step(&step);
		assert_int_equal(r == PTW_MAPPED, status == ADDRXLAT_OK);
		if (r == PTW_MAPPED)
			assert_int_equal(w.phys, step.base.addr);
		*agreed += r == PTW_MAPPED;
		addrxlat_ctx_clear_err(ctx);
	}
}

static void test_random_against_library(void **state)
{
	unsigned int agreed;
	u64 phys, mapped[64];
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < PTW_N_FORMATS; i++) {
		const struct ptw_test_format *f = &ptw_formats[i];
		/* A new one for each: it keeps pages that it read, and addresses come again. */
		addrxlat_ctx_t *ctx = addrxlat_ctx_new();
		addrxlat_cb_t *cb = addrxlat_ctx_add_cb(ctx);

		cb->get_page = get_page;
		cb->read_caps = read_caps;
		ptw_fresh();
		ptw_seed += i * 0x7654321;
		agreed = 0;
		for (n = 0; n < 64; n++) {
			mapped[n] = ptw_rnd() & ((1ull << f->input) - 1);
			phys = ptw_rnd() & ((1ull << f->output) - 1);
			if (f->form != PTW_FORM_48)
				phys &= ~(1ull << 47 | 1ull << 49);
			ptw_map(f, ptw_geom_of(f).root, mapped[n], n % 4 || f->start > 2 ? 3 : 2,
				phys, PTW_LEAF_ATTRS);
		}
		compare_with_library(f, ctx, mapped, &agreed);
		assert_true(agreed > 100 && agreed < 10000);
		addrxlat_ctx_decref(ctx);
	}
}
#else
static void test_random_against_library(void **state)
{
	(void)state;
	skip();
}

#define ptw_setup NULL
#define ptw_teardown NULL
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_random_against_library, ptw_setup,
						ptw_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

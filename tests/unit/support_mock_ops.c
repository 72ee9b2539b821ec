// SPDX-License-Identifier: LGPL-2.1-or-later
/* support_mock_ops.c - see support_mock_ops.h. */
#include "tests/unit/support_mock_ops.h"

#include "tests/unit/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"

static const struct mock_call *take(struct mock *mock, const char *op, const char *device,
				    int offset)
{
	const struct mock_call *call = &mock->calls[mock->next];
	char have[96];

	if (offset < 0)
		snprintf(have, sizeof(have), "%s %s", op, device);
	else
		snprintf(have, sizeof(have), "%s %s %02x", op, device, (unsigned int)offset);
	if (mock->next == mock->count)
		fail_msg("unexpected call after the last one: %s", have);
	if (strcmp(have, call->call))
		fail_msg("call %zu: expected \"%s\", got \"%s\"", mock->next, call->call, have);
	mock->next++;
	mock->now_ns += clock_ms(call->took_ms);
	return call;
}

void mock_finish(struct mock *mock)
{
	if (mock->next != mock->count)
		fail_msg("call %zu never came: \"%s\"", mock->next, mock->calls[mock->next].call);
}

static u64 mock_now(void *priv)
{
	return ((struct mock *)priv)->now_ns;
}

static void mock_sleep(void *priv, uint32_t ms)
{
	struct mock *mock = priv;

	mock->now_ns += clock_ms(ms);
	mock->slept_ms += ms;
}

static int mock_hold(void *priv, const struct inv_device *const *devs, size_t n, uint32_t wait_ms,
		     int *results)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct mock_call *call = take(priv, "hold", devs[i]->name, -1);

		assert_true(call->wait_ms ? wait_ms == call->wait_ms : wait_ms > 0);
		results[i] = call->rc;
	}
	return 0;
}

static int mock_held(void *priv, const struct inv_device *const *devs, size_t n, uint32_t wait_ms,
		     int *results)
{
	size_t i;

	assert_true(wait_ms > 0);
	for (i = 0; i < n; i++)
		results[i] = take(priv, "held", devs[i]->name, -1)->rc;
	return 0;
}

static int mock_driver(void *priv, const struct inv_device *dev, char *driver)
{
	const struct mock *mock = priv;

	snprintf(driver, ACT_DRIVER_BYTES, "other");
	return mock->got_driver && strcmp(mock->got_driver, dev->name) == 0;
}

static int mock_release(void *priv, const struct inv_device *dev)
{
	return take(priv, "release", dev->name, -1)->rc;
}

static int mock_let_go(void *priv, const struct inv_device *dev)
{
	return take(priv, "let go", dev->name, -1)->rc;
}

static int mock_read(void *priv, const struct inv_device *dev, unsigned int offset, uint8_t *buf,
		     size_t len)
{
	const struct mock_call *call = take(priv, "read", dev->name, (int)offset);

	assert_int_equal(len, 2);
	core_st16(buf, call->value);
	return call->rc;
}

static int mock_write(void *priv, const struct inv_device *dev, unsigned int offset,
		      const uint8_t *buf, size_t len)
{
	const struct mock_call *call = take(priv, "write", dev->name, (int)offset);

	assert_int_equal(len, 2);
	assert_int_equal(core_ld16(buf), call->value);
	return call->rc;
}

static int mock_off(void *priv, const struct inv_device *dev)
{
	return take(priv, "off", dev->name, -1)->rc;
}

static int mock_domain_make(void *priv, const struct inv_device *dev, uint32_t wait_ms)
{
	const struct mock_call *call = take(priv, "make", dev->name, -1);

	assert_true(wait_ms > 0);
	return call->rc;
}

static int mock_translate(void *priv, const struct inv_device *dev, uint32_t wait_ms)
{
	const struct mock_call *call = take(priv, "translate", dev->name, -1);

	assert_true(wait_ms > 0);
	if (call->wait_ms)
		assert_int_equal(wait_ms, call->wait_ms);
	return call->rc;
}

static int mock_flush(void *priv, const struct inv_device *dev)
{
	return take(priv, "flush", dev->name, -1)->rc;
}

static int mock_reset(void *priv, const struct inv_device *dev, uint32_t wait_ms)
{
	const struct mock_call *call = take(priv, "reset", dev->name, -1);

	assert_true(wait_ms > 0);
	if (call->wait_ms)
		assert_int_equal(wait_ms, call->wait_ms);
	return call->rc;
}

static int mock_load(void *priv, const struct inv_device *dev, uint32_t wait_ms, char *detail)
{
	const struct mock_call *call = take(priv, "load", dev->name, -1);

	assert_true(wait_ms > 0);
	snprintf(detail, ACT_DETAIL_BYTES, "%s", call->detail ? call->detail : "");
	return call->rc;
}

static int mock_bind(void *priv, const struct inv_device *dev, uint32_t wait_ms, char *detail)
{
	const struct mock_call *call = take(priv, "bind", dev->name, -1);

	assert_true(wait_ms > 0);
	snprintf(detail, ACT_DETAIL_BYTES, "%s", call->detail ? call->detail : "");
	return call->rc;
}

static int mock_unbind(void *priv, const struct inv_device *dev, uint32_t wait_ms)
{
	(void)wait_ms;
	return take(priv, "unbind", dev->name, -1)->rc;
}

static int look_one(void *priv, const struct inv_device *dev, struct act_sight *ret)
{
	const struct mock_call *call = take(priv, "look", dev->name, -1);

	memset(ret, 0, sizeof(*ret));
	ret->has_device = call->rc != -ENODEV;
	strcpy(ret->device.name, dev->name);
	ret->device.flags = REC_DEV_GROUP | (call->deferred ? REC_DEV_DEFERRED : 0);
	ret->asids = call->asids;
	ret->n_stes = 1;
	ret->ste[0].smmu = dev->smmu;
	ret->ste[0].sid = dev->sids[0];
	ret->ste[0].phase = REC_PHASE_NOW;
	ret->ste[0].raw[0] = call->attached ? 0xee : 0x0b;
	return call->rc == -ENODEV ? 0 : call->rc;
}

static int mock_look(void *priv, const char *smmu, const struct inv_device *const *devs, size_t n,
		     struct act_sight *ret)
{
	struct mock *mock = priv;
	size_t i;
	int rc = 0;

	(void)smmu;
	mock->looks++;
	for (i = 0; i < n && rc == 0; i++) {
		assert_int_equal(devs[i]->smmu, devs[0]->smmu);
		rc = look_one(priv, devs[i], &ret[i]);
	}
	return rc;
}

const struct act_ops mock_ops = {
	.now_ns = mock_now,
	.sleep_ms = mock_sleep,
	.hold = mock_hold,
	.held = mock_held,
	.driver = mock_driver,
	.release = mock_release,
	.let_go = mock_let_go,
	.config_read = mock_read,
	.config_write = mock_write,
	.master_off = mock_off,
	.domain_make = mock_domain_make,
	.domain_translate = mock_translate,
	.flush = mock_flush,
	.reset = mock_reset,
	.load = mock_load,
	.bind = mock_bind,
	.unbind = mock_unbind,
	.look = mock_look,
};

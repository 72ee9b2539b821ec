// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * check_signature.c - does the kernel take our modules where it takes only signed ones, as under
 * Secure Boot? The capture kernel is this kernel and has the same keys. modinfo tells the signer
 * of a module, /proc/keys the names of the kernel's keys. Only the kernel can check the signature
 * itself, when it loads the module.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/check/check.h"

#define TOPIC "signature"
#define LINES_MAX 100000u
#define ENROL                                                                                       \
	"sign it with a machine owner key: mokutil --import /var/lib/dkms/mok.pub, restart, enrol " \
	"the key; see SECURE BOOT in " NAME_CTL "(8)"

struct module {
	bool there, is_signed;
	char signer[128]; /* "" not told */
};

bool check_locked_down(const struct fsroot *root, char text[CHECK_LOCKDOWN_BYTES])
{
	return fsroot_read_text(root, text, CHECK_LOCKDOWN_BYTES, "sys/kernel/security/lockdown") >=
		       0 &&
	       !strstr(text, "[none]");
}

static bool only_signed(const struct fsroot *root)
{
	char text[CHECK_LOCKDOWN_BYTES];

	if (fsroot_read_text(root, text, sizeof(text),
			     "sys/module/module/parameters/sig_enforce") >= 0 &&
	    text[0] == 'Y')
		return true;
	return check_locked_down(root, text);
}

/* "signer:         Debian Secure Boot CA" */
static void take_line(struct module *module, char *line)
{
	char *value = strchr(line, ':');

	line[strcspn(line, "\n")] = 0;
	if (!value)
		return;
	*value++ = 0;
	value += strspn(value, " \t");
	if (!strcmp(line, "filename"))
		module->there = true;
	else if (!strcmp(line, "sig_id"))
		module->is_signed = true;
	else if (!strcmp(line, "signer"))
		snprintf(module->signer, sizeof(module->signer), "%.127s", value);
}

/* Is it safe in a shell command? A release has only letters, digits and these characters. */
static bool is_plain(const char *release)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+~-";

	return release[0] && release[0] != '-' && !release[strspn(release, plain)];
}

/* Ask modinfo about the module @name. Returns false when modinfo cannot be run. */
static bool ask(const struct check *check, const char *name, struct module *ret)
{
	const char *program = getenv("SMMU_ADOPT_MODINFO");
	char command[512], line[1024];
	FILE *out;

	*ret = (struct module){ .there = false };
	if (!is_plain(check->kernel) || (!program && !check->ctl->root.real))
		return false;
	snprintf(command, sizeof(command), "PATH=$PATH:/usr/sbin:/sbin '%s' -k %s %s 2>/dev/null",
		 program ? program : "modinfo", check->kernel, name);
	out = popen(command, "re");
	if (!out)
		return false;
	while (fgets(line, sizeof(line), out))
		take_line(ret, line);
	return pclose(out) == 0 || !ret->there;
}

struct keys {
	const char *name;
	bool any, found;
};

/* "1c2f.. I------ 1 perm 1f030000 0 0 asymmetri Debian Secure Boot CA: 6cce..: X509.rsa 5ccb.. []"
 */
static int on_key(void *priv, char *line)
{
	struct keys *keys = priv;
	char *p = strstr(line, " asymmetri ");
	size_t len = strlen(keys->name);

	if (!p)
		return 0;
	keys->any = true;
	for (p = strstr(p, keys->name); p && !keys->found; p = strstr(p + 1, keys->name))
		keys->found = p[-1] == ' ' && p[len] == ':';
	return keys->found;
}

static void say_signed(struct check *check, const char *name, const struct module *module)
{
	struct keys keys = { .name = module->signer };

	if (module->signer[0])
		fsroot_each_line(&check->ctl->root, "proc/keys", LINES_MAX, on_key, &keys);
	if (!module->signer[0] || !keys.any)
		check_say(check, CHECK_UNKNOWN, TOPIC, NULL,
			  "%s.ko is signed; it is not known whether the kernel has the signer's "
			  "key",
			  name);
	else if (keys.found)
		check_say(check, CHECK_OK, TOPIC, NULL,
			  "%s.ko is signed by '%s', and the kernel has this signer's key", name,
			  module->signer);
	else
		check_say(check, CHECK_FAIL, TOPIC, ENROL,
			  "%s.ko is signed by '%s', and the kernel has no key of this signer: it "
			  "will refuse the module",
			  name, module->signer);
}

/* @name: of the module's file, without ".ko". */
static void say_module(struct check *check, const char *name)
{
	struct module module;

	if (!ask(check, name, &module))
		check_say(check, CHECK_UNKNOWN, TOPIC, NULL,
			  "the kernel takes only signed modules, and modinfo does not tell "
			  "whether %s.ko is signed",
			  name);
	else if (!module.there)
		return; /* the answer about the image tells it */
	else if (!module.is_signed)
		check_say(check, CHECK_FAIL, TOPIC, ENROL,
			  "the kernel takes only signed modules, and %s.ko is not signed: the "
			  "kernel will refuse it",
			  name);
	else
		say_signed(check, name, &module);
}

void check_signature(struct check *check)
{
	char text[CHECK_LOCKDOWN_BYTES];

	if (!only_signed(&check->ctl->root)) {
		check_say(check, CHECK_OK, TOPIC, NULL, "the kernel takes unsigned modules");
	} else {
		say_module(check, SMMU_ADOPT_MODULE);
		if (check->driver.folder[0] ||
		    fsroot_exists(&check->ctl->root, "etc/smmu-adopt/adopting-driver"))
			say_module(check, CHECK_DRIVER_FILE);
	}
	if (check_locked_down(&check->ctl->root, text))
		check_say(check, CHECK_INFO, "lockdown", NULL,
			  "the kernel is locked down (%s): the daemon stops devices through the "
			  "helper, and the kernel loads only a signed capture kernel, by "
			  "kexec_file_load(2)",
			  text);
	else
		check_say(check, CHECK_OK, "lockdown", NULL, "the kernel is not locked down");
}

// SPDX-License-Identifier: LGPL-2.1-or-later
/* config_rule.c - parses one rule of [Policy], whole or not at all. */
#include <errno.h>
#include <string.h>

#include "core/names.h"
#include "lib/base/parse.h"
#include "lib/machine/config.h"

static const char *const actions[] = {
	[CONFIG_ACT_DRIVER] = "driver", [CONFIG_ACT_QUIESCE] = "quiesce", [CONFIG_ACT_FLR] = "flr",
	[CONFIG_ACT_LEAVE] = "leave",	[CONFIG_ACT_DENY] = "deny",
};

static int parse_action(const char *word, enum config_action *ret)
{
	size_t i;

	for (i = CONFIG_ACT_DRIVER; i <= CONFIG_ACT_DENY; i++) {
		if (strcmp(word, actions[i]) == 0 ||
		    (i == CONFIG_ACT_QUIESCE && strcmp(word, ACTION_QUIESCE_ONCE) == 0)) {
			*ret = (enum config_action)i;
			return 0;
		}
	}
	return -EINVAL;
}

static bool is_hex(const char *text, size_t min, size_t max)
{
	size_t len = strspn(text, "0123456789abcdef");

	return !text[len] && len >= min && len <= max;
}

static bool id_ok(const char *id)
{
	return strlen(id) >= 4 && strspn(id, "0123456789abcdef") == 4 &&
	       (!id[4] || (id[4] == ':' && is_hex(id + 5, 4, 4)));
}

static int copy(char *to, size_t cap, const char *value, bool ok)
{
	if (!ok || strlen(value) >= cap)
		return -EINVAL;
	strcpy(to, value);
	return 0;
}

static int parse_match(struct config_rule *rule, const char *word)
{
	const char *value = strchr(word, '=');
	size_t len;

	if (!value)
		return -EINVAL;
	len = (size_t)(value++ - word);
#define KEY(name) (len == strlen(name) && strncmp(word, name, len) == 0)
	if (KEY("class"))
		return copy(rule->class_code, sizeof(rule->class_code), value, is_hex(value, 2, 6));
	if (KEY("id"))
		return copy(rule->id, sizeof(rule->id), value, id_ok(value));
	if (KEY("driver"))
		return copy(rule->driver, sizeof(rule->driver), value, fsroot_name_ok(value));
	if (KEY("path"))
		return copy(rule->path, sizeof(rule->path), value, fsroot_name_ok(value));
	if (KEY("priority"))
		return parse_u32(value, 0, 1000, &rule->priority);
	if (KEY("deadline"))
		return parse_duration_ms(value, 100, 300000, &rule->deadline_ms);
#undef KEY
	return -EINVAL;
}

int config_rule_parse(struct config_rule *ret, const char *text)
{
	struct config_rule rule = { .action = CONFIG_ACT_NONE };
	char word[64];
	int len, rc;

	if (parse_word(&text, word, sizeof(word)) <= 0)
		return -EINVAL;
	rc = parse_action(word, &rule.action);
	while (rc == 0 && (len = parse_word(&text, word, sizeof(word))))
		rc = len < 0 ? -EINVAL : parse_match(&rule, word);
	/* A rule for every device is a slip more often than a wish. */
	if (rc == 0 && !rule.class_code[0] && !rule.id[0] && !rule.driver[0] && !rule.path[0])
		rc = -EINVAL;
	if (rc == 0)
		*ret = rule;
	return rc;
}

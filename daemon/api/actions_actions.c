// SPDX-License-Identifier: BSD-2-Clause
/* DescribeActions: the daemon's own table, from which sluicectl builds its options and its help. */
#include "api/action.h"

#include <string.h>

#define ACTION_NAME_MAX 96
#define RANGE_TEXT 256

struct actions_params {
	char name[ACTION_NAME_MAX];
};

static const struct param params[] = {
	{ .key = "ActionName",
	  .type = PARAM_TEXT,
	  PARAM_FIELD(struct actions_params, name),
	  .min = 1,
	  .max = ACTION_NAME_MAX - 1,
	  .summary = "only this action" },
};

/* What a parameter or a field of its entries is. */
static void add_row(struct cJSON *item, const struct param *param)
{
	char range[RANGE_TEXT];

	answer_text(item, "Name", param->key);
	answer_text(item, "Type", param_type_name(param));
	answer_text_if(item, "Range", param_range(param, range, sizeof(range)));
	if (param->fallback)
		answer_text(item, "Default", param->fallback);
	answer_text(item, "Summary", param->summary);
	answer_bool(item, "Required", param->required);
}

static void add_param(struct cJSON *item, const struct param *param)
{
	struct cJSON *fields;

	add_row(item, param);
	answer_bool(item, "List", param_is_list(param));
	if (!param->fields)
		return;
	fields = answer_list(item, "Fields", "Field");
	for (size_t i = 0; i < param->field_count; i++)
		add_row(answer_item(fields), &param->fields[i]);
}

static void add_action(struct cJSON *item, const struct action *action)
{
	struct cJSON *list;

	answer_text(item, "Name", action->name);
	answer_text(item, "Summary", action->summary);
	answer_bool(item, "ReadOnly", action->read);
	list = answer_list(item, "Parameters", "Parameter");
	for (size_t i = 0; i < action->param_count; i++) {
		/* What would be refused whatever its value is no option. */
		if (!param_is_refused(&action->params[i]))
			add_param(answer_item(list), &action->params[i]);
	}
}

static int read_actions(struct call *call, struct cJSON *answer, struct error *error)
{
	const struct actions_params *filter = call->params;
	struct cJSON *list = answer_list(answer, "Actions", "Action");

	(void)error;
	for (const struct action_table *const *table = action_tables; *table; table++) {
		for (size_t i = 0; i < (*table)->count; i++) {
			const struct action *action = &(*table)->actions[i];

			if (!filter->name[0] || !strcmp(filter->name, action->name))
				add_action(answer_item(list), action);
		}
	}
	return 0;
}

static const struct action rows[] = {
	{ .name = "DescribeActions",
	  .summary = "list every action with its parameters",
	  ACTION_PARAMS(struct actions_params, params),
	  .read = read_actions },
};

const struct action_table actions_actions = ACTION_TABLE(rows);

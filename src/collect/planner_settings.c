/*-------------------------------------------------------------------------
 *
 * planner_settings.c
 *	  Settings that change plans and do not have their default.
 *
 * They are those that EXPLAIN (SETTINGS) shows, and one that changes plans
 * through what ANALYZE leaves.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "collect/plan_text.h"
#include "commands/vacuum.h"
#include "lib/stringinfo.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"

#define DEFAULT_STATISTICS_TARGET	100

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

char *
tend_planner_settings(void)
{
	int			n;
	int			nnames = 0;
	struct config_generic **changed = get_explain_guc_options(&n);
	const char **names = palloc(sizeof(char *) * (n + 1));
	StringInfoData out;

	for (int i = 0; i < n; i++)
	{
		/* it decides which tables are meant, not how they are read */
		if (strcmp(changed[i]->name, "search_path") != 0)
			names[nnames++] = changed[i]->name;
	}
	if (default_statistics_target != DEFAULT_STATISTICS_TARGET)
		names[nnames++] = "default_statistics_target";
	qsort(names, nnames, sizeof(char *), compare_names);

	initStringInfo(&out);
	for (int i = 0; i < nnames; i++)
	{
		char	   *value = GetConfigOptionByName(names[i], NULL, true);

		appendStringInfo(&out, "%s%s = %s", i > 0 ? "\n" : "", names[i], value ? value : "");
	}
	pfree(changed);
	pfree(names);
	return out.data;
}

#include "postgres.h"
#include "collect/plan_text.h"
char *
tend_plan_text(PlannedStmt *stmt, bool constants, int max_bytes)
{
	return pstrdup("plan");
}
char *
tend_query_text(const char *source, int location, int len, bool constants, int max_bytes)
{
	return pstrdup(source);
}
char *
tend_planner_settings(void)
{
	return pstrdup("");
}

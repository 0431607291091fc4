/*-------------------------------------------------------------------------
 *
 * plan_words.c
 *	  Changes of plans in words.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/plan_sums.h"
#include "advise/words.h"

const char *
tend_plan_verdict_name(TendPlanVerdict verdict)
{
	switch (verdict)
	{
		case TEND_PLAN_UNDECIDED:
			return "undecided";
		case TEND_PLAN_REGRESSED:
			return "regressed";
		case TEND_PLAN_IMPROVED:
			return "improved";
		case TEND_PLAN_UNCHANGED:
			return "unchanged";
		case TEND_PLAN_PARAMETER_SENSITIVE:
			return "parameter-sensitive";
	}
	return "undecided";
}

const char *
tend_plan_state_name(TendPlanState state)
{
	switch (state)
	{
		case TEND_PLAN_OPEN:
			return "open";
		case TEND_PLAN_CONFIRMED:
			return "confirmed";
		case TEND_PLAN_RESOLVED:
			return "resolved";
	}
	return "open";
}

/* ---- numbers ---- */

/* Three digits, and a unit that suits them */
static TendWord
word_ms(double ms)
{
	TendWord	w;

	if (isnan(ms))
		strlcpy(w.str, "an unknown time", sizeof(w.str));
	else if (ms >= 60000)
		return tend_word_duration(ms / 1000);
	else if (ms >= 1000)
		snprintf(w.str, sizeof(w.str), "%.*f s", ms < 9995 ? 2 : 1, ms / 1000);
	else if (ms >= 99.95)
		snprintf(w.str, sizeof(w.str), "%.0f ms", ms);
	else if (ms >= 0.0995)
		snprintf(w.str, sizeof(w.str), "%.*f ms", ms < 9.995 ? 2 : 1, ms);
	else
		snprintf(w.str, sizeof(w.str), "%.3f ms", Max(ms, 0));
	return w;
}

/* A ratio before what it is of: "3.2 times as many blocks", "12 % of the blocks" */
static TendWord
word_ratio(double ratio, const char *more, const char *less)
{
	TendWord	w;

	if (ratio >= 9.95)
		snprintf(w.str, sizeof(w.str), "%s times %s", tend_word_count(rint(ratio)).str, more);
	else if (ratio >= 0.95)
		snprintf(w.str, sizeof(w.str), "%.1f times %s", ratio, more);
	else
		snprintf(w.str, sizeof(w.str), "%.2g %% %s", ratio * 100, less);
	return w;
}

/* ---- sentences ---- */

/* A text that is cut where it is full; all of it is ASCII */
typedef struct Text
{
	char	   *str;
	size_t		size;
} Text;

static void say(const Text *t, const char *fmt,...) pg_attribute_printf(2, 3);

static void
say(const Text *t, const char *fmt,...)
{
	size_t		len = strlen(t->str);
	va_list		args;

	va_start(args, fmt);
	vsnprintf(t->str + len, t->size - len, fmt, args);
	va_end(args);
}

static void
say_times(const Text *t, const TendPlanChange *c)
{
	bool		same = c->old_planid == c->new_planid;

	say(t, same ? "The plan is the same; it took %s and takes %s" :
		"The old plan took %s, the new one takes %s",
		word_ms(c->old_mean_ms).str, word_ms(c->new_mean_ms).str);
	if (!isnan(c->ratio))
		say(t, " (%s)", word_ratio(c->ratio, "as long", "of the time").str);
}

/* "at 210 calls per hour: 6.4 s lost per hour" */
static void
say_cost(const Text *t, const TendPlanChange *c)
{
	double		calls = c->lost_ms_per_hour / (c->new_mean_ms - c->old_mean_ms);

	if (!(fabs(c->lost_ms_per_hour) > 0) || !(calls > 0))
		return;
	say(t, ", at %s calls per hour: %s %s per hour", tend_word_count(calls).str,
		word_ms(fabs(c->lost_ms_per_hour)).str, c->lost_ms_per_hour > 0 ? "lost" : "won");
}

static void
say_work(const Text *t, const TendPlanChange *c)
{
	bool		blocks = c->block_ratio >= 1.25 || c->block_ratio <= 0.8;
	bool		cpu = c->cpu_ratio >= 1.25 || c->cpu_ratio <= 0.8;

	if (!blocks && !cpu)
		return;
	say(t, "; it needs ");
	if (blocks)
		say(t, "%s", word_ratio(c->block_ratio, "as many blocks", "of the blocks").str);
	if (cpu)
		say(t, "%s%s", blocks ? " and " : "", word_ratio(c->cpu_ratio, "the CPU time", "of the CPU time").str);
}

static void
say_few(const Text *t, const TendPlanChange *c)
{
	TendPlanTime old = tend_plan_time(&c->old);

	if (!tend_plan_enough(&old))
		say(t, " Too few executions are known from before the change to compare.");
	else
		say(t, " Too few executions have ended since the change to compare.");
}

static void
say_waits(const Text *t, const TendPlanChange *c)
{
	say(t, " As far as known the work is the same, so that it %s for locks, for the disk or for CPU time.",
		c->ratio > 1 ? "waits" : "had waited");
}

static void
say_reason(const Text *t, const TendPlanChange *c)
{
	switch (c->reason)
	{
		case TEND_PLAN_FEW_CALLS:
			say_few(t, c);
			break;
		case TEND_PLAN_NOISE:
			say(t, " Single executions differ so much that this may be chance.");
			break;
		case TEND_PLAN_CHEAP:
			say(t, " This costs too little to matter.");
			break;
		case TEND_PLAN_MORE_ROWS:
			say(t, " It returns %s, which explains it.", word_ratio(c->row_ratio, "as many rows", "of the rows").str);
			break;
		case TEND_PLAN_CLIMATE:
			say(t, " Other plans take %s, too: it is the machine, not this plan.",
				word_ratio(c->climate, "as long as usual", "of their usual time").str);
			break;
		case TEND_PLAN_SAME_WORK:
			say_waits(t, c);
			break;
		case TEND_PLAN_OSCILLATES:
			say(t, " Several plans come and go: which one is best depends on the parameters, or sessions plan differently.");
			break;
		case TEND_PLAN_NEVER_ENDS:
			say(t, " Most executions are aborted before they end, so that these times are the least.");
			break;
		case TEND_PLAN_WORSE:
		case TEND_PLAN_BETTER:
		case TEND_PLAN_ALIKE:
			break;
	}
}

/* A change in one or two sentences; the buffer has room for "size" bytes. */
void
tend_plan_explain(const TendPlanChange *change, char *buffer, size_t size)
{
	Text		t = {.str = buffer,.size = size};

	if (size == 0)
		return;
	buffer[0] = '\0';
	say_times(&t, change);
	if (change->reason != TEND_PLAN_OSCILLATES)
	{
		say_cost(&t, change);
		say_work(&t, change);
	}
	say(&t, ".");
	say_reason(&t, change);
}

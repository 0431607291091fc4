/*-------------------------------------------------------------------------
 *
 * guard.c
 *	  Tests of src/advise/guard.c
 *
 * A proposal nothing stands against; each case says what is different.
 *
 *-------------------------------------------------------------------------
 */
#include "given.h"

#include "advise/guard.h"

/* What is different, in words; times are in intervals before now */
typedef struct Given
{
	int			topic;
	bool		raises;			/* the proposal makes vacuum come later */
	int			mode;
	bool		doubt;
	bool		read_only;
	bool		change_freeze;
	bool		by_hand;
	int			wishes;
	int			actions;
	bool		held;
	double		held_for;		/* NaN: unknown since when */
	int64		xmin_age;
	double		changed;		/* NaN: never */
	int			reverts;
	int64		vacuums_then;
	double		hands_off;		/* until so many intervals from now */
	bool		never_managed;
	int64		xid_age;
	int64		toast_xid_age;
	bool		running;
	bool		toast_running;
	int64		vacuums;
}			Given;

#define GIVEN(t, f) {#f, t, offsetof(Given, f)}
static const GivenField given_fields[] = {
	GIVEN(GIVEN_INT, topic), GIVEN(GIVEN_BOOL, raises), GIVEN(GIVEN_INT, mode), GIVEN(GIVEN_BOOL, doubt),
	GIVEN(GIVEN_BOOL, read_only), GIVEN(GIVEN_BOOL, change_freeze), GIVEN(GIVEN_BOOL, by_hand),
	GIVEN(GIVEN_INT, wishes), GIVEN(GIVEN_INT, actions), GIVEN(GIVEN_BOOL, held), GIVEN(GIVEN_DOUBLE, held_for),
	GIVEN(GIVEN_INT64, xmin_age), GIVEN(GIVEN_DOUBLE, changed), GIVEN(GIVEN_INT, reverts),
	GIVEN(GIVEN_INT64, vacuums_then), GIVEN(GIVEN_DOUBLE, hands_off), GIVEN(GIVEN_BOOL, never_managed),
	GIVEN(GIVEN_INT64, xid_age), GIVEN(GIVEN_INT64, toast_xid_age), GIVEN(GIVEN_BOOL, running),
	GIVEN(GIVEN_BOOL, toast_running), GIVEN(GIVEN_INT64, vacuums),
	{0}
};

typedef struct Case
{
	const char *name;
	const char *given;
	TendBlock	want;
}			Case;

#define DEAD "topic=0 "
#define INSERT "topic=1 "
#define ANALYZE "topic=2 "
#define COST "topic=3 "
#define FREEZE "topic=4 "
#define TOAST "topic=5 "

static const Case cases[] = {
	{"nothing stands in the way", "", TEND_BLOCK_NONE},
	{"nor of a table that was never touched", "never_managed", TEND_BLOCK_NONE},

	/* each by itself */
	{"tuning is off", "mode=0", TEND_BLOCK_OFF},
	{"advice only", "mode=1", TEND_BLOCK_ADVISE},
	{"the database is close to wraparound", "doubt", TEND_BLOCK_WRAPAROUND},
	{"the server is read-only", "read_only", TEND_BLOCK_READ_ONLY},
	{"the user wants no changes at this time", "change_freeze", TEND_BLOCK_CHANGE_FREEZE},
	{"no action is left in this hour", "actions=0", TEND_BLOCK_BUDGET},
	{"nor less than none", "actions=-5", TEND_BLOCK_BUDGET},
	{"vacuum is running", "running", TEND_BLOCK_RUNNING},
	{"vacuum of TOAST is running", "toast_running", TEND_BLOCK_RUNNING},

	/* freezing */
	{"at the freeze age a change is fine", "xid_age=200000000", TEND_BLOCK_NONE},
	{"beyond it freezing comes first", "xid_age=200000001", TEND_BLOCK_WRAPAROUND},
	{"of TOAST, too", "toast_xid_age=200000001", TEND_BLOCK_WRAPAROUND},
	{"and far beyond", "xid_age=1500000000", TEND_BLOCK_WRAPAROUND},

	/* steadiness */
	{"two wishes are not enough", "wishes=2", TEND_BLOCK_UNSTEADY},
	{"three are", "wishes=3", TEND_BLOCK_NONE},
	{"that tables are of one age needs no confirmation", FREEZE "wishes=0", TEND_BLOCK_NONE},

	/* taken back by hand */
	{"taken back by hand", "hands_off=1", TEND_BLOCK_BY_HAND},
	{"longer ago than a week", "hands_off=-1", TEND_BLOCK_NONE},
	{"just now", "hands_off=0", TEND_BLOCK_NONE},

	/* the horizon */
	{"vacuum is held back for two intervals", "held held_for=2.9", TEND_BLOCK_NONE},
	{"for three", "held held_for=3", TEND_BLOCK_HORIZON},
	{"by somebody of whom nobody knows since when, few transactions old", "held held_for=nan xmin_age=999999", TEND_BLOCK_NONE},
	{"and many", "held held_for=nan xmin_age=1000000", TEND_BLOCK_HORIZON},
	{"held back, to vacuum less is no mistake", "held held_for=100 raises", TEND_BLOCK_NONE},
	{"nor to analyze", ANALYZE "held held_for=100", TEND_BLOCK_NONE},
	{"nor to vacuum faster", COST "held held_for=100", TEND_BLOCK_NONE},
	{"nor to freeze at another time", FREEZE "held held_for=100", TEND_BLOCK_NONE},
	{"inserted rows are held back too", INSERT "held held_for=100", TEND_BLOCK_HORIZON},
	{"and those of TOAST", TOAST "held held_for=100", TEND_BLOCK_HORIZON},
	{"somebody holds back catalogs only", "held_for=100 xmin_age=1000000", TEND_BLOCK_NONE},

	/* cooling down */
	{"changed 14 intervals ago", "changed=14.9", TEND_BLOCK_COOL_DOWN},
	{"changed 15 intervals ago", "changed=15", TEND_BLOCK_NONE},
	{"a failed proof doubles the wait", "changed=29.9 reverts=1", TEND_BLOCK_COOL_DOWN},
	{"to 30 intervals", "changed=30 reverts=1", TEND_BLOCK_NONE},
	{"a second one doubles it again", "changed=59.9 reverts=2", TEND_BLOCK_COOL_DOWN},
	{"to 60", "changed=60 reverts=2", TEND_BLOCK_NONE},
	{"and so on up to the tenth", "changed=15359 reverts=10", TEND_BLOCK_COOL_DOWN},
	{"which is the last", "changed=15360 reverts=1000000", TEND_BLOCK_NONE},
	{"a clock that was set back is still cooling down", "changed=-100", TEND_BLOCK_COOL_DOWN},

	/* no vacuum since */
	{"no vacuum came since, to raise once more is premature", "changed=100 vacuums_then=5 vacuums=5 raises", TEND_BLOCK_NO_CYCLE},
	{"one came", "changed=100 vacuums_then=5 vacuums=6 raises", TEND_BLOCK_NONE},
	{"counters were reset", "changed=100 vacuums_then=5 vacuums=0 raises", TEND_BLOCK_NONE},
	{"to lower it is not premature", "changed=100 vacuums_then=5 vacuums=5", TEND_BLOCK_NONE},
	{"never changed, there is nothing to wait for", "vacuums_then=0 vacuums=0 raises", TEND_BLOCK_NONE},
	{"analyze does not wait for vacuum", ANALYZE "changed=100 vacuums_then=5 vacuums=5 raises", TEND_BLOCK_NONE},

	/* who is named first */
	{"off before all others", "mode=0 doubt running hands_off=1 held held_for=100 changed=1 read_only change_freeze wishes=0 actions=0", TEND_BLOCK_OFF},
	{"wraparound next", "doubt running hands_off=1 held held_for=100 changed=1 read_only change_freeze wishes=0 actions=0", TEND_BLOCK_WRAPAROUND},
	{"then the user's hand", "running hands_off=1 held held_for=100 changed=1 read_only change_freeze wishes=0 actions=0", TEND_BLOCK_BY_HAND},
	{"then the horizon", "running held held_for=100 changed=1 read_only change_freeze wishes=0 actions=0", TEND_BLOCK_HORIZON},
	{"then cooling down", "running changed=1 raises read_only change_freeze wishes=0 actions=0", TEND_BLOCK_COOL_DOWN},
	{"then the missing cycle", "running changed=100 raises read_only change_freeze wishes=0 actions=0", TEND_BLOCK_NO_CYCLE},
	{"then a running vacuum", "running read_only change_freeze wishes=0 actions=0", TEND_BLOCK_RUNNING},
	{"then the read-only server", "read_only change_freeze wishes=0 actions=0", TEND_BLOCK_READ_ONLY},
	{"then the time of day", "change_freeze wishes=0 actions=0", TEND_BLOCK_CHANGE_FREEZE},
	{"then steadiness", "wishes=0 actions=0", TEND_BLOCK_UNSTEADY},
	{"then the budget", "actions=0", TEND_BLOCK_BUDGET},
	{"advice says what stands behind it only if waiting helps", "mode=1 running read_only change_freeze wishes=0 actions=0", TEND_BLOCK_ADVISE},
	{"advice does not lead to wraparound", "mode=1 doubt", TEND_BLOCK_WRAPAROUND},
	{"nor to vacuum in vain", "mode=1 held held_for=100", TEND_BLOCK_HORIZON},
	{"nor against the user's hand", "mode=1 hands_off=1", TEND_BLOCK_BY_HAND},

	/* by hand */
	{"by hand nobody waits", "by_hand mode=0 hands_off=1 changed=1 raises read_only change_freeze wishes=0 actions=0", TEND_BLOCK_NONE},
	{"but freezing comes first", "by_hand doubt", TEND_BLOCK_WRAPAROUND},
	{"of this table too", "by_hand xid_age=200000001", TEND_BLOCK_WRAPAROUND},
	{"and a running vacuum is not disturbed", "by_hand running", TEND_BLOCK_RUNNING},
	{"nor vacuum called in vain", "by_hand held held_for=100", TEND_BLOCK_HORIZON},
};

typedef struct Setup
{
	GivenTune	tune;
	TendGuardCase g;
	TendProposal p;
}			Setup;

static TimestampTz
ago(double intervals)
{
	return GIVEN_NOW - (int64) (intervals * GIVEN_INTERVAL * USECS_PER_SEC);
}

static void
set_up(Setup * s, const char *text)
{
	Given		given = {
		.topic = TEND_TOPIC_DEAD,.mode = TEND_TUNING_APPLY,.wishes = 3,.actions = 1,
		.held_for = NAN,.changed = NAN,.hands_off = NAN
	};
	TendTopic	topic;

	given_set(given_fields, &given, text);
	topic = given.topic;
	memset(s, 0, sizeof(*s));
	given_tune(&s->tune, "", "");
	s->tune.facts = given_table("", "", "", "");
	s->tune.facts.heap.xid_age = given.xid_age;
	s->tune.facts.toast.xid_age = given.toast_xid_age;
	s->tune.facts.heap.vacuum_running = given.running;
	s->tune.facts.toast.vacuum_running = given.toast_running;
	s->tune.facts.heap.vacuum_count = given.vacuums;
	s->tune.horizon.held = given.held;
	s->tune.horizon.since = isnan(given.held_for) ? 0 : ago(given.held_for);
	s->tune.horizon.xmin_age = given.xmin_age;
	s->tune.managed.changed_at[topic] = isnan(given.changed) ? 0 : ago(given.changed);
	s->tune.managed.reverts[topic] = given.reverts;
	s->tune.managed.vacuums_then[topic] = given.vacuums_then;
	s->tune.managed.hands_off_until[topic] = isnan(given.hands_off) ? 0 : ago(-given.hands_off);
	s->g = (TendGuardCase)
	{
		.table = &s->tune.table,
			.managed = given.never_managed ? NULL : &s->tune.managed,
			.mode = given.mode,
			.doubt = given.doubt,
			.read_only = given.read_only,
			.change_freeze = given.change_freeze,
			.by_hand = given.by_hand,
			.wishes = given.wishes,
			.actions_left = given.actions,
			.interval_seconds = GIVEN_INTERVAL
	};
	s->p.topic = topic;
	s->p.now.threshold = 1000;
	s->p.then.threshold = given.raises ? 2000 : 500;
}

static const char *
text_of(TendBlock block)
{
	return block == TEND_BLOCK_NONE ? "nothing" : tend_block_text(block);
}

static void
check_cases(void)
{
	Setup		s;

	for (int i = 0; i < (int) lengthof(cases); i++)
	{
		set_up(&s, cases[i].given);
		tap_text(text_of(tend_guard(&s.g, &s.p)), text_of(cases[i].want), cases[i].name);
	}
}

/* A block of one topic is none of another. */
static void
check_topics(void)
{
	for (int a = 0; a < TEND_NUM_TOPICS; a++)
	{
		Setup		s;
		bool		own = true;
		bool		others = true;

		set_up(&s, psprintf("topic=%d changed=1", a));
		for (int b = 0; b < TEND_NUM_TOPICS; b++)
		{
			s.p.topic = b;
			own = own && (b != a || tend_guard(&s.g, &s.p) == TEND_BLOCK_COOL_DOWN);
			others = others && (b == a || tend_guard(&s.g, &s.p) == TEND_BLOCK_NONE);
		}
		tap_ok(own && others, psprintf("topic %d cools down alone", a));
	}
}

/* ---- texts ---- */

static const struct
{
	TendBlock	block;
	const char *part;
}			texts[] = {
	{TEND_BLOCK_OFF, "tuning is off"},
	{TEND_BLOCK_WRAPAROUND, "wraparound"},
	{TEND_BLOCK_BY_HAND, "taken back by hand"},
	{TEND_BLOCK_HORIZON, "tend.vacuum_blockers"},
	{TEND_BLOCK_COOL_DOWN, "a short while ago"},
	{TEND_BLOCK_NO_CYCLE, "no vacuum yet"},
	{TEND_BLOCK_RUNNING, "vacuum is running"},
	{TEND_BLOCK_ADVISE, "tend.apply_autovacuum()"},
	{TEND_BLOCK_READ_ONLY, "default_transaction_read_only"},
	{TEND_BLOCK_CHANGE_FREEZE, "pg_tend.change_freeze"},
	{TEND_BLOCK_UNSTEADY, "further observations"},
	{TEND_BLOCK_BUDGET, "pg_tend.max_actions_per_hour"},
};

static void
check_texts(void)
{
	tap_ok(tend_block_text(TEND_BLOCK_NONE) == NULL, "what is not blocked has no text");
	for (int i = 0; i < (int) lengthof(texts); i++)
		tap_contains(tend_block_text(texts[i].block), texts[i].part, psprintf("the text says \"%s\"", texts[i].part));
	tap_number(lengthof(texts), TEND_BLOCK_BUDGET, "each block has one");
}

/* ---- doubt ---- */

static bool
in_doubt(double table_due, double toast_due, TendVerdictKind kind)
{
	TendTableVerdict v = {.kind = kind};

	v.table.freeze_due = table_due;
	v.toast.freeze_due = toast_due;
	return tend_table_in_doubt(&v);
}

static void
check_doubt(void)
{
	TendTableVerdict v = {0};

	v.table.freeze_due = 0.3;
	v.toast.freeze_due = 0.7;
	tap_number(tend_freeze_due(&v), 0.7, "the worse of table and TOAST is due");
	v.toast.freeze_due = NAN;
	tap_number(tend_freeze_due(&v), 0.3, "what TOAST does not know does not count");
	v.table.freeze_due = NAN;
	tap_number(tend_freeze_due(&v), NAN, "without ages nothing is known");

	tap_ok(!in_doubt(1.1, 0, TEND_VERDICT_FREEZE_DUE), "a freeze that is due is not yet in doubt");
	tap_ok(in_doubt(1.6, 0, TEND_VERDICT_FREEZE_DUE), "one that did not come is");
	tap_ok(in_doubt(0, 1.6, TEND_VERDICT_OK), "of TOAST, too");
	tap_ok(in_doubt(0, 0, TEND_VERDICT_WRAPAROUND), "and wraparound always");
	tap_ok(!in_doubt(NAN, NAN, TEND_VERDICT_OK), "unknown ages are no doubt");
}

/* ---- absurd numbers ---- */

static TimestampTz
absurd_time(void)
{
	return given_dice(3) ? GIVEN_NOW + (int64) given_between(1, 1e15) - (int64) given_between(1, 1e15) :
		(int64) given_between(1, 4e18);
}

static void
check_absurd(void)
{
	int			outside = 0;
	int			unsafe = 0;

	for (int i = 0; i < 200000; i++)
	{
		Setup		s;
		TendBlock	block;

		set_up(&s, psprintf("topic=%d mode=%d doubt=%d by_hand=%d running=%d", (int) given_dice(TEND_NUM_TOPICS),
							(int) given_dice(3), (int) given_dice(2), (int) given_dice(2), (int) given_dice(2)));
		s.tune.facts.heap.xid_age = given_absurd_count();
		s.tune.facts.heap.mxid_age = given_absurd_count();
		s.tune.facts.heap.vacuum_count = given_absurd_count();
		s.tune.horizon.held = given_dice(2);
		s.tune.horizon.since = given_dice(2) ? 0 : absurd_time();
		s.tune.horizon.xmin_age = given_absurd_count();
		s.tune.table.now = absurd_time();
		for (int t = 0; t < TEND_NUM_TOPICS; t++)
		{
			s.tune.managed.changed_at[t] = given_dice(2) ? 0 : absurd_time();
			s.tune.managed.reverts[t] = (int) given_absurd_count();
			s.tune.managed.hands_off_until[t] = given_dice(2) ? PG_INT64_MAX : given_dice(2) ? PG_INT64_MIN : 0;
		}
		s.g.wishes = (int) given_absurd_count();
		s.g.actions_left = (int) given_absurd_count();
		s.g.interval_seconds = given_absurd();
		s.p.now.threshold = given_absurd();
		s.p.then.threshold = given_absurd();
		block = tend_guard(&s.g, &s.p);
		outside += block > TEND_BLOCK_BUDGET || (block != TEND_BLOCK_NONE && tend_block_text(block) == NULL);
		unsafe += block == TEND_BLOCK_NONE && (s.g.doubt || s.tune.facts.heap.vacuum_running);
	}
	tap_ok(outside == 0, "absurd cases are blocked by something that has a text");
	tap_ok(unsafe == 0, "and nothing slips through near wraparound, or while vacuum runs");
}

int
main(void)
{
	check_cases();
	check_topics();
	check_texts();
	check_doubt();
	check_absurd();
	return tap_done();
}

/*-------------------------------------------------------------------------
 *
 * day_windows.c
 *	  Tests of src/advise/day_windows.c
 *
 *-------------------------------------------------------------------------
 */
#include "given.h"

#include "advise/day_windows.h"

#define DAY 1440

typedef struct ValidCase
{
	const char *name;
	const char *text;
	bool		want;
}			ValidCase;

static const ValidCase valids[] = {
	{"nothing", "", true},
	{"spaces", " \t ", true},
	{"a range", "08:00-18:00", true},
	{"two ranges", "08:00-18:00, 23:30-00:30", true},
	{"two ranges without a space", "08:00-18:00,23:30-00:30", true},
	{"spaces everywhere", " 08:00 - 18:00 , 23:30 - 00:30 ", true},
	{"one digit", "8:0-9:5", true},
	{"the whole day", "00:00-24:00", true},
	{"a range that ends where it begins", "12:00-12:00", true},
	{"the last minute", "23:59-24:00", true},

	{"no end", "08:00", false},
	{"no end behind the dash", "08:00-", false},
	{"no begin", "-08:00", false},
	{"no minutes", "08-18", false},
	{"no digits", "08:-18:00", false},
	{"no hours", ":00-18:00", false},
	{"a comma at the end", "08:00-18:00,", false},
	{"a comma at the begin", ",08:00-18:00", false},
	{"two commas", "08:00-18:00,,19:00-20:00", false},
	{"a comma only", ",", false},
	{"no comma", "08:00-18:00 19:00-20:00", false},
	{"a semicolon", "08:00-18:00; 19:00-20:00", false},
	{"the hour 25", "25:00-26:00", false},
	{"a minute beyond the day", "24:01-01:00", false},
	{"the minute 60", "08:60-09:00", false},
	{"three digits", "008:00-18:00", false},
	{"three digits of a minute", "08:000-18:00", false},
	{"seconds", "08:00:00-18:00:00", false},
	{"a sign", "-8:00-18:00", false},
	{"a plus", "+8:00-18:00", false},
	{"a space inside a time", "08: 00-18:00", false},
	{"am and pm", "8am-6pm", false},
	{"letters", "night", false},
	{"a new line", "08:00-18:00\n", false},
	{"a dash of another kind", "08:00\xe2\x80\x93" "18:00", false},
	{"digits of another script", "\xd9\xa0\xd9\xa8:00-18:00", false},
	{"a huge number", "99999999999999999999:00-18:00", false},
	{"a format", "%s%n:%d-%x", false},
};

typedef struct ContainCase
{
	const char *name;
	const char *text;
	int			minute;
	bool		want;
}			ContainCase;

static const ContainCase contains[] = {
	{"nothing contains no minute", "", 0, false},
	{"before a range", "08:00-18:00", 479, false},
	{"a range contains its first minute", "08:00-18:00", 480, true},
	{"and the last before its end", "08:00-18:00", 1079, true},
	{"but not its end", "08:00-18:00", 1080, false},
	{"midnight is in a range that goes past it", "23:30-00:30", 0, true},
	{"so is the minute before", "23:30-00:30", 1439, true},
	{"its first minute", "23:30-00:30", 1410, true},
	{"not the one before", "23:30-00:30", 1409, false},
	{"its last minute", "23:30-00:30", 29, true},
	{"not its end", "23:30-00:30", 30, false},
	{"noon is not", "23:30-00:30", 720, false},
	{"up to the end of the day", "23:00-24:00", 1439, true},
	{"not beyond it", "23:00-24:00", 0, false},
	{"from midnight", "24:00-01:00", 0, true},
	{"from midnight, not before it", "24:00-01:00", 1439, false},
	{"a range that ends where it begins is a day", "12:00-12:00", 719, true},
	{"all of it", "12:00-12:00", 720, true},
	{"the second range", "01:00-02:00, 12:00-13:00", 720, true},
	{"between two ranges", "01:00-02:00, 12:00-13:00", 300, false},
	{"ranges that overlap", "01:00-12:00, 11:00-13:00", 690, true},
	{"spaces around", " 08:00 - 18:00 ", 600, true},
	{"what is not valid contains nothing", "all day", 600, false},
};

static void
check_cases(void)
{
	bool		all = true;

	for (int i = 0; i < (int) lengthof(valids); i++)
		tap_ok(tend_day_windows_valid(valids[i].text) == valids[i].want,
			   psprintf("%s is %s", valids[i].name, valids[i].want ? "valid" : "not valid"));
	for (int i = 0; i < (int) lengthof(contains); i++)
		tap_ok(tend_day_windows_contain(contains[i].text, contains[i].minute) == contains[i].want, contains[i].name);
	for (int minute = 0; minute < DAY; minute++)
		all = all && tend_day_windows_contain("00:00-24:00", minute);
	tap_ok(all, "the whole day contains each minute");
}

/* Each range against a plain count of its minutes */
static void
check_minutes(void)
{
	int			differ = 0;

	for (int i = 0; i < 2000; i++)
	{
		int			from = given_dice(DAY + 1);
		int			to = given_dice(DAY + 1);
		int			length = from < to ? to - from : DAY - from + to;
		bool		want[DAY] = {false};
		char text[	64];

		snprintf(text, sizeof(text), "%d:%02d-%02d:%d", from / 60, from % 60, to / 60, to % 60);
		for (int m = 0; m < length; m++)
			want[(from + m) % DAY] = true;
		differ += !tend_day_windows_valid(text);
		for (int m = 0; m < DAY; m++)
			differ += tend_day_windows_contain(text, m) != want[m];
	}
	tap_ok(differ == 0, "any range contains its minutes and no other");
}

/* Text of the worst kind: read to its end, and no further */
static void
check_hostile(void)
{
	static const char letters[] = "0123456789::::----,,,,  \t\n248x\xff";
	static const char *const good = "08:00-18:00,23:30-00:30";
	int			accepted = 0;

	for (int i = 0; i < 300000; i++)
	{
		int			len = given_dice(24);
		char	   *text = malloc(len + 1);

		for (int c = 0; c < len; c++)
			text[		c] = given_dice(3) ? good[c] : letters[given_dice(sizeof(letters) - 1)];
		text[		len] = '\0';

		accepted += tend_day_windows_valid(text);
		(void) tend_day_windows_contain(text, given_dice(DAY));
		free(text);
	}
	tap_ok(accepted > 0, "hostile texts are read to their end and no further");
}

static void
check_long(void)
{
	int			n = 100000;
	char	   *text = malloc(n * 12 + 1);

	for (int i = 0; i < n; i++)
		memcpy(text +i * 12, "01:00-02:00,", 12);
	text[		n * 12 - 1] = '\0';

	tap_ok(tend_day_windows_valid(text) && tend_day_windows_contain(text, 60) && !tend_day_windows_contain(text, 0),
		   "a list may be long");
	free(text);
}

int
main(void)
{
	check_cases();
	check_minutes();
	check_hostile();
	check_long();
	return tap_done();
}

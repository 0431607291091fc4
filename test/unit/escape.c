/*-------------------------------------------------------------------------
 *
 * escape.c
 *	  Tests of src/draw/escape.c
 *
 *-------------------------------------------------------------------------
 */
#include "well_formed.h"

#include "draw/escape.h"

typedef struct Case
{
	const char *name;
	const char *text;
	const char *want;
}			Case;

static const Case cases[] = {
	{"plain text stays", "orders 2026", "orders 2026"},
	{"nothing stays nothing", "", ""},
	{"markup is none", "</svg><script>alert(1)</script>", "&lt;/svg&gt;&lt;script&gt;alert(1)&lt;/script&gt;"},
	{"quotes cannot end an attribute", "\" onload='x", "&quot; onload=&#39;x"},
	{"a reference is not read as one", "&lt; &#60;", "&amp;lt; &amp;#60;"},
	{"the end of CDATA is harmless", "]]>", "]]&gt;"},
	{"control characters become their pictures", "a\x01" "b\x1b" "c\r", "a&#x2401;b&#x241B;c&#x240D;"},
	{"lines and tabs stay", "a\n\tb", "a\n\tb"},
	{"DEL and the controls above it are replaced", "\x7f\xc2\x85", "&#xFFFD;&#xFFFD;"},
	{"letters beyond ASCII are references", "Stra\xc3\x9f" "e \xe2\x82\xac", "Stra&#xDF;e &#x20AC;"},
	{"of four bytes, too", "\xf0\x9f\x90\x98", "&#x1F418;"},
	{"what turns the direction is shown", "abc\xe2\x80\xae" "fdp", "abc[U+202E]fdp"},
	{"Arabic and Hebrew letters stay", "\xd7\xa9\xd9\x85", "&#x5E9;&#x645;"},
	{"so do joiners, which scripts need", "\xe2\x80\x8d", "&#x200D;"},
	{"zero width is shown", "\xe2\x80\x8b\xef\xbb\xbf", "[U+200B][U+FEFF]"},
	{"isolates and tags are shown", "\xe2\x81\xa6\xf3\xa0\x81\x81", "[U+2066][U+E0041]"},
	{"line separators are blanks", "a\xe2\x80\xa8" "b", "a b"},
	{"what XML forbids is replaced", "\xef\xbf\xbe\xef\xbf\xbf\xef\xb7\x90", "&#xFFFD;&#xFFFD;&#xFFFD;"},
	{"a surrogate is three wrong bytes", "\xed\xa0\x80", "&#xFFFD;&#xFFFD;&#xFFFD;"},
	{"an overlong slash is two", "\xc0\xaf", "&#xFFFD;&#xFFFD;"},
	{"an overlong < of three bytes is no <", "\xe0\x80\xbc", "&#xFFFD;&#xFFFD;&#xFFFD;"},
	{"a sequence may break off", "a\xe2\x82", "a&#xFFFD;&#xFFFD;"},
	{"beyond Unicode", "\xf4\x90\x80\x80", "&#xFFFD;&#xFFFD;&#xFFFD;&#xFFFD;"},
	{"Latin 1 is not UTF-8", "caf\xe9", "caf&#xFFFD;"},
};

typedef struct Clip
{
	const char *text;
	int			max;
	const char *want;
}			Clip;

static const Clip clips[] = {
	{"abcde", 5, "abcde"},
	{"abcdef", 5, "abcd&#x2026;"},
	{"<<<<", 3, "&lt;&lt;&#x2026;"},
	{"\xc3\xa4\xc3\xb6\xc3\xbc", 2, "&#xE4;&#x2026;"},
	{"ab", 1, "&#x2026;"},
	{"", 1, ""},
};

/* Any bytes at all */
static void
check_noise(void)
{
	uint32		state = 12345;
	char		noise[64];
	bool		ok = true;

	for (int round = 0; round < 20000; round++)
	{
		for (int i = 0; i < 63; i++)
		{
			state = state * 1103515245 + 12345;
			noise[i] = (char) Max(state >> 16 & 0xFF, 1);
		}
		noise[63] = '\0';
		if (well_formed(tend_escape_clipped(noise, 1 + round % 70)) != NULL)
			ok = false;
	}
	tap_ok(ok, "any bytes give well-formed text");
}

int
main(void)
{
	for (int i = 0; i < (int) lengthof(cases); i++)
		tap_text(tend_escape(cases[i].text), cases[i].want, cases[i].name);
	for (int i = 0; i < (int) lengthof(clips); i++)
		tap_text(tend_escape_clipped(clips[i].text, clips[i].max), clips[i].want,
				 psprintf("clipped to %d characters: \"%s\"", clips[i].max, clips[i].want));
	tap_text(tend_escape_word(tend_word_count(12345)), "12&#xA0;345", "a number does not break");
	check_noise();
	return tap_done();
}

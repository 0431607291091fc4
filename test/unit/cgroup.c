/*-------------------------------------------------------------------------
 *
 * cgroup.c
 *	  Tests of src/advise/cgroup.c
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "advise/cgroup.h"

#define SYSTEMD "0::/system.slice/postgresql.service\n"
#define HYBRID "12:cpuset:/\n9:name=systemd:/\n4:cpu,memory:/docker/abc\n0::/other\n"

typedef struct PathCase
{
	const char *name;
	const char *self;
	TendCgroupVersion version;
	const char *want;			/* NULL: none */
}			PathCase;

static const PathCase paths[] = {
	{"a service", SYSTEMD, TEND_CGROUP_V2, "/system.slice/postgresql.service"},
	{"a container with a name space of its own", "0::/\n", TEND_CGROUP_V2, ""},
	{"version 2 has no controllers", SYSTEMD, TEND_CGROUP_V1, NULL},
	{"both versions: the first", HYBRID, TEND_CGROUP_V1, "/docker/abc"},
	{"both versions: the second", HYBRID, TEND_CGROUP_V2, "/other"},
	{"a colon in the name of a group", "3:memory:/a:b/c\n", TEND_CGROUP_V1, "/a:b/c"},
	{"memory is the first of several", "3:memory,cpu:/a\n", TEND_CGROUP_V1, "/a"},
	{"memory is one of several", "3:cpu,memory,io:/a\n", TEND_CGROUP_V1, "/a"},
	{"another controller ends alike", "3:nomemory:/a\n4:memory2:/b\n5:name=memory:/c\n", TEND_CGROUP_V1, NULL},
	{"a path that has the name of the controller", "3:cpu:/memory:/x\n", TEND_CGROUP_V1, NULL},
	{"a line without an end", "0::/a", TEND_CGROUP_V2, "/a"},
	{"outside of the container is the root", "0::/../../etc\n", TEND_CGROUP_V2, ""},
	{"up at the end, too", "0::/a/..\n", TEND_CGROUP_V2, ""},
	{"dots in a name lead nowhere", "0::/..a/b..\n", TEND_CGROUP_V2, "/..a/b.."},
	{"hierarchy 10 is not hierarchy 0", "10::/a\n", TEND_CGROUP_V2, NULL},
	{"a path from nowhere", "0::a\n", TEND_CGROUP_V2, NULL},
	{"no path", "0::\n", TEND_CGROUP_V2, NULL},
	{"no line", "", TEND_CGROUP_V2, NULL},
	{"a broken line, then a good one", "0\n\n:\n0::/a\n", TEND_CGROUP_V2, "/a"},
};

typedef struct LimitCase
{
	const char *name;
	const char *text;
	double		want;			/* kB; NaN: none */
}			LimitCase;

static const LimitCase limits[] = {
	{"a gigabyte", "1073741824\n", 1048576},
	{"without a line end", "1048576", 1024},
	{"none in version 2", "max\n", NAN},
	{"none in version 1", "9223372036854771712\n", NAN},
	{"an empty file", "", NAN},
	{"only a line end", "\n", NAN},
	{"something else", "12 apples\n", NAN},
	{"no number of C", "inf\n", NAN},
	{"nor a negative one", "-1\n", NAN},
	{"a number that no double holds", "99999999999999999999999999\n", NAN},
};

static bool
path_is(const PathCase *c)
{
	char		path[TEND_CGROUP_PATH_LEN];
	bool		found = tend_cgroup_path(c->self, c->version, path);

	return found == (c->want != NULL) && (!found || strcmp(path, c->want) == 0);
}

static bool
too_long_is_none(void)
{
	char		self[TEND_CGROUP_PATH_LEN + 5] = "0::/";
	char		path[TEND_CGROUP_PATH_LEN];

	/* one byte more than there is room for */
	memset(self + 4, 'a', TEND_CGROUP_PATH_LEN - 1);
	if (tend_cgroup_path(self, TEND_CGROUP_V2, path))
		return false;
	self[TEND_CGROUP_PATH_LEN + 2] = '\0';
	return tend_cgroup_path(self, TEND_CGROUP_V2, path) && strlen(path) == TEND_CGROUP_PATH_LEN - 1;
}

static bool
walks_to_the_root(void)
{
	char		path[TEND_CGROUP_PATH_LEN] = "/a/b";

	return tend_cgroup_parent(path) && strcmp(path, "/a") == 0 &&
		tend_cgroup_parent(path) && path[0] == '\0' && !tend_cgroup_parent(path);
}

int
main(void)
{
	for (int i = 0; i < (int) lengthof(paths); i++)
		tap_ok(path_is(&paths[i]), paths[i].name);
	for (int i = 0; i < (int) lengthof(limits); i++)
		tap_number(tend_cgroup_limit_kb(limits[i].text), limits[i].want, limits[i].name);
	tap_ok(too_long_is_none(), "a path of any length is safe");
	tap_ok(walks_to_the_root(), "each group above is met once");
	return tap_done();
}

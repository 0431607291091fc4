/*-------------------------------------------------------------------------
 *
 * cgroup.c
 *	  What the kernel says about control groups, in its own files.
 *
 * A line of /proc/self/cgroup is "hierarchy:controllers:path".  Of version 2
 * hierarchy is 0 and there are no controllers; of version 1 "memory" is among
 * them.  The path is below the mount point, and each directory of it may have
 * a limit, of which the least counts.
 *
 *-------------------------------------------------------------------------
 */
#include "advise/advise.h"

#include "advise/cgroup.h"

/* Is "memory" one of these, which have commas between them? */
static bool
has_memory(const char *controllers, const char *end)
{
	static const char memory[] = "memory";
	const size_t length = sizeof(memory) - 1;

	for (const char *c = controllers; c + length <= end; c++)
	{
		if ((c == controllers || c[-1] == ',') && strncmp(c, memory, length) == 0 &&
			(c + length == end || c[length] == ','))
			return true;
	}
	return false;
}

/*
 * The path of a line, to its end; NULL if it is of another hierarchy.
 */
static const char *
path_of_line(const char *line, const char *end, TendCgroupVersion version)
{
	const char *controllers = memchr(line, ':', end - line);
	const char *path = controllers == NULL ? NULL : memchr(controllers + 1, ':', end - controllers - 1);

	if (path == NULL)
		return NULL;
	controllers++;
	if (version == TEND_CGROUP_V2 ? strncmp(line, "0::", 3) != 0 : !has_memory(controllers, path))
		return NULL;
	return path + 1;
}

/* A path that leads upwards is that of a group outside of our container. */
static bool
leads_upwards(const char *path)
{
	for (const char *c = strstr(path, "/.."); c != NULL; c = strstr(c + 1, "/.."))
	{
		if (c[3] == '/' || c[3] == '\0')
			return true;
	}
	return false;
}

/*
 * The path of the group that limits the memory of a process, out of its
 * /proc/self/cgroup; path has TEND_CGROUP_PATH_LEN bytes.  The root is "".
 * False if there is none.
 */
bool
tend_cgroup_path(const char *self, TendCgroupVersion version, char *path)
{
	while (*self != '\0')
	{
		const char *end = self + strcspn(self, "\n");
		const char *from = path_of_line(self, end, version);

		if (from != NULL)
		{
			size_t		length = end - from;

			if (length == 0 || length >= TEND_CGROUP_PATH_LEN || from[0] != '/')
				return false;
			memcpy(path, from, length);
			path[length] = '\0';
			if (length == 1 || leads_upwards(path))
				path[0] = '\0';
			return true;
		}
		self = *end == '\n' ? end + 1 : end;
	}
	return false;
}

/* The group above; false if there is none */
bool
tend_cgroup_parent(char *path)
{
	char	   *slash = strrchr(path, '/');

	if (slash == NULL)
		return false;
	*slash = '\0';
	return true;
}

/*
 * A limit of memory in bytes, as memory.max and memory.limit_in_bytes have it,
 * in kB.  NaN if there is none: "max", or what is no number.  Without a limit
 * version 1 says a number that no machine has.
 */
double
tend_cgroup_limit_kb(const char *text)
{
	char	   *end;
	double		bytes;

	/* strtod() would take "inf" and a sign, too */
	if (text[0] < '0' || text[0] > '9')
		return NAN;
	bytes = strtod(text, &end);
	if (*end != '\0' && *end != '\n')
		return NAN;
	return bytes < 9e18 ? bytes / 1024 : NAN;
}

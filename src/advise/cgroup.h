/*-------------------------------------------------------------------------
 *
 * cgroup.h
 *	  What the kernel says about control groups, in its own files.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_CGROUP_H
#define TEND_CGROUP_H

typedef enum TendCgroupVersion
{
	TEND_CGROUP_V1,
	TEND_CGROUP_V2
} TendCgroupVersion;

/* Longer ones are not looked at */
#define TEND_CGROUP_PATH_LEN	512

extern bool tend_cgroup_path(const char *self, TendCgroupVersion version, char *path);
extern bool tend_cgroup_parent(char *path);
extern double tend_cgroup_limit_kb(const char *text);

#endif							/* TEND_CGROUP_H */

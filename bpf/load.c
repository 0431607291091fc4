/*-------------------------------------------------------------------------
 *
 * load.c
 *	  Load and attach the probe, and say in words what does not work.
 *
 * When loading fails, the steps before it are tried one by one: the first that fails
 * is the reason, and the loader's own error often is not.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "load.h"
#include "process.h"
#include "say.h"

static const char *const probe_names[] = {TEND_IO_PROBE_NAMES};

static int
try_capabilities(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {0};
	const uint32_t needed = 1u << (CAP_BPF - 32) | 1u << (CAP_PERFMON - 32);

	if (syscall(SYS_capget, &header, data) != 0)
		return errno;
	/* before there were these two, and still, CAP_SYS_ADMIN includes them */
	if ((data[1].effective & needed) == needed || (data[0].effective & (1u << CAP_SYS_ADMIN)) != 0)
		return 0;
	return EPERM;
}

/* Its two usual places; the loader looks there, too. */
static int
try_tracefs(void)
{
	static const char *const ids[] = {
		"/sys/kernel/tracing/events/syscalls/sys_enter_fdatasync/id",
		"/sys/kernel/debug/tracing/events/syscalls/sys_enter_fdatasync/id"
	};
	int			error = 0;

	for (int i = 0; i < 2; i++)
	{
		if (access(ids[i], R_OK) == 0)
			return 0;
		if (error == 0 || error == ENOENT)
			error = errno;
	}
	return error;
}

int
tend_load_try(TendStep step)
{
	switch (step)
	{
		case TEND_STEP_PROC:
			return tend_process_proc_is_ours() ? 0 : ESRCH;
		case TEND_STEP_BTF:
			return access("/sys/kernel/btf/vmlinux", R_OK) == 0 ? 0 : errno;
		case TEND_STEP_CAPABILITIES:
			return try_capabilities();
		case TEND_STEP_TRACEFS:
			return try_tracefs();
		case TEND_STEP_TRIVIAL:
			return tend_probe_try();
		default:
			return 0;
	}
}

/* Says what step failed and what mends it. */
static void
complain(TendStep step, const char *what, int error)
{
	TendWords	words = tend_words(step, error);

	tend_say_error("%s: %s (%s); remedy: %s", what, words.meaning, strerror(error), words.remedy);
}

/* The first step that fails, or, if all before it are fine, this one. */
static void
complain_of_first(TendStep step, int error)
{
	for (TendStep s = 0; s < step; s++)
	{
		int			reason = tend_load_try(s);

		if (reason != 0)
		{
			complain(s, tend_step_name(s), reason);
			return;
		}
	}
	complain(step, tend_step_name(step), error);
}

static void
complain_of_calls(const TendProbe *probe)
{
	for (int i = 0; i < TEND_IO_NUM_PROBES; i++)
	{
		char		what[64];

		if (probe->errors[i] == 0)
			continue;
		snprintf(what, sizeof(what), "%s is not timed", probe_names[i]);
		complain(TEND_STEP_ATTACH, what, probe->errors[i]);
	}
}

bool
tend_load(TendProbe *probe, const TendOptions *options)
{
	int			error;

	if (!tend_process_proc_is_ours())
	{
		complain_of_first(TEND_STEP_BTF, ESRCH);
		return false;
	}
	error = tend_probe_load(probe);
	if (error != 0)
	{
		complain_of_first(TEND_STEP_LOAD, error);
		return false;
	}
	tend_probe_attach(probe, options->probes, options->pretend_missing);
	if (probe->attached == 0)
	{
		/* one reason for all */
		complain_of_first(TEND_STEP_ATTACH, probe->errors[__builtin_ctz(probe->wanted)]);
		tend_probe_unload(probe);
		return false;
	}
	complain_of_calls(probe);
	return true;
}

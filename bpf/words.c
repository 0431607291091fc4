/*-------------------------------------------------------------------------
 *
 * words.c
 *	  What a failure means, and what mends it, in plain words.
 *
 * The first row that fits counts; error 0 fits all.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <stddef.h>

#include "words.h"

#define LACKS_CAPABILITY "CAP_BPF or CAP_PERFMON is missing"
#define GIVE_CAPABILITY \
	"run it as root, or from its systemd unit, which gives it both; in a container, on the host"
#define MOUNT_TRACEFS "mount -t tracefs nodev /sys/kernel/tracing"

typedef struct Row
{
	TendStep	step;
	int			error;
	TendWords	words;
} Row;

static const Row rows[] = {
	{TEND_STEP_PROC, 0, {
			"/proc belongs to another pid namespace than this process",
			"mount -t proc proc /proc, in a mount namespace of its own"
	}},
	{TEND_STEP_BTF, ENOENT, {
			"the kernel has no description of its types (BTF)",
			"a kernel built with CONFIG_DEBUG_INFO_BTF=y; distributions have that since about 2021"
	}},
	{TEND_STEP_BTF, 0, {
			"the kernel's description of its types (BTF) cannot be read",
			"run it as root, with /sys visible"
	}},
	{TEND_STEP_CAPABILITIES, 0, {LACKS_CAPABILITY, GIVE_CAPABILITY}},
	{TEND_STEP_TRACEFS, ENOENT, {
			"tracefs is not mounted where this process can see it, or the kernel has no tracepoints "
			"of system calls (CONFIG_FTRACE_SYSCALLS)",
			MOUNT_TRACEFS
	}},
	{TEND_STEP_TRACEFS, 0, {
			"tracefs cannot be read by this user; it belongs to root",
			"run it as root; CAP_BPF and CAP_PERFMON are all the capabilities it needs"
	}},
	{TEND_STEP_TRIVIAL, EPERM, {LACKS_CAPABILITY, GIVE_CAPABILITY}},
	{TEND_STEP_TRIVIAL, ENOSYS, {
			"the kernel has no BPF", "a kernel built with CONFIG_BPF_SYSCALL=y"
	}},
	{TEND_STEP_TRIVIAL, 0, {
			"the kernel refuses a BPF program that does nothing",
			"look for what restricts BPF: seccomp, lockdown, a security module"
	}},
	{TEND_STEP_LOAD, EPERM, {LACKS_CAPABILITY, GIVE_CAPABILITY}},
	{TEND_STEP_LOAD, ENOMEM, {"not enough memory for the counters", "free some 4 MB of kernel memory"}},
	{TEND_STEP_LOAD, 0, {
			"the kernel refuses the probe",
			"Linux 5.12 or later is needed; --check --verbose prints why"
	}},
	{TEND_STEP_ATTACH, ENOENT, {
			"the kernel has no tracepoint for this call, or tracefs is not mounted",
			MOUNT_TRACEFS
	}},
	{TEND_STEP_ATTACH, EACCES, {
			"tracefs cannot be read by this user, or CAP_PERFMON is missing",
			"run it as root, with CAP_BPF and CAP_PERFMON"
	}},
	{TEND_STEP_ATTACH, EPERM, {LACKS_CAPABILITY, GIVE_CAPABILITY}},
	{TEND_STEP_ATTACH, 0, {
			"the kernel does not let the probe watch this call",
			"--check --verbose prints why"
	}},
	{TEND_STEP_SELF_TEST, 0, {
			"calls are not counted as they were made",
			"report it, with the output of --check --verbose and uname -a"
	}}
};

const char *
tend_step_name(TendStep step)
{
	static const char *const names[] = {
		"process ids", "kernel types (BTF)", "capabilities", "tracefs", "trivial program",
		"probe", "attach", "self-test"
	};

	return names[step];
}

TendWords
tend_words(TendStep step, int error)
{
	static const TendWords unknown = {"an unknown failure", "--check --verbose prints more"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		if (rows[i].step == step && (rows[i].error == 0 || rows[i].error == error))
			return rows[i].words;
	}
	return unknown;
}

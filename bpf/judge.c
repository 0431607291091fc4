/*-------------------------------------------------------------------------
 *
 * judge.c
 *	  May who says hello be registered?
 *
 * Anyone may connect, so hello is not believed.  A user can only have processes
 * counted that are his own: all four users of peer and parent must be the one
 * that the kernel says is at the other end, and the probe looks at the user of each
 * process again.  Without that, an orphan, whose parent is the first process,
 * could have every service of the machine counted, and a process that runs
 * a set-uid program could be read.
 *
 *-------------------------------------------------------------------------
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "judge.h"

#define refuse(status, ...) \
	do { snprintf(reason, TEND_IO_TEXT_LEN, __VA_ARGS__); return (status); } while (0)

/* Ends within its space, and has nothing that would upset a terminal. */
static bool
is_clean(const char *name, size_t size)
{
	for (size_t i = 0; i < size; i++)
	{
		if (name[i] == '\0')
			return true;
		if ((unsigned char) name[i] < ' ' || name[i] == 0x7f)
			return false;
	}
	return false;
}

static int
field_size(int field)
{
	return field >= TEND_IO_CKPT_BUFS_WRITTEN && field <= TEND_IO_CKPT_SYNC_RELS ? 4 : 8;
}

static bool
fields_fit(const TendIoHello *hello)
{
	if (hello->checkpoint_stats_size > TEND_IO_CKPT_MAX_SIZE)
		return false;
	for (int i = 0; i < TEND_IO_CKPT_NUM_FIELDS; i++)
	{
		int			at = hello->checkpoint_fields[i];

		if (at < -1 || at > (int) hello->checkpoint_stats_size - field_size(i))
			return false;
	}
	return hello->checkpoint_fields[TEND_IO_CKPT_START] >= 0;
}

TendIoStatus
tend_judge_hello(const TendIoHello *hello, size_t received, char reason[TEND_IO_TEXT_LEN])
{
	reason[0] = '\0';
	if (received < 3 * sizeof(uint32_t) || hello->magic != TEND_IO_HELLO_MAGIC)
		refuse(TEND_IO_MALFORMED, "this is not a hello of pg_tend");
	if (hello->version != TEND_IO_VERSION)
		refuse(TEND_IO_WRONG_VERSION,
			   "the server speaks version %u of the protocol, pg_tend_iotrace version %u",
			   hello->version, TEND_IO_VERSION);
	if (received != sizeof(*hello) || hello->size != sizeof(*hello))
		refuse(TEND_IO_MALFORMED, "hello has %zu bytes and says %u, expected %zu",
			   received, hello->size, sizeof(*hello));
	if (hello->checkpoint_stats != 0 && !fields_fit(hello))
		refuse(TEND_IO_MALFORMED, "the fields of CheckpointStats make no sense");
	for (int i = 0; i < TEND_IO_NUM_TYPES; i++)
	{
		if (!is_clean(hello->type_names[i], TEND_IO_TYPE_NAME_LEN))
			refuse(TEND_IO_MALFORMED, "the name of backend type %d makes no sense", i);
	}
	return TEND_IO_OK;
}

static bool
has_only_user(const TendProcess *process, uid_t user)
{
	for (int i = 0; i < 4; i++)
	{
		if (process->uids[i] != user)
			return false;
	}
	return true;
}

static bool
is_allowed(const TendOptions *options, uid_t user)
{
	for (int i = 0; i < options->num_users; i++)
	{
		if (options->users[i] == user)
			return true;
	}
	return options->num_users == 0;
}

TendIoStatus
tend_judge_peer(const TendIoHello *hello, uid_t user, const TendProcess *peer,
				const TendProcess *parent, const TendOptions *options,
				char reason[TEND_IO_TEXT_LEN])
{
	reason[0] = '\0';
	if (user == 0)
		refuse(TEND_IO_NOT_A_SERVER, "a server does not run as root");
	if (!is_allowed(options, user))
		refuse(TEND_IO_NOT_ALLOWED, "pg_tend_iotrace was not started for user %u", user);
	if (peer->parent <= 1 || parent->pid != peer->parent)
		refuse(TEND_IO_NOT_A_SERVER, "process %d has no postmaster", (int) peer->pid);
	if (!has_only_user(peer, user) || !has_only_user(parent, user))
		refuse(TEND_IO_NOT_A_SERVER, "process %d or its parent %d has another user than %u",
			   (int) peer->pid, (int) parent->pid, user);
	if (parent->inner_pid != hello->postmaster_pid)
		refuse(TEND_IO_NOT_A_SERVER, "the parent of process %d has pid %d, not %d",
			   (int) peer->pid, (int) parent->inner_pid, hello->postmaster_pid);
	return TEND_IO_OK;
}

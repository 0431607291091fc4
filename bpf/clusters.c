/*-------------------------------------------------------------------------
 *
 * clusters.c
 *	  The registered clusters.
 *
 * A cluster is its postmaster: pid and start time.  It is gone when that has ended,
 * which a pidfd tells at once, so that a later process of the same pid is
 * never taken for it.  A lost connection alone does not end it: the server's
 * launcher may have crashed, and will be back.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../src/version.h"
#include "clocks.h"
#include "clusters.h"
#include "say.h"

TendIoCluster
tend_cluster_for_probe(const TendIoHello *hello, uid_t user)
{
	bool		checkpoints = hello->checkpoint_stats != 0;

	TendIoCluster cluster = {
		.backend_type = hello->backend_type,
		.checkpoint_stats = hello->checkpoint_stats,
		.wal_inode = hello->wal_inode,
		.wal_device = major(hello->wal_device) << 20 | minor(hello->wal_device),
		.checkpoint_stats_size = hello->checkpoint_stats_size,
		.checkpoint_start = checkpoints ? (uint32_t) hello->checkpoint_fields[TEND_IO_CKPT_START] : 0,
		.checkpointer_type = hello->checkpointer_type,
		.euid = user
	};

	return cluster;
}

static TendCluster *
find(TendClusters *all, const TendProcess *postmaster)
{
	for (int i = 0; i < TEND_IO_MAX_CLUSTERS; i++)
	{
		TendCluster *c = &all->clusters[i];

		if (c->used && c->postmaster == postmaster->pid && c->start_ticks == postmaster->start_ticks)
			return c;
	}
	return NULL;
}

static TendCluster *
find_room(TendClusters *all, uid_t user)
{
	TendCluster *room = NULL;
	int			of_user = 0;

	for (int i = 0; i < TEND_IO_MAX_CLUSTERS; i++)
	{
		TendCluster *c = &all->clusters[i];

		if (!c->used)
			room = c;
		else if (c->user == user)
			of_user++;
	}
	return of_user < TEND_MAX_CLUSTERS_PER_USER ? room : NULL;
}

/*
 * A pidfd of the very process that /proc described: it has the same start time
 * after that was opened.
 */
static int
open_process(const TendProcess *process)
{
	TendProcess now;
	int			fd = (int) syscall(SYS_pidfd_open, process->pid, 0);

	if (fd < 0)
		return -1;
	if (!tend_process_read(process->pid, &now) || now.start_ticks != process->start_ticks)
	{
		close(fd);
		errno = ESRCH;
		return -1;
	}
	return fd;
}

static void
begin_header(TendCluster *c, const TendIoHello *hello, int period_ms)
{
	TendIoHeader header = {
		.magic = TEND_IO_SNAPSHOT_MAGIC,
		.version = TEND_IO_VERSION,
		.header_size = sizeof(TendIoHeader),
		.record_size = sizeof(TendIoRecord),
		.period_ms = (uint32_t) period_ms,
		.since_ns = tend_monotonic_ns(),
		.since_us = (int64_t) (tend_wall_ns() / 1000),
		.generation = tend_wall_ns(),
		.postmaster_start = hello->postmaster_start,
		.postmaster_pid = hello->postmaster_pid,
		.server_version = hello->server_version,
		.helper_pid = (int32_t) getpid(),
		.cluster_pid = (uint32_t) c->postmaster,
		.helper_version = TEND_VERSION
	};

	memcpy(header.type_names, hello->type_names, sizeof(header.type_names));
	c->snapshot.header = header;
}

/* 0, or an errno, and what could not be done */
static int
begin(TendClusters *all, TendCluster *c, const TendIoHello *hello, gid_t group, const char **what)
{
	TendIoCluster for_probe = tend_cluster_for_probe(hello, c->user);
	TendSnapshot *snapshot = &c->snapshot;
	int			error;

	snprintf(snapshot->name, sizeof(snapshot->name), "%d-%" PRIx64 TEND_IO_SNAPSHOT_SUFFIX,
			 (int) c->postmaster, c->start_ticks);
	if (hello->checkpoint_stats != 0)
		memcpy(snapshot->checkpoint_fields, hello->checkpoint_fields, sizeof(hello->checkpoint_fields));
	else
		memset(snapshot->checkpoint_fields, 0xff, sizeof(snapshot->checkpoint_fields));
	begin_header(c, hello, all->period_ms);

	*what = "make the snapshot readable for its user";
	error = tend_snapshot_create(snapshot, all->dir, c->user, group);
	if (error != 0)
		return error;
	*what = "have the probe count it";
	error = tend_probe_add(all->probe, (uint32_t) c->postmaster, &for_probe);
	if (error == 0)
	{
		c->slot = for_probe.slot;
		/* the server looks as soon as it has the reply */
		*what = "write the snapshot";
		error = tend_snapshot_write(snapshot, all->probe, c->slot);
		if (error != 0)
			tend_probe_remove(all->probe, (uint32_t) c->postmaster, c->slot);
	}
	if (error != 0)
		tend_snapshot_remove(snapshot, all->dir);
	return error;
}

static TendCluster *
add(TendClusters *all, const TendIoHello *hello, const TendProcess *postmaster, uid_t user,
	gid_t group, TendIoReply *reply)
{
	TendCluster *c = find_room(all, user);
	const char *what = "watch the postmaster";
	int			error;

	if (c == NULL)
	{
		reply->status = TEND_IO_TOO_MANY;
		snprintf(reply->text, sizeof(reply->text), "there are %d clusters of user %u, or %d in all",
				 TEND_MAX_CLUSTERS_PER_USER, user, TEND_IO_MAX_CLUSTERS);
		return NULL;
	}

	memset(c, 0, sizeof(*c));
	c->postmaster = postmaster->pid;
	c->start_ticks = postmaster->start_ticks;
	c->user = user;
	c->pidfd = open_process(postmaster);
	error = c->pidfd < 0 ? errno : begin(all, c, hello, group, &what);
	if (error != 0)
	{
		if (c->pidfd >= 0)
			close(c->pidfd);
		reply->status = TEND_IO_FAILED;
		snprintf(reply->text, sizeof(reply->text), "pg_tend_iotrace could not %s: %s", what, strerror(error));
		return NULL;
	}
	c->used = true;
	tend_say("registered postmaster %d of user %u, PostgreSQL %u", (int) c->postmaster, c->user,
			 hello->server_version / 10000);
	return c;
}

TendCluster *
tend_cluster_register(TendClusters *all, const TendIoHello *hello, const TendProcess *postmaster,
					  uid_t user, gid_t group, int connection, int *old_connection,
					  TendIoReply *reply)
{
	TendCluster *c = find(all, postmaster);

	*old_connection = -1;
	if (c != NULL)
		*old_connection = c->connection;
	else
		c = add(all, hello, postmaster, user, group, reply);
	if (c == NULL)
		return NULL;
	c->connection = connection;
	reply->status = TEND_IO_OK;
	reply->generation = c->snapshot.header.generation;
	memcpy(reply->snapshot, c->snapshot.name, sizeof(reply->snapshot));
	return c;
}

void
tend_cluster_forget(TendClusters *all, TendCluster *cluster, const char *why)
{
	tend_say("postmaster %d is no longer registered: %s", (int) cluster->postmaster, why);
	tend_probe_remove(all->probe, (uint32_t) cluster->postmaster, cluster->slot);
	tend_snapshot_remove(&cluster->snapshot, all->dir);
	close(cluster->pidfd);
	cluster->used = false;
}

void
tend_cluster_lonely(TendClusters *all, int connection)
{
	for (int i = 0; i < TEND_IO_MAX_CLUSTERS; i++)
	{
		TendCluster *c = &all->clusters[i];

		if (c->used && c->connection == connection)
		{
			c->connection = -1;
			c->lonely_since = tend_monotonic_ns();
		}
	}
}

static void
publish(TendClusters *all, TendCluster *c)
{
	int			before = c->snapshot.error;
	int			error = tend_snapshot_write(&c->snapshot, all->probe, c->slot);

	/* once, not every second */
	if (error != 0 && error != before)
		tend_say_error("snapshot of postmaster %d cannot be written: %s",
					   (int) c->postmaster, strerror(error));
}

void
tend_clusters_publish(TendClusters *all)
{
	uint64_t	now = tend_monotonic_ns();

	for (int i = 0; i < TEND_IO_MAX_CLUSTERS; i++)
	{
		TendCluster *c = &all->clusters[i];

		if (!c->used)
			continue;
		if (c->connection < 0 && now - c->lonely_since > TEND_LONELY_SECONDS * UINT64_C(1000000000))
			tend_cluster_forget(all, c, "nobody has come back to its connection");
		else
			publish(all, c);
	}
}

void
tend_clusters_forget_all(TendClusters *all)
{
	for (int i = 0; i < TEND_IO_MAX_CLUSTERS; i++)
	{
		if (all->clusters[i].used)
			tend_cluster_forget(all, &all->clusters[i], "pg_tend_iotrace ends");
	}
}

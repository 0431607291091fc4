/*-------------------------------------------------------------------------
 *
 * clusters.h
 *	  The registered clusters.
 *
 * Who is registered, until when, and what is published for whom.  The connections
 * that they came by are serve.c's.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TEND_CLUSTERS_H
#define TEND_CLUSTERS_H

#include "options.h"
#include "process.h"
#include "snapshot.h"

/* of one user */
#define TEND_MAX_CLUSTERS_PER_USER	16

/* how long a postmaster may be without a connection to us */
#define TEND_LONELY_SECONDS			60

typedef struct TendCluster
{
	bool		used;
	pid_t		postmaster;		/* as we see it */
	uint64_t	start_ticks;	/* tells it from a later one of the same pid */
	int			pidfd;			/* readable when it has ended */
	uid_t		user;
	int			connection;		/* socket, or -1 */
	uint64_t	lonely_since;	/* monotonic ns, if there is none */
	uint32_t	slot;
	TendSnapshot snapshot;
} TendCluster;

typedef struct TendClusters
{
	TendProbe  *probe;
	int			dir;
	int			period_ms;
	TendCluster clusters[TEND_IO_MAX_CLUSTERS];
} TendClusters;

/*
 * Register a cluster, or find it registered already: then it is given the new
 * connection, and old_connection is what it had, otherwise that is -1.  The reply
 * is filled in all but its constant fields.  NULL if it is refused.
 */
extern TendCluster *tend_cluster_register(TendClusters *all, const TendIoHello *hello,
										  const TendProcess *postmaster, uid_t user, gid_t group,
										  int connection, int *old_connection, TendIoReply *reply);

extern void tend_cluster_forget(TendClusters *all, TendCluster *cluster, const char *why);

/* The connection ended; another one may come. */
extern void tend_cluster_lonely(TendClusters *all, int connection);

/* Publish all, and forget those that have been lonely for too long. */
extern void tend_clusters_publish(TendClusters *all);

/* At the end: remove all files. */
extern void tend_clusters_forget_all(TendClusters *all);

/* What the probe needs to know, out of a hello; also for --once. */
extern TendIoCluster tend_cluster_for_probe(const TendIoHello *hello, uid_t user);

#endif							/* TEND_CLUSTERS_H */

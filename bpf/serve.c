/*-------------------------------------------------------------------------
 *
 * serve.c
 *	  Serve clusters until a signal ends it.
 *
 * One thread, one poll(): hello is a single message, so nothing ever waits for a
 * peer.  Anyone may connect, hence few connections per user before hello, and
 * not for long.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../src/version.h"
#include "clocks.h"
#include "clusters.h"
#include "judge.h"
#include "load.h"
#include "say.h"
#include "serve.h"

#define MAX_CONNECTIONS			128
#define MAX_SILENT_PER_USER		8
#define SILENT_SECONDS			5

typedef struct Connection
{
	int			fd;				/* -1: not in use */
	struct ucred peer;
	uint64_t	since;			/* monotonic ns */
	bool		registered;
} Connection;

typedef struct Server
{
	const TendOptions *options;
	TendProbe	probe;
	TendClusters clusters;
	int			lock;
	int			listener;
	int			signals;
	Connection	connections[MAX_CONNECTIONS];
} Server;

/* ---- directory and socket ---- */

/*
 * Only we may write there, or others could put files in our name.  Its parent
 * is the administrator's business.
 */
static int
open_directory(const char *path)
{
	struct stat st;
	int			fd;

	if (mkdir(path, 0755) != 0 && errno != EEXIST)
	{
		tend_say_error("cannot make directory \"%s\": %s", path, strerror(errno));
		return -1;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
	{
		tend_say_error("cannot open directory \"%s\": %s", path, strerror(errno));
		return -1;
	}
	if (st.st_uid != geteuid() || (st.st_mode & 022) != 0)
	{
		tend_say_error("directory \"%s\" must belong to us, and nobody else may write to it", path);
		close(fd);
		return -1;
	}
	return fd;
}

/* The lock goes with the process, so a helper that was killed is no obstacle. */
static int
lock_directory(int dir, const char *path)
{
	int			fd = openat(dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		tend_say_error("cannot make a file in \"%s\": %s", path, strerror(errno));
	else if (flock(fd, LOCK_EX | LOCK_NB) != 0)
	{
		tend_say_error("another pg_tend_iotrace serves \"%s\"", path);
		close(fd);
		fd = -1;
	}
	return fd;
}

static int
listen_in(int dir, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int			fd;

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", path, TEND_IO_SOCKET_NAME) >=
		(int) sizeof(address.sun_path))
	{
		tend_say_error("the name of directory \"%s\" is too long for a socket", path);
		return -1;
	}
	unlinkat(dir, TEND_IO_SOCKET_NAME, 0);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *) &address, sizeof(address)) != 0 ||
		fchmodat(dir, TEND_IO_SOCKET_NAME, 0666, 0) != 0 || listen(fd, 64) != 0)
	{
		tend_say_error("cannot listen at \"%s\": %s", address.sun_path, strerror(errno));
		return -1;
	}
	return fd;
}

/* ---- connections ---- */

static void
hang_up(Server *server, Connection *c)
{
	if (c->registered)
		tend_cluster_lonely(&server->clusters, c->fd);
	close(c->fd);
	c->fd = -1;
}

static Connection *
room_for(Server *server, uid_t user)
{
	Connection *room = NULL;
	int			silent = 0;

	for (int i = 0; i < MAX_CONNECTIONS; i++)
	{
		Connection *c = &server->connections[i];

		if (c->fd < 0)
			room = c;
		else if (!c->registered && c->peer.uid == user)
			silent++;
	}
	return silent < MAX_SILENT_PER_USER ? room : NULL;
}

static void
take_connection(Server *server)
{
	int			fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ucred peer;
	socklen_t	size = sizeof(peer);
	Connection *c;

	if (fd < 0)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 ||
		(c = room_for(server, peer.uid)) == NULL)
	{
		close(fd);
		return;
	}
	memset(c, 0, sizeof(*c));
	c->fd = fd;
	c->peer = peer;
	c->since = tend_monotonic_ns();
}

/* The one with this socket, which is not ours to close twice. */
static void
replace_connection(Server *server, int fd)
{
	for (int i = 0; i < MAX_CONNECTIONS; i++)
	{
		Connection *c = &server->connections[i];

		if (c->fd == fd)
		{
			c->registered = false;
			hang_up(server, c);
		}
	}
}

static TendIoStatus
look_up_peer(const Connection *c, TendProcess *peer, TendProcess *parent, char *reason)
{
	/* 0 is a peer in no pid namespace of ours */
	if (c->peer.pid > 0 && tend_process_read(c->peer.pid, peer) &&
		(peer->parent <= 1 || tend_process_read(peer->parent, parent)))
		return TEND_IO_OK;
	snprintf(reason, TEND_IO_TEXT_LEN, "pg_tend_iotrace cannot see process %d or its parent in /proc: %s",
			 (int) c->peer.pid, c->peer.pid > 0 ? strerror(errno) : "another pid namespace");
	return TEND_IO_FAILED;
}

static void
answer(Server *server, Connection *c, const TendIoHello *hello, size_t received)
{
	TendIoReply reply = {
		.magic = TEND_IO_REPLY_MAGIC,
		.version = TEND_IO_VERSION,
		.size = sizeof(TendIoReply),
		.helper_version = TEND_VERSION
	};
	TendProcess peer = {0},
				parent = {0};
	int			old_connection;

	reply.status = tend_judge_hello(hello, received, reply.text);
	if (reply.status == TEND_IO_OK)
		reply.status = look_up_peer(c, &peer, &parent, reply.text);
	if (reply.status == TEND_IO_OK)
		reply.status = tend_judge_peer(hello, c->peer.uid, &peer, &parent, server->options, reply.text);
	if (reply.status == TEND_IO_OK &&
		tend_cluster_register(&server->clusters, hello, &parent, c->peer.uid, c->peer.gid,
							  c->fd, &old_connection, &reply) != NULL)
	{
		c->registered = true;
		if (old_connection >= 0)
			replace_connection(server, old_connection);
	}
	if (reply.status != TEND_IO_OK)
		tend_say_more("refused process %d of user %u: %s", (int) c->peer.pid, c->peer.uid, reply.text);
	if (send(c->fd, &reply, sizeof(reply), MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof(reply) ||
		!c->registered)
		hang_up(server, c);
}

/* Its only message, or its end. */
static void
hear(Server *server, Connection *c)
{
	TendIoHello hello = {0};
	ssize_t		received = recv(c->fd, &hello, sizeof(hello), MSG_DONTWAIT | MSG_TRUNC);

	if (received < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (received <= 0 || c->registered)
		hang_up(server, c);
	else
		answer(server, c, &hello, (size_t) received);
}

static void
hang_up_silent(Server *server)
{
	uint64_t	now = tend_monotonic_ns();

	for (int i = 0; i < MAX_CONNECTIONS; i++)
	{
		Connection *c = &server->connections[i];

		if (c->fd >= 0 && !c->registered && now - c->since > SILENT_SECONDS * UINT64_C(1000000000))
			hang_up(server, c);
	}
}

/* ---- the loop ---- */

/* Tell systemd, without its library, that servers may come. */
static void
notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t		length = path == NULL ? 0 : strlen(path);
	int			fd;

	if (length == 0 || length >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, length);
	if (address.sun_path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *) &address,
			   (socklen_t) (offsetof(struct sockaddr_un, sun_path) + length)) < 0)
		tend_say_more("systemd cannot be told \"%s\": %s", state, strerror(errno));
	close(fd);
}

static int
catch_signals(void)
{
	sigset_t	set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* -1 is for none */
static struct pollfd
readable(int fd)
{
	struct pollfd poll_for = {.fd = fd,.events = POLLIN};

	return poll_for;
}

/*
 * Wait until something happens, and deal with it.  A postmaster's end comes
 * first: its connection ends at the same time, and says less.
 */
static bool
wait_and_deal(Server *server, int timeout_ms)
{
	struct pollfd polls[2 + TEND_IO_MAX_CLUSTERS + MAX_CONNECTIONS];
	struct pollfd *of_clusters = polls + 2;
	struct pollfd *of_connections = of_clusters + TEND_IO_MAX_CLUSTERS;

	polls[0] = readable(server->signals);
	polls[1] = readable(server->listener);
	for (int i = 0; i < TEND_IO_MAX_CLUSTERS; i++)
	{
		const TendCluster *c = &server->clusters.clusters[i];

		of_clusters[i] = readable(c->used ? c->pidfd : -1);
	}
	for (int i = 0; i < MAX_CONNECTIONS; i++)
		of_connections[i] = readable(server->connections[i].fd);

	if (poll(polls, sizeof(polls) / sizeof(polls[0]), timeout_ms) <= 0)
		return true;
	if (polls[0].revents != 0)
		return false;
	for (int i = 0; i < TEND_IO_MAX_CLUSTERS; i++)
	{
		if (of_clusters[i].revents != 0)
			tend_cluster_forget(&server->clusters, &server->clusters.clusters[i], "it has ended");
	}
	for (int i = 0; i < MAX_CONNECTIONS; i++)
	{
		/* may have been replaced by one before it in this loop */
		if (of_connections[i].revents != 0 && server->connections[i].fd == of_connections[i].fd)
			hear(server, &server->connections[i]);
	}
	if (polls[1].revents != 0)
		take_connection(server);
	return true;
}

static void
run(Server *server)
{
	const uint64_t period = (uint64_t) server->options->period_ms * 1000000;
	uint64_t	next = tend_monotonic_ns();

	for (;;)
	{
		uint64_t	now = tend_monotonic_ns();

		if (now >= next)
		{
			hang_up_silent(server);
			tend_clusters_publish(&server->clusters);
			/* after a pause, do not catch up */
			next = next + period > now ? next + period : now + period;
		}
		now = tend_monotonic_ns();
		if (!wait_and_deal(server, next > now ? (int) ((next - now + 999999) / 1000000) : 0))
			return;
	}
}

static bool
set_up(Server *server)
{
	const TendOptions *options = server->options;
	TendClusters *clusters = &server->clusters;

	clusters->probe = &server->probe;
	clusters->period_ms = options->period_ms;
	for (int i = 0; i < MAX_CONNECTIONS; i++)
		server->connections[i].fd = -1;

	umask(0);
	clusters->dir = open_directory(options->dir);
	if (clusters->dir < 0 || (server->lock = lock_directory(clusters->dir, options->dir)) < 0)
		return false;
	tend_snapshot_clean(clusters->dir);
	if (!tend_load(&server->probe, options))
		return false;
	server->signals = catch_signals();
	server->listener = listen_in(clusters->dir, options->dir);
	return server->signals >= 0 && server->listener >= 0;
}

int
tend_serve(const TendOptions *options)
{
	/* large, and zero */
	static Server server;

	server.options = options;
	if (!set_up(&server))
		return 1;
	notify("READY=1");
	tend_say("serving \"%s\"", options->dir);
	run(&server);

	notify("STOPPING=1");
	unlinkat(server.clusters.dir, TEND_IO_SOCKET_NAME, 0);
	tend_clusters_forget_all(&server.clusters);
	tend_probe_unload(&server.probe);
	return 0;
}

/*-------------------------------------------------------------------------
 *
 * iotrace_link.c
 *	  The launcher's connection to pg_tend_iotrace.
 *
 * The launcher says hello, gets the name of the snapshot in reply, and keeps
 * the connection, whose end tells either side that the other is gone.  It tries
 * again after 1, 2, 4 ... 60 seconds.  Nothing waits here: the socket does not
 * block, and each step does what can be done at once.
 *
 * What the state of the link is stands in shared memory for all others.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "collect/iotrace_hello.h"
#include "collect/iotrace_read.h"
#include "settings.h"
#include "storage/fd.h"
#include "store/shared.h"
#include "store/shared_disk.h"
#include "utils/timestamp.h"
#include "worker/iotrace_link.h"

/* Longest pause between two attempts, and longest wait for a reply, seconds */
#define MAX_PAUSE		60.0
#define REPLY_TIMEOUT	5.0

static pgsocket sock = PGINVALID_SOCKET;
static bool waits_for_reply = false;
static double deadline = 0;		/* of the reply; monotonic seconds */
static double next_try = 0;
static int	failures = 0;		/* in a row */
static uint64 hello_ns = 0;		/* when hello was said last; the probe's clock */

/* As in shared memory, once it has been put there */
static TendIotrace link_now;
static bool published = false;

/* ---- state ---- */

static void
publish(TendIotraceState state, int error)
{
	if (published && link_now.state == state && link_now.error == error &&
		state != TEND_IOTRACE_REFUSED)
		return;
	if (state == TEND_IOTRACE_ATTACHED)
		ereport(LOG,
				(errmsg("pg_tend is connected to pg_tend_iotrace %s", link_now.helper_version)));
	else if (link_now.state == TEND_IOTRACE_ATTACHED)
		ereport(LOG,
				(errmsg("pg_tend has lost its connection to pg_tend_iotrace")));
	if (link_now.state != state)
		link_now.since = GetCurrentTimestamp();
	link_now.state = state;
	link_now.error = error;
	link_now.counts_nothing = false;
	published = true;
	tend_iotrace_set(&link_now);
}

static void
hang_up(void)
{
	if (sock != PGINVALID_SOCKET)
	{
		close(sock);
		ReleaseExternalFD();
	}
	sock = PGINVALID_SOCKET;
	waits_for_reply = false;
}

/* This attempt, or the connection, has come to its end. */
static void
fail(TendIotraceState state, int error)
{
	double		pause = Min((double) (1 << Min(failures, 6)), MAX_PAUSE);

	hang_up();
	failures++;
	next_try = tend_monotonic_seconds() + pause;
	publish(state, error);
}

/* ---- hello ---- */

static bool
is_trusted_peer(void)
{
	struct ucred peer;
	socklen_t	size = sizeof(peer);

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return false;
	link_now.helper_uid = peer.uid;
	/* our own user could do anything to this server anyway */
	return peer.uid == 0 || peer.uid == geteuid();
}

static void
say_hello(void)
{
	TendIoHello hello = tend_iotrace_hello();

	hello_ns = tend_iotrace_clock();
	if (!is_trusted_peer())
		fail(TEND_IOTRACE_IMPOSTOR, 0);
	else if (send(sock, &hello, sizeof(hello), MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t) sizeof(hello))
		fail(TEND_IOTRACE_GONE, 0);
	else
	{
		waits_for_reply = true;
		deadline = tend_monotonic_seconds() + REPLY_TIMEOUT;
	}
}

static void
call(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", link_now.dir,
				 TEND_IO_SOCKET_NAME) >= (int) sizeof(address.sun_path))
	{
		fail(TEND_IOTRACE_NO_SOCKET, ENAMETOOLONG);
		return;
	}
	if (!AcquireExternalFD())
	{
		fail(TEND_IOTRACE_NO_SOCKET, EMFILE);
		return;
	}
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (sock == PGINVALID_SOCKET)
	{
		int			error = errno;

		ReleaseExternalFD();
		fail(TEND_IOTRACE_NO_SOCKET, error);
		return;
	}
	/* of a Unix socket, this succeeds or fails at once */
	if (connect(sock, (struct sockaddr *) &address, sizeof(address)) != 0)
		fail(TEND_IOTRACE_NO_SOCKET, errno);
	else
		say_hello();
}

/* ---- reply ---- */

/* A text of the reply, or "" if it is none */
static void
take_text(char *to, size_t size, const char *from)
{
	if (tend_io_printable(from, size))
		memcpy(to, from, size);
	else
		to[0] = '\0';
}

/*
 * What the reply says.  Status and text are where they are in all versions of
 * the protocol, so a helper of another one can say so.
 */
static void
take_reply(const TendIoReply *reply, size_t received)
{
	link_now.protocol = 0;
	link_now.text[0] = link_now.snapshot[0] = link_now.helper_version[0] = '\0';
	if (received < offsetof(TendIoReply, snapshot) || reply->magic != TEND_IO_REPLY_MAGIC)
	{
		fail(TEND_IOTRACE_GARBLED, 0);
		return;
	}
	link_now.protocol = reply->version;
	link_now.refusal = reply->version != TEND_IO_VERSION ? TEND_IO_WRONG_VERSION : reply->status;
	take_text(link_now.text, TEND_IO_TEXT_LEN, reply->text);
	if (link_now.refusal != TEND_IO_OK)
	{
		fail(TEND_IOTRACE_REFUSED, 0);
		return;
	}
	if (received != sizeof(*reply) || reply->size != sizeof(*reply))
	{
		fail(TEND_IOTRACE_GARBLED, 0);
		return;
	}
	take_text(link_now.helper_version, TEND_IO_VERSION_LEN, reply->helper_version);
	take_text(link_now.snapshot, TEND_IO_NAME_LEN, reply->snapshot);
	if (!tend_io_name_valid(link_now.snapshot))
	{
		fail(TEND_IOTRACE_GARBLED, 0);
		return;
	}
	waits_for_reply = false;
	failures = 0;
	publish(TEND_IOTRACE_ATTACHED, 0);
}

/* Anything to be heard?  After the reply, only the end. */
static void
hear(void)
{
	TendIoReply reply = {0};
	ssize_t		n = recv(sock, &reply, sizeof(reply), MSG_DONTWAIT | MSG_TRUNC);

	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
	{
		if (waits_for_reply && tend_monotonic_seconds() > deadline)
			fail(TEND_IOTRACE_SILENT, 0);
	}
	else if (n <= 0)
		fail(TEND_IOTRACE_GONE, 0);
	else if (waits_for_reply)
		take_reply(&reply, (size_t) n);
	else
		fail(TEND_IOTRACE_GARBLED, 0);
}

/* ---- what the launcher calls ---- */

/* Another directory: begin anew. */
static void
follow_setting(void)
{
	if (published && strcmp(link_now.dir, tend_iotrace_dir) == 0)
		return;
	hang_up();
	published = false;
	strlcpy(link_now.dir, tend_iotrace_dir, sizeof(link_now.dir));
	failures = 0;
	next_try = 0;
	link_now.snapshot[0] = '\0';
	publish(TEND_IOTRACE_UNTRIED, 0);
}

/* Do what can be done now. */
void
tend_link_step(void)
{
	follow_setting();
	if (link_now.dir[0] == '\0')
		publish(TEND_IOTRACE_OFF, 0);
	else if (sock != PGINVALID_SOCKET)
		hear();
	else if (tend_monotonic_seconds() >= next_try)
		call();
}

/* The socket whose readability is worth a step */
pgsocket
tend_link_socket(void)
{
	return sock;
}

/*
 * When hello was said last: what has been counted since a later moment was
 * counted for this connection.
 */
uint64
tend_link_hello_ns(void)
{
	return hello_ns;
}

/* The probe is attached, and does it see what the server does? */
void
tend_link_counts_nothing(bool nothing)
{
	if (link_now.counts_nothing == nothing)
		return;
	link_now.counts_nothing = nothing;
	tend_iotrace_set(&link_now);
}

/*-------------------------------------------------------------------------
 *
 * hostile.c
 *	  Say hello in all the wrong ways.
 *
 *	hostile SOCKET SEED N	N random messages; prints how many got which status
 *	hostile SOCKET KIND		one message of a kind, prints "STATUS TEXT":
 *		good version size short long tiny type_name terminal fields negative
 *		large pid
 *	hostile SOCKET silent N KEPT	N connections that say nothing; prints how many
 *		are kept, which should be KEPT
 *
 * Where the rest of hello must be right, this program is both postmaster and
 * child, as its child says it.
 *
 *-------------------------------------------------------------------------
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpf/iotrace.h"

#define MAX_SILENT	100
#define MAX_TURNS	20
#define MAX_LOOKS	400

static struct sockaddr_un address = {.sun_family = AF_UNIX};

static TendIoHello
good_hello(void)
{
	TendIoHello hello = {
		.magic = TEND_IO_HELLO_MAGIC,
		.version = TEND_IO_VERSION,
		.size = sizeof(TendIoHello),
		.server_version = 150000,
		.postmaster_pid = (int32_t) getppid(),
		.checkpoint_stats = 4096,
		.checkpoint_stats_size = 96,
		.checkpoint_fields = {0, 8, 16, 24, 32, 40, -1, 44, 48, 52, 56, 64, 72}
	};

	return hello;
}

static int
connected(void)
{
	int			fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	if (connect(fd, (struct sockaddr *) &address, sizeof(address)) != 0)
	{
		perror("connect");
		exit(1);
	}
	return fd;
}

/* The status, or -1 if there is no reply. */
static int
send_message(const void *message, size_t size, TendIoReply *reply)
{
	int			fd = connected();
	int			status = -1;

	memset(reply, 0, sizeof(*reply));
	if (send(fd, message, size, MSG_NOSIGNAL) == (ssize_t) size &&
		recv(fd, reply, sizeof(*reply), 0) == sizeof(*reply) &&
		reply->magic == TEND_IO_REPLY_MAGIC)
		status = (int) reply->status;
	close(fd);
	return status;
}

static int
send_kind(const char *kind)
{
	unsigned char big[8192] = {0};
	TendIoHello hello = good_hello();
	size_t		size = sizeof(hello);
	TendIoReply reply;
	int			status;

	if (strcmp(kind, "version") == 0)
		hello.version++;
	else if (strcmp(kind, "size") == 0)
		hello.size--;
	else if (strcmp(kind, "short") == 0)
		size -= 8;
	else if (strcmp(kind, "long") == 0)
		size = sizeof(big);
	else if (strcmp(kind, "tiny") == 0)
		size = 3;
	else if (strcmp(kind, "type_name") == 0)
		memset(hello.type_names[3], 'x', TEND_IO_TYPE_NAME_LEN);
	else if (strcmp(kind, "terminal") == 0)
		strcpy(hello.type_names[3], "\033[2J");
	else if (strcmp(kind, "fields") == 0)
		hello.checkpoint_fields[TEND_IO_CKPT_SYNC] = 89;
	else if (strcmp(kind, "negative") == 0)
		hello.checkpoint_fields[TEND_IO_CKPT_SYNC] = -2;
	else if (strcmp(kind, "large") == 0)
		hello.checkpoint_stats_size = 1 << 30;
	else if (strcmp(kind, "pid") == 0)
		hello.postmaster_pid++;
	memcpy(big, &hello, sizeof(hello));
	status = send_message(big, size, &reply);
	printf("%d %s\n", status, reply.text);
	return 0;
}

/* Random bytes; or a good hello with some of its bytes changed. */
static int
send_random(unsigned seed, int n)
{
	int			seen[TEND_IO_FAILED + 2] = {0};

	srandom(seed);
	for (int i = 0; i < n; i++)
	{
		unsigned char message[2 * sizeof(TendIoHello)];
		TendIoHello hello = good_hello();
		TendIoReply reply;
		size_t		size = random() % 2 ? sizeof(hello) : 1 + (size_t) random() % sizeof(message);
		int			status;

		for (size_t at = 0; at < sizeof(message); at++)
			message[at] = (unsigned char) random();
		if (random() % 4 != 0)
		{
			memcpy(message, &hello, sizeof(hello));
			for (int change = (int) (random() % 4); change > 0; change--)
				message[random() % sizeof(hello)] = (unsigned char) random();
		}
		status = send_message(message, size, &reply);
		if (status < -1 || status > TEND_IO_FAILED)
			return 1;
		seen[status + 1]++;
	}
	for (int s = 0; s < TEND_IO_FAILED + 2; s++)
		printf("%d%s", seen[s], s == TEND_IO_FAILED + 1 ? "\n" : " ");
	return 0;
}

static int
count_open(const int *fds, int n)
{
	int			open = 0;

	for (int i = 0; i < n; i++)
	{
		char		c;

		open += recv(fds[i], &c, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
	}
	return open;
}

/*
 * How many stay open?  More of them while the helper has not come to all, and
 * fewer once it has hung up on those it kept: then all begins anew.
 */
static int
be_silent(int n, int kept)
{
	int			fds[MAX_SILENT];
	int			open = 0;

	if (n > MAX_SILENT)
		return 2;
	for (int turn = 0; turn < MAX_TURNS; turn++)
	{
		int			looks = 0;

		for (int i = 0; i < n; i++)
			fds[i] = connected();
		/* ten times the same is no coincidence */
		for (int look = 0; look < MAX_LOOKS && looks < 10; look++)
		{
			if ((open = count_open(fds, n)) < kept)
				break;
			looks = open == kept ? looks + 1 : 0;
			usleep(50000);
		}
		for (int i = 0; i < n; i++)
			close(fds[i]);
		if (looks == 10)
			break;
		usleep(500000);
	}
	printf("%d\n", open);
	return 0;
}

int
main(int argc, char **argv)
{
	pid_t		child;
	int			status;

	if (argc < 3)
		return 2;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
	child = fork();
	if (child == 0)
	{
		if (argc == 3)
			exit(send_kind(argv[2]));
		exit(argc == 5 ? be_silent(atoi(argv[3]), atoi(argv[4])) :
			 send_random((unsigned) atoi(argv[2]), atoi(argv[3])));
	}
	return waitpid(child, &status, 0) == child && status == 0 ? 0 : 1;
}

/*-------------------------------------------------------------------------
 *
 * child_of_other.c
 *	  Say one right hello, for whatever parent this process has; prints
 *	  "STATUS TEXT".
 *
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bpf/iotrace.h"

int
main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	TendIoHello hello = {
		.magic = TEND_IO_HELLO_MAGIC,
		.version = TEND_IO_VERSION,
		.size = sizeof(TendIoHello),
		.postmaster_pid = (int32_t) getppid()
	};
	TendIoReply reply;
	int			fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	if (argc != 2)
		return 2;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
	if (connect(fd, (struct sockaddr *) &address, sizeof(address)) != 0 ||
		send(fd, &hello, sizeof(hello), 0) != sizeof(hello) ||
		recv(fd, &reply, sizeof(reply), 0) != sizeof(reply))
	{
		perror("say hello");
		return 1;
	}
	printf("%u %s\n", reply.status, reply.text);
	return 0;
}

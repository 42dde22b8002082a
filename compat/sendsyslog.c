/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * syslog(3) of glibc and musl waits for a daemon that does not read, for ever
 * if it has stopped.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <errno.h>
#include <paths.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

/*
 * The system queues few lines, ten by default, so a burst gets a moment for the
 * daemon to read.  A daemon that did not use it gets no other until it has
 * read.
 */
#define TRIES		20
#define STEP_MS		1

static struct {
	int	 fd;
	int	 stuck;			/* the last line was not taken */
} sender = { -1, 0 };

static int
sender_try(const struct msghdr *msg)
{
	if (sender.fd == -1)
		sender.fd = socket(AF_UNIX,
		    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (sender.fd == -1)
		return (-1);
	return (sendmsg(sender.fd, msg, MSG_NOSIGNAL) == -1 ? -1 : 0);
}

static int
sender_wait(const struct msghdr *msg)
{
	const struct timespec	 step = { 0, STEP_MS * 1000000L };
	int			 i;

	for (i = 0; sender_try(msg) == -1; i++) {
		if (errno != EAGAIN || sender.stuck || i == TRIES) {
			sender.stuck = 1;
			return (-1);
		}
		nanosleep(&step, NULL);
	}
	sender.stuck = 0;
	return (0);
}

/* Format "Nov 22 17:04:05 ", in English and local time, as syslog(3). */
static size_t
sender_time(char *buf, size_t size)
{
	time_t		 now = time(NULL);
	struct tm	 tm;

	if (localtime_r(&now, &tm) == NULL)
		return (0);
	return (strftime(buf, size, "%b %e %H:%M:%S ", &tm));
}

int
sendsyslog(const char *line, size_t len, int flags)
{
	struct sockaddr_un	 sun;
	struct iovec		 iov[3];
	struct msghdr		 msg;
	const char		*end = memchr(line, '>', len);
	size_t			 head = end == NULL ? 0 : end + 1 - line;
	char			 now[32];

	/* By name each time: the daemon may have been restarted. */
	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", _PATH_LOG);
	iov[0].iov_base = (void *)(uintptr_t)line;
	iov[0].iov_len = head;
	iov[1].iov_base = now;
	iov[1].iov_len = sender_time(now, sizeof(now));
	iov[2].iov_base = (void *)(uintptr_t)(line + head);
	iov[2].iov_len = len - head;
	memset(&msg, 0, sizeof(msg));
	msg.msg_name = &sun;
	msg.msg_namelen = sizeof(sun);
	msg.msg_iov = iov;
	msg.msg_iovlen = 3;
	return (sender_wait(&msg));
}

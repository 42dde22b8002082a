/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The queue, or a checker, in a child, with this process as its parent and all
 * of its peers; sends and receives messages on their channels.
 */

#ifndef AUTHPEERS_H
#define AUTHPEERS_H

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "authpop/serve.h"
#include "imsg.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "proc.h"
#include "unit.h"

/* One end of a channel. */
struct end {
	struct imsgbuf	 buf;
	int		 fd;
};

/* What came: MSG_MAX is the end of the channel, 0 nothing. */
struct got {
	uint32_t		 type;
	union msg_payload	 data;
};

static struct {
	struct end	 parent;
	pid_t		 child;
	char		 logged[10000];
} authpop;

UNIT_FN void
end_open(struct end *e, int fd)
{
	e->fd = fd;
	if (imsgbuf_init(&e->buf, fd) == -1)
		exit(1);
	imsgbuf_allow_fdpass(&e->buf);
}

UNIT_FN void
end_close(struct end *e)
{
	imsgbuf_clear(&e->buf);
	close(e->fd);
	e->fd = -1;
}

UNIT_FN void
put_size(struct end *e, uint32_t type, const void *data, size_t len, int fd)
{
	if (imsg_compose(&e->buf, type, 0, 0, fd, data, len) == -1 ||
	    imsgbuf_flush(&e->buf) == -1)
		CHECK(0, "cannot send %s: %s", msg_name(type),
		    strerror(errno));
}

UNIT_FN void
put(struct end *e, uint32_t type, const void *data)
{
	put_size(e, type, data, msg_size(type), -1);
}

/* The next message but those of the log, which are collected. */
UNIT_FN struct got
get(struct end *e, int ms)
{
	struct got	 got = { .type = MSG_MAX };
	struct imsg	 imsg;
	struct pollfd	 pfd = { .fd = e->fd, .events = POLLIN };
	int		 n;

	for (;;) {
		while ((n = imsgbuf_get(&e->buf, &imsg)) == 0) {
			if (poll(&pfd, 1, ms) == 0) {
				got.type = 0;
				return (got);
			}
			if (imsgbuf_read(&e->buf) != 1)
				return (got);
		}
		if (n == -1 || msg_check(&imsg, &got.data) != NULL) {
			CHECK(0, "a malformed message");
			return (got);
		}
		got.type = imsg_get_type(&imsg);
		imsg_free(&imsg);
		if (got.type != MSG_LOG)
			return (got);
		strlcat(authpop.logged, got.data.log.ml_text,
		    sizeof(authpop.logged));
		strlcat(authpop.logged, "\n", sizeof(authpop.logged));
	}
}

#define start_authpop()	start_child(serve_start)

UNIT_FN void
start_child(void (*begin)(void))
{
	int	 fds[2];

	fflush(stdout);
	authpop.logged[0] = '\0';
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1 ||
	    fcntl(fds[1], F_SETFL, O_NONBLOCK) == -1 ||
	    (authpop.child = fork()) == -1)
		exit(1);
	if (authpop.child == 0) {
		if (fds[1] != 3)
			dup2(fds[1], 3);
		closefrom(4);
		begin();
		proc_run();
	}
	close(fds[1]);
	end_open(&authpop.parent, fds[0]);
}

/* It ends when we do, and in no other way. */
UNIT_FN void
stop_authpop(void)
{
	int	 status;

	end_close(&authpop.parent);
	if (waitpid(authpop.child, &status, 0) == -1)
		status = -1;
	CHECK(status == 0, "status %d", status);
}

/* Connect it to a peer, whose end is e. */
UNIT_FN void
join(struct end *e, enum role role, uint64_t gen)
{
	struct msg_peer	 mp;
	int		 fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1 ||
	    fcntl(fds[1], F_SETFL, O_NONBLOCK) == -1)
		exit(1);
	memset(&mp, 0, sizeof(mp));
	mp.mp_role = role;
	mp.mp_gen = gen;
	put_size(&authpop.parent, MSG_PEER, &mp, sizeof(mp), fds[1]);
	end_open(e, fds[0]);
}

#endif

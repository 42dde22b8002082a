/*
 * link: lib/bucket.o lib/chan.o lib/msg.o lib/log.o lib/source.o $(IMSG_OBJS)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A descriptor that the system refuses because too many are in flight is sent
 * again until it is accepted, without a busy loop, although the socket stays
 * writable.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <dlfcn.h>
#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "chan.h"
#include "imsg.h"
#include "limits.h"
#include "msg.h"
#include "unit.h"

static struct {
	struct chan	*chan;
	struct imsgbuf	 peer;
	int		 fds[2];
	int		 error;		/* of sendmsg(2), 0: none */
	int		 calls;		/* of it */
	int		 drained;
} t;

ssize_t
sendmsg(int fd, const struct msghdr *msg, int flags)
{
	ssize_t	 (*real)(int, const struct msghdr *, int);

	t.calls++;
	if (t.error != 0) {
		errno = t.error;
		return (-1);
	}
	*(void **)&real = dlsym(RTLD_NEXT, "sendmsg");
	return (real(fd, msg, flags));
}

static const struct chan_rule	 rules[] = {
	{ 0, NULL }
};

static void
closed(void *arg, const char *why)
{
	abort();
}

static void
drained(void *arg)
{
	t.drained = 1;
}

static void
over(int fd, short what, void *arg)
{
	event_loopbreak();
}

/* Serve the loop for so long. */
static void
serve(int milliseconds)
{
	struct timeval	 tv = { milliseconds / 1000,
			    milliseconds % 1000 * 1000 };

	event_once(-1, EV_TIMEOUT, over, NULL, &tv);
	event_dispatch();
}

static void
test_error(int error)
{
	struct session_id	 si = { 1, 1 };
	struct imsg		 imsg;
	int			 i, fd = -1;

	t.error = error;
	t.calls = t.drained = 0;
	CHECK(chan_send(t.chan, MSG_SESSION_OPEN, &si,
	    open("/dev/null", O_RDONLY)) == 0, "send");
	serve(5 * CHAN_RETRY_MILLISECONDS);
	CHECK(t.calls > 1 && t.calls < 10, "%d calls", t.calls);
	CHECK(!t.drained && !chan_drained(t.chan), "gone");

	t.error = 0;
	for (i = 0; i < 1000 && !t.drained; i++)
		serve(CHAN_RETRY_MILLISECONDS);
	CHECK(t.drained && chan_drained(t.chan), "not sent");
	CHECK(imsgbuf_read(&t.peer) == 1 && imsgbuf_get(&t.peer, &imsg) == 1 &&
	    (fd = imsg_get_fd(&imsg)) != -1, "not received");
	close(fd);
	imsg_free(&imsg);
}

int
main(void)
{
	event_init();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, t.fds) == -1)
		abort();
	imsgbuf_init(&t.peer, t.fds[1]);
	imsgbuf_allow_fdpass(&t.peer);
	t.chan = chan_new(t.fds[0], "test", rules, closed, NULL);
	chan_on_drained(t.chan, drained);
	unit_case("too many descriptors under way: sent again in a moment");
	test_error(EMFILE);
	unit_case("so says Linux");
	test_error(ETOOMANYREFS);
	unit_case("and no memory is no other case");
	test_error(ENOBUFS);
	return (unit_done());
}

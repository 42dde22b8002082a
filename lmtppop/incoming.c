/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Listening sockets.  In: clients.  Out: connections.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <event.h>
#include <string.h>
#include <unistd.h>

#include "conn.h"
#include "incoming.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "proc.h"

static struct {
	struct event	 events[ADDRESSES_MAX];
	int		 fds[ADDRESSES_MAX];
	size_t		 count;
	int		 closed;
	struct event	 timer;
} incoming;

static void
incoming_start(void)
{
	size_t	 i;

	for (i = 0; i < incoming.count; i++)
		event_add(&incoming.events[i], NULL);
}

static void
incoming_again(int fd, short what, void *arg)
{
	incoming_start();
}

/* Stop accepting for a while. */
static void
incoming_pause(void)
{
	const struct timeval	 tv = { ACCEPT_PAUSE_SECONDS, 0 };
	size_t			 i;

	for (i = 0; i < incoming.count; i++)
		event_del(&incoming.events[i]);
	evtimer_add(&incoming.timer, &tv);
}

static void
incoming_failed(void)
{
	switch (errno) {
	case EAGAIN:
	case EINTR:
	case ECONNABORTED:
		return;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		break;
	default:
		proc_send(MSG_LISTEN_BAD, NULL, -1);
	}
	log_warn("accept");
	incoming_pause();
}

static void
incoming_event(int fd, short what, void *arg)
{
	int	 client;

	/* The new socket may block, see conn_read(). */
	if ((client = accept(fd, NULL, NULL)) == -1) {
		incoming_failed();
		return;
	}
	if (conn_new(client) == -1) {
		log_warnx("accept: no memory");
		close(client);
		incoming_pause();
	}
}

void
incoming_init(void)
{
	evtimer_set(&incoming.timer, incoming_again, NULL);
}

static void
incoming_drop(void)
{
	size_t	 i;

	for (i = 0; i < incoming.count; i++) {
		event_del(&incoming.events[i]);
		close(incoming.fds[i]);
	}
	evtimer_del(&incoming.timer);
	incoming.count = 0;
}

void
incoming_use(const int *fds, size_t count)
{
	size_t	 i;

	incoming_drop();
	for (i = 0; i < count; i++) {
		incoming.fds[i] = fds[i];
		event_set(&incoming.events[i], fds[i], EV_READ | EV_PERSIST,
		    incoming_event, NULL);
	}
	incoming.count = count;
	if (incoming.closed)
		incoming_drop();
	incoming_start();
}

void
incoming_close(void)
{
	incoming.closed = 1;
	incoming_drop();
}

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Listening sockets.  In: clients.  Out: connections; without room clients
 * wait in the system's queue.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <event.h>
#include <string.h>
#include <unistd.h>

#include "accept.h"
#include "conn.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "proc.h"

static struct {
	struct event	 ac_events[ADDRESSES_MAX];
	int		 ac_fds[ADDRESSES_MAX];
	size_t		 ac_count;
	int		 ac_closed;
	struct event	 ac_timer;
} accepts;

static void
accept_start(void)
{
	size_t	 i;

	for (i = 0; i < accepts.ac_count; i++)
		event_add(&accepts.ac_events[i], NULL);
}

static void
accept_again(int fd, short what, void *arg)
{
	accept_start();
}

/* Stop accepting for a while. */
static void
accept_pause(void)
{
	const struct timeval	 tv = { ACCEPT_PAUSE_SECONDS, 0 };
	size_t			 i;

	for (i = 0; i < accepts.ac_count; i++)
		event_del(&accepts.ac_events[i]);
	evtimer_add(&accepts.ac_timer, &tv);
}

static void
accept_failed(void)
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
	accept_pause();
}

static void
accept_event(int fd, short what, void *arg)
{
	int	 client;

	if (!conn_room()) {
		accept_pause();
		return;
	}
	/* The new socket may block, see conn_read(). */
	if ((client = accept(fd, NULL, NULL)) == -1) {
		accept_failed();
		return;
	}
	if (conn_new(client) == -1) {
		log_warnx("accept: no memory");
		close(client);
		accept_pause();
	}
}

void
accept_init(void)
{
	evtimer_set(&accepts.ac_timer, accept_again, NULL);
}

static void
accept_drop(void)
{
	size_t	 i;

	for (i = 0; i < accepts.ac_count; i++) {
		event_del(&accepts.ac_events[i]);
		close(accepts.ac_fds[i]);
	}
	evtimer_del(&accepts.ac_timer);
	accepts.ac_count = 0;
}

void
accept_use(const int *fds, size_t count)
{
	size_t	 i;

	accept_drop();
	for (i = 0; i < count; i++) {
		accepts.ac_fds[i] = fds[i];
		event_set(&accepts.ac_events[i], fds[i], EV_READ | EV_PERSIST,
		    accept_event, NULL);
	}
	accepts.ac_count = count;
	if (accepts.ac_closed)
		accept_drop();
	accept_start();
}

void
accept_close(void)
{
	accepts.ac_closed = 1;
	accept_drop();
}

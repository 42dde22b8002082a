/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Accept connections.  In: a listening socket that is readable.  Out: a
 * client.  There is always room for one more connection, if need be by
 * displacing another.  Only if accept(2) fails do connections wait in the
 * system's queue.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accept.h"
#include "capacity.h"
#include "client.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "nets.h"
#include "proc.h"
#include "source.h"
#include "tally.h"
#include "tlsio_server.h"

struct listening {
	struct accept_socket	 li_socket;
	struct event		 li_event;
};

static struct {
	struct listening	*sockets;
	size_t			 count;
	int			 paused;	/* the timer runs */
	int			 closed;	/* for good */
	struct event		 timer;
	struct tally		 failed;
} accepts = {
	.failed = { .ta_what = "accept-paused" },
};

static const struct source nobody;

static void
accept_start(void)
{
	size_t	 i;

	if (accepts.paused)
		return;
	for (i = 0; i < accepts.count; i++)
		event_add(&accepts.sockets[i].li_event, NULL);
}

static void
accept_stop(void)
{
	size_t	 i;

	for (i = 0; i < accepts.count; i++)
		event_del(&accepts.sockets[i].li_event);
}

/* Stop accepting for a moment; connections stay in the system's queue. */
static void
accept_pause(const char *why)
{
	const struct timeval	 tv = { ACCEPT_PAUSE_SECONDS, 0 };

	tally_add(&accepts.failed, &nobody, why);
	if (accepts.paused || evtimer_add(&accepts.timer, &tv) == -1)
		return;
	accept_stop();
	accepts.paused = 1;
}

static void
accept_failed(int error)
{
	switch (error) {
	case EAGAIN:		/* another listener was faster */
	case EINTR:
	case ECONNABORTED:	/* the client has closed already */
	/* Linux reports errors of the new connection: accept(2). */
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ENETDOWN:
	case ENETUNREACH:
	case ENOPROTOOPT:
	case EOPNOTSUPP:
	case EPERM:		/* firewall rules */
	case EPROTO:
	case ETIMEDOUT:
		break;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		accept_pause(strerror(error));
		break;
	default:
		/* The socket itself: another process may have shut it down. */
		accept_pause(strerror(error));
		proc_send(MSG_LISTEN_BAD, NULL, -1);
	}
}

static void
accept_one(const struct accept_socket *acs)
{
	struct sockaddr_storage	 ss;
	struct source		 source;
	socklen_t		 len = sizeof(ss);
	int			 client;

	client = accept(acs->acs_fd, (struct sockaddr *)&ss, &len);
	if (client == -1) {
		accept_failed(errno);
		return;
	}
	source_from(&source, (struct sockaddr *)&ss);
	if ((acs->acs_flags & (LISTEN_PROXY | LISTEN_HTTP)) != 0 &&
	    !nets_proxy(acs->acs_index, &source)) {
		client_unknown_proxy(&source);
		close(client);
		return;
	}
	if (client_new(acs, client, &source) == -1)
		accept_pause("out of memory");
}

/* The pause is over. */
static void
accept_again(int fd, short what, void *arg)
{
	accepts.paused = 0;
	accept_start();
}

/* One at a time, to share with the other listeners. */
static void
accept_event(int fd, short what, void *arg)
{
	accept_one(arg);
}

void
accept_init(void)
{
	evtimer_set(&accepts.timer, accept_again, NULL);
}

static void
accept_drop(void)
{
	size_t	 i;

	accept_stop();
	for (i = 0; i < accepts.count; i++) {
		close(accepts.sockets[i].li_socket.acs_fd);
		tlsio_server_free(accepts.sockets[i].li_socket.acs_server);
	}
	free(accepts.sockets);
	accepts.sockets = NULL;
	accepts.count = 0;
}

/* Set the address of a listening socket; version 0 for a wildcard. */
static void
accept_local(struct accept_socket *acs)
{
	struct sockaddr_storage	 ss;
	socklen_t		 len = sizeof(ss);

	acs->acs_local = nobody;
	if (getsockname(acs->acs_fd, (struct sockaddr *)&ss, &len) == -1)
		return;
	source_from(&acs->acs_local, (struct sockaddr *)&ss);
	if (memcmp(acs->acs_local.so_addr, nobody.so_addr,
	    sizeof(nobody.so_addr)) == 0)
		acs->acs_local = nobody;
}

void
accept_use(const struct accept_socket *acs, size_t count)
{
	struct listening	*sockets;
	size_t			 i;

	if ((sockets = calloc(count + 1, sizeof(*sockets))) == NULL)
		fatal("calloc");
	for (i = 0; i < count; i++) {
		sockets[i].li_socket = acs[i];
		accept_local(&sockets[i].li_socket);
		event_set(&sockets[i].li_event, acs[i].acs_fd,
		    EV_READ | EV_PERSIST, accept_event,
		    &sockets[i].li_socket);
	}
	accept_drop();
	accepts.sockets = sockets;
	accepts.count = count;
	if (accepts.closed)
		accept_drop();
	accept_start();
}

void
accept_close(void)
{
	accepts.closed = 1;
	accept_drop();
}

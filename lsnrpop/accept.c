/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A byte's way begins here: a listening socket becomes readable, a session
 * comes out.  Sources are counted, and when there is no room or no
 * descriptor connections wait in the system's queue.
 */

#include <sys/types.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accept.h"
#include "limits.h"
#include "log.h"
#include "session.h"
#include "source.h"
#include "sources.h"
#include "tally.h"
#include "tcp_notsent_lowat.h"
#include "tcp_user_timeout.h"

#define PAUSE_SECONDS	1		/* when there are no descriptors */

struct listening {
	int		 sk_fd;
	struct event	 sk_event;
};

static struct {
	struct listening	*sockets;
	size_t			 count;
	struct tlsio_server	*server;
	unsigned int		 sessions;	/* at the most */
	unsigned int		 room;		/* by our descriptors */
	int			 stopped;	/* no session fits */
	int			 paused;	/* the timer runs */
	struct event		 timer;
	struct tally		 full, refused;
} state = {
	.full = { .ta_what = "accept-paused" },
	.refused = { .ta_what = "connections-refused" },
};

static const struct source nobody;

static void
accept_start(void)
{
	size_t	 i;

	if (state.stopped || state.paused)
		return;
	for (i = 0; i < state.count; i++)
		event_add(&state.sockets[i].sk_event, NULL);
}

static void
accept_stop(void)
{
	size_t	 i;

	for (i = 0; i < state.count; i++)
		event_del(&state.sockets[i].sk_event);
}

static void
accept_again(int fd, short what, void *arg)
{
	state.paused = 0;
	accept_start();
}

/* What was there to accept stays there; look again in a moment. */
static void
accept_pause(const char *why)
{
	const struct timeval	 tv = { PAUSE_SECONDS, 0 };

	tally_add(&state.full, &nobody, why);
	accept_stop();
	if (evtimer_add(&state.timer, &tv) == 0)
		state.paused = 1;
}

void
accept_resume(void)
{
	if (!state.stopped || session_count() >= state.sessions)
		return;
	state.stopped = 0;
	accept_start();
}

static void
accept_new(int fd, const struct sockaddr *sa)
{
	struct source	 source;

	source_from(&source, sa);
	if (sources_add(&source, UNAUTH_PER_SOURCE) == -1) {
		tally_add(&state.refused, &source,
		    "too many connections that are not logged in");
		close(fd);
		return;
	}
	if (session_new(state.server, fd, &source) == -1) {
		sources_remove(&source);
		close(fd);
		accept_pause("out of memory");
	}
}

/* One at a time: there are other listeners. */
static void
accept_event(int fd, short what, void *arg)
{
	struct sockaddr_storage	 ss;
	socklen_t		 len = sizeof(ss);
	int			 client;

	if (session_count() >= state.sessions) {
		tally_add(&state.full, &nobody, "as many sessions as may be");
		state.stopped = 1;
		accept_stop();
		return;
	}
	client = accept(fd, (struct sockaddr *)&ss, &len);
	if (client == -1) {
		/* All else was the client's fault, or another took it. */
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS)
			accept_pause(strerror(errno));
		return;
	}
	accept_new(client, (struct sockaddr *)&ss);
}

void
accept_init(void)
{
	struct rlimit	 rl;

	/* A session has two descriptors: its client and its worker. */
	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		fatal("getrlimit");
	if (rl.rlim_cur <= 2 * DESCRIPTORS_RESERVED)
		fatalx("no more than %llu descriptors: see popd(8)",
		    (unsigned long long)rl.rlim_cur);
	if (rl.rlim_cur > UINT32_MAX)
		rl.rlim_cur = UINT32_MAX;
	state.room = (rl.rlim_cur - DESCRIPTORS_RESERVED) / 2;
	evtimer_set(&state.timer, accept_again, NULL);
}

/* Every connection has these from its listening socket. */
static void
accept_options(int fd)
{
	const int	 on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1 ||
	    tcp_notsent_lowat(fd, RELAY_BUFFER) == -1 ||
	    tcp_user_timeout(fd, CLIENT_TIMEOUT_MILLISECONDS) == -1)
		log_warn("setsockopt");
}

void
accept_use(const int *fds, size_t count, struct tlsio_server *server,
    unsigned int max)
{
	struct listening	*sockets;
	size_t			 i;

	if ((sockets = calloc(count + 1, sizeof(*sockets))) == NULL)
		fatal("calloc");
	for (i = 0; i < count; i++) {
		sockets[i].sk_fd = fds[i];
		accept_options(fds[i]);
		event_set(&sockets[i].sk_event, fds[i], EV_READ | EV_PERSIST,
		    accept_event, NULL);
	}
	accept_stop();
	for (i = 0; i < state.count; i++)
		close(state.sockets[i].sk_fd);
	free(state.sockets);
	tlsio_server_free(state.server);
	state.sockets = sockets;
	state.count = count;
	state.server = server;
	state.sessions = max < state.room ? max : state.room;
	state.stopped = 0;
	accept_start();
}

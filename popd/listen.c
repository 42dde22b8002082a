/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The listening sockets.  See listen.h.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netdb.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "inherit.h"
#include "limits.h"
#include "listen.h"
#include "log.h"
#include "settings.h"
#include "tcp_notsent_lowat.h"
#include "tcp_user_timeout.h"

#define BACKLOG		512

/*
 * Milliseconds for which an address may still be in the hands of children of
 * a popd that was killed: they end when they see that it is gone.
 */
#define BUSY_MS		3000
#define BUSY_STEP_MS	20

static struct {
	int		 fds[ADDRESSES_MAX];
	char		 names[ADDRESSES_MAX][128];
	unsigned int	 count;
} sockets;

/*
 * Every connection has these from its listening socket: set here, since on
 * Linux a listener may not, which would be for its siblings, too.
 */
static int
listen_options(int fd)
{
	const int	 on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1 ||
	    tcp_notsent_lowat(fd, RELAY_BUFFER) == -1 ||
	    tcp_user_timeout(fd, CLIENT_TIMEOUT_MILLISECONDS) == -1)
		return (-1);
	return (0);
}

static int
listen_socket(const struct addrinfo *ai)
{
	int	 fd, on = 1, saved;

	if ((fd = inherit_take(ai->ai_addr)) != -1) {
		if (listen_options(fd) == 0 && listen(fd, BACKLOG) == 0)
			return (fd);
		saved = errno;
		close(fd);
		errno = saved;
		return (-1);
	}
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd == -1)
		return (-1);
	/* Without V6ONLY "::" would take the IPv4 port on some systems. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    (ai->ai_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6,
	    IPV6_V6ONLY, &on, sizeof(on)) == -1) ||
	    listen_options(fd) == -1 ||
	    bind(fd, ai->ai_addr, ai->ai_addrlen) == -1 ||
	    listen(fd, BACKLOG) == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return (-1);
	}
	return (fd);
}

/* The same, while the address is in use for a moment. */
static int
listen_wait(const struct addrinfo *ai)
{
	const struct timespec	 step = { 0, BUSY_STEP_MS * 1000000L };
	int			 fd, waited;

	for (waited = 0; (fd = listen_socket(ai)) == -1;
	    waited += BUSY_STEP_MS) {
		if (errno != EADDRINUSE || waited >= BUSY_MS)
			return (-1);
		nanosleep(&step, NULL);
	}
	return (fd);
}

static int
listen_address(const char *address, char *why, size_t size)
{
	struct addrinfo	 hints, *ai;
	int		 error, fd;

	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_UNSPEC;
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
	error = getaddrinfo(address, settings.port, &hints, &ai);
	if (error != 0) {
		snprintf(why, size, "address %s port %s: %s", address,
		    settings.port, gai_strerror(error));
		errno = EINVAL;
		return (-1);
	}
	fd = listen_wait(ai);
	freeaddrinfo(ai);
	if (fd == -1) {
		snprintf(why, size, "address %s port %s: %s", address,
		    settings.port, strerror(errno));
		return (-1);
	}
	snprintf(sockets.names[sockets.count], sizeof(sockets.names[0]),
	    "%s port %s", address, settings.port);
	sockets.fds[sockets.count++] = fd;
	return (0);
}

/* All addresses of both families; a host may lack one of them. */
static int
listen_default(char *why, size_t size)
{
	static const char	*any[] = { "0.0.0.0", "::" };
	size_t			 i;

	for (i = 0; i < 2; i++)
		if (listen_address(any[i], why, size) == -1 &&
		    errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL)
			return (-1);
	return (sockets.count > 0 ? 0 : -1);
}

int
listen_open(char *why, size_t size)
{
	unsigned int	 i;

	if (settings.naddresses == 0)
		return (listen_default(why, size));
	for (i = 0; i < settings.naddresses; i++)
		if (listen_address(settings.addresses[i], why, size) == -1)
			return (-1);
	return (0);
}

int
listen_fd(unsigned int i, const char **name)
{
	if (i >= sockets.count)
		return (-1);
	*name = sockets.names[i];
	return (sockets.fds[i]);
}

unsigned int
listen_count(void)
{
	return (sockets.count);
}

void
listen_mend(void)
{
	unsigned int	 i;

	for (i = 0; i < sockets.count; i++)
		if (listen(sockets.fds[i], BACKLOG) == -1 ||
		    fcntl(sockets.fds[i], F_SETFL, O_NONBLOCK) == -1)
			log_warn("listening on %s", sockets.names[i]);
}

void
listen_close(void)
{
	while (sockets.count > 0)
		close(sockets.fds[--sockets.count]);
}

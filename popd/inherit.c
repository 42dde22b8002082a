/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Inherited descriptors.  See inherit.h.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <netinet/in.h>
#include <netdb.h>

#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inherit.h"
#include "limits.h"
#include "log.h"
#include "settings.h"

static struct {
	int		 fds[ADDRESSES_MAX];	/* -1: taken */
	int		 count;
	int		 channel;		/* -1: none */
	uint64_t	 generation;
} inherit = { .channel = -1 };

/* Take a number from the environment and unset it.  -1 if missing. */
static long long
inherit_number(const char *name, long long max)
{
	const char	*value, *errstr;
	long long	 number;

	if ((value = getenv(name)) == NULL)
		return (-1);
	number = strtonum(value, 0, max, &errstr);
	if (errstr != NULL)
		errx(1, "%s in the environment: %s", name, errstr);
	unsetenv(name);
	return (number);
}

/* Return whether fd is a socket of this type, listening or not. */
static int
inherit_is(int fd, int type, int listens)
{
	struct stat	 st;
	socklen_t	 len = sizeof(int);
	int		 is, accepts;

	return (fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &is, &len) == 0 &&
	    is == type &&
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &len) == 0 &&
	    (accepts != 0) == listens);
}

static void
inherit_keep(int fd)
{
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
		err(1, "descriptor %d", fd);
}

static void
inherit_sockets(void)
{
	long long	 count, pid;
	int		 fd;

	pid = inherit_number(INHERIT_PID, INT_MAX);
	/* They may be for the process that started popd. */
	if (pid != (long long)getpid())
		unsetenv(INHERIT_SOCKETS);
	count = inherit_number(INHERIT_SOCKETS, ADDRESSES_MAX);
	unsetenv(INHERIT_NAMES);
	if (count < 1)
		return;
	inherit.count = (int)count;
	for (fd = 0; fd < inherit.count; fd++) {
		inherit.fds[fd] = INHERIT_FIRST + fd;
		if (!inherit_is(inherit.fds[fd], SOCK_STREAM, 1))
			errx(1, "inherited descriptor %d is not a listening "
			    "socket", inherit.fds[fd]);
		inherit_keep(inherit.fds[fd]);
	}
}

/* The channel comes after the sockets, from a popd of the same user. */
static void
inherit_predecessor(void)
{
	long long	 fd, generation;
	uid_t		 uid;
	gid_t		 gid;

	fd = inherit_number(INHERIT_CHANNEL, INT_MAX);
	generation = inherit_number(INHERIT_GENERATION, LLONG_MAX);
	if (fd == -1 || generation == -1)
		return;
	if (fd != INHERIT_FIRST + inherit.count ||
	    !inherit_is((int)fd, SOCK_SEQPACKET, 0) ||
	    getpeereid((int)fd, &uid, &gid) == -1 || uid != geteuid())
		errx(1, "inherited descriptor %lld is not from a popd", fd);
	inherit_keep((int)fd);
	inherit.channel = (int)fd;
	inherit.generation = (uint64_t)generation;
}

void
inherit_init(void)
{
	inherit_sockets();
	inherit_predecessor();
	closefrom(INHERIT_FIRST + inherit.count + (inherit.channel != -1));
}

/* Return whether two addresses have the same family and port. */
static int
inherit_same_port(const struct sockaddr *a, const struct sockaddr *b)
{
	/* The port is at the same offset in both families. */
	return (a->sa_family == b->sa_family &&
	    (a->sa_family == AF_INET || a->sa_family == AF_INET6) &&
	    ((const struct sockaddr_in *)a)->sin_port ==
	    ((const struct sockaddr_in *)b)->sin_port);
}

static int
inherit_same(const struct sockaddr *a, const struct sockaddr *b)
{
	const struct sockaddr_in	*a4, *b4;
	const struct sockaddr_in6	*a6, *b6;

	if (a->sa_family == AF_UNIX && b->sa_family == AF_UNIX)
		return (strncmp(((const struct sockaddr_un *)a)->sun_path,
		    ((const struct sockaddr_un *)b)->sun_path,
		    sizeof(((const struct sockaddr_un *)a)->sun_path)) == 0);
	if (!inherit_same_port(a, b))
		return (0);
	if (a->sa_family == AF_INET) {
		a4 = (const struct sockaddr_in *)a;
		b4 = (const struct sockaddr_in *)b;
		return (a4->sin_addr.s_addr == b4->sin_addr.s_addr);
	}
	a6 = (const struct sockaddr_in6 *)a;
	b6 = (const struct sockaddr_in6 *)b;
	return (a6->sin6_scope_id == b6->sin6_scope_id &&
	    memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof(a6->sin6_addr)) == 0);
}

int
inherit_share(const struct sockaddr *sa)
{
	struct sockaddr_storage	 ss;
	socklen_t		 len;
	const int		 on = 1;
	int			 i, found = 0;

	for (i = 0; i < inherit.count; i++) {
		memset(&ss, 0, sizeof(ss));
		len = sizeof(ss);
		if (inherit.fds[i] != -1 && getsockname(inherit.fds[i],
		    (struct sockaddr *)&ss, &len) == 0 &&
		    inherit_same_port((struct sockaddr *)&ss, sa) &&
		    setsockopt(inherit.fds[i], SOL_SOCKET, SO_REUSEPORT, &on,
		    sizeof(on)) == 0)
			found = 1;
	}
	return (found);
}

int
inherit_take(const struct sockaddr *sa)
{
	struct sockaddr_storage	 ss;
	socklen_t		 len;
	int			 i, fd;

	memset(&ss, 0, sizeof(ss));
	for (i = 0; i < inherit.count; i++) {
		len = sizeof(ss);
		if ((fd = inherit.fds[i]) == -1 ||
		    getsockname(fd, (struct sockaddr *)&ss, &len) == -1 ||
		    !inherit_same((struct sockaddr *)&ss, sa))
			continue;
		inherit.fds[i] = -1;
		return (fd);
	}
	return (-1);
}

/* Log the address of a socket that is not configured. */
static void
inherit_log(int fd)
{
	struct sockaddr_storage	 ss;
	socklen_t		 len = sizeof(ss);
	char			 host[NI_MAXHOST], port[NI_MAXSERV];

	if (getsockname(fd, (struct sockaddr *)&ss, &len) == -1 ||
	    getnameinfo((struct sockaddr *)&ss, len, host, sizeof(host), port,
	    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		log_warnx("inherited socket without an address: closed");
	else
		log_warnx("inherited socket %s port %s is not configured: "
		    "closed", host, port);
}

void
inherit_close(void)
{
	int	 i;

	for (i = 0; i < inherit.count; i++) {
		if (inherit.fds[i] == -1)
			continue;
		inherit_log(inherit.fds[i]);
		close(inherit.fds[i]);
		inherit.fds[i] = -1;
	}
}

int
inherit_channel(void)
{
	return (inherit.channel);
}

int
inherit_follows(void)
{
	return (inherit.channel != -1);
}

int
inherit_served(void)
{
	return (inherit.channel != -1 && inherit.count > 0);
}

uint64_t
inherit_generation(void)
{
	return (inherit.generation);
}

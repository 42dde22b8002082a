/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The listening sockets.  See sockets.h.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "chan.h"
#include "config.h"
#include "inherit.h"
#include "limits.h"
#include "listen_shut.h"
#include "lmtpsock.h"
#include "log.h"
#include "sockets.h"
#include "tcp_notsent_lowat.h"
#include "tcp_user_timeout.h"

/* Between two attempts to bind an address that is busy. */
#define BUSY_STEP_MS	20

/* An open socket, shared by the configurations that have its address. */
struct sockets_socket {
	TAILQ_ENTRY(sockets_socket) ls_entry;
	int			 ls_fd;
	struct sockaddr_storage	 ls_addr;
	char			 ls_name[128];
	unsigned int		 ls_refs;	/* configurations */
	dev_t			 ls_dev;	/* AF_UNIX: the file */
	ino_t			 ls_ino;
	int			 ls_told;	/* logged */
	int			 ls_lost;	/* of no use any more */
};

struct listens {
	unsigned int		 lt_count;
	struct {
		struct sockets_socket	*socket;
		unsigned int		 rule;
	}			 lt_of[ADDRESSES_MAX];
};

static struct {
	TAILQ_HEAD(, sockets_socket) all;
} sockets = { TAILQ_HEAD_INITIALIZER(sockets.all) };

static int
sockets_is_path(const struct sockaddr_storage *ss)
{
	return (ss->ss_family == AF_UNIX);
}

/*
 * Options inherited by accepted connections.  Set here, since on Linux a
 * listener is not allowed to: it would change them for all listeners.
 */
static int
sockets_options(int fd)
{
	const int	 on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1 ||
	    tcp_notsent_lowat(fd, RELAY_BUFFER) == -1 ||
	    tcp_user_timeout(fd, CLIENT_TIMEOUT_MILLISECONDS) == -1)
		return (-1);
	return (0);
}

static in_port_t
sockets_port(const struct sockaddr_storage *ss)
{
	struct sockaddr_in	 sin;
	struct sockaddr_in6	 sin6;

	if (ss->ss_family == AF_INET) {
		memcpy(&sin, ss, sizeof(sin));
		return (sin.sin_port);
	}
	memcpy(&sin6, ss, sizeof(sin6));
	return (sin6.sin6_port);
}

/*
 * On Linux a single address and the wildcard can use the same port only if
 * both sockets have SO_REUSEPORT.  It is set on popd's own open sockets only,
 * after bind, so that no other process, nor a second popd, can share the port.
 * Return whether there is such a socket.
 */
static int
sockets_share(const struct config_address *ad)
{
	struct sockets_socket	*ls;
	const int		 on = 1;
	int			 found = 0;

	TAILQ_FOREACH(ls, &sockets.all, ls_entry)
		if (ls->ls_addr.ss_family == ad->ad_addr.ss_family &&
		    sockets_port(&ls->ls_addr) == sockets_port(&ad->ad_addr) &&
		    setsockopt(ls->ls_fd, SOL_SOCKET, SO_REUSEPORT, &on,
		    sizeof(on)) == 0)
			found = 1;
	return (found | inherit_share((const struct sockaddr *)&ad->ad_addr));
}

static int
sockets_socket(const struct config_address *ad, int share)
{
	const struct sockaddr	*sa = (const struct sockaddr *)&ad->ad_addr;
	int			 fd, on = 1, saved;

	fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd == -1)
		return (-1);
	/* Without V6ONLY, "::" may take the IPv4 port as well. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    (share && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on,
	    sizeof(on)) == -1) ||
	    (sa->sa_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6,
	    IPV6_V6ONLY, &on, sizeof(on)) == -1) ||
	    sockets_options(fd) == -1 ||
	    bind(fd, sa, ad->ad_len) == -1 ||
	    listen(fd, LISTEN_BACKLOG) == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return (-1);
	}
	return (fd);
}

static int
sockets_make(const struct config_address *ad)
{
	return (sockets_is_path(&ad->ad_addr) ?
	    lmtpsock_open(ad, LISTEN_BACKLOG) : sockets_socket(ad, 0));
}

/* As sockets_make(), but at startup wait while the address is in use. */
static int
sockets_wait(const struct config_address *ad, int wait)
{
	const struct timespec	 step = { 0, BUSY_STEP_MS * 1000000L };
	int			 fd, waited;

	if ((fd = sockets_make(ad)) == -1 && errno == EADDRINUSE &&
	    !sockets_is_path(&ad->ad_addr) && sockets_share(ad))
		fd = sockets_socket(ad, 1);
	for (waited = 0; fd == -1 && wait && errno == EADDRINUSE &&
	    waited < BUSY_MILLISECONDS; waited += BUSY_STEP_MS) {
		nanosleep(&step, NULL);
		fd = sockets_make(ad);
	}
	return (fd);
}

/* Find the open socket of an address, or return NULL. */
static struct sockets_socket *
sockets_find(const struct config_address *ad)
{
	struct sockets_socket	*ls;

	TAILQ_FOREACH(ls, &sockets.all, ls_entry)
		if (strcmp(ls->ls_name, ad->ad_name) == 0 && !ls->ls_lost)
			break;
	return (ls);
}

/* Add an open socket, and own it.  Return NULL with errno. */
static struct sockets_socket *
sockets_keep(const struct config_address *ad, int fd)
{
	struct sockets_socket	*ls;

	if ((ls = calloc(1, sizeof(*ls))) == NULL) {
		close(fd);
		errno = ENOMEM;
		return (NULL);
	}
	ls->ls_fd = fd;
	ls->ls_addr = ad->ad_addr;
	strlcpy(ls->ls_name, ad->ad_name, sizeof(ls->ls_name));
	if (sockets_is_path(&ls->ls_addr))
		lmtpsock_id(ls->ls_name, &ls->ls_dev, &ls->ls_ino);
	TAILQ_INSERT_TAIL(&sockets.all, ls, ls_entry);
	return (ls);
}

/* Open a socket.  Return NULL with errno. */
static struct sockets_socket *
sockets_new(const struct config_address *ad, int wait)
{
	int	 fd;

	if ((fd = sockets_wait(ad, wait)) == -1)
		return (NULL);
	return (sockets_keep(ad, fd));
}

/* At startup: take inherited sockets first, before any bind can conflict. */
static void
sockets_inherit(const struct config *cg)
{
	const struct config_address	*ad;
	unsigned int			 i;
	int				 fd;

	for (i = 0; i < cg->cfg_naddresses; i++) {
		ad = &cg->cfg_addresses[i];
		fd = inherit_take((const struct sockaddr *)&ad->ad_addr);
		if (fd == -1)
			continue;
		if ((!sockets_is_path(&ad->ad_addr) &&
		    sockets_options(fd) == -1) ||
		    listen(fd, LISTEN_BACKLOG) == -1 ||
		    sockets_keep(ad, fd) == NULL)
			log_warn("inherited socket %s", ad->ad_name);
	}
}

/* Say in why, from errno, why there is no socket. */
static void
sockets_why(const struct config *cg, const struct config_address *ad, char *why,
    size_t size)
{
	const struct config_at	*at = &cg->cfg_listens[ad->ad_listen].li_at;

	if (!sockets_is_path(&ad->ad_addr))
		snprintf(why, size, "address %s: %s", ad->ad_name,
		    strerror(errno));
	else
		/* unveil(2) knows only the directories of the start. */
		snprintf(why, size, "%s:%u: %s: %s%s", at->at_file, at->at_line,
		    ad->ad_name, strerror(errno), cg->cfg_reload &&
		    errno == EACCES ? ": a new directory needs a restart" : "");
}

/* Add the socket of an address.  Return 0, or -1 with the reason in why. */
static int
sockets_add(struct listens *lt, const struct config *cg,
    const struct config_address *ad, int wait, char *why, size_t size)
{
	struct sockets_socket	*ls;

	if ((ls = sockets_find(ad)) == NULL &&
	    (ls = sockets_new(ad, wait)) == NULL) {
		/* A wildcard address may lack its family. */
		if (ad->ad_spare &&
		    (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
			return (0);
		sockets_why(cg, ad, why, size);
		return (-1);
	}
	ls->ls_refs++;
	lt->lt_of[lt->lt_count].socket = ls;
	lt->lt_of[lt->lt_count++].rule = ad->ad_listen;
	return (0);
}

struct listens *
sockets_open(const struct config *cg, int wait, char *why, size_t size)
{
	struct listens	*lt;
	unsigned int	 i;

	if ((lt = calloc(1, sizeof(*lt))) == NULL) {
		snprintf(why, size, "%s", strerror(errno));
		return (NULL);
	}
	sockets_inherit(cg);
	for (i = 0; i < cg->cfg_naddresses; i++)
		if (sockets_add(lt, cg, &cg->cfg_addresses[i], wait, why,
		    size) == -1) {
			sockets_free(lt);
			return (NULL);
		}
	inherit_close();
	if (lt->lt_count > 0)
		return (lt);
	snprintf(why, size, "no address to listen on");
	sockets_free(lt);
	return (NULL);
}

/* Remove the path of a socket. */
static void
sockets_unlink(const struct sockets_socket *ls)
{
	if (sockets_is_path(&ls->ls_addr) && ls->ls_fd != -1)
		lmtpsock_remove(ls->ls_name, ls->ls_dev, ls->ls_ino);
}

void
sockets_free(struct listens *lt)
{
	struct sockets_socket	*ls;
	unsigned int		 i;

	if (lt == NULL)
		return;
	for (i = 0; i < lt->lt_count; i++) {
		ls = lt->lt_of[i].socket;
		if (--ls->ls_refs > 0)
			continue;
		if (ls->ls_told)
			log_info("no longer listening on %s", ls->ls_name);
		TAILQ_REMOVE(&sockets.all, ls, ls_entry);
		sockets_unlink(ls);
		if (ls->ls_fd != -1)
			close(ls->ls_fd);
		free(ls);
	}
	free(lt);
}

int
sockets_fd(const struct listens *lt, unsigned int i, unsigned int *rule,
    const char **name)
{
	if (lt == NULL || i >= lt->lt_count)
		return (-1);
	*rule = lt->lt_of[i].rule;
	*name = lt->lt_of[i].socket->ls_name;
	return (lt->lt_of[i].socket->ls_fd);
}

/* A network of a rule is sent once with each of its sockets. */
unsigned int
sockets_nets(const struct listens *lt, const struct config *cg, enum role role)
{
	const char	*name;
	unsigned int	 i, j, rule, n = 0;

	for (i = 0; i < cg->cfg_nnets; i++)
		if (cg->cfg_nets[i].net_kind == NET_TRUST)
			n += role == ROLE_LISTENER || role == ROLE_AUTH;
		else if (role == ROLE_LISTENER)
			for (j = 0; sockets_fd(lt, j, &rule, &name) != -1; j++)
				n += rule == cg->cfg_nets[i].net_listen;
	return (n);
}

static int
sockets_send_net(const struct config_net *net, unsigned int index,
    struct chan *chan)
{
	struct msg_net	 mnt;

	memset(&mnt, 0, sizeof(mnt));
	mnt.mnt_kind = net->net_kind;
	mnt.mnt_index = index;
	mnt.mnt_net = net->net_source;
	mnt.mnt_bits = net->net_bits;
	return (chan_send(chan, MSG_CONF_NET, &mnt, -1));
}

/* Send a network of a rule, once for each of its sockets. */
static int
sockets_send_proxy(const struct listens *lt, const struct config_net *net,
    struct chan *chan)
{
	const char	*name;
	unsigned int	 i, rule;

	for (i = 0; sockets_fd(lt, i, &rule, &name) != -1; i++)
		if (rule == net->net_listen &&
		    sockets_send_net(net, i, chan) == -1)
			return (-1);
	return (0);
}

int
sockets_send_nets(const struct listens *lt, const struct config *cg,
    enum role role, struct chan *chan)
{
	const struct config_net	*net;
	unsigned int		 i;
	int			 bad = 0;

	for (i = 0; i < cg->cfg_nnets && bad == 0; i++) {
		net = &cg->cfg_nets[i];
		if (net->net_kind == NET_TRUST &&
		    (role == ROLE_LISTENER || role == ROLE_AUTH))
			bad = sockets_send_net(net, 0, chan);
		else if (net->net_kind != NET_TRUST && role == ROLE_LISTENER)
			bad = sockets_send_proxy(lt, net, chan);
	}
	return (bad);
}

unsigned int
sockets_hand_down(int *fds, unsigned int max)
{
	struct sockets_socket	*ls;
	unsigned int		 n = 0;

	TAILQ_FOREACH(ls, &sockets.all, ls_entry)
		if (ls->ls_told && ls->ls_fd != -1 && n < max)
			fds[n++] = ls->ls_fd;
	return (n);
}

void
sockets_tell(const struct listens *lt)
{
	struct sockets_socket	*ls;
	unsigned int		 i;

	for (i = 0; lt != NULL && i < lt->lt_count; i++) {
		ls = lt->lt_of[i].socket;
		if (!ls->ls_told)
			log_info("listening on %s", ls->ls_name);
		ls->ls_told = 1;
	}
}

void
sockets_mend(void)
{
	struct sockets_socket	*ls;

	TAILQ_FOREACH(ls, &sockets.all, ls_entry)
		if (ls->ls_fd != -1 &&
		    (listen(ls->ls_fd, LISTEN_BACKLOG) == -1 ||
		    fcntl(ls->ls_fd, F_SETFL, O_NONBLOCK) == -1))
			log_warn("listening on %s", ls->ls_name);
}

int
sockets_lost(void)
{
	struct sockets_socket	*ls;
	int			 lost = 0;

	TAILQ_FOREACH(ls, &sockets.all, ls_entry) {
		if (ls->ls_lost || !listen_shut(ls->ls_fd))
			continue;
		log_warnx("listening on %s: shut down", ls->ls_name);
		/* Its address is free then. */
		shutdown(ls->ls_fd, SHUT_RDWR);
		sockets_unlink(ls);
		ls->ls_lost = lost = 1;
	}
	return (lost);
}

void
sockets_close(void)
{
	struct sockets_socket	*ls;

	TAILQ_FOREACH(ls, &sockets.all, ls_entry) {
		if (ls->ls_fd != -1)
			close(ls->ls_fd);
		ls->ls_fd = -1;
	}
}

void
sockets_remove(void)
{
	const struct sockets_socket	*ls;

	TAILQ_FOREACH(ls, &sockets.all, ls_entry)
		sockets_unlink(ls);
}

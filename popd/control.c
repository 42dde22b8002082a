/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The control socket.  In: requests of popctl, from users with all of popd's
 * privileges, but checked like any message.  Out: requests to order.c, answers
 * to popctl.  A popctl that floods, stalls or stays silent loses its
 * connection, nothing else.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include <errno.h>
#include <event.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chan.h"
#include "child.h"
#include "control.h"
#include "file.h"
#include "inherit.h"
#include "limits.h"
#include "log.h"
#include "session.h"
#include "settings.h"

static struct {
	int			 fd;		/* -1: none */
	char			 path[PATH_LEN_MAX];	/* bound here */
	dev_t			 dev;		/* of our socket */
	ino_t			 ino;
	struct event		 event;
	struct event		 pause;		/* out of descriptors */
	unsigned int		 count;
	TAILQ_HEAD(, control)	 all;		/* oldest first */
	const struct control_hooks *hooks;
} control = { .fd = -1, .all = TAILQ_HEAD_INITIALIZER(control.all) };

static struct verdict	 control_request(void *, const void *, int);

static const struct chan_rule	 rules[] = {
	{ MSG_CONTROL,		control_request },
	{ 0,			NULL }
};

void
control_hook(const struct control_hooks *hooks)
{
	control.hooks = hooks;
}

static void
control_free(struct control *cn)
{
	TAILQ_REMOVE(&control.all, cn, cn_entry);
	control.count--;
	evtimer_del(&cn->cn_timer);
	evtimer_del(&cn->cn_later);
	control.hooks->cth_forget(cn);
	chan_free(cn->cn_chan);
	free(cn);
}

static void
control_closed(void *arg, const char *why)
{
	if (why != NULL)
		log_warnx("popctl: %s", why);
	control_free(arg);
}

static void
control_timeout(int fd, short what, void *arg)
{
	control_free(arg);
}

/* All output has been sent: make the next piece. */
static void
control_drained(void *arg)
{
	struct control	*cn = arg;

	if (cn->cn_stalled && !cn->cn_ended)
		control.hooks->cth_drained(cn);
}

void
control_patience(struct control *cn, unsigned int seconds)
{
	struct timeval	 tv = { 0, 0 };

	tv.tv_sec = seconds;
	evtimer_add(&cn->cn_timer, &tv);
}

void
control_send(struct control *cn, uint32_t type, const void *data)
{
	if (!cn->cn_ended)
		chan_send(cn->cn_chan, type, data, -1);
}

void
control_line(struct control *cn, const char *text)
{
	struct msg_text	 mtx;

	memset(&mtx, 0, sizeof(mtx));
	strlcpy(mtx.mtx_text, text, sizeof(mtx.mtx_text));
	control_send(cn, MSG_CONTROL_TEXT, &mtx);
}

/* popctl closes after reading this; otherwise the connection times out. */
void
control_end(struct control *cn, enum control_result result, const char *fmt,
    ...)
{
	struct msg_control_end	 qe;
	va_list			 ap;

	memset(&qe, 0, sizeof(qe));
	qe.qe_result = result;
	qe.qe_count = cn->cn_count;
	va_start(ap, fmt);
	vsnprintf(qe.qe_text, sizeof(qe.qe_text), fmt, ap);
	va_end(ap);
	control_send(cn, MSG_CONTROL_END, &qe);
	cn->cn_ended = 1;
	control_patience(cn, CONTROL_SECONDS);
}

static struct verdict
control_request(void *arg, const void *data, int fd)
{
	struct control	*cn = arg;

	if (cn->cn_requested)
		return (LIE("second request"));
	cn->cn_requested = 1;
	memcpy(&cn->cn_request, data, sizeof(cn->cn_request));
	control_patience(cn, CONTROL_SECONDS);
	control.hooks->cth_request(cn);
	return (TAKEN);
}

/* Check the peer's uid.  Return 0, or -1 if it is not allowed. */
static int
control_peer(int fd)
{
	uid_t	 uid;
	gid_t	 gid;

	if (getpeereid(fd, &uid, &gid) == -1) {
		log_warn("popctl: getpeereid");
		return (-1);
	}
	if (uid == 0 || uid == settings.uid)
		return (0);
	log_warnx("popctl: uid %u is not allowed", (unsigned int)uid);
	return (-1);
}

/* If the table is full, close the oldest idle connection. */
static int
control_room(void)
{
	struct control	*cn;

	if (control.count < CONTROL_MAX)
		return (0);
	TAILQ_FOREACH(cn, &control.all, cn_entry)
		if (!cn->cn_requested || cn->cn_ended)
			break;
	if (cn == NULL)
		return (-1);
	control_free(cn);
	return (0);
}

static int
control_new(int fd)
{
	struct control	*cn;

	if ((cn = calloc(1, sizeof(*cn))) == NULL)
		return (-1);
	cn->cn_chan = chan_new(fd, "popctl", rules, control_closed, cn);
	if (cn->cn_chan == NULL) {
		free(cn);
		return (-1);
	}
	chan_on_drained(cn->cn_chan, control_drained);
	evtimer_set(&cn->cn_timer, control_timeout, cn);
	evtimer_set(&cn->cn_later, control.hooks->cth_later, cn);
	TAILQ_INSERT_TAIL(&control.all, cn, cn_entry);
	control.count++;
	control_patience(cn, CONTROL_SECONDS);
	return (0);
}

static void
control_listen(int fd, short what, void *arg)
{
	event_add(&control.event, NULL);
}

/* Stop accepting for a while: the loop must not spin on EMFILE. */
static void
control_pause(void)
{
	const struct timeval	 tv = { ACCEPT_PAUSE_SECONDS, 0 };

	if (errno == EWOULDBLOCK || errno == EINTR || errno == ECONNABORTED)
		return;
	log_warn("popctl: accept");
	if (evtimer_add(&control.pause, &tv) == 0)
		event_del(&control.event);
}

/* Accept one connection.  Return -1 if none is pending. */
static int
control_accept_one(int sock)
{
	int	 fd;

	if ((fd = accept(sock, NULL, NULL)) == -1)
		return (-1);
	if (fcntl(fd, F_SETFL, O_NONBLOCK) == -1 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 ||
	    control_peer(fd) == -1 || control_room() == -1 ||
	    control_new(fd) == -1)
		close(fd);
	return (0);
}

static void
control_accept(int sock, short what, void *arg)
{
	if (control_accept_one(sock) == -1)
		control_pause();
}

/* Return whether a process accepts connections on the socket. */
static int
control_answers(const struct sockaddr_un *sun)
{
	int	 answers, fd;

	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0)) == -1)
		return (0);
	answers = connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) ==
	    0 || errno == EAGAIN;
	close(fd);
	return (answers);
}

/* Write a temporary path next to the socket's.  Return 0, or -1 with errno. */
static int
control_temporary(char *path, size_t size)
{
	int	 n;

	n = snprintf(path, size, "%s.%d", settings.socket, (int)getpid());
	if (n < 0 || (size_t)n >= size) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	return (0);
}

int
control_unveil(void)
{
	char	 path[PATH_LEN_MAX];

	if (settings.socket[0] == '\0')
		return (0);
	if (control_temporary(path, sizeof(path)) == -1 ||
	    file_unveil(path, "rwc") == -1)
		return (-1);
	return (file_unveil(settings.socket, "rwc"));
}

/*
 * Make the socket under a temporary name and, unless it stays there, rename(2)
 * it to its path: a client finds the old socket or the new one, and the new
 * one never with another mode.
 */
static int
control_bind(int stays)
{
	struct sockaddr_un	 sun;
	struct stat		 st;
	int			 fd, saved;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (control_temporary(sun.sun_path, sizeof(sun.sun_path)) == -1)
		return (-1);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0)) == -1)
		return (-1);
	unlink(sun.sun_path);
	/* Made with mode 0700: the umask is 077, see clean_inherited(). */
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1 ||
	    listen(fd, CONTROL_BACKLOG) == -1 ||
	    lstat(sun.sun_path, &st) == -1 ||
	    (!stays && rename(sun.sun_path, settings.socket) == -1)) {
		saved = errno;
		unlink(sun.sun_path);
		close(fd);
		errno = saved;
		return (-1);
	}
	control.dev = st.st_dev;
	control.ino = st.st_ino;
	strlcpy(control.path, stays ? sun.sun_path : settings.socket,
	    sizeof(control.path));
	return (fd);
}

static void
control_serve(void)
{
	event_set(&control.event, control.fd, EV_READ | EV_PERSIST,
	    control_accept, NULL);
	evtimer_set(&control.pause, control_listen, NULL);
	if (event_add(&control.event, NULL) == -1)
		log_warn("%s: popctl cannot reach this popd", control.path);
}

/* Return NULL if the path may be replaced, or the reason why not. */
static const char *
control_taken(const char *path)
{
	struct sockaddr_un	 sun;
	struct stat		 st;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (strlcpy(sun.sun_path, path, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path))
		return ("path too long");
	if (lstat(path, &st) == -1)
		return (errno == ENOENT ? NULL : strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return ("not a socket");
	/* After an upgrade the old popd answers there. */
	if (inherit_follows())
		return (NULL);
	return (control_answers(&sun) ? "in use by another popd" : NULL);
}

void
control_open(void)
{
	const char	*why, *path = settings.socket;

	if (path[0] == '\0')
		return;
	if ((why = control_taken(path)) == NULL &&
	    (control.fd = control_bind(0)) == -1)
		why = strerror(errno);
	if (why != NULL) {
		log_warnx("%s: %s: popctl cannot reach this popd", path, why);
		return;
	}
	control_serve();
}

static void
control_shut(void)
{
	event_del(&control.event);
	evtimer_del(&control.pause);
	close(control.fd);
	control.fd = -1;
}

/* Return whether the path is still our socket; another popd may own it. */
static int
control_ours(void)
{
	struct stat	 st;

	return (lstat(control.path, &st) == 0 && st.st_dev == control.dev &&
	    st.st_ino == control.ino);
}

/* Another popd has taken the path: make a new socket. */
static void
control_renew(int beside)
{
	if (control.fd == -1 || control_ours())
		return;
	/* Accept those that connected before. */
	while (control_accept_one(control.fd) == 0)
		continue;
	control_shut();
	if ((control.fd = control_bind(beside)) == -1)
		log_warnx("%s: %s: popctl cannot reach this popd",
		    settings.socket, strerror(errno));
	else
		control_serve();
}

void
control_move(void)
{
	control_renew(1);
}

void
control_return(void)
{
	control_renew(0);
}

void
control_close(void)
{
	struct control	*cn;

	while ((cn = TAILQ_FIRST(&control.all)) != NULL) {
		control.hooks->cth_stop(cn);
		control_free(cn);
	}
	if (control.fd == -1)
		return;
	control_shut();
	if (control_ours())
		unlink(control.path);
}

void
control_reload_begins(void)
{
	struct control	*cn;

	TAILQ_FOREACH(cn, &control.all, cn_entry)
		if (cn->cn_reload == RELOAD_ASKED)
			cn->cn_reload = RELOAD_BEGUN;
}

void
control_reload_line(int level, const char *text)
{
	struct control	*cn;

	/* It would be a message, and that another line. */
	if (level == LOGL_DEBUG)
		return;
	TAILQ_FOREACH(cn, &control.all, cn_entry)
		if (cn->cn_reload == RELOAD_BEGUN ||
		    cn->cn_reload == RELOAD_DONE)
			control_line(cn, text);
}

void
control_reloaded(int ok, const char *why)
{
	struct control	*cn;

	TAILQ_FOREACH(cn, &control.all, cn_entry)
		if (cn->cn_reload == RELOAD_BEGUN)
			control.hooks->cth_reloaded(cn, ok, why);
}

struct control *
control_asker(void)
{
	struct control	*cn;

	TAILQ_FOREACH(cn, &control.all, cn_entry)
		if (cn->cn_asks && !cn->cn_ended)
			break;
	return (cn);
}

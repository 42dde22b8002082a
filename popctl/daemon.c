/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Messages to and from popd(8).  See daemon.h. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon.h"
#include "imsg.h"
#include "limits.h"
#include "log.h"
#include "output.h"
#include "popctl.h"
#include "popdconf.h"

static struct {
	struct imsgbuf		 buf;
	int			 lost;		/* no MSG_CONTROL_END came */
	struct msg_control_end	 end;
} daemons = { .lost = 1 };

/* Log why connect(2) failed. */
static void
daemon_absent(const char *path)
{
	struct stat	 st;
	int		 error = errno;

	if (stat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
		log_warnx("%s: not a socket", path);
	else if (error == ECONNREFUSED || error == ENOENT)
		log_warnx("%s: popd is not running", path);
	else
		log_warnx("%s: %s", path, strerror(error));
}

int
daemon_connect(const char *path)
{
	struct sockaddr_un	 sun;
	int			 fd;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (strlcpy(sun.sun_path, path, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path)) {
		log_warnx("%s: path too long", path);
		return (-1);
	}
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1 ||
	    connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1) {
		daemon_absent(path);
		if (fd != -1)
			close(fd);
		return (-1);
	}
	return (fd);
}

/* A busy popd closes the connection before it reads. */
static void
daemon_failed(void)
{
	if (errno == EPIPE || errno == ECONNRESET)
		log_warnx("popd closed the connection; one of an older version "
		    "needs SIGUSR2 to upgrade");
	else
		log_warn("popd");
}

/* SIGPIPE is meant for standard output; errors of the socket are logged. */
int
daemon_send(uint32_t type, const void *data)
{
	struct imsgbuf	*ib = &daemons.buf;
	int		 r;

	signal(SIGPIPE, SIG_IGN);
	r = imsg_compose(ib, type, 0, 0, -1, data, msg_size(type));
	if (r != -1)
		r = imsgbuf_flush(ib);
	if (r == -1)
		daemon_failed();
	signal(SIGPIPE, SIG_DFL);
	return (r);
}

int
daemon_ask(const struct popctl *ct, const struct msg_control *cq)
{
	char	 path[PATH_LEN_MAX];
	int	 fd;

	if (popdconf_socket(ct, path, sizeof(path)) == -1 ||
	    (fd = daemon_connect(path)) == -1)
		return (-1);
	/* gmtime(3) reads the time zone, too. */
	tzset();
	if (unveil("/", "") == -1 || unveil(NULL, NULL) == -1)
		fatal("unveil");
	if (pledge("stdio", NULL) == -1)
		fatal("pledge");
	if (imsgbuf_init(&daemons.buf, fd) == -1)
		fatal("imsgbuf_init");
	return (daemon_send(MSG_CONTROL, cq));
}

/* Wait for a whole message.  Return 0, or -1, logged. */
static int
daemon_wait(struct imsg *imsg)
{
	struct imsgbuf	*ib = &daemons.buf;
	int		 n;

	while ((n = imsgbuf_get(ib, imsg)) == 0)
		if ((n = imsgbuf_read(ib)) != 1)
			break;
	if (n == 1)
		return (0);
	if (n == 0)
		errno = ECONNRESET;
	daemon_failed();
	return (-1);
}

/* Check a message.  Return its type, or 0, logged. */
static uint32_t
daemon_check(struct imsg *imsg, union msg_payload *payload)
{
	const char	*why;
	uint32_t	 type = imsg_get_type(imsg);

	why = msg_check(imsg, payload);
	imsg_free(imsg);
	if (why == NULL)
		return (type);
	log_warnx("popd is of another version: %s: %s", msg_name(type), why);
	return (0);
}

uint32_t
daemon_next(union msg_payload *payload)
{
	struct imsg	 imsg;
	uint32_t	 type;

	if (daemon_wait(&imsg) == -1)
		return (0);
	type = daemon_check(&imsg, payload);
	if (type != MSG_CONTROL_END)
		return (type);
	daemons.lost = 0;
	daemons.end = payload->control_end;
	return (0);
}

int
daemon_status(void)
{
	const struct msg_control_end	*qe = &daemons.end;

	if (daemons.lost)
		return (DAEMON_LOST);
	if (qe->qe_text[0] != '\0')
		log_warnx("%s", qe->qe_text);
	return (qe->qe_result == CONTROL_DONE ? DAEMON_OK : DAEMON_FAILED);
}

uint32_t
daemon_count(void)
{
	return (daemons.end.qe_count);
}

int
daemon_order(const struct popctl *ct, const struct msg_control *cq)
{
	union msg_payload	 payload;
	uint32_t		 type;

	if (daemon_ask(ct, cq) == -1)
		return (DAEMON_LOST);
	while ((type = daemon_next(&payload)) != 0)
		if (type == MSG_CONTROL_TEXT)
			output_line(payload.text.mtx_text);
	return (daemon_status());
}

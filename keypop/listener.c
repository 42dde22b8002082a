/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The listeners, as seen by keypop: sockets with requests and answers.  One
 * request is served per turn of the event loop, so that a busy listener gets
 * its share only; one that does not read its answers, or asks for what no
 * handshake needs, is disconnected.
 */

#include <sys/types.h>
#include <sys/queue.h>

#include <errno.h>
#include <event.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "count.h"
#include "keymsg.h"
#include "limits.h"
#include "listener.h"
#include "log.h"

struct listener {
	LIST_ENTRY(listener)	 ls_entry;
	struct event		 ls_event;
	int			 ls_fd;
	uint64_t		 ls_gen;
	listener_answer		 ls_answer;
	unsigned int		 ls_refused;
	size_t			 ls_len;	/* read of ls_request */
	struct key_request	 ls_request;
};

static struct {
	LIST_HEAD(, listener)	 all;
} listener = { LIST_HEAD_INITIALIZER(listener.all) };

/* why is NULL if the listener has closed its end. */
static void
listener_end(struct listener *ls, const char *why)
{
	if (why != NULL)
		log_warnx("listener %llu ended: %s",
		    (unsigned long long)ls->ls_gen, why);
	LIST_REMOVE(ls, ls_entry);
	event_del(&ls->ls_event);
	close(ls->ls_fd);
	freezero(ls, sizeof(*ls));
}

/* Answer one complete request.  Return NULL, or why to disconnect. */
static const char *
listener_serve(struct listener *ls)
{
	struct key_answer	 ka;
	const char		*why;
	ssize_t			 n;

	if ((why = ls->ls_answer(&ls->ls_request, &ka)) != NULL) {
		/* The key may have been replaced during a handshake. */
		if (ka.ka_status == KEY_UNKNOWN)
			log_debug("listener %llu: %s",
			    (unsigned long long)ls->ls_gen, why);
		else
			log_warnx("listener %llu: not signed: %s",
			    (unsigned long long)ls->ls_gen, why);
		if (ka.ka_status == KEY_REFUSED)
			ls->ls_refused++;
	}

	/*
	 * A listener waits for each answer, so there is room for it: the only
	 * other one in the socket can be one that was too late.
	 */
	count_add(COUNT_SIGNATURES, why == NULL);
	n = write(ls->ls_fd, &ka, sizeof(ka));
	if (n == -1 && errno == EPIPE)
		return ("");
	if (n != (ssize_t)sizeof(ka))
		return ("does not read its answers");
	if (ls->ls_refused >= KEY_REFUSALS_MAX)
		return ("too many refused requests");
	return (NULL);
}

static void
listener_read(int fd, short what, void *arg)
{
	struct listener	*ls = arg;
	const char	*why;
	ssize_t		 n;

	n = read(fd, (char *)&ls->ls_request + ls->ls_len,
	    sizeof(ls->ls_request) - ls->ls_len);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1 || n == 0) {
		listener_end(ls, NULL);
		return;
	}
	ls->ls_len += (size_t)n;
	if (ls->ls_len < sizeof(ls->ls_request))
		return;
	ls->ls_len = 0;
	if ((why = listener_serve(ls)) != NULL)
		listener_end(ls, *why == '\0' ? NULL : why);
}

void
listener_add(int fd, uint64_t gen, listener_answer answer)
{
	struct listener	*ls;

	LIST_FOREACH(ls, &listener.all, ls_entry)
		if (ls->ls_gen == gen)
			break;
	if (ls != NULL)
		listener_end(ls, NULL);

	if ((ls = calloc(1, sizeof(*ls))) == NULL)
		fatal("calloc");
	ls->ls_fd = fd;
	ls->ls_gen = gen;
	ls->ls_answer = answer;
	LIST_INSERT_HEAD(&listener.all, ls, ls_entry);
	event_set(&ls->ls_event, fd, EV_READ | EV_PERSIST, listener_read, ls);
	if (event_add(&ls->ls_event, NULL) == -1)
		fatalx("event_add");
}

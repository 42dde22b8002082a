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
	LIST_ENTRY(listener)	 as_entry;
	struct event		 as_event;
	int			 as_fd;
	uint64_t		 as_gen;
	asker_answer		 as_answer;
	unsigned int		 as_refused;
	size_t			 as_len;	/* read of as_request */
	struct key_request	 as_request;
};

static struct {
	LIST_HEAD(, listener)	 all;
} listener = { LIST_HEAD_INITIALIZER(listener.all) };

/* why is NULL if the listener has closed its end. */
static void
listener_end(struct listener *as, const char *why)
{
	if (why != NULL)
		log_warnx("listener %llu ended: %s",
		    (unsigned long long)as->as_gen, why);
	LIST_REMOVE(as, as_entry);
	event_del(&as->as_event);
	close(as->as_fd);
	freezero(as, sizeof(*as));
}

/* Answer one complete request.  Return NULL, or why to disconnect. */
static const char *
listener_serve(struct listener *as)
{
	struct key_answer	 ka;
	const char		*why;
	ssize_t			 n;

	if ((why = as->as_answer(&as->as_request, &ka)) != NULL) {
		/* The key may have been replaced during a handshake. */
		if (ka.ka_status == KEY_UNKNOWN)
			log_debug("listener %llu: %s",
			    (unsigned long long)as->as_gen, why);
		else
			log_warnx("listener %llu: not signed: %s",
			    (unsigned long long)as->as_gen, why);
		if (ka.ka_status == KEY_REFUSED)
			as->as_refused++;
	}

	/*
	 * A listener waits for each answer, so there is room for it: the only
	 * other one in the socket can be one that was too late.
	 */
	count_add(COUNT_SIGNATURES, why == NULL);
	n = write(as->as_fd, &ka, sizeof(ka));
	if (n == -1 && errno == EPIPE)
		return ("");
	if (n != (ssize_t)sizeof(ka))
		return ("does not read its answers");
	if (as->as_refused >= KEY_REFUSALS_MAX)
		return ("too many refused requests");
	return (NULL);
}

static void
listener_read(int fd, short what, void *arg)
{
	struct listener	*as = arg;
	const char	*why;
	ssize_t		 n;

	n = read(fd, (char *)&as->as_request + as->as_len,
	    sizeof(as->as_request) - as->as_len);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1 || n == 0) {
		listener_end(as, NULL);
		return;
	}
	as->as_len += (size_t)n;
	if (as->as_len < sizeof(as->as_request))
		return;
	as->as_len = 0;
	if ((why = listener_serve(as)) != NULL)
		listener_end(as, *why == '\0' ? NULL : why);
}

void
listener_add(int fd, uint64_t gen, asker_answer answer)
{
	struct listener	*as;

	LIST_FOREACH(as, &listener.all, as_entry)
		if (as->as_gen == gen)
			break;
	if (as != NULL)
		listener_end(as, NULL);

	if ((as = calloc(1, sizeof(*as))) == NULL)
		fatal("calloc");
	as->as_fd = fd;
	as->as_gen = gen;
	as->as_answer = answer;
	LIST_INSERT_HEAD(&listener.all, as, as_entry);
	event_set(&as->as_event, fd, EV_READ | EV_PERSIST, listener_read, as);
	if (event_add(&as->as_event, NULL) == -1)
		fatalx("event_add");
}

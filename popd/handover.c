/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The channel between two popds.  See handover.h.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "handover.h"
#include "limits.h"
#include "log.h"

/* Messages read per event. */
#define TURN_RECORDS_MAX	64

struct handover_wait {
	STAILQ_ENTRY(handover_wait)	 hw_entry;
	struct handover_record		 hw_record;
};

static struct {
	int		 fd;		/* -1: closed, or never open */
	struct event	 read;
	struct event	 write;		/* while messages are queued */
	STAILQ_HEAD(, handover_wait) waits;
	unsigned int	 nwaits;
	void		(*heard)(uint32_t, const char *);
	int		 taken;		/* the other popd is the earlier one */
	struct elder	 elder;
} handover = { .fd = -1 };

/* How many sessions the earlier popd has. */
static void
handover_count(const char *text)
{
	unsigned int	 sessions;
	int		 pid;

	if (sscanf(text, "%d %u", &pid, &sessions) != 2 || pid <= 0)
		return;
	handover.elder.el_pid = pid;
	handover.elder.el_sessions = sessions;
}

static void
handover_dispatch(const struct handover_record *hr)
{
	if (memchr(hr->hr_user, '\0', sizeof(hr->hr_user)) == NULL ||
	    hr->hr_type == HANDOVER_CLOSED)
		return;
	if (hr->hr_type == HANDOVER_TAKEN)
		handover.taken = 1;
	if (hr->hr_type == HANDOVER_SESSIONS)
		handover_count(hr->hr_user);
	handover.heard(hr->hr_type, hr->hr_user);
}

static void
handover_readable(int fd, short what, void *arg)
{
	struct handover_record	 hr;
	ssize_t			 n;
	int			 i;

	for (i = 0; i < TURN_RECORDS_MAX && handover.fd != -1; i++) {
		n = recv(handover.fd, &hr, sizeof(hr), 0);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			handover_close();
			handover.heard(HANDOVER_CLOSED, "");
			return;
		}
		if (n == (ssize_t)sizeof(hr))
			handover_dispatch(&hr);
	}
}

static void
handover_dequeue(struct handover_wait *hw)
{
	STAILQ_REMOVE_HEAD(&handover.waits, hw_entry);
	handover.nwaits--;
	free(hw);
}

/* Return -1 if it must be sent later; on other errors it is lost. */
static int
handover_send(const struct handover_record *hr)
{
	if (send(handover.fd, hr, sizeof(*hr), MSG_NOSIGNAL) != -1)
		return (0);
	if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS ||
	    errno == ENOMEM)
		return (-1);
	log_debug("message %u to another popd: %s", (unsigned int)hr->hr_type,
	    strerror(errno));
	return (0);
}

static void
handover_writable(int fd, short what, void *arg)
{
	struct handover_wait	*hw;

	while ((hw = STAILQ_FIRST(&handover.waits)) != NULL &&
	    handover_send(&hw->hw_record) == 0)
		handover_dequeue(hw);
	if (hw != NULL)
		event_add(&handover.write, NULL);
}

static void
handover_queue(const struct handover_record *hr)
{
	struct handover_wait	*hw;

	if (handover.nwaits == HANDOVER_MAX ||
	    (hw = malloc(sizeof(*hw))) == NULL) {
		log_warnx("message %u to another popd is lost",
		    (unsigned int)hr->hr_type);
		return;
	}
	hw->hw_record = *hr;
	STAILQ_INSERT_TAIL(&handover.waits, hw, hw_entry);
	if (handover.nwaits++ == 0)
		event_add(&handover.write, NULL);
}

void
handover_open(int fd, void (*heard)(uint32_t, const char *))
{
	handover.fd = fd;
	handover.heard = heard;
	handover.taken = 0;
	memset(&handover.elder, 0, sizeof(handover.elder));
	event_set(&handover.read, fd, EV_READ | EV_PERSIST, handover_readable,
	    NULL);
	event_set(&handover.write, fd, EV_WRITE, handover_writable, NULL);
	STAILQ_INIT(&handover.waits);
	handover.nwaits = 0;
	event_add(&handover.read, NULL);
}

void
handover_say(enum handover_type type, const char *user)
{
	struct handover_record	 hr;

	if (handover.fd == -1)
		return;
	memset(&hr, 0, sizeof(hr));
	hr.hr_type = type;
	strlcpy(hr.hr_user, user, sizeof(hr.hr_user));
	if (handover.nwaits == 0 && handover_send(&hr) == 0)
		return;
	if (type != HANDOVER_YIELD)
		handover_queue(&hr);
}

void
handover_close(void)
{
	struct handover_wait	*hw;

	if (handover.fd == -1)
		return;
	event_del(&handover.read);
	event_del(&handover.write);
	while ((hw = STAILQ_FIRST(&handover.waits)) != NULL)
		handover_dequeue(hw);
	close(handover.fd);
	handover.fd = -1;
}

const struct elder *
handover_elder(void)
{
	return (handover.taken && handover.fd != -1 ? &handover.elder : NULL);
}

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

static void
handover_dispatch(struct handover *ho, const struct handover_record *hr)
{
	if (memchr(hr->hr_user, '\0', sizeof(hr->hr_user)) == NULL ||
	    hr->hr_type == HANDOVER_CLOSED)
		return;
	ho->ho_heard(hr->hr_type, hr->hr_user);
}

static void
handover_readable(int fd, short what, void *arg)
{
	struct handover_record	 hr;
	struct handover		*ho = arg;
	ssize_t			 n;
	int			 i;

	for (i = 0; i < TURN_RECORDS_MAX && ho->ho_fd != -1; i++) {
		n = recv(ho->ho_fd, &hr, sizeof(hr), 0);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			handover_close(ho);
			ho->ho_heard(HANDOVER_CLOSED, "");
			return;
		}
		if (n == (ssize_t)sizeof(hr))
			handover_dispatch(ho, &hr);
	}
}

static void
handover_dequeue(struct handover *ho, struct handover_wait *hw)
{
	STAILQ_REMOVE_HEAD(&ho->ho_waits, hw_entry);
	ho->ho_nwaits--;
	free(hw);
}

/* Return -1 if it must be sent later; on other errors it is lost. */
static int
handover_send(struct handover *ho, const struct handover_record *hr)
{
	if (send(ho->ho_fd, hr, sizeof(*hr), MSG_NOSIGNAL) != -1)
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
	struct handover		*ho = arg;
	struct handover_wait	*hw;

	while ((hw = STAILQ_FIRST(&ho->ho_waits)) != NULL &&
	    handover_send(ho, &hw->hw_record) == 0)
		handover_dequeue(ho, hw);
	if (hw != NULL)
		event_add(&ho->ho_write, NULL);
}

static void
handover_queue(struct handover *ho, const struct handover_record *hr)
{
	struct handover_wait	*hw;

	if (ho->ho_nwaits == HANDOVER_MAX ||
	    (hw = malloc(sizeof(*hw))) == NULL) {
		log_warnx("message %u to another popd is lost",
		    (unsigned int)hr->hr_type);
		return;
	}
	hw->hw_record = *hr;
	STAILQ_INSERT_TAIL(&ho->ho_waits, hw, hw_entry);
	if (ho->ho_nwaits++ == 0)
		event_add(&ho->ho_write, NULL);
}

void
handover_open(struct handover *ho, int fd,
    void (*heard)(uint32_t, const char *))
{
	ho->ho_fd = fd;
	ho->ho_heard = heard;
	event_set(&ho->ho_read, fd, EV_READ | EV_PERSIST, handover_readable,
	    ho);
	event_set(&ho->ho_write, fd, EV_WRITE, handover_writable, ho);
	STAILQ_INIT(&ho->ho_waits);
	ho->ho_nwaits = 0;
	event_add(&ho->ho_read, NULL);
}

void
handover_say(struct handover *ho, enum handover_type type, const char *user)
{
	struct handover_record	 hr;

	if (ho->ho_fd == -1)
		return;
	memset(&hr, 0, sizeof(hr));
	hr.hr_type = type;
	strlcpy(hr.hr_user, user, sizeof(hr.hr_user));
	if (ho->ho_nwaits == 0 && handover_send(ho, &hr) == 0)
		return;
	if (type != HANDOVER_YIELD)
		handover_queue(ho, &hr);
}

void
handover_close(struct handover *ho)
{
	struct handover_wait	*hw;

	if (ho->ho_fd == -1)
		return;
	event_del(&ho->ho_read);
	event_del(&ho->ho_write);
	while ((hw = STAILQ_FIRST(&ho->ho_waits)) != NULL)
		handover_dequeue(ho, hw);
	close(ho->ho_fd);
	ho->ho_fd = -1;
}

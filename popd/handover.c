/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The channel between two popds.  See handover.h.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <event.h>
#include <string.h>
#include <unistd.h>

#include "handover.h"
#include "log.h"

/* Messages that are read before the loop has its turn. */
#define TURN_RECORDS_MAX	64

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

void
handover_open(struct handover *ho, int fd,
    void (*heard)(uint32_t, const char *))
{
	ho->ho_fd = fd;
	ho->ho_heard = heard;
	event_set(&ho->ho_read, fd, EV_READ | EV_PERSIST, handover_readable,
	    ho);
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
	if (send(ho->ho_fd, &hr, sizeof(hr), 0) == -1)
		log_debug("message %u to another popd: %s",
		    (unsigned int)type, strerror(errno));
}

void
handover_close(struct handover *ho)
{
	if (ho->ho_fd == -1)
		return;
	event_del(&ho->ho_read);
	close(ho->ho_fd);
	ho->ho_fd = -1;
}

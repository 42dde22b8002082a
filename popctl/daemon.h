/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The running popd(8): one request goes to its control socket, checked
 * messages come back.
 */

#ifndef DAEMON_H
#define DAEMON_H

#include <stdint.h>

#include "msg.h"

struct popctl;

/* Exit statuses of the commands that ask popd. */
#define DAEMON_OK	0
#define DAEMON_FAILED	1		/* it says no */
#define DAEMON_LOST	2		/* it cannot be asked */

/*
 * Connect, give up all but the connection and promises, as pledge(2) has
 * them, and send the request.  0, or -1: said why.
 */
int	 daemon_ask(const struct popctl *, const struct msg_control *,
	    const char *promises);

/*
 * Wait for the next message; *fd gets its descriptor, if fd is not NULL.
 * Returns its type, or 0 after the last or if there will be none.
 */
uint32_t daemon_next(union msg_payload *, int *fd);

/* From now on daemon_next() ends, too, if authpop closes this socket. */
void	 daemon_watch(int fd);

/* Send one more message.  0, or -1: said why. */
int	 daemon_send(uint32_t, const void *);

/*
 * After daemon_next() has returned 0: what the last message said; complains
 * about it, if it has a complaint.  The count is how many rows there were.
 */
int	 daemon_status(void);
uint32_t daemon_count(void);

/* The same for a command whose answer is nothing but that. */
int	 daemon_order(const struct popctl *, const struct msg_control *);

#endif

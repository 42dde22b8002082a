/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The control socket of the running popd(8): one request out, checked
 * messages in.
 */

#ifndef DAEMON_H
#define DAEMON_H

#include <stdint.h>

#include "msg.h"

struct popctl;

/* Exit statuses of the commands that ask popd. */
#define DAEMON_OK	0
#define DAEMON_FAILED	1		/* popd refused */
#define DAEMON_LOST	2		/* popd does not answer */

/* Connect to a socket of popd.  Return it, or -1, logged. */
int	 daemon_connect(const char *path);

/*
 * Connect, unveil(2) nothing, pledge(2) stdio only, and send the request.
 * Return 0, or -1, logged.
 */
int	 daemon_ask(const struct popctl *, const struct msg_control *);

/*
 * Wait for the next message.  Return its type, or 0 after the last one or on
 * error.
 */
uint32_t daemon_next(union msg_payload *);

/* Send another message.  Return 0, or -1, logged. */
int	 daemon_send(uint32_t, const void *);

/*
 * After daemon_next() has returned 0: return the exit status and log popd's
 * error, if any; return the count of the last message.
 */
int	 daemon_status(void);
uint32_t daemon_count(void);

/* Send a request, print the lines of the answer, return the exit status. */
int	 daemon_order(const struct popctl *, const struct msg_control *);

#endif

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What the service manager is told: systemd's protocol is one datagram to
 * the socket that $NOTIFY_SOCKET names, see sd_notify(3).  Where there is no
 * such variable nothing happens.
 */

#ifndef NOTIFY_H
#define NOTIFY_H

#include <sys/types.h>

/*
 * First, in the process that was started: connect to the socket, and see
 * whether the watchdog that it is told of is its own.
 */
void	 notify_init(void);

/* popd serves; from now on the watchdog hears of it, and of the sessions. */
void	 notify_ready(void);

/* A reload has begun; it is over, whatever came of it. */
void	 notify_reloading(void);
void	 notify_reloaded(void);

void	 notify_stopping(void);

/*
 * This process is the main one from now on, and serves; nothing more is said
 * by us.
 */
void	 notify_main(pid_t);

/* For the process that follows this one: the watchdog is its own. */
void	 notify_pass(void);

#endif

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Notifications for systemd: datagrams to the socket in $NOTIFY_SOCKET, see
 * sd_notify(3).  Without that variable these functions do nothing.
 */

#ifndef NOTIFY_H
#define NOTIFY_H

#include <sys/types.h>

/* Connect to the socket; check whether the watchdog is for this process. */
void	 notify_init(void);

/* Return whether a service manager waits for notifications. */
int	 notify_wanted(void);

/* popd serves: from now on feed the watchdog. */
void	 notify_ready(void);

/* A reload has begun, or ended in either way. */
void	 notify_reloading(void);
void	 notify_reloaded(void);

/* popd stops. */
void	 notify_stopping(void);

/*
 * Make this process the main one, which serves; send nothing more from here.
 */
void	 notify_main(pid_t);

/* In a successor, before exec: claim the watchdog. */
void	 notify_pass(void);

#endif

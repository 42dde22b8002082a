/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Descriptors inherited at startup: listening sockets from systemd, or from
 * the popd to be replaced, with a channel to it.
 *
 * The environment numbers them.  It is trusted like all of root's environment,
 * since popd is not set-user-ID, but each descriptor is checked to be of the
 * kind expected.
 */

#ifndef INHERIT_H
#define INHERIT_H

#include <sys/types.h>
#include <sys/socket.h>
#include <stdint.h>

/*
 * Variables of systemd, see sd_listen_fds(3), and of the old popd: the number
 * of the channel's descriptor, after the sockets, and the generation after
 * which ours begin.
 */
#define INHERIT_SOCKETS		"LISTEN_FDS"
#define INHERIT_PID		"LISTEN_PID"
#define INHERIT_NAMES		"LISTEN_FDNAMES"
#define INHERIT_CHANNEL		"POPD_CHANNEL"
#define INHERIT_GENERATION	"POPD_GENERATION"

/* First descriptor. */
#define INHERIT_FIRST		3

/*
 * Check what is inherited, unset the variables, close all other descriptors
 * from INHERIT_FIRST on.  Exits 1 with an error if a descriptor is of another
 * kind.
 */
void	 inherit_init(void);

/*
 * Return the listening socket of this address, owned by the caller, or -1.
 */
int	 inherit_take(const struct sockaddr *);

/*
 * Let the remaining sockets share the port of this address: Linux requires it
 * for a wildcard address.  Return whether there is one.
 */
int	 inherit_share(const struct sockaddr *);

/* Close the sockets not taken, and log each. */
void	 inherit_close(void);

/* Return the channel to the old popd, or -1. */
int	 inherit_channel(void);

/* Return whether there is one: this popd was started by another. */
int	 inherit_follows(void);

/* Return whether it serves until this one does. */
int	 inherit_served(void);

/* Return the generation after which ours begin. */
uint64_t inherit_generation(void);

#endif

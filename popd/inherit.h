/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What whoever starts popd hands down to it: listening sockets from systemd,
 * or from the popd that this one is to follow, with a channel to that.
 *
 * The environment says which descriptors these are.  It is believed as all
 * other environment of a process of root: popd is not set-user-ID, so whoever
 * can set a variable for it is root already.  Still each descriptor must be
 * what it is said to be.
 */

#ifndef INHERIT_H
#define INHERIT_H

#include <sys/types.h>
#include <sys/socket.h>
#include <stdint.h>

/*
 * Of systemd, see sd_listen_fds(3), and of the popd before this one: the
 * number of the channel's descriptor, which comes after the sockets, and the
 * generation after which ours begin.
 */
#define INHERIT_SOCKETS		"LISTEN_FDS"
#define INHERIT_PID		"LISTEN_PID"
#define INHERIT_NAMES		"LISTEN_FDNAMES"
#define INHERIT_CHANNEL		"POPD_CHANNEL"
#define INHERIT_GENERATION	"POPD_GENERATION"

/* The first of the descriptors. */
#define INHERIT_FIRST		3

/*
 * Take what there is, unset the variables, close all other descriptors from
 * INHERIT_FIRST on.  Exits 1 with a clear line if a descriptor is not what it
 * is said to be.
 */
void	 inherit_init(void);

/*
 * The listening socket of this address, which is the caller's from now on; -1
 * if there is none.
 */
int	 inherit_take(const struct sockaddr *);

/*
 * Those that are left share the port of this address from now on, as Linux
 * wants it for addresses beside all of them.  Whether there is one.
 */
int	 inherit_share(const struct sockaddr *);

/* Close those that nobody has taken, with a line for each. */
void	 inherit_close(void);

/* The channel to the popd before this one; -1 if there is none. */
int	 inherit_channel(void);

/* Whether there is one: another popd has started this one. */
int	 inherit_follows(void);

/* The generation after which ours begin. */
uint64_t inherit_generation(void);

#endif

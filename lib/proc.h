/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What every child does first: its channel, its signals, its ids.
 */

#ifndef PROC_H
#define PROC_H

#define PROC_CHANNEL	3		/* the channel to the parent, always */

struct chan;
struct chan_rule;

/*
 * First thing in a child: name for the log, ignore HUP, INT, TERM (the end
 * of the channel ends a child) and PIPE, close everything above the
 * channel.  Exits 1 with a clear line if it was not started by popd.
 */
void	 proc_start(const char *);

/*
 * Give up root for good: chroot to /var/empty, then the user's group and
 * ids, then prove that none can be had back; fatal if any step fails.
 * Started by an ordinary user, keeps that user's ids and does not chroot.
 * Descriptors stay; nothing of the file system should be needed any more.
 */
void	 proc_drop(const char *);

/*
 * The channel to the parent as chan.h has it, for children with a libevent
 * loop; log lines go through it from now on.  When the parent closes it the
 * child exits 0.  rules as for chan_new(), called with arg NULL.
 */
struct chan *proc_channel(const struct chan_rule *);

#endif

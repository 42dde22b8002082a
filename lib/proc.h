/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * How every child with an event loop starts, in this order: proc_version(),
 * proc_start(), what its libraries read from the file system, proc_drop(),
 * unveil(2) and pledge(2), proc_run().  Nothing that came in is read before
 * the last.
 */

#ifndef PROC_H
#define PROC_H

#include <stdint.h>

#include "confset.h"

#define PROC_CHANNEL	3		/* the channel to the parent, always */

struct chan;
struct chan_rule;
struct verdict;

/*
 * Before anything else in a child, its arguments included: with -V alone say
 * which version this is and exit 0; after MSG_VERSION exit 1 if the parent is
 * of another version (version.h).
 */
void	 proc_version(int, char *[], const char *);

/*
 * First thing in a child: name for the log, ignore HUP, INT, TERM (the end
 * of the channel ends a child), PIPE and what is for the parent (USR1, USR2),
 * close everything above the channel,
 * make the event loop and the channel in it.  rules as for chan_new(), called
 * with arg NULL; they include PROC_RULES.  Log lines go to the parent from
 * now on.  Exits 1 with a clear line if it was not started by popd; exits 0
 * from the loop when the parent closes the channel.
 */
void	 proc_start(const char *, const struct chan_rule *);

/* What every child answers in the same way. */
#define PROC_RULES							\
	{ MSG_CONF_TRY,		confset_try },				\
	{ MSG_CONF_FILE,	confset_file },				\
	{ MSG_CONF_NET,		confset_net },				\
	{ MSG_CONF_CHECK,	confset_check },			\
	{ MSG_CONF_COMMIT,	confset_commit },			\
	{ MSG_CONF_ABORT,	confset_abort },			\
	{ MSG_PING,		proc_ping },				\
	{ MSG_VERBOSE,		proc_verbose }

struct verdict	 proc_ping(void *, const void *, int);
struct verdict	 proc_verbose(void *, const void *, int);

/*
 * The account of a program, which popd gives it as -u user; the default if it
 * does not.  Exits 1 with a line if there is anything else.
 */
const char	*proc_user(int, char *[], const char *otherwise);

/*
 * Give up root for good: chroot to /var/empty, then the user's group and
 * ids, then prove that none can be had back; fatal if any step fails.
 * Started by an ordinary user, keeps that user's ids and does not chroot.
 * Descriptors stay; nothing of the file system should be needed any more.
 */
void	 proc_drop(const char *);

/* Serve the loop; returns never. */
void	 proc_run(void) __attribute__((__noreturn__));

/* The channel to the parent. */
struct chan	*proc_parent(void);

/* Send the parent a message, as chan_send() does. */
int	 proc_send(uint32_t, const void *, int);

#endif

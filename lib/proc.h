/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The start of every child with an event loop, in this order: proc_version(),
 * proc_start(), files that its libraries read, proc_drop(), unveil(2) and
 * pledge(2), proc_run().  No input is read before the last.
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
 * Call before anything else in a child, even before its arguments are read:
 * with only -V print the version and exit 0; if the parent is of another
 * version (version.h) send MSG_VERSION and exit 1.
 */
void	 proc_version(int, char *[], const char *);

/*
 * Call first after that: set the name for the log, ignore HUP, INT, TERM (a
 * child ends with its channel), PIPE and the parent's USR1 and USR2, close all
 * descriptors above the channel, create the event loop and the channel in it.
 * rules as for chan_new(), called with arg NULL; they include PROC_RULES.  Log
 * lines then go to the parent.  Exits 1 with an error if not started by popd;
 * the loop exits 0 when the parent closes the channel.
 */
void	 proc_start(const char *, const struct chan_rule *);

/* The messages that all children answer alike. */
#define PROC_RULES							\
	{ MSG_CONF_TRY,		confset_try },				\
	{ MSG_CONF_FILE,	confset_file },				\
	{ MSG_CONF_NET,		confset_net },				\
	{ MSG_CONF_CHECK,	confset_check },			\
	{ MSG_CONF_COMMIT,	confset_commit },			\
	{ MSG_PING,		proc_ping },				\
	{ MSG_VERBOSE,		proc_verbose }

struct verdict	 proc_ping(void *, const void *, int);
struct verdict	 proc_verbose(void *, const void *, int);

/*
 * Drop root for good: chroot to /var/empty, set group and ids to the arguments,
 * uid and gid, then verify that none can be regained; fatal if any step fails.
 * If started by an ordinary user, keep that user's ids and do not chroot.
 * Descriptors stay open; the file system must not be needed any more.
 */
void	 proc_drop(int, char *[]);

/* Serve the loop; does not return. */
void	 proc_run(void) __attribute__((__noreturn__));

/* Return the channel to the parent. */
struct chan	*proc_parent(void);

/* Send a message to the parent, as chan_send(). */
int	 proc_send(uint32_t, const void *, int);

#endif

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * One set of configuration files, all open.
 */

#ifndef FILESET_H
#define FILESET_H

#include "msg.h"

struct chan;
struct config;
struct fileset;
struct listens;
struct table;

/* What was opened, the receiver's to free; or NULL, and why not. */
typedef void	 fileset_done(struct fileset *, const char *);

/*
 * Open everything that a configuration names, which is the set's from now on,
 * and read tables while the event loop goes on; done() is called once.  used
 * is the set that the new one is to replace, NULL for the first: it must stay
 * until then.
 */
void		 fileset_open(struct config *, const struct fileset *used,
		    fileset_done *done);

/* Log who came and went in usertab, for a set that is taken into use. */
void		 fileset_tell(const struct fileset *);

/* Close and free; NULL is fine. */
void		 fileset_free(struct fileset *);

/*
 * The table at a place of userbase, the set's own; NULL if it is a process,
 * or with -n no good.
 */
const struct table *fileset_usertab(const struct fileset *, unsigned int);

/* For -n: look at the directories of all users that are in files. */
void		 fileset_maildrops(const struct fileset *);

/* That of route, or NULL. */
const struct table *fileset_route(const struct fileset *);

/* Whether expire is for this user, too. */
int		 fileset_expires(const struct fileset *, const char *);

/* Its configuration and its sockets. */
const struct config *fileset_config(const struct fileset *);
const struct listens *fileset_listens(const struct fileset *);

/*
 * With -n: the files that are wrong, which were told; and whether a role has
 * so little that asking it makes no sense.
 */
unsigned int	 fileset_wrongs(const struct fileset *);
int		 fileset_lacks(const struct fileset *, enum role);

/* Whether a file was written to since the set was opened. */
int		 fileset_changed(const struct fileset *);

/* Whether there is a file of a kind. */
int		 fileset_has(const struct fileset *, enum file_kind);

/* Number of files and sockets, and of networks, that belong to a role. */
unsigned int	 fileset_count(const struct fileset *, enum role);
unsigned int	 fileset_nets(const struct fileset *, enum role);

/*
 * Send just those, each as MSG_CONF_FILE or MSG_CONF_NET.  0, or -1 and
 * errno.
 */
int		 fileset_send(const struct fileset *, enum role, struct chan *);

#endif

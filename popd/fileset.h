/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A set of open configuration files.
 */

#ifndef FILESET_H
#define FILESET_H

#include "msg.h"

struct chan;
struct config;
struct fileset;
struct listens;
struct table;

/* Called with the set, which the receiver frees, or NULL and the reason. */
typedef void	 fileset_done(struct fileset *, const char *);

/*
 * Open all files of a configuration, which the set takes over, and read tables
 * from the event loop; done is called once.  used is the set to be replaced,
 * or NULL; it must stay until then.
 */
void		 fileset_open(struct config *, const struct fileset *used,
		    log_sink line, fileset_done *done);

/* Log users added to and removed from usertab, once the set is in use. */
void		 fileset_tell(const struct fileset *);

/* Close and free a set, or NULL. */
void		 fileset_free(struct fileset *);

/*
 * Return the table at an index of userbase, owned by the set; NULL if it is a
 * process, or bad with -n.
 */
const struct table *fileset_usertab(const struct fileset *, unsigned int);

/* With -n: check the directories of all users of file tables. */
void		 fileset_maildrops(const struct fileset *);

/* Return the table of route, or NULL. */
const struct table *fileset_route(const struct fileset *);

/* Return whether expire applies to this user. */
int		 fileset_expires(const struct fileset *, const char *);

/* Return its configuration, its sockets. */
const struct config *fileset_config(const struct fileset *);
const struct listens *fileset_listens(const struct fileset *);

/*
 * With -n: return the number of bad files, all logged; return whether a role
 * has too few files to be asked.
 */
unsigned int	 fileset_wrongs(const struct fileset *);
int		 fileset_lacks(const struct fileset *, enum role);

/* Return whether a file was written to after the set was opened. */
int		 fileset_changed(const struct fileset *);

/*
 * Return the path of an authtab that is not the file, or not as it was, that
 * the set has; or NULL.
 */
const char	*fileset_edited(const struct fileset *);

/* Return whether it has a file of this kind. */
int		 fileset_has(const struct fileset *, enum file_kind);

/* Return the number of files and sockets for a role. */
unsigned int	 fileset_count(const struct fileset *, enum role);

/* Send those, and the networks.  Return 0, or -1 with errno. */
int		 fileset_send(const struct fileset *, enum role, struct chan *);

#endif

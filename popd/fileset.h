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
struct fileset;
struct table;

/* What was opened, the receiver's to free; or NULL, and why not. */
typedef void	 fileset_done(struct fileset *, const char *);

/*
 * Open everything that the settings name, and read usertab while the event
 * loop goes on; done() is called once.  used is the set that the new one is
 * to replace, NULL for the first: it must stay until then.
 */
void		 fileset_open(const struct fileset *used, fileset_done *done);

/* Log who came and went in usertab, for a set that is taken into use. */
void		 fileset_tell(const struct fileset *);

/* Close and free; NULL is fine. */
void		 fileset_free(struct fileset *);

/* usertab, the set's own. */
const struct table *fileset_usertab(const struct fileset *);

/* Whether a file was written to since the set was opened. */
int		 fileset_changed(const struct fileset *);

/* Whether there is a file of a kind. */
int		 fileset_has(const struct fileset *, enum file_kind);

/* Number of files and sockets that belong to a role. */
unsigned int	 fileset_count(const struct fileset *, enum role);

/* Send just those, each as MSG_CONF_FILE.  0, or -1 and errno. */
int		 fileset_send(const struct fileset *, enum role, struct chan *);

#endif

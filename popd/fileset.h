/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * One set of configuration files, all open.
 */

#ifndef FILESET_H
#define FILESET_H

#include <stddef.h>

#include "msg.h"

struct chan;
struct fileset;
struct table;

/*
 * Open everything that the settings name, and read usertab.  Returns a set
 * that fileset_free() frees, or NULL with one line in why.
 */
struct fileset	*fileset_open(char *why, size_t);
void		 fileset_free(struct fileset *);
const struct table *fileset_usertab(const struct fileset *);

/* Whether a file was written to since the set was opened. */
int		 fileset_changed(const struct fileset *);

/* Number of files and sockets that belong to a role. */
unsigned int	 fileset_count(const struct fileset *, enum role);

/* Send just those, each as MSG_CONF_FILE.  0, or -1 and errno. */
int		 fileset_send(const struct fileset *, enum role, struct chan *);

#endif

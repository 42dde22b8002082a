/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Listening sockets that have a path: `listen on socket ... lmtp'.
 */

#ifndef LMTPSOCK_H
#define LMTPSOCK_H

#include <sys/types.h>

struct config;
struct config_address;

/*
 * The address of such a rule, which is an absolute path; or an error of the
 * configuration.
 */
void	 lmtpsock_resolve(struct config *, unsigned int rule);

/*
 * Make it, and what is missing of its directory.  Who may connect is right
 * from its first moment on.  The descriptor, listening; -1 and errno, which
 * is EADDRINUSE while somebody answers there.
 */
int	 lmtpsock_open(const struct config_address *, int backlog);

/* Which file it is; *ino is 0 if that is not known. */
void	 lmtpsock_id(const char *path, dev_t *dev, ino_t *ino);

/* Remove it, if it is still this one. */
void	 lmtpsock_remove(const char *path, dev_t dev, ino_t ino);

/* Before the parent's last unveil(2): their directories.  0, or -1. */
int	 lmtpsock_unveil(const struct config *);

#endif

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Listening sockets with a path: `listen on socket ... lmtp'.
 */

#ifndef LMTPSOCK_H
#define LMTPSOCK_H

#include <sys/types.h>

struct config;
struct config_address;

/*
 * Add the address of such a rule, an absolute path, or an error, to the
 * configuration.
 */
void	 lmtpsock_resolve(struct config *, unsigned int rule);

/*
 * Make the socket, and its directory if missing, with its final mode from the
 * start.  Return the listening descriptor, or -1 with errno: EADDRINUSE if
 * another process accepts there.
 */
int	 lmtpsock_open(const struct config_address *, int backlog);

/* Return device and inode of the socket; *ino is 0 if unknown. */
void	 lmtpsock_id(const char *path, dev_t *dev, ino_t *ino);

/* Remove the socket if it is still this one. */
void	 lmtpsock_remove(const char *path, dev_t dev, ino_t ino);

/*
 * Make their directories unless only checking, and unveil(2) them: before any
 * other, as afterwards they cannot be made.  Return 0, or -1 with errno.
 */
int	 lmtpsock_unveil(const struct config *);

#endif

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The version of popd, for what it says of itself and for packages: the
 * Makefile reads it from here.
 */

#ifndef VERSION_H
#define VERSION_H

#define POPD_VERSION	"1.0.0"

/*
 * In the environment of every child: the messages that its parent speaks, as
 * msg_protocol() has them, in hexadecimal.
 */
#define VERSION_PROTOCOL	"POPD_PROTOCOL"

/*
 * If -V is the only argument, print this program's name and version and the
 * number of its messages, and exit 0.
 */
void	 version_flag(int, char *[], const char *);

/* For a child: whether its parent speaks the same messages. */
int	 version_agrees(void);

#endif /* VERSION_H */

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The version of popd, as programs print it and for packages: the Makefile
 * reads it from here.
 */

#ifndef VERSION_H
#define VERSION_H

#define POPD_VERSION	"1.0.0"

/*
 * In the environment of every child: the msg_protocol() of its parent, in
 * hexadecimal.
 */
#define VERSION_PROTOCOL	"POPD_PROTOCOL"

/*
 * If -V is the only argument, print name and version of this program and its
 * msg_protocol(), and exit 0.
 */
void	 version_flag(int, char *[], const char *);

/* For a child: return whether its parent speaks the same messages. */
int	 version_agrees(void);

#endif /* VERSION_H */

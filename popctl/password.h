/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Reading passwords from a terminal or another program. */

#ifndef PASSWORD_H
#define PASSWORD_H

#include <stddef.h>

/* Read one line of standard input, without its end.  0, or -1, logged. */
int	 password_line(char *, size_t);

/*
 * Ask on the terminal without echo, or read one line of standard input if that
 * is not a terminal.  0, or -1, logged.
 */
int	 password_read(const char *prompt, char *, size_t);

#endif

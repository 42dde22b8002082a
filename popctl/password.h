/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* A password that a person types, or another program. */

#ifndef PASSWORD_H
#define PASSWORD_H

#include <stddef.h>

/* One line of standard input.  0, or -1: said why. */
int	 password_line(char *, size_t);

/*
 * Ask on the terminal, without echo; or, if standard input is none, take one
 * line of it.  0, or -1: said why.
 */
int	 password_read(const char *prompt, char *, size_t);

#endif

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef HOME_H
#define HOME_H

/*
 * Open the maildir (subdir below directory, or NULL) and make it the current
 * directory.  Missing parts of subdir, and tmp/, new/ and cur/, are made
 * durably; the directory itself must exist.  Return the descriptor; or -1,
 * logged: the process must then exit.
 */
int		 home_enter(const char *, const char *);

#endif

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef HOME_H
#define HOME_H

/*
 * Open the maildir (subdir below directory, or NULL) and make it the current
 * directory.  What is missing of subdir, tmp/, new/ and cur/ is made and made
 * durable; the directory itself must be there.  The descriptor; or -1, the
 * reason logged, in a process that is of no use for this maildir.
 */
int		 home_enter(const char *, const char *);

#endif

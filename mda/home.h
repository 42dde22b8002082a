/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

#ifndef HOME_H
#define HOME_H

/*
 * Open the maildir (subdir below directory, or NULL) and make it the current
 * directory.  What is missing of subdir, tmp/, new/ and cur/ is made and made
 * durable; the directory itself must be there.  The descriptor; failures
 * end the process with EX_TEMPFAIL.
 */
int		 home_enter(const char *, const char *);

#endif

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Verify that root is gone, before the first foreign byte is read.
 */

#ifndef IDS_H
#define IDS_H

#include <sys/types.h>

/*
 * Verify that all ids of this process are uid and gid, that it is in no other
 * group, and that it cannot become root again.  Return NULL, or a constant text
 * that says what is wrong: the process must then exit.
 */
const char	*ids_prove(uid_t, gid_t);

#endif

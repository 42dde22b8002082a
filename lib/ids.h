/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Whether root is really gone, asked before the first byte of others is read.
 */

#ifndef IDS_H
#define IDS_H

#include <sys/types.h>

/*
 * Prove that this process is the user uid with the group gid, by all of its
 * ids, that it is in no other group, and that it cannot become root again.
 * NULL, or a constant text that says what is wrong: then it must end.
 */
const char	*ids_prove(uid_t, gid_t);

#endif

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Answers for popctl(8), asked for by the parent: connections without a login,
 * and the certificates in use.
 */

#ifndef ASKED_H
#define ASKED_H

struct verdict;

/* Handler of MSG_ASK from the parent. */
struct verdict	 asked_parent(void *, const void *, int);

#endif

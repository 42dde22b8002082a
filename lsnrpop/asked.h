/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What the parent asks for popctl(8): who is connected without a login, and
 * which certificates are served.
 */

#ifndef ASKED_H
#define ASKED_H

struct verdict;

/* MSG_ASK of the parent. */
struct verdict	 asked_parent(void *, const void *, int);

#endif

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Answers for popctl(8).
 */

#ifndef ASK_H
#define ASK_H

#include <stdint.h>

#include "msg.h"

struct queue;

/* Send the parent the sources with most failures: the answer to its ASK. */
struct verdict	 ask_sources(struct queue *, const struct msg_ask *,
		    uint64_t now);

#endif

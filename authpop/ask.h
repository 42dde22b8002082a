/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What an admin asks by popctl.
 */

#ifndef ASK_H
#define ASK_H

#include <stdint.h>

#include "msg.h"

struct queue;

/* Send the parent the sources that fail most: the answer to its ASK. */
struct verdict	 ask_sources(struct queue *, const struct msg_ask *,
		    uint64_t now);

#endif

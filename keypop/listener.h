/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The listeners that keypop signs for.
 */

#ifndef LISTENER_H
#define LISTENER_H

#include <stdint.h>

struct key_request;
struct key_answer;

/*
 * Called for each complete request: fill the answer; return NULL if it was
 * signed, else a constant text for the log.
 */
typedef const char *(*listener_answer)(const struct key_request *,
    struct key_answer *);

/*
 * Serve the listener of this generation on fd, non-blocking and owned from now
 * on, until it ends or breaks the protocol.  Replaces an older socket of the
 * same generation.
 */
void	 listener_add(int, uint64_t, listener_answer);

#endif

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A session that gives way: another one of the same user waits for the
 * maildrop, and our client has been silent for so long that it may be gone.
 *
 * Between commands a worker waits in read(2) alone, since a poll(2) before it
 * would be one more system call for each command.  The stream has a receive
 * timeout: only after the seconds of `session takeover' without a word the
 * channel is looked at, too.  With `never' there is no timeout.
 */

#ifndef YIELD_H
#define YIELD_H

#include <stdint.h>

/*
 * From now on read(2) of this stream ends with EAGAIN after that time.  To be
 * called before pledge(2), which forbids setting socket options.
 */
void	 yield_init(int);

/* Whether it does: not on a terminal. */
int	 yield_on(void);

/* Whether so many milliseconds without a byte are that long. */
int	 yield_silent(uint64_t);

/*
 * A read has ended so, with all replies written: wait for more, or for a reason
 * to give way.  The argument says whether messages are marked deleted.
 * Returns 1 if it is worth to read again, 0 to give way.
 */
int	 yield_wait(int);

#endif

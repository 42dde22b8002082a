/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Give way to another session of the same user that waits for the maildrop,
 * when our client has been silent for so long that it may be gone.
 *
 * Between commands a worker waits only in read(2), since a poll(2) before it
 * would cost a system call per command.  The stream has a receive timeout: only
 * after the seconds of `session takeover' without input the channel is read,
 * too.  With `never' there is no timeout.
 */

#ifndef YIELD_H
#define YIELD_H

#include <stdint.h>

/*
 * Let read(2) of this stream fail with EAGAIN after that time.  Call before
 * pledge(2), which forbids setting socket options.
 */
void	 yield_init(int);

/* Return whether it does: not on a terminal. */
int	 yield_on(void);

/* Return whether so many milliseconds without input are that long. */
int	 yield_silent(uint64_t);

/*
 * Wait for more input, or a reason to give way, after such a timeout with all
 * replies written.  marked: messages are marked deleted.  Return 1 to read
 * again, 0 to give way.
 */
int	 yield_wait(int);

#endif

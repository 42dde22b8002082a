/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Decide when to give way.  In: the client's silence and the parent's requests.
 * See yield.h.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <time.h>

#include "limits.h"
#include "log.h"
#include "setting.h"

#include "parent.h"
#include "yield.h"

static struct {
	int	 on;
	int	 fd;		/* the stream */
} yield;

void
yield_init(int fd)
{
	struct timeval	 tv = { setting(SETTING_TAKEOVER), 0 };

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == -1) {
		log_warn("setsockopt");
		return;
	}
	yield.on = 1;
	yield.fd = fd;
}

int
yield_on(void)
{
	return (yield.on);
}

int
yield_silent(uint64_t ms)
{
	return (setting(SETTING_TAKEOVER) > 0 &&
	    ms >= setting(SETTING_TAKEOVER) * 1000ULL);
}

/* Return milliseconds of the clock that the parent uses, too. */
static uint64_t
yield_clock(void)
{
	struct timespec	 now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
		fatal("clock_gettime");
	return ((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
}

/*
 * Return whether the client has nothing in transit to us, and nothing left to
 * take: while its listener lags with the replies, it is slow and not silent.
 */
static int
yield_quiet(void)
{
	struct pollfd	 pfd = { yield.fd, POLLIN | POLLOUT, 0 };

	return (poll(&pfd, 1, 0) == 1 && pfd.revents == POLLOUT);
}

/*
 * Return the milliseconds until we give way, 0 for now, or -1 if no session
 * waits, or none will by then.  due: when the silence is long enough.  The
 * session of an old request has been refused with [IN-USE] by now.
 */
static int
yield_when(uint64_t due)
{
	uint64_t	 asked, now;

	asked = parent_yield();
	now = yield_clock();
	if (asked == 0 || now - asked >= LOCK_MILLISECONDS)
		return (-1);
	if (now >= due)
		return (0);
	return (due - asked < LOCK_MILLISECONDS ? (int)(due - now) : -1);
}

int
yield_wait(int marked)
{
	struct pollfd	 pfd[2];
	uint64_t	 due, silent = setting(SETTING_TAKEOVER);
	int		 n, wait;

	due = yield_clock();
	if (marked && silent < YIELD_MARKED_SECONDS)
		due += (YIELD_MARKED_SECONDS - silent) * 1000;
	for (;;) {
		if ((wait = yield_when(due)) == 0) {
			if (yield_quiet())
				return (0);
			wait = -1;
		}
		pfd[0].fd = yield.fd;
		pfd[0].events = POLLIN;
		pfd[1].fd = parent_fd();
		pfd[1].events = POLLIN;
		if ((n = poll(pfd, 2, wait)) == -1 && errno != EINTR)
			return (1);
		if (parent_kicked())
			return (0);
		if (n > 0 && pfd[0].revents != 0)
			return (1);
		if (n > 0)
			parent_read();
	}
}

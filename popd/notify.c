/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Notifications for systemd.  See notify.h.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <errno.h>
#include <event.h>
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "limits.h"
#include "log.h"
#include "notify.h"

static struct {
	int		 fd;		/* connected; -1: none */
	int64_t		 watchdog;	/* us; 0: none */
	int		 reloading;
	struct event	 timer;
	int		 serving;
} notify = { .fd = -1 };

/* A name starting with @ is in the abstract namespace. */
static int
notify_address(const char *name, struct sockaddr_un *sun, socklen_t *len)
{
	size_t	 n = strlen(name);

	if ((*name != '/' && *name != '@') || n < 2 ||
	    n >= sizeof(sun->sun_path))
		return (-1);
	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	memcpy(sun->sun_path, name, n);
	if (*name == '@')
		sun->sun_path[0] = '\0';
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n +
	    (*name == '@' ? 0 : 1));
	return (0);
}

/* Connect now: no path can be looked up later. */
static void
notify_open(const char *name)
{
	struct sockaddr_un	 sun;
	socklen_t		 len;

	if (notify_address(name, &sun, &len) == -1) {
		log_warnx("NOTIFY_SOCKET: not the name of a socket");
		return;
	}
	notify.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (notify.fd != -1 &&
	    connect(notify.fd, (struct sockaddr *)&sun, len) == 0)
		return;
	log_warn("NOTIFY_SOCKET");
	if (notify.fd != -1)
		close(notify.fd);
	notify.fd = -1;
}

/* Ignore the watchdog of another process, and do not pass it on. */
static void
notify_watchdog(void)
{
	const char	*usec = getenv("WATCHDOG_USEC"), *errstr = NULL;
	const char	*pid = getenv("WATCHDOG_PID");

	if (pid != NULL &&
	    strtonum(pid, 1, INT_MAX, &errstr) != (long long)getpid())
		usec = NULL;
	if (usec != NULL)
		notify.watchdog = strtonum(usec, 1, LLONG_MAX / 1000, &errstr);
	if (notify.watchdog == 0) {
		unsetenv("WATCHDOG_USEC");
		unsetenv("WATCHDOG_PID");
	}
}

void
notify_init(void)
{
	const char	*name;

	if ((name = getenv("NOTIFY_SOCKET")) == NULL)
		return;
	notify_open(name);
	notify_watchdog();
}

/* A datagram that cannot be sent now is dropped. */
static void __attribute__((__format__(printf, 1, 2)))
notify_send(const char *fmt, ...)
{
	va_list	 ap;
	char	 text[256];

	if (notify.fd == -1)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (send(notify.fd, text, strlen(text), 0) == -1)
		log_debug("NOTIFY_SOCKET: %s: %s", text, strerror(errno));
}

static void
notify_round(int fd, short what, void *arg)
{
	struct timeval	 tv = { NOTIFY_SECONDS, 0 };

	if (notify.watchdog != 0) {
		notify_send("WATCHDOG=1");
		if (notify.watchdog / 2 < NOTIFY_SECONDS * 1000000LL) {
			tv.tv_sec = notify.watchdog / 2 / 1000000;
			tv.tv_usec = notify.watchdog / 2 % 1000000;
		}
	}
	evtimer_add(&notify.timer, &tv);
}

int
notify_wanted(void)
{
	return (notify.fd != -1);
}

void
notify_ready(void)
{
	if (notify.fd == -1)
		return;
	notify_send("READY=1");
	notify.serving = 1;
	evtimer_set(&notify.timer, notify_round, NULL);
	notify_round(-1, 0, NULL);
}

void
notify_reloading(void)
{
	struct timespec	 now;

	/* The first configuration is not a reload. */
	if (!notify.serving || notify.reloading)
		return;
	notify.reloading = 1;
	clock_gettime(CLOCK_MONOTONIC, &now);
	notify_send("RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void
notify_reloaded(void)
{
	if (!notify.reloading)
		return;
	notify.reloading = 0;
	notify_send("READY=1");
}

void
notify_stopping(void)
{
	notify_send("STOPPING=1");
}

void
notify_main(pid_t pid)
{
	notify_send("MAINPID=%d\nREADY=1", (int)pid);
	if (notify.fd == -1)
		return;
	if (notify.serving)
		evtimer_del(&notify.timer);
	close(notify.fd);
	notify.fd = -1;
}

void
notify_pass(void)
{
	char	 pid[16];

	if (notify.watchdog == 0)
		return;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("WATCHDOG_PID", pid, 1);
}

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Metrics over HTTP/1.0.  A GET of any path is answered with the parent's
 * counters of all processes; then the connection is closed.  Any local user
 * may ask: there are few connections, the oldest is displaced, and the parent
 * is asked at most once per second.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <errno.h>
#include <event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "limits.h"
#include "log.h"
#include "metrics.h"
#include "monotime.h"
#include "msg.h"
#include "openmetrics.h"
#include "proc.h"

#define HEAD_MAX	256		/* of the answer */

struct metrics {
	TAILQ_ENTRY(metrics)	 mx_entry;
	struct event		 mx_event;
	int			 mx_fd;
	int			 mx_asked;	/* waits for MSG_STATS */
	size_t			 mx_len;	/* of mx_buf */
	size_t			 mx_off;	/* sent of it */
	char			 mx_buf[HEAD_MAX + OPENMETRICS_MAX];
};

static struct {
	TAILQ_HEAD(, metrics)	 all;		/* oldest first */
	unsigned int		 count;
	int64_t			 asked;		/* monotime_ms(); 0: never */
	int64_t			 answered;
	size_t			 len;
	char			 text[OPENMETRICS_MAX];
} metrics = { .all = TAILQ_HEAD_INITIALIZER(metrics.all) };

static void
metrics_end(struct metrics *mx)
{
	event_del(&mx->mx_event);
	TAILQ_REMOVE(&metrics.all, mx, mx_entry);
	metrics.count--;
	close(mx->mx_fd);
	free(mx);
}

static void	 metrics_event(int, short, void *);

/* Wait for readable or writable, with a timeout. */
static void
metrics_wait(struct metrics *mx, short what)
{
	const struct timeval	 tv = { METRICS_SECONDS, 0 };

	event_set(&mx->mx_event, mx->mx_fd, what, metrics_event, mx);
	if (event_add(&mx->mx_event, &tv) == -1)
		metrics_end(mx);
}

static void
metrics_write(struct metrics *mx)
{
	ssize_t	 n;

	n = send(mx->mx_fd, mx->mx_buf + mx->mx_off, mx->mx_len - mx->mx_off,
	    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n == -1 && errno != EAGAIN && errno != EINTR) {
		metrics_end(mx);
		return;
	}
	if (n > 0)
		mx->mx_off += (size_t)n;
	if (mx->mx_off < mx->mx_len) {
		metrics_wait(mx, EV_WRITE);
		return;
	}
	shutdown(mx->mx_fd, SHUT_WR);
	metrics_end(mx);
}

/* Replace the request with an answer, and start to send it. */
static void
metrics_answer(struct metrics *mx, const char *status, const char *text,
    size_t len)
{
	int	 head;

	head = snprintf(mx->mx_buf, HEAD_MAX, "HTTP/1.0 %s\r\n"
	    "Content-Type: application/openmetrics-text; version=1.0.0; "
	    "charset=utf-8\r\nContent-Length: %zu\r\n"
	    "Connection: close\r\n\r\n", status, len);
	memcpy(mx->mx_buf + head, text, len);
	mx->mx_len = (size_t)head + len;
	mx->mx_off = 0;
	metrics_write(mx);
}

/* Answer with counters up to METRICS_AGE_MS old, or ask for new ones. */
static void
metrics_ask(struct metrics *mx)
{
	int64_t	 now = monotime_ms();

	if (metrics.answered != 0 && now - metrics.answered < METRICS_AGE_MS) {
		metrics_answer(mx, "200 OK", metrics.text, metrics.len);
		return;
	}
	if (metrics.asked == 0 || now - metrics.asked >= METRICS_AGE_MS) {
		metrics.asked = now;
		proc_send(MSG_STATS_WANT, NULL, -1);
	}
	mx->mx_asked = 1;
	/* The timeout covers a missing answer, too. */
	metrics_wait(mx, 0);
}

/* Return whether the request is complete: its head ends with an empty line. */
static int
metrics_whole(const struct metrics *mx)
{
	return (memmem(mx->mx_buf, mx->mx_len, "\r\n\r\n", 4) != NULL ||
	    memmem(mx->mx_buf, mx->mx_len, "\n\n", 2) != NULL);
}

static void
metrics_read(struct metrics *mx)
{
	ssize_t	 n;

	n = recv(mx->mx_fd, mx->mx_buf + mx->mx_len,
	    METRICS_REQUEST_MAX - mx->mx_len, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
		metrics_wait(mx, EV_READ);
		return;
	}
	if (n <= 0) {
		metrics_end(mx);
		return;
	}
	mx->mx_len += (size_t)n;
	if (!metrics_whole(mx)) {
		if (mx->mx_len == METRICS_REQUEST_MAX)
			metrics_answer(mx, "431 Too Large", "", 0);
		else
			metrics_wait(mx, EV_READ);
	} else if (mx->mx_len < 4 || memcmp(mx->mx_buf, "GET ", 4) != 0)
		metrics_answer(mx, "405 Method Not Allowed", "", 0);
	else
		metrics_ask(mx);
}

static void
metrics_event(int fd, short what, void *arg)
{
	struct metrics	*mx = arg;

	if (what & EV_READ)
		metrics_read(mx);
	else if (what & EV_WRITE)
		metrics_write(mx);
	else
		metrics_end(mx);
}

void
metrics_new(int fd)
{
	struct metrics	*mx;

	if (metrics.count == METRICS_MAX)
		metrics_end(TAILQ_FIRST(&metrics.all));
	if ((mx = calloc(1, sizeof(*mx))) == NULL) {
		close(fd);
		return;
	}
	mx->mx_fd = fd;
	TAILQ_INSERT_TAIL(&metrics.all, mx, mx_entry);
	metrics.count++;
	metrics_wait(mx, EV_READ);
}

/* One answer serves all who wait. */
struct verdict
metrics_stats(void *arg, const void *data, int fd)
{
	struct metrics	*mx, *next;

	metrics.len = openmetrics_text(data, metrics.text);
	metrics.answered = monotime_ms();
	for (mx = TAILQ_FIRST(&metrics.all); mx != NULL; mx = next) {
		next = TAILQ_NEXT(mx, mx_entry);
		if (!mx->mx_asked)
			continue;
		mx->mx_asked = 0;
		event_del(&mx->mx_event);
		metrics_answer(mx, "200 OK", metrics.text, metrics.len);
	}
	return (TAKEN);
}

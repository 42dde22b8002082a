/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * imsg(3), our own on every system (imsg.h says why): messages in memory and on
 * their way out.  imsg_read.c has their way in.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "imsg_private.h"

/* Messages sent by one call. */
#define IMSG_BATCH	64

/*
 * Return an unfilled buffer for a message of len octets, header included; NULL
 * with errno set if memory is short.
 */
struct ibuf *
imsg_ibuf_new(size_t len)
{
	struct ibuf	*buf;

	if ((buf = malloc(sizeof(*buf) + len)) == NULL)
		return (NULL);
	buf->ibf_next = NULL;
	buf->ibf_size = len;
	buf->ibf_pos = 0;
	buf->ibf_fd = -1;
	buf->ibf_lost = 0;
	return (buf);
}

/* Wipe and free a buffer, and close a descriptor that was not taken. */
void
imsg_ibuf_free(struct ibuf *buf)
{
	if (buf == NULL)
		return;
	if (buf->ibf_fd != -1)
		close(buf->ibf_fd);
	freezero(buf, sizeof(*buf) + buf->ibf_size);
}

static void
imsg_queue_init(struct imsgqueue *q)
{
	q->iq_first = NULL;
	q->iq_last = &q->iq_first;
	q->iq_len = 0;
}

void
imsg_queue_push(struct imsgqueue *q, struct ibuf *buf)
{
	buf->ibf_next = NULL;
	*q->iq_last = buf;
	q->iq_last = &buf->ibf_next;
	q->iq_len++;
}

struct ibuf *
imsg_queue_pop(struct imsgqueue *q)
{
	struct ibuf	*buf;

	if ((buf = q->iq_first) == NULL)
		return (NULL);
	if ((q->iq_first = buf->ibf_next) == NULL)
		q->iq_last = &q->iq_first;
	q->iq_len--;
	buf->ibf_next = NULL;
	return (buf);
}

static void
imsg_queue_clear(struct imsgqueue *q)
{
	struct ibuf	*buf;

	while ((buf = imsg_queue_pop(q)) != NULL)
		imsg_ibuf_free(buf);
}

void
imsg_drop_fds(struct imsgbuf *ib)
{
	int	 fd;

	while (ib->ib_nfds > 0)
		if ((fd = ib->ib_fds[--ib->ib_nfds]) != -1)
			close(fd);
}

int
imsgbuf_init(struct imsgbuf *ib, int fd)
{
	memset(ib, 0, sizeof(*ib));
	imsg_queue_init(&ib->ib_out);
	imsg_queue_init(&ib->ib_in);
	ib->fd = fd;
	return (0);
}

void
imsgbuf_allow_fdpass(struct imsgbuf *ib)
{
	ib->ib_fdpass = 1;
}

void
imsgbuf_clear(struct imsgbuf *ib)
{
	imsg_queue_clear(&ib->ib_out);
	imsg_queue_clear(&ib->ib_in);
	imsg_ibuf_free(ib->ib_part);
	ib->ib_part = NULL;
	ib->ib_hdrlen = 0;
	ib->ib_queued = 0;
	imsg_drop_fds(ib);
}

uint32_t
imsgbuf_queuelen(struct imsgbuf *ib)
{
	return (ib->ib_out.iq_len);
}

size_t
imsgbuf_queued_octets(const struct imsgbuf *ib)
{
	return (ib->ib_queued);
}

int
imsg_compose(struct imsgbuf *ib, uint32_t type, uint32_t id, pid_t pid,
    int fd, const void *data, size_t len)
{
	struct imsg_hdr	 hdr;
	struct ibuf	*buf;

	if (len > MAX_IMSGSIZE - IMSG_HEADER_SIZE) {
		errno = ERANGE;
		return (-1);
	}
	if (fd != -1 && !ib->ib_fdpass) {
		errno = EINVAL;
		return (-1);
	}
	if ((buf = imsg_ibuf_new(IMSG_HEADER_SIZE + len)) == NULL)
		return (-1);
	hdr.type = type;
	hdr.len = IMSG_HEADER_SIZE + len;
	if (fd != -1)
		hdr.len |= IMSG_FD_MARK;
	hdr.peerid = id;
	hdr.pid = pid;
	memcpy(buf->ibf_data, &hdr, sizeof(hdr));
	if (len > 0)
		memcpy(buf->ibf_data + sizeof(hdr), data, len);
	buf->ibf_fd = fd;
	imsg_queue_push(&ib->ib_out, buf);
	ib->ib_queued += buf->ibf_size;
	return (1);
}

/*
 * Gather as many messages as one call takes.  A descriptor belongs to the first
 * octet of a call, so a message that has one begins a batch.
 */
static int
imsg_gather(struct imsgbuf *ib, struct iovec *iov)
{
	struct ibuf	*buf;
	int		 n = 0;

	for (buf = ib->ib_out.iq_first; buf != NULL; buf = buf->ibf_next) {
		if (n == IMSG_BATCH || (n > 0 && buf->ibf_fd != -1))
			break;
		iov[n].iov_base = buf->ibf_data + buf->ibf_pos;
		iov[n].iov_len = buf->ibf_size - buf->ibf_pos;
		n++;
	}
	return (n);
}

/* Drop n octets that were sent, and the descriptor sent with the first. */
static void
imsg_sent(struct imsgbuf *ib, size_t n)
{
	struct ibuf	*buf;
	size_t		 left;

	ib->ib_queued -= n;
	buf = ib->ib_out.iq_first;
	if (buf->ibf_fd != -1) {
		close(buf->ibf_fd);
		buf->ibf_fd = -1;
	}
	while (n > 0 && (buf = ib->ib_out.iq_first) != NULL) {
		left = buf->ibf_size - buf->ibf_pos;
		if (n < left) {
			buf->ibf_pos += n;
			break;
		}
		n -= left;
		imsg_ibuf_free(imsg_queue_pop(&ib->ib_out));
	}
}

/* Return whether sendmsg(2) may succeed later. */
static int
imsg_transient(int error)
{
	switch (error) {
	case EAGAIN:
	case ENOBUFS:
	case ENOMEM:
	case EMFILE:		/* both: too many in flight */
	case ETOOMANYREFS:
		return (1);
	default:
		return (0);
	}
}

/* Call sendmsg(2) with a descriptor beside the first octet. */
static ssize_t
imsg_sendfd(int to, struct iovec *iov, int iovcnt, int fd)
{
	union {
		struct cmsghdr	 hdr;
		char		 buf[CMSG_SPACE(sizeof(int))];
	}		 ctl;
	struct msghdr	 msg;
	struct cmsghdr	*cmsg;

	memset(&msg, 0, sizeof(msg));
	memset(&ctl, 0, sizeof(ctl));
	msg.msg_iov = iov;
	msg.msg_iovlen = iovcnt;
	msg.msg_control = ctl.buf;
	msg.msg_controllen = sizeof(ctl.buf);
	cmsg = CMSG_FIRSTHDR(&msg);
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	return (sendmsg(to, &msg, MSG_NOSIGNAL));
}

/*
 * Send once.  Return 1 if octets left, 0 if none can now, -1 on error.  Only a
 * descriptor is sent by sendmsg(2), which no child is allowed on Linux: see
 * pledge_calls.c.  The sender ignores or blocks SIGPIPE.
 */
static int
imsg_send(struct imsgbuf *ib)
{
	struct iovec	 iov[IMSG_BATCH];
	ssize_t		 n;
	int		 fd, iovcnt;

	iovcnt = imsg_gather(ib, iov);
	fd = ib->ib_out.iq_first->ibf_fd;
	do
		n = fd == -1 ? writev(ib->fd, iov, iovcnt) :
		    imsg_sendfd(ib->fd, iov, iovcnt, fd);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return (imsg_transient(errno) ? 0 : -1);
	imsg_sent(ib, n);
	return (1);
}

int
imsgbuf_write(struct imsgbuf *ib)
{
	int	 r = 1;

	while (r == 1 && ib->ib_out.iq_first != NULL)
		r = imsg_send(ib);
	return (r == -1 ? -1 : 0);
}

int
imsgbuf_flush(struct imsgbuf *ib)
{
	struct pollfd	 pfd;

	for (;;) {
		if (imsgbuf_write(ib) == -1)
			return (-1);
		if (ib->ib_out.iq_first == NULL)
			return (0);
		pfd.fd = ib->fd;
		pfd.events = POLLOUT;
		if (poll(&pfd, 1, -1) == -1 && errno != EINTR)
			return (-1);
	}
}

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * imsg(3).  In: octets and descriptors from a socket.  Out: messages.  The peer
 * is not trusted: nothing it sends can leave a descriptor open, exceed the size
 * limit or make us hold more than one partial message.
 */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "imsg_private.h"

/* Most descriptors that one call passes: 253 on Linux, 127 on OpenBSD. */
#define IMSG_FDS_MAX	253

/*
 * Octets arrive here and are copied to a buffer of their message's size before
 * imsgbuf_read() returns: one for all channels of a process.
 */
static struct {
	unsigned char	 octets[65536];
} imsg_read;

/* Hold a descriptor, or -1, for the message it belongs to. */
static int
imsg_hold_fd(struct imsgbuf *ib, int fd)
{
	if (!ib->ib_fdpass || ib->ib_nfds == 2) {
		errno = EBADMSG;
		return (-1);
	}
	ib->ib_fds[ib->ib_nfds++] = fd;
	return (0);
}

/*
 * Keep the descriptor of a control message.  Refuse and close more than one at
 * a time, or more than messages can be waiting for.
 */
static int
imsg_take_fds(struct imsgbuf *ib, struct cmsghdr *cmsg)
{
	size_t	 i, n;
	int	 fd, r = -1;

	n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	for (i = 0; i < n; i++) {
		memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int), sizeof(int));
		if (n != 1 || (r = imsg_hold_fd(ib, fd)) == -1)
			close(fd);
	}
	if (r == -1)
		errno = EBADMSG;
	return (r);
}

/* Take what came besides octets: at most one descriptor, perhaps lost. */
static int
imsg_control(struct imsgbuf *ib, struct msghdr *msg)
{
	struct cmsghdr	*cmsg;
	int		 r = 0, taken = 0;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL;
	    cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET ||
		    cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		taken = 1;
		if (imsg_take_fds(ib, cmsg) == -1)
			r = -1;
	}
	if (r == -1 || (msg->msg_flags & MSG_CTRUNC) == 0)
		return (r);
	/* The descriptor did not fit, or was one too many. */
	if (!taken)
		return (imsg_hold_fd(ib, -1));
	errno = EBADMSG;
	return (-1);
}

/* Receive octets, and descriptors, with one recvmsg(2); return as it does. */
static ssize_t
imsg_recv(struct imsgbuf *ib)
{
	union {
		struct cmsghdr	 hdr;
		/* With less, OpenBSD loses them, as if we had no room. */
		char		 buf[CMSG_SPACE(IMSG_FDS_MAX * sizeof(int))];
	}		 ctl;
	struct iovec	 iov;
	struct msghdr	 msg;
	ssize_t		 n;

	iov.iov_base = imsg_read.octets;
	iov.iov_len = sizeof(imsg_read.octets);
	for (;;) {
		memset(&msg, 0, sizeof(msg));
		msg.msg_iov = &iov;
		msg.msg_iovlen = 1;
		msg.msg_control = ctl.buf;
		msg.msg_controllen = sizeof(ctl.buf);
		n = recvmsg(ib->fd, &msg, MSG_CMSG_CLOEXEC);
		if (n != -1)
			break;
		/* The descriptor is lost, its octets are not. */
		if (errno == EMSGSIZE) {
			if (imsg_hold_fd(ib, -1) == -1)
				return (-1);
		} else if (errno != EINTR)
			return (-1);
	}
	if (imsg_control(ib, &msg) == -1) {
		explicit_bzero(imsg_read.octets, n);
		errno = EBADMSG;
		return (-1);
	}
	return (n);
}

/* Allocate a message after its header is complete. */
static int
imsg_begin(struct imsgbuf *ib)
{
	struct ibuf	*buf;
	uint32_t	 len;

	len = ib->ib_hdr.len & ~IMSG_FD_MARK;
	if (len < IMSG_HEADER_SIZE || len > MAX_IMSGSIZE) {
		errno = EBADMSG;
		return (-1);
	}
	if ((buf = imsg_ibuf_new(len)) == NULL)
		return (-1);
	if (ib->ib_hdr.len & IMSG_FD_MARK) {
		/* It comes with the first octet of its message or never. */
		if (ib->ib_nfds == 0) {
			imsg_ibuf_free(buf);
			errno = EBADMSG;
			return (-1);
		}
		buf->ibf_fd = ib->ib_fds[0];
		buf->ibf_lost = buf->ibf_fd == -1;
		ib->ib_fds[0] = ib->ib_fds[1];
		ib->ib_nfds--;
	}
	ib->ib_hdr.len = len;
	memcpy(buf->ibf_data, &ib->ib_hdr, IMSG_HEADER_SIZE);
	buf->ibf_pos = IMSG_HEADER_SIZE;
	ib->ib_part = buf;
	ib->ib_hdrlen = 0;
	return (0);
}

/* Copy octets to the partial message; return how many. */
static size_t
imsg_fill(struct imsgbuf *ib, const unsigned char *p, size_t len)
{
	struct ibuf	*buf = ib->ib_part;
	size_t		 n;

	n = buf->ibf_size - buf->ibf_pos;
	if (n > len)
		n = len;
	memcpy(buf->ibf_data + buf->ibf_pos, p, n);
	buf->ibf_pos += n;
	if (buf->ibf_pos == buf->ibf_size) {
		imsg_queue_push(&ib->ib_in, buf);
		ib->ib_part = NULL;
	}
	return (n);
}

/* Split len octets into messages. */
static int
imsg_parse(struct imsgbuf *ib, const unsigned char *p, size_t len)
{
	size_t	 n;

	while (len > 0) {
		if (ib->ib_part == NULL) {
			n = IMSG_HEADER_SIZE - ib->ib_hdrlen;
			if (n > len)
				n = len;
			memcpy((unsigned char *)&ib->ib_hdr + ib->ib_hdrlen,
			    p, n);
			p += n;
			len -= n;
			ib->ib_hdrlen += n;
			if (ib->ib_hdrlen < IMSG_HEADER_SIZE)
				break;
			if (imsg_begin(ib) == -1)
				return (-1);
		}
		n = imsg_fill(ib, p, len);
		p += n;
		len -= n;
	}
	/* A descriptor may wait only for a header received in part. */
	if (ib->ib_nfds > (ib->ib_hdrlen > 0 ? 1 : 0)) {
		errno = EBADMSG;
		return (-1);
	}
	return (0);
}

int
imsgbuf_read(struct imsgbuf *ib)
{
	ssize_t	 n;
	int	 r, saved;

	if ((n = imsg_recv(ib)) == -1) {
		/* Memory is short for a moment: the socket keeps its octets. */
		if (errno == EAGAIN || errno == ENOMEM || errno == ENOBUFS)
			return (1);
		r = -1;
	} else if (n == 0)
		r = 0;
	else {
		r = imsg_parse(ib, imsg_read.octets, n) == -1 ? -1 : 1;
		saved = errno;
		explicit_bzero(imsg_read.octets, n);
		errno = saved;
	}
	if (r != 1) {
		saved = errno;
		imsg_drop_fds(ib);
		errno = saved;
	}
	return (r);
}

int
imsgbuf_get(struct imsgbuf *ib, struct imsg *imsg)
{
	struct ibuf	*buf;

	if ((buf = imsg_queue_pop(&ib->ib_in)) == NULL)
		return (0);
	memcpy(&imsg->hdr, buf->ibf_data, IMSG_HEADER_SIZE);
	imsg->buf = buf;
	imsg->data = buf->ibf_size == IMSG_HEADER_SIZE ? NULL :
	    buf->ibf_data + IMSG_HEADER_SIZE;
	return (1);
}

uint32_t
imsg_get_type(struct imsg *imsg)
{
	return (imsg->hdr.type);
}

size_t
imsg_get_len(struct imsg *imsg)
{
	return (imsg->buf->ibf_size - IMSG_HEADER_SIZE);
}

/* len must be that of the payload, and not 0. */
int
imsg_get_data(struct imsg *imsg, void *data, size_t len)
{
	if (len == 0) {
		errno = EINVAL;
		return (-1);
	}
	if (len != imsg_get_len(imsg)) {
		errno = EBADMSG;
		return (-1);
	}
	memcpy(data, imsg->data, len);
	return (0);
}

int
imsg_get_fd(struct imsg *imsg)
{
	int	 fd;

	fd = imsg->buf->ibf_fd;
	imsg->buf->ibf_fd = -1;
	return (fd);
}

int
imsg_fd_lost(const struct imsg *imsg)
{
	return (imsg->buf->ibf_lost);
}

void
imsg_free(struct imsg *imsg)
{
	imsg_ibuf_free(imsg->buf);
	imsg->buf = NULL;
	imsg->data = NULL;
}

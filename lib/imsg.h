/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Messages of a type and a payload, each perhaps with a descriptor, over a
 * stream socket: the interface of OpenBSD's imsg(3), as much of it as popd
 * uses, on every system.  The manual page imsg_init(3) describes it; what
 * differs is said here.
 *
 * libutil's is not used where there is one.  It reads into a buffer of
 * 64 KiB for each channel: passwords stay in it, out of reach of whoever
 * would wipe them, and each session costs that much.  It has had this form
 * only since OpenBSD 7.8.  And what a fuzzer and the tests run against a
 * hostile peer on one system should be what runs on the other.
 *
 * - Buffers are wiped when they are freed, and input as soon as it was cut
 *   into messages, since passwords travel in them.
 * - An idle imsgbuf holds no memory besides the structure.
 * - A descriptor where none belongs, two in one place, or none where one was
 *   announced: imsgbuf_read() returns -1 with errno EBADMSG, and none stays
 *   open.
 * - A descriptor for which this process has no room is lost, and costs no
 *   more than its message: that comes without it, and imsg_fd_lost() says
 *   so.  No system keeps it for later: Linux delivers the octets alone;
 *   OpenBSD fails once with EMSGSIZE and delivers the octets the next time.
 * - imsgbuf_write() returns 0 with messages left in the queue if the socket
 *   is full, and also if the system has no memory for them now or too many
 *   descriptors under way; a socket may then be writable all the same, and
 *   errno is not EAGAIN.
 * - imsgbuf_flush() waits with poll(2) on a non-blocking socket.
 * - Reading is for one thread only.
 * - imsg_compose() does not replace pid 0 by that of this process: nobody
 *   here believes a peer's pid, and getpid(2) is not free.
 * - imsgbuf_queued_octets(), imsg_fd_lost() and imsg_post() are additions.
 */

#ifndef IMSG_H
#define IMSG_H

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>

#define IMSG_HEADER_SIZE	sizeof(struct imsg_hdr)
#define MAX_IMSGSIZE		16384

struct ibuf;

struct imsg_hdr {
	uint32_t	 type;
	uint32_t	 len;		/* header included */
	uint32_t	 peerid;
	uint32_t	 pid;
};

struct imsg {
	struct imsg_hdr	 hdr;
	void		*data;
	struct ibuf	*buf;
};

struct imsgqueue {
	struct ibuf	 *iq_first;
	struct ibuf	**iq_last;
	uint32_t	  iq_len;
};

struct imsgbuf {
	struct imsgqueue ib_out;	/* to be sent */
	struct imsgqueue ib_in;		/* received whole */
	struct ibuf	*ib_part;	/* being received */
	size_t		 ib_hdrlen;	/* octets of ib_hdr already here */
	struct imsg_hdr	 ib_hdr;
	size_t		 ib_queued;	/* octets of ib_out not yet sent */
	int		 ib_fds[2];	/* received, not yet claimed;
					   -1: lost on the way */
	int		 ib_nfds;
	int		 ib_fdpass;
	uint32_t	 ib_maxsize;	/* header included */
	int		 fd;
};

int		 imsgbuf_init(struct imsgbuf *, int);
void		 imsgbuf_allow_fdpass(struct imsgbuf *);
int		 imsgbuf_set_maxsize(struct imsgbuf *, uint32_t);
int		 imsgbuf_read(struct imsgbuf *);
int		 imsgbuf_get(struct imsgbuf *, struct imsg *);
int		 imsgbuf_write(struct imsgbuf *);
int		 imsgbuf_flush(struct imsgbuf *);
void		 imsgbuf_clear(struct imsgbuf *);

/* Messages that wait to be sent, those sent in part included. */
uint32_t	 imsgbuf_queuelen(struct imsgbuf *);

/* Octets that wait to be sent, headers included; what was sent is not. */
size_t		 imsgbuf_queued_octets(const struct imsgbuf *);

int		 imsg_compose(struct imsgbuf *ib, uint32_t type, uint32_t id,
		    pid_t pid, int fd, const void *data, size_t len);

/*
 * Send one message over a socket at once, whole or not at all, past all
 * that imsg_compose() queued: the caller sees to it that no message was sent
 * in part.  Safe in a signal handler.  0, or -1 if it does not fit now.
 */
#define IMSG_POST_MAX		256
int		 imsg_post(int fd, uint32_t type, const void *data, size_t len);

uint32_t	 imsg_get_type(struct imsg *);
uint32_t	 imsg_get_id(struct imsg *);
pid_t		 imsg_get_pid(struct imsg *);
size_t		 imsg_get_len(struct imsg *);
int		 imsg_get_data(struct imsg *, void *, size_t);
int		 imsg_get_fd(struct imsg *);

/*
 * Whether the message came with a descriptor for which there was no room
 * here: imsg_get_fd() then returns -1, and the peer did nothing wrong.
 */
int		 imsg_fd_lost(const struct imsg *);
void		 imsg_free(struct imsg *);

#endif

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Typed messages, each perhaps with a descriptor, over a stream socket: the
 * part of OpenBSD's imsg(3) that popd uses, on every system.  See imsg_init(3);
 * the differences are listed below.
 *
 * libutil's is not used even where it exists.  It reads into a buffer of 64 KiB
 * per channel: passwords stay there, where they cannot be wiped, and each
 * session costs that much.  It has had this form only since OpenBSD 7.8.  And
 * what the fuzzer and the hostile-peer tests exercise on one system should be
 * what runs on the other.
 *
 * - Buffers are wiped when freed, and input as soon as it is split into
 *   messages, since passwords travel in them.
 * - An idle imsgbuf holds no memory beyond the structure.
 * - If a descriptor comes unannounced, twice in one place, or not at all though
 *   announced, imsgbuf_read() returns -1 with errno EBADMSG and leaves none
 *   open.
 * - A descriptor that does not fit into this process is lost, but not its
 *   message, for which imsg_fd_lost() is then true.  No system keeps it for
 *   later: Linux delivers the octets alone; OpenBSD fails once with EMSGSIZE
 *   and delivers the octets the next time.
 * - imsgbuf_write() returns 0 with messages left in the queue if the socket is
 *   full, and also if the system lacks memory for them or has too many
 *   descriptors in flight; then the socket may be writable all the same, and
 *   errno is not EAGAIN.
 * - imsgbuf_flush() waits with poll(2) on a non-blocking socket.
 * - Only one thread may read.
 * - imsg_compose() does not replace pid 0 by the pid of this process: no
 *   receiver believes a peer's pid, and getpid(2) costs a system call.
 * - imsgbuf_queued_octets() and imsg_fd_lost() are additions.
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
	size_t		 ib_hdrlen;	/* octets of ib_hdr received */
	struct imsg_hdr	 ib_hdr;
	size_t		 ib_queued;	/* octets of ib_out not yet sent */
	int		 ib_fds[2];	/* received, not yet claimed;
					   -1: lost on the way */
	int		 ib_nfds;
	int		 ib_fdpass;
	int		 fd;
};

int		 imsgbuf_init(struct imsgbuf *, int);
void		 imsgbuf_allow_fdpass(struct imsgbuf *);
int		 imsgbuf_read(struct imsgbuf *);
int		 imsgbuf_get(struct imsgbuf *, struct imsg *);
int		 imsgbuf_write(struct imsgbuf *);
int		 imsgbuf_flush(struct imsgbuf *);
void		 imsgbuf_clear(struct imsgbuf *);

/* Return the number of messages not sent yet, or only in part. */
uint32_t	 imsgbuf_queuelen(struct imsgbuf *);

/* Return the number of octets not sent yet, headers included. */
size_t		 imsgbuf_queued_octets(const struct imsgbuf *);

int		 imsg_compose(struct imsgbuf *ib, uint32_t type, uint32_t id,
		    pid_t pid, int fd, const void *data, size_t len);

uint32_t	 imsg_get_type(struct imsg *);
size_t		 imsg_get_len(struct imsg *);
int		 imsg_get_data(struct imsg *, void *, size_t);
int		 imsg_get_fd(struct imsg *);

/*
 * Return whether the message came with a descriptor that did not fit into this
 * process: imsg_get_fd() then returns -1, and the peer did nothing wrong.
 */
int		 imsg_fd_lost(const struct imsg *);
void		 imsg_free(struct imsg *);

#endif

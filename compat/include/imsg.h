/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * imsg(3) of OpenBSD's libutil, as much of it as popd uses: messages of a
 * type and a payload, each perhaps with a descriptor, over a stream socket.
 * The manual page imsg_init(3) describes it; only what differs is said here.
 *
 * - Buffers are wiped when they are freed, since passwords travel in them.
 * - An idle imsgbuf holds no memory besides the structure.
 * - A descriptor where none belongs, two in one place, one that is missing
 *   or that the system could not deliver: imsgbuf_read() returns -1 with
 *   errno EBADMSG (EMFILE if this process has no room for it), and none
 *   stays open.
 * - imsgbuf_flush() waits with poll(2) on a non-blocking socket.
 * - Reading is for one thread only.
 * - imsg_compose() does not replace pid 0 by that of this process: nobody
 *   here believes a peer's pid, and getpid(2) is not free.
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
	int		 ib_fds[2];	/* received, not yet claimed */
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
uint32_t	 imsgbuf_queuelen(struct imsgbuf *);

int		 imsg_compose(struct imsgbuf *, uint32_t, uint32_t, pid_t, int,
		    const void *, size_t);
uint32_t	 imsg_get_type(struct imsg *);
uint32_t	 imsg_get_id(struct imsg *);
pid_t		 imsg_get_pid(struct imsg *);
size_t		 imsg_get_len(struct imsg *);
int		 imsg_get_data(struct imsg *, void *, size_t);
int		 imsg_get_fd(struct imsg *);
void		 imsg_free(struct imsg *);

#endif

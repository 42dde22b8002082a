/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Shared by imsg.c and imsg_read.c. */

#ifndef IMSG_PRIVATE_H
#define IMSG_PRIVATE_H

#include "imsg.h"

/* Flag in the length of a header: the message has a descriptor. */
#define IMSG_FD_MARK	0x80000000U

/* One message with its header, being sent or received. */
struct ibuf {
	struct ibuf	*ibf_next;
	size_t		 ibf_size;	/* of the whole message */
	size_t		 ibf_pos;	/* octets already sent or received */
	int		 ibf_fd;		/* -1 for none */
	int		 ibf_lost;	/* its descriptor was lost */
	unsigned char	 ibf_data[];
};

struct ibuf	*imsg_ibuf_new(size_t);
void		 imsg_ibuf_free(struct ibuf *);
void		 imsg_queue_push(struct imsgqueue *, struct ibuf *);
struct ibuf	*imsg_queue_pop(struct imsgqueue *);

/* Close the descriptors received but not claimed by a message. */
void		 imsg_drop_fds(struct imsgbuf *);

#endif

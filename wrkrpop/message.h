/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A file as the reply to RETR or TOP.
 */

#ifndef MESSAGE_H
#define MESSAGE_H

#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct top;

/* A message being sent; message.c holds its octets. */
struct message {
	int		mg_fd;
	uint32_t	mg_number;
	off_t		mg_size;	/* octets on disk when opened */
	struct timespec	mg_mtime;	/* and its mtime then */
	off_t		mg_read;	/* octets of it read */
	size_t		mg_piece;	/* octets of it read and not yet sent */
};

enum message_result {
	MESSAGE_SENT,		/* whole, with its final line */
	MESSAGE_CUT,		/* could not be read to its end, or changed
				   meanwhile: what was sent has no final line
				   and must not get one */
	MESSAGE_DEAD		/* the replies cannot be written any more */
};

/*
 * Begin message number n from the open file fd, which stays the caller's: read
 * its first piece, so that an unreadable file is noticed before the answer.
 * Return 0, or -1, logged.
 */
int	 message_begin(struct message *, int, uint32_t);

/*
 * Send the message begun, or, with a struct top, the part that belongs to it,
 * and the final line.  Set *octets to those sent, as LIST counts.  The reason
 * for MESSAGE_CUT is logged.
 */
enum message_result message_send(struct message *, struct top *, uint64_t *);

#endif

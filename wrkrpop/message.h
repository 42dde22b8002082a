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

/* One message on its way; the octets themselves are in message.c. */
struct message {
	int		 mg_fd;
	uint32_t	 mg_number;
	off_t		 mg_size;	/* octets on disk when it was opened */
	struct timespec	 mg_mtime;	/* and when it was last written to */
	off_t		 mg_read;	/* of them read */
	size_t		 mg_piece;	/* of them read and not yet sent */
};

enum message_result {
	MESSAGE_SENT,		/* whole, with its end */
	MESSAGE_CUT,		/* could not be read to its end, or changed on
				   the way: what was sent has no end, and must
				   not get one */
	MESSAGE_DEAD		/* nobody reads the replies any more */
};

/*
 * Begin message number n with the open file fd, which stays the caller's:
 * its first piece is read, so that a file that cannot be read is known
 * before anything is promised.  0, or -1 with the reason logged.
 */
int	 message_begin(struct message *, int, uint32_t);

/*
 * Send what message_begin() began, or, with a struct top, what belongs to
 * it, and the end of the message.  *octets gets what was sent, as LIST
 * counts.  The reason of MESSAGE_CUT is logged.
 */
enum message_result message_send(struct message *, struct top *, uint64_t *);

#endif

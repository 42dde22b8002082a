/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A file's octets come in a piece at a time, go through the encoder straight
 * into the buffer of the replies (out.h), and are never in one place whole.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "log.h"

#include "encode.h"
#include "message.h"
#include "out.h"

static unsigned char	message_piece[65536];

/*
 * Read the next piece: all of it, or the file has lost octets since it was
 * opened and nothing that we could still send would be the message.
 */
static int
message_fill(struct message *me)
{
	off_t	want;
	ssize_t	n;

	want = me->me_size - me->me_read;
	if (want > (off_t)sizeof(message_piece))
		want = sizeof(message_piece);
	me->me_piece = 0;
	while ((off_t)me->me_piece < want) {
		n = pread(me->me_fd, message_piece + me->me_piece,
		    (size_t)want - me->me_piece, me->me_read);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			log_warn("message %u", me->me_number);
			return (-1);
		}
		if (n == 0) {
			log_warnx("message %u: shorter than it was",
			    me->me_number);
			return (-1);
		}
		me->me_piece += (size_t)n;
		me->me_read += n;
	}
	return (0);
}

int
message_begin(struct message *me, int fd, uint32_t number)
{
	struct stat	st;

	me->me_fd = fd;
	me->me_number = number;
	if (fstat(fd, &st) == -1) {
		log_warn("message %u", number);
		return (-1);
	}
	me->me_size = st.st_size;
	me->me_mtime = st.st_mtim;
	me->me_read = 0;
	return (message_fill(me));
}

/*
 * Whether the file is still the one that message_begin() saw: somebody may
 * have written to it in place, and what was sent would be a mixture.  ctime
 * does not count, since a rename changes it.
 */
static int
message_same(const struct message *me)
{
	struct stat	st;

	if (fstat(me->me_fd, &st) == -1) {
		log_warn("message %u", me->me_number);
		return (0);
	}
	if (st.st_size == me->me_size &&
	    st.st_mtim.tv_sec == me->me_mtime.tv_sec &&
	    st.st_mtim.tv_nsec == me->me_mtime.tv_nsec)
		return (1);
	log_warnx("message %u: changed while it was sent", me->me_number);
	return (0);
}

/* Encode so many octets of the piece. */
static void
message_encode(struct encode *en, size_t len)
{
	unsigned char	*to;
	size_t		 done, n, room;

	for (done = 0; done < len && !out_dead(); done += n) {
		to = out_room(1, &room);
		n = len - done;
		encode_run(en, message_piece + done, &n, to, &room);
		out_took(room);
	}
}

enum message_result
message_send(struct message *me, struct top *top, uint64_t *octets)
{
	struct encode	 en;
	unsigned char	*to;
	size_t		 n, room;

	encode_init(&en);
	while (me->me_piece > 0) {
		n = me->me_piece;
		if (top != NULL)
			n = top_take(top, message_piece, n);
		message_encode(&en, n);
		if (out_dead())
			return (MESSAGE_DEAD);
		if (n < me->me_piece)
			break;
		if (message_fill(me) == -1)
			return (MESSAGE_CUT);
	}
	if (!message_same(me))
		return (MESSAGE_CUT);
	to = out_room(ENCODE_END_MAX, &room);
	out_took(encode_end(&en, to));
	*octets = en.en_octets;
	return (MESSAGE_SENT);
}

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Send messages.  In: a file, piece by piece.  Out: encoded octets in the
 * buffer of the replies (out.h); the message is never whole in memory.
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
#include "parent.h"

static unsigned char	message_piece[65536];

/*
 * Read the next piece completely; if it is shorter the file has lost octets
 * since it was opened, and nothing sent could still be the message.
 */
static int
message_fill(struct message *mg)
{
	off_t	want;
	ssize_t	n;

	want = mg->mg_size - mg->mg_read;
	if (want > (off_t)sizeof(message_piece))
		want = sizeof(message_piece);
	mg->mg_piece = 0;
	while ((off_t)mg->mg_piece < want) {
		n = pread(mg->mg_fd, message_piece + mg->mg_piece,
		    (size_t)want - mg->mg_piece, mg->mg_read);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			log_warn("message %u", mg->mg_number);
			return (-1);
		}
		if (n == 0) {
			log_warnx("message %u: has shrunk", mg->mg_number);
			return (-1);
		}
		mg->mg_piece += (size_t)n;
		mg->mg_read += n;
	}
	return (0);
}

int
message_begin(struct message *mg, int fd, uint32_t number)
{
	struct stat	st;

	mg->mg_fd = fd;
	mg->mg_number = number;
	if (fstat(fd, &st) == -1) {
		log_warn("message %u", number);
		return (-1);
	}
	mg->mg_size = st.st_size;
	mg->mg_mtime = st.st_mtim;
	mg->mg_read = 0;
	return (message_fill(mg));
}

/*
 * Return whether the file is still the one that message_begin() saw: if it was
 * written to in place, what was sent is a mixture.  ctime is ignored, since a
 * rename changes it.
 */
static int
message_same(const struct message *mg)
{
	struct stat	st;

	if (fstat(mg->mg_fd, &st) == -1) {
		log_warn("message %u", mg->mg_number);
		return (0);
	}
	if (st.st_size == mg->mg_size &&
	    st.st_mtim.tv_sec == mg->mg_mtime.tv_sec &&
	    st.st_mtim.tv_nsec == mg->mg_mtime.tv_nsec)
		return (1);
	log_warnx("message %u: changed while being sent", mg->mg_number);
	return (0);
}

/* Encode len octets of the piece. */
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
message_send(struct message *mg, struct top *top, uint64_t *octets)
{
	struct encode	 en;
	unsigned char	*to;
	size_t		 n, room;

	encode_init(&en);
	while (mg->mg_piece > 0) {
		n = mg->mg_piece;
		if (top != NULL)
			n = encode_top_take(top, message_piece, n);
		message_encode(&en, n);
		if (out_dead())
			return (MESSAGE_DEAD);
		if (parent_kicked())
			return (MESSAGE_CUT);
		if (n < mg->mg_piece)
			break;
		if (message_fill(mg) == -1)
			return (MESSAGE_CUT);
	}
	if (!message_same(mg))
		return (MESSAGE_CUT);
	to = out_room(ENCODE_END_MAX, &room);
	out_took(encode_end(&en, to));
	*octets = en.en_octets;
	return (MESSAGE_SENT);
}

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A channel: imsgs over one end of a socketpair in a libevent loop.  Each
 * message is checked against the list (msg.h) and the table of messages that
 * this peer may send before a handler sees it.
 */

#ifndef CHAN_H
#define CHAN_H

#include <sys/types.h>
#include <stdint.h>

struct chan;

/*
 * A handler's verdict on a message.  DROP: it makes no sense; it is dropped and
 * logged.  LIE: only a compromised process sends it; the channel of that
 * process ends: the peer's own, or, if the peer only passed it on, that of the
 * process of generation vd_gen, which the receiver ends before it returns to
 * the channel.
 */
enum verdict_kind { VERDICT_TAKEN, VERDICT_DROP, VERDICT_LIE };

struct verdict {
	enum verdict_kind	 vd_kind;
	const char		*vd_why;	/* constant; NULL if taken */
	uint64_t		 vd_gen;	/* whose lie; 0: the peer's */
};

#define TAKEN		((struct verdict){ VERDICT_TAKEN, NULL, 0 })
#define DROP(why)	((struct verdict){ VERDICT_DROP, (why), 0 })
#define LIE(why)	((struct verdict){ VERDICT_LIE, (why), 0 })
#define LIE_OF(gen, why) ((struct verdict){ VERDICT_LIE, (why), (gen) })

/*
 * A message that a peer may send.  The handler gets the payload (aligned, valid
 * until it returns; NULL if the type has none) and owns the descriptor that
 * came with it (-1 if the type has none).
 */
struct chan_rule {
	uint32_t	  cu_type;
	struct verdict	(*cu_handler)(void *, const void *, int);
};

/*
 * Called once, after the peer has closed the channel (why is NULL), after an
 * error, or after the peer broke the protocol (why says how and names the
 * message).  The callee frees the channel with chan_free().
 */
typedef void (*chan_closed)(void *, const char *);

/*
 * Make a channel of fd, a non-blocking stream socket, and own it.  name is used
 * in log lines and not copied.  rules end with cu_type 0.  Return NULL with
 * errno set if memory is short, here or in the kernel; the caller then still
 * owns fd.
 */
struct chan	*chan_new(int fd, const char *name,
		    const struct chan_rule *rules, chan_closed closed,
		    void *arg);

/*
 * The peer speaks for count others and may send as many messages as all of them
 * together; default 1.
 */
void		 chan_voices(struct chan *, unsigned int);

/*
 * Queue up to times CHAN_MESSAGES_MAX and CHAN_OCTETS_MAX for the peer; default
 * 1.
 */
void		 chan_patience(struct chan *, unsigned int);

/* Close and free; safe inside a handler of the same channel, and with NULL. */
void		 chan_free(struct chan *);

/*
 * Send one message; what does not fit into the socket is queued.  fd is given
 * away (closed here once sent, or on error); -1 for none.  Return 0, or -1 if
 * memory is short, the peer is gone or has not read what was sent before
 * (chan_patience()): the loop will then call chan_closed.
 */
int		 chan_send(struct chan *, uint32_t, const void *, int);

/* Return whether all that was sent has left this process. */
int		 chan_drained(struct chan *);

/*
 * Call drained from the loop, with the arg of chan_new(), whenever the last
 * queued message has left; NULL to stop.
 */
void		 chan_on_drained(struct chan *, void (*)(void *));

/*
 * Call lost, with the arg of chan_new(), the type and the payload, for each
 * message dropped because its descriptor did not fit into this process.
 */
void		 chan_on_lost(struct chan *,
		    void (*lost)(void *, uint32_t, const void *));

/*
 * Read and dispatch what has arrived, without waiting, and return the number of
 * messages.  The parent must have read every WANT sent before an AUTH_OK.
 */
unsigned int	 chan_poll(struct chan *);

#endif

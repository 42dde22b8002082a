/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A channel: imsgs over one end of a socketpair in a libevent loop, each
 * message checked against the list (msg.h) and against the table of what
 * this peer may send in the first place, before anybody reads it.
 */

#ifndef CHAN_H
#define CHAN_H

#include <sys/types.h>
#include <stdint.h>

struct chan;

/*
 * What a handler makes of a message.  One that makes no sense is dropped and
 * logged; one that only a process sends that lies ends the channel of that
 * process: the peer's own, or, if somebody else lied and the peer only passed
 * it on, that of the process of that generation, which the receiver sees to
 * before it returns to the channel.
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
 * One message that a peer may send.  The handler gets the payload (aligned,
 * valid until it returns; NULL if the type has none) and the descriptor
 * that came with it, which it owns (-1 if the type has none).
 */
struct chan_rule {
	uint32_t	  cu_type;
	struct verdict	(*cu_handler)(void *, const void *, int);
};

/*
 * Called once, when the peer has closed the channel (why is NULL), an error
 * came up or the peer broke the protocol (why says so, with the name of the
 * message).  The callee frees the channel with chan_free().
 */
typedef void (*chan_closed)(void *, const char *);

/*
 * Make a channel of fd, a stream socket that does not block; it is owned from
 * now on.  name is for log lines and is not copied.  rules end with cu_type 0.
 * NULL and errno if there is no memory, here or in the kernel; fd is then
 * still the caller's.
 */
struct chan	*chan_new(int fd, const char *name,
		    const struct chan_rule *rules, chan_closed closed,
		    void *arg);

/*
 * The peer speaks for so many others, and may send as many messages as all of
 * them; 1 if this is not called.
 */
void		 chan_voices(struct chan *, unsigned int);

/*
 * So many times CHAN_MESSAGES_MAX and CHAN_OCTETS_MAX may wait for the peer;
 * 1 if this is not called.
 */
void		 chan_patience(struct chan *, unsigned int);

/* Close and free; safe inside a handler of the same channel. NULL is fine. */
void		 chan_free(struct chan *);

/*
 * Send one message; what does not fit into the socket waits in memory.
 * fd is given away (closed here once sent, or on error); -1 for none.
 * Returns 0, or -1 if there is no memory, the peer is gone or has not read
 * what was sent before (chan_patience()): its chan_closed will be called from
 * the loop.
 */
int		 chan_send(struct chan *, uint32_t, const void *, int);

/* Whether all that was sent has left this process. */
int		 chan_drained(struct chan *);

/*
 * From now on called from the loop, with the arg of chan_new(), whenever the
 * last of what had to wait for the peer has left; NULL for no more.
 */
void		 chan_on_drained(struct chan *, void (*)(void *));

/*
 * From now on called, with the arg of chan_new(), the type and the payload,
 * for a message that is dropped as there was no room for its descriptor.
 */
void		 chan_on_lost(struct chan *,
		    void (*lost)(void *, uint32_t, const void *));

/*
 * Read and dispatch what is there now, without waiting; returns the number of
 * messages.  For the parent, which must have read every WANT that was sent
 * before an AUTH_OK.
 */
unsigned int	 chan_poll(struct chan *);

#endif

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The load generator: many POP3 clients in one process.  Linux only (epoll),
 * and no part of the server.  load.c is the loop, conn.c one client,
 * mail.c what a maildir must look like on the wire, figures.c the numbers.
 */

#ifndef LOAD_H
#define LOAD_H

#include <sys/types.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stddef.h>
#include <stdint.h>

/* A series of times, in microseconds. */
struct figures {
	uint32_t	*fi_v;
	size_t		 fi_n;
	size_t		 fi_size;
};

void		 figures_add(struct figures *, uint64_t);
/* Print name_n, name_median, name_p99 and name_max, if there are any. */
void		 figures_print(struct figures *, const char *);

/* Now, in microseconds of a clock that only goes forward. */
uint64_t	 now_us(void);

/* A message as RETR must send it, from behind the +OK line to the dot. */
struct wire {
	char	*w_bytes;
	size_t	 w_len;
};

/*
 * Every message of a maildir, in the order of the number that its name
 * begins with.  Ends the program if anything fails.
 */
void		 mail_load(const char *, struct wire **, size_t *);

/* What the generator does, and what it has seen; one of each. */
struct load {
	struct sockaddr_in	 l_to;
	SSL_CTX			*l_ctx;
	const char		*l_script;	/* see conn.c */
	const char		*l_user;	/* before the number */
	const char		*l_pass;
	const char		*l_source;	/* first source address */
	unsigned int		 l_first;	/* number of the first user */
	unsigned int		 l_users;	/* random: out of so many */
	unsigned int		 l_opened;
	unsigned int		 l_nsources;
	int			 l_hammer;
	int			 l_epoll;

	struct wire		*l_wire;
	size_t			 l_nwire;

	unsigned long		 l_failures;
	unsigned long		 l_refused;	/* hammer: not even heard */
	unsigned long		 l_sessions;	/* ended well */
	unsigned long		 l_resident;	/* idle: logged in */
	unsigned long long	 l_octets;
	struct figures		 l_greeting;	/* connect to greeting */
	struct figures		 l_login;	/* PASS to its answer */
	struct figures		 l_session;	/* connect to the end */
	struct figures		 l_retr;	/* RETR to its dot */
	struct figures		 l_probe;	/* NOOP, STAT while idle */
};

extern struct load load;

enum conn_state {
	CONN_FREE,
	CONN_CONNECT,
	CONN_HANDSHAKE,
	CONN_TALK,
	CONN_IDLE,	/* logged in, nothing asked */
	CONN_END	/* QUIT was answered, waiting for the close */
};

/* One client. */
struct conn {
	enum conn_state	 c_state;
	unsigned int	 c_slot;
	unsigned int	 c_user;	/* number of its user */
	int		 c_fd;
	SSL		*c_ssl;
	uint32_t	 c_events;
	uint64_t	 c_start;	/* of the connection */
	uint64_t	 c_asked;	/* of the last command */
	uint64_t	 c_wait;	/* hammer: do not connect before */

	const char	*c_step;	/* in the script */
	int		 c_listing;	/* behind +OK of LIST or UIDL */
	unsigned long	 c_messages;	/* as STAT said */
	unsigned long long c_total;	/* as STAT said */
	unsigned long	 c_lines;	/* of a listing, so far */
	unsigned long long c_sum;	/* of LIST, so far */
	size_t		 c_message;	/* that RETR is at */
	size_t		 c_at;		/* in that message's octets */
	int		 c_body;	/* behind +OK of RETR */

	char		 c_out[600];
	size_t		 c_outlen;
	size_t		 c_linelen;
	char		 c_line[1024];
};

void	 conn_open(struct conn *);
/* Whatever the socket is ready for. */
void	 conn_ready(struct conn *);
/* An idle client asks this; its answer goes into l_probe. */
void	 conn_probe(struct conn *, const char *);
/* An idle client quits. */
void	 conn_quit(struct conn *);

#endif

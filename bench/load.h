/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The load generator: many POP3 clients in one process.  Linux only (epoll),
 * not part of the server.  load.c is the loop, conn.c a client, mail.c the
 * expected messages, figures.c the numbers.
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
/* Print name_n, name_median, name_p99 and name_max, unless empty. */
void		 figures_print(struct figures *, const char *);

/* Return the monotonic time in microseconds. */
uint64_t	 now_us(void);

/* A message as RETR must send it, after the +OK line, with the dot. */
struct wire {
	char	*w_bytes;
	size_t	 w_len;
};

/*
 * Read all messages of a maildir, sorted by the number at the start of the
 * name.  Exits on error.
 */
void		 mail_load(const char *, struct wire **, size_t *);

/* Settings and results of the generator. */
struct load {
	struct sockaddr_in	 l_to;
	SSL_CTX			*l_ctx;
	const char		*l_script;	/* see conn.c */
	const char		*l_user;	/* prefix of the number */
	const char		*l_pass;
	const char		*l_source;	/* first source address */
	unsigned int		 l_first;	/* number of the first user */
	unsigned int		 l_users;	/* random: number of users */
	unsigned int		 l_opened;
	unsigned int		 l_nsources;
	int			 l_hammer;
	int			 l_epoll;

	struct wire		*l_wire;
	size_t			 l_nwire;

	unsigned long		 l_failures;
	unsigned long		 l_refused;	/* hammer: not checked */
	unsigned long		 l_sessions;	/* completed */
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
	CONN_IDLE,	/* logged in, no command sent */
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
	int		 c_listing;	/* after +OK of LIST or UIDL */
	unsigned long	 c_messages;	/* as STAT said */
	unsigned long long c_total;	/* as STAT said */
	unsigned long	 c_lines;	/* of a listing, so far */
	unsigned long long c_sum;	/* of LIST, so far */
	size_t		 c_message;	/* index, in RETR */
	size_t		 c_at;		/* octets of it received */
	int		 c_body;	/* after +OK of RETR */

	char		 c_out[600];
	size_t		 c_outlen;
	size_t		 c_linelen;
	char		 c_line[1024];
};

void	 conn_open(struct conn *);
/* Read or write, as the socket is ready. */
void	 conn_ready(struct conn *);
/* Send a command from an idle client and time its answer in l_probe. */
void	 conn_probe(struct conn *, const char *);
/* Send QUIT from an idle client. */
void	 conn_quit(struct conn *);

#endif

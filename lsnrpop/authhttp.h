/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A connection that asks for the route of a client, of which nginx's mail
 * module makes one for each login.
 */

#ifndef AUTHHTTP_H
#define AUTHHTTP_H

struct client;
struct msg_route;
struct msg_want;

/* It is one of these; -1: no memory. */
int	 authhttp_open(struct client *);

/* The part of a turn in CLIENT_COMMAND, as authorize_turn() has it. */
int	 authhttp_turn(struct client *);

/* What is asked of the parent and of authpop, but for what any login has. */
void	 authhttp_want(const struct client *, struct msg_want *);

/* Say what a POP3 client would be told. */
void	 authhttp_say(struct client *, const char *);

/* The same, and that was it. */
void	 authhttp_refused(struct client *, const char *);

/* The parent says where. */
void	 authhttp_routed(struct client *, const struct msg_route *);

/* What its proxy is to log in with there, for a digest. */
void	 authhttp_ticket(struct client *, const char *);

/* Wipe and free what it has; nothing if it is none of these. */
void	 authhttp_free(struct client *);

#endif

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A connection of nginx's mail module, which makes one for each login to ask
 * for the route of a client.
 */

#ifndef AUTHHTTP_H
#define AUTHHTTP_H

struct client;
struct credentials;
struct msg_route;
struct msg_want;
struct source;

/* What a request needs of those that call this. */
struct authhttp_hooks {
	/*
	 * Count the connection for the client's source.  Return 0; 1 if there
	 * are too many of that source; -1: no memory.
	 */
	int	(*hk_proxied)(struct client *, const struct source *);

	/* Have the credentials checked, and wipe them. */
	void	(*hk_login)(struct client *, struct credentials *);
};

void	 authhttp_hook(const struct authhttp_hooks *);

/* Make cl such a connection.  Return -1 if out of memory. */
int	 authhttp_open(struct client *);

/* One turn in CLIENT_COMMAND; returns the same as authorize_turn(). */
int	 authhttp_turn(struct client *);

/* Fill in what a WANT has beyond that of any login. */
void	 authhttp_want(const struct client *, struct msg_want *);

/* Send the reply that a POP3 client would get. */
void	 authhttp_say(struct client *, const char *);

/* Send that reply and close. */
void	 authhttp_refused(struct client *, const char *);

/* Send the route from the parent and close. */
void	 authhttp_routed(struct client *, const struct msg_route *);

/* Set the password that the proxy logs in with on the server, for a digest. */
void	 authhttp_ticket(struct client *, const char *);

/* Wipe and free its state, if any. */
void	 authhttp_free(struct client *);

#endif

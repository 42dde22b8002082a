/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What an admin can ask for with popctl(8).
 */

#ifndef ORDER_H
#define ORDER_H

struct control;

/* Do what cn_request says; the answer may come later. */
void	 order_run(struct control *);

/* The reload that it waits for is done, or has failed, and why. */
void	 order_reloaded(struct control *, int ok, const char *why);

/* popd stops: the last moment for an answer. */
void	 order_stop(struct control *);

/* A moment later: cn_later. */
void	 order_later(int, short, void *);

#endif

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Requests of popctl(8).
 */

#ifndef ORDER_H
#define ORDER_H

struct control;

/* Handle cn_request; the answer may come later. */
void	 order_run(struct control *);

/* The connection's reload is done, or failed for a reason. */
void	 order_reloaded(struct control *, int ok, const char *why);

/* Shutdown: answer while there is time. */
void	 order_stop(struct control *);

/* Timer callback of cn_later. */
void	 order_later(int, short, void *);

#endif

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Requests of popctl(8).
 */

#ifndef ORDER_H
#define ORDER_H

/* Answer requests at the control socket: set its hooks. */
void	 order_init(void);

#endif

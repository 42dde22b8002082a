/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What an admin can ask for with popctl(8).
 */

#ifndef ORDER_H
#define ORDER_H

/* Answer what comes in at the control socket, from now on. */
void	 order_init(void);

#endif

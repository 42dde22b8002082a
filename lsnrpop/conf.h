/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What a listener does with a configuration (confset.h).
 */

#ifndef CONF_H
#define CONF_H

/* Before the loop. */
void	 conf_init(void);

#endif

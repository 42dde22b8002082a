/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A listener's use of a configuration (confset.h).
 */

#ifndef LSNRCONF_H
#define LSNRCONF_H

#include <stddef.h>

struct certfacts;

/* Initialize; call before the event loop. */
void	 lsnrconf_init(void);

/*
 * Describe certificate i, from 0, of those in use.  Return -1 after the last.
 */
int	 lsnrconf_certificate(size_t i, struct certfacts *);

#endif

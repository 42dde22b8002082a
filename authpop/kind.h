/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Hashes of crypt(3), told apart by how they look.
 */

#ifndef KIND_H
#define KIND_H

#include <stddef.h>

#define KIND_COST_MAX	48

/*
 * Whether crypt(3) of this system can check passwords against this hash: it
 * is as long as its method makes it and the method is one that crypt(3)
 * knows, which is tried once for each method.
 */
int	 kind_usable(const char *);

/*
 * Method and cost of a hash as a text: equal texts mean that a check costs
 * the same.  Into buf, cut to fit.
 */
void	 kind_cost(const char *, char *, size_t);

#endif

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Hashes of crypt(3), told apart by how they look.
 */

#ifndef HASHKIND_H
#define HASHKIND_H

#include <stddef.h>

#define KIND_COST_MAX	48

enum hashkind_fault {
	KIND_USABLE,
	KIND_UNKNOWN,		/* nothing that crypt(3) of this system knows */
	KIND_CUT,		/* of a method, but shorter than its hashes */
	KIND_COSTLY		/* a check would take more than some seconds */
};

/*
 * Whether crypt(3) of this system can check passwords against this hash: it
 * is as long as its method makes it, its cost is within bounds and the method
 * is one that crypt(3) knows, which is tried once for each method.
 */
enum hashkind_fault	 hashkind_judge(const char *);

/*
 * Method and cost of a hash as a text: equal texts mean that a check costs
 * the same.  Into buf, cut to fit.
 */
void	 hashkind_cost(const char *, char *, size_t);

#endif

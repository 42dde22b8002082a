/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Kinds of crypt(3) hashes, by their form.
 */

#ifndef HASHKIND_H
#define HASHKIND_H

#include <stddef.h>

#define KIND_COST_MAX	48

enum hashkind_fault {
	KIND_USABLE,
	KIND_UNKNOWN,		/* unknown to crypt(3) of this system */
	KIND_CUT,		/* too short for its method */
	KIND_COSTLY		/* a check would take seconds */
};

/*
 * Judge whether crypt(3) of this system can check passwords against a hash: it
 * has the length of its method, its cost is within bounds, and crypt(3) knows
 * the method, which is tried once.
 */
enum hashkind_fault	 hashkind_judge(const char *);

/*
 * Write method and cost of a hash to buf, truncated to fit: equal texts mean
 * that a check costs the same.
 */
void	 hashkind_cost(const char *, char *, size_t);

/*
 * Copy a usable hash with its method, cost and salt, but so that it
 * matches no password; a secret as it is.
 */
void	 hashkind_dummy(const char *, char *, size_t);

#endif

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Passwords that matched recently, so that a mail program that polls every few
 * minutes does not cost a slow hash each time.
 *
 * The cache has two halves, each useless alone.  The queue has a random key,
 * renewed with each configuration, and no hashes; with each password it sends
 * a checker the tag HMAC-SHA256(key, user, password), and keeps neither.  A
 * checker does not have the key; if the slow hash matches, it stores for the
 * user the proof SHA-256(tag, password, line of authtab).  An attacker who
 * reads all of a checker's memory cannot make the tag of a guess; one who reads
 * all of the queue's has nothing to compare it with.  With both they can guess
 * fast, at the users in the cache.
 *
 * While a password is checked its tag is in both processes, as the password
 * is.  A queue that lies about the tag has nobody admitted: the password is in
 * the proof as well.
 *
 * An entry is dropped with a new configuration, another line in authtab, a
 * lock of the user, after `cache passwords' without use, and always after
 * CACHE_SECONDS.  Strangers cannot fill or flush the cache: only right
 * passwords get in.
 *
 * A wrong password always takes the same steps: tag, cache lookup, slow hash;
 * if it has to wait first, perhaps with another lookup before.  Only those who
 * know the password can see that it matched recently.
 */

#ifndef CACHE_H
#define CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "limits.h"

/*
 * Return whether this password, with its tag, recently matched this line of
 * authtab for the user.  NULL as a tag never has.
 */
int	 cache_has(const uint8_t tag[CACHE_TAG], const char *user,
	    const char *pass, const char *line);

/* It matched: add it, in place of the user's previous entry. */
void	 cache_put(const uint8_t tag[CACHE_TAG], const char *user,
	    const char *pass, const char *line);

/* Forget a user, in lower case; or all. */
void	 cache_forget(const char *user);
void	 cache_clear(void);

/* Return the number of entries. */
size_t	 cache_count(void);

#endif

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Passwords that were right lately, so that a mail program that looks every
 * few minutes costs no slow hash each time.
 *
 * In two halves, neither of which is worth stealing.  The queue has a random
 * key, made anew with each configuration, and no hash; it gives a checker with
 * each password its tag, HMAC-SHA256(key, user, password), and keeps neither.
 * A checker has no such key; if the slow hash matched, it remembers for the
 * user SHA-256(tag, line of authtab), his proof.  Whoever reads all of a
 * checker's memory cannot make the tag of a guess, and whoever reads all of
 * the queue's has nothing to compare one with.  Who reads both can guess fast,
 * at those who are remembered.
 *
 * The tag of a password that is checked is in both for that moment, as the
 * password is.  A queue that lies can have anybody admitted, with or without a
 * tag; a checker that lies, too.
 *
 * What is remembered is gone with a new configuration, with another line, when
 * the user is locked, when it was not used for as long as `cache passwords'
 * says, and after CACHE_SECONDS whatever happens.  Strangers cannot fill or
 * empty it: only a right password gets in.
 *
 * The answer to a wrong password takes the same steps for everybody: a tag, a
 * look here, a slow hash.  Only whoever knows the password can see that it was
 * right lately.
 */

#ifndef CACHE_H
#define CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "limits.h"

/*
 * Whether this user's password had this tag when it last matched this line of
 * authtab.  NULL as a tag is never known.
 */
int	 cache_has(const uint8_t tag[CACHE_TAG], const char *user,
	    const char *line);

/* It has matched; it replaces what was known of the user. */
void	 cache_put(const uint8_t tag[CACHE_TAG], const char *user,
	    const char *line);

/* Forget a user, lower-cased; or all. */
void	 cache_forget(const char *user);
void	 cache_clear(void);

/* How many are remembered. */
size_t	 cache_count(void);

#endif

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The checker's half of the password cache.  See cache.h.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include <sha2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cache.h"
#include "limits.h"
#include "log.h"
#include "setting.h"

TAILQ_HEAD(entries, entry);
RB_HEAD(entry_names, entry);

struct entry {
	RB_ENTRY(entry)		 en_node;	/* by en_user */
	TAILQ_ENTRY(entry)	 en_entry;	/* most recently used first */
	time_t			 en_checked;	/* when the slow hash matched */
	time_t			 en_used;
	uint8_t			 en_proof[SHA256_DIGEST_LENGTH];
	const char		*en_user;	/* after the entry */
};

static struct {
	struct entry_names	 names;
	struct entries		 used;
	size_t			 count;
} cache = { .used = TAILQ_HEAD_INITIALIZER(cache.used) };

static int
entry_compare(const struct entry *a, const struct entry *b)
{
	return (strcmp(a->en_user, b->en_user));
}

RB_PROTOTYPE(entry_names, entry, en_node, entry_compare)
RB_GENERATE(entry_names, entry, en_node, entry_compare)

static time_t
cache_now(void)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		fatal("clock_gettime");
	return (ts.tv_sec);
}

static void
cache_proof(const uint8_t tag[CACHE_TAG], const char *line,
    uint8_t proof[SHA256_DIGEST_LENGTH])
{
	SHA2_CTX	 ctx;

	SHA256Init(&ctx);
	SHA256Update(&ctx, tag, CACHE_TAG);
	SHA256Update(&ctx, (const uint8_t *)line, strlen(line));
	SHA256Final(proof, &ctx);
	explicit_bzero(&ctx, sizeof(ctx));
}

static struct entry *
cache_find(const char *user)
{
	struct entry	 key;

	key.en_user = user;
	return (RB_FIND(entry_names, &cache.names, &key));
}

static void
cache_drop(struct entry *en)
{
	RB_REMOVE(entry_names, &cache.names, en);
	TAILQ_REMOVE(&cache.used, en, en_entry);
	cache.count--;
	freezero(en, sizeof(*en));
}

/* Drop entries that were not used in time, least recently used first. */
static void
cache_expire(time_t now)
{
	struct entry	*en;
	time_t		 most = setting(SETTING_CACHE);

	while ((en = TAILQ_LAST(&cache.used, entries)) != NULL &&
	    now - en->en_used >= most)
		cache_drop(en);
}

static int
entry_fresh(const struct entry *en, time_t now)
{
	return (now - en->en_checked < CACHE_SECONDS);
}

int
cache_has(const uint8_t tag[CACHE_TAG], const char *user, const char *line)
{
	static const uint8_t	 none[SHA256_DIGEST_LENGTH];
	uint8_t			 proof[SHA256_DIGEST_LENGTH];
	struct entry		*en;
	time_t			 now = cache_now();
	int			 same;

	cache_expire(now);
	if (tag == NULL || setting(SETTING_CACHE) == 0)
		return (0);
	cache_proof(tag, line, proof);
	en = cache_find(user);
	/* Nothing has a zero proof, except by a chance of 1 in 2^256. */
	same = timingsafe_bcmp(proof, en == NULL ? none : en->en_proof,
	    sizeof(proof)) == 0;
	explicit_bzero(proof, sizeof(proof));
	if (en == NULL || !same || !entry_fresh(en, now))
		return (0);
	en->en_used = now;
	TAILQ_REMOVE(&cache.used, en, en_entry);
	TAILQ_INSERT_HEAD(&cache.used, en, en_entry);
	return (1);
}

/*
 * Return a new entry, in neither list, or NULL without memory, which is
 * harmless.
 */
static struct entry *
entry_new(const char *user)
{
	struct entry	*en;
	size_t		 len = strlen(user) + 1;

	if ((en = malloc(sizeof(*en) + len)) == NULL)
		return (NULL);
	memcpy(en + 1, user, len);
	en->en_user = (const char *)(en + 1);
	return (en);
}

void
cache_put(const uint8_t tag[CACHE_TAG], const char *user, const char *line)
{
	struct entry	*en;

	if (tag == NULL || setting(SETTING_CACHE) == 0)
		return;
	cache_forget(user);
	if (cache.count >= CACHE_MAX)
		cache_drop(TAILQ_LAST(&cache.used, entries));
	if ((en = entry_new(user)) == NULL)
		return;
	cache_proof(tag, line, en->en_proof);
	en->en_checked = en->en_used = cache_now();
	RB_INSERT(entry_names, &cache.names, en);
	TAILQ_INSERT_HEAD(&cache.used, en, en_entry);
	cache.count++;
}

void
cache_forget(const char *user)
{
	struct entry	*en;

	if ((en = cache_find(user)) != NULL)
		cache_drop(en);
}

void
cache_clear(void)
{
	struct entry	*en;

	while ((en = TAILQ_FIRST(&cache.used)) != NULL)
		cache_drop(en);
}

size_t
cache_count(void)
{
	return (cache.count);
}

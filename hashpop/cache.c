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

TAILQ_HEAD(entries, cache_entry);
RB_HEAD(entry_names, cache_entry);

struct cache_entry {
	RB_ENTRY(cache_entry)	 cae_node;	/* by cae_user */
	TAILQ_ENTRY(cache_entry) cae_entry;	/* last used first */
	time_t			 cae_checked;	/* when the slow hash matched */
	time_t			 cae_used;
	uint8_t			 cae_proof[SHA256_DIGEST_LENGTH];
	const char		*cae_user;	/* after the entry */
};

static struct {
	struct entry_names	 names;
	struct entries		 used;
	size_t			 count;
} cache = { .used = TAILQ_HEAD_INITIALIZER(cache.used) };

static int
entry_compare(const struct cache_entry *a, const struct cache_entry *b)
{
	return (strcmp(a->cae_user, b->cae_user));
}

RB_PROTOTYPE(entry_names, cache_entry, cae_node, entry_compare)
RB_GENERATE(entry_names, cache_entry, cae_node, entry_compare)

static time_t
cache_now(void)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		fatal("clock_gettime");
	return (ts.tv_sec);
}

static void
cache_proof(const uint8_t tag[CACHE_TAG], const char *pass, const char *line,
    uint8_t proof[SHA256_DIGEST_LENGTH])
{
	SHA2_CTX	 ctx;

	SHA256Init(&ctx);
	SHA256Update(&ctx, tag, CACHE_TAG);
	SHA256Update(&ctx, (const uint8_t *)pass, strlen(pass) + 1);
	SHA256Update(&ctx, (const uint8_t *)line, strlen(line));
	SHA256Final(proof, &ctx);
	explicit_bzero(&ctx, sizeof(ctx));
}

static struct cache_entry *
cache_find(const char *user)
{
	struct cache_entry	 key;

	key.cae_user = user;
	return (RB_FIND(entry_names, &cache.names, &key));
}

static void
cache_drop(struct cache_entry *cae)
{
	RB_REMOVE(entry_names, &cache.names, cae);
	TAILQ_REMOVE(&cache.used, cae, cae_entry);
	cache.count--;
	freezero(cae, sizeof(*cae));
}

/* Drop entries that were not used in time, least recently used first. */
static void
cache_expire(time_t now)
{
	struct cache_entry	*cae;
	time_t			 most = setting(SETTING_CACHE);

	while ((cae = TAILQ_LAST(&cache.used, entries)) != NULL &&
	    now - cae->cae_used >= most)
		cache_drop(cae);
}

static int
entry_fresh(const struct cache_entry *cae, time_t now)
{
	return (now - cae->cae_checked < CACHE_SECONDS);
}

int
cache_has(const uint8_t tag[CACHE_TAG], const char *user, const char *pass,
    const char *line)
{
	static const uint8_t	 none[SHA256_DIGEST_LENGTH];
	uint8_t			 proof[SHA256_DIGEST_LENGTH];
	struct cache_entry	*cae;
	time_t			 now = cache_now();
	int			 same;

	cache_expire(now);
	if (tag == NULL || setting(SETTING_CACHE) == 0)
		return (0);
	cache_proof(tag, pass, line, proof);
	cae = cache_find(user);
	/* Nothing has a zero proof, except by a chance of 1 in 2^256. */
	same = timingsafe_bcmp(proof, cae == NULL ? none : cae->cae_proof,
	    sizeof(proof)) == 0;
	explicit_bzero(proof, sizeof(proof));
	if (cae == NULL || !same || !entry_fresh(cae, now))
		return (0);
	cae->cae_used = now;
	TAILQ_REMOVE(&cache.used, cae, cae_entry);
	TAILQ_INSERT_HEAD(&cache.used, cae, cae_entry);
	return (1);
}

/*
 * Return a new entry, in neither list, or NULL without memory, which is
 * harmless.
 */
static struct cache_entry *
entry_new(const char *user)
{
	struct cache_entry	*cae;
	size_t			 len = strlen(user) + 1;

	if ((cae = malloc(sizeof(*cae) + len)) == NULL)
		return (NULL);
	memcpy(cae + 1, user, len);
	cae->cae_user = (const char *)(cae + 1);
	return (cae);
}

void
cache_put(const uint8_t tag[CACHE_TAG], const char *user, const char *pass,
    const char *line)
{
	struct cache_entry	*cae;

	if (tag == NULL || setting(SETTING_CACHE) == 0)
		return;
	cache_forget(user);
	if (cache.count >= CACHE_MAX)
		cache_drop(TAILQ_LAST(&cache.used, entries));
	if ((cae = entry_new(user)) == NULL)
		return;
	cache_proof(tag, pass, line, cae->cae_proof);
	cae->cae_checked = cae->cae_used = cache_now();
	RB_INSERT(entry_names, &cache.names, cae);
	TAILQ_INSERT_HEAD(&cache.used, cae, cae_entry);
	cache.count++;
}

void
cache_forget(const char *user)
{
	struct cache_entry	*cae;

	if ((cae = cache_find(user)) != NULL)
		cache_drop(cae);
}

void
cache_clear(void)
{
	struct cache_entry	*cae;

	while ((cae = TAILQ_FIRST(&cache.used)) != NULL)
		cache_drop(cae);
}

size_t
cache_count(void)
{
	return (cache.count);
}

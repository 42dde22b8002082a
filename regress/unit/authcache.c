/*
 * link: hashpop/cache.o authpop/keyhash.o lib/hmac.o lib/setting.o lib/log.o
 * link: $(COMPAT_CRYPT)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The password cache of a checker: what it keeps and when it forgets; and
 * HMAC-SHA-256, with the examples of RFC 4231.
 */

#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "hashpop/cache.h"
#include "authpop/keyhash.h"
#include "hmac.h"
#include "setting.h"
#include "unit.h"

static time_t	 now = 1000;

static const uint8_t one[CACHE_TAG] = "one", two[CACHE_TAG] = "two";

int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	ts->tv_sec = now;
	ts->tv_nsec = 0;
	return (0);
}

static void
set_cache(uint32_t seconds)
{
	struct setting_values	 stv;

	setting_defaults(&stv);
	stv.stv_value[SETTING_CACHE] = seconds;
	setting_use(&stv);
}

static void
test_hmac(void)
{
	static const struct {
		const char	*key, *data, *code;
	} tests[] = {
		{ "Jefe", "what do ya want for nothing?",
		    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b9"
		    "64ec3843" },
		{ "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
		    "\x0b\x0b\x0b\x0b\x0b\x0b", "Hi There",
		    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c"
		    "2e32cff7" }
	};
	uint8_t		 code[HMAC_LEN], key[131];
	char		 hex[2 * HMAC_LEN + 1];
	const char	*text = "Test Using Larger Than Block-Size Key - Hash "
			    "Key First";
	size_t		 i, j;

	unit_case("HMAC-SHA256 as RFC 4231 has it");
	memset(key, 0xaa, sizeof(key));
	for (i = 0; i < 3; i++) {
		if (i < 2)
			hmac(tests[i].key, strlen(tests[i].key), tests[i].data,
			    strlen(tests[i].data), code);
		else
			hmac(key, sizeof(key), text, strlen(text), code);
		for (j = 0; j < sizeof(code); j++)
			snprintf(hex + 2 * j, 3, "%02x", code[j]);
		CHECK(strcmp(hex, i < 2 ? tests[i].code :
		    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f"
		    "0ee37f54") == 0, "%zu: %s", i, hex);
	}
}

static void
test_tag_of_user(void)
{
	unit_case("a tag is known for its user and line alone");
	cache_put(one, "joe", "pass", "line");
	CHECK(cache_has(one, "joe", "pass", "line"), "joe");
	CHECK(!cache_has(two, "joe", "pass", "line"), "another tag");
	CHECK(!cache_has(one, "joe", "pass", "lines"), "another line");
	CHECK(!cache_has(one, "joe", "word", "line"), "another password");
	CHECK(!cache_has(one, "joe", "pass", ""), "no line");
	CHECK(!cache_has(one, "ann", "pass", "line"), "another user");
	CHECK(!cache_has(NULL, "joe", "pass", "line"), "no tag");
	CHECK(cache_has(one, "joe", "pass", "line"), "joe, after all that");
}

static void
test_last_counts(void)
{
	unit_case("the last one of a user counts");
	cache_put(two, "joe", "pass", "line");
	CHECK(!cache_has(one, "joe", "pass", "line"), "the first");
	CHECK(cache_has(two, "joe", "pass", "line"), "the second");
	CHECK(cache_count() == 1, "%zu", cache_count());
}

static void
test_forgotten(void)
{
	unit_case("a user is forgotten, or all are");
	cache_put(one, "ann", "pass", "line");
	cache_forget("joe");
	cache_forget("nobody");
	CHECK(!cache_has(two, "joe", "pass", "line"), "joe");
	CHECK(cache_has(one, "ann", "pass", "line"), "ann");
	cache_clear();
	CHECK(!cache_has(one, "ann", "pass", "line"), "ann");
	CHECK(cache_count() == 0, "%zu", cache_count());
	cache_put(NULL, "joe", "pass", "line");
	CHECK(cache_count() == 0, "without a tag");
}

static void
test_idle(void)
{
	unit_case("a user that stays away for that long is forgotten");
	cache_put(one, "joe", "pass", "line");
	now += CACHE_IDLE - 1;
	CHECK(cache_has(one, "joe", "pass", "line"), "in time");
	now += CACHE_IDLE - 1;
	CHECK(cache_has(one, "joe", "pass", "line"), "in time again");
	now += CACHE_IDLE;
	CHECK(!cache_has(one, "ann", "pass", "line"), "ann");
	CHECK(cache_count() == 0, "joe is there after ann asked");
	CHECK(!cache_has(one, "joe", "pass", "line"), "late");
}

static void
test_day(void)
{
	int	 i;

	unit_case("one that logs in all the time is, after a day");
	cache_put(one, "joe", "pass", "line");
	for (i = 0; i < CACHE_SECONDS / 300 - 1; i++) {
		now += 300;
		CHECK(cache_has(one, "joe", "pass", "line"), "%d", i);
	}
	now += 300;
	CHECK(!cache_has(one, "joe", "pass", "line"), "after a day");
	cache_clear();
}

static void
test_never(void)
{
	unit_case("never is never");
	cache_put(one, "joe", "pass", "line");
	set_cache(0);
	CHECK(!cache_has(one, "joe", "pass", "line"), "there before");
	cache_put(one, "ann", "pass", "line");
	CHECK(cache_count() == 0, "%zu", cache_count());
	set_cache(CACHE_IDLE);
	CHECK(!cache_has(one, "ann", "pass", "line"), "ann");
}

static void
test_many(void)
{
	char	 user[32];
	size_t	 i;

	unit_case("the number is bounded, the last ones stay");
	for (i = 0; i < CACHE_MAX + 10; i++) {
		snprintf(user, sizeof(user), "user%zu", i);
		cache_put(one, user, "pass", "line");
		CHECK(cache_has(one, "user0", "pass", "line"), "%zu", i);
	}
	CHECK(cache_count() == CACHE_MAX, "%zu", cache_count());
	CHECK(cache_has(one, user, "pass", "line"), "the last");
	CHECK(!cache_has(one, "user1", "pass", "line"), "the first");
	cache_clear();
}

static void
test_tag(void)
{
	const uint8_t	 key[KEYHASH_KEY] = "key", other[KEYHASH_KEY] = "kez";
	uint8_t		 a[KEYHASH_LEN], b[KEYHASH_LEN];

	unit_case("tags differ by key, user and password, and where these end");
	keyhash_whole(key, NULL, "joe", "secret", a);
	keyhash_whole(key, NULL, "joe", "secret", b);
	CHECK(memcmp(a, b, sizeof(a)) == 0, "the same");
	keyhash_whole(other, NULL, "joe", "secret", b);
	CHECK(memcmp(a, b, sizeof(a)) != 0, "key");
	keyhash_whole(key, NULL, "jo", "esecret", b);
	CHECK(memcmp(a, b, sizeof(a)) != 0, "end");
	keyhash_whole(key, NULL, "joe", "secre", b);
	CHECK(memcmp(a, b, sizeof(a)) != 0, "password");
	keyhash_whole(key, NULL, "joe", NULL, b);
	CHECK(memcmp(a, b, sizeof(a)) != 0, "no password");
}

int
main(void)
{
	test_hmac();
	test_tag_of_user();
	test_last_counts();
	test_forgotten();
	test_idle();
	test_day();
	test_never();
	test_many();
	test_tag();
	return (unit_done());
}

/*
 * link: hashpop/hashes.o hashpop/hashkind.o hashpop/cache.o lib/table.o
 * link: lib/hmac.o lib/secret.o
 * link: hashpop/ticket.o
 * link: lib/table_read.o lib/log.o lib/count.o lib/setting.o $(COMPAT_CRYPT)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* What is checked for users without a usable hash. */

#include <sys/types.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hashpop/hashes.h"
#include "hashpop/hashkind.h"
#include "log.h"
#include "unit.h"

#define SALT	"abcdefghijklmnopqrstuu"

static const char	*given[] = {
	"*", "!$2b$04$" SALT, "$zz$abc$def", NULL
};

static const char	*settings[] = {
	"$1$abcdefgh$", "$5$rounds=1000$abcdefgh$", "$6$abcdefgh$",
	"$y$j75$abcdefgh$", "$gy$j75$abcdefgh$", "ab", "_J9..abcd",
	"$7$6..../....abcdefgh$", "$2a$04$" SALT, "$2y$04$" SALT,
	"$md5$abcdefgh$", "$sha1$4$abcdefgh$", NULL
};

/* The least microseconds of CPU that a check takes; NULL: an unknown user. */
static double
cost(const char *hash)
{
	struct timespec	 a, b;
	double		 us, least = 1e12;
	int		 i;

	for (i = 0; i < 3; i++) {
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
		if (hash == NULL)
			(void)hashes_unknown_user("wrong");
		else
			(void)hashes_check_given(hash, "joe", "wrong", NULL);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
		us = 1e6 * (double)(b.tv_sec - a.tv_sec) +
		    (double)(b.tv_nsec - a.tv_nsec) / 1e3;
		least = us < least ? us : least;
	}
	return (least);
}

static void
test_given(void)
{
	struct hashes_reader	*hr;
	enum table_state	 state;
	struct hashes		*ha, *files[TABLES_ASKED_MAX] = { NULL };
	FILE			*f = fopen("authtab", "w+");
	char			 why[200];
	double			 us, unknown;
	size_t			 i;

	unit_case("locked users of table processes take as long as unknown");
	fprintf(f, "ann %s\n", crypt("secret", "$2b$10$" SALT));
	fflush(f);
	hr = hashes_open(fileno(f), "authtab", NULL, 0);
	while ((state = hashes_step(hr, why, sizeof(why))) == TABLE_MORE)
		continue;
	CHECK(state == TABLE_DONE, "%s", why);
	ha = files[1] = hashes_take(hr);
	fclose(f);
	hashes_use(files, 1);
	unknown = cost(NULL);
	for (i = 0; given[i] != NULL; i++) {
		us = cost(given[i]);
		CHECK(us > 0.75 * unknown && us < 1.33 * unknown,
		    "%s: %.0f us, not %.0f", given[i], us, unknown);
	}
	hashes_free(ha);
}

static void
test_dummy(void)
{
	char	 h[HASH_TEXT_MAX], dummy[HASH_TEXT_MAX];
	char	 was[KIND_COST_MAX], is[KIND_COST_MAX];
	char	*made;
	size_t	 i;

	unit_case("a dummy has method, cost and salt of a hash, and no more");
	for (i = 0; settings[i] != NULL; i++) {
		made = crypt("secret", settings[i]);
		if (made == NULL || made[0] == '*')
			continue;
		strlcpy(h, made, sizeof(h));
		hashkind_dummy(h, dummy, sizeof(dummy));
		hashkind_cost(h, was, sizeof(was));
		hashkind_cost(dummy, is, sizeof(is));
		CHECK(hashkind_judge(dummy) == KIND_USABLE &&
		    strcmp(was, is) == 0, "%s: %s", h, dummy);
		CHECK(strncmp(h, dummy, strlen(settings[i]) - 1) == 0 &&
		    strlen(h) == strlen(dummy) &&
		    strcmp(dummy + strlen(h) - 11, "...........") == 0,
		    "%s: %s", h, dummy);
	}
}

int
main(void)
{
	log_init("authdummy");
	test_given();
	test_dummy();
	return (unit_done());
}

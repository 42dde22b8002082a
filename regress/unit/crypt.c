/* link: */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* crypt_checkpass(3) and timingsafe_bcmp(3), which compat/ may have made. */

#include <sys/types.h>
#include <sys/resource.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

/* A known one: of "U*U". */
#define UU_BUT_LAST	"$2a$05$CCCCCCCCCCCCCCCCCCCCC." \
			"E5YPO9kmyuRGyh0XouQYb4YMJKvyOe"
#define UU		UU_BUT_LAST "W"

static const struct {
	const char	*c_pass;
	const char	*c_hash;
	int		 c_good;
} cases[] = {
	{ "U*U", UU, 1 },
	{ "U*U*", UU, 0 },
	{ "U*U", UU_BUT_LAST "X", 0 },
	{ "U*U", UU_BUT_LAST, 0 },
	{ "U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.", 0 },
	{ "x", "", 0 },
	{ "", "*", 0 },
	{ "*0", "*1", 0 },
	{ "*", "*0", 0 },
	{ "x", "x", 0 },
	{ "x", "$9$unknown$", 0 },
	{ "x", "!" UU, 0 },
	{ "", NULL, 0 },
	{ "secret", NULL, 0 },
	{ NULL, NULL, 0 }
};

static double
cpu(void)
{
	struct rusage	 ru;

	getrusage(RUSAGE_SELF, &ru);
	return (ru.ru_utime.tv_sec * 1e3 + ru.ru_utime.tv_usec / 1e3);
}

static void
test_match(void)
{
	int	 i, r;

	unit_case("a password matches its hash, and nothing else does");
	for (i = 0; cases[i].c_pass != NULL; i++) {
		errno = 0;
		r = crypt_checkpass(cases[i].c_pass, cases[i].c_hash);
		CHECK(r == (cases[i].c_good ? 0 : -1), "%s, %s: %d",
		    cases[i].c_pass, cases[i].c_hash == NULL ? "NULL" :
		    cases[i].c_hash, r);
		CHECK(r == 0 || errno == EACCES, "%s: errno %d",
		    cases[i].c_pass, errno);
	}
}

static void
test_no_hash(void)
{
	double	 t;

	unit_case("no hash costs the time of a check");
	t = cpu();
	(void)crypt_checkpass("secret", NULL);
	t = cpu() - t;
	CHECK(t > 2, "%.1f ms", t);
}

static void
test_bcmp(void)
{
	unit_case("timingsafe_bcmp compares every octet");
	CHECK(timingsafe_bcmp("abc", "abc", 3) == 0, "equal");
	CHECK(timingsafe_bcmp("abc", "abd", 3) != 0, "last");
	CHECK(timingsafe_bcmp("abc", "bbc", 3) != 0, "first");
	CHECK(timingsafe_bcmp("abc", "abd", 2) == 0, "beyond");
	CHECK(timingsafe_bcmp("a", "b", 0) == 0, "none");
	CHECK(timingsafe_bcmp("\0\001", "\0\002", 2) != 0, "behind NUL");
}

int
main(void)
{
	test_match();
	test_no_hash();
	test_bcmp();
	return (unit_done());
}

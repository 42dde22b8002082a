/* link: wrkrpop/listing.o wrkrpop/out.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* LIST and UIDL compared with printf(3), for an invented maildrop. */

#include <sys/types.h>

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wrkrpop/listing.h"
#include "wrkrpop/out.h"
#include "maildrop.h"

#include "unit.h"

struct maildrop {
	uint32_t	 md_gone;	/* each of these is deleted; 0: none */
};

static uint64_t
size_of(uint32_t n)
{
	static const uint64_t	 special[] = { 0, 1, 9, 10, 99, 100, 101, 999,
	    1000, 9999, 10000, 99999, 100000, 18446744073709551615ULL,
	    9999999999999999999ULL, 10000000000000000000ULL };

	if (n % 3 == 0)
		return (special[n / 3 % (sizeof(special) / sizeof(*special))]);
	return (n * 6364136223846793005ULL >> n % 61);
}

int
maildrop_deleted(const struct maildrop *md, uint32_t n)
{
	return (md->md_gone != 0 && n % md->md_gone == 0);
}

uint64_t
maildrop_size(const struct maildrop *md, uint32_t n)
{
	return (size_of(n));
}

size_t
maildrop_uidl(const struct maildrop *md, uint32_t n, char buf[UIDL_MAX])
{
	size_t	 len = n % UIDL_MAX + 1;

	memset(buf, 'a' + (int)(n % 26), len);
	return (len);
}

static char *
expected(const struct maildrop *md, uint32_t first, uint32_t last, int uidl,
    size_t *len)
{
	char		*text, id[UIDL_MAX];
	FILE		*f = open_memstream(&text, len);
	uint32_t	 n;

	for (n = first; n <= last && n != 0; n++) {
		if (maildrop_deleted(md, n))
			continue;
		if (uidl)
			fprintf(f, "%" PRIu32 " %.*s\r\n", n,
			    (int)maildrop_uidl(md, n, id), id);
		else
			fprintf(f, "%" PRIu32 " %" PRIu64 "\r\n", n,
			    size_of(n));
	}
	fclose(f);
	return (text);
}

static void
compare(uint32_t gone, uint32_t first, uint32_t last, int uidl)
{
	struct maildrop	 md = { gone };
	FILE		*f = tmpfile();
	char		*want, *got;
	size_t		 len, n;

	want = expected(&md, first, last, uidl, &len);
	out_init(fileno(f));
	listing(&md, first, last, uidl ? listing_uidl : listing_size);
	out_flush();
	got = malloc(len + 2);
	rewind(f);
	n = fread(got, 1, len + 2, f);
	CHECK(n == len && memcmp(got, want, len) == 0,
	    "%" PRIu32 " to %" PRIu32 " without each %" PRIu32 "th",
	    first, last, gone);
	fclose(f);
	free(got);
	free(want);
}

static void
test_numbers(void)
{
	char		 got[OUT_DECIMAL + 1], want[32];
	uint64_t	 n = 1;
	size_t		 i;

	unit_case("numbers");
	for (i = 0; i < 64; i++, n = n * 2 + (i & 1)) {
		got[out_decimal(got, n)] = '\0';
		snprintf(want, sizeof(want), "%" PRIu64, n);
		CHECK(strcmp(got, want) == 0, "%s is not %s", got,
		    want);
	}
}

int
main(void)
{
	static const uint32_t	 firsts[] = { 1, 9, 10, 99, 100, 999999999,
	    4294967295U };
	size_t			 i;
	int			 uidl;

	for (uidl = 0; uidl < 2; uidl++) {
		unit_case(uidl ? "UIDL" : "LIST");
		compare(0, 1, 0, uidl);
		compare(1, 1, 2000, uidl);
		compare(0, 1, 123456, uidl);
		compare(7, 1, 123456, uidl);
		for (i = 0; i < sizeof(firsts) / sizeof(*firsts); i++)
			compare(0, firsts[i], firsts[i], uidl);
		compare(0, 99999990, 100000010, uidl);
		compare(0, 4294967200U, 4294967295U, uidl);
	}
	test_numbers();
	return (unit_done());
}

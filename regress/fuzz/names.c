/* link: mail/maildir.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * File names in a maildir: the first octet says where to split the input into
 * a name and a suffix.
 */

#include "fuzz.h"
#include "maildir.h"

/* The contract of maildir_name_ok(), in other words. */
static void
test_name_ok(const char *name, size_t len)
{
	int		 ok = len > 0 && len <= MAILNAME_MAX;
	size_t		 i;

	for (i = 0; i < len; i++)
		if (name[i] == '/' || name[i] == '\0' ||
		    (i == 0 && name[i] == '.'))
			ok = 0;
	FUZZ(!maildir_name_ok(name, len) == !ok);
}

static void
test_base(const char *name, size_t len)
{
	size_t		 base = maildir_base_len(name, len);

	FUZZ(base <= len);
	FUZZ(base == len || name[base] == ':');
	FUZZ(maildir_base_len(name, base) == base);
}

/* Return whether the text of len octets begins with this number. */
static int
test_number(const char *text, size_t len, uint64_t value)
{
	uint64_t	 v = 0;
	size_t		 i;

	for (i = 0; i < len && text[i] >= '0' && text[i] <= '9'; i++)
		v = v * 10 + (uint64_t)(text[i] - '0');
	return (i > 0 && v == value);
}

static void
test_tag(const char *base, size_t len, char letter)
{
	uint64_t	 value = 0;
	size_t		 i;

	if (!maildir_tag(base, len, letter, &value))
		return;
	FUZZ(value <= INT64_MAX);
	for (i = 0; i + 3 < len; i++)
		if (base[i] == ',' && base[i + 1] == letter &&
		    base[i + 2] == '=' &&
		    test_number(base + i + 3, len - i - 3, value))
			return;
	FUZZ(!"a tag of this value");
}

static void
test_order(const char *base, size_t len)
{
	uint64_t	 order = 0;
	size_t		 i;

	if (!maildir_order(base, len, &order))
		return;
	FUZZ(order <= INT64_MAX);
	FUZZ(test_number(base, len, order));
	for (i = 0; i < len && base[i] >= '0' && base[i] <= '9'; i++)
		continue;
	FUZZ(i < len && base[i] == '.');
}

/* Into a block of just this size. */
static int
test_seen_into(const char *suffix, char *out, size_t size)
{
	char		*buf = fuzz_copy(out, size);
	int		 r;

	r = maildir_seen(suffix, buf, size);
	if (r == 0) {
		FUZZ(memchr(buf, '\0', size) != NULL);
		memcpy(out, buf, strlen(buf) + 1);
	}
	free(buf);
	return (r);
}

/* Check that at most one S was added, and flags are in order. */
static void
test_seen(const char *suffix, char *seen, size_t size)
{
	size_t		 len = strlen(suffix), same, i;
	char		*again;

	FUZZ(size > len + 4);
	memset(seen, 0, size);
	FUZZ(test_seen_into(suffix, seen, size) == 0);
	if (len == 0)
		FUZZ(strcmp(seen, ":2,S") == 0);
	else if (strlen(seen) == len)
		FUZZ(strcmp(seen, suffix) == 0);
	else {
		FUZZ(strlen(seen) == len + 1);
		for (same = 0; seen[same] == suffix[same]; same++)
			continue;
		FUZZ(seen[same] == 'S');
		FUZZ(strcmp(seen + same + 1, suffix + same) == 0);
	}
	if (strncmp(suffix, ":2,", 3) == 0)
		FUZZ(memchr(seen, 'S', strcspn(seen + 3, ",") + 3) != NULL);

	/* What fits, fits exactly; a second time changes nothing. */
	len = strlen(seen);
	again = fuzz_copy(seen, size);
	for (i = 0; i <= len; i++)
		FUZZ(test_seen_into(suffix, again, i) == -1);
	FUZZ(test_seen_into(suffix, again, len + 1) == 0);
	FUZZ(strcmp(again, seen) == 0);
	FUZZ(test_seen_into(seen, again, size) == 0);
	FUZZ(strcmp(again, seen) == 0);
	free(again);
}

/* The message stays the same one when it has been read. */
static void
test_identity(const char *name, size_t len)
{
	char		 suffix[600], seen[700], whole[1400];
	size_t		 base = maildir_base_len(name, len), total;

	if (!maildir_name_ok(name, len) || base == 0)
		return;
	memcpy(suffix, name + base, len - base);
	suffix[len - base] = '\0';
	test_seen(suffix, seen, sizeof(seen));
	memcpy(whole, name, base);
	memcpy(whole + base, seen, strlen(seen) + 1);
	total = base + strlen(seen);
	FUZZ(maildir_base_len(whole, total) == base);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input	 fi = { data, size };
	char			 text[512], seen[600], *name, *suffix;
	size_t			 len, cut;

	cut = fuzz_byte(&fi);
	len = fuzz_take(&fi, text, 300);
	name = fuzz_copy(text, len);
	test_name_ok(name, len);
	test_base(name, len);
	test_tag(name, len, 'S');
	test_tag(name, len, 'W');
	test_order(name, len);
	test_identity(name, len);
	free(name);

	/* And any text as a suffix. */
	if (cut > len)
		cut = len;
	suffix = fuzz_copy(text + cut, len - cut + 1);
	suffix[len - cut] = '\0';
	test_seen(suffix, seen, sizeof(seen));
	free(suffix);
	return (0);
}

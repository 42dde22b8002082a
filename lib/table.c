/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * OpenSMTPD table files, in memory.  See table.h.
 *
 * Rows are found by a hash of their key with a random secret, so that chosen
 * user names cannot all land in one place.
 */

#include <sys/types.h>
#include <sys/mman.h>

#include <limits.h>
#include <siphash.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "limits.h"
#include "table.h"
#include "table_private.h"

void
table_lower(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s += 'a' - 'A';
}

void
table_free(struct table *tb)
{
	if (tb == NULL)
		return;
	if (tb->tb_text != NULL) {
		explicit_bzero(tb->tb_text, tb->tb_text_len);
		munmap(tb->tb_text, tb->tb_text_len);
	}
	/* Holds only addresses and line numbers. */
	if (tb->tb_index != NULL)
		munmap(tb->tb_index, tb->tb_index_len);
	free(tb);
}

struct table_slot *
table_slot(const struct table *tb, const char *key, uint32_t *bits)
{
	struct table_slot	*tsl;
	uint64_t		 hash;
	uint32_t		 i;

	hash = SipHash24(&tb->tb_key, key, strlen(key));
	*bits = hash >> 32;
	for (i = hash & tb->tb_mask;; i = (i + 1) & tb->tb_mask) {
		tsl = &tb->tb_slots[i];
		if (tsl->tsl_row == 0 || (tsl->tsl_bits == *bits &&
		    strcmp(tb->tb_rows[tsl->tsl_row - 1].tr_key, key) == 0))
			return (tsl);
	}
}

const struct table_row *
table_find(const struct table *tb, const char *key)
{
	const struct table_slot	*tsl;
	char			 lower[TABLE_KEY_MAX];
	uint32_t		 bits;

	if (strlcpy(lower, key, sizeof(lower)) >= sizeof(lower))
		return (NULL);
	table_lower(lower);
	tsl = table_slot(tb, lower, &bits);
	return (tsl->tsl_row == 0 ? NULL : &tb->tb_rows[tsl->tsl_row - 1]);
}

const struct table_row *
table_row(const struct table *tb, size_t i)
{
	return (i < tb->tb_count ? &tb->tb_rows[i] : NULL);
}

size_t
table_count(const struct table *tb)
{
	return (tb->tb_count);
}

unsigned int
table_last(const struct table *tb)
{
	return (tb->tb_last);
}

const char *
table_doubt(const struct table *tb)
{
	if (tb->tb_count == 0)
		return ("no entries");
	if (tb->tb_open_end)
		return ("no newline at the end: cut short?");
	return (NULL);
}

size_t
table_repeats(const struct table *tb)
{
	return (tb->tb_again);
}

/* Read a decimal number and skip the ':' after it.  -1 if there is none. */
static long long
number_field(const char **value)
{
	const char	*colon, *errstr;
	char		 digits[16];
	long long	 n;
	size_t		 len;

	if ((colon = strchr(*value, ':')) == NULL)
		return (-1);
	len = colon - *value;
	if (len == 0 || len >= sizeof(digits) ||
	    strspn(*value, "0123456789") != len)
		return (-1);
	memcpy(digits, *value, len);
	digits[len] = '\0';
	/* The highest id means "no id" to chown(2). */
	n = strtonum(digits, 0, (long long)UINT_MAX - 1, &errstr);
	*value = colon + 1;
	return (errstr == NULL ? n : -1);
}

const char *
table_userinfo(const char *value, struct userinfo *ui)
{
	long long	 n;

	if ((n = number_field(&value)) == -1)
		return ("bad uid, want uid:gid:directory");
	ui->ui_uid = n;
	if ((n = number_field(&value)) == -1)
		return ("bad gid, want uid:gid:directory");
	ui->ui_gid = n;
	if (value[0] != '/')
		return ("directory is not an absolute path");
	ui->ui_dir = value;
	return (NULL);
}

const char *
table_hash(const char *value)
{
	const char	*colon;

	/* A secret may have a colon in it. */
	if (value[0] == '!' || value[0] == '*' ||
	    strncasecmp(value, "{PLAIN}", 7) == 0)
		return (value);
	colon = strchr(value, ':');
	return (colon == NULL ? value : colon + 1);
}

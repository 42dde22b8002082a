/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Up to 2.3: %u %v %f %g, with the modifiers X, L, U and 0 with a width before
 * the letter; or %{uid} %{uidvalidity} %{filename} %{guid}.  Since 2.4: only
 * the latter, with filters: %{uid | hex(8) | upper}.
 */

#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "text.h"
#include "uidlformat.h"

static const struct {
	const char		*name;
	char			 letter;
	enum uidlformat_what	 what;
} uidlformat_names[] = {
	{ "uid",		'u',	UIDLFORMAT_UID },
	{ "uidvalidity",	'v',	UIDLFORMAT_VALIDITY },
	{ "filename",		'f',	UIDLFORMAT_BASE },
	{ "guid",		'g',	UIDLFORMAT_GUID },
	{ "md5",		'm',	UIDLFORMAT_TEXT }
};

#define NAMES	(sizeof(uidlformat_names) / sizeof(uidlformat_names[0]))

/* Set a part to a variable by index.  NULL, or the error. */
static const char *
uidlformat_name(struct uidlformat_part *uo, size_t i)
{
	if (i == NAMES)
		return ("unknown variable: want uid, uidvalidity, filename or "
		    "guid");
	/* A hash of some headers, which Dovecot does not use for maildirs. */
	if (uidlformat_names[i].what == UIDLFORMAT_TEXT)
		return ("md5 is not for maildirs");
	uo->uo_what = uidlformat_names[i].what;
	return (NULL);
}

static const char *
uidlformat_letter(struct uidlformat_part *uo, char letter)
{
	size_t	 i;

	for (i = 0; i < NAMES; i++)
		if (uidlformat_names[i].letter == letter)
			break;
	return (uidlformat_name(uo, i));
}

/* Return whether len octets are this word. */
static int
uidlformat_is(const char *p, size_t len, const char *word)
{
	return (len == strlen(word) && memcmp(p, word, len) == 0);
}

/* Parse a filter: hex, hex(n), lower, upper.  NULL, or the error. */
static const char *
uidlformat_filter(struct uidlformat_part *uo, const char *p, size_t len)
{
	uint64_t	 width;

	if (uidlformat_is(p, len, "lower"))
		uo->uo_lower = 1;
	else if (uidlformat_is(p, len, "upper"))
		uo->uo_upper = 1;
	else if (uidlformat_is(p, len, "hex"))
		uo->uo_hex = 1;
	else if (len > 5 && memcmp(p, "hex(", 4) == 0 && p[len - 1] == ')') {
		p += 4;
		len -= 5;
		if (!text_number(&p, p + len, UIDLFORMAT_WIDTH_MAX, &width) ||
		    *p != ')')
			return ("hex(n): want n from 0 to 64");
		uo->uo_hex = 1;
		uo->uo_width = (unsigned int)width;
	} else
		return ("unknown filter: want hex, lower or upper");
	return (NULL);
}

/* Get the word up to a bar or the end, without blanks; *p is moved past it. */
static size_t
uidlformat_word(const char **p, const char *end, const char **word)
{
	const char	*stop;

	if ((stop = memchr(*p, '|', (size_t)(end - *p))) == NULL)
		stop = end;
	for (*word = *p; *word < stop && **word == ' '; (*word)++)
		;
	*p = stop < end ? stop + 1 : end;
	while (stop > *word && stop[-1] == ' ')
		stop--;
	return ((size_t)(stop - *word));
}

/* Parse the text between braces.  NULL, or the error. */
static const char *
uidlformat_braces(struct uidlformat_part *uo, const char *p, const char *end)
{
	const char	*word, *why;
	size_t		 i, len;

	len = uidlformat_word(&p, end, &word);
	for (i = 0; i < NAMES; i++)
		if (uidlformat_is(word, len, uidlformat_names[i].name))
			break;
	why = uidlformat_name(uo, i);
	while (why == NULL && p < end) {
		len = uidlformat_word(&p, end, &word);
		why = uidlformat_filter(uo, word, len);
	}
	return (why);
}

/* Parse modifiers of 2.3 and move *p past them.  NULL, or the error. */
static const char *
uidlformat_modifiers(struct uidlformat_part *uo, const char **p,
    const char *end)
{
	uint64_t	 width;

	for (; *p < end; (*p)++) {
		switch (**p) {
		case 'X':
			uo->uo_hex = 1;
			break;
		case 'L':
			uo->uo_lower = 1;
			break;
		case 'U':
			uo->uo_upper = 1;
			break;
		case '0':
			if (!text_number(p, end, UIDLFORMAT_WIDTH_MAX, &width))
				return ("width: want 0 to 64");
			uo->uo_width = (unsigned int)width;
			(*p)--;
			break;
		default:
			if (**p >= '1' && **p <= '9')
				return ("width without leading 0");
			return (NULL);
		}
	}
	return ("nothing after %");
}

/* Parse a variable after its percent sign.  NULL, or the error. */
static const char *
uidlformat_variable(struct uidlformat_part *uo, const char **p,
    const char *end)
{
	const char	*why, *brace;

	if ((why = uidlformat_modifiers(uo, p, end)) != NULL)
		return (why);
	if (**p != '{')
		return (uidlformat_letter(uo, *(*p)++));
	if ((brace = memchr(*p, '}', (size_t)(end - *p))) == NULL)
		return ("no } after {");
	why = uidlformat_braces(uo, *p + 1, brace);
	*p = brace + 1;
	return (why);
}

static const char *
uidlformat_part(struct uidlformat_part *uo, const char **p, const char *end)
{
	const char	*stop;

	memset(uo, 0, sizeof(*uo));
	if (**p == '%' && end - *p > 1 && (*p)[1] != '%') {
		(*p)++;
		return (uidlformat_variable(uo, p, end));
	}
	uo->uo_text = *p;
	if (**p == '%') {
		if (end - *p == 1)
			return ("nothing after %");
		*p += 2;
		uo->uo_len = 1;
		return (NULL);
	}
	if ((stop = memchr(*p, '%', (size_t)(end - *p))) == NULL)
		stop = end;
	uo->uo_len = (size_t)(stop - *p);
	*p = stop;
	return (NULL);
}

const char *
uidlformat_parse(const char *text, size_t len, struct uidlformat *uf)
{
	const char	*p = text, *why;

	uf->uf_count = 0;
	while (p < text + len) {
		if (uf->uf_count == UIDLFORMAT_PARTS)
			return ("too long");
		why = uidlformat_part(&uf->uf_part[uf->uf_count++], &p,
		    text + len);
		if (why != NULL)
			return (why);
	}
	return (NULL);
}

int
uidlformat_differs(const struct uidlformat *uf)
{
	unsigned int	 i;

	for (i = 0; i < uf->uf_count; i++)
		if (uf->uf_part[i].uo_what != UIDLFORMAT_TEXT &&
		    uf->uf_part[i].uo_what != UIDLFORMAT_VALIDITY)
			return (1);
	return (0);
}

/* Set *value to the octets of a part, numbers in digits; return the length. */
static size_t
uidlformat_value(const struct uidlformat_part *uo,
    const struct uidlformat_facts *ff, char digits[16], const char **value)
{
	uint32_t	 number;

	switch (uo->uo_what) {
	case UIDLFORMAT_TEXT:
		*value = uo->uo_text;
		return (uo->uo_len);
	case UIDLFORMAT_BASE:
		*value = ff->ff_base;
		return (ff->ff_base_len);
	case UIDLFORMAT_GUID:
		*value = ff->ff_guid;
		return (ff->ff_guid_len);
	case UIDLFORMAT_UID:
		number = ff->ff_uid;
		break;
	default:
		number = ff->ff_validity;
		break;
	}
	snprintf(digits, 16, uo->uo_hex ? "%x" : "%u", number);
	*value = digits;
	return (strlen(digits));
}

static char
uidlformat_case(const struct uidlformat_part *uo, char c)
{
	if (uo->uo_upper && c >= 'a' && c <= 'z')
		return ((char)(c - 'a' + 'A'));
	if (uo->uo_lower && c >= 'A' && c <= 'Z')
		return ((char)(c - 'A' + 'a'));
	return (c);
}

size_t
uidlformat_make(const struct uidlformat *uf,
    const struct uidlformat_facts *ff, char out[UIDLFORMAT_OUT_MAX])
{
	const struct uidlformat_part	*uo;
	const char			*value;
	char				 digits[16];
	size_t				 i, len, at = 0;

	for (uo = uf->uf_part; uo < uf->uf_part + uf->uf_count; uo++) {
		len = uidlformat_value(uo, ff, digits, &value);
		if (at + len + uo->uo_width > UIDLFORMAT_OUT_MAX)
			return (0);
		for (i = len; i < uo->uo_width; i++)
			out[at++] = '0';
		for (i = 0; i < len; i++)
			out[at++] = uidlformat_case(uo, value[i]);
	}
	return (at);
}

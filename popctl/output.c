/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Rows of output.  In: fields.  Out: lines or JSON on standard output. */

#include <sys/types.h>

#include <ctype.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "output.h"
#include "popctl.h"

/* Encoding makes a field at most three times as long. */
#define WORD_MAX	2048

static struct {
	int				 json;
	const char			*kind;
	const struct output_column	*columns;
	const struct output_column	*next;
	json_t				*row;
} output;

static void
output_titles(void)
{
	const struct output_column	*ocl;
	const char			*p;
	char				 name[32];
	size_t				 i;

	for (ocl = output.columns; ocl->ocl_name != NULL; ocl++) {
		for (i = 0, p = ocl->ocl_name; *p != '\0' &&
		    i < sizeof(name) - 1; p++)
			name[i++] = (char)toupper((unsigned char)*p);
		name[i] = '\0';
		printf("%*s%s", ocl->ocl_width, name,
		    ocl[1].ocl_name == NULL ? "\n" : " ");
	}
}

void
output_begin(const struct popctl *ct, const char *kind,
    const struct output_column *columns)
{
	output.json = ct->ct_json;
	output.kind = kind;
	output.columns = output.next = columns;
	/* The keys are our own, so a fixed hash seed is safe. */
	if (output.json)
		json_object_seed(1);
	else
		output_titles();
}

/* Add a field, taking its reference; NULL means out of memory. */
static void
output_json(json_t *field)
{
	const struct output_column	*ocl = output.next++;
	char				*text;

	if (ocl == output.columns) {
		output.row = json_object();
		if (output.kind != NULL)
			json_object_set_new(output.row, "kind",
			    json_string(output.kind));
	}
	if (output.row == NULL || field == NULL ||
	    json_object_set_new(output.row, ocl->ocl_name, field) == -1)
		fatalx("out of memory");
	if (output.next->ocl_name != NULL)
		return;
	/* Terminals obey some characters beyond ASCII, too. */
	if ((text = json_dumps(output.row, JSON_COMPACT |
	    JSON_ENSURE_ASCII)) == NULL)
		fatalx("out of memory");
	puts(text);
	free(text);
	json_decref(output.row);
	output.next = output.columns;
}

static void
output_word(const char *word)
{
	const struct output_column	*ocl = output.next++;
	int				 last = ocl[1].ocl_name == NULL;

	if (word[0] == '\0')
		word = "-";
	/* No trailing blanks. */
	if (last && ocl->ocl_width < 0)
		printf("%s\n", word);
	else
		printf("%*s%s", ocl->ocl_width, word, last ? "\n" : " ");
	if (last)
		output.next = output.columns;
}

/*
 * Encode a field so that it is safe for terminals and one word for awk(1).  A
 * percent sign stays if it cannot be taken for such a code: fe80::1%lo0.
 */
static void
output_encode(const char *text, int blanks, char *word, size_t size)
{
	static const char	 hex[] = "0123456789ABCDEF";
	unsigned char		 c;
	size_t			 n = 0;

	for (; (c = (unsigned char)*text) != '\0' && n + 4 <= size; text++) {
		if ((c > ' ' || (c == ' ' && blanks)) && c < 0x7f &&
		    (c != '%' || !isxdigit((unsigned char)text[1]) ||
		    !isxdigit((unsigned char)text[2]))) {
			word[n++] = (char)c;
			continue;
		}
		word[n++] = '%';
		word[n++] = hex[c >> 4];
		word[n++] = hex[c & 0x0f];
	}
	word[n] = '\0';
}

void
output_line(const char *text)
{
	char	 word[WORD_MAX];

	output_encode(text, 1, word, sizeof(word));
	puts(word);
}

void
output_text(const char *text)
{
	char	 word[WORD_MAX];
	json_t	*field;

	output_encode(text, output.next[1].ocl_name == NULL, word,
	    sizeof(word));
	if (!output.json) {
		output_word(word);
		return;
	}
	/* Not UTF-8: use the encoded word. */
	if ((field = json_string(text)) == NULL)
		field = json_string(word);
	output_json(field);
}

void
output_number(uint64_t number)
{
	char	 word[24];

	snprintf(word, sizeof(word), "%llu", (unsigned long long)number);
	if (!output.json)
		output_word(word);
	else if (number > INT64_MAX)
		output_json(json_real((double)number));
	else
		output_json(json_integer((json_int_t)number));
}

void
output_none(void)
{
	if (output.json)
		output_json(json_null());
	else
		output_word("-");
}

void
output_time(uint64_t seconds)
{
	struct tm	 tm;
	time_t		 t = (time_t)seconds;
	char		 word[32];

	if (seconds == 0)
		output_none();
	else if (output.json)
		output_json(json_integer((json_int_t)seconds));
	else if (gmtime_r(&t, &tm) == NULL || strftime(word, sizeof(word),
	    "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		output_word("?");
	else
		output_word(word);
}

void
output_ms(uint64_t ms)
{
	char	 word[32];

	snprintf(word, sizeof(word), "%llu.%03u",
	    (unsigned long long)(ms / 1000), (unsigned int)(ms % 1000));
	if (output.json)
		output_json(json_real((double)ms / 1000));
	else
		output_word(word);
}

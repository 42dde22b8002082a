/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The arguments of MAIL and RCPT.  See path.h.
 */

#include <sys/types.h>

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "path.h"
#include "setting.h"
#include "utf8.h"

/* Skip a source route, "@one,@two:". */
static const char *
path_route(const char *s)
{
	const char	*end;

	if (*s != '@')
		return (s);
	end = s + strcspn(s, ":> \"");
	return (*end == ':' ? end + 1 : s);
}

/*
 * Return the length of the character at s, in quotes or not; 0 if it ends the
 * address or is invalid.
 */
static size_t
path_char(const char *s, int quoted)
{
	const unsigned char	*p = (const unsigned char *)s;

	if (*p >= 0x80)
		return (utf8_len(p));
	if (*p < ' ' || *p == 0x7f)
		return (0);
	if (quoted)
		return (*p != '\\' ? 1 :
		    p[1] >= ' ' && p[1] < 0x7f ? 2 : 0);
	return (strchr(" <>\\", *p) == NULL ? 1 : 0);
}

/* Return the end of an address: an unquoted ">", or an invalid octet. */
static const char *
path_end(const char *s)
{
	size_t	 n;
	int	 quoted = 0;

	while ((quoted || *s != '>') && (n = path_char(s, quoted)) > 0) {
		if (*s == '"')
			quoted = !quoted;
		s += n;
	}
	return (s);
}

enum path_result
path_parse(const char *s, struct path *pa)
{
	const char	*end;
	size_t		 len;

	s += strspn(s, " ");
	if (*s++ != '<')
		return (PATH_SYNTAX);
	s = path_route(s);
	end = path_end(s);
	if ((unsigned char)*end >= 0x80)
		return (PATH_BAD_UTF8);
	if (*end != '>' || (end[1] != '\0' && end[1] != ' '))
		return (PATH_SYNTAX);
	len = (size_t)(end - s);
	if (len >= sizeof(pa->pa_address))
		return (PATH_LONG);
	memcpy(pa->pa_address, s, len);
	pa->pa_address[len] = '\0';
	pa->pa_rest = end + 1;
	return (PATH_OK);
}

/*
 * Copy an address in lower case without quotes.  Return the length of its local
 * part, which is all of it without an @.
 */
static size_t
path_clean(const char *s, char key[USER_MAX])
{
	size_t	 len = 0, at = 0;
	int	 quoted = 0;

	for (; *s != '\0'; s++) {
		if (*s == '"') {
			quoted = !quoted;
			continue;
		}
		if (*s == '\\')
			s++;
		else if (*s == '@' && !quoted)
			at = len;
		key[len] = *s;
		if (*s >= 'A' && *s <= 'Z')
			key[len] += 'a' - 'A';
		len++;
	}
	key[len] = '\0';
	return (at > 0 ? at : len);
}

int
path_key(const char *address, unsigned int which, char key[USER_MAX])
{
	const char	 delim[] = { (char)setting(SETTING_LMTP_DELIM), '\0' };
	size_t		 local = path_clean(address, key), tag;

	if ((which & PATH_LOCAL) != 0) {
		if (key[local] == '\0')
			return (-1);
		key[local] = '\0';
	}
	if ((which & PATH_UNTAGGED) != 0) {
		tag = strcspn(key, delim);
		if (tag == 0 || tag >= local)
			return (-1);
		memmove(key + tag, key + local, strlen(key + local) + 1);
	}
	return (0);
}

/* Parse a decimal number of at most 18 digits. */
static enum param
param_size(const char *s, size_t len, uint64_t *value)
{
	size_t	 i;

	if (len == 0 || len > 18)
		return (PARAM_SYNTAX);
	*value = 0;
	for (i = 0; i < len; i++) {
		if (!isdigit((unsigned char)s[i]))
			return (PARAM_SYNTAX);
		*value = *value * 10 + (uint64_t)(s[i] - '0');
	}
	return (PARAM_SIZE);
}

static int
param_is(const char *s, size_t len, const char *word)
{
	return (len == strlen(word) && strncasecmp(s, word, len) == 0);
}

enum param
path_param(const char **rest, uint64_t *value)
{
	const char	*s = *rest + strspn(*rest, " ");
	size_t		 len = strcspn(s, " ");

	*rest = s + len;
	if (len == 0)
		return (PARAM_NONE);
	if (param_is(s, len, "SMTPUTF8"))
		return (PARAM_SMTPUTF8);
	if (len >= 5 && strncasecmp(s, "SIZE=", 5) == 0)
		return (param_size(s + 5, len - 5, value));
	if (param_is(s, len, "BODY=7BIT") || param_is(s, len, "BODY=8BITMIME"))
		return (PARAM_BODY);
	if (len >= 5 && strncasecmp(s, "BODY=", 5) == 0)
		return (PARAM_SYNTAX);
	return (PARAM_UNKNOWN);
}

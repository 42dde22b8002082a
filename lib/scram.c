/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Parse and compose the messages of SCRAM.  See scram.h.
 */

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base64.h"
#include "limits.h"
#include "scram.h"

/* Return what follows the GS2 header of a first message, or NULL. */
static const char *
scram_bare(const char *first)
{
	const char	*comma;

	if ((comma = strchr(first, ',')) == NULL ||
	    (comma = strchr(comma + 1, ',')) == NULL)
		return (NULL);
	return (comma + 1);
}

/* Decode a name; "=2C" is a comma and "=3D" an "=". */
static int
scram_name(const char *text, size_t len, char user[USER_MAX])
{
	size_t	 i, n = 0;

	for (i = 0; i < len; i++) {
		if (n == USER_MAX - 1 || (unsigned char)text[i] < ' ' ||
		    text[i] == 0x7f)
			return (-1);
		user[n] = text[i];
		if (text[i] == '=') {
			if (len - i < 3 || (strncmp(text + i, "=2C", 3) != 0 &&
			    strncmp(text + i, "=3D", 3) != 0))
				return (-1);
			user[n] = text[i + 1] == '2' ? ',' : '=';
			i += 2;
		}
		n++;
	}
	user[n] = '\0';
	return (n == 0 ? -1 : 0);
}

/* Check for "n,," or "y,,", or either with "a=" and the user's own name. */
static enum scram_error
scram_header(const char *first, const struct scram_first *sf)
{
	const char	*own = first + 2;
	char		 other[USER_MAX];

	if (first[0] == 'p' && first[1] == '=')
		return (SCRAM_BINDING);
	if ((first[0] != 'n' && first[0] != 'y') || first[1] != ',')
		return (SCRAM_SYNTAX);
	if (own[0] == ',')
		return (SCRAM_OK);
	if (strncmp(own, "a=", 2) != 0 ||
	    scram_name(own + 2, strcspn(own + 2, ","), other) == -1)
		return (SCRAM_SYNTAX);
	return (strcmp(other, sf->sf_user) == 0 ? SCRAM_OK : SCRAM_OTHER);
}

/* Return whether the text has no control characters; UTF-8 is allowed. */
static int
scram_clean(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return (0);
	return (1);
}

static int
scram_nonce(const char *text, size_t len)
{
	size_t	 i;

	for (i = 0; i < len; i++)
		if (text[i] < 0x21 || text[i] > 0x7e)
			return (0);
	return (len > 0 && len <= SCRAM_NONCE_MAX);
}

enum scram_error
scram_first(const char *first, struct scram_first *sf)
{
	const char	*p;
	size_t		 len;

	memset(sf, 0, sizeof(*sf));
	if (strlen(first) > SCRAM_FIRST_MAX || !scram_clean(first))
		return (SCRAM_SYNTAX);
	if (first[0] == 'p' && first[1] == '=')
		return (SCRAM_BINDING);
	/* An "m=" would come before the name: none is supported. */
	if ((p = sf->sf_bare = scram_bare(first)) == NULL ||
	    strncmp(p, "n=", 2) != 0)
		return (SCRAM_SYNTAX);
	p += 2;
	len = strcspn(p, ",");
	if (scram_name(p, len, sf->sf_user) == -1 ||
	    strncmp(p + len, ",r=", 3) != 0)
		return (SCRAM_SYNTAX);
	sf->sf_nonce = p + len + 3;
	sf->sf_noncelen = strcspn(sf->sf_nonce, ",");
	if (!scram_nonce(sf->sf_nonce, sf->sf_noncelen))
		return (SCRAM_SYNTAX);
	return (scram_header(first, sf));
}

/* Compose a client's second message without its proof.  -1: it does not fit. */
static int
scram_unproved(const char *first, const struct scram_first *sf,
    const char *nonce, char *buf, size_t size)
{
	char	 header[BASE64_TEXT(SCRAM_FIRST_MAX)];
	int	 n;

	base64_encode(first, sf->sf_bare - first, header);
	n = snprintf(buf, size, "c=%s,r=%.*s%s", header, (int)sf->sf_noncelen,
	    sf->sf_nonce, nonce);
	return (n < 0 || (size_t)n >= size ? -1 : 0);
}

enum scram_error
scram_final(const char *text, const char *first, const char *nonce,
    char *proof)
{
	struct scram_first	 sf;
	char			 want[SCRAM_MESSAGE_MAX];
	unsigned char		 octets[BASE64_OCTETS(SCRAM_PROOF_TEXT)];
	size_t			 len;

	if (scram_first(first, &sf) != SCRAM_OK ||
	    scram_unproved(first, &sf, nonce, want, sizeof(want)) == -1)
		return (SCRAM_SYNTAX);
	len = strlen(want);
	if (strncmp(text, want, len) != 0 ||
	    strncmp(text + len, ",p=", 3) != 0)
		return (SCRAM_SYNTAX);
	text += len + 3;
	if (strlen(text) != SCRAM_PROOF_TEXT - 1 ||
	    base64_decode(text, SCRAM_PROOF_TEXT - 1, octets) != SCRAM_KEY)
		return (SCRAM_SYNTAX);
	explicit_bzero(octets, sizeof(octets));
	strlcpy(proof, text, SCRAM_PROOF_TEXT);
	return (SCRAM_OK);
}

int
scram_challenge(const char *first, const char *nonce, const char *known,
    char *buf, size_t size)
{
	struct scram_first	 sf;
	int			 n;

	if (scram_first(first, &sf) != SCRAM_OK)
		return (-1);
	n = snprintf(buf, size, "r=%.*s%s,%s", (int)sf.sf_noncelen,
	    sf.sf_nonce, nonce, known);
	return (n < 0 || (size_t)n >= size ? -1 : 0);
}

int
scram_message(const char *first, const char *nonce, const char *known,
    char *buf, size_t size)
{
	struct scram_first	 sf;
	char			 challenge[SCRAM_MESSAGE_MAX];
	char			 unproved[SCRAM_MESSAGE_MAX];
	int			 n;

	if (scram_first(first, &sf) != SCRAM_OK || scram_challenge(first,
	    nonce, known, challenge, sizeof(challenge)) == -1 ||
	    scram_unproved(first, &sf, nonce, unproved,
	    sizeof(unproved)) == -1)
		return (-1);
	n = snprintf(buf, size, "%s,%s,%s", sf.sf_bare, challenge, unproved);
	return (n < 0 || (size_t)n >= size ? -1 : 0);
}

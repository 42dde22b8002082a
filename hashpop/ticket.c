/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * One-minute passwords.  See ticket.h.
 */

#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hmac.h"
#include "secret.h"
#include "ticket.h"

#define TICKET_PREFIX	"popd-ticket-"
#define NUMBER_LEN	16		/* digits of time, and of random */
#define HEAD_LEN	(sizeof(TICKET_PREFIX) - 1 + 2 * (NUMBER_LEN + 1))

/* Append the code to the head in buf. */
static void
ticket_sign(const char *entry, const char *user, char *buf)
{
	struct hmac	 hm;
	uint8_t		 code[HMAC_LEN];
	char		 key[SECRET_CRAM_TEXT];
	size_t		 i;

	/* The same key, whichever way the entry is stored. */
	secret_common(entry, key, sizeof(key));
	hmac_init(&hm, key, strlen(key));
	hmac_update(&hm, buf, HEAD_LEN);
	hmac_update(&hm, user, strlen(user));
	hmac_final(&hm, code);
	for (i = 0; i < sizeof(code); i++)
		snprintf(buf + HEAD_LEN + 2 * i, 3, "%02x", code[i]);
	explicit_bzero(code, sizeof(code));
	explicit_bzero(key, sizeof(key));
}

void
ticket_make(const char *entry, const char *user, time_t now, char *buf,
    size_t size)
{
	uint64_t	 salt;

	arc4random_buf(&salt, sizeof(salt));
	snprintf(buf, size, TICKET_PREFIX "%016llx-%016llx-",
	    (unsigned long long)now, (unsigned long long)salt);
	ticket_sign(entry, user, buf);
}

/* Return whether a time is at most seconds from now, either way. */
static int
ticket_near(unsigned long long when, time_t now, unsigned long long seconds)
{
	unsigned long long	 at = (unsigned long long)now;

	return (when > at ? when - at <= seconds : at - when <= seconds);
}

int
ticket_match(const char *entry, const char *user, const char *pass,
    time_t now)
{
	char	 want[TICKET_TEXT];
	int	 same;

	if (strlen(pass) != TICKET_TEXT - 1 || strncmp(pass, TICKET_PREFIX,
	    sizeof(TICKET_PREFIX) - 1) != 0)
		return (0);
	memcpy(want, pass, HEAD_LEN);
	ticket_sign(entry, user, want);
	same = timingsafe_bcmp(want, pass, TICKET_TEXT) == 0;
	explicit_bzero(want, sizeof(want));
	return (same && ticket_near(strtoull(pass + sizeof(TICKET_PREFIX) - 1,
	    NULL, 16), now, TICKET_SECONDS));
}

int
ticket_salt(const char *challenge, time_t now)
{
	const char	*name = strrchr(challenge, '@'), *dot;
	char		*end;

	if (name == NULL || strcmp(name, "@popd>") == 0 ||
	    (dot = strchr(challenge, '.')) == NULL || dot > name ||
	    challenge[0] != '<' || dot[1] < '0' || dot[1] > '9')
		return (0);
	return (ticket_near(strtoull(dot + 1, &end, 10), now,
	    TICKET_SALT_SECONDS) && end == name);
}

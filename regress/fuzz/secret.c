/*
 * link: lib/secret.o $(COMPAT_CRYPT)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Table entries for APOP and CRAM-MD5, followed by a NUL and the client's
 * response.  An entry that is accepted matches the password it contains, and
 * both ways to store a password give the same result for any digest.
 */

#include <string.h>

#include "fuzz.h"
#include "limits.h"
#include "secret.h"

#define INPUT_MAX	600

static void
test_plain(const char *entry, const char *half)
{
	char	 text[SECRET_CRAM_TEXT];
	char	*pass = strchr(entry, '}') + 1;

	FUZZ(pass[0] != '\0' && strlen(pass) < PASS_MAX);
	FUZZ(secret_match(entry, pass));
	secret_text(pass, text, sizeof(text));
	FUZZ(secret_judge(text) == 1 && secret_kind(text) == SECRET_CRAM);
	FUZZ(secret_match(text, pass));
	FUZZ(secret_cram(entry, half) == secret_cram(text, half));
	(void)secret_apop(entry, half);
	/* A password with another octet is another one. */
	pass[0] ^= 1;
	if (pass[0] != '\0')
		FUZZ(!secret_match(text, pass));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	*entry, *half, digest[SECRET_DIGEST + INPUT_MAX + 1];

	if (size > INPUT_MAX)
		size = INPUT_MAX;
	if ((entry = malloc(size + 1)) == NULL)
		abort();
	memcpy(entry, data, size);
	entry[size] = '\0';
	half = entry + strlen(entry);
	if (half < entry + size)
		half++;
	memset(digest, '0', SECRET_DIGEST);
	strlcpy(digest + SECRET_DIGEST, half, INPUT_MAX + 1);
	if (strlen(half) >= SECRET_DIGEST)
		strlcpy(digest, half, sizeof(digest));
	if (secret_judge(entry) == 1) {
		FUZZ(secret_kind(entry) != SECRET_NONE);
		if (secret_kind(entry) == SECRET_PLAIN)
			test_plain(entry, digest);
		else {
			(void)secret_cram(entry, digest);
			(void)secret_match(entry, half);
		}
	} else
		FUZZ(secret_judge(entry) == 0 || secret_kind(entry) !=
		    SECRET_NONE);
	free(entry);
	return (0);
}

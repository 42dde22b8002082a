/*
 * link: lib/scram.o lib/verifier.o lib/base64.o lib/hmac.o $(COMPAT_CRYPT)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The messages of SCRAM-SHA-256 and its verifiers.  The first octet selects
 * what the rest is: two messages of a client, separated by a NUL; a verifier;
 * or octets for base64.  What is accepted is verified in another way: a
 * message must equal its parts, and verifiers and base64 must be written as
 * they were read.
 */

#include "base64.h"
#include "fuzz.h"
#include "limits.h"
#include "scram.h"
#include "verifier.h"

#define INPUT_MAX	2000
#define NONCE		"abcdefghijabcdefghijabcdefghijabcdefghij"
#define KNOWN		"s=c2FsdA==,i=4096"

/* A name as a client writes it. */
static void
write_name(const char *user, char *out)
{
	for (; *user != '\0'; user++)
		if (*user == ',' || *user == '=') {
			memcpy(out, *user == ',' ? "=2C" : "=3D", 3);
			out += 3;
		} else
			*out++ = *user;
	*out = '\0';
}

static void
test_first(const char *first, const struct scram_first *sf)
{
	char	 name[3 * USER_MAX], text[SCRAM_MESSAGE_MAX];
	size_t	 len;

	FUZZ(strlen(first) <= SCRAM_FIRST_MAX && sf->sf_user[0] != '\0');
	write_name(sf->sf_user, name);
	snprintf(text, sizeof(text), "n=%s,r=%.*s", name,
	    (int)sf->sf_noncelen, sf->sf_nonce);
	len = strlen(text);
	FUZZ(strncmp(sf->sf_bare, text, len) == 0);
	FUZZ(sf->sf_bare[len] == '\0' || sf->sf_bare[len] == ',');
	FUZZ(sf->sf_noncelen > 0 && sf->sf_noncelen <= SCRAM_NONCE_MAX);
	snprintf(text, sizeof(text), "n,a=%s,", name);
	len = (size_t)(sf->sf_bare - first);
	FUZZ(strncmp(first, "n,,", len) == 0 ||
	    strncmp(first, "y,,", len) == 0 ||
	    (strlen(text) == len && strncmp(first + 1, text + 1,
	    len - 1) == 0));
	/* All that is made of it fits. */
	FUZZ(scram_challenge(first, NONCE, KNOWN, text,
	    SCRAM_CHALLENGE_MAX + 1) == 0);
	FUZZ(scram_message(first, NONCE, KNOWN, text, sizeof(text)) == 0);
	FUZZ(strncmp(text, sf->sf_bare, strlen(sf->sf_bare)) == 0);
}

static void
test_messages(const char *first, const char *final)
{
	struct scram_first	 sf;
	char			 proof[SCRAM_PROOF_TEXT];
	char			 text[SCRAM_MESSAGE_MAX], again[INPUT_MAX];
	const char		*unproved;
	enum scram_error	 error;

	if (scram_first(first, &sf) != SCRAM_OK) {
		FUZZ(scram_final(final, first, NONCE, proof) != SCRAM_OK);
		return;
	}
	test_first(first, &sf);
	/* The input cannot know it: what it says, and what it should. */
	error = scram_final(final, first, NONCE, proof);
	FUZZ(scram_message(first, NONCE, KNOWN, text, sizeof(text)) == 0);
	unproved = text + strlen(sf.sf_bare) + 1;
	unproved = strstr(unproved, ",i=4096,c=") + 8;
	if (error == SCRAM_OK) {
		snprintf(again, sizeof(again), "%s,p=%s", unproved,
		    proof);
		FUZZ(strcmp(again, final) == 0);
	}
	snprintf(again, sizeof(again), "%s,p=%s", unproved,
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
	FUZZ(scram_final(again, first, NONCE, proof) == SCRAM_OK);
	FUZZ(scram_final(again, first, "x", proof) == SCRAM_SYNTAX);
}

static void
test_verifier(const char *text)
{
	struct verifier	 vf, copy;
	char		 again[VERIFIER_TEXT], known[SCRAM_KNOWN_MAX];

	if (verifier_parse(text, &vf) == -1)
		return;
	FUZZ(vf.vf_iterations > 0 && vf.vf_saltlen > 0 &&
	    vf.vf_saltlen <= SCRAM_SALT_MAX);
	verifier_text(&vf, again, sizeof(again));
	FUZZ(strcmp(text, again) == 0);
	verifier_known(&vf, known, sizeof(known));
	FUZZ(strlen(known) < sizeof(known) - 1);
	if (vf.vf_iterations > 16)
		return;
	FUZZ(!verifier_match(&vf, "password"));
	copy = vf;
	verifier_derive(&copy, "password");
	FUZZ(verifier_match(&copy, "password"));
	FUZZ(!verifier_match(&copy, "Password"));
}

static void
test_base64(const uint8_t *data, size_t size)
{
	char	 text[BASE64_TEXT(INPUT_MAX)], again[BASE64_TEXT(INPUT_MAX)];
	uint8_t	 octets[INPUT_MAX + 3];
	int	 n;

	base64_encode(data, size, text);
	FUZZ(strlen(text) == BASE64_TEXT(size) - 1);
	n = base64_decode(text, strlen(text), octets);
	FUZZ((size_t)n == size && memcmp(octets, data, size) == 0);
	if ((n = base64_decode((const char *)data, size, octets)) == -1)
		return;
	base64_encode(octets, (size_t)n, again);
	FUZZ(strlen(again) == size && memcmp(again, data, size) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input	 fi = { data, size };
	char			*text;
	uint8_t			 mode = fuzz_byte(&fi);
	size_t			 len;

	if (fi.fi_len > INPUT_MAX)
		fi.fi_len = INPUT_MAX;
	if (mode % 3 == 0) {
		test_base64(fi.fi_data, fi.fi_len);
		return (0);
	}
	if ((text = calloc(1, fi.fi_len + 2)) == NULL)
		abort();
	memcpy(text, fi.fi_data, fi.fi_len);
	len = strlen(text);
	if (mode % 3 == 1)
		test_verifier(text);
	else
		test_messages(text, len < fi.fi_len ? text + len + 1 :
		    text + len);
	free(text);
	return (0);
}

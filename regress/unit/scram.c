/*
 * link: lib/scram.o lib/verifier.o lib/base64.o lib/hmac.o authpop/seal.o
 * link: $(COMPAT_CRYPT)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * SCRAM-SHA-256 with the example of RFC 7677 section 3, and nonces that are
 * valid for one proof.
 */

#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "authpop/seal.h"
#include "base64.h"
#include "scram.h"
#include "unit.h"
#include "verifier.h"

#define FIRST	"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
#define NONCE	"%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define WHOLE	"rOprNGfwEbeRWgbNEkqO" NONCE
#define PROOF	"dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="

/* What the cases of one scenario share. */
static struct {
	struct verifier	 vf;
	char		 known[SCRAM_KNOWN_MAX];
	uint8_t		 octets[48];
} test;

static void
test_rfc7677(void)
{
	char	 buf[SCRAM_MESSAGE_MAX], proof[SCRAM_PROOF_TEXT];

	unit_case("the example of RFC 7677");
	memset(&test.vf, 0, sizeof(test.vf));
	test.vf.vf_iterations = 4096;
	test.vf.vf_saltlen = base64_decode("W22ZaJ0SNY7soEsUEjb6gQ==", 24,
	    test.vf.vf_salt);
	verifier_derive(&test.vf, "pencil");
	verifier_known(&test.vf, test.known, sizeof(test.known));
	CHECK(strcmp(test.known, "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096") == 0,
	    "%s", test.known);
	CHECK(scram_challenge(FIRST, NONCE, test.known, buf,
	    sizeof(buf)) == 0 && strcmp(buf,
	    "r=" WHOLE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096") == 0, "%s", buf);
	CHECK(scram_final("c=biws,r=" WHOLE ",p=" PROOF, FIRST, NONCE,
	    proof) == SCRAM_OK, "final");
	CHECK(strcmp(proof, PROOF) == 0, "%s", proof);
	CHECK(base64_decode(proof, 44, test.octets) == SCRAM_KEY, "proof");
	CHECK(scram_message(FIRST, NONCE, test.known, buf, sizeof(buf)) == 0,
	    "message");
	CHECK(verifier_proved(&test.vf, buf, test.octets, buf, sizeof(buf)),
	    "proved");
	CHECK(strcmp(buf, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=") ==
	    0, "%s", buf);
}

static void
test_altered(void)
{
	char	 buf[SCRAM_MESSAGE_MAX];

	unit_case("and nothing like it");
	CHECK(scram_message(FIRST, NONCE, test.known, buf, sizeof(buf)) == 0,
	    "message");
	test.octets[31] ^= 1;
	CHECK(!verifier_proved(&test.vf, buf, test.octets, buf, sizeof(buf)),
	    "a bit");
	test.octets[31] ^= 1;
	CHECK(scram_message(FIRST, "x" NONCE, test.known, buf,
	    sizeof(buf)) == 0, "message");
	CHECK(!verifier_proved(&test.vf, buf, test.octets, buf, sizeof(buf)),
	    "nonce");
	CHECK(verifier_match(&test.vf, "pencil"), "password");
	CHECK(!verifier_match(&test.vf, "pencils"), "another");
	CHECK(!verifier_match(&test.vf, ""), "none");
}

static void
test_verifier(void)
{
	static const char	*bad[] = {
		"", "SCRAM-SHA-256", "SCRAM-SHA-256$", "SCRAM-SHA-256$4096",
		"SCRAM-SHA-256$4096:", "SCRAM-SHA-256$4096:c2FsdA==",
		"SCRAM-SHA-256$0:c2FsdA==$" PROOF ":" PROOF,
		"SCRAM-SHA-256$-1:c2FsdA==$" PROOF ":" PROOF,
		"SCRAM-SHA-256$04096:c2FsdA==$" PROOF ":" PROOF,
		"SCRAM-SHA-256$99999999999:c2FsdA==$" PROOF ":" PROOF,
		"SCRAM-SHA-256$4096:$" PROOF ":" PROOF,
		"SCRAM-SHA-256$4096:c2FsdA=$" PROOF ":" PROOF,
		"SCRAM-SHA-256$4096:c2FsdA==$c2FsdA==:" PROOF,
		"SCRAM-SHA-256$4096:c2FsdA==$" PROOF ":c2FsdA==",
		"SCRAM-SHA-256$4096:c2FsdA==$" PROOF ":" PROOF "=",
		"SCRAM-SHA-1$4096:c2FsdA==$" PROOF ":" PROOF
	};
	struct verifier		 vf;
	char			 text[VERIFIER_TEXT];
	const char		*good =
	    "SCRAM-SHA-256$4096:c2FsdA==$" PROOF ":" PROOF;
	size_t			 i;

	unit_case("a verifier is read as it is written, and nothing else is");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(verifier_parse(bad[i], &vf) == -1, "%s", bad[i]);
	CHECK(verifier_parse(good, &vf) == 0, "good");
	verifier_text(&vf, text, sizeof(text));
	CHECK(strcmp(text, good) == 0, "%s", text);
}

static void
test_seal(void)
{
	const uint8_t		 key[KEYHASH_KEY] = "key";
	const uint8_t		 other[KEYHASH_KEY] = "other";
	const struct session_id	 id = { 5, 7 }, gen = { 6, 7 }, num = { 5, 8 };
	char			 a[SCRAM_OWN + SCRAM_NONCE + 1];
	char			 b[SCRAM_OWN + SCRAM_NONCE + 1];

	unit_case("a nonce is of one key, session and user");
	memset(a, 'a', SCRAM_OWN);
	memset(b, 'b', SCRAM_OWN);
	seal_make(key, &id, "joe", a + SCRAM_OWN);
	seal_make(key, &id, "joe", b + SCRAM_OWN);
	CHECK(strcmp(a + SCRAM_OWN, b + SCRAM_OWN) != 0 &&
	    strlen(a) == SCRAM_OWN + SCRAM_NONCE, "%s", a);
	CHECK(seal_check(key, &id, "joe", a), "a");
	CHECK(seal_check(key, &id, "joe", b), "b");
	CHECK(!seal_check(other, &id, "joe", a), "key");
	CHECK(!seal_check(key, &gen, "joe", a), "listener");
	CHECK(!seal_check(key, &num, "joe", a), "session");
	CHECK(!seal_check(key, &id, "ann", a), "user");
	CHECK(!seal_check(key, &id, "joe", ""), "nothing");
	CHECK(!seal_check(key, &id, "joe", a + SCRAM_OWN), "its part alone");
	a[SCRAM_OWN] = a[SCRAM_OWN] == 'A' ? 'B' : 'A';
	CHECK(!seal_check(key, &id, "joe", a), "another");
}

static void
test_window(void)
{
	static struct seal_window	 sw;
	uint64_t			 i, far = 10 * SEAL_WINDOW + 3;

	unit_case("a number is used once, and not when it is too old");
	CHECK(!seal_use(&sw, 8, 7), "to come");
	for (i = 1; i <= 3 * SEAL_WINDOW; i++) {
		CHECK(seal_use(&sw, i, i), "%llu", (unsigned long long)i);
		CHECK(!seal_use(&sw, i, i), "%llu", (unsigned long long)i);
		if (i > 10)
			CHECK(!seal_use(&sw, i - 10, i), "%llu before",
			    (unsigned long long)i);
	}
	CHECK(!seal_use(&sw, 2 * SEAL_WINDOW, 3 * SEAL_WINDOW), "too old");
	CHECK(seal_use(&sw, far - SEAL_WINDOW + 1, far), "the oldest");
	CHECK(!seal_use(&sw, far - SEAL_WINDOW + 1, far), "again");
	CHECK(!seal_use(&sw, far - SEAL_WINDOW, far), "too old");
	CHECK(seal_use(&sw, far - 1, far), "after a leap");
}

static void
test_stamp(void)
{
	const uint8_t	 key[KEYHASH_KEY] = "key";
	const uint8_t	 other[KEYHASH_KEY] = "other";
	char		 epoch[STAMP_EPOCH + 1], text[STAMP_TEXT];
	char		 again[STAMP_EPOCH + 1];
	static const struct {
		const char	*rest;
		uint64_t	 number;
	} rests[] = {
		{ ".1.0@popd>", 1 }, { ".ff.0@popd>", 255 },
		{ ".ffffffffffffffff.0@popd>", UINT64_MAX },
		{ ".1ffffffffffffffff.0@popd>", 0 }, { ".0.0@popd>", 0 },
		{ "..0@popd>", 0 }, { ".1", 0 }, { "", 0 }, { ".", 0 },
		{ "1.1.0@popd>", 0 }, { ".1x.0@popd>", 0 }, { ".1>", 0 }
	};
	size_t		 i;

	unit_case("a challenge is of one key and one listener");
	seal_epoch(key, 5, epoch);
	CHECK(strlen(epoch) == STAMP_EPOCH, "%s", epoch);
	seal_epoch(key, 5, again);
	CHECK(strcmp(epoch, again) == 0, "%s", again);
	seal_epoch(key, 6, again);
	CHECK(strcmp(epoch, again) != 0, "%s", again);
	for (i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
		snprintf(text, sizeof(text), "<%s%s", epoch,
		    rests[i].rest);
		CHECK(seal_number(key, 5, text) == rests[i].number, "%s",
		    text);
		CHECK(seal_number(key, 6, text) == 0, "listener");
		CHECK(seal_number(other, 5, text) == 0, "key");
		CHECK(seal_number(key, 5, text + 1) == 0, "%s", text + 1);
	}
}

int
main(void)
{
	test_rfc7677();
	test_altered();
	test_verifier();
	test_seal();
	test_window();
	test_stamp();
	return (unit_done());
}

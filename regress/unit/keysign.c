/*
 * link: lib/keyname.o keypop/keyset.o keypop/certdate.o
 * link: keypop/pss.o keypop/pkcs1.o lib/asntime.o lib/digestinfo.o
 * link: lib/log.o lib/msg.o $(IMSG_OBJS)
 * timeout: 120
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What keypop signs and what it refuses: keyset.c with keys of each kind, and
 * requests that a listener makes or never would.
 */

#include "keykinds.h"

/* A request for a key of a certificate. */
static void
request(const char *name, enum key_op op, struct key_request *kq,
    EVP_PKEY **pkey)
{
	X509	*cert;
	FILE	*f = fopen(file(name, "crt"), "r");
	size_t	 i;

	memset(kq, 0, sizeof(*kq));
	cert = PEM_read_X509(f, NULL, NULL, NULL);
	fclose(f);
	*pkey = X509_get_pubkey(cert);
	X509_free(cert);
	kq->kq_seq = 7;
	kq->kq_op = op;
	if (EVP_PKEY_base_id(*pkey) == EVP_PKEY_RSA)
		keyname_rsa(EVP_PKEY_get0_RSA(*pkey), kq->kq_key);
	else
		keyname_ec(EVP_PKEY_get0_EC_KEY(*pkey), kq->kq_key);
	for (i = 0; i < sizeof(kq->kq_input); i++)
		kq->kq_input[i] = (uint8_t)(i * 7 + 1);
}

static uint32_t
ask(struct keyset *ks, struct key_request *kq)
{
	struct key_answer	 ka;
	size_t			 i;

	memset(&ka, 0xff, sizeof(ka));
	(void)keyset_answer(ks, kq, &ka);
	CHECK(ka.ka_seq == kq->kq_seq, "another number");
	for (i = 0; ka.ka_status != KEY_SIGNED && i < sizeof(ka.ka_output); i++)
		CHECK(ka.ka_output[i] == 0, "a refusal with output");
	return (ka.ka_status);
}

static void
test_ec(struct keyset *ks, const char *name, uint32_t good)
{
	struct key_request	 kq;
	EVP_PKEY		*pkey;
	uint32_t		 len;

	request(name, KEY_ECDSA, &kq, &pkey);
	for (len = 0; len <= KEY_BLOCK_MAX + 1; len++) {
		kq.kq_len = len;
		CHECK(ask(ks, &kq) == (len == good ? KEY_SIGNED : KEY_REFUSED),
		    "%s, %u octets", name, len);
	}
	kq.kq_len = UINT32_MAX;
	CHECK(ask(ks, &kq) == KEY_REFUSED, "%s, -1 octets", name);
	kq.kq_len = good;
	kq.kq_op = KEY_RSA_PSS;
	CHECK(ask(ks, &kq) == KEY_REFUSED, "%s, RSA", name);
	kq.kq_op = 0;
	CHECK(ask(ks, &kq) == KEY_REFUSED, "%s, no operation", name);
	kq.kq_op = KEY_ECDSA;
	kq.kq_key[31] ^= 1;
	CHECK(ask(ks, &kq) == KEY_UNKNOWN, "%s, an unknown key", name);
	EVP_PKEY_free(pkey);
}

static void
test_rsa(struct keyset *ks, const char *name)
{
	static const struct {
		const EVP_MD	*(*md)(void);
		int		 len;
	} hashes[] = {
		{ EVP_sha256, 32 }, { EVP_sha384, 48 }, { EVP_sha512, 64 }
	};
	struct key_request	 kq;
	EVP_PKEY		*pkey;
	RSA			*rsa;
	uint8_t			 digest[64];
	uint32_t		 size, len;
	size_t			 i, octet;

	request(name, KEY_RSA_PSS, &kq, &pkey);
	rsa = EVP_PKEY_get1_RSA(pkey);
	size = (uint32_t)RSA_size(rsa);
	memset(digest, 'd', sizeof(digest));
	for (i = 0; i < 3; i++) {
		kq.kq_len = size;
		CHECK(RSA_padding_add_PKCS1_PSS(rsa, kq.kq_input, digest,
		    hashes[i].md(), hashes[i].len) == 1, "padding");
		CHECK(ask(ks, &kq) == KEY_SIGNED, "%s PSS SHA-%d", name,
		    8 * hashes[i].len);
		for (len = 0; len <= KEY_BLOCK_MAX + 1; len++) {
			kq.kq_len = len;
			if (len != size)
				CHECK(ask(ks, &kq) == KEY_REFUSED,
				    "%s, %u octets", name, len);
		}
		kq.kq_len = size;
		for (octet = 0; octet < size; octet += 5) {
			/* Salt is free: what is left of the rest is not. */
			if (octet + 1 + 2 * (size_t)hashes[i].len >= size &&
			    octet + 1 + (size_t)hashes[i].len < size)
				continue;
			kq.kq_input[octet] ^= 0x10;
			CHECK(ask(ks, &kq) == KEY_REFUSED,
			    "%s with octet %zu wrong", name, octet);
			kq.kq_input[octet] ^= 0x10;
		}
		kq.kq_input[size - 1] = 0xbd;
		CHECK(ask(ks, &kq) == KEY_REFUSED, "%s, trailer", name);

		/* Salts of another length are not what TLS 1.3 makes. */
		CHECK(RSA_padding_add_PKCS1_PSS(rsa, kq.kq_input, digest,
		    hashes[i].md(), 20) == 1, "padding");
		CHECK(ask(ks, &kq) == KEY_REFUSED, "%s, salt of 20", name);
	}
	RSA_free(rsa);
	EVP_PKEY_free(pkey);
}

/* Digests for TLS 1.2: the padding is keypop's. */
static void
test_pkcs1(const char *name)
{
	static const int	 hashes[] = { NID_sha256, NID_sha384,
	    NID_sha512 };
	struct keyset		*strict = keyset_new(), *ks = keyset_new();
	struct key_request	 kq;
	struct key_answer	 ka;
	EVP_PKEY		*pkey;
	RSA			*rsa;
	char			 why[WORDY];
	uint32_t		 len;

	CHECK(add(strict, name, name, why) == 0 &&
	    add_as(ks, name, name, 1, why) == 0, "%s", why);
	request(name, KEY_RSA_PKCS1, &kq, &pkey);
	rsa = EVP_PKEY_get1_RSA(pkey);
	for (len = 0; len <= KEY_BLOCK_MAX + 1; len++) {
		kq.kq_len = len;
		CHECK(ask(strict, &kq) == KEY_REFUSED,
		    "%u octets with a key of TLS 1.3", len);
		if (len != 32 && len != 48 && len != 64) {
			CHECK(ask(ks, &kq) == KEY_REFUSED, "%u octets", len);
			continue;
		}
		(void)keyset_answer(ks, &kq, &ka);
		CHECK(ka.ka_status == KEY_SIGNED && RSA_verify(
		    hashes[len / 16 - 2], kq.kq_input, len, ka.ka_output,
		    ka.ka_len, rsa) == 1, "%u octets are not signed", len);
	}
	kq.kq_len = UINT32_MAX;
	CHECK(ask(ks, &kq) == KEY_REFUSED, "-1 octets");

	/* Padding, or a DigestInfo, of the listener's is none. */
	kq.kq_op = KEY_RSA_PSS;
	kq.kq_len = (uint32_t)RSA_size(rsa);
	CHECK(RSA_padding_add_PKCS1_type_1(kq.kq_input, (int)kq.kq_len,
	    (const unsigned char *)why, 51) == 1, "padding");
	CHECK(ask(ks, &kq) == KEY_REFUSED, "a padded block");
	kq.kq_op = KEY_RSA_PKCS1;
	CHECK(ask(ks, &kq) == KEY_REFUSED, "a padded block to pad");
	kq.kq_op = KEY_ECDSA;
	kq.kq_len = 32;
	CHECK(ask(ks, &kq) == KEY_REFUSED, "ECDSA");
	RSA_free(rsa);
	EVP_PKEY_free(pkey);
	keyset_free(ks);
	keyset_free(strict);
}

static void
test_ec_old(void)
{
	struct keyset		*ks = keyset_new();
	struct key_request	 kq;
	EVP_PKEY		*pkey;
	char			 why[WORDY];
	uint32_t		 len;

	CHECK(add_as(ks, "p256", "p256", 1, why) == 0, "%s", why);
	request("p256", KEY_ECDSA, &kq, &pkey);
	for (len = 0; len <= KEY_BLOCK_MAX + 1; len++) {
		kq.kq_len = len;
		CHECK(ask(ks, &kq) == (len == 32 || len == 48 || len == 64 ?
		    KEY_SIGNED : KEY_REFUSED), "%u octets", len);
	}
	kq.kq_op = KEY_RSA_PKCS1;
	kq.kq_len = 32;
	CHECK(ask(ks, &kq) == KEY_REFUSED, "RSA");
	EVP_PKEY_free(pkey);
	keyset_free(ks);
}

/* A reload that enables or disables TLS 1.2 keeps keys in use. */
static void
test_replaced(void)
{
	struct keyset		*old = keyset_new(), *new = keyset_new();
	struct key_request	 kq;
	EVP_PKEY		*pkey;
	char			 why[WORDY];

	CHECK(add_as(old, "p256", "p256", 1, why) == 0 &&
	    add_as(old, "p384", "p384", 0, why) == 0 &&
	    add_as(new, "p256", "p256", 0, why) == 0 &&
	    add_as(new, "p384", "p384", 1, why) == 0, "%s", why);
	request("p256", KEY_ECDSA, &kq, &pkey);
	CHECK(keyset_subtract(old, new) == 1, "not one");
	CHECK(keyset_has(old, kq.kq_key, 1) && keyset_has(new, kq.kq_key, 0) &&
	    !keyset_has(new, kq.kq_key, 1), "not the one for TLS 1.2");
	EVP_PKEY_free(pkey);
	keyset_free(old);
	keyset_free(new);
}

/* Blocks for which the key would decrypt, or sign in another way. */
static void
test_oracle(struct keyset *ks, const char *name)
{
	struct key_request	 kq;
	EVP_PKEY		*pkey;
	RSA			*rsa;
	uint8_t			 digest[51];
	uint32_t		 size;

	request(name, KEY_RSA_PSS, &kq, &pkey);
	rsa = EVP_PKEY_get1_RSA(pkey);
	size = kq.kq_len = (uint32_t)RSA_size(rsa);
	kq.kq_input[0] = 0;
	CHECK(ask(ks, &kq) == KEY_REFUSED, "any block");
	memset(digest, 'd', sizeof(digest));
	CHECK(RSA_padding_add_PKCS1_type_1(kq.kq_input, (int)size, digest,
	    sizeof(digest)) == 1, "padding");
	CHECK(ask(ks, &kq) == KEY_REFUSED, "a signature of PKCS#1 v1.5");
	CHECK(RSA_padding_add_PKCS1_type_2(kq.kq_input, (int)size, digest,
	    sizeof(digest)) == 1, "padding");
	CHECK(ask(ks, &kq) == KEY_REFUSED, "encryption padding");
	CHECK(RSA_public_encrypt(48, digest, kq.kq_input, rsa,
	    RSA_PKCS1_PADDING) > 0, "encrypt");
	CHECK(ask(ks, &kq) == KEY_REFUSED, "a ciphertext to decrypt");
	memset(kq.kq_input, 0, sizeof(kq.kq_input));
	CHECK(ask(ks, &kq) == KEY_REFUSED, "zeros");
	memset(kq.kq_input, 0xff, sizeof(kq.kq_input));
	CHECK(ask(ks, &kq) == KEY_REFUSED, "ones");
	memset(kq.kq_input, 0, sizeof(kq.kq_input));
	kq.kq_input[size - 1] = 0xbc;
	CHECK(ask(ks, &kq) == KEY_REFUSED, "nothing but the trailer");
	RSA_free(rsa);
	EVP_PKEY_free(pkey);
}

static void
test_other_kinds(void)
{
	struct keyset	*ks = keyset_new();
	char		 why[WORDY];
	size_t		 i;

	unit_case("keys of other kinds are refused by name");
	for (i = 0; i < NKINDS; i++) {
		if (kinds[i].good)
			continue;
		CHECK(add(ks, kinds[i].name, kinds[i].name, why) == -1,
		    "%s was taken", kinds[i].name);
		CHECK(strstr(why, kinds[i].name) != NULL &&
		    strstr(why, kinds[i].why) != NULL, "%s", why);
	}
	keyset_free(ks);
}

static void
test_other_key(void)
{
	struct keyset	*ks = keyset_new();
	char		 why[WORDY];

	unit_case("a key of another certificate is refused, both named");
	CHECK(add(ks, "p256", "rsa2048", why) == -1, "taken");
	CHECK(strstr(why, "p256") != NULL && strstr(why, "rsa2048") != NULL,
	    "%s", why);
	CHECK(add(ks, "rsa2056", "rsa2048", why) == -1, "taken");
	CHECK(system("cp p256.crt other.crt; openssl ecparam -name prime256v1"
	    " -genkey -noout >other.key 2>/dev/null") == 0, "openssl");
	CHECK(add(ks, "other", "other", why) == -1, "taken");
	keyset_free(ks);
}

static void
test_not_keys(void)
{
	struct keyset	*ks = keyset_new();
	char		 why[WORDY];

	unit_case("files that are no keys or certificates are refused");
	CHECK(system(": >none.crt; : >none.key; cp p256.crt swap.key; "
	    "cp p256.key swap.crt; "
	    "dd if=/dev/zero of=big.key bs=1000 count=300; "
	    "cp p256.crt big.crt; cp p256.crt cut.crt; "
	    "dd if=p256.key of=cut.key bs=100 count=1; cp p256.crt locked.crt; "
	    "openssl ec -in p256.key -aes128 -passout pass:secret "
	    "-out locked.key 2>/dev/null") == 0, "files");
	CHECK(add(ks, "none", "p256", why) == -1 &&
	    strstr(why, "empty") != NULL, "%s", why);
	CHECK(add(ks, "p256", "none", why) == -1 &&
	    strstr(why, "empty") != NULL, "%s", why);
	CHECK(add(ks, "swap", "p256", why) == -1 &&
	    strstr(why, "not a certificate") != NULL, "%s", why);
	CHECK(add(ks, "p256", "swap", why) == -1 &&
	    strstr(why, "not a private key") != NULL, "%s", why);
	CHECK(add(ks, "p256", "cut", why) == -1 &&
	    strstr(why, "not a private key") != NULL, "%s", why);
	CHECK(add(ks, "big", "big", why) == -1 &&
	    strstr(why, "large") != NULL, "%s", why);
	CHECK(add(ks, "locked", "locked", why) == -1 &&
	    strstr(why, "passphrase") != NULL, "%s", why);
	keyset_free(ks);
}

int
main(void)
{
	struct keyset	*ks;
	char		 why[WORDY];
	size_t		 i;

	log_init("keysign");
	signal(SIGPIPE, SIG_IGN);
	unit_case("keys and certificates can be made");
	for (i = 0; i < NKINDS; i++)
		CHECK(make(&kinds[i]) == 0, "%s", kinds[i].name);

	keyset_init();
	ks = keyset_new();
	for (i = 0; i < NKINDS; i++)
		if (kinds[i].good)
			CHECK(add(ks, kinds[i].name, kinds[i].name, why) == 0,
			    "%s", why);
	unit_case("ECDSA: only a digest of the curve's length is signed");
	test_ec(ks, "p256", 32);
	test_ec(ks, "p384", 48);
	unit_case("RSA: only a whole and right PSS encoding is signed");
	test_rsa(ks, "rsa2048");
	test_rsa(ks, "rsa2056");
	test_rsa(ks, "rsa4096");
	unit_case("RSA: no oracle for decryption or for other signatures");
	test_oracle(ks, "rsa2048");
	test_oracle(ks, "rsa4096");
	keyset_free(ks);
	unit_case("TLS 1.2: RSA signs digests of three lengths, and pads them");
	test_pkcs1("rsa2048");
	test_pkcs1("rsa2056");
	unit_case("TLS 1.2: ECDSA signs digests of three lengths");
	test_ec_old();
	unit_case("a key that served TLS 1.2 stays beside one that does not");
	test_replaced();
	test_other_kinds();
	test_other_key();
	test_not_keys();
	return (unit_done());
}

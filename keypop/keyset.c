/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The private keys; only this file handles them.  In: PEM files, and requests
 * of listeners, which may be compromised.  Out: signatures of the forms in
 * keymsg.h.
 */

/* Both libraries show the public part of a key by EC_KEY and RSA only. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <sys/types.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "certdate.h"
#include "digestinfo.h"
#include "keymsg.h"
#include "keyname.h"
#include "keyset.h"
#include "limits.h"
#include "log.h"
#include "pkcs1.h"
#include "pss.h"

#define RSA_BITS_MAX	(8 * KEY_BLOCK_MAX)

struct key {
	uint8_t		 k_name[KEY_NAME_LEN];
	size_t		 k_bits;	/* of the RSA modulus; 0: ECDSA */
	size_t		 k_len;		/* of the modulus or digest */
	int		 k_tls12;	/* used with TLS 1.2 */
	EVP_PKEY	*k_pkey;
	EVP_PKEY_CTX	*k_ctx;		/* ready to sign */
};

struct keyset {
	struct key	*ks_keys;
	size_t		 ks_count;
};

void
keyset_init(void)
{
	if (OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CRYPTO_STRINGS |
	    OPENSSL_INIT_LOAD_CONFIG, NULL) == 0)
		fatalx("cannot initialize libcrypto");
}

struct keyset *
keyset_new(void)
{
	struct keyset	*ks;

	if ((ks = calloc(1, sizeof(*ks))) == NULL)
		fatal("calloc");
	return (ks);
}

static void
key_clear(struct key *key)
{
	EVP_PKEY_CTX_free(key->k_ctx);
	EVP_PKEY_free(key->k_pkey);
	explicit_bzero(key, sizeof(*key));
}

void
keyset_free(struct keyset *ks)
{
	size_t	 i;

	if (ks == NULL)
		return;
	for (i = 0; i < ks->ks_count; i++)
		key_clear(&ks->ks_keys[i]);
	free(ks->ks_keys);
	free(ks);
}

/* Read a whole file, to be freed with freezero(KEY_FILE_MAX) if secret. */
static char *
key_file(int fd, size_t *len, const char **why)
{
	char	*buf;
	ssize_t	 n;

	if ((buf = malloc(KEY_FILE_MAX)) == NULL)
		fatal("malloc");
	*len = 0;
	do {
		n = pread(fd, buf + *len, KEY_FILE_MAX - *len, (off_t)*len);
		if (n > 0)
			*len += (size_t)n;
	} while (n > 0 && *len < KEY_FILE_MAX);
	if (n == -1)
		*why = "cannot be read";
	else if (*len == KEY_FILE_MAX)
		*why = "is too large";
	else if (*len == 0)
		*why = "is empty";
	else
		return (buf);
	freezero(buf, KEY_FILE_MAX);
	return (NULL);
}

/* pem_password_cb: fail, since a daemon has no terminal. */
static int
key_no_password(char *buf, int size, int writing, void *asked)
{
	*(int *)asked = 1;
	return (-1);
}

static EVP_PKEY *
key_read(int fd, const char **why)
{
	EVP_PKEY	*pkey = NULL;
	BIO		*bio;
	char		*buf;
	size_t		 len;
	int		 asked = 0;

	if ((buf = key_file(fd, &len, why)) == NULL)
		return (NULL);
	if ((bio = BIO_new_mem_buf(buf, (int)len)) != NULL) {
		pkey = PEM_read_bio_PrivateKey(bio, NULL, key_no_password,
		    &asked);
		BIO_free(bio);
	}
	freezero(buf, KEY_FILE_MAX);
	if (pkey == NULL)
		*why = asked ? "is encrypted: remove its passphrase" :
		    "is not a private key in PEM";
	return (pkey);
}

static X509 *
key_read_cert(int fd, const char **why)
{
	X509	*cert = NULL;
	BIO	*bio;
	char	*buf;
	size_t	 len;

	if ((buf = key_file(fd, &len, why)) == NULL)
		return (NULL);
	if ((bio = BIO_new_mem_buf(buf, (int)len)) != NULL) {
		cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		BIO_free(bio);
	}
	free(buf);
	if (cert == NULL)
		*why = "is not a certificate in PEM";
	return (cert);
}

static int
key_kind_rsa(struct key *key, const char **why)
{
	const RSA	*rsa;

	key->k_bits = (size_t)EVP_PKEY_bits(key->k_pkey);
	key->k_len = (key->k_bits + 7) / 8;
	if (key->k_bits < RSA_BITS_MIN || key->k_bits > RSA_BITS_MAX) {
		*why = "is an RSA key of less than 2048 or more than 4096 bits";
		return (-1);
	}
	if ((rsa = EVP_PKEY_get0_RSA(key->k_pkey)) == NULL ||
	    keyname_rsa(rsa, key->k_name) == -1) {
		*why = "is an RSA key with an unusual public exponent";
		return (-1);
	}
	if (EVP_PKEY_CTX_set_rsa_padding(key->k_ctx, RSA_NO_PADDING) <= 0) {
		*why = "cannot be used by libcrypto";
		return (-1);
	}
	return (0);
}

static int
key_kind_ec(struct key *key, const char **why)
{
	const EC_KEY	*ec;

	ec = EVP_PKEY_get0_EC_KEY(key->k_pkey);
	switch (ec == NULL ? NID_undef :
	    EC_GROUP_get_curve_name(EC_KEY_get0_group(ec))) {
	case NID_X9_62_prime256v1:
		key->k_len = 32;
		break;
	case NID_secp384r1:
		key->k_len = 48;
		break;
	default:
		*why = "is an EC key on a curve other than P-256 and P-384";
		return (-1);
	}
	if (keyname_ec(ec, key->k_name) == -1) {
		*why = "cannot be used by libcrypto";
		return (-1);
	}
	return (0);
}

/*
 * Determine the kind of k_pkey and prepare it.  Return -1 with *why if it is
 * not supported.
 */
static int
key_prepare(struct key *key, const char **why)
{
	int	 id;

	if ((key->k_ctx = EVP_PKEY_CTX_new(key->k_pkey, NULL)) == NULL)
		fatalx("EVP_PKEY_CTX_new");
	id = EVP_PKEY_base_id(key->k_pkey);
	if (id != EVP_PKEY_RSA && id != EVP_PKEY_EC) {
		*why = "is neither an RSA nor an ECDSA key";
		return (-1);
	}
	if (EVP_PKEY_sign_init(key->k_ctx) <= 0) {
		*why = "cannot be used by libcrypto";
		return (-1);
	}
	if (id == EVP_PKEY_RSA)
		return (key_kind_rsa(key, why));
	return (key_kind_ec(key, why));
}

int
keyset_add(struct keyset *ks, const struct keyset_pair *kp, int warn,
    char *out, size_t size)
{
	struct key	*keys, key;
	X509		*cert;
	const char	*why;

	memset(&key, 0, sizeof(key));
	key.k_tls12 = kp->kp_tls12;
	if ((cert = key_read_cert(kp->kp_cert, &why)) == NULL) {
		snprintf(out, size, "certificate %s %s",
		    kp->kp_certname, why);
		goto bad;
	}
	if ((key.k_pkey = key_read(kp->kp_key, &why)) == NULL ||
	    key_prepare(&key, &why) == -1) {
		snprintf(out, size, "key %s %s", kp->kp_keyname, why);
		goto bad;
	}
	if (X509_check_private_key(cert, key.k_pkey) != 1) {
		snprintf(out, size,
		    "key %s does not belong to certificate %s",
		    kp->kp_keyname, kp->kp_certname);
		goto bad;
	}
	if (warn)
		certdate_warn(cert, kp->kp_certname);
	keys = reallocarray(ks->ks_keys, ks->ks_count + 1, sizeof(*keys));
	if (keys == NULL)
		fatal("reallocarray");
	keys[ks->ks_count++] = key;
	ks->ks_keys = keys;
	X509_free(cert);
	explicit_bzero(&key, sizeof(key));
	return (0);

bad:
	ERR_clear_error();
	X509_free(cert);
	key_clear(&key);
	return (-1);
}

static const struct key *
keyset_find(const struct keyset *ks, const uint8_t *name)
{
	size_t	 i;

	for (i = 0; i < ks->ks_count; i++)
		if (memcmp(ks->ks_keys[i].k_name, name, KEY_NAME_LEN) == 0)
			return (&ks->ks_keys[i]);
	return (NULL);
}

int
keyset_has(const struct keyset *ks, const uint8_t *name, int tls12)
{
	const struct key	*key = keyset_find(ks, name);

	return (key != NULL && (key->k_tls12 || !tls12));
}

size_t
keyset_subtract(struct keyset *ks, const struct keyset *other)
{
	size_t	 i, kept = 0;

	for (i = 0; i < ks->ks_count; i++) {
		if (keyset_has(other, ks->ks_keys[i].k_name,
		    ks->ks_keys[i].k_tls12))
			key_clear(&ks->ks_keys[i]);
		else
			ks->ks_keys[kept++] = ks->ks_keys[i];
	}
	ks->ks_count = kept;
	return (kept);
}

/*
 * Make the block of *len octets to which the private key is applied.  Return
 * NULL, or why not.  For RSA it is checked to be a PSS encoding or made here;
 * for ECDSA it is a digest.
 */
static const char *
key_block(const struct key *key, const struct key_request *kq,
    uint8_t *block, size_t *len)
{
	*len = kq->kq_len;
	if (*len > sizeof(kq->kq_input))
		return ("wrong input length");
	memcpy(block, kq->kq_input, *len);
	switch (kq->kq_op) {
	case KEY_RSA_PSS:
		if (key->k_bits == 0)
			break;
		if (*len != key->k_len)
			return ("wrong input length");
		return (pss_check(block, *len, key->k_bits) ? NULL :
		    "not a PSS encoding");
	case KEY_RSA_PKCS1:
		if (key->k_bits == 0 || !key->k_tls12)
			break;
		*len = key->k_len;
		return (pkcs1_encode(kq->kq_input, kq->kq_len, block,
		    *len) == 0 ? NULL : "wrong input length");
	case KEY_ECDSA:
		if (key->k_bits != 0)
			break;
		return (*len == key->k_len || (key->k_tls12 &&
		    digestinfo_prefix(*len) != NULL) ? NULL :
		    "wrong input length");
	}
	return ("operation not allowed for this key");
}

const char *
keyset_answer(const struct keyset *ks, const struct key_request *kq,
    struct key_answer *ka)
{
	const struct key	*key;
	const char		*why;
	uint8_t			 block[KEY_BLOCK_MAX];
	size_t			 len, size = sizeof(ka->ka_output);

	memset(ka, 0, sizeof(*ka));
	ka->ka_seq = kq->kq_seq;
	if (ks == NULL || (key = keyset_find(ks, kq->kq_key)) == NULL) {
		ka->ka_status = KEY_UNKNOWN;
		return ("unknown key");
	}
	if ((why = key_block(key, kq, block, &len)) != NULL) {
		ka->ka_status = KEY_REFUSED;
		return (why);
	}
	if (EVP_PKEY_sign(key->k_ctx, ka->ka_output, &size, block, len) <= 0) {
		ERR_clear_error();
		memset(ka->ka_output, 0, sizeof(ka->ka_output));
		ka->ka_status = KEY_FAILED;
		return ("libcrypto failed");
	}
	ka->ka_len = (uint32_t)size;
	ka->ka_status = KEY_SIGNED;
	return (NULL);
}

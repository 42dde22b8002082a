/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * libtls on OpenSSL 3: two settings that libtls does not have.
 *
 * The library computes two tickets after every TLS 1.3 handshake, at a tenth
 * of its cost, even if they are refused.  OpenSSL's own configuration can set
 * their number; this one sets nothing else.
 *
 * It leaves decrypted records, and so passwords, in memory that it frees.  The
 * option that has them wiped cannot be configured, but each context of libtls
 * passes through a callback for its extra data.
 */

#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/ssl.h>

#include <tls_defaults.h>

static const char	 text[] =
    "openssl_conf = popd\n"
    "[popd]\n"
    "ssl_conf = ssl\n"
    "[ssl]\n"
    "system_default = defaults\n"
    "[defaults]\n"
    "NumTickets = 0\n";

static void
context_new(void *ctx, void *data, CRYPTO_EX_DATA *ad, int idx, long argl,
    void *argp)
{
	SSL_CTX_set_options(ctx, SSL_OP_CLEANSE_PLAINTEXT);
}

int
tls_defaults(void)
{
	CONF	*conf;
	BIO	*bio;
	int	 loaded;

	OPENSSL_load_builtin_modules();
	bio = BIO_new_mem_buf(text, sizeof(text) - 1);
	conf = NCONF_new(NULL);
	loaded = bio != NULL && conf != NULL &&
	    NCONF_load_bio(conf, bio, NULL) > 0 &&
	    CONF_modules_load(conf, NULL, 0) > 0;
	NCONF_free(conf);
	BIO_free(bio);
	return (loaded && SSL_CTX_get_ex_new_index(0, NULL, context_new, NULL,
	    NULL) != -1 ? 0 : -1);
}

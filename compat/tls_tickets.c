/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * libtls on OpenSSL 3: the library computes two tickets after every TLS 1.3
 * handshake, at a tenth of its cost, even if they are refused, and libtls
 * cannot set their number.  OpenSSL's own configuration can; this one sets
 * nothing else.
 */

#include <openssl/bio.h>
#include <openssl/conf.h>

#include <tls_tickets.h>

static const char	 text[] =
    "openssl_conf = popd\n"
    "[popd]\n"
    "ssl_conf = ssl\n"
    "[ssl]\n"
    "system_default = defaults\n"
    "[defaults]\n"
    "NumTickets = 0\n";

int
tls_no_tickets(void)
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
	return (loaded ? 0 : -1);
}

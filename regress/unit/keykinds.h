/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* Keys and certificates of each kind, and a keypop that has them. */

#ifndef KEYKINDS_H
#define KEYKINDS_H

#define OPENSSL_SUPPRESS_DEPRECATED

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <tls.h>
#include <unistd.h>

#include "keypop/keyset.h"
#include "keypop/pss.h"
#include "keymsg.h"
#include "keyname.h"
#include "limits.h"
#include "log.h"
#include "lsnrpop/keysign.h"
#include "lsnrpop/peerloss.h"
#include "unit.h"

#define WORDY	200

static const struct kind {
	const char	*name;
	const char	*command;	/* openssl(1) makes the key */
	int		 good;
	const char	*why;		/* in the refusal, if it is not good */
} kinds[] = {
	{ "rsa2048", "genrsa 2048", 1, NULL },
	{ "rsa4096", "genrsa 4096", 1, NULL },
	{ "rsa2056", "genrsa 2056", 1, NULL },
	{ "p256", "ecparam -name prime256v1 -genkey", 1, NULL },
	{ "p384", "ecparam -name secp384r1 -genkey -noout", 1, NULL },
	{ "rsa1024", "genrsa 1024", 0, "2048" },
	{ "p521", "ecparam -name secp521r1 -genkey", 0, "P-384" },
	{ "ed25519", "genpkey -algorithm ed25519", 0, "nor an ECDSA" },
	{ "rsapss", "genpkey -algorithm rsa-pss "
	    "-pkeyopt rsa_keygen_bits:2048", 0, "nor an ECDSA" }
};
#define NKINDS	(sizeof(kinds) / sizeof(kinds[0]))

UNIT_FN const char *
file(const char *name, const char *suffix)
{
	static char	 buf[2][WORDY];
	static int	 which;

	which = !which;
	snprintf(buf[which], sizeof(buf[which]), "%s.%s", name, suffix);
	return (buf[which]);
}

UNIT_FN int
make(const struct kind *k)
{
	char	 command[3 * WORDY];

	snprintf(command, sizeof(command), "{ openssl %s >%s.key && "
	    "openssl req -x509 -new -key %s.key -subj /CN=%s.example "
	    "-addext subjectAltName=DNS:%s.example -days 2 -out %s.crt; } "
	    "2>/dev/null </dev/null", k->command, k->name, k->name, k->name,
	    k->name, k->name);
	return (system(command) == 0 ? 0 : -1);
}

UNIT_FN int
must_open(const char *name)
{
	int	 fd;

	if ((fd = open(name, O_RDONLY)) == -1) {
		printf("not ok - cannot open %s\n", name);
		exit(1);
	}
	return (fd);
}

UNIT_FN int
add_as(struct keyset *ks, const char *cert, const char *key, int tls12,
    char *why)
{
	struct keyset_pair	 kp;
	int			 ret;

	kp.kp_cert = must_open(file(cert, "crt"));
	kp.kp_certname = cert;
	kp.kp_key = must_open(file(key, "key"));
	kp.kp_keyname = key;
	kp.kp_tls12 = tls12;
	ret = keyset_add(ks, &kp, 0, why, WORDY);
	close(kp.kp_cert);
	close(kp.kp_key);
	return (ret);
}

UNIT_FN int
add(struct keyset *ks, const char *cert, const char *key, char *why)
{
	return (add_as(ks, cert, key, 0, why));
}

#endif

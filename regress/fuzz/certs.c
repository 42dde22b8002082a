/*
 * link: lsnrpop/certname.o lib/log.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The names that a listener reads from a client certificate, in DER: a name is
 * one word, whatever was signed.
 */

#include <openssl/x509.h>

#include "fuzz.h"
#include "limits.h"
#include "log.h"
#include "lsnrpop/certname.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	log_init("fuzz");
	log_to(fuzz_silent);
	return (0);
}

/* Check that a name is one word of this length, or empty. */
static void
test_names(const uint8_t *data, size_t size)
{
	const unsigned char	*p = data;
	char			 person[USER_MAX], hosts[64];
	const char		*c;
	X509			*x509;

	if ((x509 = d2i_X509(NULL, &p, (long)size)) == NULL)
		return;
	if (certname_person(x509, person, sizeof(person)) == 0) {
		FUZZ(person[0] != '\0');
		for (c = person; *c != '\0'; c++)
			FUZZ((unsigned char)*c > ' ' && *c != 0x7f);
	}
	certname_hosts(x509, hosts, sizeof(hosts));
	for (c = hosts; *c != '\0'; c++)
		FUZZ((unsigned char)*c >= ' ' && *c != 0x7f);
	X509_free(x509);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int	 free_fd = fuzz_free_fd();

	test_names(data, size);
	FUZZ(fuzz_free_fd() == free_fd);
	return (0);
}

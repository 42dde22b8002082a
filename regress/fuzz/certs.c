/*
 * link: lsnrpop/cert.o lsnrpop/certname.o lsnrpop/staple.o lib/asntime.o
 * link: lib/log.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What a listener reads from certificates: an OCSP response in a file, checked
 * against a certificate, and the names in a client certificate.  Only a
 * currently valid response is fresh; a name is one word, whatever was signed.
 *
 * The first octet selects which; the rest is DER.
 */

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "fuzz.h"
#include "limits.h"
#include "log.h"
#include "lsnrpop/cert.h"
#include "lsnrpop/certname.h"

/*
 * CN=fuzz, serial number 7, of an issuer of the same name; the OCSP responses
 * of the corpus are for it.
 */
static const char	 text[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBYDCCAQagAwIBAgIBBzAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARmdXp6MB4X\n"
    "DTI2MTEyMjE5NDAxNVoXDTQ2MTExNzE5NDAxNVowDzENMAsGA1UEAwwEZnV6ejBZ\n"
    "MBMGByqGSM49AgEGCCqGSM49AwEHA0IABIUS4MSUEg5D9Clh+QiZ4QTxCy/x8DFh\n"
    "QAaQbOlSN3oX2+RvhlF6yDEuCNVQ7RKklWwRZ1r++UCEw97few38tlCjUzBRMB0G\n"
    "A1UdDgQWBBQua8tAryMx7DWPgzAtZSs5FolUXTAfBgNVHSMEGDAWgBQua8tAryMx\n"
    "7DWPgzAtZSs5FolUXTAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUC\n"
    "IQD6xA/rvkpb+HgLd/pQi3WtPP/eYgas9/XGh7197tO0VQIgEwalFGX6qUI8W7Dp\n"
    "k2eVa0GvDHzQqAEnOsEwIE63aEg=\n"
    "-----END CERTIFICATE-----\n";

static struct {
	struct cert	*fz_cert;
	uint8_t		*fz_pem;
} fuzzer;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char	 why[256];

	log_init("fuzz");
	log_to(fuzz_silent);
	fuzzer.fz_cert = cert_new(0, "fuzz", (const uint8_t *)text,
	    sizeof(text) - 1, why, sizeof(why));
	if (fuzzer.fz_cert == NULL) {
		fprintf(stderr, "%s\n", why);
		exit(1);
	}
	return (0);
}

static void
test_staple(const uint8_t *data, size_t size)
{
	static const time_t	 times[] = { 0, 1, 1700000000, 1900000000,
				    4000000000 };
	struct staple		 st;
	const char		*why = NULL;
	uint8_t			*der = fuzz_copy(data, size);
	size_t			 i;
	time_t			 change;

	if (staple_read(&st, fuzzer.fz_cert->ce_x509, der, size, &why) == -1) {
		FUZZ(why != NULL && st.st_der == NULL);
		FUZZ(staple_state(&st, 1700000000) == STAPLE_NONE);
		free(der);
		return;
	}
	FUZZ(st.st_len == size && memcmp(st.st_der, der, size) == 0);
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		FUZZ(staple_state(&st, times[i]) != STAPLE_NONE);
		FUZZ((staple_state(&st, times[i]) == STAPLE_FRESH) ==
		    (st.st_verdict == STAPLE_FRESH &&
		    times[i] >= st.st_from && times[i] < st.st_until));
		change = staple_change(&st, times[i]);
		FUZZ(change == 0 || change > times[i]);
	}
	FUZZ(strlen(st.st_day) < sizeof(st.st_day));
	staple_clear(&st);
	free(der);
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

	if (size == 0)
		return (0);
	if (data[0] & 1)
		test_names(data + 1, size - 1);
	else
		test_staple(data + 1, size - 1);
	FUZZ(fuzz_free_fd() == free_fd);
	return (0);
}

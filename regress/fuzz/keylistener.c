/*
 * link: keypop/listener.o keypop/keyset.o keypop/certdate.o keypop/pss.o
 * link: keypop/pkcs1.o lib/asntime.o lib/digestinfo.o
 * link: lib/keyname.o lib/log.o
 * link: lib/count.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * keypop with a compromised listener: requests in any pieces for real keys.
 * Each complete one gets one answer, in order, until the listener has
 * requested too often what no handshake needs; a key that is gone does not
 * count.  Only what a handshake signs is signed, with the key named.
 *
 * The input is a list of pieces: a control octet, which says whether to make a
 * valid request of what follows, a length, octets.
 */

/* The hooks of RSA and EC_KEY are the only ones that both libraries have. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <sys/socket.h>
#include <sys/time.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <event.h>
#include <signal.h>

#include "fuzz.h"
#include "keymsg.h"
#include "keyname.h"
#include "keypop/keyset.h"
#include "keypop/listener.h"
#include "keypop/pss.h"
#include "limits.h"
#include "log.h"

#define RSA_LEN		256

static struct {
	struct keyset	*fz_set;
	EVP_PKEY	*fz_ec, *fz_rsa;
	uint8_t		 fz_ec_name[KEY_NAME_LEN];
	uint8_t		 fz_rsa_name[KEY_NAME_LEN];
	uint8_t		 fz_block[RSA_LEN];	/* a PSS encoding */
	struct key_request fz_asked;	/* what keylistener.c took for one */
	unsigned int	 fz_count;
} fuzzer;

/* Write a certificate or a key to a file.  Return its descriptor. */
static int
pem_file(EVP_PKEY *pkey, X509 *x)
{
	FILE	*f;
	int	 fd;

	if ((f = tmpfile()) == NULL ||
	    (x != NULL ? PEM_write_X509(f, x) :
	    PEM_write_PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL)) != 1 ||
	    fflush(f) != 0 || (fd = dup(fileno(f))) == -1)
		abort();
	fclose(f);
	return (fd);
}

static EVP_PKEY *
new_key(int type)
{
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new_id(type, NULL);
	EVP_PKEY	*pkey = NULL;

	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
	    (type == EVP_PKEY_EC ?
	    EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, NID_X9_62_prime256v1) :
	    EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 8 * RSA_LEN)) != 1 ||
	    EVP_PKEY_keygen(ctx, &pkey) != 1)
		abort();
	EVP_PKEY_CTX_free(ctx);
	return (pkey);
}

static void
add_key(EVP_PKEY *pkey)
{
	struct keyset_pair	 kp = { -1, -1, 0, "cert", "key" };
	X509			*x = X509_new();
	char			 why[256] = "";

	if (x == NULL)
		abort();
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_set_pubkey(x, pkey);
	if (X509_sign(x, pkey, EVP_sha256()) == 0)
		abort();
	/* TLS 1.2 is served with one of them. */
	kp.kp_tls12 = EVP_PKEY_base_id(pkey) == EVP_PKEY_RSA;
	kp.kp_cert = pem_file(pkey, x);
	kp.kp_key = pem_file(pkey, NULL);
	if (keyset_add(fuzzer.fz_set, &kp, 0, why, sizeof(why)) == -1) {
		fprintf(stderr, "%s\n", why);
		exit(1);
	}
	close(kp.kp_cert);
	close(kp.kp_key);
	X509_free(x);
}

static const char *
answer(const struct key_request *kq, struct key_answer *ka)
{
	fuzzer.fz_asked = *kq;
	fuzzer.fz_count++;
	return (keyset_answer(fuzzer.fz_set, kq, ka));
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	RSA	*rsa;

	log_init("fuzz");
	log_to(fuzz_silent);
	/* As the process in question has it. */
	signal(SIGPIPE, SIG_IGN);
	event_init();
	keyset_init();
	fuzzer.fz_set = keyset_new();
	add_key(fuzzer.fz_ec = new_key(EVP_PKEY_EC));
	add_key(fuzzer.fz_rsa = new_key(EVP_PKEY_RSA));
	rsa = EVP_PKEY_get1_RSA(fuzzer.fz_rsa);
	if (keyname_ec(EVP_PKEY_get0_EC_KEY(fuzzer.fz_ec),
	    fuzzer.fz_ec_name) == -1 ||
	    keyname_rsa(rsa, fuzzer.fz_rsa_name) == -1 ||
	    RSA_padding_add_PKCS1_PSS(rsa, fuzzer.fz_block,
	    (const unsigned char *)"a digest of as many octets: 32..",
	    EVP_sha256(), -1) != 1)
		abort();
	RSA_free(rsa);
	return (0);
}

/* Check that a signature is of the request, by the key named. */
static void
test_signature(const struct key_request *kq, const struct key_answer *ka)
{
	EVP_PKEY_CTX	*ctx;
	unsigned char	 block[RSA_LEN];
	size_t		 len = sizeof(block);
	int		 ec = kq->kq_op == KEY_ECDSA;

	FUZZ(memcmp(kq->kq_key, ec ? fuzzer.fz_ec_name : fuzzer.fz_rsa_name,
	    KEY_NAME_LEN) == 0);
	ctx = EVP_PKEY_CTX_new(ec ? fuzzer.fz_ec : fuzzer.fz_rsa, NULL);
	if (ec) {
		FUZZ(kq->kq_len == 32);
		FUZZ(EVP_PKEY_verify_init(ctx) == 1);
		FUZZ(EVP_PKEY_verify(ctx, ka->ka_output, ka->ka_len,
		    kq->kq_input, 32) == 1);
	} else if (kq->kq_op == KEY_RSA_PKCS1) {
		FUZZ(kq->kq_len == 32 || kq->kq_len == 48 || kq->kq_len == 64);
		FUZZ(EVP_PKEY_verify_init(ctx) == 1);
		FUZZ(EVP_PKEY_CTX_set_rsa_padding(ctx,
		    RSA_PKCS1_PADDING) == 1);
		FUZZ(EVP_PKEY_CTX_set_signature_md(ctx, kq->kq_len == 32 ?
		    EVP_sha256() : kq->kq_len == 48 ? EVP_sha384() :
		    EVP_sha512()) == 1);
		FUZZ(EVP_PKEY_verify(ctx, ka->ka_output, ka->ka_len,
		    kq->kq_input, kq->kq_len) == 1);
	} else {
		FUZZ(kq->kq_op == KEY_RSA_PSS && kq->kq_len == RSA_LEN);
		FUZZ(EVP_PKEY_verify_recover_init(ctx) == 1);
		FUZZ(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1);
		FUZZ(EVP_PKEY_verify_recover(ctx, block, &len, ka->ka_output,
		    ka->ka_len) == 1);
		FUZZ(len == RSA_LEN && memcmp(block, kq->kq_input, len) == 0);
		/* The beginning and the end of every PSS encoding. */
		FUZZ(block[RSA_LEN - 1] == 0xbc && (block[0] & 0x80) == 0);
	}
	EVP_PKEY_CTX_free(ctx);
}

/* Octets to keypop, a read of its own for each, and a turn of its loop. */
static int
send_octets(int fd, const void *data, size_t len)
{
	if (len > 0 && send(fd, data, len, MSG_NOSIGNAL) != (ssize_t)len)
		return (-1);
	if (event_loop(EVLOOP_NONBLOCK) == -1)
		abort();
	return (0);
}

/* Make a valid request, changed by the input. */
static void
make_request(struct key_request *kq, uint8_t control, struct fuzz_input *fi)
{
	uint8_t	 at = fuzz_byte(fi), change = fuzz_byte(fi);

	memset(kq, 0, sizeof(*kq));
	kq->kq_seq = fuzzer.fz_count + 1;
	kq->kq_op = control & 1 ? KEY_ECDSA : KEY_RSA_PSS;
	kq->kq_len = control & 1 ? 32 : RSA_LEN;
	memcpy(kq->kq_key, control & 1 ? fuzzer.fz_ec_name :
	    fuzzer.fz_rsa_name, KEY_NAME_LEN);
	memcpy(kq->kq_input, fuzzer.fz_block, RSA_LEN);
	if ((control & 0x25) == 0x24) {
		kq->kq_op = KEY_RSA_PKCS1;
		kq->kq_len = 32;
	}
	((uint8_t *)kq)[at + (control & 0x40 ? 256 : 0)] ^= change;
	/* RSA is slow here; one in sixteen is enough. */
	if ((control & 0x1e) == 0)
		(void)fuzz_take(fi, kq->kq_input, control & 0x20 ? 255 : 4);
}

/* All answers that are there: one for each request.  1: keypop hung up. */
static int
test_answers(int fd, const struct key_request *kq, unsigned int asked,
    unsigned int *answered, unsigned int *refused)
{
	struct key_answer	 ka;
	ssize_t			 n;

	FUZZ(fuzzer.fz_count == asked || *refused >= KEY_REFUSALS_MAX);
	while ((n = recv(fd, &ka, sizeof(ka), MSG_DONTWAIT)) ==
	    (ssize_t)sizeof(ka)) {
		FUZZ(++*answered == asked);
		FUZZ(memcmp(&fuzzer.fz_asked, kq, sizeof(*kq)) == 0);
		FUZZ(ka.ka_seq == kq->kq_seq);
		FUZZ(ka.ka_len <= sizeof(ka.ka_output));
		FUZZ((ka.ka_status == KEY_SIGNED) == (ka.ka_len > 0));
		if (ka.ka_status == KEY_SIGNED)
			test_signature(kq, &ka);
		else
			*refused += ka.ka_status == KEY_REFUSED;
	}
	FUZZ(n <= 0);
	FUZZ((n == 0) == (*refused >= KEY_REFUSALS_MAX));
	FUZZ(*answered == asked);
	return (n == 0);
}

/* Send what the listener sends, and record its requests. */
static void
run(int fd, struct fuzz_input *fi)
{
	struct key_request	 kq, good;
	uint8_t			 buf[256], control;
	const uint8_t		*p;
	size_t			 have = 0, len, n;
	unsigned int		 asked = 0, answered = 0, refused = 0;

	while (fi->fi_len > 0) {
		control = fuzz_byte(fi);
		p = buf;
		len = (size_t)fuzz_byte(fi) + 1;
		if (control & 0x80) {
			make_request(&good, control, fi);
			p = (const uint8_t *)&good;
			len = sizeof(good);
		} else
			len = fuzz_take(fi, buf, len);
		for (; len > 0; p += n, len -= n) {
			if ((n = sizeof(kq) - have) > len)
				n = len;
			memcpy((uint8_t *)&kq + have, p, n);
			if (send_octets(fd, p, n) == -1)
				return;
			if ((have = (have + n) % sizeof(kq)) == 0)
				asked++;
			if (test_answers(fd, &kq, asked, &answered, &refused))
				return;
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input	 fi = { data, size };
	int			 fds[2], free_fd = fuzz_free_fd();

	fuzzer.fz_count = 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == -1)
		abort();
	listener_add(fds[0], 1, answer);
	run(fds[1], &fi);
	close(fds[1]);
	(void)send_octets(-1, NULL, 0);
	FUZZ(fuzz_free_fd() == free_fd);
	return (0);
}

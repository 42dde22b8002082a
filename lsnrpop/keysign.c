/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Signatures from keypop during a TLS handshake.  In: the block or digest that
 * the TLS library wants signed.  Out: the signature, or an error that fails
 * this handshake only.
 *
 * The library wants the answer at once, so the whole listener waits for it:
 * usually 50 microseconds for ECDSA, 500 for RSA-2048, never longer than
 * KEY_MILLISECONDS.  After a timeout nothing waits until the late answer has
 * come: a stopped keypop costs a listener's sessions one pause, not one per
 * handshake.
 */

/* Only the hooks of RSA and EC_KEY exist in both libraries. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <sys/types.h>
#include <sys/socket.h>

#include <openssl/ec.h>
#include <openssl/rsa.h>

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "digestinfo.h"
#include "keymsg.h"
#include "keyname.h"
#include "keysign.h"
#include "limits.h"
#include "log.h"
#include "peerloss.h"

static struct keysign {
	int			 ks_fd;
	int			 ks_late;	/* last answer is overdue */
	struct key_request	 ks_out;
	size_t			 ks_outpos;	/* octets written of it */
	struct key_answer	 ks_in;
	size_t			 ks_inlen;	/* octets read of it */
} keysign = { .ks_fd = -1 };

void
keysign_peer(int fd)
{
	if (keysign.ks_fd != -1)
		close(keysign.ks_fd);
	keysign.ks_fd = fd;
	keysign.ks_late = 0;
	keysign.ks_outpos = sizeof(keysign.ks_out);
	keysign.ks_inlen = 0;
}

uint64_t
keysign_count(void)
{
	return (keysign.ks_out.kq_seq);
}

static int64_t
keysign_now(void)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		fatal("clock_gettime");
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

/* Write the rest of the request.  Return 1 when done, 0 if not, -1 on error. */
static int
keysign_write(void)
{
	struct keysign	*ks = &keysign;
	ssize_t		 n;

	while (ks->ks_outpos < sizeof(ks->ks_out)) {
		n = send(ks->ks_fd, (const char *)&ks->ks_out + ks->ks_outpos,
		    sizeof(ks->ks_out) - ks->ks_outpos,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return (errno == EAGAIN ? 0 : -1);
		ks->ks_outpos += (size_t)n;
	}
	return (1);
}

/*
 * Read what has come of the answer.  Return 1 when it is complete, 0 if not,
 * -1 if keypop is gone.
 */
static int
keysign_read(void)
{
	struct keysign	*ks = &keysign;
	ssize_t		 n;

	for (;;) {
		n = recv(ks->ks_fd, (char *)&ks->ks_in + ks->ks_inlen,
		    sizeof(ks->ks_in) - ks->ks_inlen, MSG_DONTWAIT);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return (errno == EAGAIN ? 0 : -1);
		if (n == 0)
			return (-1);
		ks->ks_inlen += (size_t)n;
		if (ks->ks_inlen < sizeof(ks->ks_in))
			continue;
		ks->ks_inlen = 0;
		if (ks->ks_in.ka_seq == ks->ks_out.kq_seq)
			return (1);
	}
}

/* Do both without waiting; returns as keysign_read() does. */
static int
keysign_move(void)
{
	int	 done = keysign_write();

	return (done == 1 ? keysign_read() : done);
}

/* Do both, and wait up to KEY_MILLISECONDS for the whole answer. */
static int
keysign_wait(void)
{
	struct keysign	*ks = &keysign;
	struct pollfd	 pfd;
	int64_t		 end, left;
	int		 done;

	end = keysign_now() + KEY_MILLISECONDS;
	/* The answer cannot be here yet: call poll(2) first. */
	if (keysign_write() == -1)
		return (-1);
	do {
		if ((left = end - keysign_now()) <= 0)
			return (0);
		pfd.fd = ks->ks_fd;
		pfd.events = POLLIN;
		if (ks->ks_outpos < sizeof(ks->ks_out))
			pfd.events = POLLOUT;
		if (poll(&pfd, 1, (int)left) == -1 && errno != EINTR)
			return (-1);
	} while ((done = keysign_move()) == 0);
	return (done);
}

/* Put together the next request: len octets, which fit. */
static void
keysign_request(enum key_op op, const uint8_t *name, const void *in,
    size_t len)
{
	struct key_request	*kq = &keysign.ks_out;

	kq->kq_seq++;
	kq->kq_op = op;
	kq->kq_len = (uint32_t)len;
	memcpy(kq->kq_key, name, KEY_NAME_LEN);
	memset(kq->kq_input, 0, sizeof(kq->kq_input));
	memcpy(kq->kq_input, in, len);
	keysign.ks_outpos = 0;
}

/*
 * Have len octets signed by the key of that name.  The signature is written to
 * out, of size octets.  Return its length or -1.
 */
static int
keysign_ask(enum key_op op, const uint8_t *name, const void *in, size_t len,
    void *out, size_t size)
{
	struct keysign		*ks = &keysign;
	struct key_answer	*ka = &ks->ks_in;
	int			 done;

	if (len > sizeof(ks->ks_out.kq_input))
		return (-1);
	if (ks->ks_fd == -1) {
		peerloss_ask(ROLE_KEY);
		return (-1);
	}
	if (ks->ks_late) {
		if ((done = keysign_move()) == 0) {
			peerloss_ask(ROLE_KEY);
			return (-1);
		}
		if (done == -1)
			goto gone;
		ks->ks_late = 0;
		log_info("keypop answers again");
	}

	keysign_request(op, name, in, len);
	if ((done = keysign_wait()) == -1)
		goto gone;
	if (done == 0) {
		ks->ks_late = 1;
		log_warnx("keypop did not answer in %d ms: "
		    "handshakes fail until it does", KEY_MILLISECONDS);
		peerloss_ask(ROLE_KEY);
		return (-1);
	}
	if (ka->ka_status != KEY_SIGNED || ka->ka_len == 0 ||
	    ka->ka_len > sizeof(ka->ka_output) || ka->ka_len > size) {
		log_debug("keypop did not sign (%u)", ka->ka_status);
		return (-1);
	}
	memcpy(out, ka->ka_output, ka->ka_len);
	return ((int)ka->ka_len);

gone:
	log_warnx("keypop is gone: handshakes fail until it is back");
	keysign_peer(-1);
	peerloss_ask(ROLE_KEY);
	return (-1);
}

/*
 * Return the digest in a DigestInfo of TLS 1.2 and set *len to its length;
 * NULL if it is invalid.
 */
static const unsigned char *
keysign_digest(const unsigned char *from, size_t *len)
{
	const uint8_t	*prefix;

	if (*len < DIGESTINFO_LEN)
		return (NULL);
	*len -= DIGESTINFO_LEN;
	if ((prefix = digestinfo_prefix(*len)) == NULL ||
	    memcmp(from, prefix, DIGESTINFO_LEN) != 0)
		return (NULL);
	return (from + DIGESTINFO_LEN);
}

/*
 * RSA_meth_set_priv_enc(3): PSS arrives already padded, PKCS#1 v1.5 as a
 * DigestInfo, of which keypop gets only the digest.
 */
static int
keysign_rsa(int flen, const unsigned char *from, unsigned char *to, RSA *rsa,
    int padding)
{
	uint8_t		 name[KEY_NAME_LEN];
	enum key_op	 op = KEY_RSA_PSS;
	size_t		 len = (size_t)flen;
	int		 size = RSA_size(rsa);

	if (flen < 0 || keyname_rsa(rsa, name) == -1)
		return (-1);
	if (padding == RSA_PKCS1_PADDING) {
		op = KEY_RSA_PKCS1;
		if ((from = keysign_digest(from, &len)) == NULL)
			return (-1);
	} else if (padding != RSA_NO_PADDING || flen != size)
		return (-1);
	if (keysign_ask(op, name, from, len, to, (size_t)size) != size)
		return (-1);
	return (size);
}

/* EC_KEY_METHOD_set_sign(3), the one that makes an ECDSA_SIG. */
static ECDSA_SIG *
keysign_ec(const unsigned char *digest, int len, const BIGNUM *kinv,
    const BIGNUM *r, EC_KEY *ec)
{
	uint8_t			 name[KEY_NAME_LEN], sig[KEY_BLOCK_MAX];
	const unsigned char	*p = sig;
	int			 n;

	if (len <= 0 || keyname_ec(ec, name) == -1)
		return (NULL);
	n = keysign_ask(KEY_ECDSA, name, digest, (size_t)len, sig, sizeof(sig));
	if (n == -1)
		return (NULL);
	return (d2i_ECDSA_SIG(NULL, &p, n));
}

void
keysign_init(void)
{
	int		(*sign)(int, const unsigned char *, int,
			    unsigned char *, unsigned int *, const BIGNUM *,
			    const BIGNUM *, EC_KEY *);
	int		(*setup)(EC_KEY *, BN_CTX *, BIGNUM **, BIGNUM **);
	RSA_METHOD	*rsa;
	EC_KEY_METHOD	*ec;

	if ((rsa = RSA_meth_dup(RSA_get_default_method())) == NULL ||
	    RSA_meth_set_priv_enc(rsa, keysign_rsa) == 0)
		fatalx("cannot install the RSA method");
	RSA_set_default_method(rsa);

	if ((ec = EC_KEY_METHOD_new(EC_KEY_get_default_method())) == NULL)
		fatalx("cannot install the ECDSA method");
	EC_KEY_METHOD_get_sign(ec, &sign, &setup, NULL);
	EC_KEY_METHOD_set_sign(ec, sign, setup, keysign_ec);
	EC_KEY_set_default_method(ec);
}

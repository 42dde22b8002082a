/*
 * link: lsnrpop/keysign.o lib/keyname.o keypop/keyset.o keypop/certdate.o
 * link: keypop/pss.o keypop/pkcs1.o lib/asntime.o lib/digestinfo.o
 * link: lib/log.o lib/msg.o $(IMSG_OBJS)
 * timeout: 120
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Handshakes of TLS 1.3 in one process while the private keys are in another:
 * this one is the listener and never opens a key; a child of it is keypop
 * with its real keyset.c.  And what that child must refuse.
 */

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
	{ "ed25519", "genpkey -algorithm ed25519", 0, "RSA and ECDSA" },
	{ "rsapss", "genpkey -algorithm rsa-pss "
	    "-pkeyopt rsa_keygen_bits:2048", 0, "RSA and ECDSA" }
};
#define NKINDS	(sizeof(kinds) / sizeof(kinds[0]))

static int	 asked;			/* the parent, for keypop */

void
peerloss_ask(enum role role)
{
	CHECK(role == ROLE_KEY, "%d", role);
	asked++;
}

static const char *
file(const char *name, const char *suffix)
{
	static char	 buf[2][WORDY];
	static int	 which;

	which = !which;
	(void)snprintf(buf[which], sizeof(buf[which]), "%s.%s", name, suffix);
	return buf[which];
}

static int
make(const struct kind *k)
{
	char	 command[3 * WORDY];

	(void)snprintf(command, sizeof(command), "{ openssl %s >%s.key && "
	    "openssl req -x509 -new -key %s.key -subj /CN=%s.example "
	    "-addext subjectAltName=DNS:%s.example -days 2 -out %s.crt; } "
	    "2>/dev/null </dev/null", k->command, k->name, k->name, k->name,
	    k->name, k->name);
	return system(command) == 0 ? 0 : -1;
}

static int
must_open(const char *name)
{
	int	 fd;

	if ((fd = open(name, O_RDONLY)) == -1) {
		printf("not ok - cannot open %s\n", name);
		exit(1);
	}
	return fd;
}

static int
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
	return ret;
}

static int
add(struct keyset *ks, const char *cert, const char *key, char *why)
{
	return add_as(ks, cert, key, 0, why);
}

/* What keypop does, without its event loop. */
static void
keypop_loop(int fd, int tls12)
{
	struct keyset		*set;
	struct key_request	 kq;
	struct key_answer	 ka;
	char			 why[WORDY];
	size_t			 i;

	set = keyset_new();
	for (i = 0; i < NKINDS; i++)
		if (kinds[i].good &&
		    add_as(set, kinds[i].name, kinds[i].name, tls12,
		    why) == -1)
			printf("# %s\n", why);
	while (read(fd, &kq, sizeof(kq)) == (ssize_t)sizeof(kq)) {
		(void)keyset_answer(set, &kq, &ka);
		if (write(fd, &ka, sizeof(ka)) != (ssize_t)sizeof(ka))
			break;
	}
	keyset_free(set);
	_exit(0);
}

/*
 * Started before this process has hooks, which they would inherit.  The last
 * one has keys that TLS 1.2 is served with.
 */
static struct {
	int	 fd;
	pid_t	 pid;
} keypops[4];

static void
keypop_start_all(void)
{
	int	 fds[2], i;

	fflush(stdout);
	for (i = 0; i < 4; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1 ||
		    fcntl(fds[0], F_SETFL, O_NONBLOCK) == -1 ||
		    (keypops[i].pid = fork()) == -1)
			exit(1);
		if (keypops[i].pid == 0) {
			dup2(fds[1], 3);
			closefrom(4);
			keypop_loop(3, i == 3);
		}
		close(fds[1]);
		keypops[i].fd = fds[0];
	}
}

static uint8_t *
slurp(const char *name, size_t *len)
{
	uint8_t	*buf = malloc(65536);
	int	 fd = must_open(name);
	ssize_t	 n = read(fd, buf, 65536);

	close(fd);
	*len = n < 0 ? 0 : (size_t)n;
	return buf;
}

static struct tls_config *
server_config(const char *versions)
{
	struct tls_config	*config = tls_config_new();
	uint8_t			*cert;
	uint32_t		 protocols;
	size_t			 i, len;
	int			 first = 1, ret;

	tls_config_use_fake_private_key(config);
	if (tls_config_parse_protocols(&protocols, versions) == -1 ||
	    tls_config_set_protocols(config, protocols) == -1)
		exit(1);
	for (i = 0; i < NKINDS; i++) {
		if (!kinds[i].good)
			continue;
		cert = slurp(file(kinds[i].name, "crt"), &len);
		if (first)
			ret = tls_config_set_keypair_mem(config, cert, len,
			    NULL, 0);
		else
			ret = tls_config_add_keypair_mem(config, cert, len,
			    NULL, 0);
		first = 0;
		if (ret == -1)
			printf("# %s: %s\n", kinds[i].name,
			    tls_config_error(config));
		free(cert);
	}
	return config;
}

/* One pipe of octets between the two ends of a handshake. */
struct end {
	char	*in, *out;
	size_t	*inlen, *outlen;
};

static ssize_t
end_read(struct tls *ctx, void *buf, size_t len, void *arg)
{
	struct end	*e = arg;

	if (*e->inlen == 0)
		return TLS_WANT_POLLIN;
	if (len > *e->inlen)
		len = *e->inlen;
	memcpy(buf, e->in, len);
	memmove(e->in, e->in + len, *e->inlen - len);
	*e->inlen -= len;
	return (ssize_t)len;
}

static ssize_t
end_write(struct tls *ctx, const void *buf, size_t len, void *arg)
{
	struct end	*e = arg;

	if (len > 65536 - *e->outlen)
		len = 65536 - *e->outlen;
	if (len == 0)
		return TLS_WANT_POLLOUT;
	memcpy(e->out + *e->outlen, buf, len);
	*e->outlen += len;
	return (ssize_t)len;
}

/*
 * A whole handshake of TLSv1.2 or TLSv1.3; 0 if both ends are content with
 * it.
 */
static int
handshake_of(struct tls *server, const char *name, const char *version,
    char *error)
{
	static char		 up[65536], down[65536];
	size_t			 uplen = 0, downlen = 0;
	struct end		 se = { up, down, &uplen, &downlen };
	struct end		 ce = { down, up, &downlen, &uplen };
	struct tls_config	*config = tls_config_new();
	struct tls		*client = tls_client(), *conn = NULL;
	char			 host[WORDY];
	uint32_t		 protocols;
	int			 i, s = -1, c = -1;

	(void)snprintf(host, sizeof(host), "%s.example", name);
	(void)snprintf(error, WORDY, "no error told");
	tls_config_set_ca_file(config, file(name, "crt"));
	if (tls_config_parse_protocols(&protocols, version) == -1 ||
	    tls_config_set_protocols(config, protocols) == -1 ||
	    tls_configure(client, config) == -1 ||
	    tls_connect_cbs(client, end_read, end_write, &ce, host) == -1 ||
	    tls_accept_cbs(server, &conn, end_read, end_write, &se) == -1) {
		(void)snprintf(error, WORDY, "set up: %s / %s",
		    tls_error(client), tls_error(server));
		goto done;
	}
	for (i = 0; i < 20 && (s != 0 || c != 0); i++) {
		if (c != 0)
			c = tls_handshake(client);
		if (s != 0)
			s = tls_handshake(conn);
		if (s == -1 || c == -1)
			break;
	}
	if (s != 0)
		(void)snprintf(error, WORDY, "server: %s", tls_error(conn));
	else if (c != 0)
		(void)snprintf(error, WORDY, "client: %s", tls_error(client));
	else if (strcasecmp(tls_conn_version(client), version) != 0) {
		(void)snprintf(error, WORDY, "%s", tls_conn_version(client));
		s = -1;
	}
done:
	tls_free(client);
	tls_free(conn);
	tls_config_free(config);
	return s == 0 && c == 0 ? 0 : -1;
}

static int
handshake(struct tls *server, const char *name, char *error)
{
	return handshake_of(server, name, "tlsv1.3", error);
}

static uint64_t
milliseconds(void)
{
	struct timespec	 ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void
test_handshakes(struct tls *server)
{
	char	 error[WORDY], name[100];
	size_t	 i, j;
	int	 status;

	keysign_peer(keypops[0].fd);
	for (i = 0; i < NKINDS; i++) {
		if (!kinds[i].good)
			continue;
		(void)snprintf(name, sizeof(name), "TLS 1.3 handshakes with "
		    "the %s key in another process", kinds[i].name);
		unit_case(name);
		for (j = 0; j < 5; j++)
			CHECK(handshake(server, kinds[i].name, error) == 0,
			    "%s", error);
	}

	unit_case("without keypop a handshake fails, and works with a new one");
	kill(keypops[0].pid, SIGKILL);
	waitpid(keypops[0].pid, &status, 0);
	CHECK(handshake(server, "p256", error) == -1, "it worked");
	CHECK(handshake(server, "p256", error) == -1, "it worked");
	keysign_peer(keypops[1].fd);
	CHECK(handshake(server, "p256", error) == 0, "%s", error);
	keysign_peer(-1);
	waitpid(keypops[1].pid, &status, 0);
	CHECK(handshake(server, "p256", error) == -1, "it worked");
}

/* A server that has TLS 1.2, too; with keys that are for it, and others. */
static void
test_old(void)
{
	struct tls_config	*config = server_config("tlsv1.2:tlsv1.3");
	struct tls		*server = tls_server();
	char			 error[WORDY], name[100];
	int			 status;
	size_t			 i;

	CHECK(tls_configure(server, config) == 0, "%s", tls_error(server));
	for (i = 0; i < NKINDS; i++) {
		if (!kinds[i].good)
			continue;
		(void)snprintf(name, sizeof(name), "TLS 1.2 handshakes with "
		    "the %s key in another process", kinds[i].name);
		unit_case(name);
		keysign_peer(fcntl(keypops[3].fd, F_DUPFD_CLOEXEC, 0));
		CHECK(handshake_of(server, kinds[i].name, "tlsv1.2",
		    error) == 0, "%s", error);
		CHECK(handshake_of(server, kinds[i].name, "tlsv1.3",
		    error) == 0, "%s", error);
	}
	close(keypops[3].fd);
	keysign_peer(-1);
	waitpid(keypops[3].pid, &status, 0);
	tls_free(server);
	tls_config_free(config);
}

static void
test_slow(struct tls *server)
{
	char		 error[WORDY];
	uint64_t	 t;
	int		 status, i;
	pid_t		 pid = keypops[2].pid;

	unit_case("a stopped keypop costs one pause and no more, then it serves");
	keysign_peer(keypops[2].fd);
	CHECK(handshake(server, "p256", error) == 0, "%s", error);
	kill(pid, SIGSTOP);
	t = milliseconds();
	CHECK(handshake(server, "p256", error) == -1, "it worked");
	t = milliseconds() - t;
	CHECK(t >= KEY_MILLISECONDS - 10 && t < KEY_MILLISECONDS + 1000,
	    "%llu ms", (unsigned long long)t);
	t = milliseconds();
	for (i = 0; i < 20; i++)
		CHECK(handshake(server, "rsa2048", error) == -1, "it worked");
	t = milliseconds() - t;
	CHECK(t < 1000, "20 took %llu ms", (unsigned long long)t);
	kill(pid, SIGCONT);
	usleep(200000);
	CHECK(handshake(server, "rsa2048", error) == 0, "%s", error);
	CHECK(handshake(server, "p384", error) == 0, "%s", error);
	keysign_peer(-1);
	waitpid(pid, &status, 0);
	CHECK(asked > 0, "the parent does not know");
}

/* An answer to another request, a wrong length: never a signature. */
static void
test_liar(struct tls *server)
{
	struct key_request	 kq;
	struct key_answer	 ka;
	char			 error[WORDY];
	int			 fds[2], status, i;
	pid_t			 pid;

	unit_case("answers that fit nothing end a handshake only");
	fflush(stdout);
	for (i = 0; i < 3; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1 ||
		    fcntl(fds[0], F_SETFL, O_NONBLOCK) == -1 ||
		    (pid = fork()) == -1)
			exit(1);
		if (pid == 0) {
			close(fds[0]);
			while (read(fds[1], &kq, sizeof(kq)) > 0) {
				memset(&ka, 0x5a, sizeof(ka));
				ka.ka_seq = kq.kq_seq;
				ka.ka_status = KEY_SIGNED;
				ka.ka_len = i == 0 ? 513 : i == 1 ? 256 : 71;
				if (write(fds[1], &ka, sizeof(ka)) == -1)
					break;
			}
			_exit(0);
		}
		close(fds[1]);
		keysign_peer(fds[0]);
		CHECK(handshake(server, "p256", error) == -1, "EC %d", i);
		CHECK(handshake(server, "rsa2048", error) == -1, "RSA %d", i);
		keysign_peer(-1);
		waitpid(pid, &status, 0);
	}
}

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
	return ka.ka_status;
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
	CHECK(ask(ks, &kq) == KEY_UNKNOWN, "%s, a key that is none", name);
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

/* A reload that begins or ends TLS 1.2 keeps what a handshake may need. */
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
	CHECK(keyset_without(old, new) == 1, "not one");
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
test_files(void)
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
	unit_case("a key of another certificate is refused, both named");
	CHECK(add(ks, "p256", "rsa2048", why) == -1, "taken");
	CHECK(strstr(why, "p256") != NULL && strstr(why, "rsa2048") != NULL,
	    "%s", why);
	CHECK(add(ks, "rsa2056", "rsa2048", why) == -1, "taken");
	CHECK(system("cp p256.crt other.crt; openssl ecparam -name prime256v1"
	    " -genkey -noout >other.key 2>/dev/null") == 0, "openssl");
	CHECK(add(ks, "other", "other", why) == -1, "taken");

	unit_case("files that are no keys or certificates are refused");
	CHECK(system(": >none.crt; : >none.key; cp p256.crt swap.key; "
	    "cp p256.key swap.crt; head -c 300000 /dev/zero >big.key; "
	    "cp p256.crt big.crt; cp p256.crt cut.crt; "
	    "head -c 100 p256.key >cut.key; cp p256.crt locked.crt; "
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
	struct tls_config	*config;
	struct tls		*server;
	struct keyset		*ks;
	char			 why[WORDY];
	size_t			 i;

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
	unit_case("a key that served TLS 1.2 lives on beside one that does not");
	test_replaced();
	test_files();

	/* From here on no key is opened in this process. */
	keypop_start_all();
	keysign_init();
	server = tls_server();
	config = server_config("tlsv1.3");
	if (tls_configure(server, config) == -1) {
		printf("not ok - tls_configure: %s\n", tls_error(server));
		return 1;
	}
	test_handshakes(server);
	test_old();
	test_slow(server);
	test_liar(server);
	tls_free(server);
	tls_config_free(config);
	return unit_done();
}

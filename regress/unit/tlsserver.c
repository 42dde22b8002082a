/*
 * link: lsnrpop/tlsio.o lsnrpop/tlsio_server.o lsnrpop/cert.o
 * link: lsnrpop/certname.o lib/asntime.o lib/log.o
 * link: $(COMPAT_TLS)
 * timeout: 60
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What a listening socket serves: which certificate a client gets, versions of
 * TLS, ALPN, certificates of clients.  The client is OpenSSL's own, and the
 * private key is here, one for all certificates.
 */

#define OPENSSL_SUPPRESS_DEPRECATED

#include <sys/types.h>
#include <sys/socket.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "lsnrpop/cert.h"
#include "lsnrpop/keysign.h"
#include "lsnrpop/tlsio.h"
#include "lsnrpop/tlsio_server.h"
#include "unit.h"

#define DAY	(24 * 60 * 60)
#define FILE_LEN	16384

static struct {
	EC_KEY		*key;
	struct cert	*a, *b;
} t;

/* A client's settings, and what it saw. */
struct visit {
	const char	*host, *alpn;
	int		 version;		/* 0: any */
	char		 subject[64], selected[16], suite[64];
	int		 got_version, ticket;
};

static ECDSA_SIG *
sign(const unsigned char *digest, int len, const BIGNUM *kinv, const BIGNUM *r,
    EC_KEY *ec)
{
	return (ECDSA_do_sign(digest, len, t.key));
}

void
keysign_init(void)
{
	int		(*old)(int, const unsigned char *, int,
			    unsigned char *, unsigned int *, const BIGNUM *,
			    const BIGNUM *, EC_KEY *);
	int		(*setup)(EC_KEY *, BN_CTX *, BIGNUM **, BIGNUM **);
	EC_KEY_METHOD	*ec;
	FILE		*f = fopen("k.key", "r");

	t.key = PEM_read_ECPrivateKey(f, NULL, NULL, NULL);
	fclose(f);
	ec = EC_KEY_METHOD_new(EC_KEY_get_default_method());
	EC_KEY_METHOD_get_sign(ec, &old, &setup, NULL);
	EC_KEY_METHOD_set_sign(ec, old, setup, sign);
	EC_KEY_set_default_method(ec);
}

/* An authority and two servers. */
static int
make(void)
{
	return (system("exec >make.log 2>&1; set -e -x\n"
	    "new() { openssl ecparam -name prime256v1 -genkey -noout "
	    "-out $1.key; }\n"
	    "new ca; new k\n"
	    "openssl req -x509 -new -key ca.key -subj /CN=ca -days 30 "
	    "-out ca.crt\n"
	    "issue() { openssl req -new -key k.key -subj /CN=$1 -out x.csr; "
	    "echo \"subjectAltName=$3\" >x.ext; openssl x509 -req -in x.csr "
	    "-CA ca.crt -CAkey ca.key -set_serial $2 -days 20 -extfile x.ext "
	    "-out $1.crt; }\n"
	    "issue a 11 DNS:a.example\n"
	    "issue b 12 DNS:b.example,DNS:c.example\n"));
}

static uint8_t *
slurp(const char *name, size_t *len)
{
	uint8_t	*buf = malloc(FILE_LEN);
	int	 fd = open(name, O_RDONLY);
	ssize_t	 n = read(fd, buf, FILE_LEN);

	close(fd);
	*len = n < 0 ? 0 : (size_t)n;
	return (buf);
}

static struct cert *
cert(unsigned int index, const char *name)
{
	struct cert	*ce;
	uint8_t		*data;
	size_t		 len;
	char		 why[200] = "";

	data = slurp(name, &len);
	ce = cert_new(index, name, data, len, why, sizeof(why));
	free(data);
	CHECK(ce != NULL, "%s", why);
	return (ce);
}

static struct tlsio_server *
server(struct cert *const *certs, size_t n, int tls12)
{
	struct tlsio_use	 tu = { certs, n, tls12 };
	struct tlsio_server	*ts;
	char			 why[200] = "";

	ts = tlsio_server_new(&tu, why, sizeof(why));
	CHECK(ts != NULL, "%s", why);
	return (ts);
}

static SSL *
client(SSL_CTX *ctx, const struct visit *v, int fd)
{
	unsigned char	 alpn[16];
	SSL		*ssl;

	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	if (v->version != 0) {
		SSL_CTX_set_min_proto_version(ctx, v->version);
		SSL_CTX_set_max_proto_version(ctx, v->version);
	}
	ssl = SSL_new(ctx);
	SSL_set_fd(ssl, fd);
	SSL_set_connect_state(ssl);
	if (v->host != NULL)
		SSL_set_tlsext_host_name(ssl, v->host);
	if (v->alpn != NULL) {
		alpn[0] = (unsigned char)strlen(v->alpn);
		memcpy(alpn + 1, v->alpn, alpn[0]);
		SSL_set_alpn_protos(ssl, alpn, alpn[0] + 1U);
	}
	return (ssl);
}

static void
see(struct visit *v, SSL *ssl)
{
	const unsigned char	*p;
	unsigned int		 n;
	X509			*x = SSL_get_peer_certificate(ssl);

	X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName,
	    v->subject, sizeof(v->subject));
	X509_free(x);
	SSL_get0_alpn_selected(ssl, &p, &n);
	snprintf(v->selected, sizeof(v->selected), "%.*s", (int)n, p);
	snprintf(v->suite, sizeof(v->suite), "%s",
	    SSL_get_cipher_name(ssl));
	v->got_version = SSL_version(ssl);
	v->ticket = SSL_SESSION_has_ticket(SSL_get_session(ssl));
}

/* Connect to a server.  Return 0 if the handshake is complete. */
static int
visit(struct tlsio_server *ts, struct visit *v)
{
	enum tlsio_status	 status = TLSIO_WANT_READ;
	SSL_CTX			*ctx = SSL_CTX_new(TLS_client_method());
	SSL			*ssl;
	struct tlsio		*tio;
	size_t			 n;
	char			 buf[100];
	int			 fds[2], i, shaken = 0, rv;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == -1)
		exit(1);
	tio = tlsio_accept(ts, fds[0]);
	ssl = client(ctx, v, fds[1]);
	for (i = 0; i < 10; i++) {
		ERR_clear_error();
		if (!shaken)
			shaken = SSL_do_handshake(ssl) == 1;
		tlsio_readable(tio);
		tlsio_begin(tio);
		if (status != TLSIO_OK && status != TLSIO_ERROR)
			status = tlsio_handshake(tio);
		(void)tlsio_send(tio, &n);
	}
	/* An alert of the server's comes after the client's handshake. */
	rv = shaken && status == TLSIO_OK ? 0 : -1;
	if (rv == 0) {
		(void)SSL_read(ssl, buf, sizeof(buf));
		see(v, ssl);
	}
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	tlsio_free(tio);
	close(fds[0]);
	close(fds[1]);
	return (rv);
}

/* What a client asks for, and the certificate that it gets. */
static const struct {
	const char	*host, *subject;
} hosts[] = {
	{ NULL, "a" }, { "a.example", "a" }, { "b.example", "b" },
	{ "c.example", "b" }, { "d.example", "a" }
};

static void
test_names(void)
{
	struct cert		*both[] = { t.a, t.b };
	struct tlsio_server	*ts = server(both, 2, 0);
	size_t			 i;

	unit_case("each name gets its certificate");
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct visit	 v = { .host = hosts[i].host };

		CHECK(visit(ts, &v) == 0, "%zu failed", i);
		CHECK(strcmp(v.subject, hosts[i].subject) == 0, "%zu: %s", i,
		    v.subject);
	}
	tlsio_server_free(ts);
}

static void
test_socket_names(void)
{
	struct tlsio_server	*only = server(&t.b, 1, 0);
	size_t			 i;

	unit_case("a socket has the certificates that are for it, no others");
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct visit	 v = { .host = hosts[i].host };

		CHECK(visit(only, &v) == 0 && strcmp(v.subject, "b") == 0,
		    "%zu: %s", i, v.subject);
	}
	tlsio_server_free(only);
}

static void
test_facts(void)
{
	struct certfacts	 cx;
	time_t			 now = time(NULL);

	unit_case("what is served can be told");
	cert_describe(t.b, &cx);
	CHECK(strcmp(cx.cx_names, "b.example c.example") == 0, "%s",
	    cx.cx_names);
	CHECK(strcmp(cx.cx_file, "b.crt") == 0, "%s", cx.cx_file);
	CHECK(cx.cx_not_after > now + 19 * DAY &&
	    cx.cx_not_after <= now + 20 * DAY && cx.cx_not_before <= now,
	    "%lld", (long long)cx.cx_not_after);
}

static void
test_tls_versions(void)
{
	struct tlsio_server	*new = server(&t.a, 1, 0);
	struct tlsio_server	*old = server(&t.a, 1, 1);
	struct visit		 v12 = { .version = TLS1_2_VERSION };
	struct visit		 v13 = { .host = NULL };
	struct visit		 v11 = { .version = TLS1_1_VERSION };

	unit_case("TLS 1.2 only where it is served, 1.1 nowhere");
	CHECK(visit(new, &v12) == -1, "1.2 where it is not");
	CHECK(visit(old, &v11) == -1, "1.1");
	CHECK(visit(old, &v12) == 0 && v12.got_version == TLS1_2_VERSION,
	    "%x", v12.got_version);
	CHECK(strncmp(v12.suite, "ECDHE-ECDSA-", 12) == 0 &&
	    (strstr(v12.suite, "GCM") != NULL ||
	    strstr(v12.suite, "POLY1305") != NULL), "%s", v12.suite);
	CHECK(visit(old, &v13) == 0 && v13.got_version == TLS1_3_VERSION,
	    "%x", v13.got_version);
	CHECK(visit(new, &v13) == 0 && v13.got_version == TLS1_3_VERSION,
	    "%x", v13.got_version);
	tlsio_server_free(new);
	tlsio_server_free(old);
}

static void
test_no_ticket(void)
{
	struct tlsio_server	*new = server(&t.a, 1, 0);
	struct tlsio_server	*old = server(&t.a, 1, 1);
	struct visit		 v12 = { .version = TLS1_2_VERSION };
	struct visit		 v13 = { .host = NULL };

	unit_case("no ticket in TLS 1.2 and 1.3");
	CHECK(visit(old, &v12) == 0 && visit(new, &v13) == 0, "failed");
	CHECK(!v12.ticket && !v13.ticket, "%d %d", v12.ticket, v13.ticket);
	tlsio_server_free(new);
	tlsio_server_free(old);
}

static void
test_alpn(void)
{
	struct tlsio_server	*ts = server(&t.a, 1, 0);
	struct visit		 pop3 = { .alpn = "pop3" };
	struct visit		 http = { .alpn = "h2" },
	    none = { .alpn = NULL };

	unit_case("ALPN: pop3 is chosen, nothing else is");
	CHECK(visit(ts, &pop3) == 0 && strcmp(pop3.selected, "pop3") == 0,
	    "%s", pop3.selected);
	CHECK(visit(ts, &none) == 0 && none.selected[0] == '\0', "%s",
	    none.selected);
	/* libtls leaves it at that, where RFC 7301 wants an alert. */
	CHECK(visit(ts, &http) == -1 || http.selected[0] == '\0', "%s",
	    http.selected);
	tlsio_server_free(ts);
}

int
main(void)
{
	log_init("tlsserver");
	signal(SIGPIPE, SIG_IGN);
	unit_case("certificates can be made");
	if (make() != 0) {
		unit_skip("openssl(1) makes none here");
		return (unit_done());
	}
	tlsio_init();
	t.a = cert(1, "a.crt");
	t.b = cert(3, "b.crt");
	test_names();
	test_socket_names();
	test_facts();
	test_tls_versions();
	test_no_ticket();
	test_alpn();
	cert_free(t.a);
	cert_free(t.b);
	return (unit_done());
}

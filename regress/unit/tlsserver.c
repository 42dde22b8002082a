/*
 * link: lsnrpop/tlsio.o lsnrpop/tlsio_server.o lsnrpop/cert.o
 * link: lsnrpop/certname.o lsnrpop/staple.o lib/asntime.o lib/log.o
 * link: $(COMPAT_TLS)
 * timeout: 60
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * What a listening socket serves: which certificate and which staple a client
 * gets, and until when; versions of TLS, ALPN, certificates of clients.  The
 * client is OpenSSL's own, time(3) is what the case says, and the private key
 * is here, one for all certificates.
 */

#define OPENSSL_SUPPRESS_DEPRECATED

#include <sys/types.h>
#include <sys/socket.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
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
	time_t		 now;
	EC_KEY		*key;
	struct cert	*a, *b;
	char		 logged[2048];
	unsigned int	 lines;
} t;

/* A client's settings, and what it saw. */
struct visit {
	const char	*host, *alpn, *person;	/* person: a pair of files */
	int		 version;		/* 0: any */
	char		 subject[64], selected[16], name[64], suite[64];
	int		 staple;		/* octets, -1: none */
	long		 serial;		/* that the staple is for */
	int		 got_version, ticket;
};

time_t
time(time_t *when)
{
	if (when != NULL)
		*when = t.now;
	return (t.now);
}

static void
logged(int level, const char *text)
{
	t.lines++;
	snprintf(t.logged, sizeof(t.logged), "%s", text);
}

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

/* An authority, two servers, persons of which the last is a stranger's. */
static int
make(void)
{
	return (system("exec >make.log 2>&1; set -e -x\n"
	    "new() { openssl ecparam -name prime256v1 -genkey -noout "
	    "-out $1.key; }\n"
	    "new ca; new other; new k\n"
	    "for c in ca other; do openssl req -x509 -new -key $c.key "
	    "-subj /CN=$c -days 30 -out $c.crt; done\n"
	    "issue() { openssl req -new -key $3.key -subj \"$5\" -out x.csr; "
	    "printf '%s\\n' \"$6\" >x.ext; openssl x509 -req -in x.csr "
	    "-CA $4.crt -CAkey $4.key -set_serial $2 -days 20 -extfile x.ext "
	    "-out $1.crt; }\n"
	    "issue a 11 k ca /CN=a subjectAltName=DNS:a.example\n"
	    "issue b 12 k ca /CN=b subjectAltName=DNS:b.example,DNS:c.example\n"
	    "issue mail 21 k ca /CN=joe "
	    "subjectAltName=DNS:j.example,email:joe@example.org\n"
	    "issue common 22 k ca /CN=jane basicConstraints=CA:FALSE\n"
	    "issue two 23 k ca /CN=joe "
	    "subjectAltName=email:joe@example.org,email:ann@example.org\n"
	    "issue blank 24 k ca '/CN=joe doe' basicConstraints=CA:FALSE\n"
	    "issue foreign 21 k other /CN=joe basicConstraints=CA:FALSE\n"
	    "for p in mail common two blank foreign; do cp k.key $p.key; done\n"
	    "printf 'V\\t460101000000Z\\t\\t0B\\tunknown\\t/CN=a\\n"
	    "V\\t460101000000Z\\t\\t0C\\tunknown\\t/CN=b\\n' >good.idx\n"
	    "printf 'R\\t460101000000Z\\t250101000000Z\\t0B\\tunknown"
	    "\\t/CN=a\\n' "
	    ">revoked.idx\n"
	    ": >unknown.idx\n"
	    "staple() { openssl ocsp -issuer ca.crt -cert $2.crt -no_nonce "
	    "-reqout x.req; openssl ocsp -index $3.idx -CA ca.crt "
	    "-rsigner ca.crt -rkey ca.key -reqin x.req -respout $1.ocsp $4; }\n"
	    "staple a a good '-ndays 7'; staple b b good '-ndays 3'\n"
	    "staple forever a good ''\n"
	    "staple revoked a revoked '-ndays 7'\n"
	    "staple unknown a unknown '-ndays 7'\n"));
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
cert(unsigned int index, const char *name, const char *staple)
{
	struct cert	*ce;
	uint8_t		*data;
	size_t		 len;
	char		 why[200] = "";

	data = slurp(name, &len);
	ce = cert_new(index, name, data, len, why, sizeof(why));
	free(data);
	CHECK(ce != NULL, "%s", why);
	if (staple == NULL)
		return (ce);
	data = slurp(staple, &len);
	CHECK(cert_staple(ce, staple, data, len, 1, why, sizeof(why)) == 0,
	    "%s", why);
	free(data);
	return (ce);
}

static struct tlsio_server *
server(struct cert *const *certs, size_t n, int tls12, const char *ca)
{
	struct tlsio_use	 tu = { certs, n, tls12, ca, NULL, 0 };
	struct tlsio_server	*ts;
	uint8_t			*pem = NULL;
	char			 why[200] = "";

	if (ca != NULL)
		tu.tu_ca = pem = slurp(ca, &tu.tu_calen);
	ts = tlsio_server_new(&tu, why, sizeof(why));
	free(pem);
	CHECK(ts != NULL || ca != NULL, "%s", why);
	return (ts);
}

static SSL *
client(SSL_CTX *ctx, const struct visit *v, int fd)
{
	char		 file[64];
	unsigned char	 alpn[16];
	SSL		*ssl;

	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	if (v->version != 0) {
		SSL_CTX_set_min_proto_version(ctx, v->version);
		SSL_CTX_set_max_proto_version(ctx, v->version);
	}
	if (v->person != NULL) {
		snprintf(file, sizeof(file), "%s.crt", v->person);
		CHECK(SSL_CTX_use_certificate_file(ctx, file,
		    SSL_FILETYPE_PEM) == 1, "%s", file);
		snprintf(file, sizeof(file), "%s.key", v->person);
		CHECK(SSL_CTX_use_PrivateKey_file(ctx, file,
		    SSL_FILETYPE_PEM) == 1, "%s", file);
	}
	ssl = SSL_new(ctx);
	SSL_set_fd(ssl, fd);
	SSL_set_connect_state(ssl);
	/* LibreSSL has its staple in the request for a certificate, too. */
	if (v->person == NULL)
		SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp);
	if (v->host != NULL)
		SSL_set_tlsext_host_name(ssl, v->host);
	if (v->alpn != NULL) {
		alpn[0] = (unsigned char)strlen(v->alpn);
		memcpy(alpn + 1, v->alpn, alpn[0]);
		SSL_set_alpn_protos(ssl, alpn, alpn[0] + 1U);
	}
	return (ssl);
}

/* The serial number that a staple is about. */
static long
serial_of(const unsigned char *der, long len)
{
	OCSP_RESPONSE	*response = d2i_OCSP_RESPONSE(NULL, &der, len);
	OCSP_BASICRESP	*basic = OCSP_response_get1_basic(response);
	ASN1_INTEGER	*serial;
	long		 n;

	OCSP_id_get0_info(NULL, NULL, NULL, &serial,
	    (OCSP_CERTID *)(uintptr_t)OCSP_SINGLERESP_get0_id(
	    OCSP_resp_get0(basic, 0)));
	n = ASN1_INTEGER_get(serial);
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	return (n);
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
	v->staple = (int)SSL_get_tlsext_status_ocsp_resp(ssl, &p);
	v->serial = v->staple > 0 ? serial_of(p, v->staple) : 0;
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
		if (tlsio_person(tio, v->name, sizeof(v->name)) == -1)
			v->name[0] = '\0';
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
	long		 serial;
} hosts[] = {
	{ NULL, "a", 11 }, { "a.example", "a", 11 },
	{ "b.example", "b", 12 }, { "c.example", "b", 12 },
	{ "d.example", "a", 11 }
};

static void
test_names_staples(void)
{
	struct cert		*both[] = { t.a, t.b };
	struct tlsio_server	*ts = server(both, 2, 0, NULL);
	size_t			 i;

	unit_case("each name gets its certificate with the staple of it");
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct visit	 v = { .host = hosts[i].host };

		CHECK(visit(ts, &v) == 0, "%zu failed", i);
		CHECK(strcmp(v.subject, hosts[i].subject) == 0, "%zu: %s", i,
		    v.subject);
		CHECK(v.serial == hosts[i].serial, "%zu: %ld", i, v.serial);
	}
	tlsio_server_free(ts);
}

static void
test_socket_names(void)
{
	struct tlsio_server	*only = server(&t.b, 1, 0, NULL);
	size_t			 i;

	unit_case("a socket has the certificates that are for it, no others");
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct visit	 v = { .host = hosts[i].host };

		CHECK(visit(only, &v) == 0 && strcmp(v.subject, "b") == 0 &&
		    v.serial == 12, "%zu: %s", i, v.subject);
	}
	tlsio_server_free(only);
}

static void
test_staple_ends(void)
{
	struct cert		*both[] = { t.a, t.b };
	struct tlsio_server	*ts = server(both, 2, 0, NULL);
	struct visit		 a = { .host = "a.example" };
	struct visit		 b = { .host = "b.example" };
	time_t			 began = t.now;

	unit_case("an expired staple is no longer sent, and logged");
	t.lines = 0;
	CHECK(visit(ts, &a) == 0 && visit(ts, &b) == 0, "failed");
	CHECK(a.serial == 11 && b.serial == 12 && t.lines == 0, "%s",
	    t.logged);
	t.now = began + 4 * DAY;
	CHECK(visit(ts, &a) == 0 && visit(ts, &b) == 0, "failed");
	CHECK(a.serial == 11 && b.staple == -1, "%ld %d", a.serial, b.staple);
	CHECK(t.lines == 1 && strstr(t.logged, "b.ocsp has expired: 20") !=
	    NULL, "%u: %s", t.lines, t.logged);
	CHECK(visit(ts, &b) == 0 && b.staple == -1 && t.lines == 1, "%u",
	    t.lines);
	t.now = began + 8 * DAY;
	CHECK(visit(ts, &a) == 0 && a.staple == -1, "%d", a.staple);
	CHECK(t.lines == 2 && strstr(t.logged, "a.ocsp") != NULL, "%s",
	    t.logged);
	t.now = began;
	tlsio_server_free(ts);
}

static void
test_staple_begins(void)
{
	struct cert		*both[] = { t.a, t.b };
	struct tlsio_server	*ts = server(both, 2, 0, NULL);
	struct visit		 a = { .host = "a.example" };
	time_t			 began = t.now;

	unit_case("a staple that begins later is sent from then on");
	t.now = began - DAY;
	CHECK(visit(ts, &a) == 0 && a.staple == -1, "%d", a.staple);
	CHECK(strstr(t.logged, "is not valid yet: not sent") != NULL, "%s",
	    t.logged);
	t.now = began;
	CHECK(visit(ts, &a) == 0 && a.serial == 11, "%ld", a.serial);
	tlsio_server_free(ts);
}

static void
test_staple_bad(void)
{
	static const struct {
		const char		*file, *text;
		enum staple_state	 state;
	} odd[] = {
		{ "b.ocsp", "is for another certificate", STAPLE_OTHER },
		{ "revoked.ocsp", "is revoked", STAPLE_REVOKED },
		{ "unknown.ocsp", "is unknown", STAPLE_UNKNOWN },
		{ "forever.ocsp", "has expired: no date", STAPLE_EXPIRED }
	};
	struct tlsio_server	*ts;
	struct certfacts	 cx;
	struct cert		*ce;
	struct visit		 v = { .host = NULL };
	size_t			 i;

	unit_case("a staple that is not good is logged and not sent");
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		t.lines = 0;
		ce = cert(0, "a.crt", odd[i].file);
		CHECK(t.lines == 1 && strstr(t.logged, odd[i].text) != NULL,
		    "%s: %s", odd[i].file, t.logged);
		cert_describe(ce, t.now, &cx);
		CHECK(cx.cx_staple == odd[i].state, "%u", cx.cx_staple);
		ts = server(&ce, 1, 0, NULL);
		CHECK(visit(ts, &v) == 0 && v.staple == -1, "%s: %d",
		    odd[i].file, v.staple);
		tlsio_server_free(ts);
		cert_free(ce);
	}
}

static void
test_staple_none(void)
{
	struct cert	*ce;
	char		 why[200];

	unit_case("anything but an OCSP response is an error with the file");
	ce = cert(0, "a.crt", NULL);
	CHECK(cert_staple(ce, "x.ocsp", (const uint8_t *)"0\003\n\001\006x", 6,
	    1, why, sizeof(why)) == -1 && strstr(why,
	    "x.ocsp is not an OCSP") != NULL, "%s", why);
	cert_free(ce);
	ce = cert(0, "a.crt", NULL);
	CHECK(cert_staple(ce, "x.ocsp", (const uint8_t *)"0\003\n\001\006", 5,
	    1, why, sizeof(why)) == -1 && strstr(why, "error response") != NULL,
	    "%s", why);
	cert_free(ce);
}

static void
test_facts(void)
{
	struct certfacts	 cx;

	unit_case("what is served can be told");
	cert_describe(t.b, t.now, &cx);
	CHECK(strcmp(cx.cx_names, "b.example c.example") == 0, "%s",
	    cx.cx_names);
	CHECK(strcmp(cx.cx_file, "b.crt") == 0 && cx.cx_pair == 3, "%s %u",
	    cx.cx_file, cx.cx_pair);
	CHECK(cx.cx_staple == STAPLE_FRESH &&
	    cx.cx_staple_until > t.now + 2 * DAY &&
	    cx.cx_staple_until <= t.now + 3 * DAY, "%u until %lld",
	    cx.cx_staple, (long long)cx.cx_staple_until);
	CHECK(cx.cx_not_after > t.now + 19 * DAY &&
	    cx.cx_not_after <= t.now + 20 * DAY && cx.cx_not_before <= t.now,
	    "%lld", (long long)cx.cx_not_after);
}

static void
test_tls_versions(void)
{
	struct tlsio_server	*new = server(&t.a, 1, 0, NULL);
	struct tlsio_server	*old = server(&t.a, 1, 1, NULL);
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
	CHECK(v12.serial == 11, "%ld", v12.serial);
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
	struct tlsio_server	*new = server(&t.a, 1, 0, NULL);
	struct tlsio_server	*old = server(&t.a, 1, 1, NULL);
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
	struct tlsio_server	*ts = server(&t.a, 1, 0, NULL);
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

static const struct {
	const char	*files, *name;	/* NULL: turned away */
} persons[] = {
	{ NULL, NULL }, { "foreign", NULL },
	{ "mail", "joe@example.org" }, { "common", "jane" },
	{ "two", "" }, { "blank", "" }
};

static void
test_verify_authority(void)
{
	struct tlsio_server	*ts = server(&t.a, 1, 1, "ca.crt");
	size_t			 i;
	int			 version;

	unit_case("verify: only clients with a certificate of the CA");
	for (i = 0; i < 2 * sizeof(persons) / sizeof(persons[0]); i++) {
		struct visit	 v = { .person = persons[i / 2].files };
		const char	*name = persons[i / 2].name;

		version = i & 1 ? TLS1_3_VERSION : TLS1_2_VERSION;
		v.version = version;
		if (name == NULL) {
			CHECK(visit(ts, &v) == -1, "%zu came in", i);
			continue;
		}
		CHECK(visit(ts, &v) == 0 && strcmp(v.name, name) == 0,
		    "%zu: %s", i, v.name);
	}
	tlsio_server_free(ts);
}

static void
test_verify_off(void)
{
	struct tlsio_server	*open_to_all = server(&t.a, 1, 1, NULL);
	size_t			 i;

	unit_case("without verify a certificate is not even asked for");
	for (i = 1; i < sizeof(persons) / sizeof(persons[0]); i++) {
		struct visit	 v = { .person = persons[i].files };

		CHECK(visit(open_to_all, &v) == 0 && v.name[0] == '\0',
		    "%zu: %s", i, v.name);
	}
	tlsio_server_free(open_to_all);
}

static void
test_verify_empty(void)
{
	unit_case("a file without authorities is refused");
	CHECK(server(&t.a, 1, 0, "k.key") == NULL, "a key");
	CHECK(server(&t.a, 1, 0, "make.log") == NULL, "a log");
}

int
main(void)
{
	struct timespec	 ts;

	log_init("tlsserver");
	log_to(logged);
	signal(SIGPIPE, SIG_IGN);
	unit_case("certificates and staples can be made");
	if (make() != 0) {
		unit_skip("openssl(1) makes none here");
		return (unit_done());
	}
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	t.now = ts.tv_sec;
	tlsio_init();
	t.a = cert(1, "a.crt", "a.ocsp");
	t.b = cert(3, "b.crt", "b.ocsp");
	test_names_staples();
	test_socket_names();
	test_staple_bad();
	test_staple_none();
	test_facts();
	test_tls_versions();
	test_no_ticket();
	test_alpn();
	test_verify_authority();
	test_verify_off();
	test_verify_empty();
	test_staple_ends();
	test_staple_begins();
	cert_free(t.a);
	cert_free(t.b);
	return (unit_done());
}

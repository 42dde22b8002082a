/*
 * link: keypop/listener.o keypop/keyset.o keypop/certdate.o keypop/pss.o
 * link: keypop/pkcs1.o lib/asntime.o lib/digestinfo.o
 * link: lib/keyname.o lib/confset.o lib/msg.o lib/log.o lib/source.o
 * link: lib/version.o
 * link: $(IMSG_OBJS)
 * link: lib/setting.o
 * link: lib/count.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The keys of keypop across configurations: keys that a handshake may still or
 * already need sign; all others are unknown, and requesting one is not counted
 * as an offence.
 */

#define OPENSSL_SUPPRESS_DEPRECATED

/* The whole program with its handlers, without its start. */
#define main	keypop_main
#include "keypop/keypop.c"
#undef main

#include <sys/socket.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <fcntl.h>
#include <signal.h>

#include "keyname.h"
#include "timers.h"
#include "unit.h"

/* Seconds for which an old key is kept. */
#define KEPT	(HANDSHAKE_SECONDS + PING_SECONDS)

#define NKEYS		(KEYSETS_OLD + 3)
#define GEN		7		/* of the listener */

static struct {
	struct {
		uint8_t	 name[KEY_NAME_LEN];
		int	 cert, key;		/* files */
	}		 keys[NKEYS];
	int		 good, bad;	/* answers to the parent */
	int		 socket;	/* the listener's end */
	struct timer	*reader;	/* and what reads from it */
} t;

int	 keypop_main(int, char *[]);

struct verdict
proc_verbose(void *arg, const void *data, int fd)
{
	return (TAKEN);
}

void
proc_version(int argc, char *argv[], const char *name)
{
}

void
proc_start(const char *name, const struct chan_rule *rules)
{
}

void
proc_drop(int argc, char *argv[])
{
}

void
proc_run(void)
{
	exit(1);
}

struct verdict
proc_ping(void *arg, const void *data, int fd)
{
	return (TAKEN);
}

int
proc_send(uint32_t type, const void *data, int fd)
{
	t.good += type == MSG_CONF_OK;
	t.bad += type == MSG_CONF_BAD;
	return (0);
}

static void
silent(int level, const char *text)
{
}

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

/* A key of P-256 and a certificate of its own. */
static void
make_key(int i)
{
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
	EVP_PKEY	*pkey = NULL;
	X509		*x = X509_new();

	if (ctx == NULL || x == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx,
	    NID_X9_62_prime256v1) != 1 || EVP_PKEY_keygen(ctx, &pkey) != 1)
		abort();
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_set_pubkey(x, pkey);
	if (X509_sign(x, pkey, EVP_sha256()) == 0 ||
	    keyname_ec(EVP_PKEY_get0_EC_KEY(pkey), t.keys[i].name) == -1)
		abort();
	t.keys[i].cert = pem_file(pkey, x);
	t.keys[i].key = pem_file(pkey, NULL);
	X509_free(x);
	EVP_PKEY_free(pkey);
	EVP_PKEY_CTX_free(ctx);
}

/* What the parent sends, as the channel hands it on. */
static struct verdict
tell(uint32_t type, const void *data, int fd)
{
	const struct chan_rule	*cr;

	for (cr = keypop_rules; cr->cu_type != type; cr++)
		if (cr->cu_type == 0)
			abort();
	return (cr->cu_handler(NULL, data, fd));
}

static void
file(enum file_kind kind, uint32_t index, int fd)
{
	struct msg_file	 mf;

	memset(&mf, 0, sizeof(mf));
	mf.mf_kind = kind;
	mf.mf_index = index;
	strlcpy(mf.mf_name, "name", sizeof(mf.mf_name));
	CHECK(tell(MSG_CONF_FILE, &mf, dup(fd)).vd_kind == VERDICT_TAKEN,
	    "file");
}

/* A set of one key, or of two, is checked. */
static void
offer(int a, int b)
{
	struct msg_conf	 mc;
	int		 good = t.good;

	memset(&mc, 0, sizeof(mc));
	mc.mc_files = b == -1 ? 2 : 4;
	(void)tell(MSG_CONF_TRY, &mc, -1);
	file(FILE_CERT, 0, t.keys[a].cert);
	file(FILE_KEY, 0, t.keys[a].key);
	if (b != -1) {
		file(FILE_CERT, 1, t.keys[b].cert);
		file(FILE_KEY, 1, t.keys[b].key);
	}
	(void)tell(MSG_CONF_CHECK, NULL, -1);
	CHECK(t.good == good + 1 && t.bad == 0, "%d good, %d bad", t.good,
	    t.bad);
}

static void
use(int a, int b)
{
	offer(a, b);
	CHECK(tell(MSG_CONF_COMMIT, NULL, -1).vd_kind == VERDICT_TAKEN,
	    "commit");
}

/* Return the answer to a request, or -1 if keypop closed the socket. */
static int
ask(int i, uint32_t len)
{
	struct key_request	 kq;
	struct key_answer	 ka;
	struct timer		*ti = t.reader;

	memset(&kq, 0, sizeof(kq));
	kq.kq_op = KEY_ECDSA;
	kq.kq_len = len;
	memcpy(kq.kq_key, t.keys[i].name, KEY_NAME_LEN);
	if (write(t.socket, &kq, sizeof(kq)) != (ssize_t)sizeof(kq))
		return (-1);
	ti->ti_callback(ti->ti_fd, EV_READ, ti->ti_arg);
	if (read(t.socket, &ka, sizeof(ka)) != (ssize_t)sizeof(ka))
		return (-1);
	CHECK((ka.ka_status == KEY_SIGNED) == (ka.ka_len > 0), "%u octets",
	    ka.ka_len);
	return ((int)ka.ka_status);
}

static int
signs(int i)
{
	int	 status = ask(i, 32);

	CHECK(status == KEY_SIGNED || status == KEY_UNKNOWN, "status %d",
	    status);
	return (status == KEY_SIGNED);
}

/* Connect a listener in place of the previous one. */
static void
connect_listener(void)
{
	struct msg_peer	 mp;
	int		 fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == -1)
		abort();
	memset(&mp, 0, sizeof(mp));
	mp.mp_role = ROLE_LISTENER;
	mp.mp_gen = GEN;
	CHECK(tell(MSG_PEER, &mp, fds[0]).vd_kind == VERDICT_TAKEN, "peer");
	t.socket = fds[1];
	t.reader = timers.last;
}

static void
begin(const char *name)
{
	unit_case(name);
	timers_pass(1000 * 1000);
	if (t.socket != 0)
		close(t.socket);
	use(0, -1);
	timers_pass(1000 * 1000);
	connect_listener();
}

static void
test_replaced_signs(void)
{
	begin("a key that was replaced signs as long as a handshake may last");
	use(1, -1);
	CHECK(signs(1) && signs(0), "at once");
	timers_pass(KEPT * 1000 - 1);
	CHECK(signs(1) && signs(0), "in time");
	timers_pass(1);
	CHECK(signs(1) && !signs(0), "later");
}

static void
test_several(void)
{
	begin("each of several that follow at once has its own time");
	use(1, -1);
	timers_pass(20 * 1000);
	use(2, -1);
	timers_pass(20 * 1000);
	use(3, -1);
	CHECK(signs(0) && signs(1) && signs(2) && signs(3), "at once");
	timers_pass((KEPT - 40) * 1000);
	CHECK(!signs(0) && signs(1) && signs(2) && signs(3), "the first");
	timers_pass(20 * 1000);
	CHECK(!signs(1) && signs(2) && signs(3), "the second");
	timers_pass(20 * 1000);
	CHECK(!signs(2) && signs(3), "the third");
}

static void
test_stays(void)
{
	begin("a key that stays is not an old one, and one may come back");
	use(0, 1);
	use(0, 2);
	use(0, 2);
	CHECK(keypop.nold == 1, "%u old sets", keypop.nold);
	CHECK(signs(0) && signs(1) && signs(2), "at once");
	use(0, 1);
	timers_pass(KEPT * 1000);
	CHECK(signs(0) && signs(1) && !signs(2), "later");
	CHECK(keypop.nold == 0, "%u old sets", keypop.nold);
}

static void
test_bound(void)
{
	int	 i;

	begin("more old sets than there may be: the oldest goes");
	for (i = 1; i < NKEYS; i++)
		use(i, -1);
	CHECK(keypop.nold == KEYSETS_OLD, "%u old sets", keypop.nold);
	CHECK(!signs(0) && !signs(1) && signs(2), "not the oldest");
	CHECK(signs(NKEYS - 2) && signs(NKEYS - 1), "the newest");
	timers_pass(KEPT * 1000);
	CHECK(!signs(2) && !signs(NKEYS - 2) && signs(NKEYS - 1), "later");
}

static void
test_offered(void)
{
	begin("a listener that has its COMMIT before us gets its signature");
	offer(1, -1);
	CHECK(signs(0) && signs(1), "checked");
	(void)tell(MSG_CONF_COMMIT, NULL, -1);
	CHECK(signs(0) && signs(1), "used");
}

static void
test_key_gone(void)
{
	int	 i;

	begin("a key that is gone is no offence, however often");
	for (i = 0; i < 10 * KEY_REFUSALS_MAX; i++)
		CHECK(ask(1, 32) == KEY_UNKNOWN, "request %d", i);
	CHECK(signs(0), "the listener was ended");
}

static void
test_needless(void)
{
	int	 i;

	unit_case("what no handshake needs is one");
	for (i = 0; i < KEY_REFUSALS_MAX; i++)
		CHECK(ask(0, 31) == KEY_REFUSED, "request %d", i);
	CHECK(ask(0, 32) == -1, "the listener stays connected");
}

static void
test_not_listener(void)
{
	struct msg_peer	 mp;
	int		 fd;

	unit_case("only a listener is a peer");
	CHECK((fd = open("/dev/null", O_RDONLY)) != -1, "open");
	memset(&mp, 0, sizeof(mp));
	mp.mp_role = ROLE_AUTH;
	CHECK(tell(MSG_PEER, &mp, fd).vd_kind == VERDICT_LIE, "taken");
	CHECK(fcntl(fd, F_GETFD) == -1, "its descriptor is open");
}

int
main(void)
{
	int	 i;

	log_to(silent);
	signal(SIGPIPE, SIG_IGN);
	keyset_init();
	confset_init(&keypop_ops);
	for (i = 0; i < NKEYS; i++)
		make_key(i);
	test_replaced_signs();
	test_several();
	test_stays();
	test_bound();
	test_offered();
	test_key_gone();
	test_needless();
	test_not_listener();
	return (unit_done());
}

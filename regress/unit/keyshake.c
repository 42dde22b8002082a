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
 * Handshakes in one process with the private keys in another: this process is
 * the listener and never opens a key; its child is keypop with the real
 * keyset.c.  The child may also be slow, lie or die.
 */

#include "keykinds.h"

static int	 asked;			/* the parent, for keypop */

void
peerloss_ask(enum role role)
{
	CHECK(role == ROLE_KEY, "%d", role);
	asked++;
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
	return (buf);
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
	return (config);
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
		return (TLS_WANT_POLLIN);
	if (len > *e->inlen)
		len = *e->inlen;
	memcpy(buf, e->in, len);
	memmove(e->in, e->in + len, *e->inlen - len);
	*e->inlen -= len;
	return ((ssize_t)len);
}

static ssize_t
end_write(struct tls *ctx, const void *buf, size_t len, void *arg)
{
	struct end	*e = arg;

	if (len > 65536 - *e->outlen)
		len = 65536 - *e->outlen;
	if (len == 0)
		return (TLS_WANT_POLLOUT);
	memcpy(e->out + *e->outlen, buf, len);
	*e->outlen += len;
	return ((ssize_t)len);
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

	snprintf(host, sizeof(host), "%s.example", name);
	snprintf(error, WORDY, "no error told");
	tls_config_set_ca_file(config, file(name, "crt"));
	if (tls_config_parse_protocols(&protocols, version) == -1 ||
	    tls_config_set_protocols(config, protocols) == -1 ||
	    tls_configure(client, config) == -1 ||
	    tls_connect_cbs(client, end_read, end_write, &ce, host) == -1 ||
	    tls_accept_cbs(server, &conn, end_read, end_write, &se) == -1) {
		snprintf(error, WORDY, "set up: %s / %s",
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
		snprintf(error, WORDY, "server: %s", tls_error(conn));
	else if (c != 0)
		snprintf(error, WORDY, "client: %s", tls_error(client));
	else if (strcasecmp(tls_conn_version(client), version) != 0) {
		snprintf(error, WORDY, "%s", tls_conn_version(client));
		s = -1;
	}
done:
	tls_free(client);
	tls_free(conn);
	tls_config_free(config);
	return (s == 0 && c == 0 ? 0 : -1);
}

static int
handshake(struct tls *server, const char *name, char *error)
{
	return (handshake_of(server, name, "tlsv1.3", error));
}

static uint64_t
milliseconds(void)
{
	struct timespec	 ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000);
}

static void
test_handshakes(struct tls *server)
{
	char	 error[WORDY], name[100];
	size_t	 i, j;

	keysign_peer(keypops[0].fd);
	for (i = 0; i < NKINDS; i++) {
		if (!kinds[i].good)
			continue;
		snprintf(name, sizeof(name), "TLS 1.3 handshakes with "
		    "the %s key in another process", kinds[i].name);
		unit_case(name);
		for (j = 0; j < 5; j++)
			CHECK(handshake(server, kinds[i].name, error) == 0,
			    "%s", error);
	}
}

static void
test_no_keypop(struct tls *server)
{
	char	 error[WORDY];
	int	 status;

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

/* A server with TLS 1.2, with keys that allow it and others. */
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
		snprintf(name, sizeof(name), "TLS 1.2 handshakes with "
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

	unit_case("a stopped keypop costs one pause, then it serves");
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

int
main(void)
{
	struct tls_config	*config;
	struct tls		*server;
	size_t			 i;

	log_init("keyshake");
	signal(SIGPIPE, SIG_IGN);
	unit_case("keys and certificates can be made");
	for (i = 0; i < NKINDS; i++)
		if (kinds[i].good)
			CHECK(make(&kinds[i]) == 0, "%s", kinds[i].name);

	keyset_init();
	/* From here on no key is opened in this process. */
	keypop_start_all();
	keysign_init();
	server = tls_server();
	config = server_config("tlsv1.3");
	if (tls_configure(server, config) == -1) {
		printf("not ok - tls_configure: %s\n", tls_error(server));
		return (1);
	}
	test_handshakes(server);
	test_no_keypop(server);
	test_old();
	test_slow(server);
	test_liar(server);
	tls_free(server);
	tls_config_free(config);
	return (unit_done());
}

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * floor: the least this machine needs for the parts of a session, each in one
 * process and in the simplest way:
 *
 *	floor cert key nothing		prints name=number
 *
 * handshake_ms	CPU of accept, TLS 1.3 with ECDSA P-256, greeting, one line
 *		read, its answer, close: a loop that serves one at a time
 * bulk_s_gb	CPU of read(2) of a file and SSL_write(3), 64 KiB at a time
 * gcm_s_gb	CPU of AES-256-GCM alone
 * bcrypt4_ms	CPU of crypt(3), $2b$ at cost 4
 * exec_ms	CPU of fork, execve of a static program that exits, wait
 */

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <crypt.h>
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HANDSHAKES	1000
#define BULK		(768ULL * 1024 * 1024)
#define CHUNK		65536

static char	 buf[CHUNK];

static double
cpu(int who)
{
	struct rusage	 ru;

	if (getrusage(who, &ru) == -1)
		err(1, "getrusage");
	return ((double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) +
	    (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6);
}

static int
serve(struct sockaddr_in *sin)
{
	socklen_t	 len = sizeof(*sin);
	int		 s;

	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((s = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
	    bind(s, (struct sockaddr *)sin, len) == -1 ||
	    listen(s, 128) == -1 ||
	    getsockname(s, (struct sockaddr *)sin, &len) == -1)
		err(1, "socket");
	return (s);
}

/* The other end, in another process, which is not counted. */
static pid_t
client(const struct sockaddr_in *sin, unsigned int count)
{
	SSL_CTX		*ctx;
	SSL		*ssl;
	pid_t		 pid;
	int		 s;

	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid != 0)
		return (pid);
	ctx = SSL_CTX_new(TLS_client_method());
	while (count-- > 0) {
		ssl = SSL_new(ctx);
		if ((s = socket(AF_INET, SOCK_STREAM, 0)) == -1 ||
		    connect(s, (const struct sockaddr *)sin,
		    sizeof(*sin)) == -1)
			err(1, "connect");
		SSL_set_fd(ssl, s);
		if (SSL_connect(ssl) != 1)
			errx(1, "SSL_connect");
		if (SSL_read(ssl, buf, CHUNK) <= 0)
			errx(1, "SSL_read");
		if (SSL_write(ssl, "QUIT\r\n", 6) != 6)
			errx(1, "SSL_write");
		while (SSL_read(ssl, buf, CHUNK) > 0)
			continue;
		SSL_free(ssl);
		close(s);
	}
	_exit(0);
}

static SSL_CTX *
context(const char *cert, const char *key)
{
	SSL_CTX	*ctx;

	if ((ctx = SSL_CTX_new(TLS_server_method())) == NULL ||
	    SSL_CTX_use_certificate_chain_file(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		errx(1, "%s, %s", cert, key);
	SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 0);
	return (ctx);
}

static SSL *
greet(SSL_CTX *ctx, int listener, int *s)
{
	SSL	*ssl;
	int	 on = 1;

	if ((*s = accept(listener, NULL, NULL)) == -1)
		err(1, "accept");
	setsockopt(*s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	ssl = SSL_new(ctx);
	SSL_set_fd(ssl, *s);
	if (SSL_accept(ssl) != 1 || SSL_write(ssl, "+OK\r\n", 5) != 5)
		errx(1, "SSL_accept");
	return (ssl);
}

static void
farewell(SSL *ssl, int s)
{
	if (SSL_read(ssl, buf, CHUNK) <= 0 || SSL_write(ssl, "+OK\r\n", 5) != 5)
		errx(1, "SSL_read");
	SSL_shutdown(ssl);
	SSL_free(ssl);
	close(s);
}

static void
floor_handshake(SSL_CTX *ctx, int listener, const struct sockaddr_in *sin)
{
	pid_t	 pid = client(sin, HANDSHAKES);
	double	 before = 0;
	int	 i, s;
	SSL	*ssl;

	for (i = 0; i < HANDSHAKES; i++) {
		if (i == HANDSHAKES / 10)
			before = cpu(RUSAGE_SELF);
		ssl = greet(ctx, listener, &s);
		farewell(ssl, s);
	}
	printf("handshake_ms=%.4f\n", (cpu(RUSAGE_SELF) - before) * 1000 /
	    (HANDSHAKES - HANDSHAKES / 10));
	waitpid(pid, NULL, 0);
}

static void
floor_bulk(SSL_CTX *ctx, int listener, const struct sockaddr_in *sin)
{
	char			 path[] = "/tmp/popd-floor.XXXXXXXX";
	pid_t			 pid = client(sin, 1);
	unsigned long long	 sent;
	double			 before;
	int			 f, s;
	SSL			*ssl;

	if ((f = mkstemp(path)) == -1 || unlink(path) == -1)
		err(1, "%s", path);
	memset(buf, 'x', sizeof(buf));
	for (sent = 0; sent < 50 * 1024 * 1024; sent += CHUNK)
		if (write(f, buf, CHUNK) != CHUNK)
			err(1, "write");
	ssl = greet(ctx, listener, &s);
	before = cpu(RUSAGE_SELF);
	for (sent = 0; sent < BULK; sent += CHUNK) {
		if (sent % (50 * 1024 * 1024) == 0)
			lseek(f, 0, SEEK_SET);
		if (read(f, buf, CHUNK) != CHUNK ||
		    SSL_write(ssl, buf, CHUNK) != CHUNK)
			errx(1, "SSL_write");
	}
	printf("bulk_s_gb=%.4f\n", (cpu(RUSAGE_SELF) - before) * 1e9 / BULK);
	farewell(ssl, s);
	close(f);
	waitpid(pid, NULL, 0);
}

static void
floor_gcm(void)
{
	static unsigned char	 out[CHUNK + 16], key[32], iv[12];
	EVP_CIPHER_CTX		*c = EVP_CIPHER_CTX_new();
	unsigned long long	 n;
	double			 before = cpu(RUSAGE_SELF);
	int			 len;

	for (n = 0; n < BULK; n += 16384)
		if (EVP_EncryptInit_ex(c, n == 0 ? EVP_aes_256_gcm() : NULL,
		    NULL, n == 0 ? key : NULL, iv) != 1 ||
		    EVP_EncryptUpdate(c, out, &len, (unsigned char *)buf,
		    16384) != 1 || EVP_EncryptFinal_ex(c, out, &len) != 1)
			errx(1, "EVP_Encrypt");
	printf("gcm_s_gb=%.4f\n", (cpu(RUSAGE_SELF) - before) * 1e9 / BULK);
	EVP_CIPHER_CTX_free(c);
}

static void
floor_bcrypt(void)
{
	static struct crypt_data	 data;
	double				 before = cpu(RUSAGE_SELF);
	int				 i;

	for (i = 0; i < 200; i++)
		if (crypt_r("secret", "$2b$04$abcdefghijklmnopqrstuu",
		    &data) == NULL)
			err(1, "crypt_r");
	printf("bcrypt4_ms=%.4f\n", (cpu(RUSAGE_SELF) - before) * 1000 / 200);
}

static void
floor_exec(const char *program)
{
	double	 before = cpu(RUSAGE_SELF) + cpu(RUSAGE_CHILDREN);
	pid_t	 pid;
	int	 i;

	for (i = 0; i < 1000; i++) {
		if ((pid = fork()) == -1)
			err(1, "fork");
		if (pid == 0) {
			execl(program, program, NULL);
			_exit(127);
		}
		if (waitpid(pid, NULL, 0) == -1)
			err(1, "waitpid");
	}
	printf("exec_ms=%.4f\n", cpu(RUSAGE_SELF) + cpu(RUSAGE_CHILDREN) -
	    before);
}

int
main(int argc, char *argv[])
{
	struct sockaddr_in	 sin;
	SSL_CTX			*ctx;
	int			 listener;

	if (argc != 4) {
		fprintf(stderr, "usage: floor cert key nothing\n");
		return (2);
	}
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* First, while this process is small: fork(2) takes time by size. */
	floor_exec(argv[3]);
	ctx = context(argv[1], argv[2]);
	listener = serve(&sin);
	floor_handshake(ctx, listener, &sin);
	floor_bulk(ctx, listener, &sin);
	floor_gcm();
	floor_bcrypt();
	return (0);
}

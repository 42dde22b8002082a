/* link: lsnrpop/keysign.o lib/keyname.o lib/log.o lib/digestinfo.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A listener with a compromised keypop, which answers anything at any time.  A
 * signature comes only from a complete answer to this very request, and a
 * request never waits longer than allowed.
 *
 * keypop is the poll(2) defined here: each call returns one piece of the input
 * or lets time pass.  A piece is a control octet, a length, octets.
 */

/* The hooks of EC_KEY are the only ones that both libraries have. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <sys/socket.h>
#include <sys/syscall.h>

#include <openssl/ec.h>
#include <openssl/objects.h>

#include <poll.h>
#include <signal.h>
#include <time.h>

#include "fuzz.h"
#include "keymsg.h"
#include "limits.h"
#include "log.h"
#include "lsnrpop/keysign.h"
#include "lsnrpop/peerloss.h"

#define ANSWERS_MAX	2048

static struct {
	EC_KEY			*fz_key;	/* without its private half */
	struct fuzz_input	 fz_input;
	int			 fz_fd;		/* keypop's end, -1: closed */
	uint64_t		 fz_ms;		/* that have passed */
	uint64_t		 fz_seq;	/* of the last request */
	struct key_request	 fz_request;
	size_t			 fz_have;	/* of the request */
	struct key_answer	 fz_answers[ANSWERS_MAX]; /* as they went out */
	size_t			 fz_count;	/* of whole ones */
	size_t			 fz_sent;	/* of the next one */
	int			 fz_asked;	/* the parent, for another */
} fuzzer;

void
peerloss_ask(enum role role)
{
	FUZZ(role == ROLE_KEY);
	fuzzer.fz_asked = 1;
}

/* Time passes as the input says, and a little by itself. */
int
clock_gettime(clockid_t clock, struct timespec *ts)
{
	int	 r = (int)syscall(SYS_clock_gettime, clock, ts);

	if (clock == CLOCK_MONOTONIC && fuzzer.fz_key != NULL) {
		ts->tv_sec = (time_t)(fuzzer.fz_ms / 1000);
		ts->tv_nsec = (long)(fuzzer.fz_ms % 1000) * 1000000;
	}
	return (r);
}

/* Octets of answers, which are kept. */
static void
keypop_send(const void *data, size_t len)
{
	const uint8_t	*p = data;
	size_t		 n;

	FUZZ(send(fuzzer.fz_fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) ==
	    (ssize_t)len);
	for (; len > 0; p += n, len -= n) {
		FUZZ(fuzzer.fz_count < ANSWERS_MAX);
		if ((n = sizeof(struct key_answer) - fuzzer.fz_sent) > len)
			n = len;
		memcpy((uint8_t *)&fuzzer.fz_answers[fuzzer.fz_count] +
		    fuzzer.fz_sent, p, n);
		fuzzer.fz_sent += n;
		if (fuzzer.fz_sent == sizeof(struct key_answer)) {
			fuzzer.fz_sent = 0;
			fuzzer.fz_count++;
		}
	}
}

/* Make a valid answer to the request, changed by the input. */
static void
keypop_answer(uint8_t late)
{
	struct key_answer	 ka;
	uint8_t			 at = fuzz_byte(&fuzzer.fz_input);

	memset(&ka, 0, sizeof(ka));
	ka.ka_seq = fuzzer.fz_seq - late;
	ka.ka_status = KEY_SIGNED;
	/* A signature in DER: two numbers. */
	ka.ka_len = 8;
	memcpy(ka.ka_output, "\x30\x06\x02\x01\x01\x02\x01\x02", 8);
	((uint8_t *)&ka)[at] ^= fuzz_byte(&fuzzer.fz_input);
	keypop_send(&ka, sizeof(ka));
}

static void
keypop_read(void)
{
	ssize_t	 n;

	while ((n = recv(fuzzer.fz_fd, (uint8_t *)&fuzzer.fz_request +
	    fuzzer.fz_have, sizeof(fuzzer.fz_request) - fuzzer.fz_have,
	    MSG_DONTWAIT)) > 0) {
		fuzzer.fz_have += (size_t)n;
		if (fuzzer.fz_have < sizeof(fuzzer.fz_request))
			continue;
		fuzzer.fz_have = 0;
		FUZZ(fuzzer.fz_request.kq_seq > fuzzer.fz_seq);
		fuzzer.fz_seq = fuzzer.fz_request.kq_seq;
	}
}

/* One thing that keypop does. */
static void
keypop_act(void)
{
	uint8_t	 buf[256], control = fuzz_byte(&fuzzer.fz_input);
	size_t	 len;

	keypop_read();
	switch (control % 8) {
	case 0:				/* also when the input is used up */
		fuzzer.fz_ms += KEY_MILLISECONDS;
		break;
	case 1:
		fuzzer.fz_ms += fuzz_byte(&fuzzer.fz_input);
		break;
	case 2:
		close(fuzzer.fz_fd);
		fuzzer.fz_fd = -1;
		break;
	case 3:
		keypop_answer(control >> 7);
		break;
	default:
		len = (size_t)fuzz_byte(&fuzzer.fz_input) + 1;
		keypop_send(buf, fuzz_take(&fuzzer.fz_input, buf, len));
		break;
	}
}

int
poll(struct pollfd *pfd, nfds_t n, int timeout)
{
	uint64_t	 end;

	FUZZ(n == 1 && timeout > 0 && timeout <= KEY_MILLISECONDS);
	FUZZ(pfd->fd != -1);
	if (fuzzer.fz_fd == -1)
		return (1);
	end = fuzzer.fz_ms + (uint64_t)timeout;
	fuzzer.fz_ms++;
	keypop_act();
	/* However long keypop takes, poll(2) does not. */
	if (fuzzer.fz_ms > end)
		fuzzer.fz_ms = end;
	return (1);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	EC_KEY	*whole;

	log_init("fuzz");
	log_to(fuzz_silent);
	/* As the process in question has it. */
	signal(SIGPIPE, SIG_IGN);
	keysign_init();
	whole = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	fuzzer.fz_key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	if (whole == NULL || fuzzer.fz_key == NULL ||
	    EC_KEY_generate_key(whole) != 1 ||
	    EC_KEY_set_public_key(fuzzer.fz_key,
	    EC_KEY_get0_public_key(whole)) != 1)
		abort();
	EC_KEY_free(whole);
	return (0);
}

/* Return whether an answer has this signature. */
static int
same_signature(const ECDSA_SIG *sig, const struct key_answer *ka)
{
	const unsigned char	*p = ka->ka_output;
	ECDSA_SIG		*other;
	int			 same;

	if (ka->ka_status != KEY_SIGNED || ka->ka_len == 0 ||
	    ka->ka_len > sizeof(ka->ka_output) ||
	    (other = d2i_ECDSA_SIG(NULL, &p, ka->ka_len)) == NULL)
		return (0);
	same = BN_cmp(ECDSA_SIG_get0_r(sig), ECDSA_SIG_get0_r(other)) == 0 &&
	    BN_cmp(ECDSA_SIG_get0_s(sig), ECDSA_SIG_get0_s(other)) == 0;
	ECDSA_SIG_free(other);
	return (same);
}

/* keypop said so, to this request. */
static void
test_signature(const ECDSA_SIG *sig)
{
	size_t	 i;

	for (i = 0; i < fuzzer.fz_count; i++)
		if (fuzzer.fz_answers[i].ka_seq == fuzzer.fz_seq &&
		    same_signature(sig, &fuzzer.fz_answers[i]))
			return;
	FUZZ(!"an answer to this request");
}

/* keypop answered this request, well or badly. */
static int
answered(void)
{
	size_t	 i;

	for (i = 0; i < fuzzer.fz_count; i++)
		if (fuzzer.fz_answers[i].ka_seq == fuzzer.fz_seq)
			return (1);
	return (0);
}

/* One handshake's signature.  0: there will be no more. */
static int
test_sign(void)
{
	unsigned char	 digest[32];
	ECDSA_SIG	*sig;
	uint64_t	 began = fuzzer.fz_ms;
	int		 open = fuzzer.fz_fd != -1;

	fuzzer.fz_asked = 0;
	memset(digest, 'd', sizeof(digest));
	sig = ECDSA_do_sign(digest, sizeof(digest), fuzzer.fz_key);
	FUZZ(fuzzer.fz_ms <= began + KEY_MILLISECONDS);
	if (fuzzer.fz_fd != -1)
		keypop_read();
	if (sig != NULL)
		test_signature(sig);
	/* The parent hears of a keypop that is of no use, and of no other. */
	FUZZ(!fuzzer.fz_asked || sig == NULL);
	FUZZ(fuzzer.fz_asked || answered());
	FUZZ(open || fuzzer.fz_asked);
	ECDSA_SIG_free(sig);
	/* And something between two of them. */
	if (fuzzer.fz_fd != -1)
		keypop_act();
	/* Once it is gone there is one more, which finds that out. */
	return (open && (fuzzer.fz_fd == -1 || fuzzer.fz_input.fi_len > 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int	 fds[2], free_fd = fuzz_free_fd();

	fuzzer.fz_input.fi_data = data;
	fuzzer.fz_input.fi_len = size;
	fuzzer.fz_have = fuzzer.fz_sent = fuzzer.fz_count = 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == -1)
		abort();
	fuzzer.fz_fd = fds[1];
	keysign_peer(fds[0]);
	while (test_sign())
		;
	keysign_peer(-1);
	if (fuzzer.fz_fd != -1)
		close(fuzzer.fz_fd);
	FUZZ(fuzz_free_fd() == free_fd);
	return (0);
}

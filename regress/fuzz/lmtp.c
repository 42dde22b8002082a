/*
 * link: lmtppop/conn.o lmtppop/connio.o lmtppop/lmtpcmd.o
 * link: lmtppop/envelope.o lmtppop/letter.o lmtppop/decode.o lmtppop/path.o
 * link: lmtppop/transit.o lib/utf8.o lib/log.o
 * link: lib/setting.o lib/count.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A connection of lmtppop; the input is what the client and the delivering
 * processes send.  Every reply is a line, delivery is reported only if a
 * process confirmed it, and nothing is left when both are gone.
 */

#include <sys/socket.h>

#include <event.h>
#include <fcntl.h>
#include <signal.h>

#include "lmtppop/conn.h"
#include "lmtppop/letter.h"
#include "lmtppop/transit.h"
#include "dlvr.h"
#include "fuzz.h"
#include "limits.h"
#include "log.h"
#include "proc.h"

#define PROCESSES	4

static struct {
	int		 client;
	int		 process[PROCESSES];	/* their ends; -1 */
	uint64_t	 number[PROCESSES];
	uint64_t	 last;
	struct msg_delivery_want wants[16];
	unsigned int	 nwants;
	unsigned int	 done;		/* verdicts DONE that were sent */
	unsigned int	 told;		/* of "delivered" */
	char		 line[512];
	size_t		 len;
} fuzz;

/* Receive the messages of lmtppop to the parent. */
int
proc_send(uint32_t type, const void *data, int fd)
{
	const struct msg_delivery	*dy = data;
	int				 i;

	if (type == MSG_DELIVERY_WANT) {
		FUZZ(fuzz.nwants < 16);
		memcpy(&fuzz.wants[fuzz.nwants++], data,
		    sizeof(fuzz.wants[0]));
		return (0);
	}
	FUZZ(type == MSG_DELIVERY_END);
	for (i = 0; i < PROCESSES; i++)
		if (fuzz.process[i] != -1 &&
		    fuzz.number[i] == dy->dy_process) {
			close(fuzz.process[i]);
			fuzz.process[i] = -1;
		}
	return (0);
}

/* The parent answers: by the first octet of the address. */
static void
answer(void)
{
	struct msg_delivery_want	 dw;
	struct msg_delivery_refuse	 dr;
	struct msg_delivery		 dy;
	int				 fds[2], i;

	while (fuzz.nwants > 0) {
		dw = fuzz.wants[--fuzz.nwants];
		FUZZ(memchr(dw.dw_user, '\0', USER_MAX) != NULL);
		i = (unsigned char)dw.dw_user[0] % (PROCESSES + 2);
		memset(&dr, 0, sizeof(dr));
		dr.dr_want = dy.dy_want = dw.dw_want;
		if (i >= PROCESSES) {
			dr.dr_reason = i == PROCESSES ? DELIVERY_UNKNOWN :
			    DELIVERY_TEMP;
			letter_refused(NULL, &dr, -1);
		} else if (!dw.dw_open) {
			letter_known(NULL, &dy, -1);
		} else if (fuzz.process[i] != -1) {
			dy.dy_process = fuzz.number[i];
			letter_same(NULL, &dy, -1);
		} else {
			if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
			    fds) == -1)
				abort();
			fuzz.process[i] = fds[0];
			dy.dy_process = fuzz.number[i] = ++fuzz.last;
			letter_opened(NULL, &dy, fds[1]);
		}
	}
}

/* Replies are lines of three digits and more. */
static void
replies(void)
{
	char	 buf[4096];
	ssize_t	 n, i;

	while (fuzz.client != -1 &&
	    (n = read(fuzz.client, buf, sizeof(buf))) > 0)
		for (i = 0; i < n; i++) {
			FUZZ(fuzz.len < sizeof(fuzz.line));
			fuzz.line[fuzz.len++] = buf[i];
			if (buf[i] != '\n')
				continue;
			FUZZ(fuzz.len > 5 &&
			    fuzz.line[fuzz.len - 2] == '\r' &&
			    strspn(fuzz.line, "0123456789") == 3);
			fuzz.told += fuzz.len == 21 && memcmp(fuzz.line,
			    "250 2.0.0 delivered\r\n", 21) == 0;
			fuzz.len = 0;
		}
	FUZZ(fuzz.told <= fuzz.done);
}

static void
turn(void)
{
	int	 i;

	for (i = 0; i < 4; i++) {
		event_loop(EVLOOP_NONBLOCK | EVLOOP_ONCE);
		answer();
	}
	replies();
}

/* Discard what was sent to the process. */
static void
drain(int fd)
{
	char	 buf[65536];

	while (read(fd, buf, sizeof(buf)) > 0)
		;
}

static void
say(struct fuzz_input *fi, int i)
{
	struct dlvr_record	 dl = { DLVR_VERDICT, 0, 0, 0 };

	if (fuzz.process[i] == -1)
		return;
	drain(fuzz.process[i]);
	dl.dl_message = fuzz_byte(fi) % 4;
	dl.dl_value = fuzz_byte(fi) % (DLVR_VERDICTS + 1);
	if (fuzz_byte(fi) == 0xff)
		dl.dl_type = fuzz_byte(fi);
	if (write(fuzz.process[i], &dl, sizeof(dl)) == sizeof(dl) &&
	    dl.dl_value == DLVR_DONE)
		fuzz.done++;
}

/* Commands of a client; otherwise octets of the input are sent. */
static size_t
words(struct fuzz_input *fi, int what, char *buf)
{
	static const char *const	 word[] = {
		"MAIL FROM:<a@b>\r\n", "RCPT TO:<a>\r\n", "RCPT TO:<b@x>\r\n",
		"RCPT TO:<\"c\"+d@x>\r\n", "DATA\r\n", "text\r\n", "\r\n.\r\n",
		"BDAT 3\r\nabc", "BDAT 0 LAST\r\n", "RSET\r\n", "NOOP\r\n"
	};
	size_t				 i = (size_t)what - 200;

	if (what < 200 || i >= sizeof(word) / sizeof(word[0]))
		return (fuzz_take(fi, buf, (size_t)what));
	memcpy(buf, word[i], strlen(word[i]));
	return (strlen(word[i]));
}

static void
step(struct fuzz_input *fi)
{
	char	 buf[300];
	size_t	 n;
	int	 what = fuzz_byte(fi);

	if (what < 16)
		say(fi, what % PROCESSES);
	else if (what < 20 && fuzz.process[what - 16] != -1) {
		close(fuzz.process[what - 16]);
		fuzz.process[what - 16] = -1;
	} else if (fuzz.client != -1) {
		n = words(fi, what, buf);
		if (send(fuzz.client, buf, n, MSG_NOSIGNAL) == -1) {
			close(fuzz.client);
			fuzz.client = -1;
		}
	}
	turn();
}

/* How many descriptors are open: our ends go first, and theirs must follow. */
static int
descriptors(void)
{
	int	 fd, n = 0;

	for (fd = 0; fd < LMTP_CONNECTIONS + 64; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return (n);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	log_init("fuzz");
	log_to(fuzz_silent);
	signal(SIGPIPE, SIG_IGN);
	event_init();
	transit_init();
	return (0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char	 lhlo[] = "LHLO x\r\n";
	struct fuzz_input	 fi = { data, size };
	int			 fds[2], i, before = descriptors();

	memset(&fuzz, 0, sizeof(fuzz));
	for (i = 0; i < PROCESSES; i++)
		fuzz.process[i] = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == -1)
		abort();
	fuzz.client = fds[0];
	FUZZ(conn_new(fds[1]) == 0);
	if (write(fuzz.client, lhlo, sizeof(lhlo) - 1) == -1)
		abort();
	turn();
	while (fi.fi_len > 0)
		step(&fi);
	if (fuzz.client != -1)
		close(fuzz.client);
	fuzz.client = -1;
	/* What it had sent before may need some more of them. */
	for (i = 0; i < 1000 && descriptors() != before; i++) {
		if (fuzz.process[i % PROCESSES] != -1)
			shutdown(fuzz.process[i % PROCESSES], SHUT_RDWR);
		turn();
	}
	FUZZ(descriptors() == before);
	return (0);
}

/*
 * link: tabpop/program.o tabpop/proto.o lib/bucket.o lib/log.o lib/table.o
 * link: lib/utf8.o $(COMPAT_TABLE)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A table process that writes anything.  Each question ends once; a value
 * found was sent with its number, in a complete line; after the first invalid
 * line nothing is accepted.
 */

#include <sys/socket.h>

#include <event.h>

#include "fuzz.h"
#include "limits.h"
#include "log.h"
#include "msg.h"
#include "tabpop/program.h"

#define QUESTIONS	4

/* How the answers to each begin, in their order. */
static const char *const	 answers[QUESTIONS] = {
	"lookup", "lookup", "check", "system"
};
#define PIECE		512

static struct {
	const uint8_t	*fz_data;
	size_t		 fz_size;
	unsigned int	 fz_ended[QUESTIONS];
	unsigned int	 fz_failed;
} fuzzer;

static void
changed(struct program *pg, const char *why, void *arg)
{
	FUZZ(fuzzer.fz_failed == 0);
	if (why != NULL)
		fuzzer.fz_failed = 1;
}

static void
done(void *arg, enum proto_result result, const char *value)
{
	unsigned int	*ended = arg;
	char		 line[TABLE_LINE_LEN_MAX];
	int		 n, id = (int)(ended - fuzzer.fz_ended) + 1;

	FUZZ(++*ended == 1);
	FUZZ(result == PROTO_FOUND || result == PROTO_ERROR || *value == '\0');
	if (result != PROTO_FOUND && result != PROTO_WRONG)
		return;
	FUZZ(result == PROTO_FOUND || id == 4);
	n = snprintf(line, sizeof(line), "%s-result|%08x|%s%s%s\n",
	    answers[id - 1], (unsigned int)id,
	    result == PROTO_WRONG ? "wrong" : "found", id > 2 ? "" : "|",
	    value);
	FUZZ(n > 0 && (size_t)n < sizeof(line));
	FUZZ(memmem(fuzzer.fz_data, fuzzer.fz_size, line, (size_t)n) != NULL);
}

static void
turn(void)
{
	FUZZ(event_loop(EVLOOP_NONBLOCK) != -1);
}

static void
put(int fd, const void *data, size_t len)
{
	if (fuzzer.fz_failed == 0)
		(void)!send(fd, data, len, MSG_NOSIGNAL);
	turn();
}

static void
ask(struct program *pg)
{
	static const enum proto_service	 services[QUESTIONS] = {
		SERVICE_CREDENTIALS, SERVICE_USERINFO, SERVICE_AUTH,
		SERVICE_SYSTEM
	};
	int				 i;

	for (i = 0; i < QUESTIONS; i++)
		(void)program_ask(pg, services[i], "joe:secret",
		    i == 1 ? TURN_MAIL : TURN_NEXT, done, &fuzzer.fz_ended[i]);
	turn();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char	 offers[] = "register|credentials\n"
				    "register|userinfo\nregister|auth\n"
				    "register|system\nregister|ready\n";
	static int		 begun;
	struct msg_file		 mf;
	struct program		*pg;
	size_t			 i, n;
	int			 fds[2];

	if (!begun && event_init() == NULL)
		abort();
	begun = 1;
	log_to(fuzz_silent);
	memset(&fuzzer, 0, sizeof(fuzzer));
	fuzzer.fz_data = data;
	fuzzer.fz_size = size;
	memset(&mf, 0, sizeof(mf));
	mf.mf_flags = TABLE_CREDENTIALS | TABLE_USERBASE;
	strlcpy(mf.mf_name, "users popd.conf:1", sizeof(mf.mf_name));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == -1)
		return (0);
	if ((pg = program_new(&mf, changed, NULL)) == NULL)
		abort();
	program_attach(pg, fds[0], 1);
	/* It may say itself what it offers. */
	if (size == 0 || data[0] != 'r')
		put(fds[1], offers, sizeof(offers) - 1);
	FUZZ((fuzzer.fz_failed == 0 && size > 0 && data[0] == 'r') ||
	    program_up(pg));
	ask(pg);
	for (i = 0; i < size; i += n) {
		n = size - i < PIECE ? size - i : PIECE;
		put(fds[1], data + i, n);
	}
	FUZZ(program_up(pg) == 0 || fuzzer.fz_failed == 0);
	program_free(pg);
	close(fds[1]);
	turn();
	return (0);
}

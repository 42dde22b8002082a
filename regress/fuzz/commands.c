/* link: lib/command.o lib/line.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Command lines: their meaning must not depend on the pieces in which they
 * arrive.  The first octet selects the maximum length of a line and the state,
 * the next eight the pieces.
 */

#include "command.h"
#include "fuzz.h"
#include "limits.h"
#include "line.h"

#define INPUT_MAX	4096

/* A record of what was parsed, to compare. */
struct transcript {
	unsigned char	 tr_text[16 * INPUT_MAX];
	size_t		 tr_len;
};

static void
transcribe(struct transcript *tr, const void *data, size_t len)
{
	FUZZ(len <= sizeof(tr->tr_text) - tr->tr_len);
	if (len != 0)
		memcpy(tr->tr_text + tr->tr_len, data, len);
	tr->tr_len += len;
}

static void
transcribe_byte(struct transcript *tr, int byte)
{
	unsigned char	 c = (unsigned char)byte;

	transcribe(tr, &c, 1);
}

/* Check an argument: within the line, terminated, only valid octets. */
static void
test_argument(const struct request *rq, const char *arg, const char *line,
    size_t len)
{
	const char	*p;
	long long	 count;
	int		 code = rq->rq_command->cd_code;

	FUZZ(arg > line && arg <= line + len);
	FUZZ(memchr(arg, '\0', (size_t)(line + len + 1 - arg)) != NULL);
	if (code == CMD_PASS)
		return;
	FUZZ(*arg != '\0');
	for (p = arg; *p != '\0'; p++) {
		FUZZ((unsigned char)*p > ' ' && *p != 0x7f);
		FUZZ(code == CMD_USER || (unsigned char)*p < 0x80);
	}
	count = command_count(arg);
	FUZZ(count >= -1 && count <= UINT32_MAX);
	FUZZ(command_number(arg) == (count < 1 ? 0 : (unsigned int)count));
	if (count != -1)
		FUZZ(strtoll(arg, NULL, 10) == count &&
		    (arg[0] != '0' || arg[1] == '\0'));
}

static void
test_command(struct transcript *tr, const char *text, size_t len, int state)
{
	struct request		 rq;
	enum command_error	 error;
	char			*line = fuzz_copy(text, len + 1);
	int			 i;

	error = command_parse(line, len, state, &rq);
	transcribe_byte(tr, error);
	if (error == COMMAND_OK) {
		FUZZ(rq.rq_command != NULL);
		FUZZ(rq.rq_command->cd_states & state);
		FUZZ(rq.rq_argc >= rq.rq_command->cd_min);
		FUZZ(rq.rq_argc <= COMMAND_ARGS_MAX);
		FUZZ(rq.rq_argc <= (rq.rq_command->cd_max == -1 ? 1 :
		    rq.rq_command->cd_max));
		FUZZ(len + 2 <= LINE_LEN_AUTH_MAX);
		transcribe_byte(tr, rq.rq_command->cd_code);
		for (i = 0; i < rq.rq_argc; i++) {
			test_argument(&rq, rq.rq_argv[i], line, len);
			transcribe(tr, rq.rq_argv[i],
			    strlen(rq.rq_argv[i]) + 1);
		}
	}
	free(line);
}

static void
test_line(struct transcript *tr, enum line_status status,
    const struct line *ln, size_t max, int state)
{
	transcribe_byte(tr, status);
	FUZZ(status != LINE_MORE);
	if (status != LINE_OK) {
		FUZZ(ln->ln_text == NULL);
		return;
	}
	FUZZ(ln->ln_len < max);
	FUZZ(strlen(ln->ln_text) == ln->ln_len);
	FUZZ(strpbrk(ln->ln_text, "\r\n") == NULL);
	test_command(tr, ln->ln_text, ln->ln_len, state);
}

/*
 * The input in pieces as they come from a network into a buffer of max
 * octets; pieces is NULL for all at once.
 */
static void
test_stream(struct transcript *tr, const uint8_t *data, size_t size,
    const uint8_t *pieces, size_t max, int state)
{
	struct line		 ln;
	enum line_status	 status;
	char			*buf;
	size_t			 have = 0, n, room, k = 0;
	int			 skipping = 0;

	room = pieces == NULL ? size : max;
	buf = fuzz_copy("", 0);
	for (;;) {
		n = pieces == NULL ? size : (size_t)pieces[k++ % 8] + 1;
		if (n > room - have)
			n = room - have;
		if (n > size)
			n = size;
		if (n == 0)
			break;
		if ((buf = realloc(buf, have + n)) == NULL)
			abort();
		memcpy(buf + have, data, n);
		have += n;
		data += n;
		size -= n;
		do {
			status = line_take(buf, have, max, &skipping, &ln);
			FUZZ(ln.ln_used <= have);
			if (status != LINE_MORE) {
				FUZZ(ln.ln_used > 0);
				test_line(tr, status, &ln, max, state);
			}
			have -= ln.ln_used;
			memmove(buf, buf + ln.ln_used, have);
		} while (status != LINE_MORE);
		/* A full buffer never stops the reader. */
		FUZZ(have < max);
	}
	FUZZ(size == 0);
	transcribe_byte(tr, skipping);
	transcribe(tr, buf, have);
	free(buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t		 maxima[] = { 1, 2, LINE_LEN_MAX,
					    LINE_LEN_AUTH_MAX };
	static struct transcript	 whole, pieced;
	struct fuzz_input		 fi = { data, size };
	uint8_t				 mode, pieces[8] = { 0 };
	size_t				 max;
	int				 state;

	mode = fuzz_byte(&fi);
	(void)fuzz_take(&fi, pieces, sizeof(pieces));
	if (fi.fi_len > INPUT_MAX)
		fi.fi_len = INPUT_MAX;
	max = maxima[mode & 3];
	state = mode & 4 ? STATE_AUTH : STATE_TRANSACTION;
	whole.tr_len = pieced.tr_len = 0;
	test_stream(&whole, fi.fi_data, fi.fi_len, NULL, max, state);
	test_stream(&pieced, fi.fi_data, fi.fi_len, pieces, max, state);
	FUZZ(whole.tr_len == pieced.tr_len);
	FUZZ(memcmp(whole.tr_text, pieced.tr_text, whole.tr_len) == 0);
	return (0);
}

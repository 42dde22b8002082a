/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Encode messages.  In: octets of a file.  Out: octets of a reply to RETR or
 * TOP.  octets.h counts them without encoding.
 *
 * The speed comes from memchr(3) and memcpy(3): no loop here visits each octet.
 */

#include <string.h>

#include "encode.h"

void
encode_init(struct encode *en)
{
	en->en_octets = 0;
	en->en_last = '\n';
}

/*
 * en_last is the last octet written, not read, so that both additions can stop
 * halfway when out is full: after an added CR the LF has its CR, and after an
 * added dot the dot no longer begins a line.
 */
void
encode_run(struct encode *en, const unsigned char *in, size_t *inlen,
    unsigned char *out, size_t *outlen)
{
	const unsigned char	*ip = in, *iend = in + *inlen, *lf;
	unsigned char		*op = out, *oend = out + *outlen;
	unsigned char		 last = en->en_last;
	uint64_t		 dots = 0;
	size_t			 n;

	while (ip < iend && op < oend) {
		if (last == '\n' && *ip == '.') {
			last = *op++ = '.';
			dots++;
		}
		n = (size_t)(iend - ip);
		if (n > (size_t)(oend - op))
			n = (size_t)(oend - op);
		lf = memchr(ip, '\n', n);
		if (lf != NULL)
			n = (size_t)(lf - ip);
		if (n > 0) {
			memcpy(op, ip, n);
			op += n;
			ip += n;
			last = op[-1];
		}
		if (lf == NULL)
			continue;
		if (last != '\r') {
			last = *op++ = '\r';
			if (op == oend)
				break;
		}
		last = *op++ = '\n';
		ip++;
	}
	en->en_last = last;
	*inlen = (size_t)(ip - in);
	*outlen = (size_t)(op - out);
	en->en_octets += *outlen - dots;
}

size_t
encode_end(struct encode *en, unsigned char *out)
{
	size_t	n = 0;

	if (en->en_last != '\n') {
		memcpy(out, "\r\n", 2);
		en->en_octets += 2;
		n = 2;
	}
	memcpy(out + n, ".\r\n", 3);
	return (n + 3);
}

void
encode_top_init(struct top *tp, uint32_t lines)
{
	tp->tp_lines = lines;
	tp->tp_body = 0;
	tp->tp_last[0] = tp->tp_last[1] = '\n';
}

/* Return whether the LF at p, n octets into this piece, ends an empty line. */
static int
top_empty(const struct top *tp, const unsigned char *p, size_t n)
{
	unsigned char	a, b;

	b = n >= 1 ? p[-1] : tp->tp_last[1];
	a = n >= 2 ? p[-2] : n == 1 ? tp->tp_last[1] : tp->tp_last[0];
	return (b == '\n' || (b == '\r' && a == '\n'));
}

size_t
encode_top_take(struct top *tp, const unsigned char *in, size_t len)
{
	const unsigned char	*p = in, *end = in + len;

	if (len == 0 || (tp->tp_body && tp->tp_lines == 0))
		return (0);
	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		if (tp->tp_body)
			tp->tp_lines--;
		else if (top_empty(tp, p, (size_t)(p - in)))
			tp->tp_body = 1;
		p++;
		if (tp->tp_body && tp->tp_lines == 0)
			return ((size_t)(p - in));
	}
	tp->tp_last[0] = len >= 2 ? end[-2] : tp->tp_last[1];
	tp->tp_last[1] = end[-1];
	return (len);
}

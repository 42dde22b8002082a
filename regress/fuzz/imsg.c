/* link: $(IMSG_OBJS) lib/msg.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Messages from a peer that sends arbitrary octets in any pieces, with
 * descriptors anywhere.  A second reader, slow and simple, must get the same.
 * Each message goes through the check of its type.
 *
 * The input: whether descriptors are expected, then pieces.  A piece is a
 * control octet (descriptors, and whether to make a valid message of what
 * follows), a length, octets.
 */

#include <sys/socket.h>

#include <errno.h>

#include "fuzz.h"
#include "imsg.h"
#include "msg.h"

#define FD_MARK		0x80000000U
#define PASSED_MAX	3
#define MESSAGES_MAX	4096

struct seen {
	uint32_t	 se_type;
	size_t		 se_len;
	size_t		 se_at;		/* of its payload in the stream */
	int		 se_fd;
};

/* The simple reader: all octets so far, and the expected messages. */
static struct model {
	unsigned char	*mo_text;
	size_t		 mo_len;
	size_t		 mo_start;	/* of the message in part */
	int		 mo_begun;	/* and its header was accepted */
	int		 mo_held;	/* descriptors */
	int		 mo_passing;
	struct seen	 mo_seen[MESSAGES_MAX];
	size_t		 mo_count;
} model;

static struct imsg_hdr
model_header(void)
{
	struct imsg_hdr	 hdr;

	memcpy(&hdr, model.mo_text + model.mo_start, sizeof(hdr));
	return (hdr);
}

/* -1: a reader must refuse it. */
static int
model_begin(const struct imsg_hdr *hdr)
{
	uint32_t	 len = hdr->len & ~FD_MARK;
	struct seen	*se = &model.mo_seen[model.mo_count];

	if (len < sizeof(*hdr) || len > MAX_IMSGSIZE)
		return (-1);
	se->se_fd = (hdr->len & FD_MARK) != 0;
	if (se->se_fd && model.mo_held-- == 0)
		return (-1);
	se->se_type = hdr->type;
	se->se_len = len - sizeof(*hdr);
	se->se_at = model.mo_start + sizeof(*hdr);
	model.mo_begun = 1;
	return (0);
}

static int
model_piece(const unsigned char *data, size_t len, int nfds)
{
	struct imsg_hdr	 hdr;

	if (nfds > 1 || (nfds > 0 && !model.mo_passing))
		return (-1);
	if ((model.mo_held += nfds) > 2)
		return (-1);
	memcpy(model.mo_text + model.mo_len, data, len);
	model.mo_len += len;
	while (model.mo_len - model.mo_start >= sizeof(hdr)) {
		hdr = model_header();
		if (!model.mo_begun && model_begin(&hdr) == -1)
			return (-1);
		if (model.mo_len - model.mo_start < (hdr.len & ~FD_MARK))
			break;
		model.mo_start += hdr.len & ~FD_MARK;
		model.mo_begun = 0;
		model.mo_count++;
	}
	/* Only a header in part may still claim one. */
	if (model.mo_begun || model.mo_start == model.mo_len)
		return (model.mo_held > 0 ? -1 : 0);
	return (model.mo_held > 1 ? -1 : 0);
}

static void
send_piece(int fd, const unsigned char *data, size_t len, int nfds)
{
	union {
		struct cmsghdr	 hdr;
		char		 buf[CMSG_SPACE(PASSED_MAX * sizeof(int))];
	}		 ctl;
	struct iovec	 iov;
	struct msghdr	 msg;
	struct cmsghdr	*cmsg;

	memset(&msg, 0, sizeof(msg));
	memset(&ctl, 0, sizeof(ctl));
	iov.iov_base = fuzz_copy(data, len);
	iov.iov_len = len;
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	if (nfds > 0) {
		msg.msg_control = ctl.buf;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		/* Each is this process's own standard input. */
	}
	FUZZ(sendmsg(fd, &msg, 0) == (ssize_t)len);
	free(iov.iov_base);
}

/* Check a message by its type: what passes must be valid. */
static void
test_message(struct imsg *imsg)
{
	union msg_payload	*payload;
	uint32_t		 type = imsg_get_type(imsg);
	size_t			 len = imsg_get_len(imsg);
	const char		*why;

	if ((payload = malloc(msg_size(type) + 1)) == NULL)
		abort();
	why = msg_check(imsg, payload);
	if (why == NULL) {
		FUZZ(type > 0 && type < MSG_MAX);
		FUZZ(len == msg_size(type));
		FUZZ(len == 0 || memcmp(payload, imsg->data, len) == 0);
	}
	if (why == NULL && type == MSG_AUTH_CHECK) {
		FUZZ(memchr(payload->auth_check.mac_user, '\0', USER_MAX));
		FUZZ(memchr(payload->auth_check.mac_pass, '\0', PASS_MAX));
	}
	if (why == NULL && type == MSG_LOG)
		FUZZ(payload->log.ml_level <= LOGL_DEBUG);
	free(payload);
}

/* Compare the messages of both readers, from got on. */
static size_t
test_messages(struct imsgbuf *ib, size_t got)
{
	const struct seen	*se;
	struct imsg		 imsg;
	int			 fd;

	for (; imsgbuf_get(ib, &imsg) == 1; got++) {
		FUZZ(got < model.mo_count);
		se = &model.mo_seen[got];
		FUZZ(imsg_get_type(&imsg) == se->se_type);
		FUZZ(imsg_get_len(&imsg) == se->se_len);
		FUZZ(se->se_len == 0 || memcmp(imsg.data,
		    model.mo_text + se->se_at, se->se_len) == 0);
		FUZZ(!imsg_fd_lost(&imsg));
		test_message(&imsg);
		/* Half of them are left for imsg_free() to close. */
		if (got % 2 == 0) {
			fd = imsg_get_fd(&imsg);
			FUZZ((fd != -1) == se->se_fd);
			if (fd != -1)
				close(fd);
			FUZZ(imsg_get_fd(&imsg) == -1);
		}
		imsg_free(&imsg);
	}
	FUZZ(got == model.mo_count);
	return (got);
}

/* Get the next piece into buf and set *nfds.  Return its length. */
static size_t
next_piece(struct fuzz_input *fi, unsigned char *buf, size_t size, int *nfds)
{
	struct imsg_hdr	 hdr;
	uint8_t		 control = fuzz_byte(fi);
	size_t		 len = fuzz_byte(fi);

	*nfds = control & 3;
	if ((control & 0x80) == 0)
		return (fuzz_take(fi, buf, len + 1));
	memset(&hdr, 0, sizeof(hdr));
	hdr.type = len % MSG_MAX;
	len = sizeof(hdr) + msg_size(hdr.type);
	hdr.len = (uint32_t)len | (*nfds == 1 ? FD_MARK : 0);
	memset(buf, 0, size);
	memcpy(buf, &hdr, sizeof(hdr));
	(void)fuzz_take(fi, buf + sizeof(hdr), control & 0x40 ? 255 : 8);
	return (len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned char	 piece[2 * MAX_IMSGSIZE];
	struct fuzz_input	 fi = { data, size };
	struct imsgbuf		 ib;
	size_t			 got = 0, len;
	int			 fds[2], free_fd = fuzz_free_fd(), good = 1;
	int			 nfds;

	memset(&model, 0, sizeof(model));
	/* A good message is made of two octets. */
	model.mo_text = calloc(size + 1, sizeof(struct msg_log) + 64);
	model.mo_passing = fuzz_byte(&fi) & 1;
	if (model.mo_text == NULL ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1 ||
	    imsgbuf_init(&ib, fds[1]) == -1)
		abort();
	if (model.mo_passing)
		imsgbuf_allow_fdpass(&ib);
	while (good && fi.fi_len > 0 && model.mo_count < MESSAGES_MAX - 20) {
		if ((len = next_piece(&fi, piece, sizeof(piece), &nfds)) == 0)
			break;
		send_piece(fds[0], piece, len, nfds);
		good = model_piece(piece, len, nfds) == 0;
		errno = 0;
		if (good)
			FUZZ(imsgbuf_read(&ib) == 1);
		else
			FUZZ(imsgbuf_read(&ib) == -1 && errno == EBADMSG);
		got = test_messages(&ib, got);
	}
	if (good) {
		close(fds[0]);
		FUZZ(imsgbuf_read(&ib) == 0);
	} else
		close(fds[0]);
	imsgbuf_clear(&ib);
	close(fds[1]);
	free(model.mo_text);
	FUZZ(fuzz_free_fd() == free_fd);
	return (0);
}

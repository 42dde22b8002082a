/* link: $(IMSG_OBJS) */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * The message layer, with itself and with a peer that writes arbitrary octets.
 * No descriptor may leak.
 */

#include <sys/types.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "imsg.h"
#include "unit.h"

#define FD_MARK	0x80000000U		/* of a header on the wire */

static int		 fds[2];
static struct imsgbuf	 a, b;		/* both ends */
static unsigned char	 big[200000];

/* Descriptors that are open here. */
static int
count(void)
{
	int	 fd, n = 0;

	for (fd = 0; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) != -1)
			n++;
	return (n);
}

static void
start(int nonblock)
{
	if (socketpair(AF_UNIX, SOCK_STREAM | (nonblock ? SOCK_NONBLOCK : 0),
	    0, fds) == -1) {
		perror("socketpair");
		exit(1);
	}
	CHECK(imsgbuf_init(&a, fds[0]) == 0, "init");
	CHECK(imsgbuf_init(&b, fds[1]) == 0, "init");
	imsgbuf_allow_fdpass(&a);
	imsgbuf_allow_fdpass(&b);
}

static void
stop(void)
{
	imsgbuf_clear(&a);
	imsgbuf_clear(&b);
	close(fds[0]);
	close(fds[1]);
}

/* Octets and descriptors, as they are, from a's end. */
static void
raw(const void *p, size_t len, const int *passed, size_t n)
{
	union {
		struct cmsghdr	 hdr;
		char		 buf[CMSG_SPACE(8 * sizeof(int))];
	}		 ctl;
	struct iovec	 iov;
	struct msghdr	 msg;
	struct cmsghdr	*cmsg;

	memset(&msg, 0, sizeof(msg));
	memset(&ctl, 0, sizeof(ctl));
	memset(&iov, 0, sizeof(iov));
	iov.iov_base = memcpy(big, p, len);
	iov.iov_len = len;
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	if (n > 0) {
		msg.msg_control = ctl.buf;
		msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(cmsg), passed, n * sizeof(int));
	}
	CHECK(sendmsg(fds[0], &msg, 0) == (ssize_t)len, "sendmsg: %s",
	    strerror(errno));
}

static struct imsg_hdr
header(uint32_t type, uint32_t len)
{
	struct imsg_hdr	 hdr;

	memset(&hdr, 0, sizeof(hdr));
	hdr.type = type;
	hdr.len = len;
	return (hdr);
}

static void
test_plain(void)
{
	struct imsg	 imsg;
	char		 text[6];

	unit_case("a message comes as it went");
	start(1);
	CHECK(imsgbuf_read(&b) == 1, "nothing there is no error");
	CHECK(imsgbuf_get(&b, &imsg) == 0, "nothing there");
	CHECK(imsg_compose(&a, 7, 8, 9, -1, "hello", 6) == 1, "compose");
	CHECK(imsg_compose(&a, 10, 0, 0, -1, NULL, 0) == 1, "compose");
	CHECK(imsgbuf_queuelen(&a) == 2, "queue %u", imsgbuf_queuelen(&a));
	CHECK(imsgbuf_queued_octets(&a) == 2 * IMSG_HEADER_SIZE + 6,
	    "%zu octets", imsgbuf_queued_octets(&a));
	CHECK(imsgbuf_write(&a) == 0, "write");
	CHECK(imsgbuf_queuelen(&a) == 0, "queue %u", imsgbuf_queuelen(&a));
	CHECK(imsgbuf_queued_octets(&a) == 0, "%zu octets",
	    imsgbuf_queued_octets(&a));
	CHECK(imsgbuf_read(&b) == 1, "read");
	CHECK(imsgbuf_get(&b, &imsg) == 1, "get");
	CHECK(imsg_get_type(&imsg) == 7, "type %u", imsg_get_type(&imsg));
	CHECK(imsg.hdr.peerid == 8, "id %u", imsg.hdr.peerid);
	CHECK(imsg.hdr.pid == 9, "pid %u", imsg.hdr.pid);
	CHECK(imsg_get_len(&imsg) == 6, "len %zu", imsg_get_len(&imsg));
	CHECK(imsg_get_fd(&imsg) == -1 && !imsg_fd_lost(&imsg),
	    "a descriptor");
	CHECK(imsg_get_data(&imsg, text, 5) == -1 && errno == EBADMSG, "5");
	CHECK(imsg_get_data(&imsg, big, 7) == -1 && errno == EBADMSG, "7");
	CHECK(imsg_get_data(&imsg, text, 0) == -1 && errno == EINVAL, "0");
	CHECK(imsg_get_data(&imsg, text, 6) == 0 &&
	    strcmp(text, "hello") == 0, "data");
	imsg_free(&imsg);
	CHECK(imsgbuf_get(&b, &imsg) == 1, "get");
	CHECK(imsg_get_type(&imsg) == 10 && imsg_get_len(&imsg) == 0 &&
	    imsg.hdr.pid == 0, "the empty one");
	imsg_free(&imsg);
	CHECK(imsgbuf_get(&b, &imsg) == 0, "a third");
	close(fds[0]);
	fds[0] = -1;
	CHECK(imsgbuf_read(&b) == 0, "end");
	CHECK(imsg_compose(&b, 1, 0, 0, -1, NULL, 0) == 1 &&
	    imsgbuf_write(&b) == -1 && errno == EPIPE, "write without a peer");
	stop();
}

/* Every size that matters, cut at every place that matters. */
static void
test_cuts(void)
{
	static const size_t	 sizes[] = { 0, 1, 2, 15, 16, 17, 100 };
	unsigned char		 wire[1024];
	struct imsg_hdr		 hdr;
	struct imsg		 imsg;
	size_t			 cut, i, len = 0;
	int			 n;

	unit_case("messages cut anywhere");
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		hdr = header(i + 1, sizeof(hdr) + sizes[i]);
		memcpy(wire + len, &hdr, sizeof(hdr));
		memset(wire + len + sizeof(hdr), (int)('a' + i), sizes[i]);
		len += hdr.len;
	}
	for (cut = 1; cut < len; cut++) {
		start(1);
		for (i = 0; i < len; i += cut) {
			raw(wire + i, len - i < cut ? len - i : cut, NULL, 0);
			CHECK(imsgbuf_read(&b) == 1, "cut %zu at %zu", cut, i);
		}
		for (n = 0; imsgbuf_get(&b, &imsg) == 1; n++) {
			CHECK(imsg_get_type(&imsg) == (uint32_t)n + 1 &&
			    imsg_get_len(&imsg) == sizes[n] &&
			    (sizes[n] == 0 || (imsg_get_data(&imsg, big,
			    sizes[n]) == 0 && big[0] == 'a' + n &&
			    big[sizes[n] - 1] == 'a' + n)),
			    "cut %zu, message %d", cut, n);
			imsg_free(&imsg);
		}
		CHECK(n == 7, "cut %zu: %d messages", cut, n);
		stop();
	}
}

static void
test_many(void)
{
	struct imsg	 imsg;
	size_t		 sent = 0, taken = 0;
	uint32_t	 i, n = 0;
	int		 full = 0;

	unit_case("ten thousand messages through a full socket");
	start(1);
	for (i = 0; i < 10000; i++) {
		CHECK(imsg_compose(&a, i, 0, 0, -1, big, i % 500) == 1,
		    "compose %u", i);
		sent += IMSG_HEADER_SIZE + i % 500;
	}
	CHECK(imsgbuf_queued_octets(&a) == sent, "%zu octets, not %zu",
	    imsgbuf_queued_octets(&a), sent);
	while (n < 10000) {
		CHECK(imsgbuf_write(&a) == 0, "write: %s", strerror(errno));
		if (imsgbuf_queuelen(&a) > 0)
			full++;
		if (imsgbuf_read(&b) != 1) {
			CHECK(0, "read: %s", strerror(errno));
			break;
		}
		while (imsgbuf_get(&b, &imsg) == 1) {
			CHECK(imsg_get_type(&imsg) == n &&
			    imsg_get_len(&imsg) == n % 500, "message %u", n);
			n++;
			taken += IMSG_HEADER_SIZE + imsg_get_len(&imsg);
			imsg_free(&imsg);
		}
		CHECK(taken + imsgbuf_queued_octets(&a) <= sent,
		    "%zu octets wait", imsgbuf_queued_octets(&a));
		CHECK((imsgbuf_queued_octets(&a) == 0) ==
		    (imsgbuf_queuelen(&a) == 0), "%zu octets wait",
		    imsgbuf_queued_octets(&a));
	}
	CHECK(full > 0, "the socket was never full");
	CHECK(taken == sent, "%zu octets, not %zu", taken, sent);
	stop();
}

static void
test_flush(void)
{
	struct imsg	 imsg;
	pid_t		 pid;
	int		 i, n = 0, status;

	unit_case("flush waits for a slow reader");
	start(1);
	for (i = 0; i < 100; i++)
		CHECK(imsg_compose(&a, 1, 0, 0, -1, big, 16000) == 1, "%d", i);
	if ((pid = fork()) == 0) {
		usleep(50000);
		while (n < 100) {
			if (imsgbuf_read(&b) != 1)
				_exit(1);
			for (; imsgbuf_get(&b, &imsg) == 1; n++)
				imsg_free(&imsg);
		}
		_exit(0);
	}
	CHECK(imsgbuf_flush(&a) == 0 && imsgbuf_queuelen(&a) == 0, "flush");
	waitpid(pid, &status, 0);
	CHECK(status == 0, "the reader got less");
	stop();
}

static void
test_sizes(void)
{
	struct imsg_hdr	 hdr;
	struct imsg	 imsg;
	size_t		 most = MAX_IMSGSIZE - IMSG_HEADER_SIZE;

	unit_case("sizes: the largest, too large, too small");
	start(0);
	CHECK(imsg_compose(&a, 1, 0, 0, -1, big, most + 1) == -1 &&
	    errno == ERANGE, "too large to send");
	CHECK(imsg_compose(&a, 1, 0, 0, -1, big, most) == 1 &&
	    imsgbuf_flush(&a) == 0 && imsgbuf_read(&b) == 1 &&
	    imsgbuf_get(&b, &imsg) == 1, "the largest");
	CHECK(imsg_get_len(&imsg) == most, "%zu", imsg_get_len(&imsg));
	imsg_free(&imsg);
	hdr = header(1, MAX_IMSGSIZE + 1);
	raw(&hdr, sizeof(hdr), NULL, 0);
	CHECK(imsgbuf_read(&b) == -1 && errno == EBADMSG, "too large");
	stop();
	start(0);
	hdr = header(1, IMSG_HEADER_SIZE - 1);
	raw(&hdr, sizeof(hdr), NULL, 0);
	CHECK(imsgbuf_read(&b) == -1 && errno == EBADMSG, "too small");
	stop();
	start(0);
	hdr = header(1, 0);
	raw(&hdr, sizeof(hdr), NULL, 0);
	CHECK(imsgbuf_read(&b) == -1 && errno == EBADMSG, "no length");
	stop();
}

static void
test_own_message(void)
{
	struct imsg	 imsg;
	struct stat	 st, want;
	int		 before, fd, i;
	int		 n = 0;

	unit_case("descriptors, each with its own message");
	before = count();
	start(1);
	for (i = 0; i < 20; i++) {
		fd = -1;
		if (i % 3 != 0)
			fd = open(i % 3 == 1 ? "/dev/null" : "/dev/zero",
			    O_RDONLY);
		CHECK(imsg_compose(&a, i, 0, 0, fd, big, i) == 1, "%d", i);
	}
	CHECK(imsgbuf_write(&a) == 0 && imsgbuf_queuelen(&a) == 0, "write");
	while (n < 20) {
		if (imsgbuf_read(&b) != 1) {
			CHECK(0, "read: %s", strerror(errno));
			break;
		}
		for (; imsgbuf_get(&b, &imsg) == 1; n++) {
			fd = imsg_get_fd(&imsg);
			CHECK((fd == -1) == (n % 3 == 0), "message %d: %d", n,
			    fd);
			CHECK(imsg_get_fd(&imsg) == -1, "twice");
			if (fd != -1) {
				stat(n % 3 == 1 ? "/dev/null" : "/dev/zero",
				    &want);
				CHECK(fstat(fd, &st) == 0 &&
				    st.st_rdev == want.st_rdev, "%d", n);
				CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC,
				    "survives exec");
				close(fd);
			}
			imsg_free(&imsg);
		}
	}
	stop();
	CHECK(count() == before, "%d descriptors, not %d", count(), before);
}

static void
test_not_taken(void)
{
	struct imsg	 imsg;
	int		 before = count(), i;

	unit_case("descriptors that are not taken are closed");
	start(0);
	for (i = 0; i < 3; i++)
		CHECK(imsg_compose(&a, i, 0, 0, open("/dev/null", O_RDONLY),
		    NULL, 0) == 1, "%d", i);
	CHECK(imsgbuf_write(&a) == 0 && imsgbuf_read(&b) == 1, "read");
	CHECK(imsgbuf_get(&b, &imsg) == 1, "get");
	imsg_free(&imsg);
	CHECK(imsgbuf_read(&b) == 1, "read");
	CHECK(imsg_compose(&a, i, 0, 0, open("/dev/null", O_RDONLY), NULL,
	    0) == 1, "one that is never sent");
	stop();
	CHECK(count() == before, "%d descriptors, not %d", count(), before);
}

static void
test_cut_message(void)
{
	struct imsg	 imsg;
	int		 before = count(), fd, i, n;

	unit_case("a descriptor with a message cut anywhere");
	for (i = 1; i < 40; i++) {
		struct imsg_hdr	 hdr[2];
		unsigned char	 wire[40];

		start(1);
		fd = open("/dev/null", O_RDONLY);
		hdr[0] = header(1, FD_MARK | 20);
		hdr[1] = header(2, FD_MARK | 20);
		memset(wire, 0, sizeof(wire));
		memcpy(wire, &hdr[0], sizeof(hdr[0]));
		memcpy(wire + 20, &hdr[1], sizeof(hdr[1]));
		raw(wire, i < 20 ? i : 20, &fd, 1);
		CHECK(imsgbuf_read(&b) == 1, "first read, cut %d", i);
		if (i < 20)
			raw(wire + i, 20 - i, NULL, 0);
		raw(wire + 20, 20, &fd, 1);
		close(fd);
		for (n = 0; n < 2; ) {
			if (imsgbuf_read(&b) != 1) {
				CHECK(0, "cut %d: %s", i, strerror(errno));
				break;
			}
			for (; imsgbuf_get(&b, &imsg) == 1; n++) {
				fd = imsg_get_fd(&imsg);
				CHECK(fd != -1, "cut %d, message %d", i, n);
				close(fd);
				imsg_free(&imsg);
			}
		}
		stop();
	}
	CHECK(count() == before, "%d descriptors, not %d", count(), before);
}

/* A peer that passes too much: -1, and no descriptor leaks. */
static void
bad(const char *what, uint32_t len, size_t octets, int n, int allowed,
    int want)
{
	struct imsg_hdr	 hdr;
	unsigned char	 wire[64];
	int		 before, passed[8], i;

	before = count();
	start(0);
	if (!allowed)
		imsgbuf_init(&b, fds[1]);
	for (i = 0; i < n; i++)
		passed[i] = open("/dev/null", O_RDONLY);
	hdr = header(1, len);
	memset(wire, 0, sizeof(wire));
	memcpy(wire, &hdr, sizeof(hdr));
	raw(wire, octets, passed, n);
	for (i = 0; i < n; i++)
		close(passed[i]);
	errno = 0;
	i = imsgbuf_read(&b);
	CHECK(i == -1 && errno == want, "%s: %d, errno %d", what, i, errno);
	CHECK(count() == before + 2, "%s: %d open, not %d", what, count(),
	    before + 2);
	stop();
	CHECK(count() == before, "%s: %d open, not %d", what, count(), before);
}

static void
test_misplaced(void)
{
	unit_case("unexpected, too many or missing descriptors");
	bad("not marked", 20, 20, 1, 1, EBADMSG);
	bad("two", FD_MARK | 20, 20, 2, 1, EBADMSG);
	bad("eight", FD_MARK | 20, 20, 8, 1, EBADMSG);
	bad("marked, but none", FD_MARK | 20, 20, 0, 1, EBADMSG);
	bad("not allowed here", FD_MARK | 20, 20, 1, 0, EBADMSG);
}

static void
test_two_waiting(void)
{
	struct imsg_hdr	 hdr;
	int		 fd, n;

	unit_case("two descriptors that wait for a header are one too many");
	start(0);
	hdr = header(1, FD_MARK | 16);
	fd = open("/dev/null", O_RDONLY);
	n = count();
	raw(&hdr, 3, &fd, 1);
	CHECK(imsgbuf_read(&b) == 1, "the first");
	raw(&hdr, 3, &fd, 1);
	CHECK(imsgbuf_read(&b) == -1 && errno == EBADMSG, "the second");
	CHECK(count() == n, "%d open, not %d", count(), n);
	close(fd);
	stop();
}

static void
test_not_allowed(void)
{
	unit_case("a descriptor may not be sent where it is not allowed");
	start(0);
	imsgbuf_init(&a, fds[0]);
	CHECK(imsg_compose(&a, 1, 0, 0, 0, NULL, 0) == -1 && errno == EINVAL,
	    "errno %d", errno);
	stop();
}

/* The next message: whether it has a descriptor and has lost one. */
static void
expect(uint32_t type, int has, int lost)
{
	struct imsg	 imsg;
	int		 fd;

	if (imsgbuf_get(&b, &imsg) != 1) {
		CHECK(0, "no message %u", type);
		return;
	}
	fd = imsg_get_fd(&imsg);
	CHECK(imsg_get_type(&imsg) == type, "type %u", imsg_get_type(&imsg));
	CHECK((fd != -1) == has, "message %u: descriptor %d", type, fd);
	CHECK(imsg_fd_lost(&imsg) == lost, "message %u: lost: %d", type,
	    imsg_fd_lost(&imsg));
	if (fd != -1)
		close(fd);
	imsg_free(&imsg);
}

/* No descriptor can be had here while full is set. */
static void
fill(int full)
{
	static struct rlimit	 old;
	struct rlimit		 rl;

	if (!full) {
		setrlimit(RLIMIT_NOFILE, &old);
		return;
	}
	getrlimit(RLIMIT_NOFILE, &old);
	rl = old;
	rl.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &rl);
}

static void
test_no_room(void)
{
	int	 fd, n;

	unit_case("no room for a descriptor: only its message is without");
	start(1);
	n = count();
	fd = open("/dev/null", O_RDONLY);
	CHECK(imsg_compose(&a, 1, 0, 0, -1, "x", 1) == 1 &&
	    imsg_compose(&a, 2, 0, 0, fd, "x", 1) == 1 &&
	    imsg_compose(&a, 3, 0, 0, -1, "x", 1) == 1 &&
	    imsgbuf_write(&a) == 0, "write");
	fill(1);
	/* One or two reads, as the system has it. */
	CHECK(imsgbuf_read(&b) == 1, "read: %s", strerror(errno));
	CHECK(imsgbuf_read(&b) == 1, "read: %s", strerror(errno));
	fill(0);
	expect(1, 0, 0);
	expect(2, 0, 1);
	expect(3, 0, 0);
	CHECK(imsg_compose(&a, 4, 0, 0, dup(0), "x", 1) == 1 &&
	    imsgbuf_write(&a) == 0, "write");
	CHECK(imsgbuf_read(&b) == 1, "read: %s", strerror(errno));
	expect(4, 1, 0);
	CHECK(count() == n, "%d open, not %d", count(), n);
	stop();
}

static void
test_no_room_bad(void)
{
	struct imsg_hdr	 hdr[2];
	int		 fd, n, passed[2];

	unit_case("no room, and a lie besides");
	start(1);
	n = count();
	hdr[0] = header(1, 16);
	fd = dup(0);
	raw(hdr, 16, &fd, 1);
	fill(1);
	CHECK(imsgbuf_read(&b) == -1 && errno == EBADMSG, "not marked");
	fill(0);
	stop();
	start(1);
	passed[0] = passed[1] = fd;
	hdr[0] = header(1, FD_MARK | 16);
	raw(hdr, 16, passed, 2);
	raw(hdr, 16, NULL, 0);
	fill(1);
	/* Both may be read at once. */
	CHECK((imsgbuf_read(&b) == -1 && errno == EBADMSG) ||
	    (imsgbuf_read(&b) == -1 && errno == EBADMSG),
	    "two of them, then none");
	fill(0);
	stop();
	close(fd);
	CHECK(count() == n - 2, "%d open, not %d", count(), n - 2);
}

/*
 * What was sent and received is not left behind: the marked octets are looked
 * for in the heap of a child that has freed all its messages.
 */
#ifndef __SANITIZE_ADDRESS__	/* it keeps what is freed */
static void
test_wiped(void)
{
	char		 secret[32], *end, *p;
	struct imsg	 imsg;
	int		 found = 0, i;

	unit_case("what was sent is wiped");
	start(0);
	for (i = 0; i < (int)sizeof(secret); i++)
		secret[i] = 'A' + i * 7 % 26;
	CHECK(imsg_compose(&a, 1, 0, 0, -1, secret, sizeof(secret)) == 1 &&
	    imsgbuf_flush(&a) == 0 && imsgbuf_read(&b) == 1 &&
	    imsgbuf_get(&b, &imsg) == 1 &&
	    memcmp(imsg.data, secret, sizeof(secret)) == 0, "sent");
	end = sbrk(0);
	p = imsg.data;
	imsg_free(&imsg);
	stop();
	if (p >= end) {
		unit_skip("malloc(3) maps its memory");
		return;
	}
	/* What malloc(3) writes into a free chunk spoils its beginning. */
	for (p = (char *)((uintptr_t)p & ~4095UL); p + 16 < end; p++)
		if (memcmp(p, secret + 16, 16) == 0)
			found++;
	CHECK(found == 0, "found %d times", found);
}
#endif

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_plain();
	test_cuts();
	test_many();
	test_flush();
	test_sizes();
	test_own_message();
	test_not_taken();
	test_cut_message();
#ifndef __SANITIZE_ADDRESS__
	test_wiped();
#endif
	test_misplaced();
	test_two_waiting();
	test_not_allowed();
	test_no_room();
	test_no_room_bad();
	return (unit_done());
}

/*
 * link: dlvrpop/receive.o mda/deliver.o mail/name.o
 * link: mail/maildir.o mail/octets.o mail/popcache.o mail/popcache_header.o
 * link: mail/popcache_write.o mail/whole.o lib/log.o
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Records for dlvrpop: whatever they are, new/ has as many messages as it
 * reported, and tmp/ is empty when it ends.
 */

#include <sys/socket.h>

#include <dirent.h>
#include <signal.h>

#include "dlvr.h"
#include "dlvrpop/receive.h"
#include "fuzz.h"
#include "limits.h"
#include "log.h"

static int	 maildir = -1;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	log_init("fuzz");
	log_to(fuzz_silent);
	signal(SIGPIPE, SIG_IGN);
	maildir = fuzz_maildir();
	return (0);
}

/* How many files are there, which are then gone. */
static unsigned int
empty(const char *name)
{
	struct dirent	*de;
	unsigned int	 n = 0;
	DIR		*dir;
	int		 fd;

	if ((fd = openat(maildir, name, O_RDONLY | O_DIRECTORY)) == -1 ||
	    (dir = fdopendir(fd)) == NULL)
		abort();
	while ((de = readdir(dir)) != NULL)
		if (de->d_name[0] != '.') {
			unlinkat(fd, de->d_name, 0);
			n++;
		}
	closedir(dir);
	return (n);
}

/* A record from a few octets of input, mostly one that makes sense. */
static size_t
record(struct fuzz_input *fi, char *buf)
{
	struct dlvr_record	 dl = { 0, 0, 0, 0 };
	size_t			 n;
	int			 what = fuzz_byte(fi);

	dl.dl_type = (uint32_t)(what % 5);
	dl.dl_message = (uint32_t)(what / 5 % 8);
	if (what >= 250)
		dl.dl_message = 250 + (uint32_t)fuzz_byte(fi);
	if (dl.dl_type == DLVR_DATA)
		dl.dl_value = fuzz_byte(fi);
	if (what == 249)
		dl.dl_value = DLVR_DATA_MAX + 1;
	memcpy(buf, &dl, sizeof(dl));
	n = dl.dl_type == DLVR_DATA ? fuzz_take(fi, buf + sizeof(dl),
	    dl.dl_value < 256 ? dl.dl_value : 256) : 0;
	return (sizeof(dl) + n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input	 fi = { data, size };
	struct dlvr_record	 dl;
	unsigned int		 done = 0;
	char			 buf[sizeof(dl) + 256];
	size_t			 n, total = 0;
	int			 fds[2], before = fuzz_free_fd();

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1)
		abort();
	/* What fits into the socket. */
	while (fi.fi_len > 0 && total < 60000) {
		n = record(&fi, buf);
		if (send(fds[0], buf, n, MSG_DONTWAIT) != (ssize_t)n)
			break;
		total += n;
	}
	shutdown(fds[0], SHUT_WR);
	receive_run(fds[1], maildir);
	close(fds[1]);
	while (read(fds[0], &dl, sizeof(dl)) == sizeof(dl)) {
		FUZZ(dl.dl_type == DLVR_VERDICT &&
		    dl.dl_message < DLVR_MESSAGES &&
		    dl.dl_value < DLVR_VERDICTS);
		done += dl.dl_value == DLVR_DONE;
	}
	close(fds[0]);
	FUZZ(empty("new") == done);
	FUZZ(empty("tmp") == 0);
	unlinkat(maildir, "popcache", 0);
	FUZZ(fuzz_free_fd() == before);
	return (0);
}

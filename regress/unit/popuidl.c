/* link: $(MAIL_OBJS) lib/log.o lib/setting.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* The file popuidl: which files are valid, and the meaning of each line. */

#include <sys/types.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "popuidl.h"
#include "unit.h"

#define OTHER_UID	65534

#define TEN	"1234567890"
#define FIFTY	TEN TEN TEN TEN TEN

static int	 dir;
static int	 logged;

static void
sink(int level, const char *text)
{
	logged++;
}

static void
write_text(const char *text, size_t len)
{
	int	 fd = openat(dir, POPUIDL_FILE, O_WRONLY | O_CREAT | O_TRUNC,
		    0600);

	CHECK(write(fd, text, len) == (ssize_t)len, "write");
	close(fd);
}

/* Read it: 1 and *pu, 0, or -1, which is logged once. */
static int
read_it(struct popuidl **pu)
{
	int	 r;

	logged = 0;
	*pu = NULL;
	r = popuidl_read(dir, pu);
	CHECK(logged == (r == -1), "%d lines in the log for %d", logged, r);
	CHECK((*pu != NULL) == (r == 1), "result %d", r);
	return (r);
}

/* Return whether a base name has this line and UIDL, or with "" none. */
static int
says(const struct popuidl *pu, const char *base, uint64_t line,
    const char *uidl)
{
	const char	*got;
	uint64_t	 order;
	size_t		 len;

	if (pu == NULL || !popuidl_find(pu, base, strlen(base), &order, &got,
	    &len))
		return (0);
	return (order == line && len == strlen(uidl) &&
	    memcmp(got, uidl, len) == 0);
}

static void
test_good(void)
{
	static const struct {
		const char	*text;
		const char	*base;
		uint64_t	 line;
		const char	*uidl;
	} good[] = {
		{ "1.a one\n2.b two\n", "1.a", 1, "one" },
		{ "1.a one\n2.b two\n", "2.b", 2, "two" },
		{ "1 a  b one\n", "1 a  b", 1, "one" },
		{ "1.a  one\n", "1.a ", 1, "one" },
		{ "a:b one\n", "a:b", 1, "one" },
		{ "a \x01\xff!\n", NULL, 0, NULL },
		{ "\x01\xff !~\n", "\x01\xff", 1, "!~" },
		{ "1.a " FIFTY TEN TEN "\n", "1.a", 1, FIFTY TEN TEN },
		{ FIFTY FIFTY FIFTY FIFTY FIFTY "12345 x\n",
		    FIFTY FIFTY FIFTY FIFTY FIFTY "12345", 1, "x" }
	};
	struct popuidl	*pu;
	size_t		 i;
	int		 r;

	unit_case("good lines: the last space counts");
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		write_text(good[i].text, strlen(good[i].text));
		r = read_it(&pu);
		CHECK(r == (good[i].base == NULL ? -1 : 1), "%zu: %d", i, r);
		CHECK(good[i].base == NULL || says(pu, good[i].base,
		    good[i].line, good[i].uidl), "%zu: not so", i);
		popuidl_free(pu);
	}
}

static void
test_bad_line(void)
{
	static const struct {
		const char	*text;
		size_t		 len;		/* 0: of the string */
	} bad[] = {
		{ "1.a one", 0 }, { "1.a one\n2.b tw", 0 }, { "\n", 0 },
		{ "1.a one\n\n", 0 }, { "1.a\n", 0 }, { "1.a \n", 0 },
		{ " one\n", 0 }, { "one\n", 0 }, { "1.a one\r\n", 0 },
		{ "1.a:2,S one\n", 0 }, { "1.a:1, one\n", 0 },
		{ "a/b one\n", 0 }, { ".a one\n", 0 }, { "1.a o\x7f\n", 0 },
		{ "1.a \xc3\xa4\n", 0 }, { "1.a\0b one\n", 10 },
		{ "1.a on\0\n", 8 }, { "1.a one\n2.b\t two\t\n", 0 },
		{ "1.a " FIFTY TEN TEN "1\n", 0 },
		{ FIFTY FIFTY FIFTY FIFTY FIFTY "123456 x\n", 0 }
	};
	struct popuidl	*pu;
	size_t		 i;

	unit_case("one bad line refuses all of it");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_text(bad[i].text, bad[i].len != 0 ? bad[i].len :
		    strlen(bad[i].text));
		errno = 0;
		CHECK(read_it(&pu) == -1 && errno == EINVAL, "%zu", i);
		popuidl_free(pu);
	}
}

static void
test_empty(void)
{
	struct popuidl	*pu;

	unit_case("an empty file was cut");
	write_text("", 0);
	CHECK(read_it(&pu) == -1 && errno == EINVAL, "taken");
}

static void
test_twice(void)
{
	static const char	 text[] = "1.a one\n1.a two\n2.b one\n"
	    "3.c three\n2.b four\n";
	struct popuidl		*pu;

	unit_case("the first line of a name, and of a UIDL, keeps it");
	write_text(text, strlen(text));
	CHECK(read_it(&pu) == 1, "refused");
	CHECK(says(pu, "1.a", 1, "one"), "1.a");
	CHECK(says(pu, "2.b", 3, ""), "2.b");
	CHECK(says(pu, "3.c", 4, "three"), "3.c");
	CHECK(!says(pu, "4.d", 5, "four"), "4.d");
	popuidl_free(pu);
}

static void
test_taken(void)
{
	struct popuidl	*pu;

	unit_case("the UIDLs that are taken");
	write_text("1.a one\n2.b two\n", 16);
	CHECK(read_it(&pu) == 1, "refused");
	if (pu == NULL)
		return;
	CHECK(popuidl_taken(pu, "one", 3) && popuidl_taken(pu, "two", 3),
	    "not taken");
	CHECK(!popuidl_taken(pu, "on", 2) && !popuidl_taken(pu, "onee", 4) &&
	    !popuidl_taken(pu, "1.a", 3), "taken");
	popuidl_free(pu);
}

static void
test_many(void)
{
	char		*text, base[32], uidl[32];
	struct popuidl	*pu;
	size_t		 at = 0;
	unsigned int	 i;

	unit_case("thousands of lines, each with its number");
	text = malloc(5000 * 40);
	for (i = 1; i <= 5000; i++)
		at += (size_t)sprintf(text + at, "%u.x u%u\n", i, i * 7);
	write_text(text, at);
	free(text);
	CHECK(read_it(&pu) == 1, "refused");
	for (i = 1; i <= 5000; i++) {
		snprintf(base, sizeof(base), "%u.x", i);
		snprintf(uidl, sizeof(uidl), "u%u", i * 7);
		CHECK(says(pu, base, i, uidl), "line %u", i);
	}
	popuidl_free(pu);
}

static void
test_place(void)
{
	struct popuidl	*pu;

	unit_case("no file, and other things in its place");
	(void)unlinkat(dir, POPUIDL_FILE, 0);
	CHECK(read_it(&pu) == 0, "none");
	CHECK(symlinkat("popuidl.real", dir, POPUIDL_FILE) == 0, "symlink");
	CHECK(read_it(&pu) == -1, "a symlink to nothing");
	write_text("1.a one\n", 8);
	CHECK(read_it(&pu) == -1 && errno == ELOOP, "a symlink");
	CHECK(unlinkat(dir, POPUIDL_FILE, 0) == 0, "unlink");
	CHECK(mkfifoat(dir, POPUIDL_FILE, 0600) == 0, "mkfifo");
	CHECK(read_it(&pu) == -1 && errno == EINVAL, "a fifo");
	CHECK(unlinkat(dir, POPUIDL_FILE, 0) == 0, "unlink");
	CHECK(mkdirat(dir, POPUIDL_FILE, 0700) == 0, "mkdir");
	CHECK(read_it(&pu) == -1 && errno == EINVAL, "a directory");
	CHECK(unlinkat(dir, POPUIDL_FILE, AT_REMOVEDIR) == 0, "rmdir");
}

/* Root may read anything, so another user tries. */
static void
test_unreadable(void)
{
	struct popuidl	*pu;
	int		 status;
	pid_t		 pid;

	unit_case("one that cannot be read is no reason to do without");
	write_text("1.a one\n", 8);
	CHECK(fchmodat(dir, POPUIDL_FILE, 0, 0) == 0, "chmod");
	if ((pid = fork()) == 0) {
		if (getuid() == 0 && setuid(OTHER_UID) == -1)
			_exit(2);
		_exit(popuidl_read(dir, &pu) == -1 && errno == EACCES ? 0 : 1);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0, "status %x", (unsigned int)status);
	CHECK(unlinkat(dir, POPUIDL_FILE, 0) == 0, "unlink");
}

int
main(void)
{
	char	 name[] = "popuidl.XXXXXX";

	log_init("test");
	log_to(sink);
	if (mkdtemp(name) == NULL || chmod(name, 0711) == -1 ||
	    (dir = open(name, O_RDONLY | O_DIRECTORY)) == -1) {
		CHECK(0, "mkdtemp");
		return (unit_done());
	}
	test_good();
	test_bad_line();
	test_empty();
	test_twice();
	test_taken();
	test_many();
	test_place();
	test_unreadable();
	return (unit_done());
}

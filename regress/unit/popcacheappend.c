/* link: $(MAIL_OBJS) lib/log.o lib/setting.o */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/* popcache with several writers: appended to, replaced, patched in place. */

#include "popcachefile.h"

/* What the cases of one scenario share. */
static struct {
	struct popcache		 mine;	/* whose entries are appended */
	struct popcache		 pc;
	struct popcache_info	 info;
} test;

static void
test_append_behind(void)
{
	struct popcache	 pc;

	memset(&test.mine, 0, sizeof(test.mine));
	test.mine.pc_fd = -1;

	unit_case("append: after the covered length, header untouched");
	unlinkat(dir, POPCACHE_FILE, 0);
	CHECK(popcache_append(dir, make(&test.mine, 3)) == 0, "made a file");
	CHECK(faccessat(dir, POPCACHE_FILE, F_OK, 0) == -1, "file is there");
	write_cache(3, 1);
	CHECK(popcache_append(dir, make(&test.mine, 3)) == 1, "append");
	CHECK(load(&pc, "append", 3) == 0xf, "4 entries");
	CHECK(popcache_info_count(&pc.pc_info) == 3 &&
	    pc.pc_covered == 3, "covered");
	CHECK(pc.pc_whole && pc.pc_clean, "whole");
	CHECK(pc.pc_info.pi_flags == POPCACHE_STAMPED, "stamps");
	popcache_close(&pc);
	popcache_open(&pc, dir);
	CHECK(popcache_load(&pc, POPCACHE_COVERED) == 0 && pc.pc_count == 3,
	    "covered only");
	popcache_close(&pc);
}

static void
test_append_torn(void)
{
	struct popcache	 pc;
	unsigned char	 tail[40];
	int		 fd;

	unit_case("append: a torn tail does not hide what follows");
	fd = openat(dir, POPCACHE_FILE, O_WRONLY | O_APPEND);
	memcpy(tail, make(&test.mine, 4), sizeof(tail));
	CHECK(write(fd, tail, 37) == 37, "write");
	close(fd);
	CHECK(popcache_append(dir, make(&test.mine, 5)) == 1, "append");
	CHECK(load(&pc, "torn", 5) == 0x2f, "not 0 to 3 and 5");
	CHECK(pc.pc_whole && !pc.pc_clean, "not whole, or clean");
	CHECK(pc.pc_chunk == NULL, "5 is not aligned");
	popcache_close(&pc);
}

static void
test_append_refused(void)
{
	int	 fd;

	unit_case("append: not to something that is no good index");
	fd = openat(dir, POPCACHE_FILE, O_WRONLY);
	CHECK(pwrite(fd, "X", 1, 3) == 1, "pwrite");
	close(fd);
	CHECK(popcache_append(dir, make(&test.mine, 6)) == 0, "bad header");
	unlinkat(dir, POPCACHE_FILE, 0);
	CHECK(symlinkat("elsewhere", dir, POPCACHE_FILE) == 0, "symlink");
	CHECK(popcache_append(dir, make(&test.mine, 6)) == 0, "symlink");
	unlinkat(dir, POPCACHE_FILE, 0);
}

static void
test_append_locked(void)
{
	int	 lock;

	unit_case("append: gives up when the lock is held");
	write_cache(3, 1);
	lock = openat(dir, "tmp", O_RDONLY | O_DIRECTORY);
	CHECK(flock(lock, LOCK_EX) == 0, "flock");
	CHECK(popcache_append(dir, make(&test.mine, 3)) == 0, "appended");
	CHECK(popcache_lock(dir) == -1 && errno == EWOULDBLOCK, "locked");
	close(lock);
}

static void
test_replace(void)
{
	struct popcache		 pc;
	struct popcache_info	 info;
	struct timespec		 now;
	int			 lock, fd;

	unit_case("replace: what was appended meanwhile is taken in");
	popcache_open(&pc, dir);
	CHECK(popcache_load(&pc, POPCACHE_ALL) == 0, "load");
	CHECK(popcache_append(dir, make(&test.mine, 4)) == 1, "append");
	CHECK(popcache_append(dir, make(&test.mine, 5)) == 1, "append");
	CHECK((fd = popcache_begin(dir, &now)) != -1, "begin");
	CHECK((lock = popcache_lock(dir)) != -1, "lock");
	info = pc.pc_info;
	CHECK(popcache_replace(&pc, dir, fd, pc.pc_entry + 1, 2, &info) == 0,
	    "replace");
	close(lock);
	popcache_close(&pc);
	CHECK(load(&pc, "replace", 0) == 0x36, "not 1, 2, 4, 5");
	CHECK(popcache_info_count(&pc.pc_info) == 2 &&
	    pc.pc_covered == 2, "covered");
	popcache_close(&pc);
}

static void
test_begin(void)
{
	struct timespec	 now;
	int		 fd;

	unit_case("begin: takes the place of what a killed session left");
	CHECK((fd = popcache_begin(dir, &now)) != -1, "begin");
	close(fd);
	CHECK((fd = popcache_begin(dir, &now)) != -1, "again");
	close(fd);
	unlinkat(dir, POPCACHE_NEW_FILE, 0);
	popcache_close(&test.mine);
}

static void
test_dead_missed(void)
{
	struct popcache_entry	*pe;
	uint64_t		 at;

	unit_case("dead: no message; missed where the header counts none");
	write_cache(3, 1);
	popcache_open(&test.pc, dir);
	CHECK(popcache_load(&test.pc, POPCACHE_COVERED) == 0, "load");
	pe = test.pc.pc_entry[1];
	at = popcache_place(&test.pc, test.pc.pc_entry, 1);
	test.info = test.pc.pc_info;
	popcache_info_remove(&test.info, pe);
	test.info.pi_dead++;
	pe->pe_flags |= POPCACHE_DEAD;
	CHECK(popcache_put(&test.pc, at, pe) == 0, "put");
	CHECK(popcache_load(&test.pc, POPCACHE_ALL) == 0, "load");
	CHECK(test.pc.pc_count == 2 && !test.pc.pc_whole, "%zu",
	    test.pc.pc_count);
}

static void
test_dead_counted(void)
{
	unit_case("dead: skipped, and counted by the header");
	CHECK(popcache_restamp(&test.pc, &test.info) == 0, "restamp");
	popcache_close(&test.pc);
	CHECK(load(&test.pc, "dead", 1) == 0x5, "not 0 and 2");
	CHECK(test.pc.pc_whole && test.pc.pc_clean && test.pc.pc_covered == 2,
	    "not whole");
	popcache_close(&test.pc);
}

static void
test_put(void)
{
	struct popcache		 pc;
	struct popcache_info	 info;
	struct popcache_entry	*pe;
	uint64_t		 buf[POPCACHE_ENTRY_MAX / 8], at;

	unit_case("put: one entry is corrected in place");
	write_cache(3, 1);
	popcache_open(&pc, dir);
	at = pc.pc_info.pi_last;
	pe = popcache_get(&pc, at, 0, buf);
	CHECK(pe != NULL && which(pe) == 2, "get");
	if (pe == NULL)
		return;
	info = pc.pc_info;
	info.pi_octets += 4711 - popcache_octets(pe);
	info.pi_flags = 0;
	pe->pe_octets = htole64(4711);
	CHECK(popcache_put(&pc, at, pe) == 0, "put");
	CHECK(popcache_restamp(&pc, &info) == 0, "restamp");
	popcache_close(&pc);
	popcache_open(&pc, dir);
	CHECK(popcache_load(&pc, POPCACHE_ALL) == 0 && pc.pc_whole,
	    "not whole");
	CHECK(popcache_octets(pc.pc_entry[2]) == 4711, "octets");
	CHECK(pc.pc_info.pi_flags == 0, "stamped");
	popcache_close(&pc);
}

/* Every entry of a list of facts is where popcache_place() says. */
static void
places(struct popcache *pc, struct popcache_entry **list, uint32_t n,
    const char *what)
{
	static const uint32_t	 odd[] = { 4, 1, 3, 0, 2 };
	struct popcache_entry	*pe;
	uint64_t		 buf[POPCACHE_ENTRY_MAX / 8], at;
	uint32_t		 i, k;

	/* In turn, and in no order at all. */
	for (i = 0; i < n + 5; i++) {
		k = i < n ? i : odd[i - n];
		at = popcache_place(pc, list, k);
		pe = at == 0 ? NULL : popcache_get(pc, at, 0, buf);
		CHECK(pe != NULL && which(pe) == which(list[k]),
		    "%s: %u is not at %llu", what, k,
		    (unsigned long long)at);
	}
}

static void
test_places(void)
{
	struct popcache		 pc;
	struct popcache_info	 info;
	struct popcache_entry	*list[COUNT];
	struct timespec		 now;
	uint32_t		 i;
	int			 fd;

	unit_case("place: of entries that were read, made, written");
	write_cache(4, 1);
	popcache_open(&pc, dir);
	CHECK(popcache_append(dir, make(&pc, 4)) == 1, "append");
	popcache_forget(&pc);
	CHECK(popcache_load(&pc, POPCACHE_ALL) == 0, "load");
	for (i = 0; i < COUNT; i++)
		list[i] = i < 5 ? pc.pc_entry[i] : make(&pc, (int)i);
	places(&pc, list, 5, "load");
	CHECK(popcache_place(&pc, list, 5) == 0, "one that was made");
	info = pc.pc_info;
	CHECK(popcache_extend(&pc, list, COUNT, &info) == 0, "extend: %s",
	    strerror(errno));
	places(&pc, list, COUNT, "extend");
	CHECK(pc.pc_info.pi_last == popcache_place(&pc, list, COUNT - 1),
	    "extend: last");
	CHECK((fd = popcache_begin(dir, &now)) != -1, "begin");
	CHECK(popcache_replace(&pc, dir, fd, list + 1, COUNT - 1, &info) == 0,
	    "replace");
	places(&pc, list + 1, COUNT - 1, "replace");
	CHECK(pc.pc_info.pi_last == popcache_place(&pc, list + 1, COUNT - 2),
	    "replace: last");
	popcache_close(&pc);
	CHECK(load(&pc, "replace", 0) == ((1U << COUNT) - 2), "not 1 to 6");
	CHECK(pc.pc_whole && pc.pc_clean && pc.pc_covered == COUNT - 1,
	    "whole");
	popcache_close(&pc);
}

static void
test_extend_grown(void)
{
	struct popcache		 pc, mine;
	struct popcache_info	 info;
	struct popcache_entry	*list[5];
	uint32_t		 i;

	unit_case("extend: not over what was appended meanwhile");
	memset(&mine, 0, sizeof(mine));
	write_cache(3, 1);
	popcache_open(&pc, dir);
	CHECK(popcache_load(&pc, POPCACHE_ALL) == 0, "load");
	for (i = 0; i < 4; i++)
		list[i] = i < 3 ? pc.pc_entry[i] : make(&pc, 3);
	CHECK(popcache_append(dir, make(&mine, 6)) == 1, "append");
	info = pc.pc_info;
	CHECK(popcache_extend(&pc, list, 4, &info) == -1 && errno == ESTALE,
	    "extended");
	popcache_close(&pc);
	CHECK(load(&pc, "extend", 0) == 0x47 && pc.pc_whole, "0 to 2, 6");
	popcache_close(&pc);
	popcache_forget(&mine);
}

static void
test_rename(void)
{
	static const struct {
		const char	*name;
		int		 fits;
	} names[] = {
		{ "102.d.host:2,S", 1 }, { "102.d.host", 1 },
		{ "102.d.host:2,", 1 },
		{ "102.d.host:2,DFPRSTabcdefghijklmnopqrstuvwxyz", 0 }
	};
	struct popcache		 mine;
	struct popcache_entry	*pe;
	size_t			 i, len;

	unit_case("rename: in place, as long as there is room");
	memset(&mine, 0, sizeof(mine));
	pe = make(&mine, 1);
	len = popcache_entry_len(pe);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CHECK(popcache_rename(pe, MAILDIR_CUR, names[i].name,
		    strlen(names[i].name)) == names[i].fits, "%s",
		    names[i].name);
		CHECK(popcache_entry_len(pe) == len, "another length");
		CHECK(popcache_is(pe, MAILDIR_CUR, names[i].name,
		    strlen(names[i].name)) == names[i].fits, "%s: is",
		    names[i].name);
		popcache_seal(pe);
		CHECK(popcache_entry_ok(pe, len), "%s: not good",
		    names[i].name);
		CHECK(pe->pe_base_len == 10 && pe->pe_uidl_len == 8,
		    "%s: base", names[i].name);
	}
	CHECK(popcache_rename(pe, MAILDIR_NEW, "102.d.host", 10) == 1 &&
	    popcache_dir(pe) == MAILDIR_NEW, "back to new/");
	popcache_forget(&mine);
}

/* Appending and replacing at once, many times: nothing is lost or torn. */
static void
test_race(void)
{
	struct popcache		 pc, mine;
	struct popcache_info	 info;
	struct popcache_facts	 pf;
	struct timespec		 now;
	char			 name[64];
	size_t			 i, appended = 0;
	int			 child, j, fd, lock, status, done;

	unit_case("mda appends while sessions replace: no entry is lost");
	write_cache(0, 0);
	if ((child = fork()) == 0) {
		memset(&mine, 0, sizeof(mine));
		for (j = 0, done = 0; j < 300; j++) {
			memset(&pf, 0, sizeof(pf));
			pf.pf_name_len = (size_t)snprintf(name, sizeof(name),
			    "%d.a", j + 1);
			pf.pf_name = name;
			done += popcache_append(dir, popcache_make(&mine,
			    &pf));
		}
		_exit(done == 300 ? 0 : 1);
	}
	for (done = 0; !done;) {
		done = waitpid(child, &status, WNOHANG) == child;
		popcache_open(&pc, dir);
		CHECK(popcache_load(&pc, POPCACHE_ALL) == 0, "load");
		CHECK((fd = popcache_begin(dir, &now)) != -1, "begin");
		info = pc.pc_info;
		if ((lock = popcache_lock(dir)) != -1) {
			CHECK(popcache_replace(&pc, dir, fd, pc.pc_entry,
			    (uint32_t)pc.pc_count, &info) == 0, "replace");
			close(lock);
		} else
			close(fd);
		popcache_close(&pc);
	}
	CHECK(WIFEXITED(status), "child");
	popcache_open(&pc, dir);
	CHECK(popcache_load(&pc, POPCACHE_ALL) == 0 && pc.pc_whole, "load");
	for (i = 0; i < pc.pc_count; i++)
		appended += popcache_order(pc.pc_entry[i]) == 0;
	CHECK(WEXITSTATUS(status) != 0 || appended == 300, "%zu of 300",
	    appended);
	popcache_close(&pc);
	unlinkat(dir, POPCACHE_NEW_FILE, 0);
}

int
main(void)
{
	if (setup() == -1)
		return (unit_done());
	test_append_behind();
	test_append_torn();
	test_append_refused();
	test_append_locked();
	test_replace();
	test_begin();
	test_dead_missed();
	test_dead_counted();
	test_put();
	test_places();
	test_extend_grown();
	test_rename();
	test_race();
	return (unit_done());
}

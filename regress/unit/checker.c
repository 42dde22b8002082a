/*
 * link: hashpop/checker.o hashpop/authtab.o hashpop/cache.o
 * link: hashpop/compare.o hashpop/hashes.o hashpop/hashkind.o hashpop/ticket.o
 * link: lib/bond.o lib/hmac.o lib/secret.o $(TABLE_OBJS) $(LOOP_OBJS)
 * link: $(COMPAT_CRYPT)
 */
/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * A checker with a compromised queue: what it gets the parent to be told is
 * never of use for a session that was wanted for something else.  The real one
 * runs in a child; this process plays its parent, the queue and tabpop.
 */

#include <signal.h>

#include "authpeers.h"
#include "bond.h"
#include "hashpop/checker.h"
#include "setting.h"

#define LONG		10000	/* for what is to come */

static const char	 authtab[] = "joe {PLAIN}secret\nann {PLAIN}apple\n";

static struct {
	struct end		 queue, tables;
	struct msg_check	 check;		/* the last one */
	struct msg_grant	 grant;		/* the last one */
	int			 granted;
	uint64_t		 number;	/* of the last check */
	uint32_t		 place;		/* that tabpop names */
} t;

static void
put_file(enum file_kind kind, const char *text, size_t len)
{
	struct msg_file	 mf;
	char		 path[] = "/tmp/unit-checker.XXXXXX";
	int		 fd = mkstemp(path);

	if (fd == -1 || unlink(path) == -1 ||
	    write(fd, text, len) != (ssize_t)len)
		exit(1);
	memset(&mf, 0, sizeof(mf));
	mf.mf_kind = kind;
	strlcpy(mf.mf_name, "table", sizeof(mf.mf_name));
	put_size(&authpop.parent, MSG_CONF_FILE, &mf, sizeof(mf), fd);
}

/* A checker with a table, and a table process after it. */
static void
begin(void)
{
	struct msg_conf	 mc;
	struct got	 got;

	start_child(checker_start);
	memset(&mc, 0, sizeof(mc));
	mc.mc_flags = CONF_FIRST;
	mc.mc_files = 1;
	mc.mc_processes = 2;
	setting_defaults(&mc.mc_settings);
	put(&authpop.parent, MSG_CONF_TRY, &mc);
	put_file(FILE_AUTHTAB, authtab, sizeof(authtab) - 1);
	put(&authpop.parent, MSG_CONF_CHECK, NULL);
	got = get(&authpop.parent, LONG);
	CHECK(got.type == MSG_CONF_OK, "%s", msg_name(got.type));
	put(&authpop.parent, MSG_CONF_COMMIT, NULL);
	join(&t.tables, ROLE_TABLE, 1);
	join(&t.queue, ROLE_AUTH, 2);
}

/* Fill a check of a session. */
static struct msg_check *
fill(uint64_t num, enum auth_method method, const char *user,
    const char *pass)
{
	struct msg_check	*mk = &t.check;

	memset(mk, 0, sizeof(*mk));
	mk->mk_id.si_gen = 5;
	mk->mk_id.si_num = num;
	mk->mk_seq = ++t.number;
	mk->mk_method = method;
	memset(mk->mk_salt, 's', sizeof(mk->mk_salt));
	memset(mk->mk_tag, 't', sizeof(mk->mk_tag));
	strlcpy(mk->mk_user, user, sizeof(mk->mk_user));
	strlcpy(mk->mk_pass, pass, sizeof(mk->mk_pass));
	return (mk);
}

/* Return the answer to the queue; a grant was sent before it. */
static enum auth_result
answer(void)
{
	struct got		 got = get(&t.queue, LONG);
	enum auth_result	 result = AUTH_TEMP;

	CHECK(got.type == MSG_CHECKED, "%s", got.type == MSG_MAX ? "the end" :
	    msg_name(got.type));
	if (got.type == MSG_CHECKED)
		result = got.data.checked.mh_result;
	got = get(&authpop.parent, 0);
	t.granted = got.type == MSG_GRANT;
	if (t.granted)
		t.grant = got.data.grant;
	return (result);
}

static enum auth_result
check(uint64_t num, const char *user, const char *pass)
{
	put(&t.queue, MSG_CHECK, fill(num, AUTH_PASSWORD, user, pass));
	return (answer());
}

/* Return whether the grant fits a session wanted for this. */
static int
fits(uint64_t num, enum auth_purpose purpose, enum auth_method method,
    const char *user, const char *pass)
{
	const struct session_id	 id = { 5, num };
	uint8_t			 bond[BOND_LEN], salt[BOND_SALT];

	memset(salt, 's', sizeof(salt));
	bond_make(&id, salt, purpose, method, user, pass, bond);
	return (t.granted && memcmp(bond, t.grant.gn_bond, sizeof(bond)) == 0);
}

static void
test_grant(void)
{
	unit_case("what is accepted is granted, for just what was checked");
	CHECK(check(1, "joe", "secret") == AUTH_ACCEPTED, "joe");
	CHECK(fits(1, PURPOSE_SESSION, AUTH_PASSWORD, "Joe", "secret") &&
	    strcmp(t.grant.gn_user, "joe") == 0 && t.grant.gn_id.si_num == 1,
	    "joe's own");
	CHECK(!fits(2, PURPOSE_SESSION, AUTH_PASSWORD, "joe", "secret"),
	    "another session");
	CHECK(!fits(1, PURPOSE_SESSION, AUTH_PASSWORD, "ann", "secret"),
	    "another user");
	CHECK(!fits(1, PURPOSE_SESSION, AUTH_PASSWORD, "joe", "secre"),
	    "another password");
	CHECK(!fits(1, PURPOSE_ROUTE, AUTH_PASSWORD, "joe", "secret"),
	    "a route");
	CHECK(!fits(1, PURPOSE_SESSION, AUTH_APOP, "joe", "secret"),
	    "another method");
	CHECK(check(3, "joe", "apple") == AUTH_NO_MATCH && !t.granted,
	    "ann's password");
	CHECK(check(4, "nobody", "secret") == AUTH_ELSEWHERE && !t.granted,
	    "nobody");
}

static void
test_cache(void)
{
	struct msg_check	*mk;

	unit_case("the tag of a right password admits no other");
	CHECK(check(1, "joe", "secret") == AUTH_ACCEPTED, "joe");
	CHECK(check(2, "joe", "wrong") == AUTH_NO_MATCH && !t.granted,
	    "another password");
	mk = fill(3, AUTH_PASSWORD, "joe", "wrong");
	mk->mk_cached = 1;
	put(&t.queue, MSG_CHECK, mk);
	CHECK(answer() == AUTH_NO_MATCH && !t.granted, "of the cache alone");
	mk = fill(4, AUTH_PASSWORD, "joe", "secret");
	mk->mk_cached = 1;
	put(&t.queue, MSG_CHECK, mk);
	CHECK(answer() == AUTH_ACCEPTED && fits(4, PURPOSE_SESSION,
	    AUTH_PASSWORD, "joe", "secret"), "the right one");
}

/* tabpop answers. */
static void
put_hash(uint64_t proof, enum look_result result, const char *user,
    const char *hash)
{
	struct msg_hash	 mhs;

	memset(&mhs, 0, sizeof(mhs));
	mhs.mhs_check = t.number;
	mhs.mhs_proof = proof;
	mhs.mhs_result = result;
	mhs.mhs_place = t.place;
	strlcpy(mhs.mhs_user, user, sizeof(mhs.mhs_user));
	strlcpy(mhs.mhs_hash, hash, sizeof(mhs.mhs_hash));
	put(&t.tables, MSG_HASH, &mhs);
}

static void
put_looked(uint64_t num, const char *user, const char *pass)
{
	struct msg_check	*mk = fill(num, AUTH_PASSWORD, user, pass);

	mk->mk_looked = 1;
	put(&t.queue, MSG_CHECK, mk);
}

static void
test_other_hash(void)
{
	unit_case("the hash of one user is of no use for another's check");
	put_looked(1, "eve", "mine");
	put_hash(0, LOOK_FOUND, "mallory", "{PLAIN}mine");
	CHECK(answer() == AUTH_TEMP && !t.granted, "mallory's");
	put_looked(2, "eve", "mine");
	put_hash(0, LOOK_FOUND, "eve", "{PLAIN}mine");
	CHECK(answer() == AUTH_ACCEPTED && fits(2, PURPOSE_SESSION,
	    AUTH_PASSWORD, "eve", "mine"), "eve's");
}

static void
test_other_table(void)
{
	uint32_t	 i;

	unit_case("only a table process has hashes, and not for a file's user");
	for (i = 0; i < 3; i++) {
		t.place = i;
		put_looked(1, "joe", "mine");
		put_hash(0, LOOK_FOUND, "joe", "{PLAIN}mine");
		CHECK(answer() != AUTH_ACCEPTED && !t.granted, "joe by %u", i);
		put_looked(2, "eve", "mine");
		put_hash(0, LOOK_FOUND, "eve", "{PLAIN}mine");
		CHECK(answer() == (i == 1 ? AUTH_ACCEPTED : AUTH_TEMP) &&
		    t.granted == (i == 1), "eve by %u", i);
	}
	t.place = 1;
}

/* A table process is asked.  Return the number of the proof. */
static uint64_t
proving(uint64_t num, const char *pass)
{
	struct got	 got;

	put_looked(num, "eve", pass);
	put_hash(0, LOOK_PROVE, "eve", "");
	CHECK(answer() == AUTH_PROVING && !t.granted, "no proof");
	got = get(&t.tables, LONG);
	CHECK(got.type == MSG_PROVE && strcmp(got.data.prove.pv_pass,
	    pass) == 0, "%s", msg_name(got.type));
	return (got.data.prove.pv_proof);
}

static void
test_other_proof(void)
{
	uint64_t	 right, wrong;

	unit_case("the proof of one password, or user, is none of another");
	right = proving(1, "right");
	t.number--;			/* the same number again */
	wrong = proving(2, "wrong");
	CHECK(right != wrong, "one number for two");
	put_hash(right, LOOK_FOUND, "eve", "");
	CHECK(answer() == AUTH_ACCEPTED && fits(1, PURPOSE_SESSION,
	    AUTH_PASSWORD, "eve", "right"), "the right one");
	put_hash(right, LOOK_FOUND, "eve", "");
	put_hash(wrong, LOOK_FOUND, "mallory", "");
	CHECK(answer() == AUTH_TEMP && !t.granted, "mallory's");
	wrong = proving(3, "wrong");
	put_hash(wrong, LOOK_WRONG, "eve", "");
	CHECK(answer() == AUTH_NO_MATCH && !t.granted, "the wrong one");
}

/* The queue is disconnected, and nothing was granted. */
static void
want_end(const char *what)
{
	struct got	 got = get(&t.queue, LONG);

	CHECK(got.type == MSG_MAX, "%s: %s", what, msg_name(got.type));
	got = get(&authpop.parent, LONG);
	CHECK(got.type == MSG_PEER_WANT, "%s: %s", what, msg_name(got.type));
	end_close(&t.queue);
	join(&t.queue, ROLE_AUTH, 2);
}

static void
test_methods(void)
{
	struct msg_check	*mk;

	unit_case("a method that the check cannot have ends the channel");
	mk = fill(4, AUTH_APOP, "joe", "secret");
	mk->mk_cached = 1;
	put(&t.queue, MSG_CHECK, mk);
	want_end("a digest in the cache");
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	t.place = 1;
	begin();
	test_grant();
	test_cache();
	test_other_hash();
	test_other_table();
	test_other_proof();
	test_methods();
	end_close(&t.queue);
	end_close(&t.tables);
	stop_authpop();
	return (unit_done());
}

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Every limit of popd, with the reason for its number; maillimits.h has those
 * of mail/, lmtplimits.h those of LMTP, ctllimits.h those of popctl and the
 * control socket.  popd(8) documents those that an administrator or a client
 * can meet.
 *
 * At the top of the one file that uses them, and not here: sizes that follow
 * from a format or another limit, or of a buffer or list that only popd itself
 * fills, and how often a file polls for what it waits for.
 */

/*
 * gcc's own <limits.h> looks for the system's and finds this one first: pass it
 * on.
 */
#ifdef _GCC_NEXT_LIMITS_H
#include_next <limits.h>
#endif

#ifndef LIMITS_H
#define LIMITS_H

#include "ctllimits.h"
#include "lmtplimits.h"
#include "maillimits.h"

/* The longest user name or password: 255 octets, and the NUL. */
#define USER_MAX		256
#define PASS_MAX		256

/*
 * A command line with its line end: 255 in RFC 2449 section 4; USER and PASS
 * may have an argument of 255 octets after five of their own.
 */
#define LINE_LEN_MAX		255
#define LINE_LEN_LOGIN_MAX	(5 + 255 + 2)

/*
 * A line of AUTH: "AUTH PLAIN " and base64 of a PLAIN message (authorization
 * name, authentication name and password, two NULs).
 */
#define LINE_LEN_AUTH_MAX	1100

/*
 * Challenges that a listener makes before the answer to one: more than it can
 * have connections without a login.
 */
#define SEAL_WINDOW		65536

/*
 * APOP and CRAM-MD5: digits of an MD5 digest, and of the number that begins all
 * challenges of a listener; with NUL, the longest challenge (stamp.h), and the
 * entry of authtab that is for CRAM-MD5 alone.
 */
#define SECRET_DIGEST		32
#define STAMP_EPOCH		16
#define STAMP_TEXT		64
#define SECRET_CRAM_TEXT	75

/*
 * What a proxy gets in place of a secret: its length with NUL, and the seconds
 * it has to pass it on, to a server whose clock may differ; and the age limit
 * of a proxy's challenge, since users type their password meanwhile.
 */
#define TICKET_TEXT		111
#define TICKET_SECONDS		60
#define TICKET_SALT_SECONDS	300

/* A unique-id is 1 to 70 octets of 0x21 to 0x7e (RFC 1939 section 7). */
#define UIDL_MAX		70

/* The longest path of a file or a directory, with NUL. */
#define PATH_LEN_MAX		1024

/* The longest name of a file in a maildir, suffix included. */
#define MAILNAME_MAX		255

/* Bad commands in a row that end a session: honest clients send fewer. */
#define BAD_COMMANDS_MAX	20

/* Refused logins that end a connection: users mistype twice. */
#define LOGIN_FAILURES_MAX	3

/*
 * Seconds from accept to the end of the TLS handshake, which no user takes part
 * in; and from then to a login, the answer to PASS included: users type their
 * password with the connection open.
 */
#define HANDSHAKE_SECONDS	60
#define LOGIN_SECONDS		180

/* Seconds without an octet from or to a client (RFC 1939 section 3: >= 600). */
#define IDLE_SECONDS		600

/*
 * Milliseconds without an acknowledgement until a client is considered dead:
 * fewer than IDLE_SECONDS, enough to move from one network to another.
 */
#define CLIENT_TIMEOUT_MILLISECONDS (300 * 1000)

/*
 * Seconds for which the commands of a client that cannot be written to may wait
 * for a worker that takes none of them.  On some systems that worker is stuck
 * in a write until its stream is closed; few maildrops take longer to open.
 */
#define MUTE_SECONDS		60

/*
 * Seconds for a client to take our last reply and close: enough to send lost
 * packets again once.
 */
#define CLOSE_SECONDS		3

/*
 * The share of a listener's descriptors that is kept for connections without a
 * login, so that neither they nor sessions crowd out the other.
 */
#define UNAUTH_PART		7

/*
 * The share of these that handshakes may take before they are displaced first;
 * likewise connections that may send commands, and those waiting for the answer
 * to PASS: so each kind finds room, however long the others stay.
 */
#define UNAUTH_SHARE		4

/*
 * Limits of a connection in one turn of a listener: TLS records of any size,
 * and pieces of RELAY_BUFFER each way.  And handshakes continued in one turn
 * until one of them needs a signature, which takes 7 ms with RSA-4096 while all
 * other sessions wait.
 */
#define TURN_RECORDS		16
#define TURN_PIECES		4
#define TURN_HANDSHAKES		16

/*
 * Milliseconds that the next handshake waits after a signature: those of one
 * turn of the loop arrive together, and strangers that come one by one need not
 * wait.
 */
#define SIGN_PAUSE_MS		2

/*
 * Checks that may wait, of all sources together: as many as two processors do
 * in about two minutes (bcrypt of cost 10 takes 67 ms), since more could not be
 * answered within LOGIN_SECONDS.  There is no limit per source: the one with
 * most gives way.  A check and its share of the order take 2 KiB of memory, all
 * of them 8 MiB.
 */
#define CHECKS_WAITING		4096

/*
 * Of these, places that better ranks leave to unknown sources, and as many to
 * suspect ones, so that not even a flood of correct passwords locks them out.
 */
#define CHECKS_KEPT		(CHECKS_WAITING / 8)

/*
 * Every so many turns of a rank of checks, the next lower waiting rank gets
 * one: rarely enough not to slow down the good, often enough that no flood of
 * good ones, by an attacker with a password, locks out the others.
 */
#define TURNS_EACH		8

/*
 * Failed logins of one source (authpop).  The first few are free: users
 * mistype.  From then on each check of that source waits before it is hashed,
 * half a second more per failure, at most four: too short to drive away a user
 * behind the same address.  One failure is forgotten every thirty seconds, so
 * the worst source is clean again in six minutes.
 *
 * Of these delays, how many run at the same time: eight leave an attacker two
 * passwords a second, however many the connections.  Where a user has logged in
 * they are 64, sixteen a second: an office of 200 with one guesser in it waits
 * for half a minute, and a user for a hundred guessers there for some seconds.
 */
#define FAILURES_FREE		3
#define FAILURE_DELAY_MS	500
#define FAILURE_DELAY_MAX_MS	4000
#define FAILURE_FORGET_MS	30000
#define FAILURE_AT_ONCE		8
#define KNOWN_AT_ONCE		64

/*
 * Failures of a network count, too, since attackers have addresses in it by the
 * hundred: of an IPv4 /24 or IPv6 /56 (one customer of a provider), and of an
 * IPv6 /48 (many customers, or a company).  The delay is mild, as most clients
 * there are honest, and hits only sources without a known login.  24 is eight
 * times what is free for one source; a failure every ten seconds, as users of a
 * busy network make, is always free; and one attacker alone, who adds two a
 * minute, never makes the network suspect.
 */
#define NETWORK_FREE		24
#define SITE_FREE		48
#define NETWORK_DELAY_MS	100
#define NETWORK_DELAY_MAX_MS	1000
#define NETWORK_FORGET_MS	10000

/*
 * Milliseconds for which a failed login, counted or not, keeps its source from
 * the best rank.  Most mail programs poll every few minutes, so one with an old
 * password stays where it is.
 */
#define FAILURE_RECENT_MS	(5 * 60 * 1000)

/*
 * Wrong passwords of a source that are remembered, and for how many
 * milliseconds: the same again is no new guess.  An office has some telephones
 * with an old password, which try at least once an hour; of users who have
 * logged in from there, the last one of each is remembered.
 */
#define FAILURE_GUESSES		32
#define FAILURE_GUESS_MS	(60 * 60 * 1000)

/*
 * Sources and networks whose failures are remembered, 1000 octets of memory
 * each, 8 MiB: many times what can fail until a failure is forgotten (two
 * processors check thirty passwords a second).
 */
#define FAILURE_SOURCES		8192

/*
 * Pairs of source and user that logged in: how many are remembered, at most 300
 * octets of memory each, 20 MiB if all are used; how many per user, who has a
 * few places and a telephone with a new address every hour; and for how many
 * seconds: longer than a holiday.
 */
#define KNOWN_MAX		65536
#define KNOWN_PER_USER		32
#define KNOWN_SECONDS		(30 * 24 * 60 * 60)

/*
 * Logins of one user within `login-delay': some mail programs log in to count
 * the mail, and once more to fetch it.
 */
#define LOGINS_EACH		2

/*
 * Passwords that a checker remembers (150 octets each, 20 MB), the octets of a
 * tag, and the seconds it remembers one that is unused and one that is used: a
 * slow hash once a day costs nothing, and a password changed elsewhere expires.
 */
#define CACHE_MAX		131072
#define CACHE_TAG		32
#define CACHE_IDLE		600
#define CACHE_SECONDS		(24 * 60 * 60)

/* Octets of a bond and of its salt: bond.h. */
#define BOND_LEN		32
#define BOND_SALT		16

/*
 * Checks of known pairs that are delayed ask the cache before they wait, so
 * that a right password need not: how many of a source at once after a rest,
 * and the milliseconds until the next may.  Each takes the turn of a guess;
 * these are sixteen a second, of which so many are questions that the newest
 * check mostly finds one, however many connections wait.
 */
#define CACHE_ASK_BURST		16
#define CACHE_ASK_MS		100

/*
 * Messages of a channel, and their octets, that may wait for a process that
 * does not read; the largest honest burst is a configuration with 192 files of
 * one KiB.  And messages that a process may send per second, and at once after
 * a rest: a listener with a thousand logins a second sends three thousand.
 */
#define CHAN_MESSAGES_MAX	1024
#define CHAN_OCTETS_MAX		(512 * 1024)
#define CHAN_RATE		10000
#define CHAN_BURST		20000

/*
 * Milliseconds until a message is sent again that failed for lack of memory or
 * too many descriptors in flight: its receivers read faster than that.
 */
#define CHAN_RETRY_MILLISECONDS	10

/*
 * A multiple of these limits for the parent: it may stall for lack of memory,
 * and a process that takes it for dead ends all that it serves.  Below
 * CHAN_BURST, or the parent would take what it finds then for a flood.
 */
#define PARENT_PATIENCE		16

/* Messages without sense logged per channel and minute. */
#define CHAN_DROPS_LOGGED	10

/*
 * Limits of the cost of a hash, a few seconds of a current processor, as one
 * login could otherwise occupy a checker for minutes: the cost of bcrypt
 * (log2); rounds of the SHA-crypts; rounds of others, which cost more; blocks
 * of 128 octets that scrypt and yescrypt fill (512 MB of memory).
 */
#define HASH_BCRYPT_MAX		15
#define HASH_SHA_ROUNDS_MAX	10000000
#define HASH_ROUNDS_MAX		1000000
#define HASH_BLOCKS_MAX		(1 << 22)

/* Octets of a password that bcrypt does not ignore. */
#define BCRYPT_PASS_MAX		72

/*
 * Lines of a table that are read, or rows that are checked, before the event
 * loop gets its turn: about two milliseconds.
 */
#define TABLE_SLICE		2000

/* Users of a table with a warning of their own; the rest share one. */
#define WARNINGS_MAX		20

/*
 * Tables named by `credentials' or `userbase': a company, its subsidiaries, a
 * few leftovers.  Each process among them is asked in turn.
 */
#define TABLES_ASKED_MAX	8

/* The first uid and gid of table processes without bounds in popd.conf. */
#define TABLE_LEAST_ID		1000

/*
 * Seconds for a table process to answer one question, from when tabpop is
 * asked: while users wait, a late answer is still good.  Seconds without any
 * answer after which a process that owes one is considered hung and restarted;
 * and seconds for it to say what it offers, a connection to a database
 * included, fewer than CONF_SECONDS.
 */
#define TABLE_SECONDS		60
#define TABLE_HANG_SECONDS	10
#define TABLE_START_SECONDS	15

/*
 * Questions sent to a table process at once.  It answers one after the other,
 * so a few keep it busy, and a later but more important one need not wait for
 * many.
 */
#define TABLE_WINDOW		8

/*
 * Log lines about useless answers of a table process, at once; then one per
 * second.  While a database is down, each login causes one.
 */
#define TABLE_LINES_MAX		10

/*
 * syspop.  Seconds after which the process that checks a password of a system
 * user, or looks the user up, is killed: others wait for it.  Milliseconds
 * before a wrong password is refused: more than the system's own check takes,
 * so that its time reveals nothing; eight at once still refuse faster than popd
 * itself hashes.  The longest name asked for, as in useradd(8); and a line of
 * tabpop: a name, a password, an address and what separates them.
 */
#define SYSTEM_SECONDS		4
#define SYSTEM_REFUSE_MS	300
#define SYSTEM_NAME_MAX		32
#define SYSTEM_LINE_MAX		1024

/*
 * Seconds for tabpop to give a checker what it knows: it does so at once.
 */
#define GIVE_SECONDS		5

/*
 * Passwords of one checker that are before table processes: more than the
 * queue releases (PROOFS_ASKED), and only a few hundred KiB of memory.
 */
#define PROOFS_MAX		512

/*
 * Passwords for table processes that the queue releases at once, to all
 * checkers: as many as a table process takes at a time, so that none waits
 * there, in order of arrival, behind hung ones.  The others wait in the queue,
 * where recent users come first.
 */
#define PROOFS_ASKED		TABLE_WINDOW

/*
 * A line of a table process: a user's directory may have PATH_LEN_MAX octets, a
 * hash HASH_TEXT_MAX; the longest known hashes need half of that.
 */
#define TABLE_LINE_LEN_MAX	2048
#define HASH_TEXT_MAX		256

/*
 * Questions about hashes that authpop sends tabpop at once, as long as each is
 * answered within these milliseconds, and else fewer; those that wait do so in
 * order of rank and source; of these, places reserved as with CHECKS_KEPT.  And
 * answers that tabpop keeps for authpop, and questions it asks for the parent:
 * as many as can wait for an answer, less than a KiB each.
 */
#define LOOKUPS_MAX		32
#define LOOKUP_MS		1000
#define LOOKUPS_WAITING		1024
#define LOOKUPS_KEPT		(LOOKUPS_WAITING / 8)
#define ANSWERS_MAX		8192

/* Octets that one direction of the relay holds at most. */
#define RELAY_BUFFER		65536

/* Milliseconds for keypop to answer, or the handshake fails. */
#define KEY_MILLISECONDS	2000

/*
 * Requests of one listener that keypop refuses before it ends that listener's
 * socket: an honest listener makes none.
 */
#define KEY_REFUSALS_MAX	10

/*
 * Requests of a child that cost the parent or another child work (a peer,
 * working listening sockets), at once; one comes back each second.  Honest
 * children make one a second for each thing they miss.
 */
#define REQUESTS_BURST		20

/*
 * Seconds between two requests of a child for a missing peer: starting one
 * takes a few milliseconds.
 */
#define PEER_WANT_SECONDS	1

/*
 * Seconds for which a listener stops accepting from a listening socket after an
 * error, or while it lacks descriptors or memory.
 */
#define ACCEPT_PAUSE_SECONDS	1

/*
 * Octets of a PROXY header.  Proxies should send at most 536, but the TLS
 * fields (names, a unique id, private ones) have no limit.  More than any proxy
 * sends, and what the smallest buffer of a client holds.
 */
#define PROXY_HEADER_MAX	2048

/*
 * Questions over HTTP of nginx's mail module: octets of a header line, since a
 * user name or password has three times 255 if all are escaped; of all headers,
 * a client's certificate included; and of an answer, as much as nginx has room
 * for.  And the seconds for which nginx holds a refused client that may try
 * again, the least it accepts: delaying attackers is left to authpop.
 */
#define AUTH_HTTP_LINE_MAX	1024
#define AUTH_HTTP_REQUEST_MAX	32768
#define AUTH_HTTP_ANSWER_MAX	1024
#define AUTH_HTTP_WAIT		1

/* Networks in popd.conf, trusted or allowed to send PROXY headers. */
#define NETS_MAX		256

/* The domain that `listen on' adds to a user's name, with NUL. */
#define DOMAIN_MAX		128

/* Addresses to listen on, and `listen on' rules: no host has more than 64. */
#define ADDRESSES_MAX		64

/* Tables in popd.conf: each has one use, or a few. */
#define CONFIG_TABLES_MAX	16

/*
 * popd.conf: octets of a file, files including included ones, and their depth:
 * administrators write far less, and a device is no configuration.  And macros:
 * each lookup searches all, while popd does nothing else.
 */
#define CONFIG_FILE_MAX		(1024 * 1024)
#define CONFIG_FILES_MAX	64
#define CONFIG_DEPTH_MAX	8
#define CONFIG_MACROS_MAX	1024

/* Certificates with their keys: limits what keypop and listeners hold. */
#define KEYPAIRS_MAX		64

/*
 * Replaced sets of keys that a handshake begun with their certificate may still
 * need: more reloads in HANDSHAKE_SECONDS cost the oldest of those handshakes.
 */
#define KEYSETS_OLD		64

/* Days before a certificate expires from which popd warns. */
#define CERT_WARN_DAYS		14

/* Octets of a file with a certificate chain or a key: some have 10 KiB. */
#define KEY_FILE_MAX		(256 * 1024)

/*
 * The names of a certificate in a report, with NUL: it is read by the
 * administrator, so more are cut off.
 */
#define CERT_NAMES_MAX		512

/*
 * The seconds to the next start of a role that keeps dying double up to this,
 * and are reset after it has lived so long.
 */
#define RESTART_SECONDS_MAX	30
#define RESTART_CALM		60

/*
 * Seconds for a child to answer the parent: at a load of 55 one that served its
 * loop needed three, and killing it cost every login that it held.  A checker
 * answers after its current hash: no password takes so long.
 */
#define PING_SECONDS		30
#define HASH_SECONDS		60

/*
 * Seconds for a child to check new files: a million lines of authtab, read a
 * slice at a time, take a few.
 */
#define CONF_SECONDS		30

/* Seconds from the last message of a process to its exit. */
#define LAST_SECONDS		5

/*
 * Seconds after the connection of a session has ended until its worker is
 * killed: emptying a maildrop of a million messages takes two minutes.  And
 * those that popd waits when it stops, for clients that read slowly.
 */
#define WORKER_SECONDS		300
#define STOP_SECONDS		10

/*
 * Seconds for a new popd to serve after an upgrade was requested: more than its
 * processes have to check a configuration, and to be restarted if one dies.
 */
#define UPGRADE_SECONDS		60

/*
 * Seconds after an upgrade until the old popd ends its remaining sessions,
 * which are told as at a stop.  A day: no active session lasts so long, and an
 * idle one ends after ten minutes.
 */
#define DRAIN_SECONDS		(24 * 60 * 60)

/* Seconds between two reports of an old popd on its sessions. */
#define DRAIN_TELL_SECONDS	1

/* Seconds between two checks of the service manager's status line. */
#define NOTIFY_SECONDS		10

/*
 * Log lines of one process, per second and at once, and as many for debugging;
 * the rest is counted.  A new set of 64 certificates may cause two warnings
 * each.
 */
#define LOG_RATE		20
#define LOG_BURST		200

/*
 * Factor by which those for debugging grow when each message is logged; it
 * limits lines about messages as well: some 100 logins a second are logged
 * in full.  A burst fits into what may wait for the parent (PARENT_PATIENCE)
 * and is far below what ends a channel (CHAN_RATE).
 */
#define LOG_TRACE_TIMES		20

/*
 * Log lines per minute of logins refused unchecked: an attacker must not fill
 * the log.  And seconds between two lines that count handshakes, or name a
 * program of another version.
 */
#define BUSY_LINES_MAX		20
#define TALLY_SECONDS		60
#define VERSION_SECONDS		60

/* Errors of a configuration that are logged: another file has one a line. */
#define ERRORS_MAX		50

/* Bad lines of a table that are logged one by one. */
#define WRONGS_MAX		20

/*
 * Sessions of one user: several mail programs on several devices; without a
 * maildir nothing else limits them.
 */
#define SESSIONS_PER_USER	16

/*
 * Further sessions of a user, whose QUIT is done but whose worker has not
 * exited: that takes milliseconds, or longer with a client that does not read.
 */
#define SESSIONS_OVER		16

/*
 * Undecided logins of one listener, 700 octets each in the parent; authpop's
 * queue is full long before.
 */
#define WANTS_MAX		8192

/*
 * Milliseconds for which a second session of a user waits for the first to end
 * or to give way: mail programs show [IN-USE] as a wrong password.
 */
#define LOCK_MILLISECONDS	5000
#define LOCK_STEP_MILLISECONDS	25

/*
 * Seconds without an octet from its client after which a session gives way to a
 * second one of the same user.  A minute: a phone that lost its network logs in
 * again, while a mail program still connected sends more often.  If messages
 * are marked, giving way loses the QUIT that the client had in mind: it gets as
 * long as its connection may go without an acknowledgement
 * (CLIENT_TIMEOUT_MILLISECONDS) and is then dead, or longer if `session
 * takeover' says so.
 */
#define YIELD_SECONDS		60
#define YIELD_MARKED_SECONDS	300

/* Users locked by popctl; more belong into authtab. */
#define LOCKED_MAX		1024

/*
 * Messages that wait for another popd, which is stopped or busy: all locked
 * users at once, and reports of its sessions for a while.
 */
#define HANDOVER_MAX		(2 * LOCKED_MAX)

/*
 * The largest table: a million users take about 80 MB, and offsets of lines
 * fit 32 bits.  And its longest name, with NUL, as in smtpd.
 */
#define TABLE_SIZE_MAX		(256 * 1024 * 1024)
#define TABLE_KEY_MAX		1024

/* Listeners and checkers: more do not help.  Sessions: fewer are useless. */
#define PROCESSES_MAX		32
#define SESSIONS_MIN		8

/*
 * Connections that wait to be accepted; and milliseconds for which children of
 * a killed popd may still hold an address: they exit when they notice.
 */
#define LISTEN_BACKLOG		512
#define BUSY_MILLISECONDS	3000

/* The shortest RSA key accepted (CA/Browser Forum, since 2014). */
#define RSA_BITS_MIN		2048

#endif

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Every limit of popd, each with the reason for its number; those of mail/ are
 * in maillimits.h, those of LMTP in lmtplimits.h, those of popctl and the
 * control socket in ctllimits.h.  popd(8) documents those that an administrator
 * or a client can meet.
 *
 * Not here but at the top of the one file that has them: sizes that follow
 * from a format or another limit, of a buffer or a list that nobody outside
 * can fill, and how often a file looks again at what it waits for.
 */

/*
 * gcc's own <limits.h> wants the system's and gets this one, as it asks from a
 * file that it has included by its name in quotes.
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
 * A command line with its line end.  RFC 2449 section 4 says 255; USER and
 * PASS may have an argument of 255 octets after five of their own.
 */
#define LINE_LEN_MAX		255
#define LINE_LEN_LOGIN_MAX	(5 + 255 + 2)

/*
 * A line of AUTH: base64 of a PLAIN message (authorization and
 * authentication name and password, two NULs) and "AUTH PLAIN " before it.
 */
#define LINE_LEN_AUTH_MAX	1100

/*
 * SCRAM-SHA-256, all without the NUL: its keys; a salt, of which 16 octets are
 * usual; a client's nonce, mostly of 18 to 44; its first message, as a line of
 * AUTH can bring it; a nonce of ours, 30 octets as base64.  With the NUL: a
 * proof as base64; a verifier; what two processes tell each other; a challenge,
 * whose base64 fits into a reply of 512 octets; and the longest text of all,
 * that of three messages.
 */
#define SCRAM_KEY		32
#define SCRAM_SALT_MAX		64
#define SCRAM_NONCE_MAX		128
#define SCRAM_FIRST_MAX		(LINE_LEN_AUTH_MAX / 4 * 3)
#define SCRAM_NONCE		40
#define SCRAM_PROOF_TEXT	45
#define VERIFIER_TEXT		256
#define SCRAM_KNOWN_MAX		160
#define SCRAM_CHALLENGE_MAX	360
#define SCRAM_MESSAGE_MAX	4096

/*
 * Sessions of a listener between the two halves of one client's SCRAM: more
 * than there can be connections without a login.
 */
#define SEAL_WINDOW		65536

/*
 * APOP and CRAM-MD5: digits of a digest of MD5, and of the number that all
 * challenges of a listener begin with; with the NUL, the longest challenge
 * (stamp.h), and the entry of authtab that is for CRAM-MD5 alone.
 */
#define SECRET_DIGEST		32
#define STAMP_EPOCH		16
#define STAMP_TEXT		64
#define SECRET_CRAM_TEXT	75

/*
 * What a proxy gets in place of a secret: its length with the NUL, and seconds
 * in which it goes to another server, whose clock may differ; and how old the
 * challenge of a proxy may be, as people type their password in between.
 */
#define TICKET_TEXT		111
#define TICKET_SECONDS		60
#define TICKET_SALT_SECONDS	300

/* A UIDL is 1 to 70 octets of 0x21 to 0x7e (RFC 1939 section 7). */
#define UIDL_MAX		70

/* The longest path of a file or a directory, with the NUL. */
#define PATH_LEN_MAX		1024

/* The longest name of a file in a maildir, suffix included. */
#define MAILNAME_MAX		255

/* Bad commands in a row that end a session: no honest client sends 20. */
#define BAD_COMMANDS_MAX	20

/* Refused logins that end a connection: a person mistypes twice. */
#define LOGIN_FAILURES_MAX	3

/*
 * Seconds from accept to the end of the TLS handshake, which no person has a
 * part in; and from then to a login, the answer to PASS included: people type
 * their password with the connection open.
 */
#define HANDSHAKE_SECONDS	60
#define LOGIN_SECONDS		180

/* Seconds without a byte from or to a client (RFC 1939 section 3: >= 600). */
#define IDLE_SECONDS		600

/*
 * Milliseconds without an acknowledgement after which a client is dead: sooner
 * than IDLE_SECONDS, and long enough to move from one network to another.
 */
#define CLIENT_TIMEOUT_MILLISECONDS (300 * 1000)

/*
 * Seconds for which the commands of a client that cannot be written to any
 * more may wait for a worker that takes none of them.  On some systems that
 * worker is stuck in a write until its stream is closed; a maildrop that takes
 * longer to open is rare.
 */
#define MUTE_SECONDS		60

/*
 * Seconds that a client has to take our last words and to close: as long as
 * it may need, once, to send again what was lost on its way.
 */
#define CLOSE_SECONDS		3

/*
 * The part of a listener's sessions that is kept for connections without a
 * login, so that neither kind crowds the other out; and what there is of it
 * in the smallest listener, if that has twice as much.
 */
#define UNAUTH_PART		4
#define UNAUTH_MIN		8

/*
 * The part of these that handshakes may be before they are the first to go,
 * and likewise those that may send commands, and those that wait for the
 * answer to PASS: so each finds room, however many of the others stay.
 */
#define UNAUTH_SHARE		4

/*
 * What a connection may have of one turn of a listener: TLS records, however
 * small they are, and pieces of RELAY_BUFFER each way.  And handshakes that
 * are looked at in one turn until one of them needed a signature, which with
 * RSA-4096 takes 7 ms: the sessions of all others wait so long.
 */
#define TURN_RECORDS		16
#define TURN_PIECES		4
#define TURN_HANDSHAKES		16

/*
 * Milliseconds after a signature in which the next handshake waits for its
 * turn: those of one turn of the loop come at once, and strangers that come
 * one by one need not wait.
 */
#define SIGN_PAUSE_MS		2

/*
 * Checks that may wait, of all sources together: what two processors get
 * through in about two minutes (bcrypt of cost 10 takes 67 ms), as more could
 * not be answered within LOGIN_SECONDS.  There is no limit for each source;
 * whoever has most gives way when there are so many.  A check and its share of
 * the order take 2 KiB of memory, so all of them 8 MiB.
 */
#define CHECKS_WAITING		4096

/*
 * Of these, places that better ranks leave to unknown sources, and as many to
 * suspect ones: so that not even a flood of right passwords locks them out.
 */
#define CHECKS_KEPT		(CHECKS_WAITING / 8)

/*
 * Every so many turns of a rank of checks the next lower one that waits has
 * one: so few that good ones do not notice, and enough that no flood of good
 * ones, by somebody with a password, locks out the others.
 */
#define TURNS_EACH		8

/*
 * Failed logins of one source (authpop).  The first few cost nothing: people
 * mistype.  From then on each check of that source waits before it is
 * hashed, half a second more per failure, four seconds at the most: too
 * short to drive a person behind the same address away, long enough to
 * leave a guesser two passwords a second.  One failure is forgotten every
 * thirty seconds, so that the worst source is clean again in six minutes.
 */
#define FAILURES_FREE		3
#define FAILURE_DELAY_MS	500
#define FAILURE_DELAY_MAX_MS	4000
#define FAILURE_FORGET_MS	30000

/*
 * Failures of a network count, too, as addresses in it are to be had by the
 * hundred: of an IPv4 /24 or IPv6 /56 (one customer of a provider), and of an
 * IPv6 /48 (a provider's many, or a company).  The cost is mild, as most who
 * come from there are honest, and only sources of which no login is known
 * have it.  24 is eight times what is free for one source; a failure every
 * ten seconds, which a busy network's people make, is always free; and one
 * guesser alone, who adds two a minute, never makes it guilty.
 */
#define NETWORK_FREE		24
#define SITE_FREE		48
#define NETWORK_DELAY_MS	100
#define NETWORK_DELAY_MAX_MS	1000
#define NETWORK_FORGET_MS	10000

/*
 * Milliseconds for which a failed login, counted or not, keeps its source from
 * being taken as one with nothing against it.  Most mail programs look for
 * mail every few minutes, so one with an old password stays what it is.
 */
#define FAILURE_RECENT_MS	(5 * 60 * 1000)

/*
 * Wrong passwords of a source that are remembered, and for how many
 * milliseconds: the same again is no new guess.  A household has a few
 * programs with an old password, and they try at least once an hour.
 */
#define FAILURE_GUESSES		8
#define FAILURE_GUESS_MS	(60 * 60 * 1000)

/*
 * Sources and networks whose failures are remembered, 400 octets of memory
 * each, 3 MiB: many times what can fail in the minutes until a failure is
 * forgotten (two processors check thirty passwords a second).
 */
#define FAILURE_SOURCES		8192

/*
 * Pairs of source and user that logged in: how many are remembered, at most
 * 300 octets of memory each, 20 MiB if all are used; how many of one user, who
 * has a few places and a telephone with a new address every hour; and for how
 * many seconds, so that a holiday does not matter.
 */
#define KNOWN_MAX		65536
#define KNOWN_PER_USER		32
#define KNOWN_SECONDS		(30 * 24 * 60 * 60)

/*
 * Logins of one user in the time that `login-delay' sets between two: some
 * mail programs log in to count the mail, and once more to fetch it.
 */
#define LOGINS_EACH		2

/*
 * Passwords that a checker remembers (150 octets each, 20 MB), the octets of
 * a tag, how long it remembers one that is not used (seconds), and how long
 * one that is: a slow hash a day is nothing, and somebody else's change of a
 * password is not missed for ever.
 */
#define CACHE_MAX		131072
#define CACHE_TAG		32
#define CACHE_IDLE		600
#define CACHE_SECONDS		(24 * 60 * 60)

/*
 * Messages of a channel that may wait for a process that does not read, and
 * their octets; the largest honest burst is a configuration with 192 files of
 * one KiB.  And messages that a process may send in a second, and at once
 * after a rest: a listener with a thousand logins a second sends three
 * thousand.
 */
#define CHAN_MESSAGES_MAX	1024
#define CHAN_OCTETS_MAX		(512 * 1024)
#define CHAN_RATE		10000
#define CHAN_BURST		20000

/*
 * Milliseconds until a message is sent again for which the system had too many
 * descriptors under way, or no memory: its receivers take less to read them.
 */
#define CHAN_RETRY_MILLISECONDS	10

/*
 * How many times that may wait for the parent: it can stand still for want of
 * memory, and a process that takes it for dead ends with all that it serves.
 * But fewer than CHAN_BURST, or the parent would take what it finds then for
 * a flood.
 */
#define PARENT_PATIENCE		16

/* Messages without sense that are logged for each channel in a minute. */
#define CHAN_DROPS_LOGGED	10

/*
 * What a hash may cost, or one login would keep a checker for minutes: some
 * seconds of a current processor.  The cost of bcrypt, 2 to the power of it;
 * rounds of the SHA-crypts; rounds of others, whose rounds cost more;
 * blocks of 128 octets that scrypt and yescrypt fill (512 MB of memory); and
 * iterations of SCRAM-SHA-256.
 */
#define HASH_BCRYPT_MAX		15
#define HASH_SHA_ROUNDS_MAX	10000000
#define HASH_ROUNDS_MAX		1000000
#define HASH_BLOCKS_MAX		(1 << 22)
#define HASH_SCRAM_MAX		5000000

/*
 * Lines of a table that are read, or rows that are looked at, before the
 * event loop has its turn: about two milliseconds.
 */
#define TABLE_SLICE		2000

/* Users of a table that are complained about one by one; then one line. */
#define WARNINGS_MAX		20

/*
 * Tables that `credentials' or `userbase' name: a company, its daughters, a
 * few left-overs.  Each process that is one of them is asked in turn.
 */
#define TABLES_ASKED_MAX	8

/*
 * Seconds in which a table process must answer one question, the time until
 * it is its turn included: a database takes milliseconds, and people wait.
 * Seconds without any answer after which a process that owes one is taken to
 * hang and is started again; and seconds that it has to say what it offers,
 * a connection to a database included, less than CONF_SECONDS.
 */
#define TABLE_SECONDS		5
#define TABLE_HANG_SECONDS	10
#define TABLE_START_SECONDS	15

/*
 * Questions that a table process has before it at once.  Those that there are
 * answer one after the other, so a few keep them busy, and what comes later
 * but matters more need not wait for many.
 */
#define TABLE_WINDOW		8

/*
 * Lines for the log about answers of a table process that are of no use, at
 * once; then one a second.  While a database is down each login has one.
 */
#define TABLE_LINES_MAX		10

/*
 * syspop: seconds after which the process that checks one password of a system
 * user, or looks one up, is killed: a little before nobody waits for it, as
 * somebody then says so.  Milliseconds before a wrong password is said to be
 * wrong: more than the system's own check takes for any, so that its time tells
 * nothing; eight at once still make more of them than popd hashes itself.  The
 * longest name that is asked for, as useradd(8) has it; a line of tabpop: a
 * name, a password, an address and what is around them.
 */
#define SYSTEM_SECONDS		(TABLE_SECONDS - 1)
#define SYSTEM_REFUSE_MS	300
#define SYSTEM_NAME_MAX		32
#define SYSTEM_LINE_MAX		1024

/*
 * Passwords of one checker that table processes look at: more than those do in
 * TABLE_SECONDS, and no more memory than a few hundred KiB.
 */
#define PROOFS_MAX		512

/*
 * Passwords for those that the queue lets go at once, to all checkers: as many
 * as one has before it, so that none waits there, in the order of their coming,
 * for those that hang.  Others wait in the queue, where who logged in lately
 * is the next.
 */
#define PROOFS_ASKED		TABLE_WINDOW

/*
 * A line of a table process: a user's directory may have PATH_LEN_MAX octets,
 * a hash HASH_TEXT_MAX, of which the longest known ones need half.
 */
#define TABLE_LINE_LEN_MAX	2048
#define HASH_TEXT_MAX		256

/*
 * Questions about hashes that authpop has before tabpop at once, and that
 * wait for that in order of rank and source; of these, places that are kept as
 * those of CHECKS_KEPT are.  What tabpop knows for it, and
 * asks for the parent: as many as can wait for an answer, less than a KiB
 * each.
 */
#define LOOKUPS_MAX		32
#define LOOKUPS_WAITING		1024
#define LOOKUPS_KEPT		(LOOKUPS_WAITING / 8)
#define ANSWERS_MAX		8192

/* Octets that one direction of the relay holds at the most. */
#define RELAY_BUFFER		65536

/* Milliseconds in which keypop must answer; more fails that handshake. */
#define KEY_MILLISECONDS	2000

/*
 * Requests of one listener that keypop refuses before it ends that
 * listener's socket: an honest listener never makes one.
 */
#define KEY_REFUSALS_MAX	10

/*
 * Requests of a child that cost the parent or another child work (a peer,
 * good listening sockets), at once; one comes back each second.  Honest ones
 * make one a second for each thing that they miss.
 */
#define REQUESTS_BURST		20

/*
 * Seconds between two requests of a child for a peer that it misses: starting
 * one takes a few milliseconds.
 */
#define PEER_WANT_SECONDS	1

/*
 * Seconds for which a listener leaves a listening socket alone that it cannot
 * accept from, or while it lacks descriptors or memory.
 */
#define ACCEPT_PAUSE_SECONDS	1

/*
 * Milliseconds for which a listener without room for one more session leaves
 * a connection to the others.
 */
#define ACCEPT_YIELD_MS		100

/*
 * Octets of a PROXY header: 536 is what a proxy should keep to, but what it
 * may say of TLS (names, a unique id, things of its own) has no bound.  More
 * than any of them sends, and what the smallest buffer of a client holds.
 */
#define PROXY_HEADER_MAX	2048

/*
 * Questions over HTTP of nginx's mail module: octets of a header that is
 * looked at, as a user name or password has three times 255 with all of them
 * escaped; of all headers, a client's certificate included; and of an answer,
 * for which nginx has so much room.  And the seconds for which nginx keeps a
 * client that was refused and may try again, the least that it takes: to delay
 * guessers is authpop's part.
 */
#define AUTH_HTTP_LINE_MAX	1024
#define AUTH_HTTP_REQUEST_MAX	32768
#define AUTH_HTTP_ANSWER_MAX	1024
#define AUTH_HTTP_WAIT		1

/* Networks that popd.conf names, to trust or to take PROXY headers from. */
#define NETS_MAX		256

/*
 * Those who ask for metrics at one time, the octets of a request, and the
 * seconds that each step may take: collectors are few and next door.  And
 * milliseconds for which an answer is good for others who ask.
 */
#define METRICS_MAX		8
#define METRICS_REQUEST_MAX	4096
#define METRICS_SECONDS		10
#define METRICS_AGE_MS		1000

/* The domain that `listen on' adds to a user's name, with the NUL. */
#define DOMAIN_MAX		128

/* Addresses that are listened on, and `listen on' rules: no host has more. */
#define ADDRESSES_MAX		64

/* Tables and authorities in popd.conf: each has one use, or a few. */
#define CONFIG_TABLES_MAX	16
#define CONFIG_CAS_MAX		16

/*
 * popd.conf: octets of a file, files with those that are included, and how
 * deep: what a person writes is far less, and a device is no configuration.
 * And macros: each is looked for among all, while popd does nothing else.
 */
#define CONFIG_FILE_MAX		(1024 * 1024)
#define CONFIG_FILES_MAX	64
#define CONFIG_DEPTH_MAX	8
#define CONFIG_MACROS_MAX	1024

/* Certificates with their keys: a bound for what keypop and listeners hold. */
#define KEYPAIRS_MAX		64

/*
 * Sets of keys that were replaced and may still be needed by a handshake
 * that began with their certificate: more reloads in HANDSHAKE_SECONDS cost
 * the oldest of those handshakes.
 */
#define KEYSETS_OLD		64

/* Days before its end from which a certificate is warned about. */
#define CERT_WARN_DAYS		14

/* A file with a certificate chain or a key, in octets: some have 10 KiB. */
#define KEY_FILE_MAX		(256 * 1024)

/* A file with an OCSP response, in octets: some have 3 KiB. */
#define OCSP_FILE_MAX		(64 * 1024)

/*
 * The names of a certificate as they are told, with the NUL: more are cut off,
 * as a person reads them.
 */
#define CERT_NAMES_MAX		512

/*
 * The seconds to the next start of a role that goes on dying double up to
 * this, and are forgotten when it has lived so long.
 */
#define RESTART_SECONDS_MAX	30
#define RESTART_CALM		60

/*
 * Seconds in which a child must answer a question of the parent: they serve
 * their loop within milliseconds, but a busy machine may leave one waiting.
 * A checker answers after the hash that it is at: no password needs so long.
 */
#define PING_SECONDS		3
#define HASH_SECONDS		60

/*
 * Seconds in which a child must have checked new files: a million lines of
 * authtab, read a slice at a time, take a few.
 */
#define CONF_SECONDS		30

/* Seconds from the last word of a process to its end. */
#define LAST_SECONDS		5

/*
 * Seconds from the end of a session's connection after which its worker is
 * killed: a maildrop of a million messages is emptied in two minutes.  And
 * those that popd waits for when it stops, for clients that are slow to take
 * what they asked for.
 */
#define WORKER_SECONDS		300
#define STOP_SECONDS		10

/*
 * Seconds in which a new popd must serve after an upgrade was asked for: more
 * than its processes have to check a configuration, and to be started again
 * if one dies.
 */
#define UPGRADE_SECONDS		60

/*
 * Seconds after an upgrade in which the old popd ends with its last session;
 * then clients are told, as at a stop.  A day: no session that does anything
 * is so long, and one that does nothing ends after ten minutes.
 */
#define DRAIN_SECONDS		(24 * 60 * 60)

/* Seconds between two words of an old popd about how many sessions it has. */
#define DRAIN_TELL_SECONDS	1

/* Seconds between two looks whether the service manager's status is true. */
#define NOTIFY_SECONDS		10

/*
 * Lines of one process for the log, in a second and at once, and as many for
 * debugging; the rest is counted.  A new set of 64 certificates may be warned
 * about twice each.
 */
#define LOG_RATE		20
#define LOG_BURST		200

/*
 * By how much those for debugging grow when each message is logged, and no more
 * lines about messages than that are written: some 100 logins a second are
 * logged in full.
 * A burst fits into what may wait for the parent (PARENT_PATIENCE), and is far
 * below what makes a channel end (CHAN_RATE).
 */
#define LOG_TRACE_TIMES		20

/*
 * Lines a minute of logins that were turned away unchecked: whoever hammers
 * must not fill the log.  And seconds between two lines that count handshakes,
 * or name a program of another version.
 */
#define BUSY_LINES_MAX		20
#define TALLY_SECONDS		60
#define VERSION_SECONDS		60

/* Errors of a configuration that are logged: another file has one a line. */
#define ERRORS_MAX		50

/* Wrong lines of a table that are told of one by one. */
#define WRONGS_MAX		20

/*
 * Lines for removed messages, of all sessions together, in a second and at
 * once: what syslogd(8) takes without losing any.  A worker sends a window of
 * them before it waits.  A session has no more messages than an index; one
 * that says so has lost its mind.
 */
#define AUDIT_RATE		2048
#define AUDIT_BURST		8192
#define AUDIT_WINDOW		64
#define AUDIT_MAX		8000000

/*
 * Sessions of one user: several mail programs on several devices; without a
 * maildir nothing else keeps them from being many.
 */
#define SESSIONS_PER_USER	16

/*
 * Sessions that a user may have besides, whose worker has made its last report
 * and is not gone yet: that takes milliseconds, or, with a client that does not
 * read, LAST_SECONDS.
 */
#define SESSIONS_OVER		16

/*
 * Logins of one listener that wait to be decided, 700 octets each in the
 * parent; authpop's queue is full long before.
 */
#define WANTS_MAX		8192

/*
 * Milliseconds for which a second session of a user waits for the first to
 * end or to give way: mail programs show an [IN-USE] as a wrong password.
 */
#define LOCK_MILLISECONDS	5000
#define LOCK_STEP_MILLISECONDS	25

/*
 * Seconds without a byte from its client after which a session gives way to a
 * second one of the same user.  A minute: a phone that lost its network logs
 * in again, while a person's mail program that is still there talks more
 * often.  Where messages are marked the client had a QUIT in mind, whose
 * marks are lost: it gets as long as its connection may be without an
 * acknowledgement (CLIENT_TIMEOUT_MILLISECONDS), and is then dead; or longer,
 * if `session takeover' says more than that.
 */
#define YIELD_SECONDS		60
#define YIELD_MARKED_SECONDS	300

/* Users that popctl locks until the next reload; more belong into authtab. */
#define LOCKED_MAX		1024

/*
 * Messages that wait for another popd, which is stopped or busy: all locked
 * users at once, and what is said of its sessions in a while.
 */
#define HANDOVER_MAX		(2 * LOCKED_MAX)

/*
 * The largest table: a million users have about 80 MB, and offsets of lines
 * fit 32 bits.  And its longest name, with the NUL, as smtpd has it.
 */
#define TABLE_SIZE_MAX		(256 * 1024 * 1024)
#define TABLE_KEY_MAX		1024

/* Listeners and checkers: more help nobody.  Sessions: fewer are of no use. */
#define PROCESSES_MAX		32
#define SESSIONS_MIN		8

/*
 * Connections that wait to be accepted; and milliseconds for which an address
 * may still be in the hands of children of a popd that was killed: they end
 * when they see that it is gone.
 */
#define LISTEN_BACKLOG		512
#define BUSY_MILLISECONDS	3000

/* Popds before this one that are shown: more upgrades than a day has. */
#define ELDERS_MAX		64

/* The shortest key of RSA that is taken (CA/Browser Forum, since 2014). */
#define RSA_BITS_MIN		2048

#endif

/*
 * Copyright (c) 2026 The popd developers
 * ISC licence: see the file LICENSE.
 */

/*
 * Every limit of popd, each with the reason for its number.
 * popd(8) documents those that an administrator or a client can meet.
 */

#ifndef LIMITS_H
#define LIMITS_H

/* The longest user name or password: 255 octets, and the NUL. */
#define USER_MAX		256
#define PASS_MAX		256

/*
 * A command line with its line end.  RFC 2449 section 4 says 255; USER and
 * PASS may have an argument of 255 octets behind five of their own.
 */
#define LINE_LEN_MAX		255
#define LINE_LEN_LOGIN_MAX	(5 + 255 + 2)

/*
 * A line of AUTH: base64 of a PLAIN message (authorization and
 * authentication name and password, two NULs) and "AUTH PLAIN " before it.
 */
#define LINE_LEN_AUTH_MAX	1100

/* A UIDL is 1 to 70 octets of 0x21 to 0x7e (RFC 1939 section 7). */
#define UIDL_MAX		70

/* The longest name of a file in a maildir, suffix included. */
#define MAILNAME_MAX		255

/* Bad commands in a row that end a session: no honest client sends 20. */
#define BAD_COMMANDS_MAX	20

/* Refused logins that end a connection: a person mistypes twice. */
#define LOGIN_FAILURES_MAX	3

/* Seconds from accept to the answer to PASS, handshake and queue included. */
#define LOGIN_SECONDS		60

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

/* Unauthenticated connections of one source to one listener. */
#define UNAUTH_PER_SOURCE	32

/*
 * Checks of one source that may wait: as many as it may have connections to
 * a listener, for the office behind one address that begins its day.  Only a
 * source that is being delayed for its failures has less.  And checks of all
 * sources together.
 */
#define CHECKS_PER_SOURCE	32
#define CHECKS_PER_GUESSER	8
#define CHECKS_WAITING		256

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

/* Sources whose failures are remembered: 100 bytes of memory each. */
#define FAILURE_SOURCES		4096

/*
 * What a hash may cost, or one login would keep a checker for minutes: some
 * seconds of a current processor.  The cost of bcrypt, 2 to the power of it;
 * rounds of the SHA-crypts; rounds of others, whose rounds cost more; and
 * blocks of 128 octets that scrypt and yescrypt fill (512 MB of memory).
 */
#define HASH_BCRYPT_MAX		15
#define HASH_SHA_ROUNDS_MAX	10000000
#define HASH_ROUNDS_MAX		1000000
#define HASH_BLOCKS_MAX		(1 << 22)

/*
 * Lines of a table that are read, or rows that are looked at, before the
 * event loop has its turn: about two milliseconds.
 */
#define TABLE_SLICE		2000

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
 * Seconds in which a listener that keypop or authpop hung up on must have its
 * successor: it takes a few milliseconds to start one.
 */
#define SUCCESSOR_SECONDS	20

/* Certificates with their keys: a bound for what keypop and listeners hold. */
#define KEYPAIRS_MAX		64

/* A file with a certificate chain or a key, in octets. */
#define KEY_FILE_MAX		(256 * 1024)

/* Restarts of children in a minute after which popd gives up. */
#define RESTARTS_PER_MINUTE	10

/* Descriptors that stay free for logging, reloading and restarting. */
#define DESCRIPTORS_RESERVED	32

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
 * acknowledgement (CLIENT_TIMEOUT_MILLISECONDS), and is then dead.
 */
#define YIELD_SECONDS		60
#define YIELD_MARKED_SECONDS	300

/* Milliseconds for which mda or a session waits for the index lock. */
#define INDEX_LOCK_MILLISECONDS	100

/*
 * Dead entries in an index of so many messages, after which it is written
 * anew: they are read with the others.  Entries that a QUIT changes one by
 * one: if there are more, the index goes.  And dead entries that a new index
 * takes over, so that a removed message is not mixed up with another.
 */
#define INDEX_DEAD_MAX(n)	(64 + (n) / 4)
#define INDEX_PATCH_MAX		16384
#define INDEX_DEAD_KEPT		64

/* Files in tmp/ older than this were left by a crash (maildir(5): 36 h). */
#define TMP_STALE_SECONDS	(36 * 60 * 60)

/*
 * A directory whose stamp is younger than this may change again without a
 * new stamp (the coarsest granularity of a file system is two seconds).
 */
#define STAMP_GUARD_SECONDS	2

/*
 * A search for names while other programs change them: how many milliseconds
 * it goes on.
 */
#define FIND_MILLISECONDS	3000

/*
 * Passes without news after which it is taken that there is none: a file that
 * is renamed a thousand times a second is missed by one pass in two at the
 * worst.  And if nothing moved while they were read.
 */
#define FIND_CALM		16
#define FIND_CALM_YOUNG		2

/* Passes after which what none of them has seen is looked for no more. */
#define FIND_VAIN		32

/* Searches for files that are renamed whenever they are looked at. */
#define FIND_ROUNDS		8

/* Milliseconds between two passes, once there were FIND_CALM. */
#define FIND_REST_MILLISECONDS	2

/*
 * Milliseconds for which a file system that counts fractions of seconds may
 * leave a stamp as it is, twice over.
 */
#define FIND_GRAIN_MILLISECONDS	20

/* Files with other names that QUIT keeps open: descriptors are few. */
#define UPDATE_WATCH_MAX	64

#endif

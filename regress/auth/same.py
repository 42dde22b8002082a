#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# alone
# timeout: 240
"""Unknown user, wrong password, user without usertab line: the same answer in
the same time; only the log says which."""

import time

from popdtest.cases import check, equal, main
from popdtest.password import bcrypt
from popdtest.server import Server

PASSWORD = 'correct-horse'
server = Server(start=False, shared=True)
server.users.clear()
# A cost that can be told from no hash at all.
HASH = bcrypt(PASSWORD, 6)
server.user('joe', PASSWORD, hash=HASH)
server.user('nouser', PASSWORD, hash=HASH, usertab=False, maildir=False)
server.user('nohash', PASSWORD, hash='*', maildir=True)
server.user('badhash', PASSWORD, hash='$9$nothing$that.crypt.knows')
server.user('twofields', PASSWORD, hash='twofields:' + HASH)
server.user('noauth', PASSWORD, auth=False)
server.tables()
server.start()

# Attempts that fail, and the reason in the log.
TRIES = [
    ('joe', 'wrong', 'password'),
    ('unknown', PASSWORD, 'user'),
    ('unknown', 'wrong', 'user'),
    ('nouser', PASSWORD, None),
    ('nouser', 'wrong', 'password'),
    ('noauth', PASSWORD, 'user'),
    ('nohash', PASSWORD, 'locked'),
    ('nohash', '*', 'locked'),
    ('badhash', PASSWORD, 'hash'),
    ('badhash', '$9$nothing$that.crypt.knows', 'hash'),
]


def attempt(user, password, source=None):
    """(reply, seconds)"""
    c = server.connect(source=source)
    c.ok('USER ' + user)
    began = time.monotonic()
    reply = c.cmd('PASS ' + password)
    took = time.monotonic() - began
    c.close()
    return reply, took


def test_same_words():
    """All failures get the same text"""
    want = None
    for i, (user, password, reason) in enumerate(TRIES):
        reply, took = attempt(user, password, '127.0.1.%d' % (i + 1))
        check(reply.startswith(b'-ERR [AUTH]'), '%s: %r' % (user, reply))
        want = want or reply
        equal(reply, want, user)


def test_log_differs():
    """The log says which it was"""
    for i, (user, password, reason) in enumerate(TRIES):
        mark = server.mark()
        attempt(user, password, '127.0.2.%d' % (i + 1))
        found = server.wait_log(r'login failed .*reason=(\S+) user="%s"' %
                                user, mark)
        text = found.group(0)
        if reason is not None:
            check(reason in found.group(1), '%s: %s' % (user, text))
        else:
            check(found.group(1) not in ('password', 'user'),
                  'a user without a usertab line looks like any: ' + text)


def test_same_time():
    """Unknown user, wrong password, no usertab line: the same time"""
    kinds = {
        'wrong password': ('joe', 'wrong'),
        'unknown user': ('unknown', 'wrong'),
        'no usertab line': ('nouser', PASSWORD),
        'unusable hash': ('nohash', 'wrong'),
    }
    times = {kind: [] for kind in kinds}
    address = 0
    for i in range(15):
        for kind, (user, password) in kinds.items():
            # Each from a network of its own, so that no delay is due.
            address += 1
            source = '127.3.%d.1' % address
            times[kind].append(attempt(user, password, source)[1])
    medians = {k: sorted(v)[len(v) // 2] for k, v in times.items()}
    text = ', '.join('%s %.1f ms' % (k, 1000 * v) for k, v in medians.items())
    print('# ' + text)
    base = medians['wrong password']
    for kind, value in medians.items():
        check(0.5 * base < value < 2 * base, text)


def test_two_field_credentials():
    """The value user:hash works like the hash alone"""
    c = server.login('twofields', PASSWORD, source='127.0.4.1')
    c.quit()


def test_delay():
    """Failures delay their source, but no other"""
    took = []
    for i in range(8):
        took.append(attempt('joe', 'wrong%d' % i, '127.0.5.1')[1])
    check(took[-1] > took[0], 'no delay: %s' % took)
    reply, other = attempt('joe', PASSWORD, '127.0.5.2')
    check(reply.startswith(b'+OK'), repr(reply))
    check(other < 2, 'another source waited %.1f s' % other)


def test_known():
    """A user who logged in before is not delayed by others' failures"""
    reply, took = attempt('joe', PASSWORD, '127.0.6.1')
    check(reply.startswith(b'+OK'), repr(reply))
    for i in range(6):
        attempt('twofields', 'wrong%d' % i, '127.0.6.1')
    reply, took = attempt('joe', PASSWORD, '127.0.6.1')
    check(reply.startswith(b'+OK'), repr(reply))
    check(took < 1, 'waited %.1f s' % took)
    reply, took = attempt('twofields', PASSWORD, '127.0.6.1')
    check(reply.startswith(b'+OK'), repr(reply))
    check(took > 1, 'the other did not wait: %.1f s' % took)


def test_old_password():
    """The same wrong password many times is one failure"""
    for i in range(8):
        took = attempt('joe', 'old', '127.0.7.1')[1]
    check(took < 1, 'waited %.1f s' % took)


main()

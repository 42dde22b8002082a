#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# timeout: 240
"""One session per maildrop: [IN-USE], and no lock outlives its holder."""

import os
import re
import time

from popdtest.cases import check, equal, main
from popdtest.env import SRC
from popdtest.server import Server
from popdtest.worker import Worker

with open(SRC + '/lib/limits.h') as f:
    LOCK = int(re.search(r'#define LOCK_MILLISECONDS\s+(\d+)',
                         f.read()).group(1)) / 1000
server = Server(users={'joe': 'secret', 'ann': 'secret'}, shared=True)
server['joe'].add(b'Subject: x\n\n')


def test_in_use():
    """A second session gets [IN-USE] and the start of the first"""
    first = server.login()
    second = server.connect()
    second.ok('USER joe')
    reply = second.err('PASS secret', 'IN-USE')
    check(re.search(rb'since \d{4}-\d\d-\d\d \d\d:\d\d', reply), reply)
    check(b'127.0.0.1' in reply, 'from where: %r' % reply)
    first.ok('NOOP')
    first.quit()
    third = server.login()
    third.quit()


def test_again():
    """[IN-USE] is no failed login: a retry is not delayed"""
    first = server.login()
    # What each waits for is the lock, and for no longer than that.
    for i in range(5):
        second = server.connect()
        second.ok('USER joe')
        began = time.monotonic()
        second.err('PASS secret', 'IN-USE')
        took = time.monotonic() - began
        check(LOCK <= took < LOCK + 0.6, 'answered after %.1f s' % took)
        equal(second.closed(), b'', 'after the answer to PASS')
        first.ok('NOOP')
    # Nor has this source become one that fails often.
    began = time.monotonic()
    other = server.login('ann')
    check(time.monotonic() - began < 1, 'delayed')
    other.quit()
    first.quit()
    second = server.login()
    second.quit()


def test_wait():
    """A second session waits, and begins as soon as the first ends"""
    for end in ('quit', 'reset'):
        first = server.login()
        second = server.connect()
        second.ok('USER joe')
        second.send('PASS secret\r\n')
        second.quiet(2)
        began = time.monotonic()
        getattr(first, end)()
        check(second.line().startswith(b'+OK'), 'PASS after ' + end)
        took = time.monotonic() - began
        check(took < 1, '%.1f s after %s' % (took, end))
        second.quit()


def test_many_wait():
    """Others do not disturb a session that has itself waited"""
    first = server.login()
    waiting = []
    for i in range(4):
        c = server.connect()
        c.ok('USER joe')
        c.send('PASS secret\r\n')
        waiting.append(c)
    time.sleep(1)
    first.quit()
    answers = [c.line() for c in waiting]
    good = [c for c, a in zip(waiting, answers) if a.startswith(b'+OK')]
    check(len(good) == 1, repr(answers))
    for a in answers:
        check(a.startswith((b'+OK', b'-ERR [IN-USE]')), repr(answers))
    good[0].ok('STAT')
    good[0].quit()
    for c in waiting:
        c.close()


def test_other_user():
    """Another user's session is not affected"""
    first = server.login()
    other = server.login('ann')
    other.quit()
    first.quit()


def test_wrong_password():
    """A wrong password does not reveal that the maildrop is in use"""
    first = server.login()
    c = server.connect(source='127.0.11.1')
    c.ok('USER joe')
    c.err('PASS wrong', 'AUTH')
    c.close()
    first.quit()


def test_terminal():
    """A session on a terminal takes the same lock"""
    box = server['joe']
    w = Worker(box)
    c = server.connect()
    c.ok('USER joe')
    c.err('PASS secret', 'IN-USE')
    w.close()
    c = server.login()
    w = Worker(box)
    check(w.greeting.startswith(b'-ERR [IN-USE]'), w.greeting)
    w.close()
    c.quit()


def test_same_directory():
    """Two users with one maildir share one maildrop"""
    box = server['joe']
    server.user('joe2', 'secret', path=box.path)
    server.tables()
    server.reload()
    first = server.login()
    c = server.connect()
    c.ok('USER joe2')
    c.err('PASS secret', 'IN-USE')
    c.close()
    first.quit()


def test_race():
    """Of many at once one gets it"""
    for i in range(5):
        clients = [server.connect() for i in range(8)]
        for c in clients:
            c.send(b'USER joe\r\nPASS secret\r\n')
        for c in clients:
            check(c.line().startswith(b'+OK'), 'USER')
        answers = [c.line() for c in clients]
        good = [a for a in answers if a.startswith(b'+OK')]
        check(len(good) == 1, repr(answers))
        for a in answers:
            check(a.startswith((b'+OK', b'-ERR [IN-USE]')), repr(answers))
        for c in clients:
            c.close()
        server.no_workers()


def test_no_files():
    """No lock file is left in the maildir"""
    box = server['joe']
    c = server.login()
    c.ok('NOOP')                # popcache is written once PASS is answered
    names = set(os.listdir(box.path))
    check(names <= {'tmp', 'new', 'cur', 'popcache'}, names)
    equal(box.list('tmp'), [], 'tmp/')
    c.quit()


main()

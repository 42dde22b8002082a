#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""The limit of sessions per user holds for users without a maildir, too, who
have no lock that would keep their sessions apart."""

import os
import re
import time

from popdtest.cases import check, equal, main
from popdtest.client import Client, together
from popdtest.env import PATIENCE
from popdtest.server import Server

PER_USER = 16
# Logins of each of a few users, one right after the other.
BUSY = ['joe', 'ann', 'bob', 'eve']
AGAIN = 100
TRIES = 40

server = Server(users={'joe': 'secret'}, subdir='Maildir', start=False,
                shared=True)
ghost = server.user('ghost', maildir=False)
home = os.path.dirname(ghost.path)
os.mkdir(home, 0o700)
if os.getuid() == 0:
    os.chown(home, ghost.uid, ghost.gid)
server.tables()
server.start()


def attempt(i):
    """A session or the refusal."""
    c = server.connect(source='127.56.%d.1' % i)
    c.ok('USER ghost')
    reply = c.cmd('PASS secret')
    if reply.startswith(b'+OK'):
        return c
    c.close()
    return reply


def test_bound():
    """The limit holds without a maildir; other users log in"""
    outcomes = [attempt(i) for i in range(TRIES)]
    sessions = [o for o in outcomes if isinstance(o, Client)]
    print('# %d of %d sessions' % (len(sessions), TRIES))
    server.login('joe').quit()
    equal(len(sessions), PER_USER, 'sessions of one user')
    for reply in outcomes[PER_USER:]:
        check(re.match(rb'-ERR \[(IN-USE|SYS/TEMP)\]', reply), repr(reply))
    sessions.pop().quit()
    end = time.monotonic() + PATIENCE
    while not isinstance(attempt(100), Client):
        check(time.monotonic() < end, 'its end makes no room')
        time.sleep(0.1)
    for c in sessions:
        c.close()
    server.no_workers()


def test_waiting():
    """Sessions that wait for a maildrop count, too"""
    first = server.login('joe')
    clients = together(TRIES, lambda i: server.connect(
        source='127.57.%d.1' % i))
    for c in clients:
        c.send(b'USER joe\r\nPASS secret\r\n')
    most, end = 0, time.monotonic() + 3
    while time.monotonic() < end:
        most = max(most, len(server.children('wrkrpop')))
        time.sleep(0.05)
    for c in clients:
        c.close()
    first.quit()
    server.no_workers()
    check(1 < most <= PER_USER, '%d workers of one user' % most)


def test_one():
    """With a limit of one a silent session still gives way"""
    server = Server(conf='limit per user 1\nsession takeover 1\n')
    first = server.login()
    end = time.monotonic() + PATIENCE
    while True:
        c = server.connect()
        c.ok('USER joe')
        reply = c.cmd('PASS secret')
        if reply.startswith(b'+OK'):
            break
        check(reply.startswith(b'-ERR [IN-USE]'), reply)
        check(time.monotonic() < end, 'it keeps its place')
        c.close()
        time.sleep(0.3)
    server.wait_log('session end .*reason=gave-way')
    first.closed()
    c.quit()
    server.stop()


def test_again():
    """With a limit of one a login right after QUIT is not refused"""
    server = Server(users={name: 'secret' for name in BUSY},
                    conf='limit per user 1\n')

    def logins(i):
        for _ in range(AGAIN):
            c = server.login(BUSY[i])
            c.ok('QUIT')
            c.close()
        return 'in'

    equal(together(len(BUSY), logins), ['in'] * len(BUSY), 'logins')
    server.stop()


main()

#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# alone
# timeout: 300
# once
"""Right logins, all in one moment and each from an address of its own: nobody
is refused, since full channels make clients wait."""

import os
import signal
import time

from popdtest.cases import Skip, check, main, until
from popdtest.password import bcrypt
from popdtest.server import Server

PEOPLE = 1200

server = Server(start=False, shared=True)
server.users.clear()
HASH = bcrypt('secret', 4)
for i in range(PEOPLE):
    server.user('u%d' % i, hash=HASH)
server.tables()
server.start()


def test_burst():
    """1,200 passwords at once: 0 refused, or it would be logged"""
    room = int(server.wait_log(r'up to (\d+) sessions').group(1))
    if room < PEOPLE:
        raise Skip('the system has room for %d sessions' % room)
    clients = []
    for i in range(PEOPLE):
        c = server.connect(source='127.%d.%d.1' % (20 + i // 200, i % 200),
                           timeout=120)
        c.ok('USER u%d' % i)
        clients.append(c)
    began = time.monotonic()
    for c in clients:
        c.send('PASS secret\r\n')
    sent = time.monotonic() - began
    answers = [c.line() for c in clients]
    took = time.monotonic() - began
    for c in clients:
        c.close()
    bad = [a for a in answers if not a.startswith(b'+OK')]
    print('# %d passwords in %.2f s, %d refused, all answered in %.1f s' % (
        PEOPLE, sent, len(bad), took))
    check(not bad, '%d refused: %s' % (len(bad), sorted(set(bad))[:3]))
    check('logins-refused' not in server.log(), 'logins were refused')


def checkers():
    return [pid for pid, program, uid in server.children('hashpop')]


def test_checkers_start():
    """Checkers are killed: a login waits for the next ones"""
    server.expect_crash = True
    for i in range(3):
        mark = server.mark()
        pids = checkers()
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        # A check is given to a second checker, and to no third.
        until('deaths', lambda: server.log(mark).count('killed by signal') ==
              len(pids))
        server.login('u%d' % i, source='127.40.0.%d' % (i + 1)).quit()


main()

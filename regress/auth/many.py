#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# timeout: 240
"""Many clients at once: limits, the queue, and clients that are still
served."""

import time

from popdtest.cases import check, main
from popdtest.env import ASAN
from popdtest.password import bcrypt
from popdtest.server import Server

server = Server(start=False, shared=True)
server.users.clear()
server.user('joe', hash=bcrypt('secret', 4))
server.user('slow', hash=bcrypt('secret', 11))
for i in range(60):
    server.user('u%d' % i, hash=server['joe'].hash if i else None)
server.tables()
server.start()

OFFICE = 100


def test_unauthenticated():
    """Many connections from one source are served, and so are others"""
    clients = [server.connect(source='127.0.6.1') for i in range(OFFICE)]
    c = server.login(source='127.0.6.2')
    c.quit()
    for c in clients:
        c.ok('USER joe')
        c.close()


def test_authenticated_do_not_count():
    """Sessions do not count as unauthenticated connections"""
    clients = []
    for i in range(60):
        clients.append(server.login('u%d' % i, 'secret', source='127.0.7.1'))
    for c in clients:
        c.ok('NOOP')
    for c in clients:
        c.quit()


def test_queue():
    """A source that fills the queue does not delay another for long"""
    busy = []
    for i in range(20):
        c = server.connect(source='127.0.8.1')
        c.send(b'USER slow\r\nPASS wrong\r\n')
        busy.append(c)
    began = time.monotonic()
    c = server.login(source='127.0.8.2')
    took = time.monotonic() - began
    c.quit()
    print('# a login beside 20 slow checks: %.2f s' % took)
    check(took < (10 if ASAN else 3), 'waited %.1f s' % took)
    for c in busy:
        c.close()


def test_guesser_waits():
    """A source that failed often waits, but is not turned away"""
    def together(count):
        busy = []
        for i in range(count):
            c = server.connect(source='127.0.9.1', timeout=60)
            c.send(b'USER slow\r\nPASS secret-no%d\r\n' % i)
            busy.append(c)
        for c in busy:
            c.line()
            answer = c.line()
            c.close()
            check(answer.startswith(b'-ERR [AUTH]'), repr(answer))

    together(24)
    together(24)


def test_cancelled():
    """Clients that leave during the password check cost nothing"""
    for i in range(30):
        c = server.connect(source='127.0.10.%d' % (i + 1))
        c.send(b'USER slow\r\nPASS secret\r\n')
        c.line()
        c.close()
    c = server.login(source='127.0.10.200', timeout=60)
    c.quit()
    server.no_workers(60)


main()

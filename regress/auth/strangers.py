#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# alone
# timeout: 240
# once
"""Guessers at hundreds of addresses keep no user from logging in."""

import time

from popdtest.cases import check, main
from popdtest.client import together
from popdtest.password import bcrypt
from popdtest.server import Server
from guessers import Guessers, address_of

SOURCES = 300
HONEST = 40

server = Server(start=False, shared=True)
server.users.clear()
HASH = bcrypt('secret', 5)
for i in range(HONEST + 1):
    server.user('u%d' % i, hash=HASH)
server.tables()
server.start()


def login(i):
    """Once, from an address of its own: how long it took."""
    began = time.monotonic()
    c = server.login('u%d' % i, source='127.%d.3.4' % (10 + i), timeout=60)
    took = time.monotonic() - began
    c.quit()
    return took


# In seconds; three times what they need without guessers, one by one.
WITHIN = max(10, 3 * HONEST * max(login(HONEST) for _ in range(3)))


def all_in(outcomes):
    failed = [str(o) for o in outcomes if isinstance(o, Exception)]
    check(not failed, '%d of %d were not let in: %s' % (
        len(failed), len(outcomes), failed[:3]))
    print('# the slowest of %d: %.2f s' % (len(outcomes), max(outcomes)))
    check(max(outcomes) < WITHIN, 'the slowest: %.1f of %.1f s' %
          (max(outcomes), WITHIN))


def storm(user):
    """Guessers at work, until those who are delayed fill the queue."""
    mark = server.mark()
    storm = Guessers(server, [address_of(i) for i in range(SOURCES)], user)
    storm.__enter__()
    end = time.monotonic() + 30
    while server.log(mark).count('login failed') < 4 * SOURCES and \
            time.monotonic() < end:
        time.sleep(0.2)
    return storm


def test_one_by_one():
    """Users log in, four at a time, while 300 addresses guess"""
    attack = storm('nobody')
    try:
        outcomes = []
        for i in range(0, HONEST, 4):
            outcomes += together(4, lambda j: login(i + j))
    finally:
        attack.__exit__()
    all_in(outcomes)


def test_at_once():
    """All users at once, while their own names are guessed at"""
    attack = storm('u7')
    try:
        outcomes = together(HONEST, login)
    finally:
        attack.__exit__()
    all_in(outcomes)


main()

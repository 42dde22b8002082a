#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# alone
# timeout: 240
# once
"""Two hundred users behind one address log in in the morning."""

import time

from popdtest.cases import check, main
from popdtest.client import together
from popdtest.password import bcrypt
from popdtest.server import Server
from guessers import Guessers

PEOPLE = 200
OFFICE = '127.55.5.5'

server = Server(start=False, shared=True)
server.users.clear()
for cost in (4, 5, 6):
    HASH = bcrypt('secret', cost)
    for i in range(cost, PEOPLE, 3):
        server.user('u%d' % i, hash=HASH)
for i in range(PEOPLE):
    if 'u%d' % i not in server.users:
        server.user('u%d' % i, hash=HASH)
server.tables()
server.start()


def everybody():
    """Each once; none may be turned away."""
    began = time.monotonic()
    outcomes = together(PEOPLE, lambda i: server.login(
        'u%d' % i, source=OFFICE, timeout=60).quit())
    failed = [str(o) for o in outcomes if isinstance(o, Exception)]
    print('# %d of %d in %.1f s' % (PEOPLE - len(failed), PEOPLE,
                                    time.monotonic() - began))
    check(not failed, '%d of %d were not let in: %s' % (
        len(failed), PEOPLE, sorted(set(failed))[:5]))


def test_office():
    """All log in at once with the right passwords"""
    everybody()


def test_guesser():
    """The same, while a client at that address guesses passwords"""
    mark = server.mark()
    with Guessers(server, [OFFICE] * 4, 'u17'):
        end = time.monotonic() + 20
        while server.log(mark).count('login failed') < 8:
            check(time.monotonic() < end, 'no guesses')
            time.sleep(0.1)
        everybody()


def test_success_helps():
    """Recent users of that address are not delayed by the guesser"""
    mark = server.mark()
    with Guessers(server, [OFFICE] * 4, 'u17'):
        end = time.monotonic() + 20
        while server.log(mark).count('login failed') < 8:
            check(time.monotonic() < end, 'no guesses')
            time.sleep(0.1)
        began = time.monotonic()
        server.login('u30', source=OFFICE, timeout=60).quit()
        took = time.monotonic() - began
    check(took < 1.5, 'a login took %.1f s' % took)


def test_attacked():
    """One of them does not wait for guesses at his own password"""
    server.login('u40', source=OFFICE, timeout=60).quit()
    mark = server.mark()
    with Guessers(server, [OFFICE] * 16, 'u40'):
        end = time.monotonic() + 60
        while server.log(mark).count('reason=password user="u40"') < 20:
            check(time.monotonic() < end, 'no guesses')
            time.sleep(0.1)
        began = time.monotonic()
        server.login('u40', source=OFFICE, timeout=60).quit()
        took = time.monotonic() - began
    check(took < 2, 'a login took %.1f s' % took)


main()

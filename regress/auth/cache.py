#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
"""The password cache: a second login costs no hash, until a reload, a lock or
another line; it lets nobody in who would not get in without it."""

import time

from popdtest.cases import check, equal, main
from popdtest.env import PATIENCE
from popdtest.password import bcrypt
from popdtest.server import Server

server = Server(users={'joe': 'secret', 'ann': 'secret'}, shared=True)


seen = {'hashes': 0, 'cached': 0}


def counts():
    return {name: value for (name, label), value in server.stats().items()
            if name in seen}


def cost(do, hashes, cached):
    """Hashes made and saved; checkers report a second later."""
    do()
    seen['hashes'] += hashes
    seen['cached'] += cached
    end = time.monotonic() + PATIENCE
    while sum(counts().values()) < sum(seen.values()):
        check(time.monotonic() < end, 'counted: %s' % counts())
        time.sleep(0.1)
    equal(counts(), seen, 'hashes and hits')


def polls(count, user='joe', password='secret'):
    for i in range(count):
        server.login(user, password).quit()


def wrong(user, password, source):
    c = server.connect(source=source)
    c.ok('USER ' + user)
    c.err('PASS ' + password, 'AUTH')
    c.close()


def test_polls():
    """Ten logins in a row take one hash"""
    cost(lambda: polls(10), 1, 9)


def test_wrong():
    """Wrong passwords and other users cost a hash and change nothing"""
    def tries():
        wrong('joe', 'Secret', '127.0.2.1')
        wrong('joe', 'secret ', '127.0.2.2')
        wrong('ann', 'wrong', '127.0.2.3')
        wrong('nobody', 'secret', '127.0.2.4')
        polls(1)
    cost(tries, 4, 1)


def test_reload():
    """A reload empties the cache"""
    def reload():
        server.reload()
        polls(2)
    cost(reload, 1, 1)


def test_lock():
    """A lock removes that user and no other"""
    def lock():
        server.popctl('lock', 'joe')
        server.popctl('unlock', 'joe')
        polls(1)
        polls(1, 'ann')
    cost(lambda: polls(2, 'ann'), 1, 1)
    cost(lock, 1, 1)


def test_changed():
    """A new password holds from the reload on, the old one does not"""
    def changed():
        server['ann'].password = 'other'
        server['ann'].hash = bcrypt('other')
        server.tables()
        server.reload()
        wrong('ann', 'secret', '127.0.3.1')
        polls(2, 'ann', 'other')
        wrong('ann', 'secret', '127.0.3.2')
    cost(lambda: polls(2, 'ann'), 0, 2)
    cost(changed, 3, 1)


def test_never():
    """cache passwords never: one hash per login"""
    server.stop()
    server.configure('cache passwords never\n')
    server.start()
    seen.update(hashes=0, cached=0)
    cost(lambda: polls(3), 3, 0)
    server.stop()


main()

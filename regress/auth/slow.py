#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# timeout: 300
# once
"""A slow database: strangers keep no known user from logging in, and nobody is
refused for it."""

import time

from popdtest.cases import check, main
from popdtest.client import together
from popdtest.password import bcrypt
from popdtest.postgres import Postgres, config, programs
from popdtest.server import Server
from popdtest.table import Table, account, server_with
from guessers import Guessers, address_of

WITHIN = 60         # seconds
HASH = bcrypt('secret', 4)


def everybody(s, count):
    """Each user once, from an address of their own: the slowest."""
    def login(i):
        began = time.monotonic()
        s.login('u%d' % i, 'secret', source='127.%d.3.4' % (10 + i),
                timeout=WITHIN).quit()
        return time.monotonic() - began

    outcomes = together(count, login)
    failed = [str(o) for o in outcomes if isinstance(o, Exception)]
    check(not failed, '%d of %d were not let in: %s' % (
        len(failed), count, failed[:3]))
    return max(outcomes)


def measure(s, count, strangers, slow, queries):
    """Everybody is known; then slow() begins, and strangers come, who are
    answered that many queries a second at least."""
    everybody(s, count)
    slow()
    alone = everybody(s, count)
    mark = s.mark()
    with Guessers(s, [address_of(i) for i in range(strangers)], 'nobody'):
        s.wait_log('login failed .*reason=user', mark, WITHIN)
        beside = everybody(s, count)
    print('# the slowest of %d: %.1f s, beside %d strangers %.1f s' % (
        count, alone, strangers, beside))
    check(alone < 3 * 2 * count / queries + 5, 'not the whole rate: %.1f s' %
          alone)


def test_busy():
    """30 users, 25 strangers, five answers a second"""
    account()
    t = Table('users')
    s = server_with('<file> <users>', '<homes> <users>', t)
    for i in range(30):
        t.user(s, 'u%d' % i, 'secret', hash=HASH)
    s.start()
    measure(s, 30, 25, lambda: t.mode('busy'), 5)
    s.stop()


def test_postgres():
    """30 users, 60 strangers, table-postgres on 800,000 rows, no index"""
    programs()
    pg = Postgres()
    try:
        path = config('conninfo host=%s user=postgres dbname=postgres\n'
                      'query_credentials SELECT name, hash FROM users '
                      'WHERE name=$1\n'
                      'query_userinfo SELECT uid, gid, home FROM users '
                      'WHERE name=$1\n' % pg.dir)
        s = Server(start=False, conf='table file file:@authtab@\n'
                   'table homes file:@usertab@\n'
                   'table users "proc:%s/table-postgres:%s"\n'
                   'credentials <file> <users>\n'
                   'userbase <homes> <users>\n' % (programs(), path))
        rows = [s.user('u%d' % i, auth=False, usertab=False).line.split(':')
                for i in range(30)]
        pg.sql('CREATE TABLE users (name TEXT, hash TEXT, uid INTEGER, '
               'gid INTEGER, home TEXT);' + ''.join(
                   "INSERT INTO users VALUES ('u%d', '%s', %s, %s, '%s');" %
                   (i, HASH, *row) for i, row in enumerate(rows)))
        s.start()
        measure(s, 30, 60, lambda: pg.sql(
            "INSERT INTO users SELECT 'x' || i, md5(i::text), 2000, 2000, "
            "'/nowhere' FROM generate_series(1, 800000) i"), 5)
        s.stop()
    finally:
        pg.stop()


main()

#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""OpenSMTPD's own table programs: table-sqlite and table-postgres."""

import os
import time
try:
    import sqlite3
except ImportError:
    sqlite3 = None      # a package of its own on OpenBSD, as the programs

from popdtest.cases import check, main
from popdtest.env import PATIENCE, WORK
from popdtest.password import bcrypt
from popdtest.postgres import Postgres, config, programs
from popdtest.server import Server


def serve(program, path):
    """A popd with joe in files and ann in a database."""
    return Server(start=False, conf='table file file:@authtab@\n'
                  'table homes file:@usertab@\n'
                  'table users "proc:%s/%s:%s"\n'
                  'credentials <file> <users>\nuserbase <homes> <users>\n' %
                  (programs(), program, path))


def use(s):
    """Log in as all of them, and as none."""
    for user, password in (('joe', 'secret'), ('ann@example.org', 'apple'),
                           ('ANN@EXAMPLE.ORG', 'apple'),
                           ("o'hara", 'pear')):
        c = s.connect()
        c.login(user, password)
        c.ok('STAT')
        c.ok('QUIT')
        c.close()
    # What is not UTF-8 would be an error of PostgreSQL each time.
    for user in ('ann@example.org', 'nobody', "x'or'1'='1", "o''hara",
                 '\udcff'):
        c = s.connect()
        c.ok(b'USER ' + os.fsencode(user))
        c.err('PASS wrong', 'AUTH')
        c.close()


def rows(s):
    out = []
    for name, password in (('ann@example.org', 'apple'), ("o'hara", 'pear')):
        m = s.user(name, password, auth=False, usertab=False)
        uid, gid, path = m.line.split(':')
        out.append((name, bcrypt(password), int(uid), int(gid), path))
    return out


def test_sqlite():
    """table-sqlite: users of a database log in"""
    base = WORK + '/users.db'
    path = config('dbpath %s\n'
                  'query_credentials SELECT name, hash FROM users '
                  'WHERE name=?\n'
                  'query_userinfo SELECT uid, gid, home FROM users '
                  'WHERE name=?\n' % base)
    s = serve('table-sqlite', path)
    if os.path.exists(base):
        os.unlink(base)
    db = sqlite3.connect(base)
    db.execute('CREATE TABLE users (name TEXT PRIMARY KEY, hash TEXT, '
               'uid INTEGER, gid INTEGER, home TEXT)')
    db.executemany('INSERT INTO users VALUES (?, ?, ?, ?, ?)', rows(s))
    db.commit()
    os.chmod(base, 0o644)
    s.start()
    use(s)
    # A change counts at once; a lock, and a hash that is none.
    db.execute("UPDATE users SET hash='*' WHERE name='ann@example.org'")
    db.commit()
    c = s.connect()
    c.ok('USER ann@example.org')
    c.err('PASS apple', 'AUTH')
    c.close()
    s.wait_log(r'reason=locked user="ann@example.org"')
    db.close()
    s.stop()


def test_postgres():
    """table-postgres: users log in, also after the database was down"""
    programs()
    pg = Postgres()
    try:
        path = config('conninfo host=%s user=postgres dbname=postgres\n'
                      'query_credentials SELECT name, hash FROM users '
                      'WHERE name=$1\n'
                      'query_userinfo SELECT uid, gid, home FROM users '
                      'WHERE name=$1\n' % pg.dir)
        s = serve('table-postgres', path)
        pg.sql('CREATE TABLE users (name TEXT PRIMARY KEY, hash TEXT, '
               'uid INTEGER, gid INTEGER, home TEXT);' + ''.join(
                   "INSERT INTO users VALUES ('%s', '%s', %d, %d, '%s');" %
                   (r[0].replace("'", "''"), *r[1:]) for r in rows(s)))
        s.start()
        use(s)
        pg.sql('ALTER TABLE users RENAME TO away')
        c = s.connect()
        c.ok('USER ann@example.org')
        c.err('PASS apple', 'SYS/TEMP')
        c.close()
        c = s.login('joe', 'secret')
        c.ok('QUIT')
        c.close()
        pg.sql('ALTER TABLE away RENAME TO users')
        end = time.monotonic() + 2 * PATIENCE
        while True:
            c = s.connect()
            c.ok('USER ann@example.org')
            reply = c.cmd('PASS apple')
            c.close()
            if reply.startswith(b'+OK'):
                break
            check(time.monotonic() < end, reply)
            time.sleep(0.2)
        s.stop()
    finally:
        pg.stop()


main()

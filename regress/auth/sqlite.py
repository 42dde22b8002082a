#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""OpenSMTPD's own table programs: table-sqlite and table-postgres."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
sys.path.insert(0, os.environ['SRC'] + '/regress')
from popdtest import *

PEERS = os.path.join(TOP, '..', 'shared', 'peers')


def programs():
    """The directory of the programs, built from their sources."""
    out = WORK + '/peers'
    if os.path.exists(out + '/table-sqlite'):
        return out
    build = next((p + '/build' for p in (PEERS, '/work/shared/peers')
                  if os.path.exists(p + '/build')), None)
    if build is None:
        raise Skip('needs the sources of table-sqlite')
    result = subprocess.run(['sh', build, out], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT)
    if not os.path.exists(out + '/table-sqlite'):
        raise Skip('table-sqlite cannot be built: ' +
                   result.stdout.decode()[-200:])
    os.chmod(out, 0o755)
    return out


def account():
    if why_not_root() is not None:
        return user_ids()
    for name in ('_poplook', '_poptab'):
        if not have_account(name):
            raise Skip('needs the account ' + name)
    return have_account('_poptab').pw_uid, have_account('_poptab').pw_gid


def config(text):
    """A configuration that only root can write to and its table can read."""
    path = WORK + '/table.conf'
    with open(path, 'w') as f:
        f.write(text)
    if os.getuid() == 0:
        os.chown(path, 0, account()[1])
    os.chmod(path, 0o640)
    return path


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


class Postgres:
    """A PostgreSQL of our own, on a socket in WORK."""

    def __init__(self):
        found = [d for d in ('/usr/lib/postgresql/%d/bin' % n
                             for n in range(20, 10, -1))
                 if os.path.exists(d + '/initdb')]
        if not found:
            raise Skip('needs PostgreSQL')
        if os.getuid() != 0 or not have_account('postgres'):
            raise Skip('needs root and the account postgres')
        self.bin, self.dir = found[0], WORK + '/pg'
        shutil.rmtree(self.dir, ignore_errors=True)
        os.mkdir(self.dir, 0o755)
        self.ids = have_account('postgres')
        os.chown(self.dir, self.ids.pw_uid, self.ids.pw_gid)
        self.run([self.bin + '/initdb', '-D', self.dir + '/data', '-E',
                  'UTF8', '-A', 'trust', '-N', '-U', 'postgres'])
        self.process = subprocess.Popen(
            [self.bin + '/postgres', '-D', self.dir + '/data', '-k', self.dir,
             '-c', 'listen_addresses=', '-c', 'fsync=off'],
            user=self.ids.pw_uid, group=self.ids.pw_gid, extra_groups=[],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd='/')
        end = time.monotonic() + 60
        while True:
            try:
                self.sql('SELECT 1')
                break
            except Failure:
                check(time.monotonic() < end, 'PostgreSQL does not start')
                time.sleep(0.1)

    def run(self, command, input=b''):
        result = subprocess.run(command, user=self.ids.pw_uid,
                                group=self.ids.pw_gid, extra_groups=[],
                                input=input, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, cwd='/', timeout=120)
        check(result.returncode == 0, result.stdout.decode())

    def sql(self, text):
        self.run([self.bin + '/psql', '-q', '-h', self.dir, '-U', 'postgres',
                  '-v', 'ON_ERROR_STOP=1', '-f', '-'], text.encode())

    def stop(self, sig=signal.SIGINT):
        self.process.send_signal(sig)
        self.process.wait(60)


def test_postgres():
    """table-postgres: users of a database log in, and again after it was away"""
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

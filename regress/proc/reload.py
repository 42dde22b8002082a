#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""SIGHUP: all new or all old, and sessions go on."""

import os
import shutil
import signal
import time

from popdtest.ca import certificate
from popdtest.cases import check, equal, main, until
from popdtest.client import Client
from popdtest.env import WORK
from popdtest.password import bcrypt
from popdtest.process import descriptors, program_of
from popdtest.server import Server

server = Server(users={'joe': 'secret', 'ann': 'secret'}, shared=True)
for name in ('joe', 'ann'):
    server[name].add(b'Subject: x\n\n')


def good():
    mark = server.mark()
    os.kill(server.pid, signal.SIGHUP)
    server.wait_log('configuration reloaded', mark)


def bad(*words):
    mark = server.mark()
    os.kill(server.pid, signal.SIGHUP)
    server.wait_log('configuration not changed', mark)
    for word in words:
        check(word in server.log(mark), '%s: %s' % (word, server.log(mark)))


def can(user, password='secret', source=None):
    c = server.connect(source=source)
    c.ok('USER ' + user)
    reply = c.cmd('PASS ' + password)
    if reply.startswith(b'+OK'):
        c.quit()
        return True
    c.close()
    check(reply.startswith(b'-ERR [AUTH]'), repr(reply))
    return False


def test_tables():
    """New users and passwords count, old ones do not; sessions go on"""
    session = server.login('ann')
    server.user('new', 'fresh')
    server['joe'].hash = bcrypt('changed')
    del server.users['ann']
    server.tables()
    good()
    check(can('new', 'fresh'), 'new user')
    check(can('joe', 'changed'), 'new password')
    check(not can('joe', 'secret', '127.0.13.1'), 'old password')
    check(not can('ann', 'secret', '127.0.13.2'), 'removed user')
    equal(session.retr(1), b'Subject: x\r\n\r\n', 'session of before')
    session.quit()


def test_edited():
    """An authtab that waits for a reload is told of, once a minute"""
    said = '%s has changed since it was read' % server.authtab
    mark = server.mark()
    check(not can('joe', 'next', '127.0.13.4'), 'a wrong password')
    equal((said in server.log(mark), said in server.popctl('status')[2]),
          (False, False), 'in order')
    # Replaced, as editors do; then written to.
    for password in 'next', 'changed':
        server['joe'].hash = bcrypt(password)
        if password == 'next':
            os.unlink(server.authtab)
        server.tables()
        check(not can('joe', password, '127.0.13.5'), 'not read yet')
        check(said in server.popctl('status')[2], 'status')
        good()
        check(said not in server.popctl('status')[2], 'status afterwards')
        check(can('joe', password), password)
    equal(server.log(mark).count(said), 1, server.log(mark))


def test_bad_table():
    """A bad table changes nothing, and the log says why"""
    session = server.login('joe', 'changed')
    for path in (server.usertab, server.authtab):
        with open(path, 'rb') as f:
            keep = f.read()
        # Lines before the bad one do not count either.
        with open(path, 'wb') as f:
            f.write(b'broken\n')
        bad(path + ':1')
        check(can('new', 'fresh'), 'a login afterwards')
        with open(path, 'wb') as f:
            f.write(keep)
    os.rename(server.authtab, server.authtab + '.away')
    bad(server.authtab)
    check(can('new', 'fresh'), 'a login afterwards')
    os.rename(server.authtab + '.away', server.authtab)
    session.ok('NOOP')
    session.quit()
    good()


def test_lost():
    """A table that lost its end, a part or everything is not used"""
    for path in (server.usertab, server.authtab):
        with open(path, 'rb') as f:
            keep = f.read()
        lines = keep.count(b'\n')
        for data, line, why in (
                (b'', 1, 'no entries'),
                (b'# nobody\n', 1, 'no entries'),
                (keep[:-1], lines, 'no newline at the end: cut short?'),
                (keep[:-4], lines, '')):
            with open(path, 'wb') as f:
                f.write(data)
            bad('%s:%d: %s' % (path, line, why))
            check(can('new', 'fresh'), 'a login afterwards')
        with open(path, 'wb') as f:
            f.write(keep)
    with open(server.authtab, 'wb') as f:
        f.write(keep[:-4] + b'\n')
    bad('%s:%d: the last hash is cut short' % (server.authtab, lines))
    with open(server.authtab, 'wb') as f:
        f.write(keep)
    good()


def test_writable():
    """A table that others can write to is not used"""
    for path in (server.usertab, server.authtab):
        mode, gid = os.stat(path).st_mode & 0o777, os.stat(path).st_gid
        os.chmod(path, mode | 0o002)
        bad(path + ': world-writable')
        os.chmod(path, mode | 0o020)
        if os.getuid() == 0:
            bad(path + ': group-writable')
            os.chmod(path, mode)
            uid = os.stat(path).st_uid
            os.chown(path, 65533, -1)
            os.chmod(path, mode | 0o044)
            bad(path + ': ', 'owned')
            # The target of a link counts, not its owner.
            away = path + '.away'
            os.rename(path, away)
            os.symlink(away, path)
            bad(path + ': ', 'owned')
            os.chown(away, uid, gid)
            os.lchown(path, 65533, 65533)
            good()
            os.unlink(path)
            os.rename(away, path)
        os.chmod(path, mode)
        check(can('new', 'fresh'), 'a login afterwards')
    good()


def test_news():
    """A reload logs how many users came and went"""
    def said(name, text):
        mark = server.mark()
        good()
        server.wait_log('%s: %s' % (name, text), mark)
    n = len(server.users)
    said(server.usertab, '%d users, 0 new, 0 changed, 0 gone' % n)
    for i in range(3 * n):
        server.user('more%d' % i)
    server.tables()
    said(server.authtab, '%d users, %d new, 0 changed, 0 gone' %
         (4 * n, 3 * n))
    for i in range(3 * n):
        del server.users['more%d' % i]
    server.tables()
    mark = server.mark()
    good()
    for name in (server.authtab, server.usertab):
        server.wait_log('%s: %d of %d users are gone, 0 are new' % (
            name, 3 * n, 4 * n), mark)


def test_all_or_nothing():
    """A good authtab beside a bad usertab is not used"""
    keep = server['joe'].hash
    server['joe'].hash = bcrypt('never')
    server.tables()
    with open(server.usertab, 'ab') as f:
        f.write(b'broken\n')
    bad(server.usertab)
    check(can('joe', 'changed'), 'the old password')
    check(not can('joe', 'never', '127.0.13.3'), 'the new password')
    server['joe'].hash = keep
    server.tables()
    good()


def test_certificate():
    """A renewed certificate is served to new connections after a reload"""
    cert, key = server.pairs[0]
    before = server.login('joe', 'changed')
    old = open(cert, 'rb').read()
    new_cert, new_key = certificate('renewed')
    # First with the old key: that does not match.
    shutil.copyfile(new_cert, cert)
    bad(key)
    c = Client(('127.0.0.1', server.port), name='localhost',
               cafile=write(old))
    c.quit()
    shutil.copyfile(new_key, key)
    good()
    c = Client(('127.0.0.1', server.port), name='renewed', cafile=cert)
    c.quit()
    before.ok('NOOP')
    before.quit()
    server.pairs = [(cert, key)]
    good()


def write(data):
    path = os.path.join(WORK, 'old.crt')
    with open(path, 'wb') as f:
        f.write(data)
    return path


def test_many():
    """Many SIGHUPs at once end in the last state"""
    def sessions():
        return Client(('127.0.0.1', server.port), name='renewed',
                      cafile=server.pairs[0][0])
    pids = [p for p, n, u in server.children()]
    for i in range(100):
        os.kill(server.pid, signal.SIGHUP)
        if i % 10 == 0:
            time.sleep(0.01)
    server['joe'].hash = bcrypt('last')
    server.tables()
    good()
    end = time.monotonic() + 20
    while True:
        c = sessions()
        c.ok('USER joe')
        reply = c.cmd('PASS last')
        c.close()
        if reply.startswith(b'+OK'):
            break
        check(time.monotonic() < end, repr(reply))
        time.sleep(0.2)
    # Without the judges of the last reload.
    until('the same processes', lambda: pids == [
        p for p, n, u in server.children() if n != 'wrkrpop'])
    for pid in pids:
        n = len(descriptors(pid))
        check(n < 40, '%s has %d descriptors' % (program_of(pid), n))


main()

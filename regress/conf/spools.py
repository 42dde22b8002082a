#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""userbase with mbox: each user's spool is emptied at login, and -n reports
what is wrong with it."""

import fcntl
import hashlib
import os
import re
import shutil
import time

from popdtest.cases import check, equal, main
from popdtest.env import PATIENCE
from popdtest.mail import wire
from popdtest.process import alive, confined, descendants, descriptors, \
    status_of
from popdtest.server import Server

MAIL = b'Subject: %d\n\nhello\n'
CONF = '''table users file:@authtab@
credentials <users>
table homes file:@usertab@
userbase <homes> subdirectory "Maildir" mbox "@dir@/mail/%u" \
    lock "fcntl, dotlock"
'''

server = Server({'joe': 'secret', 'ann': 'secret', 'new': 'secret',
                 'bob': 'secret', '.hid': 'secret', 'a/b': 'secret'},
                subdir='Maildir', start=False, shared=True, conf=CONF)
spools = server.dir + '/mail'
os.mkdir(spools)
os.chmod(spools, 0o1777)
# The first mail: there is no maildir yet.
shutil.rmtree(server['new'].path)
server.start()


def deliver(user, *numbers):
    path = '%s/%s' % (spools, user)
    # Linux lets root not create what another owns in such a directory.
    with open(path, 'r+b' if os.path.exists(path) else 'wb') as f:
        f.seek(0, os.SEEK_END)
        for n in numbers:
            f.write(b'From x Mon Nov  2 08:00:00 2026\n' + MAIL % n + b'\n')
    os.chmod(path, 0o600)
    if os.getuid() == 0:
        os.chown(path, server[user].uid, server[user].gid)
    return path


def session(user):
    mark = server.mark()
    c = server.login(user)
    found = [c.retr(n) for n in sorted(c.list())]
    worker = server.worker()
    held = [path for path in descriptors(worker).values() if spools in path]
    c.quit()
    server.wait_log('session end .* user="%s"' % re.escape(user), mark)
    return found, held


def test_moved():
    """The mail of the spool is in the mailbox, and the log counts it"""
    path = deliver('joe', 1, 2)
    found, held = session('joe')
    equal(found, [wire(MAIL % n) for n in (1, 2)])
    check(re.search(r'session end .* moved=2 retrieved=2 ', server.log()),
          'log: ' + server.log())
    equal(held, [], 'the spool is open in the worker')
    equal(os.path.getsize(path), 0, 'the spool')
    deliver('joe', 3)
    equal(session('joe')[0], [wire(MAIL % n) for n in (1, 2, 3)])


def test_others():
    """No other user's spool is touched"""
    path = deliver('ann', 1)
    session('joe')
    check(os.path.getsize(path) > 0, 'emptied by another')
    equal(len(session('ann')[0]), 1)


def test_first():
    """A user without a maildir gets one with the first mail"""
    equal(session('new')[0], [])
    check(not os.path.exists(server['new'].path), 'made for nothing')
    deliver('new', 7)
    equal(session('new')[0], [wire(MAIL % 7)])
    for sub in ('new', 'cur', 'tmp'):
        equal(os.stat(server['new'].sub(sub)).st_mode & 0o777, 0o700, sub)


def test_names():
    """A user name that is no file name has a maildir and no spool"""
    os.makedirs(spools + '/a', exist_ok=True)
    for user in ('.hid', 'a/b'):
        mark = server.mark()
        deliver(user, 1)
        equal(session(user)[0], [], user)
        server.wait_log('user="%s" source=.*: no spool' % user, mark)


def test_locked():
    """A locked spool costs this login its mail, not the session"""
    path = deliver('ann', 9)
    mark = server.mark()
    with open(path, 'r+b') as f:
        fcntl.lockf(f, fcntl.LOCK_EX)
        found = session('ann')[0]
    check(wire(MAIL % 9) not in found, 'moved')
    server.wait_log('spool: locked by another program for 5 seconds', mark)
    check(wire(MAIL % 9) in session('ann')[0], 'not moved')


def test_confined():
    """Worker and dotlock process are sandboxed before they read the spool"""
    path = deliver('ann', 4)
    mark = server.mark()
    with open(path, 'r+b') as f:
        fcntl.lockf(f, fcntl.LOCK_EX)
        c = server.connect()
        c.ok('USER ann')
        c.send(b'PASS secret\r\n')
        server.wait_log('login session=.* user="ann"', mark)
        worker = server.worker()
        until = time.monotonic() + PATIENCE
        keeper = []
        while not keeper:
            check(time.monotonic() < until, 'no process for the dotlock')
            keeper = descendants(worker)
        for pid in [worker] + keeper:
            while not confined(pid):
                check(time.monotonic() < until, 'no filter')
                time.sleep(0.01)
            equal(status_of(pid, 'NoNewPrivs'), ['1'])
        held = [p for p in descriptors(worker).values() if spools in p]
        equal(held, [path], 'what is open of spools')
        held = list(descriptors(keeper[0]).values())
        check(len(held) == 1 and held[0].startswith('socket:'),
              'what the process for the dotlock has open: %s' % held)
    check(c.line().startswith(b'+OK'), 'no greeting')
    held = [p for p in descriptors(worker).values() if spools in p]
    equal(held, [], 'what is open after that')
    check(not alive(keeper[0]), 'the process for the dotlock lives on')
    check(not os.path.exists(path + '.lock'), 'the dotlock stays')
    c.quit()


def killed(user, numbers):
    """What a worker leaves that is killed once its journal is in place."""
    path = deliver(user, *numbers)
    with open(path, 'rb') as f:
        data = f.read()
    digest = hashlib.sha256(data + data).hexdigest()
    pop = server[user].sub('popspool')
    os.mkdir(pop)
    batch = '1600000000.M1P2'
    for n in numbers:
        text = wire(MAIL % n).replace(b'\r\n', b'\n')
        name = '%sQ%d.host,S=%d,W=%d' % (batch, n, len(text), len(wire(text)))
        with open(pop + '/' + name, 'wb') as f:
            f.write(text)
    with open(pop + '/journal', 'w') as f:
        f.write('popspool-1 %d %s %s\n' % (len(data), digest, batch))
    for name in [pop] + [pop + '/' + n for n in os.listdir(pop)]:
        if os.getuid() == 0:
            os.chown(name, server[user].uid, server[user].gid)
    return path, pop


def test_taken_out():
    """Without mbox in popd.conf, mail that has left the spool still comes"""
    path, pop = killed('bob', (1, 2))
    server.configure(CONF.split(' mbox')[0] + '\n')
    server.reload()
    found, held = session('bob')
    equal(found, [wire(MAIL % n) for n in (1, 2)])
    check(os.path.getsize(path) > 0, 'the spool was touched')
    equal(os.listdir(pop), ['journal'])
    # It is back: what was moved is known, what came since is not.
    deliver('bob', 3)
    server.configure(CONF)
    server.reload()
    found, held = session('bob')
    equal(found, [wire(MAIL % n) for n in (1, 2, 3)])
    equal((os.path.getsize(path), os.path.exists(pop)), (0, False))


def test_check():
    """-n reports what is wrong with a spool"""
    status, text = server.run('-n')
    equal(status, 2, 'status: ' + text)
    for line in (r'".hid": spool %s/%%u: not a file name' % spools,
                 r'"a/b": spool %s/%%u: not a file name' % spools):
        check(line in text, '%s is not in %s' % (line, text))
    equal(text.count(': spool '), 2, 'complaints: ' + text)
    os.rename(spools + '/joe', spools + '/real')
    os.symlink('real', spools + '/joe')
    text = server.run('-n')[1]
    check('%s/joe: not a regular file' % spools in text, text)


main()

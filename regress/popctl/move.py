#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
"""popctl move: a maildir is closed, copied and opened elsewhere."""

import os
import re
import shutil
import subprocess
import threading
import time

from popdtest.cases import check, equal, main
from popdtest.env import PATIENCE, STAGE, WORK
from popdtest.host import need
from popdtest.lmtp import LmtpServer
from popdtest.mail import mda

EX_TEMPFAIL = 75


class Hosts:
    """A host with joe's mail, and the host that joe moves to."""

    def __init__(self, count=20):
        self.old = LmtpServer(users={'joe': 'secret'}, start=False)
        self.box = self.old['joe']
        for i in range(count):
            self.box.add(b'Subject: %d\n\n%s\n' % (i, b'x' * (i * i)))
        # Names without a time: their order is that of the files.
        for i, name in enumerate(('odd', 'even', 'none')):
            self.box.add(b'Subject: %s\n\n' % name.encode(), name, 'cur')
            os.utime(self.box.sub('cur/' + name), (1500000000 - i,) * 2)
        # Two of one name, and one that was imported.
        self.box.add(b'one\n', '1500000000.M1.twin', 'cur')
        self.box.add(b'other\n', '1500000000.M1.twin:2,S', 'cur')
        names = self.box.list('new')
        if count > 9:
            with open(self.box.sub('popuidl'), 'w') as f:
                for i in (9, 3):
                    f.write('%s imported-%d\n' % (names[i], i))
            self.box.own(self.box.sub('popuidl'))
        self.old.start()
        self.new = LmtpServer(users={'joe': 'secret'}, start=False)
        self.there = self.new['joe']
        self.new.start()

    def popctl(self, server, *arguments, **more):
        return server.popctl('-u', server.usertab, *arguments, **more)

    def move(self, *arguments, status=0, **more):
        got = self.popctl(self.old, 'move', *arguments, **more)
        equal(got[0], status, got)
        return got

    def end(self, status=0):
        got = self.popctl(self.new, 'move', '-e', 'joe')
        equal(got[0], status, got)
        return got[2]

    def copy(self, *more):
        need('rsync')
        subprocess.run(['rsync', '-a', '--numeric-ids'] + list(more) + [
            self.box.path + '/', self.there.path + '/'], check=True)

    def stop(self):
        self.old.stop()
        self.new.stop()


def seen(server):
    """What a client sees: LIST, UIDL, and the messages."""
    c = server.login()
    out = [c.multi('LIST'), c.multi('UIDL')]
    out += [c.retr(i + 1) for i in range(len(out[0]))]
    c.quit()
    return out


def closed(server, box):
    """Check that sessions and deliveries are refused."""
    before = [box.list(sub) for sub in ('new', 'cur', 'tmp')]
    c = server.connect()
    c.ok('USER joe')
    c.err('PASS secret', 'SYS/TEMP')
    c.close()
    c = server.lmtp()
    c.mail(b'x\n', code=4)
    c.close()
    status, why = mda(box.path, b'x\n', box.uid)
    equal(status, EX_TEMPFAIL, why)
    check('being moved' in why, why)
    equal([box.list(sub) for sub in ('new', 'cur', 'tmp')], before, 'files')


def test_move():
    """Close, copy, open: each message keeps number, size and unique id"""
    h = Hosts()
    before = seen(h.old)
    c = h.old.login()
    c.ok('DELE 1')
    got = h.move('joe', 'node2')
    equal(got[1:], ([h.box.path], ''), 'popctl')
    # The session was told to end, and its DELE came to nothing.
    check(b'-ERR [SYS/TEMP]' in c.closed(), 'ended')
    h.old.no_workers()
    closed(h.old, h.box)
    h.old.wait_log(r'the maildir is being moved: popmove')
    # A restart, a reload, an unlock do not open it.
    h.old.reload()
    closed(h.old, h.box)
    # The mark first: what is half there is closed, too.
    h.copy('--include=/popmove', '--exclude=*')
    closed(h.new, h.there)
    h.copy('--exclude=/tmp/*')
    closed(h.new, h.there)
    h.end()
    equal(seen(h.new), before, 'what a client sees')
    equal(mda(h.there.path, b'y\n', h.there.uid)[0], 0, 'mail')
    closed(h.old, h.box)
    # A message that is gone there is not listed here.
    check('not being moved' in h.end(status=1), 'twice')
    h.stop()


def test_without_index():
    """The same without popcache, which only saves time"""
    h = Hosts()
    before = seen(h.old)
    h.move('joe', 'node2')
    h.copy('--exclude=/tmp/*', '--exclude=/popcache')
    h.end()
    equal(seen(h.new), before, 'what a client sees')
    h.stop()


def test_history():
    """Without popcache, ids that only it knows are missed and named"""
    h = Hosts()
    seen(h.old)
    # One of two of a name goes; and a file whose time was another at first.
    os.unlink(h.box.sub('cur/1500000000.M1.twin'))
    os.utime(h.box.sub('cur/odd'), (1400000000,) * 2)
    before = seen(h.old)
    h.move('joe', 'node2')
    h.copy('--exclude=/tmp/*', '--exclude=/popcache')
    for i in range(2):
        why = h.end(status=1)
        check('differs from the original; popcache was not copied' in why and
              'message 3 was: ' in why and 'message 3 is: ' in why, why)
        check(not os.path.exists(h.there.sub('popcache')), 'written')
    h.copy('--include=/popcache', '--exclude=*')
    h.end()
    equal(seen(h.new), before, 'what a client sees')
    h.stop()


def test_contents():
    """Octets that changed, but neither size nor lines, are seen and named"""
    h = Hosts()
    h.move('joe', 'node2')
    h.copy('--exclude=/tmp/*')
    name = h.box.list('new')[7]
    with open(h.there.sub('new/' + name), 'r+b') as f:
        f.seek(-20, os.SEEK_END)
        f.write(b'\0' * 10)
    why = h.end(status=1)
    check('differs from the original' in why and
          re.search('message [0-9]+ is: .*' + name, why), why)
    h.copy()
    h.copy('--checksum')
    h.end()
    h.stop()


def test_differs():
    """A copy that differs stays closed"""
    h = Hosts()
    h.move('joe', 'node2')
    name = h.box.list('new')[7]
    h.copy('--exclude=/tmp/*', '--exclude=' + name)
    check('differs from the original' in h.end(status=1), 'one is missing')
    h.copy()
    with open(h.there.sub('new/' + name), 'ab') as f:
        f.write(b'more\n')
    check('differs from the original' in h.end(status=1), 'one is longer')
    h.copy()
    extra = h.there.add(b'more\n')
    check('differs from the original' in h.end(status=1), 'one too many')
    os.unlink(h.there.sub('new/' + extra))
    os.unlink(h.there.sub('popuidl'))
    check('differs from the original' in h.end(status=1), 'no popuidl')
    # As popctl wrote it before it compared contents.
    record = lines_of(h.there.sub('popmove'))
    put_lines(h.there.sub('popmove'), record[:2] +
              [re.sub('[0-9a-f]{64}', '0' * 64, record[2])])
    why = h.end(status=1)
    check('repeat popctl move' in why and 'message 1' not in why, why)
    h.copy()
    # Order, by the times of files.
    os.utime(h.there.sub('cur/odd'), (1400000000,) * 2)
    os.unlink(h.there.sub('popcache'))
    check('differs from the original' in h.end(status=1), 'another order')
    h.copy()
    h.end()
    h.stop()


def lines_of(path):
    with open(path) as f:
        return f.readlines()


def put_lines(path, lines):
    with open(path, 'w') as f:
        f.writelines(lines)


def test_refused():
    """move refuses anything that is not a step of a move"""
    h = Hosts(3)
    for arguments in (('-e', 'joe'), ('-u', 'joe')):
        check('not being moved' in h.move(*arguments, status=1)[2], arguments)
    for arguments in (('joe',), ('-e', 'joe', 'x'), ('-eu', 'joe'), ()):
        h.move(*arguments, status=2)
    for host in ('', 'two words', 'x' * 256):
        check('one word' in h.move('joe', host, status=1)[2], host)
    check('no such user' in h.move('jim', 'node2', status=1)[2], 'jim')
    os.mkdir(h.box.sub('popspool'))
    check('pending messages' in h.move('joe', 'node2', status=1)[2], 'spool')
    h.move('-u', 'joe')
    os.rmdir(h.box.sub('popspool'))
    # popd does not run: there is no session to end.
    h.old.stop()
    check('popd is not running' in h.move('joe', 'node2')[2], 'not told')
    h.new.stop()


def test_killed():
    """A move that was killed is begun again"""
    h = Hosts(3)
    h.move('joe', 'node2')
    path = h.box.sub('popmove')
    put_lines(path, lines_of(path)[:2])
    h.copy()
    check('before popctl move had finished' in h.end(status=1), 'half')
    h.move('joe', 'node3')
    h.copy()
    h.end()
    h.stop()


def test_places():
    """Each step is refused on the wrong host"""
    h = Hosts(3)
    h.move('joe', 'node3')
    h.copy()
    check('being moved from this host' in
          h.move('-e', 'joe', status=1)[2], 'end here')
    got = h.popctl(h.new, 'move', '-u', 'joe')
    check(got[0] == 1 and 'moved from another host' in got[2], got)
    got = h.popctl(h.new, 'move', 'joe', 'node4')
    check(got[0] == 1 and 'moved to this host' in got[2], got)
    # What is written down may be copied already: to one host alone.
    check('moved to node3: see popctl move -u' in
          h.move('joe', 'node5', status=1)[2], 'two hosts')
    h.move('joe', 'node3')
    # Another file system may have an inode of the same number.
    lines = lines_of(h.there.sub('popmove'))
    words = lines[0].split()
    equal(words[2:], [str(os.stat(h.box.path).st_ino), h.box.path], 'here')
    words[2] = str(os.stat(h.there.path).st_ino)
    put_lines(h.there.sub('popmove'), [' '.join(words) + '\n'] + lines[1:])
    got = h.popctl(h.new, 'move', '-u', 'joe')
    check(got[0] == 1 and 'moved from another host' in got[2], got)
    # It stays after all; the copy stays closed.
    h.move('-u', 'joe')
    seen(h.old)
    closed(h.new, h.there)
    h.stop()


def test_damaged():
    """A popmove that popctl did not write closes the maildir"""
    h = Hosts(3)
    path = h.box.sub('popmove')
    for text in ('', 'x', 'a\nb\nc\nd\n', '\n\n\n', 'x' * 5000 + '\n'):
        with open(path, 'w') as f:
            f.write(text)
        closed(h.old, h.box)
        if text:
            check('bad format' in h.move('-u', 'joe', status=1)[2], text)
    os.unlink(path)
    os.symlink('/etc/passwd', path)
    closed(h.old, h.box)
    h.move('-u', 'joe', status=1)
    os.unlink(path)
    os.mkdir(path)
    h.move('-u', 'joe', status=1)
    os.rmdir(path)
    seen(h.old)
    h.stop()


def test_removed():
    """Once mail is removed at the old place, it stays closed"""
    h = Hosts(3)
    before = seen(h.old)
    h.move('joe', 'node2')
    h.copy('--exclude=/tmp/*')
    h.end()
    # QUIT has moved all of it.
    for sub in ('cur', 'new'):
        shutil.rmtree(h.box.sub(sub))
        for arguments in (('joe', 'node2'), ('-u', 'joe')):
            check('mail was removed' in h.move(*arguments, status=1)[2],
                  arguments)
    check(os.path.exists(h.box.sub('popmove')), 'opened')
    equal(seen(h.new), before, 'what a client sees')
    h.stop()


def test_disk():
    """The copy is on disk before the maildir is opened"""
    need('strace')
    h = Hosts()
    h.move('joe', 'node2')
    h.copy('--exclude=/tmp/*')
    out = WORK + '/calls'
    subprocess.run(['strace', '-f', '-y', '-o', out, '-e',
                    'trace=fsync,unlinkat', STAGE + '/sbin/popctl', '-u',
                    h.new.usertab, 'move', '-e', 'joe'], check=True)
    with open(out) as f:
        calls = f.read().split('"popmove"')[0]
    for sub in ('new', 'cur'):
        for name in [sub] + [sub + '/' + n for n in h.there.list(sub)]:
            check('/%s>)' % name in calls, name)
    check('/popuidl>)' in calls, 'popuidl')
    h.stop()


def test_deliveries():
    """All mail delivered while it was closed is on the list"""
    h = Hosts(0)
    taken, refused, stop = [], [], threading.Event()

    def deliver():
        while not stop.is_set():
            status = mda(h.box.path, b'x\n', h.box.uid)[0]
            (refused if status else taken).append(status)

    threads = [threading.Thread(target=deliver) for i in range(4)]
    for thread in threads:
        thread.start()
    try:
        end = time.monotonic() + PATIENCE
        while len(taken) < 20:
            check(time.monotonic() < end, 'no mail')
            time.sleep(0.01)
        h.move('joe', 'node2')
        listed = set(h.box.list('new'))
        end = time.monotonic() + PATIENCE
        while len(refused) < 8:
            check(time.monotonic() < end, 'not refused')
            time.sleep(0.01)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    equal(set(refused), {EX_TEMPFAIL}, 'status')
    equal((len(taken), set(h.box.list('new'))), (len(listed), listed), 'mail')
    with open(h.box.sub('popmove')) as f:
        check('list %d messages ' % (len(taken) + 5) in f.read(), 'the list')
    h.stop()


main()

#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# timeout: 300
# waits
"""At login the spool is moved into the maildir: every octet, once, under the
locks of the delivery agents, and only if the spool is the user's."""

import errno
import fcntl
import mailbox
import os
import pwd
import random
import re
import shutil
import signal
import subprocess
import threading
import time

from popdtest.cases import Skip, check, equal, main
from popdtest.env import ASAN, PATIENCE, WORK
from popdtest.host import need, need_root
from popdtest.mail import wire
from popdtest.maildir import Maildir
from popdtest.process import descendants
from popdtest.spool import Spool, entry

TEXTS = [b'Subject: 1\n\nhello\n', b'Subject: 2\n\nFrom me\n>From you\n\n\n',
         b'', b'Subject: 3\n\n' + b'x' * 200000 + b'\n',
         b'Subject: 4\n\n\0\1\xff\r\nbare\rcr\n.\n', b'\nno header\n']


def test_octets():
    """Every octet arrives, and a second session has the same UIDLs"""
    s = Spool('octets', TEXTS)
    s.moved(TEXTS)
    c = s.session()
    first = c.uidl()
    equal([c.retr(n) for n in sorted(first)], [wire(t) for t in TEXTS])
    c.close()
    c = s.session()
    equal(c.uidl(), first, 'UIDLs')
    c.close()


def test_equal():
    """The same message twice is two messages"""
    s = Spool('equal', [TEXTS[0]] * 3)
    s.moved([TEXTS[0]] * 3)
    c = s.session()
    equal(len(set(c.uidl().values())), 3, 'UIDLs')
    c.cmd('DELE 2')
    c.quit()
    s.write(entry(TEXTS[0]))
    c = s.session()
    equal(c.stat()[0], 3, 'messages')
    c.close()


def test_cut():
    """A last message without its end is moved as it is"""
    s = Spool('cut', [TEXTS[0]])
    s.write(b'From b Mon Nov  2 08:00:00 2026\nSubject: x\n\ncut of', 'ab')
    s.moved([TEXTS[0], b'Subject: x\n\ncut of'])


def test_python():
    """Python's mailbox reads and writes what popd moves"""
    rng = random.Random(11)
    words = [b'From ', b'>From ', b'a', b'\n', b'\n\n', b'\t', b'\xe4', b'>',
             b'x' * 70, b'.', b'\nFrom ']
    for i in range(20):
        s = Spool('python')
        box = mailbox.mbox(s.path)
        for _ in range(rng.randrange(1, 20)):
            body = b''.join(rng.choice(words)
                            for _ in range(rng.randrange(40)))
            box.add(b'Subject: %d\n\n' % rng.randrange(1000) + body + b'\n')
        box.flush()
        # It takes off no ">".
        want = [quoted_off(box.get_bytes(k)) for k in sorted(box.keys())]
        box.close()
        s.own()
        s.moved(want)


def quoted_off(data):
    return b'\n'.join(line[1:] if line.startswith(b'>') and
                      line.lstrip(b'>').startswith(b'From ') else line
                      for line in data.split(b'\n'))


def refused(s, why):
    before = os.lstat(s.path)
    c = s.session()
    equal(c.stat(), (0, 0), 'messages')
    c.close()
    check(re.search(why, c.errors), 'log: ' + c.errors)
    equal(len(c.errors.strip().split('\n')), 1, 'lines of the log')
    now = os.lstat(s.path)
    equal((now.st_ino, now.st_size, now.st_mtime_ns),
          (before.st_ino, before.st_size, before.st_mtime_ns), 'the spool')
    s.clean()


def test_foreign():
    """Anything but an mbox file of the user is left alone"""
    s = Spool('garbage')
    for start in (b'\0\1\2garbage', b'From here to there'):
        s.write(start + b'\n\n' + entry(TEXTS[0]))
        refused(s, 'no From line with a date at offset 0')

    s = Spool('link', TEXTS)
    os.rename(s.path, s.path + '.real')
    os.symlink(s.path + '.real', s.path)
    refused(s, 'is a symbolic link')

    s = Spool('names', TEXTS)
    if os.path.exists(s.path + '.other'):
        os.unlink(s.path + '.other')
    os.link(s.path, s.path + '.other')
    refused(s, 'has several links')

    s = Spool('fifo')
    os.unlink(s.path)
    os.mkfifo(s.path)
    s.own()
    refused(s, 'not a regular file')

    s = Spool('nowrite', TEXTS)
    os.chmod(s.path, 0o400)
    refused(s, 'Permission denied')

    if os.getuid() == 0:
        s = Spool('root', TEXTS)
        os.chown(s.path, 0, 0)
        os.chmod(s.path, 0o666)
        refused(s, 'wrong owner')


def test_none():
    """Without a spool, or with an empty one, nothing is created or logged"""
    for remove in (0, 1):
        s = Spool('none')
        if remove:
            os.unlink(s.path)
        before = s.box.state()
        c = s.session('fcntl,dotlock')
        c.close()
        equal(c.errors, '', 'log')
        equal({k: v for k, v in s.box.state().items() if k != 'popcache'},
              {k: v for k, v in before.items() if k != 'popcache'})
        s.clean()


def test_locked():
    """A lock held by another costs five seconds, and the session goes on"""
    spools, held, sessions = {}, [], {}
    for kind in ('fcntl', 'flock', 'dotlock'):
        s = spools[kind] = Spool('locked-' + kind, TEXTS[:2])
        f = open(s.path, 'r+b')
        held.append(f)
        if kind == 'fcntl':
            fcntl.lockf(f, fcntl.LOCK_EX)
        elif kind == 'flock':
            fcntl.flock(f, fcntl.LOCK_EX)
        else:
            open(s.path + '.lock', 'x').close()
        sessions[kind] = s.session(kind, greeting=False)
    for kind, s in spools.items():
        c = sessions[kind]
        check(c.line().startswith(b'+OK'), 'no greeting')
        equal(c.stat(), (0, 0), 'messages')
        c.close()
        check('locked by another program' in c.errors, c.errors)
        equal(s.read(), b''.join(entry(t) for t in TEXTS[:2]), 'the spool')
        check(os.path.exists(s.path + '.lock') == (kind == 'dotlock'),
              'the lock of another')
    for f in held:
        f.close()
    os.unlink(spools['dotlock'].path + '.lock')
    for kind, s in spools.items():
        s.moved(TEXTS[:2], kind)


def test_no_place():
    """The spool is left alone if no dotlock can be created"""
    if os.getuid() != 0:
        raise Skip('needs a directory of another user')
    s = Spool('place', TEXTS)
    os.makedirs(WORK + '/closed', 0o755, exist_ok=True)
    path = WORK + '/closed/spool'
    os.rename(s.path, path)
    s.path = path
    c = s.session('dotlock')
    equal(c.stat(), (0, 0), 'messages')
    c.close()
    check('cannot be locked' in c.errors, c.errors)
    # With the lock that needs no place it is moved.
    s.moved(TEXTS, 'fcntl')


def test_dotlock_killed():
    """A killed worker leaves no dotlock"""
    s = Spool('killed', TEXTS)
    held = open(s.path + '.lock', 'x')
    c = s.session('dotlock', greeting=False)
    time.sleep(0.2)
    os.unlink(s.path + '.lock')
    until = time.monotonic() + PATIENCE
    while s.read() and time.monotonic() < until:
        time.sleep(0.01)
    c.kill()
    held.close()
    while os.path.exists(s.path + '.lock'):
        check(time.monotonic() < until, 'the lock stays')
        time.sleep(0.01)


def ended():
    """A pid that no process has."""
    p = subprocess.Popen(['true'])
    p.wait()
    return p.pid


def test_dead():
    """A dotlock that does not hold is removed, and logged; another is not"""
    def lock(pid, host=os.uname().nodename):
        return b'%d:%s\n' % (pid, host.encode())
    old, dead = time.time() - 400, 'process that has ended was removed'
    stale = 'unchanged for 300 seconds was removed'
    locked = 'locked by another program'
    started = []
    for name, text, when, log in (
            ('dead', lock(ended()), None, dead),
            ('dovecot', lock(ended())[:-1], None, dead),
            ('linked', lock(ended()), None, dead),
            ('link-old', b'', old, stale), ('link-young', b'', None, locked),
            ('old', b'', old, stale), ('future', b'', old + 1200, stale),
            ('reused', lock(os.getpid()), old, stale),
            ('alive', lock(os.getpid()), None, locked),
            ('other', lock(ended(), 'elsewhere'), None, locked),
            ('young', b'', old + 300, locked)):
        s = Spool('lock-' + name, TEXTS[:2])
        with open(s.path + '.lock', 'wb') as f:
            f.write(text)
        if os.getuid() == 0:
            os.chown(s.path + '.lock', s.box.uid, s.box.gid)
        if when:
            os.utime(s.path + '.lock', (when, when))
        if name.startswith('link'):
            # As of a program that ended between link(2) and unlink(2).
            os.link(s.path + '.lock', s.path + '.temporary')
        started.append((s, s.session('dotlock', greeting=False), text, log))
    for s, c, text, log in started:
        check(c.line().startswith(b'+OK'), 'no greeting')
        equal(c.stat()[0], 0 if log == locked else 2, 'messages')
        c.close()
        check(log in c.errors, '%s: %s' % (text, c.errors))
        if log == locked:
            with open(s.path + '.lock', 'rb') as f:
                equal(f.read(), text, 'the lock of another')
        else:
            s.clean()


def test_killed_keeper():
    """kill -9 leaves a dotlock that the next session removes"""
    s = Spool('keeper', TEXTS)
    with open(s.path, 'r+b') as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        c = s.session('flock,dotlock', greeting=False)
        keeper = []
        until = time.monotonic() + PATIENCE
        while not keeper:
            check(time.monotonic() < until, 'no process for the dotlock')
            keeper = descendants(c.process.pid)
        # As if it had the lock.
        with open(s.path + '.lock', 'wb') as f:
            f.write(b'%d:%s\n' % (keeper[0], os.uname().nodename.encode()))
        if os.getuid() == 0:
            os.chown(s.path + '.lock', s.box.uid, s.box.gid)
        os.kill(keeper[0], signal.SIGKILL)
    check(c.line().startswith(b'+OK'), 'no greeting')
    equal(c.stat()[0], 0, 'messages')
    c.close()
    check('process that has ended' in s.moved(TEXTS, 'dotlock'), 'log')


def test_breakers():
    """Of sessions that find one dead dotlock, one gets the mail"""
    for i in range(10 if ASAN else 25):
        s = Spool('breakers', TEXTS[:1] * 8)
        with open(s.path + '.lock', 'wb') as f:
            f.write(b'%d:%s\n' % (ended(), os.uname().nodename.encode()))
        if os.getuid() == 0:
            os.chown(s.path + '.lock', s.box.uid, s.box.gid)
        others = [Spool('breakers-%d' % k) for k in range(4)]
        for o in others:
            o.path = s.path
        sessions = [o.session('dotlock', greeting=False) for o in others]
        got = []
        for c in sessions:
            check(c.line().startswith(b'+OK'), 'no greeting')
            got.append(c.stat()[0])
            c.close()
        equal(sorted(got), [0, 0, 0, 8], 'messages in round %d' % i)


def test_no_room():
    """What has no room stays for the next session"""
    need('prlimit')
    s = Spool('room', TEXTS)
    before = s.read()
    c = s.session(wrap=['prlimit', '--fsize=100000'])
    equal(c.stat()[0], 2, 'messages')
    c.close()
    check('File too large' in c.errors and 'the rest at the next login' in
          c.errors, c.errors)
    equal(s.read(), before, 'the spool')
    s.moved(TEXTS)


def private(path, options):
    """A file system of our own, where any user may make a dotlock."""
    need('Linux')
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x20000) != 0 or \
            libc.mount(b'none', b'/', None, 0x44000, None) != 0 or \
            libc.mount(b'none', path.encode(), b'tmpfs', 0, options) != 0:
        raise Skip('no mount namespace: ' + os.strerror(ctypes.get_errno()))


def test_full():
    """On a full disk the spool is still emptied under a dotlock"""
    need_root()
    s = Spool('full', TEXTS)
    data, path = s.read(), WORK + '/small'
    os.makedirs(path, exist_ok=True)
    private(path, b'mode=1777,size=512k')
    s.path = path + '/spool'
    s.write(data)
    with open(path + '/fill', 'wb', 0) as f:
        try:
            while f.write(b'x' * 4096):
                pass
        except OSError as why:
            equal(why.errno, errno.ENOSPC, 'errno')
    s.moved(TEXTS, 'dotlock')


def test_small():
    """A spool larger than the disk: what fits is moved, until all was"""
    need_root()
    path = WORK + '/disk'
    os.makedirs(path, exist_ok=True)
    private(path, b'mode=755,size=200k')
    for size in (20000, 10):
        texts = [b'Subject: %d\n\n%s\n' % (i, b'x' * size)
                 for i in range(100)]
        s = Spool('small', texts)
        s.box = Maildir('%s/%d' % (path, size), s.box.uid, s.box.gid)
        found, moved = [], []
        while len(found) < len(texts):
            c = s.session()
            moved.append(c.stat()[0])
            for n in sorted(c.uidl()):
                found.append(c.retr(n))
                c.cmd('DELE %d' % n)
            c.quit()
            check(moved[-1], 'nothing after %s' % moved)
        equal(found, [wire(t) for t in texts], 'messages')
        check(len(moved) > 1, 'all at once')
        equal(s.read(), b'', 'the spool')
        s.clean()


def deliver(path, who, count):
    """As Debian's deliverers lock: fcntl, and then a dotlock."""
    for i in range(count):
        text = b'From x Mon Nov  2 08:00:00 2026\nSubject: %s-%d\n\n%s\n\n' % (
            who.encode(), i, b'y' * (i * 37 % 3000))
        while True:
            with open(path, 'ab', 0) as f:
                fcntl.lockf(f, fcntl.LOCK_EX)
                try:
                    os.close(os.open(path + '.lock',
                                     os.O_CREAT | os.O_EXCL | os.O_WRONLY))
                except FileExistsError:
                    fcntl.lockf(f, fcntl.LOCK_UN)
                    time.sleep(0.001)
                    continue
                f.write(text[:len(text) // 2])
                f.write(text[len(text) // 2:])
                os.unlink(path + '.lock')
                break
        time.sleep(0.003)


def start(s, who, count):
    pid = os.fork()
    if pid > 0:
        return pid
    status = 1
    try:
        if os.getuid() == 0:
            os.setgroups([])
            os.setgid(s.box.gid)
            os.setuid(s.box.uid)
        deliver(s.path, who, count)
        status = 0
    finally:
        os._exit(status)


def test_deliverers():
    """Deliveries at full speed, fcntl and dotlock: none lost or doubled"""
    s = Spool('rate')
    count, who = (60 if ASAN else 150), ('a', 'b', 'c')
    pids = [start(s, w, count) for w in who]
    rounds = 0
    while pids:
        c = s.session(('fcntl', 'fcntl,dotlock', 'dotlock')[rounds % 3],
                      timeout=60)
        c.close()
        rounds += 1
        check('without its lock' not in c.errors, c.errors)
        for pid in list(pids):
            if os.waitpid(pid, os.WNOHANG)[0] != 0:
                pids.remove(pid)
    c = s.session()
    equal(c.stat()[0], count * len(who), 'messages after %d' % rounds)
    c.close()
    got = [m.split(b'\n')[0] for m in s.octets()]
    equal(sorted(got), sorted(b'Subject: %s-%d' % (w.encode(), i)
                              for w in who for i in range(count)))
    check(rounds >= 3, 'only %d sessions' % rounds)


def test_opensmtpd():
    """OpenSMTPD's mail.local at full speed: none lost or doubled"""
    program = '/usr/libexec/opensmtpd/mail.local'
    need_root()
    if not os.path.exists(program):
        raise Skip('needs opensmtpd')
    try:
        user = pwd.getpwnam('games')
    except KeyError:
        raise Skip('needs an account')
    private('/var/mail', b'mode=1777')
    path = WORK + '/smtpd'
    shutil.rmtree(path, ignore_errors=True)
    s = Spool('smtpd', box=Maildir(path, user.pw_uid, user.pw_gid))
    os.unlink(s.path)
    s.path = '/var/mail/games'
    count, failed = (10 if ASAN else 40), []

    def deliver_some(i):
        for j in range(count):
            text = b'Subject: %d-%d\n\n%s\n\nFrom here\n' % (i, j, b'z' * j)
            sender = ('a@b.test', '')[j % 2]
            if subprocess.run([program, '-f', sender, 'games'],
                              input=text).returncode != 0:
                failed.append((i, j))
    threads = [threading.Thread(target=deliver_some, args=(i,))
               for i in range(2)]
    for t in threads:
        t.start()
    rounds = 0
    while any(t.is_alive() for t in threads):
        c = s.session(timeout=60)
        c.close()
        check('without its lock' not in c.errors, c.errors)
        rounds += 1
    equal(failed, [], 'failures of mail.local')
    c = s.session()
    c.close()
    equal(sorted(s.octets()),
          sorted(b'Subject: %d-%d\n\n%s\n\nFrom here\n' % (i, j, b'z' * j)
                 for i in range(2) for j in range(count)))
    equal(s.read(), b'', 'the spool')


main()

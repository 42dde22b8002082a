#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# timeout: 240
"""LMTP with reloads, upgrades, a stop, and errors in popd.conf."""

import os
import shutil
import signal
import socket
import time

from popdtest.cases import Skip, check, equal, main, until
from popdtest.env import PATIENCE
from popdtest.lmtp import LmtpServer, texts, trace
from popdtest.mail import mda, wire
from popdtest.process import alive

USERS = {'joe': 'secret', 'ann': 'x'}
POP = 'listen on 127.0.0.1 port @port@ tls\n'
LMTP = 'listen on socket "@dir@/lmtp" lmtp\n'


def serving(server):
    """The pid of lmtppop, once the judge of a reload has ended."""
    until('one lmtppop', lambda: len(server.children('lmtppop')) == 1)
    return server.children('lmtppop')[0][0]


def test_added():
    """A reload removes the socket and adds it"""
    server = LmtpServer(users=USERS, start=False)
    # On OpenBSD only in a directory that was configured at startup.
    server.configure(POP + LMTP)
    server.start()
    server.configure(POP)
    server.reload()
    check(not os.path.exists(server.path), 'the socket stays at first')
    server.configure(POP + LMTP)
    check('configuration reloaded' in server.reload(), server.log())
    c = server.lmtp()
    c.mail(b'x\n')
    pid = serving(server)
    # The same again: nothing changes.
    server.reload()
    equal(serving(server), pid, 'lmtppop')
    c.mail(b'x\n')
    server.configure(POP)
    server.reload()
    check(not os.path.exists(server.path), 'the socket stays')
    c.mail(b'x\n')
    server.configure(POP + LMTP)
    server.reload()
    server.lmtp().mail(b'x\n')
    equal(len(texts(server['joe'])), 4, 'messages')
    c.close()
    server.stop()


def test_account():
    """Not if lmtppop had no account at startup"""
    server = LmtpServer(users=USERS, start=False)
    if server.mode != 'root':
        raise Skip('popd runs as one user')
    nobody = POP + 'user lmtp nonesuch\n'
    server.configure(nobody)
    server.start()
    server.configure(nobody + LMTP)
    os.kill(server.process.pid, signal.SIGHUP)
    server.wait_log('not changed: user nonesuch did not exist')
    server.login().quit()
    server.stop()


def test_directory():
    """Where a reload may not make it: file and line, and what to do"""
    server = LmtpServer(users=USERS, mode='user', start=False)
    server.configure(POP + LMTP)
    server.start()
    shut = server.dir + '/shut'
    os.mkdir(shut, 0o555)
    os.chown(shut, server.uid, server.gid)
    # OpenBSD's unveil(2) answers so for each directory that is new.
    server.configure(POP + 'listen on socket "@dir@/shut/lmtp" lmtp\n')
    os.kill(server.pid, signal.SIGHUP)
    server.wait_log(r'not changed: .*popd\.conf:\d+: \S*/shut/lmtp: '
                    'Permission denied: a new directory needs a restart')
    server.lmtp().mail(b'x\n')
    server.stop()


def test_size():
    """The maximum message size is a setting, announced by SIZE"""
    server = LmtpServer('lmtp max-message-size 64K', users=USERS)
    c = server.lmtp()

    def announced():
        c.send(b'LHLO test\r\n')
        lines = [c.line()]
        while lines[-1][3:4] == b'-':
            lines.append(c.line())
        return [line[4:] for line in lines if b'SIZE' in line]
    equal(announced(), [b'SIZE 65536'])
    # Octets as they come, the dot at the end among them.
    c.mail(b'x' * 65531 + b'\n')
    c.mail(b'x' * 65532 + b'\n', code='552 5.3.4')
    c.say('MAIL FROM:<> SIZE=65536', 250)
    c.say('RSET', 250)
    c.say('MAIL FROM:<> SIZE=65537', '552 5.3.4')
    equal(len(texts(server['joe'])), 1, 'messages')
    server.configure(POP + LMTP + 'lmtp max-message-size 1m\n')
    server.reload()
    equal(announced(), [b'SIZE 1048576'])
    c.mail(b'x' * 65535 + b'\n')
    equal(len(texts(server['joe'])), 2, 'messages')
    c.close()
    server.stop()


def test_spool():
    """A user gets mail from LMTP and from the spool, each once"""
    server = LmtpServer('table homes file:@usertab@',
                        'userbase <homes> mbox "@dir@/mail/%u" lock "fcntl"',
                        users=USERS, start=False)
    os.mkdir(server.dir + '/mail')
    os.chmod(server.dir + '/mail', 0o1777)
    spool = server.dir + '/mail/joe'
    server.start()
    c = server.lmtp()

    def spooled(text):
        with open(spool, 'ab') as f:
            f.write(b'From x Mon Nov  2 08:00:00 2026\n' + text + b'\n')
        os.chmod(spool, 0o600)
        if os.getuid() == 0:
            os.chown(spool, server['joe'].uid, server['joe'].gid)

    def session():
        p = server.login('joe')
        found = sorted(p.retr(n) for n in p.list())
        uidls = p.uidl()
        p.quit()
        server.no_workers()
        return found, uidls
    spooled(b'Subject: 1\n\none\n')
    c.mail(b'Subject: 2\n\ntwo\n')
    first, before = session()
    equal(first, sorted([wire(b'Subject: 1\n\none\n'),
                         wire(trace() + b'Subject: 2\n\ntwo\n')]))
    equal(os.path.getsize(spool), 0, 'the spool')
    # The process that delivers is still there, and writes what it did.
    c.mail(b'Subject: 3\n\nthree\n')
    spooled(b'Subject: 4\n\nfour\n')
    second, after = session()
    equal(len(second), 4, 'messages')
    check(set(first) < set(second), second)
    equal(set(before.values()) - set(after.values()), set(), 'UIDLs')
    c.close()
    server.stop()


def test_moved():
    """After a user's maildir has moved, the next mail goes there"""
    server = LmtpServer(users=USERS)
    c = server.lmtp()
    c.mail(b'one\n')
    c.begin()
    old, new = server['joe'], server.user('joe', path=server.home + '/new')
    server.tables()
    server.reload()
    # It is looked up again when the mail is there.
    c.data(b'two\n')
    c.expect(250)
    c.mail(b'three\n')
    equal(len(texts(old)), 1, 'messages')
    equal(texts(new), [trace() + b'two\n', trace() + b'three\n'])
    del server.users['ann']
    server.tables()
    server.reload()
    c.say('MAIL FROM:<>', 250)
    c.say('RCPT TO:<ann>', '550 5.1.1')
    c.close()
    server.stop()


def test_upgrade():
    """An upgrade passes the socket on; an open transaction completes"""
    server = LmtpServer(users=USERS)
    c, idle = server.lmtp(), server.lmtp()
    c.begin()
    c.say('DATA', 354)
    c.send(b'half')
    inode = os.stat(server.path).st_ino
    mark = server.mark()
    os.kill(server.pid, signal.SIGUSR2)
    server.wait_log(r'upgraded: popd\[(\d+)\], version .* serves', mark)
    equal(os.stat(server.path).st_ino, inode, 'inode of the socket')
    idle.expect('421 4.3.2')
    n = server.lmtp()
    n.mail(b'new\n')
    c.send(b' and half\r\n.\r\n')
    c.expect(250)
    c.expect('421 4.3.2')
    server.process.wait(PATIENCE)
    n.mail(b'new\n')
    equal(sorted(texts(server['joe'])), sorted(
        [trace() + b'half and half\n'] + [trace() + b'new\n'] * 2))
    n.close()
    new = int(server.wait_log(r'upgraded: popd\[(\d+)\], version').group(1))
    os.kill(new, signal.SIGTERM)
    end = time.monotonic() + PATIENCE
    while alive(new):
        check(time.monotonic() < end, 'the new popd stays')
        time.sleep(0.05)
    check(not os.path.exists(server.path), 'the socket stays')
    server.kill()


def test_stop():
    """A stop lets a message finish and sends the others away"""
    server = LmtpServer(users=USERS)
    c, idle = server.lmtp(), server.lmtp()
    c.begin()
    c.data(b'last\n')
    c.send(b'')
    mark = server.mark()
    c.expect(250)
    c.begin()
    c.say('DATA', 354)
    os.kill(server.pid, signal.SIGTERM)
    server.wait_log('stopping', mark)
    idle.expect('421 4.3.2')
    c.send(b'very last\r\n.\r\n')
    c.expect(250)
    c.expect('421 4.3.2')
    server.process.wait(PATIENCE)
    equal(len(texts(server['joe'])), 2, 'messages')
    server.kill()


def test_mistakes():
    """Errors about a socket are reported, and popd does not start"""
    server = LmtpServer(users=USERS, start=False)
    os.mkdir(server.dir + '/open')
    os.chmod(server.dir + '/open', 0o777)
    for text, why in (
            ('"lmtp" lmtp', 'must be an absolute path'),
            ('"/x/%s" lmtp' % ('y' * 110), 'path too long'),
            ('"@dir@/lmtp" lmtp owner nobody-here', 'no such user'),
            ('"@dir@/lmtp" lmtp group nobody-here', 'no such group'),
            ('"@dir@/lmtp" lmtp mode 999', 'want an octal number'),
            ('"@dir@/lmtp" lmtp mode 600 mode 600', 'mode is given twice'),
            ('"@dir@/lmtp" lmtp tls', 'syntax error'),
            ('"@dir@/lmtp"', 'syntax error'),
            ('"@dir@/lmtp" lmtp\nlisten on socket "@dir@/lmtp" lmtp',
             'listened on twice')):
        server.configure(POP + 'listen on socket ' + text + '\n')
        status, out = server.run('-n')
        check(status == 1 and why in out, '%s: %s' % (text, out))
    for path, why in (('open/lmtp', 'writable by others'),
                      ('authtab', 'File exists')):
        server.configure(POP + 'listen on socket "@dir@/%s" lmtp\n' % path)
        status, out = server.run('-d')
        check(status == 1 and why in out, '%s: %s' % (path, out))
    server.configure(POP + LMTP)
    equal(server.run('-n')[0], 0, 'popd -n')
    # A socket left by a killed popd is replaced.
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.bind(server.path)
    s.close()
    server.start()
    server.lmtp().mail(b'x\n')
    # But one that serves is.
    other = LmtpServer(users=USERS, start=False)
    other.configure(POP + 'listen on socket "%s" lmtp\n' % server.path)
    status, out = other.run('-d')
    check(status == 1 and 'in use' in out, out)
    server.lmtp().mail(b'x\n')
    server.stop()


def test_no_root():
    """Without root popd delivers for the user who started it"""
    server = LmtpServer(users={'joe': 'secret'}, mode='user')
    server.user('other', uid=12345, gid=12345)
    server.tables()
    server.reload()
    c = server.lmtp()
    c.mail(b'x\n')
    equal(texts(server['joe']), [trace() + b'x\n'])
    c.say('MAIL FROM:<>', 250)
    c.say('RCPT TO:<other>', '450 4.2.1')
    c.close()
    server.stop()


def test_broken():
    """A maildir that cannot be used, and one that is created"""
    server = LmtpServer(users=USERS)
    server.user('gone', maildir=False)
    bare = server.user('bare', maildir=False)
    os.mkdir(bare.path, 0o700)
    bare.own(bare.path)
    server.user('root', uid=0, gid=0)
    server.tables()
    server.reload()
    c = server.lmtp()
    c.begin(['gone', 'joe', 'bare'])
    c.say('RCPT TO:<root>', '450 4.2.1')
    c.data(b'x\n')
    c.expect('450 4.2.0')
    c.expect(250)
    c.expect(250)
    equal(texts(bare), [trace('bare') + b'x\n'])
    # It is looked for again with the next message.
    os.mkdir(server['gone'].path, 0o700)
    server['gone'].own(server['gone'].path)
    c.mail(b'x\n', ['gone'])
    new = server['joe'].sub('new')
    os.rename(new, new + '.away')
    c.mail(b'x\n', code='450 4.2.0')
    os.rename(new + '.away', new)
    c.mail(b'x\n')
    equal(server['joe'].list('tmp'), [], 'tmp')
    c.close()
    server.stop()


def test_closed():
    """Mail waits while tmp is closed for a move, also for who is under way"""
    server = LmtpServer(users=USERS)
    joe = server['joe']
    c = server.lmtp()
    c.mail(b'before\n')
    c.begin(['joe'])
    os.chmod(joe.sub('tmp'), 0)
    c.data(b'under way\n')
    c.expect('4')
    new = server.lmtp()
    new.begin(['joe'])
    new.data(b'after\n')
    new.expect('4')
    equal(mda(joe.path, b'after\n', joe.uid)[0], 75, 'mda')
    equal(len(joe.list('new')), 1, 'before')
    os.chmod(joe.sub('tmp'), 0o700)
    c.mail(b'again\n')
    equal(len(joe.list('new')), 2, 'again')
    c.close()
    new.close()
    server.stop()


def test_subdir():
    """Mail goes to the subdirectory of userbase, created if missing"""
    server = LmtpServer(users=USERS, subdir='Maildir', start=False)
    shutil.rmtree(server['joe'].path)
    server.start()
    server.lmtp().mail(b'x\n')
    equal(texts(server['joe']), [trace() + b'x\n'])
    server.stop()


main()

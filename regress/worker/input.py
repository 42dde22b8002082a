#!/usr/bin/env python3
#
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Input: many commands at once, octet by octet, broken, cut off."""

import os
import socket
import subprocess
import time

from popdtest.cases import check, equal, main
from popdtest.env import PATIENCE
from popdtest.mail import wire
from popdtest.talk import WRKRPOP, Replies, Talk, batch, maildir

MAIL = [b'Subject: %d\n\n' % i + b'line\n' * i for i in range(1, 6)]
SCRIPT = ['STAT', 'LIST', 'RETR 1', 'UIDL 2', 'TOP 3 1', 'FOO', 'DELE 4',
          'RETR 4', 'RETR 5', 'LIST', 'NOOP', 'RSET', 'CAPA', 'STAT', 'QUIT']


def whole(d, data):
    """All octets that a session sends for an input."""
    return batch(d, data).data


def test_pipelined():
    """At once, octet by octet, and one by one give the same replies"""
    d = maildir(MAIL)
    text = ''.join(line + '\r\n' for line in SCRIPT[:-1])
    want = whole(d, text)
    slow = Talk(d, greeting=False)
    for line in SCRIPT[:-1]:
        slow.cmd(line)
        time.sleep(0.01)
    slow.process.stdin.close()
    equal(slow.rest(), want, 'one by one')
    slow.wait()
    bytewise = Talk(d, greeting=False)
    for octet in text.encode():
        bytewise.send(bytes([octet]))
        time.sleep(0.001)
    bytewise.process.stdin.close()
    equal(bytewise.rest(), want, 'octet by octet')
    bytewise.wait()


def test_lf():
    """A lone LF ends a command, too"""
    d = maildir(MAIL)
    crlf = '\r\n'.join(SCRIPT[:-1] + [''])
    equal(whole(d, crlf.replace('\r\n', '\n')), whole(d, crlf))


def test_many():
    """Ten thousand commands at once are answered in order"""
    d = maildir(MAIL)
    want = wire(MAIL[1])
    t = batch(d, 'RETR 2\r\nLIST 3\r\n' * 5000 + 'QUIT\r\n')
    t.ok()
    for _ in range(5000):
        t.ok()
        equal(t.body(), want)
        equal(t.ok()[:6], '+OK 3 ')
    t.ok()
    t.end()


def whole_replies(script):
    """What leaves in the first write, and in all others."""
    d = maildir(MAIL)
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = subprocess.Popen([WRKRPOP, '-s', d.path], stdin=there,
                               stdout=there, stderr=subprocess.PIPE)
    there.close()
    here.settimeout(PATIENCE)
    check(here.recv(1 << 20).startswith(b'+OK'), 'no greeting')
    here.send(('\r\n'.join(script) + '\r\n').encode())
    replies = Replies(here.recv(1 << 20))
    equal(replies.stat()[0], 5)
    equal(len(replies.numbers()), 5)
    check(replies.data.endswith(b'\r\n'), 'the last reply is cut')
    rest = []
    while not rest or rest[-1] != b'':
        rest.append(here.recv(1000))
    equal(process.wait(PATIENCE), 0, 'exit status')
    process.stderr.close()
    here.close()
    return replies, rest


def test_whole_replies():
    """Replies to commands that came at once leave in one write"""
    script = [line for line in SCRIPT if not line.startswith('RETR')]
    check(script != SCRIPT, 'there is no RETR')
    replies, rest = whole_replies(script)
    check(replies.data.endswith(b'+OK bye\r\n'), 'QUIT')
    equal(rest, [b''], 'after the one write')


def test_retr_before_update():
    """A message leaves before UPDATE, not with the answer to QUIT"""
    replies, rest = whole_replies(SCRIPT)
    equal(rest, [b'+OK bye\r\n', b''], 'after the first write')


def test_long_lines():
    """A line that is too long gets one -ERR, and the session goes on"""
    t = Talk(maildir(MAIL))
    for n in (254, 255, 256, 512, 16383, 16384, 16385, 40000, 1000000):
        for end in ('\r\n', '\n'):
            t.send('DELE 1' + ' ' * (n - 6) + end).err()
            t.cmd('NOOP').ok()
    t.send('NOOP' + ' ' * 249 + '\r\n').ok()
    equal(t.cmd('STAT').stat()[0], 5)
    t.quit()


def test_long_line_split():
    """The rest of an over-long line is no command"""
    d = maildir(MAIL)
    t = batch(d, 'x' * 16384 + '\r\nNOOP\r\n' + 'y' * 300 + 'DELE 1\r\n' +
              'z' * 100000 + '\nSTAT\r\n')
    t.ok()
    t.err()
    t.ok()
    t.err()
    t.err()
    equal(t.stat()[0], 5)
    t.end()


def test_octets():
    """NUL, control and 8-bit octets get one -ERR each"""
    t = Talk(maildir(MAIL))
    for data in (b'DELE 1\0\r\n', b'\0\r\n', b'DE\0LE 1\r\n',
                 b'DELE 1\xff\r\n', b'\xff\xfe\r\n', b'DELE\t1\r\n',
                 b'DELE 1\r\r\n',
                 b'DELE\r1\r\n', b'D\x7fELE 1\r\n', b'\x1b[2J\r\n',
                 b'DELE \xc2\xb9\r\n', b'\r\n', b'\n', b' \r\n'):
        line = t.send(data).err()
        check(all(32 <= ord(c) < 127 for c in line), 'an echo: ' + line)
        t.cmd('NOOP').ok()
    equal(t.cmd('STAT').stat()[0], 5)
    t.quit()


def test_partial():
    """A last line without its end is not executed"""
    for last in ('QUIT', 'QUIT\r', 'DELE 2\r\nQUIT'):
        d = maildir(MAIL)
        t = batch(d, 'DELE 1\r\n' + last)
        t.ok()
        t.ok()
        if 'DELE' in last:
            t.ok()
        t.end()
        equal(len(d.all()), 5, 'messages left after ' + last)


def test_eof():
    """The end of input without QUIT changes nothing"""
    d = maildir(MAIL)
    before = d.state()
    t = batch(d, ['DELE 1', 'RETR 2', 'DELE 2'])
    t.ok()
    t.ok()
    t.ok()
    t.body()
    t.ok()
    t.end()
    equal(d.state(), before)


def test_nothing():
    """A session without any command"""
    d = maildir(MAIL)
    before = d.state()
    t = batch(d, b'')
    t.ok()
    t.end()
    equal(d.state(), before)


def test_behind_quit():
    """Nothing after QUIT is executed"""
    d = maildir(MAIL)
    t = batch(d, ['DELE 1', 'QUIT', 'DELE 2', 'QUIT', 'NOOP'])
    for _ in range(3):
        t.ok()
    t.end()
    equal(len(d.all()), 4)


def deaf(d, data):
    """A session whose client sends all this and never reads a reply."""
    here, there = socket.socketpair()
    process = subprocess.Popen([WRKRPOP, '-s', d.path], stdin=there,
                               stdout=there, stderr=subprocess.PIPE)
    there.close()
    here.sendall(data)
    here.close()
    log = process.stderr.read()
    process.stderr.close()
    equal(process.wait(PATIENCE), 0, 'exit status, with the log %s' % log)


def test_quit_and_close():
    """QUIT takes effect even if its reply is not read"""
    for _ in range(10):
        d = maildir(MAIL)
        deaf(d, b'DELE 1\r\nDELE 3\r\nQUIT\r\n')
        equal(len(d.all()), 3, 'messages left')


def test_deaf():
    """Commands take effect even if their replies cannot be written"""
    d = maildir(MAIL + [b'Subject: big\n\n' + b'x' * 70 * 30000])
    deaf(d, b'RETR 6\r\n' * 50 + b'LIST\r\n' * 50 + b'DELE 1\r\nDELE 2\r\n'
         b'RETR 6\r\nQUIT\r\n')
    equal(len(d.all()), 4, 'messages left')


def test_deaf_without_quit():
    """A client that leaves without QUIT deletes nothing"""
    d = maildir(MAIL)
    deaf(d, b'RETR 1\r\nDELE 1\r\nDELE 2\r\nQUI')
    equal(len(d.all()), 5, 'messages left')


def test_closed_output():
    """Output closed from the start"""
    d = maildir(MAIL)
    r, w = os.pipe()
    os.close(r)
    process = subprocess.Popen([WRKRPOP, '-s', d.path], stdout=w,
                               stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    os.close(w)
    process.communicate(b'STAT\r\nDELE 2\r\nQUIT\r\n', PATIENCE)
    equal(process.returncode, 0, 'exit status')
    equal(len(d.all()), 4, 'messages left')


if __name__ == '__main__':
    main()

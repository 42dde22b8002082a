#!/usr/bin/env python3
#
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
#
"""What counts as retrieved, and what is not removed, if a client leaves or
cannot be written to in the middle of a reply."""

import socket
import subprocess

from popdtest.cases import check, equal, main
from popdtest.env import PATIENCE
from popdtest.host import need
from popdtest.mail import wire
from popdtest.talk import WRKRPOP, Replies, maildir

BIG = b'Subject: big\n\n' + (b'x' * 63 + b'\n') * 65000
SMALL = b'Subject: %d\n\n' + (b'y' * 63 + b'\n') * 15


class Stream(Replies):
    """A session at the end of a socket, as its listener has it."""

    def __init__(self, d, buffer=4096):
        super().__init__()
        self.sock, theirs = socket.socketpair()
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
        self.sock.settimeout(PATIENCE)
        self.process = subprocess.Popen(
            [WRKRPOP, '-s', d.path], stdin=theirs, stdout=theirs,
            stderr=subprocess.PIPE)
        theirs.close()
        self.ok()

    def more(self):
        return self.sock.recv(1 << 16)

    def send(self, text):
        self.sock.sendall(text.encode())
        return self

    def mute(self):
        """Act as a listener whose client takes no output."""
        self.sock.shutdown(socket.SHUT_RD)

    def wait(self):
        """The end of input, and of the process; what it logged."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        # On OpenBSD a mute stream is felt only once the listener closes it.
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            pass
        self.sock.close()
        log = self.process.communicate(timeout=PATIENCE)[1].decode()
        equal(self.process.returncode, 0, 'exit status')
        return log


def test_mute():
    """A message that was not sent whole is not removed"""
    for how in (Stream.mute, lambda t: t.sock.close()):
        d = maildir([BIG, b'A: 2\n\n2\n'])
        before = d.state()
        t = Stream(d)
        t.send('RETR 1\r\nDELE 1\r\nQUIT\r\n')
        t.ok()
        how(t)
        log = t.wait()
        equal(d.state(), before, 'maildir')
        check('1 marked, but not sent whole' in log, 'log: ' + log)


def test_whole():
    """With a client that reads everything it is removed"""
    d = maildir([BIG, b'A: 2\n\n2\n'])
    t = Stream(d)
    t.send('RETR 1\r\nDELE 1\r\nRETR 2\r\nQUIT\r\n')
    t.ok()
    equal(len(t.body()), len(wire(BIG)), 'octets')
    t.ok()
    t.ok()
    t.body()
    t.ok()
    t.end()
    equal(t.wait(), '', 'log')
    equal(d.list('new'), [])
    check(d.list('cur')[0].endswith(':2,S'), 'not moved as seen')


def test_gone_later():
    """Once it was sent whole, a DELE counts, with or without a RETR"""
    d = maildir([BIG, b'A: 2\n\n2\n', b'A: 3\n\n3\n'])
    t = Stream(d)
    t.send('RETR 1\r\n').ok()
    t.body()
    t.mute()
    t.send('DELE 1\r\nDELE 3\r\nQUIT\r\n')
    equal(t.wait(), '', 'log')
    equal([int(n.split('.')[0]) - 1600000000 for n in d.list('new')], [2],
          'messages left')


def test_after():
    """From then on no RETR counts, and other commands take effect"""
    need('Linux')
    d = maildir([BIG, b'A: 2\n\n2\n', b'', b'A: 4\n\n4\n', b'A: 5\n\n'])
    t = Stream(d)
    t.send('RETR 1\r\n').ok()
    t.mute()
    t.send('RETR 2\r\nDELE 2\r\nRETR 3\r\nDELE 3\r\nDELE 4\r\n'
           'DELE 1\r\nRSET\r\nDELE 1\r\nDELE 2\r\nDELE 3\r\nDELE 4\r\n'
           'RETR 5\r\nQUIT\r\n')
    log = t.wait()
    check('3 marked, but not sent whole' in log, 'log: ' + log)
    equal([int(n.split('.')[0]) - 1600000000 for n in d.list('new')],
          [1, 2, 3, 5], 'messages in new/')
    equal(d.list('cur'), [], 'seen')


def test_many():
    """Of many small messages at once, only those not sent stay"""
    need('Linux')
    count = 1000
    for size, buffer in ((0, 4096), (1, 4096), (1, 65536)):
        d = maildir([SMALL % i if size else b'' for i in range(count)])
        t = Stream(d, buffer)
        t.send(''.join('RETR %d\r\nDELE %d\r\n' % (i + 1, i + 1)
                       for i in range(count)) + 'QUIT\r\n')
        got = count // 2
        for i in range(got):
            t.ok()
            t.body()
            t.ok()
        t.mute()
        t.wait()
        left = [int(n.split('.')[0]) - 1600000000 for n in d.list('new')]
        # What was read is gone; then what the buffers held, and no more.
        equal(left, list(range(count - len(left) + 1, count + 1)), 'left')
        check(len(left) <= count - got, '%d left' % len(left))
        if size:
            check(len(left) >= 200, 'only %d left' % len(left))
        equal(d.list('cur'), [], 'seen')


def test_many_whole():
    """Of many small messages all are removed if all are read"""
    for data in (b'', b'A: b\n\n', SMALL % 0):
        d = maildir([data] * 1000)
        t = Stream(d)
        t.send(''.join('RETR %d\r\nDELE %d\r\n' % (i + 1, i + 1)
                       for i in range(1000)) + 'QUIT\r\n')
        for i in range(1000):
            t.ok()
            t.body()
            t.ok()
        t.ok()
        t.end()
        equal(t.wait(), '', 'log')
        equal(d.all(), [])


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# once
# timeout: 300
"""A session whose client is silent gives way to a second one of its user; with
a few seconds instead of one minute, and of five where messages are marked."""

import os
import re
import select
import socket
import struct
import subprocess
import time

from popdtest.build import protocol, rebuild
from popdtest.cases import check, equal, main
from popdtest.env import PATIENCE, SRC
from popdtest.mail import wire
from popdtest.process import alive
from popdtest.server import Server

YIELD, MARKED = 7, 14
LOCK = 5
SOURCE = 24                     # octets of a struct source


with open(SRC + '/lib/limits.h') as f:
    check(re.search(r'#define LOCK_MILLISECONDS\s+%d000\b' % LOCK, f.read()),
          'LOCK_MILLISECONDS')
PREFIX = rebuild(['wrkrpop'], {'YIELD_SECONDS': YIELD,
                               'YIELD_MARKED_SECONDS': MARKED})
server = Server(shared=True)
box = server['joe']
for i in range(3):
    box.add(b'Subject: %d\n\n' % i)
BIG = b'Subject: big\n\n' + (b'x' * 63 + b'\n') * 150000


class Silence:
    """Time since the client said something."""

    def __init__(self):
        self.began = time.monotonic()

    def until(self, seconds):
        time.sleep(max(0, self.began + seconds - time.monotonic()))


def second(want):
    """A second login: the client, and how long PASS took."""
    c = server.connect()
    c.ok('USER joe')
    began = time.monotonic()
    if want == 'ok':
        c.ok('PASS secret')
    else:
        c.err('PASS secret', 'IN-USE')
    return c, time.monotonic() - began


def in_use():
    c, took = second('in-use')
    check(LOCK - 0.1 <= took <= LOCK + 1, '[IN-USE] after %.1f s' % took)
    c.close()


def gave_way(mark, more=''):
    """One session has, and its line says more."""
    server.wait_log(r'session end .*%s.*reason=gave-way' % more, mark)


def test_active():
    """A client that sends something now and then keeps its session"""
    mark = server.mark()
    first = server.login()
    for i in range(2):
        c = server.connect()
        c.ok('USER joe')
        began = time.monotonic()
        c.send('PASS secret\r\n')
        while not select.select([c.sock], [], [], 1)[0]:
            first.ok('NOOP')
        check(time.monotonic() - began >= LOCK - 0.1, 'too early')
        check(c.line().startswith(b'-ERR [IN-USE]'), 'PASS')
        c.close()
    # Half a command is a sign of life, too.
    first.send('NO')
    time.sleep(YIELD - 2)
    first.send('OP\r\n')
    check(first.line().startswith(b'+OK'), 'NOOP')
    silence = Silence()
    silence.until(1)
    in_use()
    first.ok('NOOP')
    first.quit()
    check('gave-way' not in server.log(mark), 'it gave way')


def test_silent():
    """A session silent for long gives way, without UPDATE"""
    before = box.state()
    mark = server.mark()
    first = server.login()
    first.retr(1)
    silence = Silence()
    silence.until(YIELD + 1)
    c, took = second('ok')
    check(took < 1, '%.1f s' % took)
    gave_way(mark, 'retrieved=1 .*deleted=0 ')
    equal(first.closed(), b'', 'a word at the end')
    check(first.clean, 'no close_notify')
    c.ok('NOOP')
    equal(box.state(), before, 'maildir')
    c.quit()
    first.close()


def test_within():
    """It also gives way if it was silent long enough before the second came"""
    mark = server.mark()
    first = server.login()
    silence = Silence()
    silence.until(YIELD - 3)
    c, took = second('ok')
    check(2 <= took <= 4, '%.1f s' % took)
    gave_way(mark)
    c.quit()
    first.close()


def test_stale():
    """It does not if no session waits any more"""
    mark = server.mark()
    first = server.login()
    silence = Silence()
    in_use()
    silence.until(YIELD + 1.5)
    first.ok('NOOP')
    # With the channel already looked at: one that was early, one that is not.
    silence = Silence()
    silence.until(1)
    in_use()
    silence.until(YIELD + 1)
    check('gave-way' not in server.log(mark), 'it gave way')
    c, took = second('ok')
    check(took < 1, '%.1f s' % took)
    gave_way(mark)
    c.quit()
    first.close()


def test_marked():
    """With a marked message it gives way later, and nothing is removed"""
    before = box.state()
    mark = server.mark()
    first = server.login()
    first.ok('DELE 1')
    silence = Silence()
    silence.until(YIELD + 0.5)
    in_use()
    check('gave-way' not in server.log(mark), 'it gave way')
    silence.until(MARKED + 0.5)
    c, took = second('ok')
    check(took < 1, '%.1f s' % took)
    gave_way(mark, 'deleted=0 expired=0 kept=1 ')
    equal(first.closed(), b'', 'a word at the end')
    equal(c.stat()[0], 3, 'messages')
    equal(box.state(), before, 'maildir')
    c.quit()
    first.close()


def test_marked_within():
    """That time, too, may end while the second waits"""
    mark = server.mark()
    first = server.login()
    first.ok('DELE 1')
    silence = Silence()
    silence.until(MARKED - 2.5)
    c, took = second('ok')
    check(1.5 <= took <= 3.5, '%.1f s' % took)
    gave_way(mark, 'deleted=0 expired=0 kept=1 ')
    equal(c.stat()[0], 3, 'messages')
    c.quit()
    first.close()


def test_mark_taken_back():
    """A mark that was reset does not count"""
    mark = server.mark()
    first = server.login()
    first.ok('DELE 1')
    first.ok('RSET')
    silence = Silence()
    silence.until(YIELD + 0.5)
    c, took = second('ok')
    check(took < 1, '%.1f s' % took)
    gave_way(mark)
    c.quit()
    first.close()


def test_slow_retr():
    """A client that reads a big message slowly does not lose it"""
    name = box.add(BIG)
    first = server.login(rcvbuf=4096)
    first.send(b'RETR 4\r\n')
    time.sleep(YIELD + 1)
    in_use()
    check(first.line().startswith(b'+OK'), 'RETR')
    check(first.body() == wire(BIG), 'the message')
    first.ok('NOOP')
    first.quit()
    for sub in ('new/', 'cur/'):
        for found in box.list(sub):
            if found.startswith(name):
                os.unlink(box.sub(sub + found))


def test_waited():
    """A session that has itself waited gives way like any other"""
    mark = server.mark()
    first = server.login()
    c = server.connect()
    c.ok('USER joe')
    c.send('PASS secret\r\n')
    time.sleep(0.5)
    # This one asks both.
    third = server.connect()
    third.ok('USER joe')
    third.send('PASS secret\r\n')
    time.sleep(0.5)
    first.quit()
    if select.select([third.sock], [], [], 1)[0]:
        c, third = third, c
    check(c.line().startswith(b'+OK'), 'PASS of one of the two')
    check(third.line().startswith(b'-ERR [IN-USE]'), 'PASS of the other')
    c.ok('NOOP')
    third.close()
    silence = Silence()
    silence.until(YIELD + 0.5)
    fourth, took = second('ok')
    check(took < 1, '%.1f s' % took)
    gave_way(mark)
    fourth.quit()
    c.close()


class Parent:
    """One worker, and we are its parent and its listener."""

    def __init__(self, box, takeover=YIELD):
        self.stream, stream = socket.socketpair()
        self.channel, channel = socket.socketpair()
        with open(SRC + '/lib/msg.h') as f:
            text = re.search(r'enum msg_type \{(.*?)\};', f.read(),
                             re.S).group(1)
        self.names = re.findall(r'^\t(MSG_\w+)', text, re.M)
        self.stream.settimeout(PATIENCE)
        work = struct.pack('=QQ', 7, 1) + bytes(SOURCE) + \
            struct.pack('=QIIII', 0, 0, 0, 0, 0) + self.settings(takeover) + \
            struct.pack('=256s1024s1024s', b'joe', box.path.encode(), b'')
        # As long as its alignment makes it.
        self.say('MSG_WORK', work + bytes(-len(work) % 8))
        ids = {}
        if os.getuid() == 0:
            ids = dict(user=box.uid, group=box.gid, extra_groups=[])
        self.process = subprocess.Popen(
            ['sh', '-c', 'exec "$0" 3<&%d' % channel.fileno(),
             PREFIX + '/libexec/popd/wrkrpop'], stdin=stream,
            stdout=stream, pass_fds=[channel.fileno()],
            env=dict(os.environ, POPD_PROTOCOL=protocol()), **ids)
        stream.close()
        channel.close()

    @staticmethod
    def settings(takeover):
        """All of them, with their least values but for this one."""
        with open(SRC + '/lib/setting.h') as f:
            names = re.findall(r'^\t(SETTING_\w+)', f.read(), re.M)
        values = [0] * names.index('SETTING_COUNT')
        values[names.index('SETTING_TAKEOVER')] = takeover
        return struct.pack('=%dI' % len(values), *values)

    def say(self, name, body):
        self.channel.sendall(struct.pack(
            '=IIII', self.names.index(name) + 1, 16 + len(body), 0, 0) + body)

    def ask(self):
        self.say('MSG_YIELD',
                 struct.pack('=Q', int(time.monotonic() * 1000)))

    def read(self, end):
        data = b''
        while not data.endswith(end):
            more = self.stream.recv(1 << 20)
            check(more, 'the end')
            data += more
        return data


def silent(takeover, seconds):
    """A worker that is asked after so many seconds of silence, or None if it
    has given way."""
    parent = Parent(box, takeover)
    parent.read(b'\r\n')
    time.sleep(seconds)
    parent.ask()
    if select.select([parent.stream], [], [], 0.5)[0]:
        equal(parent.stream.recv(100), b'', 'when asked')
        equal(parent.process.wait(PATIENCE), 0, 'exit status')
        return None
    return parent


def test_takeover():
    """Other times than the default, and never"""
    server.no_workers()
    check(silent(1, 1.3) is None, '1 s')
    parent = silent(0, YIELD + 0.5)
    check(parent, 'one that never gives way')
    parent.stream.sendall(b'NOOP\r\n')
    parent.read(b'+OK\r\n')
    parent.stream.close()
    equal(parent.process.wait(PATIENCE), 0, 'exit status')


def test_slow_end():
    """A client that still has to read the end of a message is not silent"""
    server.no_workers()
    name = box.add(b'Subject: x\n\n' + b'y' * 140000 + b'\n')
    parent = Parent(box)
    parent.read(b'\r\n')
    parent.stream.sendall(b'RETR 4\r\n')
    time.sleep(YIELD + 0.5)
    parent.ask()
    time.sleep(0.5)
    check(len(parent.read(b'\n.\r\n')) > 140000, 'the message')
    parent.stream.sendall(b'NOOP\r\n')
    parent.read(b'+OK\r\n')
    time.sleep(YIELD + 0.5)
    parent.ask()
    equal(parent.stream.recv(100), b'', 'when asked again')
    equal(parent.process.wait(PATIENCE), 0, 'exit status')
    os.unlink(box.sub('new/' + name))


def test_parent_gone():
    """Without the parent a session ends, silent or not"""
    own = Server(users={'kim': 'secret'})
    first = own.login('kim')
    time.sleep(YIELD + 0.5)
    pid = own.worker()
    own.kill()
    end = time.monotonic() + 5
    while alive(pid):
        check(time.monotonic() < end, 'it lives on')
        time.sleep(0.02)
    first.close()


main()

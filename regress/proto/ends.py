#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""How a client may leave: QUIT, half-close, EOF, reset; and what happens
then."""

import os
import time

from popdtest.cases import check, equal, main
from popdtest.client import Client
from popdtest.mail import wire
from popdtest.server import Server

server = Server(shared=True)


def fill(count=3):
    box = server['joe']
    server.no_workers()
    for name in box.all():
        os.unlink(box.sub(name))
    for i in range(count):
        box.add(b'Subject: %d\n\nbody\n' % i)
    return box


COMMANDS = b'USER joe\r\nPASS secret\r\nRETR 1\r\nDELE 2\r\nQUIT\r\n'


def test_half_close_quit():
    """Commands before a half-close are executed and answered"""
    box = fill()
    c = server.connect()
    c.send(COMMANDS)
    c.half_close()
    for what in ('USER', 'PASS', 'RETR'):
        check(c.line().startswith(b'+OK'), what)
    c.body()
    for what in ('DELE', 'QUIT'):
        check(c.line().startswith(b'+OK'), what)
    equal(c.closed(), b'', 'rest')
    c.close()
    server.no_workers()
    equal(len(box.all()), 2, 'messages')


def test_tcp_end():
    """The same if TCP ends without a TLS close"""
    for pause in (0, 0.3):
        box = fill()
        mark = server.mark()
        c = server.connect()
        c.send(COMMANDS)
        time.sleep(pause)
        c.half_close(notify=False)
        for what in ('USER', 'PASS', 'RETR'):
            check(c.line().startswith(b'+OK'), what)
        c.body()
        for what in ('DELE', 'QUIT'):
            check(c.line().startswith(b'+OK'), what)
        equal(c.closed(), b'', 'rest')
        check(c.clean, 'no close_notify')
        c.close()
        server.no_workers()
        server.wait_log(r'session end .*reason=quit\b', mark)
        equal(len(box.all()), 2, 'messages')


def test_half_close_in_session():
    """A half-close after login: everything read is answered"""
    box = fill()
    c = server.login()
    c.send(b'LIST\r\nNOOP\r\nRETR 3\r\n')
    c.half_close()
    check(c.line().startswith(b'+OK'), 'LIST')
    equal(len(c.body().splitlines()), 3, 'LIST')
    check(c.line().startswith(b'+OK'), 'NOOP')
    check(c.line().startswith(b'+OK'), 'RETR')
    c.body()
    equal(c.closed(), b'', 'rest')
    server.no_workers()
    equal(len(box.list('new')), 3, 'messages in new/')


def test_eof():
    """Without QUIT nothing is deleted or moved"""
    for how in ('close', 'reset', 'notify', 'half_close'):
        box = fill()
        before = box.state()
        c = server.login()
        c.retr(1)
        c.ok('DELE 2')
        c.ok('NOOP')
        getattr(c, how)()
        server.no_workers()
        equal(box.state(), before, how)
        c.close()


def test_half_line():
    """A QUIT without its line end is ignored"""
    for text in (b'QUIT', b'QUIT\r', b'QUI'):
        box = fill()
        before = box.state()
        c = server.login()
        c.ok('DELE 1')
        c.send(text)
        c.half_close()
        c.closed()
        server.no_workers()
        equal(box.state(), before, repr(text))


def test_quit_and_gone():
    """QUIT takes effect if the client does not wait for its answer"""
    for how in ('close', 'reset', 'half_close'):
        box = fill()
        c = server.login()
        c.send(b'DELE 1\r\nDELE 2\r\nDELE 3\r\nQUIT\r\n')
        if how == 'reset':
            # A reset overtakes what the server did not read yet: let it.
            time.sleep(0.5)
        getattr(c, how)()
        server.no_workers()
        equal(box.all(), [], how)
        c.close()


def test_gone_in_retr():
    """A client that vanishes in the middle of a big message"""
    for how in ('close', 'reset', 'half_close'):
        box = fill(1)
        box.add(b'Subject: big\n\n' + b'line\n' * 2000000)
        before = box.state()
        c = server.login()
        c.send(b'RETR 2\r\n')
        c.line()
        getattr(c, how)()
        c.close()
        server.no_workers()
        equal(box.state(), before, how)
        server.ready()


BIG = b'Subject: big\n\n' + (b'x' * 63 + b'\n') * 400000


def ended(mark):
    """What the line of a session that has ended says."""
    server.no_workers()
    line = server.wait_log(r'session end .*', mark).group()
    return dict(word.split('=', 1) for word in line.split() if '=' in word)


def test_gone_before_dele():
    """RETR, DELE, QUIT at once, gone in the middle of the message: it stays"""
    for how in ('reset', 'close'):
        for size in (65536, 8 << 20):
            box = fill(1)
            box.add(BIG)
            before = box.state()
            mark = server.mark()
            c = server.login()
            c.send(b'RETR 2\r\nDELE 2\r\nQUIT\r\n')
            got = 0
            while got < size:
                got += len(c.recv())
            getattr(c, how)()
            end = ended(mark)
            equal(box.state(), before, how)
            equal((end['retrieved'], end['octets'], end['deleted'],
                   end['kept']), ('0', '0', '0', '1'), 'log')
            equal(end['reason'], 'quit-partly', 'reason')


def test_dele_at_once():
    """The same with a client that reads it all: it is removed"""
    box = fill(1)
    box.add(BIG)
    mark = server.mark()
    c = server.login()
    c.send(b'RETR 2\r\nDELE 2\r\nQUIT\r\n')
    check(c.line().startswith(b'+OK'), 'RETR')
    check(c.body() == wire(BIG), 'the message')
    for what in ('DELE', 'QUIT'):
        check(c.line().startswith(b'+OK'), what)
    equal(c.closed(), b'', 'rest')
    c.close()
    end = ended(mark)
    equal(len(box.all()), 1, 'messages')
    equal((end['retrieved'], end['octets'], end['deleted'], end['kept'],
           end['reason']), ('1', str(len(wire(BIG))), '1', '0', 'quit'), 'log')


def test_gone_after_retr():
    """A message read to its end is removed without waiting for replies"""
    box = fill(1)
    box.add(BIG)
    mark = server.mark()
    c = server.login()
    check(c.retr(2) == wire(BIG), 'the message')
    c.send(b'DELE 2\r\nQUIT\r\n')
    time.sleep(0.5)
    c.reset()
    end = ended(mark)
    equal(len(box.all()), 1, 'messages')
    equal((end['retrieved'], end['deleted']), ('1', '1'), 'log')


# What a stream to a worker that does not read holds, or more.
MANY = 50000 if os.uname().sysname == 'Linux' else 5000


def test_gone_with_commands():
    """All commands sent before the end are executed, beyond any buffer"""
    box = fill(3)
    box.add(BIG)
    mark = server.mark()
    c = server.login()
    c.sock.settimeout(2)
    c.send(b'RETR 4\r\n' + b'NOOP\r\n' * MANY +
           b'DELE 1\r\nDELE 4\r\nDELE 2\r\nQUIT\r\n')
    check(len(c.recv()) > 0, 'RETR')
    c.reset()
    end = ended(mark)
    equal([int(n.split('/')[1].split('.')[0]) % 100 for n in box.all()],
          [box.count - 1, box.count], 'messages')
    equal((end['retrieved'], end['deleted'], end['kept']), ('0', '2', '1'),
          'log')


def test_gone_before_login():
    """Clients that leave at each step before login"""
    for step in (b'', b'U', b'USER joe\r\n', b'USER joe\r\nPASS ',
                 b'AUTH PLAIN\r\n', b'USER joe\r\nPASS secret\r\n',
                 b'USER joe\r\nPASS wrong\r\n'):
        for how in ('close', 'reset', 'notify', 'half_close'):
            c = server.connect()
            c.send(step)
            getattr(c, how)()
            c.close()
    for half in (b'', b'\x16', b'\x16\x03\x01\x02\x00\x01'):
        c = Client(('127.0.0.1', server.port), tls=False)
        c.send_raw(half)
        c.close()
    server.no_workers()
    server.ready()


def test_gone_behind_pass():
    """A reset right after PASS, many times: no listener dies"""
    listeners = [p for p, n, u in server.children('lsnrpop')]
    for i in range(150):
        c = server.connect(source='127.0.18.%d' % (i % 200 + 1))
        # The reset comes with PASS, or while its USER is being answered.
        c.tls.write(b'USER joe\r\nPASS %s\r\n' % (b'wrong' if i % 2 else
                                                  b'secret'))
        c.flush()
        if i % 3 == 0:
            time.sleep(0.0005)
        c.reset()
    server.no_workers()
    server.ready()
    equal([p for p, n, u in server.children('lsnrpop')], listeners,
          'listeners')


def test_lock_is_free():
    """The lock of a vanished client's session is released at once"""
    fill()
    for how in ('close', 'reset'):
        c = server.login()
        getattr(c, how)()
        end = time.monotonic() + 5
        while True:
            c = server.connect()
            c.ok('USER joe')
            if c.cmd('PASS secret').startswith(b'+OK'):
                break
            check(time.monotonic() < end, 'still locked after ' + how)
            c.close()
        c.quit()


def test_quit_closes():
    """QUIT ends both streams cleanly, before and after login"""
    fill()
    for login in (False, True):
        c = server.login() if login else server.connect()
        c.ok('QUIT')
        equal(c.closed(), b'', 'rest')
        check(c.clean, 'no close_notify')
        end = time.monotonic() + 5
        while not c.eof and time.monotonic() < end:
            c.fill()
        check(c.eof, 'TCP stays open')


main()

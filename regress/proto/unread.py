#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# once
# timeout: 300
"""Clients that send DELE before they know the result of RETR, and clients that
still have a message to read."""

import os
import time

from popdtest.cases import check, equal, main
from popdtest.server import Server

server = Server(shared=True)
box = server['joe']


def fill(octets=None):
    server.no_workers()
    for name in box.all():
        os.unlink(box.sub(name))
    for i in range(2):
        box.add(b'Subject: %d\n\n' % i)
    if octets:
        box.add(b'Subject: big\n\n' + (b'x' * 63 + b'\n') * (octets // 64))


def ended(mark):
    server.no_workers()
    line = server.wait_log(r'session end .*', mark).group()
    return dict(word.split('=', 1) for word in line.split() if '=' in word)


def test_refused_retr():
    """A RETR that fails, DELE and QUIT at once: it stays"""
    for asked in (True, False):
        fill()
        name = box.list('new')[0]
        os.chmod(box.sub('new/' + name), 0)
        mark = server.mark()
        c = server.login()
        c.send(b'%s 1\r\nDELE 1\r\nQUIT\r\n' %
               (b'RETR' if asked else b'LIST'))
        c.line()
        reply = c.line()
        c.line()
        c.close()
        end = ended(mark)
        if not asked:
            # DELE without RETR is deliberate.
            check(reply.startswith(b'+OK'), 'DELE: %r' % reply)
            equal(len(box.all()), 1, 'messages')
            continue
        check(reply.startswith(b'-ERR'), 'DELE: %r' % reply)
        equal(len(box.all()), 2, 'messages')
        equal((end['retrieved'], end['deleted'], end['kept']),
              ('0', '0', '1'), 'log')


def test_second_try():
    """After a RETR that succeeds it is removed"""
    fill()
    path = box.sub('new/' + box.list('new')[0])
    os.chmod(path, 0)
    mark = server.mark()
    c = server.login()
    c.err('RETR 1')
    os.chmod(path, 0o600)
    c.send(b'RETR 1\r\nDELE 1\r\nQUIT\r\n')
    check(c.line().startswith(b'+OK'), 'RETR')
    c.body()
    check(c.line().startswith(b'+OK'), 'DELE')
    check(c.line().startswith(b'+OK'), 'QUIT')
    c.close()
    equal(ended(mark)['deleted'], '1', 'log')
    equal(len(box.all()), 1, 'messages')


def test_gone_unread():
    """RETR, DELE, QUIT at once, then gone without reading: it stays"""
    for how in ('reset', 'close'):
        fill(1 << 20)
        mark = server.mark()
        c = server.login(rcvbuf=4096)
        c.send(b'RETR 3\r\nDELE 3\r\nQUIT\r\n')
        time.sleep(0.5)
        getattr(c, how)()
        end = ended(mark)
        equal(len(box.all()), 3, 'messages')
        equal((end['retrieved'], end['deleted'], end['kept']),
              ('0', '0', '1'), 'log')


def test_reading():
    """A client busy reading for more than a minute is not silent"""
    fill(1500000)
    mark = server.mark()
    c = server.login()
    c.send(b'RETR 3\r\n')
    began = time.monotonic()
    got = 0
    second = None
    while got < 1500000:
        data = c.sock.recv(4096)
        check(data, 'the end after %d octets' % got)
        c.incoming.write(data)
        got += len(data)
        time.sleep(max(0, began + got / 20000 - time.monotonic()))
        if second is None and time.monotonic() > began + 62:
            second = server.connect()
            second.ok('USER joe')
            second.send(b'PASS secret\r\n')
    check(second.line().startswith(b'-ERR [IN-USE]'), 'the second PASS')
    check(c.line().startswith(b'+OK'), 'RETR')
    check(c.body().startswith(b'Subject: big'), 'the message')
    c.ok('DELE 3')
    c.quit()
    check('gave-way' not in server.log(mark), 'it gave way')


main()

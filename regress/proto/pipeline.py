#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Many commands in one packet, one command over many packets."""

import time

from popdtest.cases import check, equal, main
from popdtest.mail import wire, wire_top
from popdtest.password import plain
from popdtest.server import Server

server = Server(shared=True)
box = server['joe']
MAIL = [b'Subject: %d\n\n.dot\nbody %d\n' % (i, i) for i in range(5)]
for data in MAIL:
    box.add(data)


def replies(c, count):
    return [c.line() for i in range(count)]


def test_one_packet():
    """A whole session in one packet is answered in order"""
    c = server.connect()
    c.send(b'CAPA\r\nUSER joe\r\nPASS secret\r\nSTAT\r\nLIST\r\nRETR 1\r\n'
           b'RETR 2\r\nTOP 3 0\r\nUIDL 4\r\nNOOP\r\nRSET\r\nQUIT\r\n')
    check(c.line().startswith(b'+OK'), 'CAPA')
    c.body()
    check(c.line().startswith(b'+OK'), 'USER')
    check(c.line().startswith(b'+OK'), 'PASS')
    equal(c.line().split()[:2], [b'+OK', b'5'], 'STAT')
    check(c.line().startswith(b'+OK'), 'LIST')
    equal(len(c.body().splitlines()), 5, 'LIST')
    for i in range(2):
        check(c.line().startswith(b'+OK'), 'RETR')
        equal(c.body(), wire(MAIL[i]), 'message %d' % (i + 1))
    check(c.line().startswith(b'+OK'), 'TOP')
    equal(c.body(), wire_top(MAIL[2], 0), 'TOP')
    check(c.line().startswith(b'+OK 4 '), 'UIDL')
    for what in ('NOOP', 'RSET', 'QUIT'):
        check(c.line().startswith(b'+OK'), what)
    equal(c.closed(), b'', 'rest')


def test_behind_pass():
    """Commands after a refused PASS in one packet run before login"""
    c = server.connect()
    c.send(b'USER joe\r\nPASS wrong\r\nSTAT\r\nCAPA\r\nUSER joe\r\n'
           b'PASS secret\r\nSTAT\r\nQUIT\r\n')
    check(c.line().startswith(b'+OK'), 'USER')
    check(c.line().startswith(b'-ERR [AUTH]'), 'PASS')
    check(c.line().startswith(b'-ERR'), 'STAT before login')
    check(c.line().startswith(b'+OK'), 'CAPA')
    c.body()
    check(c.line().startswith(b'+OK'), 'USER')
    check(c.line().startswith(b'+OK'), 'PASS')
    check(c.line().startswith(b'+OK 5 '), 'STAT')
    check(c.line().startswith(b'+OK'), 'QUIT')
    equal(c.closed(), b'', 'rest')


def test_behind_auth():
    """Commands after AUTH PLAIN in one packet are executed"""
    c = server.connect()
    c.send('AUTH PLAIN %s\r\nSTAT\r\nQUIT\r\n' % plain('', 'joe', 'secret'))
    check(c.line().startswith(b'+OK'), 'AUTH')
    check(c.line().startswith(b'+OK 5 '), 'STAT')
    check(c.line().startswith(b'+OK'), 'QUIT')


def test_octet_by_octet():
    """A session octet by octet"""
    c = server.connect()
    c.send_bytewise(b'USER joe\r\nPASS secret\r\nRETR 1\r\nQUIT\r\n')
    for what in ('USER', 'PASS', 'RETR'):
        check(c.line().startswith(b'+OK'), what)
    equal(c.body(), wire(MAIL[0]), 'message')
    check(c.line().startswith(b'+OK'), 'QUIT')


def test_torn():
    """A login cut into two packets at every place"""
    text = b'USER joe\r\nPASS secret\r\nQUIT\r\n'
    for cut in range(1, len(text)):
        c = server.connect()
        c.send(text[:cut])
        time.sleep(0.002)
        c.send(text[cut:])
        for what in ('USER', 'PASS', 'QUIT'):
            check(c.line().startswith(b'+OK'), '%s, cut at %d' % (what, cut))
        equal(c.closed(), b'', 'rest')
        c.close()


def test_torn_segments():
    """TLS records cut into TCP segments"""
    c = server.connect()
    c.tls.write(b'USER joe\r\nPASS secret\r\nNOOP\r\nQUIT\r\n')
    data = c.outgoing.read()
    for i in range(len(data)):
        c.send_raw(data[i:i + 1])
    for what in ('USER', 'PASS', 'NOOP', 'QUIT'):
        check(c.line().startswith(b'+OK'), what)


def test_many_records():
    """Many records in one segment, and more commands than a buffer holds"""
    c = server.login()
    for i in range(20000):
        c.tls.write(b'NOOP\r\n')
        if i % 500 == 499:
            c.flush()
            for j in range(500):
                check(c.line().startswith(b'+OK'), 'NOOP %d' % i)
    c.send(b'NOOP\r\n' * 30000)
    for i in range(30000):
        check(c.line().startswith(b'+OK'), 'NOOP %d' % i)
    c.quit()


def test_lf_only():
    """A line may end in a lone LF"""
    c = server.connect()
    c.send(b'USER joe\nPASS secret\nSTAT\nQUIT\n')
    for what in ('USER', 'PASS', 'STAT', 'QUIT'):
        check(c.line().startswith(b'+OK'), what)


def test_case():
    """Commands are not case sensitive"""
    c = server.connect()
    c.ok('user joe')
    c.ok('Pass secret')
    c.ok('stAT')
    c.ok('lisT 1')
    c.ok('qUIT')


def test_quit_then_more():
    """Nothing after QUIT is executed"""
    c = server.login()
    c.send(b'QUIT\r\nDELE 1\r\nQUIT\r\n')
    check(c.line().startswith(b'+OK'), 'QUIT')
    equal(c.closed(), b'', 'rest')
    equal(len(box.all()), 5, 'messages')


main()

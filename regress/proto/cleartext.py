#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Sessions in clear: everything that works with TLS."""

import base64
import poplib

from popdtest.cases import check, equal, main
from popdtest.client import Client
from popdtest.env import PATIENCE
from popdtest.mail import wire
from popdtest.server import Configured

TLS, CLEAR = range(2)
server = Configured(['tls', 'cleartext'], shared=True)
MAIL = b'Subject: one\n\n.\n' + b'text\n' * 100
LARGE = b'Subject: large\n\n' + b'0123456789abcdef\n' * (1 << 17)


def box(name, *mails):
    """A user with these mails."""
    maildir = server.user(name)
    for mail in mails:
        maildir.add(mail)
    server.tables()
    server.reload()
    return maildir


def login(name, **more):
    c = server.reach(CLEAR, **more)
    c.login(name)
    return c


def test_session():
    """A session, its mail and its QUIT; the log says there was no TLS"""
    maildir = box('ann', MAIL, MAIL)
    c = server.reach(CLEAR)
    check({b'USER', b'SASL PLAIN'} <= set(c.capa()), 'CAPA')
    check(b'STLS' not in c.capa(), 'STLS is offered')
    c.err('STLS')
    c.err('PASS secret')
    c.ok('USER ann')
    c.err('PASS wrong', 'AUTH')
    c.login('ann')
    equal(c.retr(1), wire(MAIL), 'message')
    c.ok('DELE 1')
    c.quit()
    equal(len(maildir.all()), 1, 'messages')
    server.wait_log(r'login session=.*tls="none" cipher="none"')
    server.wait_log(r'session end .*tls="none" cipher="none".* deleted=1 ')


def test_plain():
    """AUTH PLAIN"""
    box('bob', MAIL)
    c = server.reach(CLEAR)
    c.ok(b'AUTH PLAIN ' + base64.b64encode(b'\0bob\0secret'))
    equal(c.retr(1), wire(MAIL), 'message')
    c.quit()


def test_pieces():
    """Octet by octet, and all at once"""
    box('cid', MAIL)
    talk = b'USER cid\r\nPASS secret\r\nSTAT\r\nRETR 1\r\nQUIT\r\n'
    out = []
    for send in (Client.send, Client.send_bytewise):
        c = server.reach(CLEAR)
        send(c, talk)
        out.append(c.closed())
        c.close()
    equal(out[0], out[1], 'replies')
    check(wire(MAIL).replace(b'\n.', b'\n..') in out[0], 'no message')


def test_half_closed():
    """A half-close gets all replies, and ends the session"""
    maildir = box('dan', MAIL)
    c = server.reach(CLEAR)
    c.send(b'USER dan\r\nPASS secret\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n')
    c.half_close()
    check(c.closed().endswith(b'+OK bye\r\n'), 'replies are missing')
    equal(maildir.all(), [], 'messages')
    c = server.reach(CLEAR)
    c.send(b'USER dan\r\nPASS secret\r\n')
    c.half_close()
    equal(c.closed().count(b'+OK'), 2, 'good replies')
    server.no_workers()


def test_unread():
    """A client that does not read blocks no other, and loses nothing"""
    box('eve', LARGE)
    c = login('eve', rcvbuf=65536)
    c.send('RETR 1\r\nRETR 1\r\nQUIT\r\n')
    for i in range(3):
        other = server.reach(CLEAR)
        other.login()
        other.quit()
    for i in range(2):
        check(c.line().startswith(b'+OK'), 'RETR')
        equal(c.body(), wire(LARGE), 'message')
    check(c.line().startswith(b'+OK'), 'QUIT')
    server.no_workers()


def test_gone():
    """A client that vanishes midway ends only its session"""
    maildir = box('fay', LARGE, MAIL)
    mark = server.mark()
    c = login('fay', rcvbuf=4096)
    c.send('DELE 2\r\nRETR 1\r\n')
    c.line()
    c.reset()
    server.wait_log('session end .*user="fay".* deleted=0 ', mark)
    server.no_workers()
    equal(len(maildir.all()), 2, 'messages')


def test_stop():
    """popd stops: clients before login are told, sessions end"""
    one = Configured(['tls', 'cleartext'])
    idle = one.reach(CLEAR)
    c = one.reach(CLEAR)
    c.login()
    one.stop()
    check(b'-ERR [SYS/TEMP]' in idle.closed(), 'no word')
    c.closed()


def test_poplib():
    """poplib"""
    box('gus', MAIL)
    p = poplib.POP3('127.0.0.1', server.ports[CLEAR], timeout=PATIENCE)
    p.user('gus')
    p.pass_('secret')
    equal(p.stat()[0], 1, 'messages')
    p.quit()


main()

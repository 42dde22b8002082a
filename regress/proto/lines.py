#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Bad lines: too long, with NUL, with 8-bit octets, unknown."""

import socket
import ssl

from popdtest.cases import Failure, check, equal, main, short
from popdtest.client import Client
from popdtest.server import Server

server = Server(shared=True)
server['joe'].add(b'Subject: x\n\nbody\n')


def sessions():
    """Both states: the listener's and the worker's."""
    yield 'before login', server.connect(), 'CAPA'
    yield 'after login', server.login(), 'CAPA'


def refused(c, state, line):
    """One -ERR and nothing else; the session continues."""
    c.send(line)
    reply = c.line()
    check(reply.startswith(b'-ERR'), '%s: %s: %r' % (state, short(line),
                                                     reply))
    c.ok('CAPA')
    c.body()
    c.quiet(0.01)


def test_long():
    """An over-long line gets one -ERR, whatever its length"""
    for length in (256, 300, 512, 1101, 2000, 4096, 65535, 65536, 300000):
        for state, c, word in sessions():
            refused(c, state, b'NOOP ' + b'a' * (length - 7) + b'\r\n')
            refused(c, state, b'a' * (length - 2) + b'\r\n')
            c.close()


def test_long_in_pieces():
    """An over-long line in many packets gets one -ERR"""
    for state, c, word in sessions():
        for i in range(50):
            c.send(b'x' * 100)
        c.quiet(0.05)
        refused(c, state, b'\r\n')
        c.close()


def test_long_then_command():
    """A command after an over-long line in the same packet is executed"""
    for state, c, word in sessions():
        c.send(b'x' * 5000 + b'\r\nCAPA\r\nQUIT\r\n')
        check(c.line().startswith(b'-ERR'), state)
        check(c.line().startswith(b'+OK'), state)
        c.body()
        check(c.line().startswith(b'+OK'), state)


def test_255():
    """A line of 255 octets including its end is accepted (RFC 2449)"""
    c = server.login()
    # Trailing blanks are no argument.
    c.ok(b'NOOP' + b' ' * 249)
    c.err(b'NOOP' + b' ' * 250)
    c.ok('LIST 1')
    c.close()


def test_nul():
    """A line with NUL gets one -ERR and does nothing"""
    for state, c, word in sessions():
        for line in (b'\0\r\n', b'CAPA\0\r\n', b'CA\0PA\r\n', b'QUIT\0\r\n',
                     b'\0QUIT\r\n', b'QUIT \0\r\n', b'DELE 1\0\r\n',
                     b'USER j\0oe\r\n', b'PASS s\0ecret\r\n'):
            refused(c, state, line)
        c.close()


def test_eight_bit():
    """8-bit octets outside names and passwords get -ERR"""
    for state, c, word in sessions():
        for line in (b'\xff\r\n', b'CAPA \xe4\r\n', b'QU\xc3\xa4T\r\n',
                     b'NOOP\xa0\r\n', b'\xff\xfb\x01\r\n'):
            refused(c, state, line)
        c.close()


def test_control():
    """Control octets and bare CR get -ERR"""
    for state, c, word in sessions():
        for line in (b'CAPA\x01\r\n', b'\x1b[A\r\n', b'CA\rPA\r\n',
                     b'NOOP\t\r\n', b'QUIT\r\r\n', b'\x7f\r\n'):
            refused(c, state, line)
        c.close()


def test_empty():
    """An empty line is a bad command"""
    for state, c, word in sessions():
        refused(c, state, b'\r\n')
        refused(c, state, b' \r\n')
        refused(c, state, b' CAPA\r\n')
        c.close()


def test_unknown():
    """Unknown commands and wrong arguments get -ERR, the session continues"""
    for state, c, word in sessions():
        for line in ('XYZZY', 'EHLO localhost', 'APOP joe 0123', 'STLS x',
                     'UTF8 x', 'CAPA x', 'QUIT now', 'GET / HTTP/1.0', 'LAST',
                     'XTND XMIT', 'A' * 200):
            refused(c, state, line.encode() + b'\r\n')
        c.close()


def test_wrong_state():
    """Commands of the other state get -ERR"""
    c = server.connect()
    for line in ('STAT', 'LIST', 'RETR 1', 'DELE 1', 'NOOP', 'RSET',
                 'TOP 1 1', 'UIDL'):
        c.err(line)
    c.close()
    c = server.login()
    for line in ('USER joe', 'PASS secret', 'AUTH PLAIN', 'AUTH', 'STLS'):
        c.err(line)
    equal(c.stat()[0], 1, 'messages')
    c.quit()


def test_twenty():
    """Twenty bad commands in a row end the connection, nineteen do not"""
    for state, c, word in sessions():
        for i in range(19):
            c.err('XYZZY')
        c.ok('CAPA')
        c.body()
        for i in range(19):
            c.err('XYZZY')
        c.send(b'XYZZY\r\n')
        rest = c.closed()
        check(rest.startswith(b'-ERR') and rest.count(b'\r\n') <= 1,
              '%s: %r' % (state, rest))
        c.close()
    server.no_workers()


def test_twenty_at_once():
    """Twenty bad commands in one packet end it with nothing executed"""
    c = server.login()
    c.send(b'XYZZY\r\n' * 20 + b'DELE 1\r\nQUIT\r\n')
    rest = c.closed()
    equal(rest.count(b'-ERR'), 20, 'answers')
    check(b'+OK' not in rest, 'executed something: %r' % rest)
    server.no_workers()
    equal(len(server['joe'].all()), 1, 'messages')


def test_not_tls():
    """Anything but TLS is closed without a word of POP3"""
    for text in (b'USER joe\r\n', b'GET / HTTP/1.0\r\n\r\n', b'\0' * 100,
                 b'\x16\x03\x01\xff\xff' + b'A' * 1000):
        c = Client(('127.0.0.1', server.port), tls=False)
        c.send_raw(text)
        c.sock.shutdown(socket.SHUT_WR)
        got = b''
        try:
            while True:
                data = c.sock.recv(4096)
                if not data:
                    break
                got += data
        except ConnectionResetError:
            pass
        check(b'+OK' not in got and b'-ERR' not in got, 'said %r' % got)
    server.ready()


def test_old_tls():
    """TLS 1.2 is refused"""
    try:
        server.connect(version=ssl.TLSVersion.TLSv1_2)
    except (ssl.SSLError, Failure):
        pass
    else:
        raise Failure('TLS 1.2 was accepted')
    server.ready()


main()

#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""PROXY headers: the client's address is the one the proxy gives."""

import re
import socket
import struct
import subprocess
import time

from popdtest.cases import check, equal, main
from popdtest.client import Client
from popdtest.env import PATIENCE
from popdtest.host import free_port, need
from popdtest.server import Configured

TLS, CLEAR, PTLS, PCLEAR, PSTLS = range(5)
PROXY = ' proxy from 127.0.0.1/32'
server = Configured(['tls', 'cleartext', 'tls' + PROXY, 'cleartext' + PROXY,
                     'starttls' + PROXY], shared=True)
V1 = b'PROXY TCP4 192.0.2.1 127.0.0.1 4097 995\r\n'
V2 = b'\r\n\r\n\0\r\nQUIT\n'


def v2(source, command=0x21):
    """The header for a connection from there."""
    family = socket.AF_INET6 if ':' in source else socket.AF_INET
    address = socket.inet_pton(family, source)
    body = address * 2 + struct.pack('>HH', 4097, 995)
    kind = 0x21 if family == socket.AF_INET6 else 0x11
    return V2 + struct.pack('>BBH', command, kind, len(body)) + body


def login(kind, header, source=None):
    c = server.reach(kind, greeting=False, source=source)
    c.send(header)
    if kind == PTLS:
        c.secure()
    else:
        c.greet()
    if kind == PSTLS:
        c.stls()
    c.login()
    return c


def test_versions():
    """Versions 1 and 2, both families, before TLS, STLS and clear text"""
    for header, address in ((V1, '192.0.2.1'), (v2('192.0.2.2'), '192.0.2.2'),
                            (v2('2001:db8::3'), '2001:db8::3'),
                            (V1.replace(b'TCP4', b'TCP6').
                             replace(b'192.0.2.1', b'2001:db8::4').
                             replace(b'127.0.0.1', b'::1'), '2001:db8::4'),
                            (b'PROXY UNKNOWN\r\n', '127.0.0.1'),
                            (v2('192.0.2.6', 0x20), '127.0.0.1')):
        for kind in (PTLS, PCLEAR, PSTLS):
            mark = server.mark()
            login(kind, header).quit()
            server.wait_log(r'login session=.* source=%s ' %
                            re.escape(address), mark)


def test_pieces():
    """A header in pieces, and one with what follows in one segment"""
    mark = server.mark()
    c = server.reach(PCLEAR, greeting=False)
    for i in range(len(V1)):
        c.send(V1[i:i + 1])
    c.greet().quit()
    c = server.reach(PCLEAR, greeting=False)
    c.send(v2('192.0.2.9') + b'USER joe\r\nPASS secret\r\nQUIT\r\n')
    equal(c.closed().count(b'+OK'), 4, 'good replies')
    server.wait_log('source=192.0.2.9 ', mark)


def test_failed():
    """A failed login counts for the client, not the proxy"""
    mark = server.mark()
    c = server.reach(PCLEAR, greeting=False)
    c.send(V1)
    c.greet()
    c.ok('USER joe')
    c.err('PASS wrong', 'AUTH')
    c.quit()
    server.wait_log('login failed .*source=192.0.2.1 ', mark)


def test_refused():
    """No header, half of one, or a foreign proxy: closed, and one line"""
    one = Configured(['tls', 'cleartext' + PROXY])
    for octets in (b'USER joe\r\n', b'\x16\x03\x01\x02\x00',
                   b'PROXY TCP4 192.0.2.1\r\n', V2 + b'\x31\x11\0\0'):
        c = one.reach(1, greeting=False)
        c.send(octets)
        equal(c.closed(), b'', 'answer')
    lines = one.log().count('proxy-refused')
    check(1 <= lines <= len(one.children('lsnrpop')), '%d lines' % lines)
    one.stop()
    one = Configured(['tls', 'cleartext' + PROXY])
    c = one.reach(1, greeting=False, source='127.0.0.2')
    equal(c.closed(), b'', 'answer')
    one.wait_log('proxy-refused count=1 last=127.0.0.2 ')
    one.stop()


def test_checked():
    """A proxy's health check is not in the log"""
    one = Configured(['tls', 'cleartext' + PROXY])
    one.reach(1, greeting=False).close()
    c = one.reach(1, greeting=False)
    c.send(v2('192.0.2.1', 0x20))
    c.greet().quit()
    one.stop()
    check('proxy-refused' not in one.log(), 'it is')


def test_plain_sockets():
    """A header where none is expected is a bad command"""
    c = server.reach(CLEAR)
    c.err(V1.strip())
    c.quit()


HAPROXY = """
defaults
    mode tcp
    timeout connect 10s
    timeout client 60s
    timeout server 60s
frontend f
    bind 127.0.0.1:%d
    default_backend b
backend b
    server s 127.0.0.1:%d %s
"""


def test_haproxy():
    """haproxy, both versions, with its checksum"""
    need('haproxy')
    for how in ('send-proxy', 'send-proxy-v2',
                'send-proxy-v2 proxy-v2-options crc32c'):
        port = free_port()
        path = server.dir + '/haproxy.cfg'
        with open(path, 'w') as f:
            f.write(HAPROXY % (port, server.ports[PTLS], how))
        process = subprocess.Popen(['haproxy', '-f', path],
                                   stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        try:
            mark = server.mark()
            end = time.monotonic() + PATIENCE
            while True:
                try:
                    c = Client(('127.0.0.1', port), source='127.0.0.9',
                               cafile=server.pairs[0][0])
                    break
                except OSError:
                    check(time.monotonic() < end, 'haproxy does not listen')
                    time.sleep(0.05)
            c.login()
            c.quit()
            server.wait_log('login session=.* source=127.0.0.9 ', mark)
        finally:
            process.kill()
            process.wait()


main()

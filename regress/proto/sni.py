#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Which certificate a client gets, by name and by listener, and what a reload
changes."""

import os
import re
import signal
import socket
import ssl

from popdtest.ca import Authority, pki
from popdtest.cases import check, equal, main
from popdtest.env import PATIENCE
from popdtest.host import free_port
from popdtest.server import Server

ca = Authority()
pairs = {n: ca.issue(n, 'DNS:%s.example' % n, kind)
         for n, kind in (('a', 'ec'), ('b', 'rsa'), ('c', 'ec'))}
ports = [free_port() for i in range(3)]
RULES = '''
listen on 127.0.0.1 port @port@ tls
listen on 127.0.0.1 port %d tls pki b pki c
listen on 127.0.0.1 port %d starttls pki c
''' % tuple(ports[:2])


def conf(*names):
    return pki(*((n, pairs[n]) for n in names)) + RULES


server = Server(shared=True, pairs=list(pairs.values()), name='a.example',
                conf=conf('a', 'b', 'c'))


def subject(port, name, stls=False):
    """The common name of the certificate that is shown."""
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.check_hostname = False
    ctx.load_verify_locations(ca.cert)
    with socket.create_connection(('127.0.0.1', port), PATIENCE) as sock:
        if stls:
            sock.recv(100)
            sock.sendall(b'STLS\r\n')
            equal(sock.recv(100)[:3], b'+OK', 'STLS')
        with ctx.wrap_socket(sock, server_hostname=name) as tls:
            return dict(x[0] for x in tls.getpeercert()['subject'])[
                'commonName']


def shown(port, want, stls=False):
    got = [subject(port, name and name + '.example', stls)
           for name in ('a', 'b', 'c', 'other', None)]
    equal(''.join(got), want, 'certificates for a, b, c, another, none')


def test_all():
    """Without pki a listener has all of them; the first is the default"""
    shown(server.port, 'abcaa')


def test_some():
    """With pki it has only those"""
    shown(ports[0], 'bbcbb')
    shown(ports[1], 'ccccc', stls=True)


def test_reload():
    """A reload renews one, the others stay"""
    pairs['c'] = ca.issue('c', 'DNS:c.example', subject='/CN=C')
    server.own_files()
    check('reloaded' in server.reload(), 'no reload')
    shown(server.port, 'abCaa')
    shown(ports[0], 'bbCbb')


def test_missing():
    """A key of another certificate changes nothing, and is named"""
    cert, key = pairs['b']
    with open(key) as f:
        text = f.read()
    with open(pairs['a'][1]) as f, open(key, 'w') as out:
        out.write(f.read())
    mark = server.mark()
    os.kill(server.pid, signal.SIGHUP)
    server.wait_log('not changed: .*' + re.escape(key), mark)
    shown(server.port, 'abCaa')
    with open(key, 'w') as out:
        out.write(text)
    check('reloaded' in server.reload(), 'no reload')


main()

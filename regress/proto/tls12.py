#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""TLS 1.2 where it is configured, and what comes with it; ALPN."""

import re
import socket
import ssl
import subprocess
import threading

from popdtest.ca import Authority, pki
from popdtest.cases import Failure, check, equal, main, short
from popdtest.env import PATIENCE
from popdtest.host import free_port, need
from popdtest.server import Server

ca = Authority()
ec, rsa = ca.issue('localhost'), ca.issue('old.example', kind='rsa')
old = free_port()
server = Server(shared=True, pairs=[ec, rsa], conf=pki(
    ('localhost', ec), ('old.example', rsa)) + '''
listen on 127.0.0.1 port @port@ tls pki localhost
listen on 127.0.0.1 port %d tls protocols "tlsv1.2,tlsv1.3"
''' % old)


def context(version=None, ciphers=None):
    out = ssl.create_default_context(cafile=ca.cert)
    out.set_ciphers((ciphers or 'ALL') + ':@SECLEVEL=0')
    if version:
        out.minimum_version = out.maximum_version = version
    return out


def shake(port, name, ctx):
    """The connection after its greeting."""
    sock = socket.create_connection(('127.0.0.1', port), PATIENCE)
    try:
        tls = ctx.wrap_socket(sock, server_hostname=name)
        equal(tls.recv(100)[:3], b'+OK', 'greeting')
    except BaseException:
        sock.close()
        raise
    return tls


def refused(port, name, ctx):
    try:
        shake(port, name, ctx).close()
    except (ssl.SSLError, OSError):
        return
    raise Failure('a handshake that should have failed')


def test_default():
    """A client with only TLS 1.2 is refused by default"""
    refused(server.port, 'localhost', context(ssl.TLSVersion.TLSv1_2))
    shake(server.port, 'localhost', context()).close()


def test_session():
    """A whole session in TLS 1.2, with an RSA and an ECDSA key"""
    server['joe'].add(b'Subject: x\n\n' + b'x' * 200000 + b'\n')
    for name in ('localhost', 'old.example'):
        tls = shake(old, name, context(ssl.TLSVersion.TLSv1_2))
        equal(tls.version(), 'TLSv1.2', 'version')
        check(re.match(r'ECDHE-(RSA|ECDSA)-(AES\d+-GCM|CHACHA20)',
                       tls.cipher()[0]), tls.cipher()[0])
        tls.sendall(b'USER joe\r\nPASS secret\r\nRETR 1\r\nQUIT\r\n')
        got = b''
        while chunk := tls.recv(65536):
            got += chunk
        check(b'x' * 200000 + b'\r\n.\r\n+OK' in got, short(got))
        tls.close()
    shake(old, 'localhost', context(ssl.TLSVersion.TLSv1_3)).close()


def test_suites():
    """Only forward secrecy and authenticated encryption; no TLS 1.1"""
    for name, suites in (('old.example', 'kRSA'), ('old.example', 'DHE'),
                         ('old.example', 'ECDHE-RSA-AES256-SHA'),
                         ('localhost', 'ECDHE-ECDSA-AES128-SHA256'),
                         ('localhost', 'aNULL')):
        refused(old, name, context(ssl.TLSVersion.TLSv1_2, suites))
    refused(old, 'localhost', context(ssl.TLSVersion.TLSv1_1))


def s_client(*args, input=b'quit\r\n'):
    """What openssl(1) says of a connection."""
    return subprocess.run(['openssl', 's_client', '-connect',
                           '127.0.0.1:%d' % old, '-CAfile', ca.cert] +
                          list(args), input=input, timeout=PATIENCE,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT).stdout.decode(
                              'latin-1')


def test_signatures():
    """An RSA key signs SHA-256, -384, -512 in TLS 1.2, not SHA-1"""
    need('Linux')   # LibreSSL's openssl(1) has no -sigalgs.
    for hash in ('SHA256', 'SHA384', 'SHA512'):
        # OpenSSL 3.5 has the name of the whole algorithm.
        for kind, says in (('RSA', '(RSA|rsa_pkcs1_.*)'),
                           ('RSA-PSS', '(RSA-PSS|rsa_pss_.*)')):
            out = s_client('-tls1_2', '-servername', 'old.example',
                           '-sigalgs', '%s+%s' % (kind, hash))
            check('Peer signing digest: ' + hash in out and
                  re.search('Peer signature type: %s\n' % says, out), out)
    mark = server.mark()
    out = s_client('-tls1_2', '-servername', 'old.example', '-sigalgs',
                   'RSA+SHA1', '-cipher', 'ALL:@SECLEVEL=0')
    check('Peer signing digest' not in out, out)
    check('not signed' not in server.log(mark), server.log(mark))


def test_renegotiation():
    """A client cannot renegotiate"""
    with subprocess.Popen(['openssl', 's_client', '-connect',
                           '127.0.0.1:%d' % old, '-CAfile', ca.cert,
                           '-tls1_2'], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as client:
        timer = threading.Timer(PATIENCE, client.kill)
        timer.start()
        for line in client.stdout:
            if line.startswith(b'+OK POP3'):
                break
        client.stdin.write(b'R\n')
        client.stdin.flush()
        out = client.stdout.read()
        timer.cancel()
    check(re.search(b'(?s)RENEG.*(no renegotiation|handshake failure)',
                    out), out)
    server.ready()


def test_tickets():
    """No session is resumed, and no ticket is sent"""
    out = s_client('-tls1_2', '-servername', 'localhost')
    check('New, TLSv1' in out and 'TLS session ticket:' not in out, out)
    ctx = context(ssl.TLSVersion.TLSv1_2)
    tls = shake(old, 'localhost', ctx)
    session = tls.session
    tls.close()
    sock = socket.create_connection(('127.0.0.1', old), PATIENCE)
    tls = ctx.wrap_socket(sock, server_hostname='localhost', session=session)
    check(not tls.session_reused, 'resumed')
    tls.close()


def test_alpn():
    """ALPN is pop3 or absent"""
    for port in (server.port, old):
        ctx = context()
        ctx.set_alpn_protocols(['http/1.1', 'pop3'])
        tls = shake(port, 'localhost', ctx)
        equal(tls.selected_alpn_protocol(), 'pop3', 'protocol')
        tls.close()
        ctx.set_alpn_protocols(['http/1.1'])
        try:
            tls = shake(port, 'localhost', ctx)
            equal(tls.selected_alpn_protocol(), None, 'protocol')
            tls.close()
        except ssl.SSLError as alert:   # of LibreSSL
            check('no application protocol' in str(alert), alert)


main()

#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# alone
"""IPv4, IPv6, several addresses, several certificates, TLS as agreed."""

import socket
import ssl
import time

from popdtest.ca import certificate
from popdtest.cases import Failure, Skip, check, equal, main
from popdtest.env import ASAN
from popdtest.host import have_ipv6
from popdtest.server import Server


def test_ipv6():
    """IPv6 alone; the log has the address"""
    if not have_ipv6():
        raise Skip('no IPv6 here')
    server = Server(listen=('::1',))
    c = server.login()
    c.quit()
    server.wait_log(r'login .*source=::1\b')
    c = server.connect()
    c.ok('USER joe')
    c.err('PASS wrong', 'AUTH')
    c.close()
    server.wait_log(r'login failed .*source=::1 ')
    server.stop()


def test_several():
    """Several -l, of both families"""
    addresses = ['127.0.0.1', '127.0.0.2']
    if have_ipv6():
        addresses.append('::1')
    server = Server(listen=addresses)
    for address in addresses:
        c = server.login(address=address)
        c.quit()
    try:
        server.connect(address='127.0.0.3')
    except ConnectionRefusedError:
        pass
    else:
        raise Failure('listens where it should not')
    server.stop()
    if len(addresses) < 3:
        raise Skip('no IPv6 here')


def test_default():
    """Without -l: all addresses"""
    server = Server(start=False)
    command = server.command()
    at = command.index('-l')
    del command[at:at + 2]
    server.command = lambda *more: command + list(more)
    server.start()
    for address in ['127.0.0.1', '127.0.0.7'] + \
            (['::1'] if have_ipv6() else []):
        c = server.login(address=address)
        c.quit()
    server.stop()


def test_sni():
    """Several certificates, chosen by the name the client asks for"""
    one, two, rsa = certificate('mail.one.test'), \
        certificate('mail.two.test', 'ec384'), \
        certificate('mail.rsa.test', 'rsa')
    server = Server(pairs=[one, two, rsa], name='mail.one.test')
    for (cert, key), name in ((one, 'mail.one.test'), (two, 'mail.two.test'),
                              (rsa, 'mail.rsa.test')):
        c = server.connect(cafile=cert, name=name)
        c.ok('CAPA')
        c.body()
        c.close()
    # Another name gets the first.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(one[0])
    for name in ('unknown.test', None):
        with socket.create_connection(('127.0.0.1', server.port)) as s:
            with context.wrap_socket(s, server_hostname=name) as t:
                check(t.recv(3) == b'+OK', 'greeting')
    server.stop()


def test_tls_in_log():
    """The log has the version and cipher in use"""
    server = Server()
    c = server.login()
    cipher = c.tls.cipher()[0]
    equal(c.tls.version(), 'TLSv1.3', 'version')
    line = server.wait_log(r'login session=.*').group()
    check('TLSv1.3' in line, line)
    check(cipher in line or cipher.replace('_', '%5F') in line,
          '%s not in %s' % (cipher, line))
    c.quit()
    server.stop()


def test_no_tickets():
    """No session tickets are made or sent"""
    server = Server()
    c = server.login()
    check(c.tls.session is None or not c.tls.session.has_ticket,
          'a ticket came')
    c.quit()
    server.stop()


def test_nodelay():
    """No stall in small replies: 300 commands, one at a time"""
    server = Server()
    c = server.login()
    began = time.monotonic()
    for i in range(300):
        c.ok('NOOP')
    took = time.monotonic() - began
    check(took < (12 if ASAN else 4), '300 NOOPs took %.1f s' % took)
    for i in range(20):
        server['joe'].add(b'Subject: x\n\n' + b'y' * 5000)
    c.quit()
    c = server.login()
    began = time.monotonic()
    for i in range(20):
        c.retr(i + 1)
    took = time.monotonic() - began
    check(took < 0.04 * 20, '20 RETRs took %.2f s' % took)
    c.quit()
    server.stop()


main()

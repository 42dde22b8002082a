#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""STLS: no password before it, nothing before it counts after it, and mail
programs that use it."""

import os
import poplib
import shutil
import socket
import ssl
import subprocess

from popdtest.cases import check, equal, main
from popdtest.env import PATIENCE
from popdtest.host import need
from popdtest.mail import wire
from popdtest.server import Configured

TLS, STLS, BOTH = range(3)
server = Configured(['tls', 'starttls', 'starttls cleartext'], shared=True)
MAIL = b'Subject: one\n\n' + b'text\n' * 100000
server['joe'].add(MAIL)


def logged(mark, tls):
    """The session that was begun since then had this TLS."""
    server.wait_log(r'login session=.* tls="%s"' % tls, mark)


def test_session():
    """Refused in clear, complete after STLS"""
    mark = server.mark()
    c = server.reach(STLS)
    equal([line for line in c.capa() if line in
           (b'STLS', b'USER', b'SASL PLAIN')], [b'STLS'], 'CAPA')
    for line in ('USER joe', 'PASS secret', 'AUTH PLAIN', 'AUTH PLAIN AAAA',
                 'AUTH'):
        reply = c.err(line)
        check(not reply.startswith(b'-ERR ['), 'a code: %r' % reply)
    c.stls()
    equal([line for line in c.capa() if line in
           (b'STLS', b'USER', b'SASL PLAIN')], [b'USER', b'SASL PLAIN'],
          'CAPA in TLS')
    c.err('STLS')
    c.login()
    equal(c.retr(1), wire(MAIL), 'message')
    check(b'STLS' not in c.capa(), 'STLS after login')
    c.err('STLS')
    c.quit()
    logged(mark, 'TLSv1.3')
    check('secret' not in server.log(), 'the password is in the log')


def test_injection():
    """Clear text sent with STLS is neither executed nor fed to TLS"""
    for junk in (b'USER joe\r\nPASS secret\r\nSTAT\r\n', b'USER eve\r\n',
                 b'CAPA\r\n' * 300, b'\x16\x03\x01\x02\x00', b'half a line',
                 b'STLS\r\n', b'QUIT\r\n'):
        for kind in (STLS, BOTH):
            mark = server.mark()
            c = server.reach(kind)
            c.send(b'STLS\r\n' + junk)
            check(c.line().startswith(b'+OK'), 'STLS')
            equal(c.buffer, b'', 'octets after the answer')
            c.secure(greeting=False)
            equal(c.cmd('UTF8'), b'+OK', 'the first answer in TLS')
            c.err('PASS secret')
            c.quit()
            check('login' not in server.log(mark), 'a client logged in')


def test_forgotten():
    """A USER in clear is forgotten"""
    c = server.reach(BOTH)
    c.ok('USER joe')
    c.stls()
    check(b'USER' in c.err('PASS secret'), 'the name is known')
    c.quit()


def test_choice():
    """Clear text and STLS: both work"""
    mark = server.mark()
    c = server.reach(BOTH)
    check({b'STLS', b'USER', b'SASL PLAIN'} <= set(c.capa()), 'CAPA')
    c.login()
    c.quit()
    logged(mark, 'none')
    mark = server.mark()
    c = server.reach(BOTH).stls()
    c.login()
    c.quit()
    logged(mark, 'TLSv1.3')


def test_ends():
    """A client that ends or sends junk after STLS ends alone"""
    mark = server.mark()
    c = server.reach(STLS)
    c.send('STLS\r\n')
    c.sock.shutdown(socket.SHUT_WR)
    check(c.closed().startswith(b'+OK'), 'no answer')
    c.close()
    c = server.reach(STLS)
    c.ok('STLS')
    c.send('USER joe\r\nPASS secret\r\n')
    check(b'+OK' not in c.closed() and b'-ERR' not in c.closed(), 'answered')
    c.close()
    server.wait_log('tls-failed', mark)
    server.reach(STLS).stls().quit()


def test_poplib():
    """poplib"""
    p = poplib.POP3('127.0.0.1', server.ports[STLS], timeout=PATIENCE)
    check('STLS' in p.capa(), 'CAPA')
    p.stls(ssl.create_default_context(cafile=server.pairs[0][0]))
    p.user('joe')
    p.pass_('secret')
    equal(p.stat()[0], 1, 'messages')
    p.quit()


def client(*command, input=None):
    """The output of a mail program, which must succeed."""
    need(command[0])
    done = subprocess.run(command, input=input, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60)
    equal(done.returncode, 0, '%s: %r' % (command[0], done.stderr))
    return done.stdout


def test_curl():
    """curl --ssl-reqd"""
    mark = server.mark()
    out = client('curl', '-sS', '--ssl-reqd', '--cacert', server.pairs[0][0],
                 '-u', 'joe:secret', 'pop3://127.0.0.1:%d/1' %
                 server.ports[STLS])
    equal(out, wire(MAIL), 'message')
    logged(mark, 'TLSv1.3')


def test_fetchmail():
    """fetchmail with sslproto"""
    mark = server.mark()
    path = server.dir + '/fetchmailrc'
    with open(path, 'w') as f:
        f.write('poll localhost service %d proto pop3 user joe pass secret '
                'sslproto "TLS1.3" sslcertck sslcertfile "%s" keep\n'
                'mda "cat >%s/fetched"\n' %
                (server.ports[STLS], server.pairs[0][0], server.dir))
    os.chmod(path, 0o600)
    client('env', 'HOME=' + server.dir, 'fetchmail', '-f', path, '-i',
           server.dir + '/ids') if shutil.which('fetchmail') else \
        client('fetchmail')
    check(b'Subject: one' in open(server.dir + '/fetched', 'rb').read(),
          'not fetched')
    logged(mark, 'TLSv1.3')


def test_mpop():
    """mpop with tls_starttls"""
    mark = server.mark()
    path = server.dir + '/mpoprc'
    with open(path, 'w') as f:
        f.write('account a\nhost localhost\nport %d\nuser joe\n'
                'password secret\nauth user\ntls on\ntls_starttls on\n'
                'tls_trust_file %s\nkeep on\n'
                'delivery mbox %s/mpopped\nuidls_file %s/uidls\n' %
                (server.ports[STLS], server.pairs[0][0], server.dir,
                 server.dir))
    os.chmod(path, 0o600)
    client('mpop', '-C', path, 'a')
    check(b'Subject: one' in open(server.dir + '/mpopped', 'rb').read(),
          'not fetched')
    logged(mark, 'TLSv1.3')


main()

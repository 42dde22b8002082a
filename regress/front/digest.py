#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# once
"""APOP and CRAM-MD5 through nginx, which gets a ticket and no secret."""

import base64
import hashlib
import hmac
import os
import poplib
import re
import socket
import ssl
import sys
import time

from popdtest.cases import check, equal, main
from popdtest.client import Client
from popdtest.env import PATIENCE
from popdtest.server import Configured
from front import have_nginx, nginx

TLS, HTTP, NODE = range(3)

if not have_nginx():
    print('skip - APOP through nginx: no nginx with its mail module')
    sys.exit(0)

server = Configured(['tls', 'auth_http', 'cleartext proxy from 127.0.0.1'],
                    users={'joe': 'tanstaaf', 'ann': 'secret'}, start=False,
                    shared=True)
server['joe'].add(b'Subject: one\n\nbody\n')
server['joe'].hash = '{PLAIN}tanstaaf'
server.tables()
with open(server.dir + '/routes', 'w') as f:
    f.write('@ 127.0.0.1:%d\n' % server.ports[NODE])
os.chmod(server.dir + '/routes', 0o644)
if server.mode == 'user' and os.getuid() == 0:
    os.chown(server.dir + '/routes', server.uid, server.gid)
LINES = 'table routes file:@dir@/routes', 'route <routes>'
server.configure(server.text('offer apop', 'offer cram-md5', *LINES))
server.start()
first, PORTS = nginx(server, HTTP, 'plain apop cram-md5')


def cram(c, user, secret):
    challenge = base64.b64decode(c.cmd('AUTH CRAM-MD5')[2:])
    return c.cmd(base64.b64encode(b'%s %s' % (user.encode(), hmac.new(
        secret.encode(), challenge, 'md5').hexdigest().encode())).decode())


def pop3(source):
    return Client(('127.0.0.1', PORTS[0]), source=source,
                  cafile=server.pairs[0][0])


def ask(user, secret, when=0, name='mail.example.org', method='apop',
        number='1234'):
    """popd's answer to a request as nginx sends it."""
    salt = '<%s.%d@%s>' % (number, time.time() + when, name)
    digest = hashlib.md5((salt + secret).encode()).hexdigest()
    with socket.create_connection(('127.0.0.1', server.ports[HTTP])) as s:
        s.settimeout(PATIENCE)
        s.sendall(('GET / HTTP/1.0\r\nHost: x\r\nAuth-Method: %s\r\n'
                   'Auth-User: %s\r\nAuth-Pass: %s\r\nAuth-Salt: %s\r\n'
                   'Auth-Protocol: pop3\r\nAuth-Login-Attempt: 1\r\n'
                   'Client-IP: 127.0.30.9\r\n\r\n' %
                   (method, user, digest, salt)).encode())
        text = b''
        while True:
            more = s.recv(4096)
            if not more:
                break
            text += more
    check(len(text) <= 1024, text)
    return dict(line.split(': ', 1) for line in
                text.decode().split('\r\n')[1:] if line)


def test_login():
    """Both log in and get their mail"""
    mark = server.mark()
    context = ssl.create_default_context(cafile=server.pairs[0][0])
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    p = poplib.POP3_SSL('127.0.0.1', PORTS[0], context=context)
    p.apop('joe', 'tanstaaf')
    equal(p.stat()[0], 1, 'messages')
    p.quit()
    c = pop3('127.0.30.2')
    check(cram(c, 'joe', 'tanstaaf').startswith(b'+OK '), 'CRAM-MD5')
    equal(c.ok('STAT').split()[1], b'1', 'messages')
    c.quit()
    for source in '127.0.0.1', '127.0.30.2':
        server.wait_log(r'login session=\S+ user="joe" source=%s .*'
                        r'method=password$' % source.replace('.', r'\.'),
                        mark)


def test_wrong():
    """A wrong secret gets the same answer as a wrong PASS"""
    for i, (user, secret) in enumerate((('joe', 'wrong'), ('ann', 'secret'),
                                        ('nobody', 'x'))):
        c = pop3('127.0.31.%d' % (i + 1))
        equal(cram(c, user, secret),
              b'-ERR [AUTH] wrong user name or password', user)
        c.close()


def test_ticket():
    """A ticket is a password for one user, not the secret"""
    got = ask('joe', 'tanstaaf')
    equal(got['Auth-Status'], 'OK', 'status')
    ticket = got['Auth-Pass']
    check(re.fullmatch('popd-ticket-[0-9a-f-]+', ticket), ticket)
    server.login('joe', ticket).quit()
    for user, password in (('ann', ticket), ('joe', ticket[:-1]),
                           ('joe', ticket[:-1] + 'x')):
        c = server.connect(source='127.0.32.1')
        c.ok('USER ' + user)
        c.err('PASS ' + password, 'AUTH')
        c.close()
    check('tanstaaf' not in server.log() and ticket not in server.log(),
          'in the log')


def test_salt():
    """An old challenge, one of ours and none at all get no ticket"""
    for how in dict(when=-1000), dict(when=1000), dict(name='popd'), \
            dict(name='x' * 250), dict(number='x.y'):
        got = ask('joe', 'tanstaaf', **how)
        check(got['Auth-Status'] != 'OK' and 'Auth-Pass' not in got,
              (how, got))
    equal(ask('joe', 'tanstaaf', method='external')['Auth-Status'],
          '[AUTH] this login method is not supported', 'method')


def test_smtp():
    """For SMTP nginx takes the answer, too"""
    c = Client(('127.0.0.1', PORTS[4]), tls=False, source='127.0.30.5')
    c.line()
    c.send('EHLO x\r\n')
    while not c.line().startswith(b'250 '):
        pass
    c.send('AUTH CRAM-MD5\r\n')
    line = c.line()
    check(line.startswith(b'334 '), line)
    challenge = base64.b64decode(line[4:])
    c.send(base64.b64encode(b'joe ' + hmac.new(
        b'wrong', challenge, 'md5').hexdigest().encode()) + b'\r\n')
    equal(c.line(), b'535 5.7.8 wrong user name or password', 'SMTP')
    c.close()


def test_not_offered():
    """Without the words in popd.conf nginx is refused"""
    server.configure(server.text(*LINES))
    server.reload()
    equal(ask('joe', 'tanstaaf')['Auth-Status'],
          '[AUTH] this login method is not supported', 'apop')
    server.stop()


main()

#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# once
"""nginx and haproxy as in etc/, in front of popd: the address of the
client."""

import base64
import os
import re
import shutil
import signal
import sys
import time

from popdtest.cases import Failure, Skip, check, equal, main
from popdtest.client import Client
from popdtest.env import PATIENCE, SRC
from popdtest.server import Configured
from front import haproxy, have_nginx, nginx

TLS, HTTP, NODE = range(3)
PASSWORD = 'p% \xe4&+#'

if not have_nginx():
    print('skip - nginx before popd: no nginx with its mail module')
    sys.exit(0)

server = Configured(['tls', 'auth_http', 'cleartext proxy from 127.0.0.1'],
                    users={'joe': 'secret', 'odd@example.org': PASSWORD,
                           'lost': 'secret'}, start=False, shared=True)
server['joe'].add(b'Subject: one\n\nbody\n')
with open(server.dir + '/routes', 'w') as f:
    f.write('joe 127.0.0.1:%d\n@example.org 127.0.0.1:%d\n' %
            (server.ports[NODE], server.ports[NODE]))
server.configure(server.text('table routes file:@dir@/routes',
                             'route <routes>'))
os.chmod(server.dir + '/routes', 0o644)
if server.mode == 'user' and os.getuid() == 0:
    os.chown(server.dir + '/routes', server.uid, server.gid)
server.start()


first, PORTS = nginx(server, HTTP)


def pop3(source, port=None, tls=True):
    c = Client(('127.0.0.1', port or PORTS[0]), source=source, tls=tls,
               cafile=server.pairs[0][0])
    return c if tls else c.greet()


def test_login():
    """Logins with TLS and STLS; popd sees the client's address"""
    for i, kind in enumerate(('tls', 'stls')):
        source, mark = '127.0.20.%d' % (i + 1), server.mark()
        c = pop3(source, PORTS[i], kind == 'tls')
        if kind == 'stls':
            c.err('USER joe')
            c.ok('STLS')
            c.secure(greeting=False)
        c.login()
        equal(c.ok('STAT').split()[1], b'1', 'messages')
        c.quit()
        server.wait_log(r'login routed session=\S+ user="joe" source=%s '
                        r'protocol=pop3 to=127.0.0.1 port=%d proxy=127.0.0.1 '
                        r'tls="TLSv1.3" cipher="TLS_' %
                        (source, server.ports[NODE]), mark)
        server.wait_log(r'login session=\S+ user="joe" source=%s ' % source,
                        mark)
        server.wait_log(r'session end .*source=%s ' % source, mark)


def test_octets():
    """A password with octets that HTTP must escape"""
    c = pop3('127.0.20.3')
    c.ok('AUTH PLAIN ' + base64.b64encode(
        b'\0Odd@example.org\0' + PASSWORD.encode()).decode())
    c.quit()


def test_wrong():
    """Wrong passwords: the text, a retry, the third ends the connection"""
    mark = server.mark()
    c = pop3('127.0.20.4')
    for i in range(3):
        c.ok('USER joe')
        equal(c.cmd('PASS wrong'),
              b'-ERR [AUTH] wrong user name or password', 'answer')
    equal(c.closed(), b'', 'a fourth try')
    c = pop3('127.0.20.4')
    c.ok('USER lost')
    equal(c.cmd('PASS secret'),
          b'-ERR [SYS/PERM] no mailbox here, ask postmaster', 'answer')
    c.close()
    lines = [l for l in server.log(mark).splitlines() if 'login failed' in l]
    equal([re.sub(' session=[0-9.]+', '', l.split('popd: ')[1])
           for l in lines],
          ['login failed source=127.0.20.4 reason=password user="joe"'] * 3 +
          ['login failed source=127.0.20.4 reason=route user="lost"'],
          'lines')
    with open(os.path.join(SRC, 'etc', 'fail2ban.conf')) as f:
        regex = re.search('failregex = (.*)', f.read()).group(1)
    regex = regex.replace('%%', '%').replace('%(__prefix_line)s', 'popd: '). \
        replace('<ADDR>', '(?P<addr>[0-9.]+)')
    equal([m.group('addr') for m in (re.search(regex, l) for l in lines)
           if m], ['127.0.20.4'] * 3, 'what fail2ban finds')


def test_imap():
    """IMAP and SMTP get the error in their own syntax"""
    c = Client(('127.0.0.1', PORTS[3]), tls=False, source='127.0.20.5')
    c.line()
    c.send('a LOGIN joe wrong\r\n')
    equal(c.line(), b'a NO [AUTHENTICATIONFAILED] wrong user name or password',
          'IMAP')
    c.close()
    c = Client(('127.0.0.1', PORTS[4]), tls=False, source='127.0.20.6')
    c.line()
    c.send('EHLO x\r\n')
    while not c.line().startswith(b'250 '):
        pass
    c.send('AUTH PLAIN ' + base64.b64encode(b'\0joe\0wrong').decode() +
           '\r\n')
    equal(c.line(), b'535 5.7.8 wrong user name or password', 'SMTP')
    c.close()


def test_guesser():
    """A guesser behind nginx is delayed, others there are not"""
    for i in range(5):
        c = pop3('127.0.20.7')
        c.ok('USER joe')
        c.err('PASS guess%d' % i, 'AUTH')
        c.close()
    slow = pop3('127.0.20.7')
    slow.ok('USER joe')
    slow.send('PASS guess\r\n')
    c = pop3('127.0.20.8')
    c.login()
    c.quit()
    check(slow.recv(wait=False) is None, 'no delay')
    slow.close()


def test_popd_stops():
    """Without popd: a clear error; once it is back, logins work"""
    end = time.monotonic() + 2 * PATIENCE
    for pid, program, uid in server.children('lsnrpop'):
        os.kill(pid, signal.SIGKILL)
    server.expect_crash = True
    while True:
        try:
            c = pop3('127.0.20.9')
            c.login()
            c.quit()
            break
        except Failure as why:
            check(time.monotonic() < end, why)
            time.sleep(0.1)


def test_haproxy():
    """haproxy with two nginx; one dies, and logins go on"""
    if shutil.which('haproxy') is None:
        raise Skip('no haproxy')
    second, ports = nginx(server, HTTP)
    for how in ('send-proxy', 'send-proxy-v2'):
        front, port = haproxy(how, PORTS[2], ports[2])
        mark = server.mark()
        for i in range(4):
            source = '127.0.21.%d' % (i + 1)
            c = pop3(source, port)
            c.login()
            c.quit()
            server.wait_log(r'login routed .* source=%s .*tls="TLSv1.3"' %
                            source, mark)
            server.wait_log(r'login session=\S+ user="joe" source=%s ' %
                            source, mark)
        c = pop3('127.0.21.9', port)
        c.ok('USER joe')
        c.err('PASS wrong', 'AUTH')
        c.close()
        server.wait_log('login failed .* source=127.0.21.9 ', mark)
        if how == 'send-proxy':
            front.kill()
    second.kill()
    for i in range(6):
        c = pop3('127.0.21.%d' % (20 + i), port)
        c.login()
        c.quit()


main()

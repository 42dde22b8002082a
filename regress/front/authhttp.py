#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
"""Requests of nginx's mail module, octet by octet."""

import os
import signal
import socket
import time

from popdtest.cases import check, equal, main, short
from popdtest.host import free_port
from popdtest.process import kill_all
from popdtest.server import Configured
from popdtest.targets import pids_of

TLS, HTTP = range(2)
ROUTES = """\
joe			192.0.2.10
Ann@Example.ORG		192.0.2.11:1110, imap://[2001:db8::11]:1143
@example.org		[2001:db8::12], smtp://192.0.2.12:587
"""


def start(*lines, kinds=('tls', 'auth_http'), routes=ROUTES, **more):
    one = Configured(list(kinds), users={
        'joe': 'secret', 'ann@example.org': 'secret',
        'bob@example.org': 'secret', 'lost': 'secret', 'odd': 'p% \xe4&+#'},
        start=False, **more)
    path = one.dir + '/routes'
    with open(path, 'w') as f:
        f.write(routes)
    one.configure(one.text('table routes file:' + path, 'route <routes>',
                           *lines))
    if one.mode == 'user' and os.getuid() == 0:
        os.chown(path, one.uid, one.gid)
    return one.start()


def escape(text):
    """As nginx does."""
    if isinstance(text, str):
        text = text.encode()
    return b''.join(b'%%%02X' % c if c <= 32 or c == ord('%') else bytes([c])
                    for c in text)


def question(user='joe', password='secret', source='192.0.2.77',
             protocol='pop3', attempt=1, method='plain', more=b'', drop=()):
    """What nginx sends."""
    fields = [('Host', b'127.0.0.1'), ('Auth-Method', method.encode()),
              ('Auth-User', escape(user)), ('Auth-Pass', escape(password)),
              ('Auth-Protocol', protocol.encode()),
              ('Auth-Login-Attempt', b'%d' % attempt),
              ('Client-IP', source.encode())]
    return b'GET /auth HTTP/1.0\r\n' + b''.join(
        name.encode() + b': ' + value + b'\r\n'
        for name, value in fields if name not in drop) + more + b'\r\n'


def raw(one, octets, source=None, kind=HTTP):
    """The answer up to the end of the connection."""
    c = one.reach(kind, greeting=False, source=source)
    try:
        c.send(octets)
    except (BrokenPipeError, ConnectionResetError):
        pass
    return c.closed()


def answer(octets):
    """(status, {header: value}) as nginx sees it."""
    check(len(octets) <= 1024, '%d octets' % len(octets))
    check(octets.endswith(b'\r\n\r\n'), repr(octets))
    lines = octets[:-4].decode('latin-1').split('\r\n')
    check(lines[0].startswith('HTTP/1.0 '), lines[0])
    return lines[0][9:], dict(line.split(': ', 1) for line in lines[1:])


def ask(one, **how):
    return answer(raw(one, question(**how)))[1]


server = start(shared=True)


def test_routes():
    """A user, a domain and another protocol each have their server"""
    for user, protocol, address, port in (
            ('joe', 'pop3', '192.0.2.10', '110'),
            ('JOE', 'imap', '192.0.2.10', '143'),
            ('joe', 'smtp', '192.0.2.10', '25'),
            ('ann@example.org', 'pop3', '192.0.2.11', '1110'),
            ('ann@example.org', 'imap', '2001:db8::11', '1143'),
            ('bob@example.org', 'pop3', '2001:db8::12', '110'),
            ('bob@example.org', 'smtp', '192.0.2.12', '587')):
        mark = server.mark()
        got = ask(server, user=user, protocol=protocol)
        equal((got['Auth-Status'], got['Auth-Server'], got['Auth-Port'],
               got.get('Auth-User')), ('OK', address, port,
              'joe' if user == 'JOE' else None), user + ' ' + protocol)
        server.wait_log(r'login routed session=\d+\.\d+ user="%s" '
                        r'source=192.0.2.77 protocol=%s to=%s port=%s '
                        r'proxy=127.0.0.1 tls="none" cipher="none" sni=""$' %
                        (user.lower(), protocol, address, port), mark)
    check('login session=' not in server.log(), 'a session was opened')
    equal(server.stats()['logins', 'routed'], 7, 'routed')


def test_nowhere():
    """No route, or none for the protocol: one text and one line"""
    for user, protocol, text in (
            ('lost', 'pop3', '[SYS/PERM] no mailbox here, ask postmaster'),
            ('lost', 'imap', '[CONTACTADMIN] no mailbox here, '
             'ask postmaster'),
            ('ann@example.org', 'smtp', 'no mailbox here, ask postmaster')):
        mark = server.mark()
        got = ask(server, user=user, protocol=protocol)
        equal(got['Auth-Status'], text, user)
        check('Auth-Server' not in got, 'a server')
        server.wait_log('login failed .* reason=route user="%s"$' % user,
                        mark)
    equal(got['Auth-Error-Code'], '525 5.7.13', 'code for SMTP')


def test_wrong():
    """Wrong passwords: text, wait and the log line of the real client"""
    for user, password in (('joe', 'wrong'), ('nobody', 'secret')):
        for protocol, text in (('pop3', '[AUTH] '),
                               ('imap', '[AUTHENTICATIONFAILED] '),
                               ('smtp', '')):
            mark = server.mark()
            source = '2001:db8:%x::9' % mark
            got = ask(server, user=user, password=password, protocol=protocol,
                      source=source)
            equal(got['Auth-Status'], text + 'wrong user name or password',
                  'text')
            equal(got.get('Auth-Wait'), '1', 'wait')
            server.wait_log('login failed session=.* source=%s '
                            'reason=%s user="%s"$' % (
                                source, 'user' if user == 'nobody' else
                                'password', user), mark)
    equal(got['Auth-Error-Code'], '535 5.7.8', 'code for SMTP')
    check('Auth-Wait' not in ask(server, password='wrong', attempt=3),
          'a third attempt may be followed by another')


def test_escapes():
    """Every octet of a name and a password arrives"""
    equal(ask(server, user='odd', password='p% \xe4&+#')['Auth-Status'],
          '[SYS/PERM] no mailbox here, ask postmaster', 'escapes')
    for user, password in (('joe\0', 'secret'), ('joe', 'secret\0'),
                           ('', 'secret'), ('x' * 256, 'secret'),
                           ('joe', '\0' * 300), ('joe', 'x' * 4000)):
        got = ask(server, user=user, password=password)
        equal(got['Auth-Status'], '[AUTH] wrong user name or password',
              short(user))
    got = ask(server, user='\x01' * 255, password='\x02' * 255)
    equal(got['Auth-Status'], '[AUTH] wrong user name or password', 'longest')


def test_methods():
    """Methods other than a password are refused with a text"""
    for method in ('apop', 'cram-md5', 'external', 'none', 'x'):
        check(ask(server, method=method)['Auth-Status'].endswith(
            'this login method is not supported'), method)
    check(ask(server, method='none', protocol='smtp', drop=(
        'Auth-User', 'Auth-Pass'))['Auth-Status'] != 'OK', 'none')


def test_malformed():
    """Odd requests get a status and a text, and are logged once"""
    good = question()
    for octets, status in (
            (good.replace(b'GET', b'POST'), '405'),
            (b'USER joe\r\n\r\n', '405'), (b'\r\n', '405'),
            (b'GET / HTTP/1.0\r\n\r\n', '400'),
            (good.replace(b'HTTP/1.0', b'HTTP/9'), '400'),
            (good.replace(b'Host', b'Client-IP'), '400'),
            (good.replace(b'192.0.2.77', b'192.0.2.777'), '400'),
            (good.replace(b'192.0.2.77', b''), '400'),
            (good.replace(b': joe', b': jo%e'), '400'),
            (good.replace(b': joe', b': joe%4'), '400'),
            (good.replace(b': joe', b': jo\0e'), '400'),
            (good.replace(b': joe', b': jo\re'), '400'),
            (good.replace(b': pop3', b': pop4'), '400'),
            (good.replace(b'Host: ', b'Host '), '400'),
            (good.replace(b'Host: ', b' Host: '), '400'),
            (good.replace(b'Attempt: 1', b'Attempt: -1'), '400'),
            (b'GET /' + b'x' * 5000 + b' HTTP/1.0\r\n\r\n', '400'),
            (question(more=b'X: y\r\n' * 20000), '431'),
            (question(more=b'X: ' + b'y' * 100000 + b'\r\n'), '431')) + \
            tuple((question(drop=(name,)), '400') for name in (
                'Auth-Method', 'Auth-User', 'Auth-Pass', 'Auth-Protocol',
                'Client-IP')):
        got, fields = answer(raw(server, octets))
        equal(got[:3], status, short(octets))
        equal(fields['Auth-Status'],
              '[SYS/TEMP] malformed request', short(octets))
    lines = server.log().count('auth-http-refused')
    check(1 <= lines <= len(server.children('lsnrpop')), '%d lines' % lines)
    got = ask(server, more=b'auth-ssl-cert: ' + b'x' * 9000 + b'\r\n')
    equal(got['Auth-Status'], 'OK', 'a long header')


def test_pieces():
    """One octet at a time, LF alone, other headers and cases, a body"""
    c = server.reach(HTTP, greeting=False)
    octets = question(more=b'X-Key: a: b\r\nAuth-SSL: on\r\n'
                      b'auth-ssl-PROTOCOL: TLSv1.3\r\n'
                      b'Auth-SSL-Cipher: x" source=1.2.3.4\r\n')
    mark = server.mark()
    for i in range(len(octets)):
        c.send(octets[i:i + 1])
    equal(answer(c.closed())[1]['Auth-Status'], 'OK', 'octet by octet')
    line = server.wait_log('login routed .*', mark).group(0)
    check('tls="TLSv1.3"' in line and ' source=1.2.3.4' not in line, line)
    octets = question().replace(b'\r\n', b'\n') + b'body' * 1000
    equal(answer(raw(server, octets))[1]['Auth-Status'], 'OK', 'body')
    c = server.reach(HTTP, greeting=False)
    c.send(question()[:-2])
    c.sock.shutdown(socket.SHUT_WR)
    equal(c.closed(), b'', 'half a question')


def test_gives_up():
    """A proxy that closes has given up: its place in the queue is free"""
    one = start()
    for pid in pids_of(one, 'authpop'):
        os.kill(pid, signal.SIGSTOP)
    mark = one.mark()
    c = one.reach(HTTP, greeting=False)
    c.send(question())
    c.close()
    one.wait_log('connection end source=192.0.2.77 ', mark)
    for pid in pids_of(one, 'authpop'):
        os.kill(pid, signal.SIGCONT)
    equal(ask(one)['Auth-Status'], 'OK', 'the next')
    equal(one.log(mark).count('login routed'), 1, 'answers')


def test_slow():
    """Half a request gets one answer when its time is over"""
    one = start('timeout login 2s')
    c = one.reach(HTTP, greeting=False)
    c.send(question()[:-2])
    equal(ask(one)['Auth-Status'], 'OK', 'another')
    equal(answer(c.closed())[1]['Auth-Status'],
          'timed out waiting for a login', 'text')
    one.wait_log('login-timeout count=1 last=127.0.0.1 ')


def test_strangers():
    """Only proxies that are named may ask and name clients"""
    one = start(kinds=('tls', 'auth_http from { 127.0.0.2, 127.1.0.0/16 }'))
    equal(raw(one, question()), b'', 'answer')
    one.wait_log('proxy-refused count=1 last=127.0.0.1 ')
    for source in ('127.0.0.2', '127.1.2.3'):
        check(b'OK' in raw(one, question(), source=source), source)
    one.wait_log('proxy=127.1.2.3 ')
    check(b'OK' in raw(server, question(), source='127.0.0.9'), 'loopback')


def test_unix_client():
    """A client on a Unix socket has its proxy's address"""
    mark = server.mark()
    equal(ask(server, source='unix:')['Auth-Status'], 'OK', 'answer')
    server.wait_log('login routed .* source=127.0.0.1 ', mark)


def test_many():
    """A thousand silent connections keep no other waiting"""
    idle = []
    for i in range(1000):
        s = socket.create_connection(('127.0.0.1', server.ports[HTTP]))
        s.sendall(b'GET /')
        idle.append(s)
    equal(ask(server)['Auth-Status'], 'OK', 'a question')
    server.login().quit()
    for s in idle:
        s.close()


def test_guesser():
    """A guesser behind the proxy is delayed, its other users are not"""
    for i in range(6):
        ask(server, password='wrong%d' % i, source='198.51.100.1')
    slow = server.reach(HTTP, greeting=False)
    slow.send(question(source='198.51.100.1', user='bob@example.org',
                       password='guess'))
    equal(ask(server, source='203.0.113.5')['Auth-Status'], 'OK', 'other')
    check(slow.recv(wait=False) is None, 'no delay')
    check(b'[AUTH]' in slow.closed(), 'answer')
    rows = server.rows('show', 'sources')
    check([r for r in rows if r.get('source') == '198.51.100.1'],
          'popctl show sources: %s' % rows)


def test_locked():
    """A user locked with popctl has no route"""
    equal(server.popctl('lock', 'bob@example.org')[0], 0, 'popctl lock')
    equal(ask(server, user='bob@example.org')['Auth-Status'],
          '[SYS/PERM] account is locked, ask postmaster', 'text')
    equal(server.popctl('unlock', 'bob@example.org')[0], 0, 'popctl unlock')
    equal(ask(server, user='bob@example.org')['Auth-Status'], 'OK', 'text')


def test_login_delay():
    """A route does not count as a login for login-delay"""
    one = start('login-delay 1h')
    for i in range(5):
        equal(ask(one)['Auth-Status'], 'OK', 'route %d' % i)
    one.login().quit()


def test_limit():
    """limit per source counts the client, not the proxy"""
    one = start('limit per source 2')
    for pid in pids_of(one, 'authpop'):
        os.kill(pid, signal.SIGSTOP)
    # Each listener counts for itself.
    many = 2 * len(one.children('lsnrpop')) + 1
    waiting = [one.reach(HTTP, greeting=False) for i in range(2 * many)]
    for i, c in enumerate(waiting):
        c.send(question(source='192.0.2.%d' % (1 if i < many else i)))
    one.wait_log('connections-refused count=1 last=192.0.2.1 ')
    for pid in pids_of(one, 'authpop'):
        os.kill(pid, signal.SIGCONT)
    said = [answer(c.closed())[1]['Auth-Status'] for c in waiting]
    check('[SYS/TEMP] too many connections from your address' in said[:many],
          said)
    equal(said[many:], ['OK'] * many, 'others')


def test_no_authpop():
    """Without authpop the answer is [SYS/TEMP]"""
    one = start()
    one.expect_crash = True
    for pid in pids_of(one, 'authpop'):
        os.kill(pid, signal.SIGSTOP)
    c = one.reach(HTTP, greeting=False)
    c.send(question())
    time.sleep(0.1)
    kill_all(pids_of(one, 'authpop'))
    equal(answer(c.closed())[1]['Auth-Status'], '[SYS/TEMP] cannot log in '
          'now, try again later', 'text')


def test_stop():
    """popd stops: waiting clients are told"""
    one = start()
    c = one.reach(HTTP, greeting=False)
    c.send(b'GET / HTTP/1.0\r\n')
    one.stop()
    check(b'shutting down' in c.closed(), 'text')


def test_reload():
    """A bad table of routes changes nothing, a new one works at once"""
    path = server.dir + '/routes'
    with open(path) as f:
        before = f.read()
    for value in ('mail.example.org', '192.0.2.1:0', '192.0.2.1:65536',
                  '[192.0.2.1', 'http://192.0.2.1', '192.0.2.1,',
                  '192.0.2.1 192.0.2.2', '192.0.2.1, 192.0.2.2',
                  'pop3://192.0.2.1, 192.0.2.2:110', '2001:db8::1]:110'):
        with open(path, 'w') as f:
            f.write('joe\t%s\n' % value)
        mark = server.mark()
        os.kill(server.pid, signal.SIGHUP)
        server.wait_log('configuration not changed: %s:1: ' % path, mark)
    equal(ask(server)['Auth-Server'], '192.0.2.10', 'server')
    with open(path, 'w') as f:
        f.write(before + '@\t192.0.2.99\n')
    mark = server.mark()
    server.reload()
    server.wait_log('configuration reloaded', mark)
    equal(ask(server, user='lost')['Auth-Server'], '192.0.2.99', 'server')


def test_conf():
    """Errors in popd.conf"""
    for kinds, lines, want in (
            (('tls', 'auth_http tls'), ('route <routes>',),
             'auth_http takes only a port and from'),
            (('tls', 'from 127.0.0.1 auth_http'), ('route <routes>',),
             'from needs auth_http or proxy before it'),
            (('tls', 'auth_http'), (), 'auth_http needs a route'),
            (('tls', 'auth_http'), ('route <other>',),
             'table other is not defined')):
        one = Configured(list(kinds), start=False)
        with open(one.dir + '/routes', 'w') as f:
            f.write(ROUTES)
        one.configure(one.text('table routes file:%s/routes' % one.dir,
                               *lines))
        status, output = one.run('-n')
        check(status == 1 and want in output, output)
    one = Configured(['tls'], 'table routes file:%s/routes' % one.dir,
                     'route <routes>', 'listen on 0.0.0.0 port %d auth_http' %
                     free_port(), start=False)
    status, output = one.run('-n')
    check(status == 1 and 'auth_http needs from' in output, output)


main()

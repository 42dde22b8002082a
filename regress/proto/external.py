#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Client certificates: connections accepted, and users of SASL EXTERNAL."""

import base64
import os
import signal
import socket
import ssl

from popdtest.ca import Authority, pki
from popdtest.cases import Failure, check, equal, main
from popdtest.env import PATIENCE, WORK
from popdtest.host import free_port
from popdtest.server import Server

ca, persons = Authority(), Authority('persons')
strangers = Authority('strangers')
pair = ca.issue('localhost')
PEOPLE = {
    'joe': persons.issue('joe', 'email:Joe@example.org'),
    'laptop': persons.issue('laptop', 'DNS:laptop.example'),
    'nobody': persons.issue('nobody', 'email:nobody@example.org'),
    'twice': persons.issue('twice', 'email:joe@example.org,email:a@b.c'),
    'stranger': strangers.issue('joe', 'email:joe@example.org'),
}
verified, stls = free_port(), free_port()
certtab = os.path.join(WORK, 'certificates')


def table(text):
    with open(certtab, 'w') as f:
        f.write(text)
    os.chmod(certtab, 0o644)


table('joe@example.org joe\nlaptop ann\nx y\n')
CONF = pki(('localhost', pair)) + '''
table certs file:%s
ca persons cert "%s"
listen on 127.0.0.1 port @port@ tls
listen on 127.0.0.1 port %d tls verify persons protocols "tlsv1.2"
listen on 127.0.0.1 port %d starttls verify persons
''' % (certtab, persons.cert, verified, stls)
server = Server(shared=True, pairs=[pair],
                users={'joe': 'secret', 'ann': 'secret'},
                conf=CONF + 'certificates <certs>\n')


class Visit:
    """A connection with a certificate, greeted."""

    def __init__(self, who, port=None, version=None):
        ctx = ssl.create_default_context(cafile=ca.cert)
        if who:
            ctx.load_cert_chain(*PEOPLE[who])
        if version:
            ctx.maximum_version = version
        self.sock = socket.create_connection(
            ('127.0.0.1', port or verified), PATIENCE)
        if port == stls:
            self.file = self.sock.makefile('rwb')
            self.line()
            self.capa = self.lines('CAPA')
            check(not [l for l in self.capa if 'SASL' in l], self.capa)
            self.say('STLS')
        self.sock = ctx.wrap_socket(self.sock, server_hostname='localhost')
        self.file = self.sock.makefile('rwb')
        if port != stls:
            self.line()

    def line(self):
        text = self.file.readline().decode().rstrip('\r\n')
        check(text, 'the connection is closed')
        return text

    def say(self, text, want='+'):
        self.file.write(text.encode() + b'\r\n')
        self.file.flush()
        answer = self.line()
        check(answer.startswith(want), '%s: %s' % (text, answer))
        return answer

    def lines(self, text):
        self.say(text)
        out = []
        while (line := self.line()) != '.':
            out.append(line)
        return out

    def mechanisms(self):
        return [l for l in self.lines('CAPA') if 'SASL' in l]

    def close(self):
        self.file.close()
        self.sock.close()


def b64(text):
    return base64.b64encode(text.encode()).decode() or '='


def logged_in(visit, mark, user, name):
    visit.say('STAT', '+OK')
    line = server.wait_log(r'login session=.*', mark).group()
    check('user="%s"' % user in line and line.endswith(
        'method=external certificate="%s"' % name), line)
    visit.say('QUIT')
    visit.close()
    server.wait_log('session end', mark)


def test_verify():
    """Only clients with a certificate of the authority are let in"""
    for who in (None, 'stranger'):
        for version in (ssl.TLSVersion.TLSv1_2, None):
            try:
                Visit(who, version=version)
            except (OSError, Failure):
                continue
            raise Failure('%s came in' % who)
    Visit('nobody').close()


def test_offered():
    """CAPA and AUTH list EXTERNAL only if the client can use it"""
    for who, want in (('joe', True), ('laptop', True), ('nobody', True),
                      ('twice', False)):
        v = Visit(who)
        equal(v.mechanisms(), ['SASL PLAIN' + ' EXTERNAL' * want], who)
        equal('EXTERNAL' in v.lines('AUTH'), want, who)
        if not want:
            v.say('AUTH EXTERNAL =', '-ERR')
        v.close()
    v = Visit('joe', server.port)
    equal(v.mechanisms(), ['SASL PLAIN'], 'without verify')
    v.say('AUTH EXTERNAL =', '-ERR')
    v.close()


def test_login():
    """A certificate logs in the user that the table names"""
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        for who, user, name, asked in (
                ('joe', 'joe', 'joe@example.org', ''),
                ('joe', 'joe', 'joe@example.org', 'JOE'),
                ('laptop', 'ann', 'laptop', 'ann')):
            v, mark = Visit(who, version=version), server.mark()
            v.say('AUTH EXTERNAL ' + b64(asked), '+OK')
            logged_in(v, mark, user, name)


def test_two_steps():
    """The response may follow the server's +, and may be empty"""
    for response in ('', b64('joe')):
        v, mark = Visit('joe'), server.mark()
        equal(v.say('AUTH external'), '+ ', 'challenge')
        v.say(response, '+OK')
        logged_in(v, mark, 'joe', 'joe@example.org')


def test_stls():
    """The same after STLS, and not before"""
    v, mark = Visit('joe', stls), server.mark()
    equal(v.mechanisms(), ['SASL PLAIN EXTERNAL'], 'mechanisms')
    v.say('AUTH EXTERNAL =', '+OK')
    logged_in(v, mark, 'joe', 'joe@example.org')


def test_refused():
    """No certificate logs in as another user, or without a line"""
    for who, asked, name in (('joe', 'ann', 'joe@example.org'),
                             ('nobody', '', 'nobody@example.org'),
                             ('nobody', 'joe', 'nobody@example.org')):
        v, mark = Visit(who), server.mark()
        v.say('AUTH EXTERNAL ' + b64(asked), '-ERR [AUTH]')
        line = server.wait_log(r'login failed session=.*', mark).group()
        check('reason=certificate user="%s"' % name in line, line)
        v.close()
    v = Visit('joe')
    for bad in ('x', 'am9', b64('a\0b'), b64('a\nb'), b64('x' * 256)):
        v.say('AUTH EXTERNAL ' + bad, '-ERR')
    v.say('AUTH EXTERNAL')
    v.say('*', '-ERR')
    v.say('AUTH EXTERNAL =', '+OK')
    v.close()
    server.no_workers()


def test_password():
    """Passwords still work"""
    v, mark = Visit('joe'), server.mark()
    v.say('USER ann')
    v.say('PASS secret', '+OK')
    line = server.wait_log(r'login session=.*', mark).group()
    check('user="ann"' in line and 'method=password' in line, line)
    v.close()
    server.no_workers()


def test_failures():
    """Refused certificates count like refused passwords"""
    v = Visit('nobody')
    for i in range(3):
        v.say('AUTH EXTERNAL =', '-ERR [AUTH]')
    try:
        v.say('NOOP', '')
    except (Failure, OSError):
        return
    raise Failure('the connection stays open')


def test_reload():
    """A reload uses a new table, and refuses a bad one"""
    table('joe@example.org ann\n')
    server.reload()
    v, mark = Visit('joe'), server.mark()
    v.say('AUTH EXTERNAL =', '+OK')
    logged_in(v, mark, 'ann', 'joe@example.org')
    table('joe@example.org\n')
    mark = server.mark()
    os.kill(server.pid, signal.SIGHUP)
    server.wait_log(r'not changed: .*:1: ', mark)
    table('joe@example.org joe\n')


def test_without_table():
    """Without `certificates' there is no EXTERNAL"""
    server.configure(CONF)
    server.reload()
    v = Visit('joe')
    equal(v.mechanisms(), ['SASL PLAIN'], 'mechanisms')
    v.say('AUTH EXTERNAL =', '-ERR')
    v.close()


main()

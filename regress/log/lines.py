#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""The log: a line at login, at the end of each session, for each failed
login."""

import os
import re

from popdtest.cases import check, equal, main
from popdtest.client import Client
from popdtest.env import UID2
from popdtest.mail import wire
from popdtest.password import plain
from popdtest.server import Server

server = Server(users={'joe': 'secret', 'ann@example.org': 'secret'},
                shared=True)

SESSION = r'session=\d+\.\d+'
QUOTED = r'"[A-Za-z0-9@._+/%-]*"'
FAILED = (r'login failed ' + SESSION + r' source=[0-9a-f.:]+ '
          r'reason=[a-z-]+ user=' + QUOTED + r'$')
LOGIN = (r'login ' + SESSION + ' user=' + QUOTED + r' source=[0-9a-f.:]+ '
         r'tls=' + QUOTED + ' cipher=' + QUOTED + ' sni=' + QUOTED +
         r' port=\d+ local=[0-9a-f.:]+ localport=\d+ worker=\d+ '
         r'queued=\d+\.\d{3} delayed=\d+\.\d{3} method=password$')
END = (r'session end ' + SESSION + ' user=' + QUOTED +
       r' source=[0-9a-f.:]+ tls=' + QUOTED + ' cipher=' + QUOTED +
       ' sni=' + QUOTED +
       r' moved=\d+ retrieved=\d+ octets=\d+ top=\d+ deleted=\d+ expired=\d+ '
       r'kept=\d+ left=\d+ lock=\d+\.\d{3} seconds=\d+\.\d+ '
       r'reason=[a-z-]+$')


def field(line, name):
    match = re.search(r'\b%s=(\S+)' % name, line)
    check(match, 'no %s in %s' % (name, line))
    return match.group(1).strip('"')


def ended(mark):
    return server.wait_log(r'session end .*', mark).group()


def test_session():
    """Login and end of a session, with the right numbers"""
    box = server['joe']
    mail = [b'Subject: %d\n\n%s\n' % (i, b'x' * i * 10) for i in range(5)]
    for data in mail:
        box.add(data)
    mark = server.mark()
    c = server.login()
    line = server.wait_log(r'login session=.*', mark).group()
    check(re.search(LOGIN, line), line)
    equal(field(line, 'user'), 'joe', 'user')
    equal(field(line, 'source'), '127.0.0.1', 'source')
    equal(field(line, 'port'), str(c.sock.getsockname()[1]), 'port')
    equal(field(line, 'local'), '127.0.0.1', 'local')
    equal(field(line, 'localport'), str(server.port), 'localport')
    equal(field(line, 'worker'), str(server.worker()), 'worker')
    c.retr(1)
    c.retr(2)
    c.top(3, 1)
    c.ok('DELE 1')
    c.quit()
    end = ended(mark)
    check(re.search(END, end), end)
    equal(field(end, 'session'), field(line, 'session'), 'session')
    equal(field(end, 'user'), 'joe', 'user')
    equal(field(end, 'retrieved'), '2', 'retrieved')
    equal(field(end, 'octets'), str(len(wire(mail[0])) + len(wire(mail[1]))),
          'octets')
    equal(field(end, 'top'), '1', 'top')
    equal(field(end, 'deleted'), '1', 'deleted')
    equal(field(end, 'expired'), '0', 'expired')
    equal(field(end, 'left'), '4', 'left')
    equal(field(end, 'reason'), 'quit', 'reason')


def test_without_quit():
    """An end without QUIT: nothing deleted, another reason"""
    mark = server.mark()
    c = server.login()
    c.ok('DELE 1')
    c.close()
    end = ended(mark)
    equal(field(end, 'deleted'), '0', 'deleted')
    equal(field(end, 'left'), '4', 'left')
    check(field(end, 'reason') != 'quit', end)


def test_sessions_differ():
    """No session id is used twice"""
    mark = server.mark()
    for i in range(10):
        c = server.login()
        c.quit()
    server.no_workers()
    ids = re.findall(r' login (session=\S+)', server.log(mark))
    equal(len(ids), 10, 'logins')
    equal(len(set(ids)), 10, 'different ids: %s' % ids)


def test_failed():
    """The frozen form of a failed login"""
    mark = server.mark()
    c = server.connect()
    c.ok('USER ANN@example.org')
    c.err('PASS wrong', 'AUTH')
    c.close()
    line = server.wait_log(r'login failed .*', mark).group()
    check(re.search(FAILED, line), line)
    equal(field(line, 'reason'), 'password', 'reason')
    equal(field(line, 'source'), '127.0.0.1', 'source')
    equal(field(line, 'user').lower(), 'ann@example.org', 'user')
    mark = server.mark()
    c = server.connect()
    c.err('AUTH PLAIN ' + plain('', 'nobody', 'x'), 'AUTH')
    c.close()
    line = server.wait_log(r'login failed .*', mark).group()
    check(re.search(FAILED, line), line)
    equal(field(line, 'reason'), 'user', 'reason')


def test_kept_out():
    """Whatever keeps a user out is in the log"""
    s = Server({'joe': 'secret', 'ann': 'apple'}, verbose=0)
    s.user('lost', usertab=False)
    s.user('none', maildir=False)
    s.user('odd', hash='$9$x')
    # Beside a directory that they may not search.
    os.makedirs(s.home + '/shut/dark/new')
    s.user('dark', path=s.home + '/shut/dark', maildir=False)
    os.chmod(s.home + '/shut', 0o600)
    if s.mode == 'root':
        s.user('foreign')
        os.chown(s['foreign'].path, UID2, UID2)
    s.tables()
    s.reload()
    busy = s.login('ann')
    equal(s.popctl('lock', 'joe')[0], 0, 'lock')
    for user, password, why in (
            ('joe', 'wrong', 'reason=password user="joe"'),
            ('joe', 'secret', 'reason=locked user="joe"'),
            ('zed', 'x', 'reason=user user="zed"'),
            ('lost', 'secret', 'reason=usertab user="lost"'),
            ('odd', 'secret', 'reason=hash user="odd"'),
            ('none', 'secret', 'maildir .*: No such file'),
            ('dark', 'secret', 'shut may not be searched'),
            ('ann', 'apple', 'maildir: open in another session')) + (
            (('foreign', 'secret', r'foreign\d: cannot be opened'),)
            if s.mode == 'root' else ()):
        mark = s.mark()
        c = s.connect()
        c.ok('USER ' + user)
        c.err('PASS ' + password)
        c.close()
        s.wait_log(why, mark)
    busy.quit()
    s.stop()


FORGED = [
    b'x" reason=password user="joe',
    b'joe"',
    b"joe'",
    b'joe\\',
    b'%s%n%x',
    b'joe%22',
    b'\xff\xfe\x80',
    b'\xc3\xa4\xe2\x80\xa8\xc2\x85',
    b'a=b,c;d',
    b'[client',
]
CONTROL = [b'joe\nlogin session=9.9 user="root"', b'joe\rx', b'\x1b[2Jx',
           b'\x01\x02\x7f', b'joe\tx', b'a b']


def test_forged():
    """A user name cannot forge a line or a field"""
    for i, name in enumerate(FORGED + CONTROL):
        mark = server.mark()
        source = '127.0.12.%d' % (i + 1)
        c = server.connect(source=source)
        # By AUTH, where a name may hold any octet but NUL.
        reply = c.cmd('AUTH PLAIN ' + plain('', name, 'x'))
        check(reply.startswith(b'-ERR'), repr(reply))
        c.close()
        if reply.startswith(b'-ERR [AUTH]'):
            line = server.wait_log(r'login failed .*', mark).group()
            check(re.search(FAILED, line), line)
            equal(len(re.findall('user=', line)), 1, line)
            equal(field(line, 'source'), source, 'source')
        for line in server.log(mark).splitlines():
            check(line.startswith('popd: '), 'forged line: %r' % line)
            check(re.fullmatch(r'[ -~]*', line), 'control: %r' % line)


def test_long_name():
    """A name of 255 octets that all need quoting is logged in full"""
    mark = server.mark()
    c = server.connect()
    c.ok(b'USER ' + b'\xff' * 255)
    c.err('PASS wrong', 'AUTH')
    c.close()
    line = server.wait_log(r'login failed .*', mark).group()
    check(re.search(FAILED, line), line)
    equal(field(line, 'user').upper(), '%FF' * 255, 'user')


def test_handshakes():
    """Failed handshakes are logged at a limited rate, without octets"""
    mark = server.mark()
    for i in range(100):
        c = Client(('127.0.0.1', server.port), tls=False)
        c.send_raw(b'CANARY-OCTETS\r\n' * 3)
        try:
            c.sock.recv(100)
        except OSError:
            pass
        c.close()
    server.wait_log(r'(?i)handshake', mark)
    server.ready()
    lines = [l for l in server.log(mark).splitlines() if 'tls-failed' in l]
    check(lines, 'no line')
    check(len(lines) <= 10, '%d lines for 100 handshakes' % len(lines))
    check('CANARY' not in server.log(mark), 'octets of a client in the log')


def test_stop():
    """A session that ends with popd has its line"""
    mark = server.mark()
    c = server.login()
    c.ok('DELE 1')
    server.stop()
    end = ended(mark)
    check(re.search(END, end), end)
    equal(field(end, 'deleted'), '0', 'deleted')
    equal(field(end, 'reason'), 'shutdown', 'reason')
    server.start()


main()

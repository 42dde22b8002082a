#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# once
"""Routes from a table process."""

import json
import os
import shutil
import time

from popdtest.cases import Failure, Skip, check, equal, main
from popdtest.env import PATIENCE, SRC, WORK
from popdtest.host import have_account, why_not_root
from popdtest.server import Configured

HTTP = 1


class Routes:
    """A table process with routes, and a popd that asks it."""

    def __init__(self, routes, offers='alias userinfo'):
        if why_not_root() is None and \
                None in map(have_account, ('_poplook', '_poptab')):
            raise Skip('needs the accounts _poplook and _poptab')
        self.dir = os.path.join(WORK, '%d-routes' % os.getpid())
        shutil.rmtree(self.dir, ignore_errors=True)
        os.mkdir(self.dir, 0o755)
        program = WORK + '/table-routes'
        shutil.copy(SRC + '/regress/popdtest/tableprog.py', program)
        os.chmod(program, 0o755)
        self.put('users', json.dumps({k: [None, None, None, v]
                                      for k, v in routes.items()}))
        self.put('offers', offers)
        self.put('mode', 'normal')
        for name in ('asked', 'pids'):
            self.put(name, '')
        self.server = Configured(
            ['tls', 'auth_http'], start=False, users={'here': 'secret'})
        for name in ('joe', 'ann@example.org', 'bob@example.org', 'lost@x'):
            self.server.user(name, usertab=False)
        self.server.tables()
        # Not a path: popd would complain about its mode.
        self.server.configure(self.server.text(
            'table homes file:@usertab@',
            'table routes "proc:%s:.%s"' % (program, self.dir),
            'userbase <homes> <routes>', 'route <routes>'))
        self.server.start()

    def put(self, name, text):
        path = self.dir + '/' + name
        with open(path + '.new', 'w') as f:
            f.write(text)
        if why_not_root() is None:
            pw = have_account('_poptab')
            os.chown(path + '.new', pw.pw_uid, pw.pw_gid)
            os.chown(self.dir, pw.pw_uid, pw.pw_gid)
        os.rename(path + '.new', path)

    def asked(self):
        with open(self.dir + '/asked') as f:
            return f.read().splitlines()

    def ask(self, user, protocol='pop3', password='secret'):
        """The fields of the answer."""
        c = self.server.reach(HTTP, greeting=False)
        c.send(b'GET / HTTP/1.0\r\nAuth-Method: plain\r\nAuth-User: %s\r\n'
               b'Auth-Pass: %s\r\nAuth-Protocol: %s\r\nClient-IP: 192.0.2.7'
               b'\r\n\r\n' % (user.encode(), password.encode(),
                              protocol.encode()))
        lines = c.closed().split(b'\r\n')[1:]
        return dict(line.decode().split(': ', 1) for line in lines if line)

    def goes(self, user, host, port, protocol='pop3'):
        got = self.ask(user, protocol)
        equal((got['Auth-Status'], got.get('Auth-Server'),
               got.get('Auth-Port')), ('OK', host, str(port)), user)

    def temp(self, user):
        got = self.ask(user)
        check(got['Auth-Status'].startswith('[SYS/TEMP]'), got)
        check('Auth-Server' not in got, got)


def test_routes():
    """user, @domain and @ are looked up in this order"""
    r = Routes({'joe': '192.0.2.1, imap://192.0.2.2:1143',
                '@example.org': '[2001:db8::1]:1110',
                'bob@example.org': '192.0.2.3'})
    r.goes('joe', '192.0.2.1', 110)
    r.goes('JOE', '192.0.2.2', 1143, 'imap')
    r.goes('bob@example.org', '192.0.2.3', 110)
    r.goes('ann@example.org', '2001:db8::1', 1110)
    equal(r.asked(), ['alias joe'] * 2 + [
        'alias bob@example.org', 'alias ann@example.org',
        'alias @example.org'], 'questions')
    # A port is POP3's alone; and one who is nowhere.
    for user, protocol in (('ann@example.org', 'imap'), ('lost@x', 'pop3')):
        check('Auth-Server' not in r.ask(user, protocol), user)
        r.server.wait_log('reason=route user="%s"' % user)
    equal(r.asked()[-3:], ['alias lost@x', 'alias @x', 'alias @'], 'asked')
    # No question before the password was right.
    n = len(r.asked())
    check('Auth-Server' not in r.ask('joe', password='wrong'), 'wrong')
    equal(len(r.asked()), n, 'questions')
    c = r.server.login('here')
    c.ok('QUIT')
    c.close()
    equal(len(r.asked()), n, 'questions of a session')
    r.server.stop()


def test_others():
    """No route for a user of a file, whatever the table says of all"""
    r = Routes({'@': '192.0.2.66', 'here': '192.0.2.66'})
    r.goes('joe', '192.0.2.66', 110)
    n = len(r.asked())
    check('Auth-Server' not in r.ask('here'), 'routed')
    r.server.wait_log('reason=route user="here"')
    equal(len(r.asked()), n, 'questions')
    r.server.stop()


def test_nowhere():
    """A route to nowhere: one clear line and [SYS/TEMP] for its users"""
    r = Routes({'joe': '192.0.2.1:0', 'ann@example.org': '',
                'bob@example.org': 'mail.example.org', '@': '192.0.2.9'})
    for user, why in (('joe', 'the port of a server must be'),
                      ('ann@example.org', 'a server is missing'),
                      ('bob@example.org', 'must be a numeric address')):
        mark = r.server.mark()
        r.temp(user)
        r.server.wait_log('bad route of "%s": .*%s' %
                          (user, why))
        equal(r.server.log(mark).count('bad route'), 1, 'lines')
        r.goes('lost@x', '192.0.2.9', 110)
    r.server.stop()


def test_sick():
    """A table that fails, dies, lies or hangs: [SYS/TEMP] until it recovers"""
    r = Routes({'@': '192.0.2.9'})
    r.server.expect_crash = True
    for mode in ('error', 'die', 'garbage', 'wrong', 'hang'):
        r.put('mode', mode)
        r.temp('joe')
        r.put('mode', 'normal')
        # Users who do not need it get a session.
        c = r.server.login('here')
        c.ok('QUIT')
        c.close()
        end = time.monotonic() + 2 * PATIENCE
        while mode != 'hang' and 'Auth-Server' not in r.ask('joe'):
            check(time.monotonic() < end, 'it stays away after ' + mode)
            time.sleep(0.1)
    r.server.stop()


def test_offers():
    """A table that does not offer alias is refused at start"""
    try:
        Routes({}, offers='credentials userinfo')
    except Failure as why:
        check('table routes: does not offer alias' in str(why), why)
    else:
        raise Failure('it was taken')


main()

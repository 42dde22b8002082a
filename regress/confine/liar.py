#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# timeout: 240
# once
"""A listener or a tabpop that lies is ended itself, not the process that
passed its lie on."""

import os
import re
import signal
import time

from popdtest.cases import Failure, check, equal, insist, main
from popdtest.env import PATIENCE
from popdtest.host import free_port
from popdtest.hostile import (CHANNEL, Listener, auth_ok, check_password,
                              conf_bad, grant, log_line, looked, pid_of, say,
                              socket_to, table_server, userinfo_is, want)
from popdtest.inject import tool
from popdtest.process import alive
from popdtest.server import Server
from popdtest.table import Table, account, server_with

USERS = {'joe': 'secret', 'ann': 'secret'}
ROLES = ('lsnrpop', 'keypop', 'authpop', 'hashpop', 'tabpop', 'lmtppop')


def long_living(server):
    return {p: n for p, n, u in server.children()
            if n not in ('wrkrpop', 'popd')}


def works(server, within=PATIENCE, user='joe', password='secret'):
    end = time.monotonic() + within
    while True:
        try:
            server.login(user, password, source='127.64.1.1').quit()
            return
        except (Failure, OSError) as why:
            check(server.process.poll() is None, 'popd is gone')
            check(time.monotonic() < end, 'no login: %s' % why)
            time.sleep(0.2)


def wait_gone(pid):
    end = time.monotonic() + PATIENCE
    while alive(pid):
        check(time.monotonic() < end, '%d lives' % pid)
        time.sleep(0.02)


def lying(lie, times=1):
    """A listener taken over; it alone is killed."""
    injector = tool()
    server = Server(users=USERS)
    server.expect_crash = True
    for i in range(times):
        c = server.login('ann')
        listener = Listener(server, c)
        before = long_living(server)
        say(injector, listener.pid, *lie(listener))
        time.sleep(1)
        gone = {p: n for p, n in before.items() if not alive(p)}
        equal(gone, {listener.pid: 'lsnrpop'}, 'killed')
        server.wait_log(r'lsnrpop\[%d\]' % listener.pid)
        works(server)
        c.close()
    server.stop()


def test_unwanted():
    """A password check for a session that popd does not know"""
    lying(lambda l: [(l.authpop, check_password(l.session(1000), 'joe',
                                                'secret'))])


def test_unwanted_wrong():
    """The same with a wrong password"""
    lying(lambda l: [(l.authpop, check_password(l.session(1000), 'joe',
                                                'wrong'))])


def test_again_and_again():
    """Three times: popd and authpop keep running"""
    lying(lambda l: [(l.authpop, check_password(l.session(1000), 'joe',
                                                'secret'))], 3)


def test_behind_log_lines():
    """A WANT after 160 KiB of log lines is found"""
    injector = tool()
    server = Server(users=USERS)
    c = server.login('ann')
    listener = Listener(server, c)
    before = long_living(server)
    os.kill(server.pid, signal.SIGSTOP)
    try:
        say(injector, listener.pid,
            (CHANNEL, b''.join(log_line('line %d' % i) for i in range(100)) +
             want(listener.session(1000))),
            (listener.authpop, check_password(listener.session(1000), 'joe',
                                              'secret')))
        time.sleep(0.5)
    finally:
        os.kill(server.pid, signal.SIGCONT)
    server.wait_log(r'login session=%d\.%d ' % listener.session(1000))
    equal(long_living(server), before, 'processes')
    c.quit()
    # Its own next session has a number below the one that it was made to
    # want, which is a lie.
    server.expect_crash = True
    works(server)
    server.stop()


def test_two_keys():
    """A queue or a checker alone opens nothing, nor both what nobody wanted"""
    injector = tool()
    server = Server(users=USERS)
    c = server.login('ann')
    listener = Listener(server, c)
    before = long_living(server)

    def opens(ahead, queue, checker, user='joe', password='wrong', said=None):
        session = listener.session(ahead)
        mark = server.mark()
        say(injector, listener.pid,
            (CHANNEL, want(session, user='joe', password='wrong')))
        if queue:
            say(injector, pid_of(server, 'authpop'),
                (CHANNEL, auth_ok(session, user)))
        if checker:
            say(injector, pid_of(server, 'hashpop'),
                (CHANNEL, grant(session, user, password, said)))
        time.sleep(0.5)
        return ' login session=%d.%d ' % session in server.log(mark)

    check(not opens(1000, True, False), 'the queue')
    check(not opens(2000, False, True), 'a checker')
    check(not opens(3000, True, True, password='secret'), 'of another check')
    check(not opens(4000, True, True, user='ann'), 'of another user')
    check(not opens(5000, True, True, user='ann', said='joe'),
          'of another user, for what this one said')
    check(opens(6000, True, True), 'the two together do not')
    equal(long_living(server), before, 'processes')
    c.quit()
    server.expect_crash = True
    works(server)
    server.stop()


def routing():
    """A server that tells a proxy where the mailboxes are."""
    server = Server(users=USERS, start=False)
    with open(server.dir + '/routes', 'w') as f:
        f.write('@ 192.0.2.10\n')
    server.configure('listen on 127.0.0.1 port @port@ tls\n'
                     'listen on 127.0.0.1 port %d auth_http\n'
                     'table routes file:@dir@/routes\nroute <routes>\n' %
                     free_port())
    server.expect_crash = True
    return server.start()


def test_two_purposes():
    """A session at popd that is a route at authpop, or vice versa: neither"""
    injector = tool()
    for wanted, checked in ((0, 1), (1, 0)):
        server = routing()
        c = server.login('ann')
        listener = Listener(server, c)
        before, mark = long_living(server), server.mark()
        session = listener.session(1000)
        say(injector, listener.pid, (CHANNEL, want(session, wanted)),
            (listener.authpop, check_password(session, 'joe', 'secret',
                                              purpose=checked)))
        server.wait_log('wrong purpose', mark)
        equal(long_living(server), before, 'processes')
        check('session=%d.%d' % session not in server.log(mark), 'a login')
        c.quit()
        works(server)
        server.stop()


def test_route_without_table():
    """Without configured routes none is returned"""
    injector = tool()
    server = Server(users=USERS)
    server.expect_crash = True
    c = server.login('ann')
    listener = Listener(server, c)
    before, mark = long_living(server), server.mark()
    session = listener.session(1000)
    say(injector, listener.pid, (CHANNEL, want(session, 1)),
        (listener.authpop, check_password(session, 'joe', 'secret',
                                          purpose=1)))
    server.wait_log('SESSION_WANT dropped: no rule has auth_http', mark)
    time.sleep(1)
    equal(long_living(server), before, 'processes')
    check('login routed' not in server.log(mark), 'told')
    c.quit()
    works(server)
    server.stop()


def test_looked():
    """A tabpop that answers without a question loses its socket"""
    injector = tool()
    server = table_server()
    server.expect_crash = True
    before, mark = long_living(server), server.mark()
    tabpop = pid_of(server, 'tabpop')
    say(injector, tabpop, (socket_to(tabpop, pid_of(server, 'authpop')),
                           looked(1000)))
    server.wait_log('tabpop ended: LOOKED: unexpected answer', mark)
    works(server)
    # Another one, over which it goes on.
    works(server, user='ann', password='apple')
    equal(long_living(server), before, 'processes')
    server.stop()


def test_userinfo_is():
    """A userinfo answer without a question ends tabpop, not the session"""
    injector = tool()
    server = table_server()
    server.expect_crash = True
    c = server.login('joe')
    session = Listener(server, c).session(0)
    before, mark = long_living(server), server.mark()
    tabpop = pid_of(server, 'tabpop')
    # Of a session that is no more: no fault.
    say(injector, tabpop, (CHANNEL, userinfo_is((session[0], session[1] + 99),
                                                1, 1, '/')))
    c.ok('STAT')
    equal(long_living(server), before, 'processes')
    say(injector, tabpop, (CHANNEL, userinfo_is(session, 1, 1, '/')))
    server.wait_log('USERINFO_IS: unexpected answer', mark)
    wait_gone(tabpop)
    works(server, user='ann', password='apple')
    after = long_living(server)
    # Its table process ended with it.
    equal({p for p in before if p not in after},
          {tabpop, server.table.pids()[0]}, 'gone')
    c.ok('STAT')
    c.quit()
    server.stop()


def objecting(server, role, before, text):
    """A reload to which a child objects that was taken over."""
    pid = pid_of(server, role)
    mark = server.mark()
    os.kill(pid, signal.SIGSTOP)
    try:
        before()
        os.kill(server.pid, signal.SIGHUP)
        server.wait_log(r'message to %s\[%d\].*: CONF_CHECK' % (role, pid),
                        mark)
        say(tool(), pid, (CHANNEL, conf_bad(text)))
        server.wait_log('configuration (reloaded|not changed)', mark)
    finally:
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass
    return pid, mark


def test_no_veto():
    """A child of no role can object to a reload that removes a user"""
    account()
    table = Table('users')
    server = server_with('<file> <users>', '<homes> <users>', table,
                         users=USERS, verbose=2, conf=(
                             'listen on 127.0.0.1 port @port@ tls\n'
                             'listen on socket "@dir@/lmtp" lmtp\n'))
    server.expect_crash = True
    for name in ROLES:
        server.user(name, 'gone')
    server.tables()
    server.start()
    for role in ROLES:
        works(server, user=role, password='gone')

        def remove():
            del server.users[role]
            server.tables()
        pid, mark = objecting(server, role, remove, 'no')
        server.wait_log(r'%s\[%d\]: refuses its configuration: '
                        r'killed' % (role, pid), mark)
        works(server)

        def refused():
            c = server.connect()
            c.ok('USER ' + role)
            c.err('PASS gone', 'AUTH')
            c.close()
        insist('an end of the user', refused)
    server.stop()


def test_forged_line():
    """A configuration error cannot look like a failed login"""
    server = Server(users=USERS, verbose=2)
    server.expect_crash = True
    for role in ('lsnrpop', 'keypop', 'hashpop'):
        pid, mark = objecting(
            server, role, lambda: None, 'login failed session=1.1 '
            'source=192.0.2.1 reason=user user="x"')
        server.wait_log('192.0.2.1', mark)
        for line in server.log(mark).splitlines():
            check(not re.match(r'popd: login failed session=', line), line)
            check('192.0.2.1' not in line or
                  re.search(r'%s\[%d\].*192\.0\.2\.1' % (role, pid), line),
                  'nobody said: ' + line)
        works(server, 20)
    server.stop()


main()

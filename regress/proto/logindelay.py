#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
"""login-delay: two logins in its time, then [LOGIN-DELAY] if the password is
right."""

import os
import re
import time

from popdtest.cases import Skip, check, equal, main
from popdtest.env import PATIENCE
from popdtest.password import plain
from popdtest.server import Server

DELAY = 4
server = Server(users={'joe': 'secret', 'ann': 'secret'},
                start=False, shared=True)
server.configure('login-delay %d\n' % DELAY)
server.start()


def attempt(password, user='joe', source='127.0.0.1', auth=False):
    c = server.connect(source=source)
    if auth:
        reply = c.cmd('AUTH PLAIN ' + plain('', user, password))
    else:
        c.ok('USER ' + user)
        reply = c.cmd('PASS ' + password)
    if reply.startswith(b'+OK'):
        c.quit()
    else:
        c.close()
    return reply


def test_capa():
    """CAPA lists it before and after login"""
    c = server.connect()
    check(b'LOGIN-DELAY %d' % DELAY in c.multi('CAPA'), 'before')
    c.close()
    c = server.login('ann')
    check(b'LOGIN-DELAY %d' % DELAY in c.multi('CAPA'), 'after')
    c.quit()


def test_delay():
    """Two logins are allowed, the third is told; a wrong password is not"""
    mark = server.mark()
    began = time.monotonic()
    check(attempt('secret').startswith(b'+OK'), 'the first')
    check(attempt('secret', auth=True).startswith(b'+OK'), 'the second')
    second = time.monotonic()
    replies = [attempt('secret', source='127.0.2.1'),
               attempt('secret', source='127.0.2.2', auth=True)]
    wrong = [attempt('wrong', source='127.0.2.3'),
             attempt('wrong', 'nobody', source='127.0.2.4')]
    late = attempt('secret')
    if time.monotonic() - began > DELAY:
        raise Skip('this machine is too slow')
    for reply in replies + [late]:
        check(reply.startswith(b'-ERR [LOGIN-DELAY] '), reply)
    for reply in wrong:
        equal(reply, b'-ERR [AUTH] wrong user name or password', 'wrong')
    check(attempt('secret', 'ann').startswith(b'+OK'), 'another user')
    log = server.log(mark)
    equal(len(re.findall(r'login failed \S+ \S+ reason=delay user="joe"',
                         log)), 3, 'lines')
    time.sleep(max(0, second + DELAY + 0.5 - time.monotonic()))
    check(attempt('secret').startswith(b'+OK'), 'after it')
    check(attempt('secret').startswith(b'+OK'), 'and once more')


def test_refused():
    """A login without a session does not count"""
    end = time.monotonic() + PATIENCE
    while attempt('secret', 'ann').startswith(b'-ERR'):
        check(time.monotonic() < end, 'always too soon')
        time.sleep(0.1)
    time.sleep(DELAY)
    path = server['ann'].path
    os.rename(path, path + '.away')
    for i in range(4):
        mark = server.mark()
        check(attempt('secret', 'ann').startswith(b'-ERR [SYS/PERM]'), i)
        server.wait_log('session end .* reason=refused', mark)
    os.rename(path + '.away', path)
    for i in range(2):
        check(attempt('secret', 'ann').startswith(b'+OK'), i)


def test_no_failure():
    """A login that came too soon is no failure of its source"""
    end = time.monotonic() + PATIENCE
    while attempt('secret', 'ann').startswith(b'+OK'):
        check(time.monotonic() < end, 'never too soon')
    for i in range(8):
        attempt('secret', 'ann')
    began = time.monotonic()
    equal(attempt('wrong', 'ann')[:11], b'-ERR [AUTH]', 'wrong')
    check(time.monotonic() - began < 2, 'it was delayed')


main()

#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# timeout: 240
# waits
"""Table processes: which users are in which, in what order; processes that
die, hang, lie or flood answer [SYS/TEMP] to the logins that need them, no
others."""

import ctypes
import hashlib
import os
import pwd
import re
import signal
import sys
import time

from popdtest.cases import Failure, Skip, check, equal, insist, main, \
    until
from popdtest.env import PATIENCE, WORK
from popdtest.host import have_account, need_root
from popdtest.password import bcrypt
from popdtest.process import alive, descriptors, uid_of
from popdtest.server import Configured
from popdtest.table import PROGRAM, Table, account, server_with


SET_CHILD_SUBREAPER = 36      # of prctl(2)


def temp(c, user, password):
    c.ok('USER ' + user)
    c.err('PASS ' + password, 'SYS/TEMP')


def bad(c, user, password):
    c.ok('USER ' + user)
    c.err('PASS ' + password, 'AUTH')


def attempt(s, how, user, password):
    with_client = s.connect()
    try:
        how(with_client, user, password)
    finally:
        with_client.close()


def login(s, user, password):
    c = s.login(user, password)
    c.ok('STAT')
    c.ok('QUIT')
    c.close()


def test_users():
    """Users of files and of processes log in, others do not"""
    account()
    t = Table('users')
    s = server_with('<file> <users>', '<homes> <users>', t)
    t.user(s, 'ann@example.org', 'apple')
    s.start()
    login(s, 'joe', 'secret')
    equal(t.asked(), [], 'questions about a user of the file')
    login(s, 'ann@example.org', 'apple')
    login(s, 'Ann@Example.ORG', 'apple')
    equal(t.asked(), ['credentials ann@example.org',
                      'userinfo ann@example.org'] * 2, 'questions')
    attempt(s, bad, 'ann@example.org', 'Apple')
    attempt(s, bad, 'nobody', 'apple')
    attempt(s, bad, 'joe', 'apple')
    # What would be another question is none; for the sake of the time that
    # it takes, a wrong password of joe's is one, too.
    equal(t.asked()[4:], ['credentials ann@example.org', 'credentials nobody',
                          'credentials joe'], 'questions')
    attempt(s, bad, 'a|b', 'apple')
    attempt(s, bad, 'ann@example.org|x', 'apple')
    equal(len(t.asked()), 7, 'questions')
    uid = account()[0]
    equal([uid_of(p) for p in t.pids()], [uid], 'uid of the process')
    equal([u for p, n, u in s.children('tabpop')],
          [have_account('_poplook').pw_uid if s.mode == 'root' else s.uid],
          'uid of tabpop')
    equal(sorted(descriptors(t.pids()[0]))[:3], [0, 1, 2], 'descriptors')
    s.stop()
    check(not alive(t.pids()[0]), 'the process outlived popd')


def test_times():
    """A locked user takes as long as an unknown one, before any login"""
    account()
    t = Table('users')
    s = server_with('<file> <users>', '<homes> <users>', t)
    s.user('joe', hash=bcrypt('secret', 10))
    s.tables()
    t.user(s, 'ann', '', hash='*')
    s.start()
    took = {'ann': [], 'nobody': []}
    for i in range(9):
        for user in took:
            c = s.connect(source='127.%d.3.1' % (2 * i + (user == 'ann')))
            c.ok('USER ' + user)
            began = time.monotonic()
            c.err('PASS wrong', 'AUTH')
            took[user].append(time.monotonic() - began)
            c.close()
    locked, unknown = (sorted(took[user])[4] for user in took)
    check(2 / 3 < locked / unknown < 3 / 2,
          'locked %f, unknown %f s' % (locked, unknown))
    s.stop()


def test_order():
    """The first table that knows a user decides"""
    a, b = Table('a'), Table('b')
    s = server_with('<a> <file> <b>', '<b> <homes> <a>', a, b)
    a.user(s, 'both', 'in-a')
    b.users['both'] = [bcrypt('in-b'), s.user('x', auth=False,
                                              usertab=False).line, None]
    b.save()
    s.user('joe', 'in-file')
    a.users['joe'] = [bcrypt('joe-in-a'), None, None]
    a.save()
    b.users['last'] = [bcrypt('in-b'), b.users['both'][1], None]
    b.users['sue'] = [bcrypt('sue-in-b'), None, None]
    b.save()
    s.user('sue', 'sue-in-file')
    s.tables()
    s.start()
    login(s, 'both', 'in-a')
    attempt(s, bad, 'both', 'in-b')
    login(s, 'joe', 'joe-in-a')
    attempt(s, bad, 'joe', 'in-file')
    login(s, 'sue', 'sue-in-file')
    attempt(s, bad, 'sue', 'sue-in-b')
    login(s, 'last', 'in-b')
    check('userinfo both' not in a.asked(), 'asked after the first knew him')
    # One that fails hides those after it, and not those before it.
    a.mode('error')
    attempt(s, temp, 'last', 'in-b')
    attempt(s, temp, 'sue', 'sue-in-file')
    a.mode('normal')
    b.mode('error')
    attempt(s, bad, 'sue', 'wrong')
    attempt(s, temp, 'last', 'in-b')
    # b decides about the directory, as it comes first there.
    attempt(s, temp, 'joe', 'joe-in-a')
    s.stop()


def sick(mode, seconds=None, ends=True):
    """A failing table fails the logins that need it, for a while."""
    t = Table('sick')
    s = server_with('<file> <sick>', '<homes> <sick>', t)
    s.expect_crash = True
    t.user(s, 'ann', 'apple')
    t.users['mallory'] = [bcrypt('malice'), None, None]
    t.save()
    s.start()
    login(s, 'ann', 'apple')
    t.mode(mode)
    c = s.connect()
    c.send(b'USER ann\r\nPASS %s\r\n' % (
        b'malice' if mode == 'other' else b'apple'))
    # joe gets mail in the meantime.
    login(s, 'joe', 'secret')
    c.line()
    reply = c.line()
    check(reply.startswith(b'-ERR [SYS/TEMP]'), '%s: %s' % (mode, reply))
    c.close()
    login(s, 'joe', 'secret')
    t.mode('normal')
    end = time.monotonic() + PATIENCE + 10
    while True:
        try:
            login(s, 'ann', 'apple')
            break
        except Failure:
            check(time.monotonic() < end, mode + ': ann never logs in')
            time.sleep(0.1)
    equal(len(t.pids()) > 1, ends, mode + ': another process')
    equal(len(s.children('tabpop')), 1, 'tabpop')
    check('ended unexpectedly' not in s.log(), s.log())
    s.stop()


def test_wrong():
    """An answer with a wrong number ends the process"""
    sick('wrong')


def test_twice():
    """A second answer ends the process"""
    t = Table('twice')
    s = server_with('<twice>', '<homes>', t)
    t.users['joe'] = [bcrypt('secret'), None, None]
    t.save()
    s.start()
    mark = s.mark()
    t.mode('twice')
    login(s, 'joe', 'secret')
    s.wait_log(r'table twice: sent an unexpected answer', mark)
    t.mode('normal')
    s.wait_log(r'table twice is back', mark)
    login(s, 'joe', 'secret')
    s.expect_crash = True
    s.stop()


def test_garbage():
    """Anything outside the protocol ends the process"""
    for mode in ('garbage', 'fetch'):
        sick(mode)


def test_empty():
    """An empty value fails its user and no other"""
    sick('empty', ends=False)


def test_flood():
    """A flood ends the process"""
    sick('flood')


def test_dies():
    """A process that dies is started again"""
    sick('die')


def test_hangs():
    """A process that hangs is found out and started again"""
    sick('hang')


def test_error():
    """A process that reports an error keeps running"""
    sick('error', ends=False)


def test_other():
    """Another user's hash is of no use"""
    sick('other', ends=False)


def test_relative():
    """A relative directory is refused"""
    sick('relative', ends=False)


def test_root():
    """A table cannot return root"""
    t = Table('root')
    s = server_with('<root>', '<root>', t)
    t.user(s, 'ann', 'apple')
    s.start()
    t.mode('root')
    attempt(s, bad, 'ann', 'apple')
    s.wait_log(r'login failed .*reason=root user="ann"')
    s.stop()


def test_bounds():
    """A table cannot return ids of the system or popd, or another place"""
    need_root()
    t = Table('outside')
    s = server_with('<outside>', '<outside> below "@dir@/home"', t)
    uid, gid, home = t.user(s, 'ann', 'apple').line.split(':')
    outside = {
        'daemon': ('%d:42:%s' % (pwd.getpwnam('daemon').pw_uid, home), 'uid'),
        'shadow': ('%s:42:%s' % (uid, home), 'gid'),
        'two': ('2:%s:%s' % (gid, home), 'uid'),
        'etc': ('%s:%s:/etc' % (uid, gid), 'directory'),
        'up': ('%s:%s:%s/../x' % (uid, gid, home), 'directory')}
    for user, (line, what) in outside.items():
        t.users[user] = [bcrypt('apple'), line, None]
    t.users['key'] = [bcrypt('apple'), '%s:%d:%s' % (
        uid, have_account('_popkey').pw_gid, home), None]
    t.save()
    s.start()
    login(s, 'ann', 'apple')
    for user, (line, what) in outside.items():
        attempt(s, bad, user, 'apple')
        s.wait_log(r'%s out of bounds user="%s" ' % (what, user))
        s.wait_log(r'login failed .*reason=bounds user="%s"' % user)
    attempt(s, bad, 'key', 'apple')
    s.wait_log(r'login failed .*reason=root user="key"')
    s.stop()


def test_file_bounds():
    """A file has bounds only if popd.conf says so, and -n names the lines"""
    need_root()
    s = server_with('<file>', '<homes> gid 20000-29999')
    s.user('two', uid=s.uid, gid=2)
    s.tables()
    status, out = s.run('-n')
    check('usertab:2: gid out of bounds cannot log in' in out, out)
    s.start()
    login(s, 'joe', 'secret')
    attempt(s, bad, 'two', 'secret')
    s.configure(s.lines((), '<file>', '<homes>'))
    s.reload()
    login(s, 'two', 'secret')
    s.stop()


def test_killed():
    """A stopped or killed tabpop or table costs no session"""
    t = Table('killed')
    s = server_with('<file> <killed>', '<homes> <killed>', t)
    s.expect_crash = True
    t.user(s, 'ann', 'apple')
    s.start()
    t.user(s, 'eve', 'apple')
    kept = s.login('eve', 'apple')
    for sig, victim in ((signal.SIGKILL, 'table'), (signal.SIGKILL, 'tabpop'),
                        (signal.SIGSTOP, 'tabpop')):
        pid = t.pids()[-1] if victim == 'table' else \
            s.children('tabpop')[0][0]
        os.kill(pid, sig)
        login(s, 'joe', 'secret')
        if sig == signal.SIGSTOP:
            os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + PATIENCE + 10
        while True:
            c = s.connect()
            c.ok('USER ann')
            reply = c.cmd('PASS apple')
            if reply.startswith(b'+OK') and not alive(pid):
                c.ok('QUIT')
                c.close()
                break
            c.close()
            check(reply.startswith((b'-ERR [SYS/TEMP]', b'+OK')), reply)
            check(time.monotonic() < end, 'no successor')
            time.sleep(0.05)
        if kept is not None:
            kept.ok('STAT')
            kept.ok('QUIT')
            kept.close()
            kept = None
    s.stop()


def test_checked():
    """popd -n leaves no process behind, not for a moment"""
    if sys.platform != 'linux':
        raise Skip('orphans are adopted only on Linux')
    t = Table('checked')
    s = server_with('<file> <checked>', '<homes> <checked>', t)
    ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    status, output = s.run('-n')
    equal(status, 0, output)
    try:
        raise Failure('left: %d' % os.waitpid(-1, 0)[0])
    except ChildProcessError:
        pass


def test_slow():
    """A slow table delays only its own users"""
    t = Table('slow')
    s = server_with('<file> <slow>', '<homes> <slow>', t)
    t.user(s, 'ann', 'apple')
    s.start()
    t.mode('slow')
    waiting = []
    for i in range(12):
        c = s.connect()
        c.send(b'USER nobody%d\r\nPASS x\r\n' % i)
        waiting.append(c)
    for i in range(5):
        start = time.monotonic()
        login(s, 'joe', 'secret')
        check(time.monotonic() - start < 3, 'joe waits')
    for c in waiting:
        c.line()
        check(c.line().startswith((b'-ERR [AUTH]', b'-ERR [SYS/TEMP]')),
              'answer')
        c.close()
    s.stop()


def refused(s):
    """A reload that is refused; the log."""
    mark = s.mark()
    os.kill(s.pid, signal.SIGHUP)
    s.wait_log('configuration not changed', mark)
    return s.log(mark)


def test_reload():
    """A reload adds, replaces and removes tables, or changes nothing"""
    t, u = Table('one'), Table('two')
    # OpenBSD: popd executes what was configured at its start, nothing else.
    s = server_with('<file> <one>', '<homes> <one>', t)
    t.user(s, 'ann', 'apple')
    u.users['bob'] = [bcrypt('banana'), t.users['ann'][1], None]
    u.save()
    s.start()
    s.configure(s.lines([], '<file>', '<homes>'))
    s.reload()
    until('end of the process', lambda: not alive(t.pids()[0]))
    attempt(s, bad, 'ann', 'apple')
    s.configure(s.lines([t], '<file> <one>', '<homes> <one>'))
    s.reload()
    login(s, 'ann', 'apple')
    old = t.pids()[-1]
    s.configure(s.lines([t, u], '<two> <one>', '<one> <two>'))
    s.reload()
    login(s, 'ann', 'apple')
    login(s, 'bob', 'banana')
    attempt(s, bad, 'joe', 'secret')
    until('end of the old process', lambda: not alive(old))
    # One that does not offer what is needed.
    u.put('offers', 'credentials alias')
    log = refused(s)
    check(re.search(r'not changed: .*popd.conf:\d+: table two: does not offer '
                    'userinfo', log), log)
    login(s, 'bob', 'banana')
    u.put('offers', 'credentials userinfo')
    u.mode('babble')
    log = refused(s)
    check('table two: does not speak the protocol' in log, log)
    u.mode('normal')
    login(s, 'bob', 'banana')
    s.configure(s.lines([], '<file>', '<homes>'))
    # Of good reloads each twice; those of a refused one may come up later.
    until('all processes', lambda: len(t.pids()) + len(u.pids()) == 11)
    mark = s.mark()
    s.reload()
    attempt(s, bad, 'bob', 'banana')
    login(s, 'joe', 'secret')
    end = time.monotonic() + 20
    while any(alive(p) for p in t.pids() + u.pids()):
        check(time.monotonic() < end, 'a removed process lives on')
        time.sleep(0.05)
    s.reload()
    equal(len(t.pids()) + len(u.pids()), 11, 'processes started')
    check('exited' not in s.log(mark), s.log(mark))
    s.stop()


def test_auth():
    """A table may check passwords itself; a slow one blocks no checker"""
    t, u = Table('ldap', offers='auth userinfo'), Table('sql')
    s = server_with('<ldap> <sql> <file>', '<homes> <ldap> <sql>', t, u)
    t.user(s, 'ann', 'Ap:ple|Pie')
    t.users['ann'][2] = 'Ap:ple|Pie'
    t.save()
    u.user(s, 'bob', 'banana')
    u.users['ann'] = [bcrypt('other'), None, None]
    u.save()
    s.start()
    login(s, 'Ann', 'Ap:ple|Pie')
    equal(t.asked(), ['auth ann:Ap:ple|Pie', 'userinfo ann'], 'questions')
    attempt(s, bad, 'ann', 'ap:ple|pie')
    # It knows only passwords: the next table may know another.
    login(s, 'ann', 'other')
    login(s, 'bob', 'banana')
    login(s, 'joe', 'secret')
    n = len(t.asked())
    attempt(s, bad, 'ann:Ap', 'ple|Pie')
    equal(t.asked()[n:], [], 'questions')
    check('Pie' not in s.log(), 'a password in the log')
    t.mode('slow')
    waiting = []
    for i in range(12):
        c = s.connect()
        c.send(b'USER nobody%d\r\nPASS x\r\n' % i)
        waiting.append(c)
    # joe waits for the table, as that is asked first, but not for the others'
    # hashes; nothing is stuck.
    for c in waiting:
        c.line()
        check(c.line().startswith((b'-ERR [AUTH]', b'-ERR [SYS/TEMP]')),
              'answer')
        c.close()
    t.mode('error')
    attempt(s, temp, 'bob', 'banana')
    t.mode('normal')
    login(s, 'bob', 'banana')
    s.stop()


def apop(s, user, secret):
    c = s.connect()
    challenge = c.greeting.split()[-1]
    reply = c.cmd('APOP %s %s' % (user, hashlib.md5(
        challenge + secret.encode()).hexdigest()))
    c.close()
    return reply


def test_digest():
    """A table's secret works for APOP; no table sees a digest"""
    t, u = Table('shared'), Table('judge', offers='auth')
    s = server_with('<file> <shared> <judge>', '<homes> <shared>', t, u,
                    conf='offer apop\n')
    t.user(s, 'ann', 'tan:staaf', hash='{PLAIN}tan:staaf')
    t.user(s, 'bob', 'banana')
    s['joe'].hash = '{PLAIN}secret'
    s.tables()
    s.start()
    check(apop(s, 'joe', 'secret').startswith(b'+OK '), 'joe')
    equal(t.asked(), [], 'questions about a user of the file')
    check(apop(s, 'ann', 'tan:staaf').startswith(b'+OK '), 'ann')
    login(s, 'ann', 'tan:staaf')
    for user, secret, reason in (('ann', 'wrong', 'password'),
                                 ('bob', 'banana', 'hash'),
                                 ('nobody', 'x', 'hash'),
                                 ('joe', 'wrong', 'password')):
        mark = s.mark()
        equal(apop(s, user, secret),
              b'-ERR [AUTH] wrong user name or password', user)
        s.wait_log('login failed .* reason=%s user="%s"' % (reason, user),
                   mark)
    equal(u.asked(), [], 'what a table saw that judges passwords')
    s.stop()


def test_domain():
    """A listener adds the domain to a name without one"""
    s = Configured(['tls domain "example.org"', 'cleartext domain example.net',
                    'cleartext'], users={'joe@example.org': 'org',
                                         'joe@example.net': 'net',
                                         'joe': 'none'})
    equal(s.children('tabpop'), [], 'tabpop without tables')
    login(s, 'joe', 'org')
    login(s, 'joe@example.net', 'net')
    for kind, user, password in ((1, 'Joe', 'net'),
                                 (1, 'joe@example.org', 'org'),
                                 (2, 'joe', 'none')):
        c = s.reach(kind)
        c.login(user, password)
        c.ok('QUIT')
        c.close()
    c = s.reach(1)
    c.ok('USER joe')
    c.err('PASS none', 'AUTH')
    c.close()
    c = s.reach(1)
    c.ok('USER ' + 'x' * 250)
    c.err('PASS none', 'AUTH')
    c.close()
    s.wait_log(r'reason=password user="joe@example.net"')
    s.stop()


def up_and_down():
    """A server with a table of ann and one of bob, which may die."""
    t, u = Table('up'), Table('down')
    s = server_with('<up> <file> <down>', '<up> <homes> <down>', t, u)
    t.user(s, 'ann', 'apple')
    u.users['bob'] = [bcrypt('banana'), t.users['ann'][1], None]
    u.save()
    s.expect_crash = True
    s.start()
    login(s, 'bob', 'banana')
    return s, t, u


def take_down(s, u):
    """From now on it answers nothing, and cannot be started again."""
    u.mode('babble')
    mark = s.mark()
    os.kill(u.pids()[0], signal.SIGKILL)
    s.wait_log('table down is down', mark)
    attempt(s, temp, 'bob', 'banana')


def test_down():
    """A table that is down stops no reload and no other table"""
    s, t, u = up_and_down()
    # While it works nothing is taken into use that does not.
    u.mode('babble')
    log = refused(s)
    check('table down: does not speak the protocol' in log, log)
    login(s, 'bob', 'banana')
    take_down(s, u)
    s.user('eve', 'elder')
    s.tables()
    log = s.reload()
    check('not changed' not in log, log)
    check('table down: does not speak the protocol' in log, log)
    login(s, 'eve', 'elder')
    login(s, 'ann', 'apple')
    attempt(s, temp, 'bob', 'banana')
    # Another in its place is looked at like any.
    s.configure(s.lines([t, Table('other')], '<up> <file> <other>',
                        '<up> <homes> <other>'))
    Table('other').mode('babble')
    log = refused(s)
    check('table other: does not speak the protocol' in log, log)
    s.stop()


def test_down_at_start():
    """A new tabpop starts without a table that is down, until it is back"""
    s, t, u = up_and_down()
    take_down(s, u)
    os.kill(s.children('tabpop')[0][0], signal.SIGKILL)
    insist('a login of ann', lambda: login(s, 'ann', 'apple'))
    mark = s.mark()
    u.mode('normal')
    s.wait_log('table down is back', mark, PATIENCE + 10)
    login(s, 'bob', 'banana')
    s.stop()


def test_started_down():
    """popd starts without a table that is down, and -n warns"""
    t, u = Table('up'), Table('down')
    s = server_with('<up> <file> <down>', '<up> <homes> <down>', t, u)
    t.user(s, 'ann', 'apple')
    u.users['bob'] = [bcrypt('banana'), t.users['ann'][1], None]
    u.save()
    for how, why in (('faint', 'ended before it registered its services'),
                     ('babble', 'does not speak the protocol')):
        u.mode(how)
        status, out = s.run('-n')
        equal(status, 2, out)
        check('table down: ' + why in out, out)
    s.expect_crash = True
    s.start()
    login(s, 'joe', 'secret')
    login(s, 'ann', 'apple')
    attempt(s, temp, 'bob', 'banana')
    s.wait_log('table down is down')
    u.mode('normal')
    s.wait_log('table down is back', 0, PATIENCE + 10)
    login(s, 'bob', 'banana')
    s.stop()


def test_cached():
    """A hash of a process is cached, and no other is valid for it"""
    t = Table('cached')
    s = server_with('<cached>', '<homes> <cached>', t)
    t.user(s, 'ann', 'apple')
    s.start()
    before = t.users['ann'][0]

    def counts(hashes, cached):
        end = time.monotonic() + PATIENCE
        want = {'hashes': hashes, 'cached': cached}
        while True:
            got = {name: value for (name, label), value in s.stats().items()
                   if name in want}
            if got == want:
                return
            check(time.monotonic() < end, 'counted: %s' % got)
            time.sleep(0.1)

    for i in range(4):
        login(s, 'ann', 'apple')
    counts(1, 3)
    # From now on another, without a reload.
    t.users['ann'][0] = bcrypt('pear')
    t.save()
    attempt(s, bad, 'ann', 'apple')
    login(s, 'ann', 'pear')
    login(s, 'ann', 'pear')
    counts(3, 4)
    # The one before is right again, and not the other: one is remembered.
    t.users['ann'][0] = before
    t.save()
    attempt(s, bad, 'ann', 'pear')
    login(s, 'ann', 'apple')
    counts(5, 4)
    s.stop()


def test_check():
    """popd -n asks a table what it offers"""
    t = Table('check', offers='alias')
    s = server_with('<check>', '<homes>', t)
    status, out = s.run('-n')
    equal(status, 1, out)
    check(re.search(r'popd.conf:\d+: table check: offers neither credentials '
                    'nor auth', out), out)
    t.put('offers', 'credentials')
    status, out = s.run('-n')
    equal(status, 0, out)
    with open(s.conf) as f:
        text = f.read()
    s.configure(text.replace(PROGRAM, PROGRAM + '-missing'))
    status, out = s.run('-n')
    equal(status, 1, out)
    check('table check: ' + PROGRAM + '-missing: No such file' in out, out)
    # Without execute permission it is not run; the rest is checked.
    ran, path = WORK + '/ran', WORK + '/anybodys'
    for name, script, mode in ((ran, '', 0o666),
                               (path, '#!/bin/sh\necho >>%s\n' % ran, 0o777)):
        with open(name, 'w') as f:
            f.write(script)
        os.chmod(name, mode)
    s.configure(text.replace(PROGRAM, path) + 'limit per user 2000\n')
    status, out = s.run('-n')
    equal((status, os.path.getsize(ran)), (1, 0), out)
    check('table check: ' + path + ': world-writable' in out, out)
    check('must be from 1 to 1000' in out, out)
    # Why one does not come up, it says itself.
    with open(path, 'w') as f:
        f.write('#!/bin/sh\necho no database today >&2\n')
    os.chmod(path, 0o755)
    s.configure(text.replace(PROGRAM, path))
    check('no database today\n' in s.run('-n')[1], 'what it says')


if __name__ == '__main__':
    main()

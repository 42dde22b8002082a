#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# timeout: 600
# once
"""SIGUSR2: a new popd takes over the sockets while the old one keeps its
sessions; one that fails to start changes nothing.  UPGRADE_SESSIONS (60) and
UPGRADE_ROUNDS (3) make it longer."""

import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time

from popdtest.build import rebuild
from popdtest.cases import Failure, check, equal, main, running, until
from popdtest.env import PATIENCE, POPD
from popdtest.host import own
from popdtest.mail import wire
from popdtest.process import descriptors, kill_all, ps
from popdtest.server import Server
from popdtest.table import Table
from upgraded import OWN, Popd, Upgraded, popds

SESSIONS = int(os.environ.get('UPGRADE_SESSIONS', 60))
ROUNDS = int(os.environ.get('UPGRADE_ROUNDS', 3))
SIZE = 40000        # lines of a message: more than the sockets between hold


class Load:
    """Clients that come, log in and go, one after the other, meanwhile."""

    def __init__(self, server, users):
        self.done, self.error, self.on = 0, None, True
        self.threads = [threading.Thread(target=self.run, args=(server, u))
                        for u in users]
        for thread in self.threads:
            thread.start()

    def run(self, server, user):
        while self.on and self.error is None:
            try:
                c = server.login(user)
                c.ok('STAT')
                c.quit()
                c.close()
                self.done += 1
            except Exception as why:
                self.error = '%s: %s' % (user, why)

    def stop(self):
        self.on = False
        for thread in self.threads:
            thread.join()
        check(self.error is None, 'a client was turned away: %s' % self.error)


def test_under_load():
    """Sessions in RETR over upgrades: no reset, nothing lost or refused"""
    users = {'u%d' % i: 'secret' for i in range(SESSIONS)}
    users.update({'x%d' % i: 'secret' for i in range(3)})
    text = b'Subject: long\n\n' + b''.join(b'line %d of many\n' % i
                                           for i in range(SIZE))
    server = Upgraded(users=users, verbose=0)
    for i in range(SESSIONS):
        server['u%d' % i].add(text)
    load = Load(server, ['x%d' % i for i in range(3)])
    want = wire(text)
    for _ in range(ROUNDS):
        clients = [server.login('u%d' % n, rcvbuf=8192, timeout=60)
                   for n in range(SESSIONS)]
        for c in clients:
            # All have read the beginning only.
            c.send('RETR 1\r\n')
            check(c.line().startswith(b'+OK'), 'RETR')
        server.upgrade()
        equal(len(popds(server)), 2, 'popds')
        for c in clients:
            while not (c.buffer.endswith(b'\r\n.\r\n')):
                c.more()
            check(c.buffer[:-3] == want, 'other octets came')
            c.buffer = b''
            c.quit()
            c.close()
        server.ended()
    load.stop()
    print('# %d sessions, %d upgrades, %d other sessions meanwhile' %
          (SESSIONS, ROUNDS, load.done))
    server.stop()


def rows(server, *command):
    """What popctl shows with -j, and its standard error."""
    status, lines, error = server.popctl('-j', *command)
    equal(status, 0, error)
    return [json.loads(line) for line in lines], error


def wait_elder(server, *want):
    """Wait until the earlier popd is this: a pid, its sessions; or none."""
    until('popd %s' % (want,), lambda: [
        n for r in rows(server, 'status')[0]
        if r['kind'] == 'process' and r['process'] == 'popd'
        for n in (r['pid'], r['sessions'])] == list(want))


def refused_yet(server, old, sessions):
    """No upgrade while there is an earlier popd, and how to end it."""
    why = ('popd[%d] of the last upgrade still has %d sessions: wait, or end '
           'it with SIGTERM' % (old.pid, sessions))
    status, lines, error = server.popctl('upgrade')
    check(status == 1 and why in error, error)
    mark = server.mark()
    server.process.send_signal(signal.SIGUSR2)
    server.wait_log('no upgrade: ' + re.escape(why), mark)
    equal(len(popds(server)), 2, 'popds')


def test_admin():
    """popctl shows and kicks sessions of the old popd"""
    server = Upgraded(users={'joe': 'secret', 'ann': 'secret'})
    joe, ann = server.login('joe'), server.login('ann')
    old = server.process.pid
    server.upgrade()
    wait_elder(server, old, 2)
    shown, error = rows(server, 'show', 'sessions')
    equal(shown, [], 'sessions of the new popd')
    at = '%s.%d' % (server.socket, old)
    check('2 more sessions in the earlier popd: see -s ' + at in error, error)
    equal(sorted(r['user'] for r in rows(server, '-s', at, 'show',
                                         'sessions')[0]), ['ann', 'joe'])
    status, lines, error = server.popctl('-s', at, 'reload')
    check(status == 1 and 'another popd has taken over' in error, error)
    # The name of a session is of one popd only.
    equal(server.popctl('kick', '7.7')[0], 1, 'kick of no session')
    wait_elder(server, old, 2)
    status, lines, error = server.popctl('kick', 'joe')
    equal((status, lines), (0, ['0']), error)
    check('2 sessions' in error, error)
    check(joe.closed().startswith(b'-ERR [SYS/TEMP]'), 'joe is not told')
    wait_elder(server, old, 1)
    # What is asked of the old one is for its sessions.
    joe = server.login('joe')
    equal(server.popctl('-s', at, 'kick', 'joe')[0], 1, 'kick of no session')
    joe.ok('NOOP')
    # A popd that was killed is not listed for long.
    server.expect_crash = True
    os.kill(old, signal.SIGKILL)
    wait_elder(server)
    ann.close()
    server.stop()


def test_both():
    """Locks hold for both, and the log level"""
    server = Upgraded(users={'ann': 'secret', 'bob': 'secret',
                             'eve': 'secret'}, verbose=0)
    ann, early = server.login('ann'), server.connect()
    equal(server.popctl('lock', 'bob')[0], 0, 'lock')
    equal(server.popctl('log', 'verbose')[0], 0, 'log')
    at = '%s.%d' % (server.socket, server.process.pid)
    server.upgrade()
    equal([r['log'] for r in rows(server, 'status')[0] if r['kind'] == 'popd'],
          ['verbose'], 'log')
    for c in early, server.connect():
        c.ok('USER bob')
        c.err('PASS secret', 'SYS/PERM')
    equal(server.popctl('unlock', 'bob')[0], 0, 'unlock')
    equal(os.path.getsize(server.socket + '.locked'), 0, 'bob is kept')
    early.login('bob')
    early.quit()
    # By way of the old one, too.
    equal(server.popctl('-s', at, 'lock', 'eve')[0], 0, 'lock')
    c = server.connect()
    c.ok('USER eve')
    c.err('PASS secret', 'SYS/PERM')
    ann.quit()
    server.stop()


def test_refused():
    """No upgrade while the old popd has sessions; SIGTERM ends it"""
    server = Upgraded()
    joe = server.login('joe')
    server.upgrade()
    old, = server.before
    wait_elder(server, old.pid, 1)
    refused_yet(server, old, 1)
    joe.ok('NOOP')
    old.send_signal(signal.SIGTERM)
    check(joe.closed().startswith(b'-ERR [SYS/TEMP]'), 'joe is not told')
    server.ended()
    server.upgrade()
    server.login('joe').quit()
    server.stop()


def test_idle():
    """An old popd without connections ends at once, and another may follow"""
    server = Upgraded()
    names = set()
    for _ in range(3):
        c = server.login()
        mark = server.mark()
        c.quit()
        names.add(server.wait_log(r'session end session=(\d+\.\d+)',
                                  mark).group(1))
        server.upgrade()
        server.ended()
    equal(len(names), 3, 'names of sessions')
    equal(len(popds(server)), 1, 'popds')
    server.stop()


def test_before_login():
    """A connection before login can log in at the old popd"""
    server = Upgraded(users={'joe': 'secret', 'ann': 'secret'})
    early, other = server.connect(), server.connect()
    mark = server.upgrade()
    server.login('ann').quit()
    # popd does not stop for sessions that end now.
    port = other.sock.getsockname()[1]
    other.close()
    server.wait_log(r'connection end .* port=%d .* reason=client' % port,
                    mark)
    early.login('joe', 'secret')
    early.ok('NOOP')
    check(server.before[0].poll() is None, 'the old popd is gone')
    early.quit()
    early.close()
    server.ended()
    server.stop()


def test_lock():
    """The maildir lock works between the two"""
    server = Upgraded()
    first = server.login()
    server.upgrade()
    c = server.connect()
    c.send('USER joe\r\nPASS secret\r\n')
    c.line()
    check(c.line().startswith(b'-ERR [IN-USE]'), 'two sessions at once')
    first.quit()
    server.ended()
    server.login().quit()
    server.stop()


def test_bad_program():
    """A program that fails, is none or is missing changes nothing"""
    server = Upgraded()
    c = server.login()
    server.replace('#!/bin/sh\necho broken >&2\nexit 3\n')
    server.refused('exited with status 3')
    server.replace('no program\n')
    server.refused('exited with status 1')
    os.unlink(server.program)
    server.refused('exited with status 1')
    server.replace('#!/bin/sh\nkill -SEGV $$\n')
    server.expect_crash = True
    server.refused('killed by signal 11')
    # It had already taken over popctl's socket.
    server.replace('#!/bin/sh\nmv %s %s.new\nexit 3\n' %
                   (server.socket, server.socket))
    server.refused('exited with status 3')
    equal(server.popctl('status')[0], 0, 'popctl')
    c.ok('NOOP')
    server.replace(None)
    server.upgrade()
    c.quit()
    server.ended()
    server.stop()


def test_bad_configuration():
    """A configuration that a start refuses changes nothing"""
    server = Upgraded()
    c = server.login()
    with open(server.authtab) as f:
        good = f.read()
    with open(server.authtab, 'w') as f:
        f.write('joe\n')
    server.refused('exited with status 1')
    check('authtab:1' in server.log(), 'the reason is not logged')
    with open(server.authtab, 'w') as f:
        f.write(good)
    server.upgrade()
    c.quit()
    server.ended()
    server.stop()


def test_once():
    """One upgrade at a time, and none by an old popd"""
    server = Upgraded()
    c = server.login()
    server.replace('#!/bin/sh\nexec sleep 1\n')
    mark = server.upgrade(wait=False)
    server.wait_log('upgrade: started', mark)
    server.process.send_signal(signal.SIGUSR2)
    server.wait_log('no upgrade: an upgrade is under way', mark)
    server.wait_log('upgrade failed', mark)
    server.replace(None)
    server.upgrade()
    mark = server.mark()
    server.before[0].send_signal(signal.SIGUSR2)
    server.wait_log('no upgrade: another popd has taken over', mark)
    server.before[0].send_signal(signal.SIGHUP)
    server.wait_log('no reload: ', mark)
    c.ok('NOOP')
    c.quit()
    server.ended()
    server.stop()


def test_killed():
    """The new popd is killed right after it took over: another serves"""
    server = Upgraded(users={'joe': 'secret'})
    joe = server.login('joe')
    mark = server.upgrade()
    old, = server.before
    server.expect_crash = True
    server.process.kill()
    server.wait_log(r'popd\[%d\], which took over from this popd, has ended' %
                    server.process.pid, mark)
    mark = server.mark()
    pid = server.wait_log(r'upgraded: popd\[(\d+)\], version', mark)
    server.process = Popd(int(pid.group(1)))
    joe.ok('NOOP')
    wait_elder(server, old.pid, 1)
    refused_yet(server, old, 1)
    joe.quit()
    server.login('joe').quit()
    old.wait(PATIENCE)
    server.login('joe').quit()
    server.stop()


def test_lost():
    """Nobody serves until a new popd can start, however long it takes"""
    server = Upgraded()
    mark = server.upgrade()
    old, = server.before
    server.expect_crash = True
    server.replace('#!/bin/sh\nexit 3\n')
    server.process.kill()
    server.wait_log('upgrade failed: ', mark)
    # Also while the old one waits for its next attempt.
    for _ in range(20):
        time.sleep(0.05)
        old.send_signal(signal.SIGUSR2)
    server.replace('#!/bin/sh\nsleep 8\nexec %s "$@"\n' % POPD)
    mark = server.mark()
    pid = server.wait_log(r'upgraded: popd\[(\d+)\], version', mark)
    server.process = Popd(int(pid.group(1)))
    server.login().quit()
    old.wait(PATIENCE)
    server.stop()


def test_lost_table():
    """The same, though a table process has failed meanwhile"""
    table = Table('lost')
    server = Upgraded(start=False, users={'joe': 'secret', 'ann': 'secret'})
    server.configure('table file file:@authtab@\n'
                     'table homes file:@usertab@\n%s\n'
                     'credentials <file> <lost>\nuserbase <homes> <lost>\n'
                     % table.line)
    server.start()
    joe = server.login('joe')
    server.upgrade()
    table.mode('babble')
    server.expect_crash = True
    mark = server.mark()
    server.process.kill()
    pid = server.wait_log(r'upgraded: popd\[(\d+)\], version', mark)
    server.process = Popd(int(pid.group(1)))
    server.login('ann').quit()
    joe.quit()
    server.stop()


def test_stop():
    """SIGTERM to the new popd stops both, to an old one only that one"""
    server = Upgraded(users={'joe': 'secret', 'ann': 'secret'})
    joe = server.login('joe')
    server.upgrade()
    ann = server.login('ann')
    server.before[0].send_signal(signal.SIGTERM)
    check(joe.closed().startswith(b'-ERR [SYS/TEMP]'), 'joe is not told')
    server.before[0].wait(PATIENCE)
    ann.ok('NOOP')
    server.upgrade()
    server.stop()
    check(ann.closed().startswith(b'-ERR [SYS/TEMP]'), 'ann is not told')
    server.before[1].wait(0.1)


def test_reload():
    """A SIGHUP while the new popd starts is for both; locks stay"""
    server = Upgraded(users={'joe': 'secret', 'ann': 'secret'})
    equal(server.popctl('lock', 'joe')[0], 0, 'lock')
    server.replace('#!/bin/sh\nsleep 1\nexec %s "$@"\n' % POPD)
    mark = server.upgrade(wait=False)
    server.wait_log('upgrade: started', mark)
    server.process.send_signal(signal.SIGHUP)
    equal(server.popctl('lock', 'ann')[0], 0, 'lock')
    pid = server.wait_log(r'upgraded: popd\[(\d+)\], version', mark)
    server.wait_log(r'(?s)configuration reloaded.*configuration reloaded',
                    mark)
    server.before.append(server.process)
    server.process = Popd(int(pid.group(1)))
    server.ended()
    for user in 'joe', 'ann':
        c = server.connect()
        c.ok('USER %s' % user)
        c.err('PASS secret', 'SYS/PERM')
        c.close()
        equal(server.popctl('unlock', user)[0], 0, 'unlock')
    server.login().quit()
    server.stop()


def test_path():
    """popd is found as it was started: in PATH or by a relative name"""
    for name, path in (('popd', OWN + '/path'), ('./path/popd', '/bin')):
        server = Server(start=False)
        os.makedirs(OWN + '/path', exist_ok=True)
        shutil.copy(POPD, OWN + '/path/popd')
        command = server.command('-d')
        command[0] = name
        server.own_files()
        mark = server.mark()
        with open(server.logfile, 'ab') as log:
            server.process = subprocess.Popen(
                ['sh', '-c', 'cd %s && PATH=%s && exec "$@"' % (OWN, path),
                 'sh'] + command, stdout=log, stderr=log, **server.ids())
        running.append(server)
        server.ready()
        server.process.send_signal(signal.SIGUSR2)
        pid = server.wait_log(r'upgraded: popd\[(\d+)\], version', mark)
        equal(server.process.wait(PATIENCE), 0, 'exit status')
        server.process = Popd(int(pid.group(1)))
        server.login().quit()
        server.stop()


class Configured(Upgraded):
    """Its addresses are in popd.conf, and not among the flags."""

    def command(self, *more):
        out = Upgraded.command(self, *more)
        for flag in ('-l', '-p'):
            at = out.index(flag)
            del out[at:at + 2]
        return out + ['-f', self.dir + '/popd.conf']

    def addresses(self, *all):
        with open(self.dir + '/popd.conf', 'w') as f:
            for address in all:
                f.write('listen on %s port %d tls\n' %
                        (own(address), self.port))
        self.own_files()


def test_addresses():
    """The new popd keeps its sockets, adds some and closes others"""
    server = Configured(start=False)
    server.addresses('127.0.0.1', '127.0.0.2')
    server.start()
    c = server.login()
    server.addresses('127.0.0.3', '127.0.0.1')
    server.upgrade()
    server.connect(address='127.0.0.3').ok('QUIT')
    server.connect(address='127.0.0.1').ok('QUIT')
    c.quit()
    server.ended()
    for _ in range(2):
        try:
            server.connect(address='127.0.0.2')
            raise Failure('an unwanted socket was kept')
        except ConnectionRefusedError:
            pass
    server.addresses('127.0.0.3', '0.0.0.0')
    server.upgrade()
    server.ended()
    server.addresses('127.0.0.4', '127.0.0.3', '0.0.0.0')
    server.upgrade()
    for last in range(1, 6):
        server.connect(address=own('127.0.0.%d' % last)).ok('QUIT')
    server.ended()
    server.stop()


def test_background():
    """A popd in the background is followed by another in the background"""
    server = Upgraded(start=False)
    server.own_files()
    result = subprocess.run(server.command(), cwd='/',
                            stdin=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, timeout=PATIENCE,
                            **server.ids())
    equal(result.returncode, 0, 'exit status')
    old, = popds(server)
    try:
        os.kill(old, signal.SIGUSR2)
        Popd(old).wait()
        new, = popds(server)
        server.login().quit()
        equal([descriptors(new)[n] for n in range(3)], ['/dev/null'] * 3,
              'descriptors')
        equal(ps('sess', '-p', str(new)), [[str(new)]], 'its session')
        os.kill(new, signal.SIGTERM)
        Popd(new).wait()
    finally:
        kill_all(popds(server))


def test_bounds():
    """Time limits of an upgrade: yield, a hanging program, the last session"""
    rebuild(['wrkrpop'], {'YIELD_SECONDS': 1, 'YIELD_MARKED_SECONDS': 2,
                          'UPGRADE_SECONDS': 2, 'DRAIN_SECONDS': 5})
    server = Upgraded(users={'joe': 'secret', 'ann': 'secret'})
    server.replace('#!/bin/sh\nexec sleep 100\n')
    server.refused('the new popd did not start in time')
    server.replace(None)
    joe, ann = server.login('joe'), server.login('ann')
    server.upgrade()
    second = server.login('joe')
    equal(joe.closed(), b'', 'the first session')
    second.quit()
    said = ann.closed()
    check(said.startswith(b'-ERR [SYS/TEMP]'), 'ann is not told: %r' % said)
    server.ended()
    server.stop()


main()

# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""A popd one of whose processes is under fault.c, and what must be true after
whatever happened to its system calls.

The programs that popd starts are scripts here: the first process of a role
that begins after arm() is traced, all others are the real ones.  popd itself
is traced from its start.
"""

import os
import re
import signal
import ssl
import subprocess
import time

from popdtest.build import rebuild
from popdtest.cases import Failure, check, equal
from popdtest.env import PATIENCE, WORK
from popdtest.mail import wire
from popdtest.password import bcrypt
from popdtest.process import alive, descendants, kill_all, program_of
from popdtest.server import Server
from faults import LOG, main_of, tool

LASTING = 'lsnrpop', 'keypop', 'authpop', 'hashpop'
PLAN = WORK + '/plan'       # /role: options of fault.c
FAILED = Failure, OSError, ssl.SSLError
HASH = bcrypt('secret')
MAIL = [b'Subject: %d\n\ntext\n.dot\n' % i for i in range(3)]

SCRIPT = '''#!/bin/sh
plan='%(plan)s/%(name)s'
if mv "$plan" "$plan.$$" 2>/dev/null; then
	exec '%(tool)s' -m %(main)d -o '%(log)s' $(cat "$plan.$$") \\
	    '%(real)s' "$@"
fi
exec '%(real)s' "$@"
'''

_made = {}


def make():
    """The build whose programs can be traced; its popd."""
    if _made:
        return
    prefix = rebuild([], {}, traced=True)
    os.makedirs(PLAN, exist_ok=True)
    os.chmod(PLAN, 0o777)
    os.makedirs(prefix + '/real')
    for name in LASTING:
        program = prefix + '/libexec/popd/' + name
        real = prefix + '/real/' + name
        os.rename(program, real)
        os.chmod(real, 0o755)
        with open(program, 'w') as f:
            f.write(SCRIPT % dict(plan=PLAN, name=name, tool=tool(), log=LOG,
                                  main=main_of(real), real=real))
        os.chmod(program, 0o755)
    _made['popd'] = Server.program


def until(server, what, do, within=PATIENCE):
    """Try again until it works, as long as the server runs."""
    end = time.monotonic() + within
    while True:
        try:
            return do()
        except FAILED as why:
            if time.monotonic() > end or server.process.poll() is not None:
                raise Failure('%s: %s' % (what, why))
            time.sleep(0.1)


class Popd(Server):
    """A server; its popd may be traced, and then is not the process that we
    started."""

    def __init__(self, fault=None, traced=False):
        self.traced = traced
        wrap = []
        if traced:
            wrap = [tool(), '-m', str(main_of(Server.program)), '-o', LOG] + \
                (fault.options() if fault else [])
        super().__init__(users={}, wrap=wrap, start=False, ready=False)
        for user in ('joe', 'ann', 'kim'):
            self.user(user, hash=HASH)
        self.tables()
        self.expect_crash = True
        for data in MAIL:
            self['joe'].add(data)

    @property
    def pid(self):
        if not self.traced:
            return self.process.pid
        for pid in descendants(self.process.pid):
            if program_of(pid) == 'popd':
                return pid
        raise Failure('popd is gone')

    def role(self, role):
        return [p for p in descendants(self.process.pid)
                if program_of(p) == role]

    def lasting(self):
        return {p: r for p, r in ((p, program_of(p)) for p in descendants(
            self.process.pid)) if r in LASTING}

    def in_(self, user='joe'):
        """A session; who is refused tries again, and a guesser never is
        let in."""
        return until(self, 'no login', lambda: self.login(
            user, source='127.66.1.1', timeout=4))

    def never_in(self):
        try:
            c = self.connect(source='127.66.2.1', timeout=4)
            c.send(b'USER joe\r\nPASS wrong\r\n')
            replies = [c.line(), c.line()]
            c.close()
        except FAILED:
            return
        check(not replies[1].startswith(b'+OK'), 'a wrong password: %r' %
              replies)

    def end(self):
        """SIGTERM, and all of them are gone."""
        known = descendants(self.process.pid)
        os.kill(self.pid, signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failure('popd does not end')
        finally:
            end = time.monotonic() + PATIENCE
            while any(map(alive, known)) and time.monotonic() < end:
                time.sleep(0.02)
            left = [p for p in known if alive(p)]
            kill_all(left)
        check(not left, 'processes outlived popd')
        self.faults()

    def reload_(self):
        mark = self.mark()
        os.kill(self.pid, signal.SIGHUP)

        def said():
            check(re.search('reloaded|not changed', self.log(mark)),
                  'nothing is said')
        until(self, 'reload', said)


def new_log():
    open(LOG, 'w').close()
    os.chmod(LOG, 0o666)


def arm(role, fault):
    """The next process of a role is traced."""
    for name in os.listdir(PLAN):
        os.unlink(os.path.join(PLAN, name))
    path = os.path.join(PLAN, role)
    with open(path + '.new', 'w') as f:
        f.write(' '.join(fault.options() if fault else []))
    os.rename(path + '.new', path)


def script(server):
    """The sessions that run while a fault is active."""
    c = server.in_()
    n = c.stat()[0]
    equal(n, len(MAIL), 'messages')
    equal(c.retr(1), wire(MAIL[0]), 'message')
    c.close()
    server.never_in()
    server.reload_()
    server.in_('ann').close()
    server.never_in()


def mail_is_there(server):
    """All mail is still there."""
    box = server['joe']
    found = []
    for name in box.all():
        with open(box.sub(name), 'rb') as f:
            found.append(f.read())
    equal(sorted(found), sorted(MAIL), 'mail')


def run_child(role, fault):
    """A fault in a process that was started again while popd serves."""
    make()
    new_log()
    server = Popd()
    try:
        server.start()
        server.ready()
        session = server.in_('kim') if role != 'lsnrpop' else None
        others = server.lasting()
        victim = server.role(role)[0]
        del others[victim]
        arm(role, fault)
        os.kill(victim, signal.SIGKILL)
        script(server)
        if session:
            session.ok('NOOP')
            session.close()
        gone = {r for p, r in others.items() if not alive(p)}
        check(not gone, 'died with it: ' + ', '.join(gone))
        server.end()
        mail_is_there(server)
    finally:
        server.kill()


def run_popd(fault):
    """A fault in popd itself: fatal only before it has started."""
    make()
    new_log()
    server = Popd(fault, True)
    try:
        server.start()
        try:
            until(server, 'no start', lambda: started(server))
            others = server.lasting()
            session = server.in_('kim')
            script(server)
            session.ok('NOOP')
            session.close()
            gone = {r for p, r in others.items() if not alive(p)}
            check(not gone, 'died with it: ' + ', '.join(gone))
            server.end()
        except Failure as why:
            excuse(server, fault, why)
        mail_is_there(server)
    finally:
        server.kill()


def started(server):
    check('started:' in server.log(), 'not yet')


def excuse(server, fault, why):
    """popd ended: by a kill, or it said why it cannot start."""
    ended = server.process.poll() is not None
    if ended and fault and fault.kills():
        again = Popd()
        again.port = server.port
        try:
            again.start()
            again.in_().quit()
            again.end()
        finally:
            again.kill()
        return
    check(ended and 'started:' not in server.log(), why)
    # Without memory at the start the libraries may have no word for it.
    memory = fault and fault.call.name == 'mmap'
    check(server.process.poll() != 0 and (memory or server.log().strip()),
          'it ended without a word')

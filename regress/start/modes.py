#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""As root and without, in the foreground and in the background."""

import os
import re
import shutil
import signal
import subprocess
import time

from popdtest.cases import Skip, check, equal, main
from popdtest.env import UID, UID2, WORK
from popdtest.host import have_account, need
from popdtest.process import (alive, descendants, descriptors, having,
                              kill_all, one, uid_of)
from popdtest.server import Server


def session(server):
    server['joe'].add(b'Subject: x\n\nbody\n')
    c = server.login()
    equal(c.retr(1), b'Subject: x\r\n\r\nbody\r\n', 'message')
    c.ok('DELE 1')
    c.quit()
    server.no_workers()
    equal(server['joe'].all(), [], 'maildir')


def test_user():
    """Started by an ordinary user it serves that user"""
    server = Server(mode='user')
    session(server)
    for pid, name, uid in server.children():
        equal(uid, server.uid, name)
    server.stop()


def test_user_other_uid():
    """Started by an ordinary user it refuses another uid, and says so"""
    server = Server(mode='user', start=False)
    server.user('ann', uid=server.uid + 1, gid=server.gid, maildir=False)
    server.tables()
    server.start()
    c = server.connect()
    c.ok('USER ann')
    reply = c.cmd('PASS secret')
    check(reply.startswith(b'-ERR'), repr(reply))
    c.close()
    server.wait_log('uid')
    equal(server.children('wrkrpop'), [], 'workers')
    server.stop()


def test_root():
    """Started by root it serves many uids, none of them root"""
    server = Server(mode='root', start=False)
    server.user('ann', uid=UID2)
    server.tables()
    server.start()
    session(server)
    for user, uid in (('joe', UID), ('ann', UID2)):
        c = server.login(user)
        equal(uid_of(server.worker()), uid, user)
        c.quit()
        server.no_workers()
    server.stop()


def test_no_accounts():
    """As root without its accounts it names the missing one"""
    if os.getuid() != 0:
        raise Skip('needs root')
    missing = [n for n in ('_popd', '_popkey', '_popauth', '_pophash')
               if not have_account(n)]
    if not missing:
        # Hide them in a mount namespace of its own.
        need('unshare')
        passwd = os.path.join(WORK, 'passwd')
        with open('/etc/passwd') as f, open(passwd, 'w') as g:
            g.writelines(l for l in f if not l.startswith('_popauth:'))
        missing = ['_popauth']
        wrap = ['unshare', '-m', 'sh', '-c',
                'mount --bind %s /etc/passwd && exec "$@"' % passwd, 'sh']
        probe = subprocess.run(wrap + ['true'], capture_output=True)
        if probe.returncode != 0:
            raise Skip('unshare -m: ' + probe.stderr.decode().strip())
    else:
        wrap = []
    server = Server(mode='user', start=False)
    result = subprocess.run(wrap + server.command('-d'),
                            stdin=subprocess.DEVNULL, capture_output=True,
                            timeout=20)
    equal(result.returncode, 1, 'exit status')
    check(missing[0].encode() in result.stderr, result.stderr)


def test_background():
    """In the background: exit 0 once it serves, ends on SIGTERM"""
    server = Server(start=False)
    server.own_files()
    result = subprocess.run(server.command(), stdin=subprocess.DEVNULL,
                            capture_output=True, timeout=30, cwd='/',
                            **server.ids())
    equal(result.returncode, 0, result.stderr)
    # It serves from this moment on.
    c = server.login()
    c.quit()
    pid, = having(server.authtab)
    try:
        equal(one(pid, 'tty')[0].strip('?'), '', 'its terminal')
        equal([descriptors(pid)[fd] for fd in (0, 1, 2)], ['/dev/null'] * 3,
              'descriptors')
    finally:
        known = descendants(pid)
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + 15
        while alive(pid) and time.monotonic() < end:
            time.sleep(0.05)
        gone = not alive(pid)
        kill_all([p for p in known + [pid] if alive(p)])
    check(gone, 'it did not end')


def test_subdir():
    """-e: the maildir below the directory of usertab"""
    server = Server(subdir='Mail/Inbox')
    session(server)
    server.stop()


def test_subdir_missing():
    """-e: before the first mail the maildrop is empty, nothing is created"""
    server = Server(subdir='Mail/Inbox')
    box = server['joe']
    home = os.path.dirname(os.path.dirname(box.path))
    shutil.rmtree(home + '/Mail')
    mark = server.mark()
    for session in range(2):
        c = server.login()
        equal(c.stat(), (0, 0), 'STAT')
        equal((c.list(), c.uidl()), ({}, {}), 'LIST and UIDL')
        for command in ('RETR 1', 'TOP 1 0', 'DELE 1', 'LIST 1', 'UIDL 1'):
            c.err(command)
        c.ok('RSET')
        c.quit()
        server.no_workers()
    equal(os.listdir(home), [], 'made')
    server.wait_log(r'(?s)reason=quit.*reason=quit', mark)
    # Half of it is there, or a link to nowhere.
    os.makedirs(home + '/Mail')
    box.own(home + '/Mail')
    c = server.login()
    equal(c.stat(), (0, 0), 'STAT')
    c.quit()
    server.no_workers()
    os.symlink('/nowhere', home + '/Mail/Inbox')
    refused = server.connect()
    refused.ok('USER joe')
    refused.err('PASS secret', 'SYS/PERM')
    os.unlink(home + '/Mail/Inbox')
    shutil.rmtree(home)
    refused = server.connect()
    refused.ok('USER joe')
    refused.err('PASS secret', 'SYS/PERM')
    server.stop()


def test_argument_list():
    """Arguments and environment of no process hold a secret"""
    server = Server(users={'joe': 'canary-password'}, wrap=['env',
                    'CANARY_ENV=canary-environment'])
    c = server.login()
    server.worker()
    for pid, name, uid in server.children():
        # With e, the environment follows the arguments.
        text = subprocess.run(['ps', 'ewwo', 'args', '-p', str(pid)],
                              capture_output=True).stdout.decode()
        check('canary' not in text, '%s: %s' % (name, text))
        names = set(re.findall(r'(\w+)=', text))
        check(names <= {'PATH', 'TZ', 'POPD_PROTOCOL'},
              '%s: %s' % (name, names))
    c.quit()
    server.stop()


main()

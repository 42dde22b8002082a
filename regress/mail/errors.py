#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Maildrops that cannot be opened: only that user is told, nothing changes."""

import os
import shutil
import time

from popdtest.cases import Skip, check, equal, main
from popdtest.env import UID2
from popdtest.server import Server

server = Server(start=False, shared=True)
server.users.clear()
for name in ('good', 'empty', 'gone', 'file', 'link', 'mode', 'nocur', 'nonew',
             'foreign', 'maildirless', 'linkednew', 'readonly'):
    server.user(name)
server.tables()
server.start()


def refused(user, *codes):
    c = server.connect()
    c.ok('USER ' + user)
    reply = c.cmd('PASS secret')
    check(reply.startswith(tuple(b'-ERR [' + code.encode() + b']'
                                 for code in codes)),
          '%s: %r' % (user, reply))
    equal(c.closed(), b'', 'after the answer to PASS')
    # Not a failed login: the next one is not delayed.
    began = time.monotonic()
    c = server.login('good')
    c.quit()
    check(time.monotonic() - began < 3, 'the next login was delayed')


def test_missing_directory():
    """A missing directory of usertab is [SYS/PERM], and not created"""
    box = server['gone']
    shutil.rmtree(box.path)
    refused('gone', 'SYS/PERM')
    check(not os.path.exists(box.path), 'it was made')


def test_empty():
    """A directory without new/ and cur/ is an empty maildrop"""
    box = server['maildirless']
    for sub in ('tmp', 'new', 'cur'):
        os.rmdir(box.sub(sub))
    for session in range(2):
        c = server.login('maildirless')
        equal(c.stat(), (0, 0), 'STAT')
        equal(c.list(), {}, 'LIST')
        equal(c.uidl(), {}, 'UIDL')
        c.err('RETR 1')
        c.quit()
    made = [n for n in os.listdir(box.path) if n != 'popcache']
    equal(made, [], 'made in it')


def test_half():
    """Without new/ cur/ is served, without cur/ new/"""
    box = server['nonew']
    os.rmdir(box.sub('new'))
    box.add(b'Subject: x\n\n', '1.n:2,S', 'cur')
    c = server.login('nonew')
    equal(c.stat()[0], 1, 'STAT')
    c.retr(1)
    c.quit()
    box = server['nocur']
    os.rmdir(box.sub('cur'))
    box.add(b'Subject: x\n\n', '1.n')
    c = server.login('nocur')
    equal(c.stat()[0], 1, 'STAT')
    equal(c.retr(1), b'Subject: x\r\n\r\n', 'message')
    c.cmd('QUIT')
    c.close()
    server.no_workers()
    equal(len([n for s in ('new', 'cur') if os.path.isdir(box.sub(s))
               for n in box.list(s)]), 1, 'messages')


def test_file():
    """A file in place of the directory"""
    box = server['file']
    shutil.rmtree(box.path)
    with open(box.path, 'w') as f:
        f.write('x')
    box.own(box.path)
    refused('file', 'SYS/PERM')


def test_link():
    """A symlink at the end of the path is not followed"""
    box = server['link']
    os.rename(box.path, box.path + '.real')
    os.symlink(box.path + '.real', box.path)
    box.own(box.path)
    refused('link', 'SYS/PERM')


def test_mode():
    """A directory that the user cannot read"""
    box = server['mode']
    os.chmod(box.path, 0)
    try:
        refused('mode', 'SYS/PERM', 'SYS/TEMP')
    finally:
        os.chmod(box.path, 0o700)


def test_foreign():
    """A directory with another owner is [SYS/PERM]"""
    if os.getuid() != 0:
        raise Skip('needs root')
    box = server['foreign']
    box.add(b'Subject: x\n\n', '1.n')
    os.chmod(box.path, 0o777)
    for sub in ('tmp', 'new', 'cur'):
        os.chmod(box.sub(sub), 0o777)
    os.chown(box.path, UID2, UID2)
    before = sorted(os.listdir(box.path))
    refused('foreign', 'SYS/PERM')
    equal(sorted(os.listdir(box.path)), before, 'made in it')


def test_linked_new():
    """Nothing is shown through a new/ that is a symlink"""
    box = server['linkednew']
    other = os.path.join(server.home, 'elsewhere')
    os.makedirs(other)
    with open(other + '/1.n', 'w') as f:
        f.write('Subject: canary\n\n')
    os.rmdir(box.sub('new'))
    os.symlink(other, box.sub('new'))
    c = server.connect()
    c.ok('USER linkednew')
    reply = c.cmd('PASS secret')
    if reply.startswith(b'+OK'):
        equal(c.stat()[0], 0, 'messages')
    c.close()


def test_others_served():
    """Other users are served all the time"""
    c = server.login('good')
    c.quit()


main()

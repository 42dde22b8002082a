#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Tables cut short by a full disk, and tables of other owners: a reload does
not use them, and says which and why."""

import os
import re
import signal

from popdtest.cases import check, equal, main
from popdtest.env import UID
from popdtest.host import need_root
from popdtest.server import Server

USERS = {'joe': 'secret', 'ann': 'secret', 'kim': 'secret'}


def fresh():
    return Server(users=USERS)


def read(path):
    with open(path, 'rb') as f:
        return f.read()


def refused(server, path, *words):
    """Nothing changes, and the log names the file."""
    mark = server.mark()
    os.kill(server.pid, signal.SIGHUP)
    server.wait_log('not changed|configuration reloaded', mark)
    log = server.log(mark)
    check('configuration reloaded' not in log, 'it was taken: ' + log)
    line, = [l for l in log.splitlines() if path in l][:1] or ['']
    check(line, 'the file is not named: ' + log)
    for word in words:
        check(re.search(word, log), 'not /%s/: %s' % (word, log))
    for i, user in enumerate(USERS):
        server.login(user, source='127.62.%d.1' % i).quit()


def reloaded(server):
    mark = server.mark()
    os.kill(server.pid, signal.SIGHUP)
    server.wait_log('configuration reloaded|not changed', mark)
    check('configuration reloaded' in server.log(mark), server.log(mark))
    return server.log(mark)


def spoilt(which, change, *words):
    """Change a table's contents, and restore them afterwards."""
    server = fresh()
    path = getattr(server, which)
    keep = read(path)
    with open(path, 'wb') as f:
        f.write(change(keep))
    refused(server, path, *words)
    with open(path, 'wb') as f:
        f.write(keep)
    reloaded(server)
    server.stop()


def test_empty_authtab():
    """An empty authtab"""
    spoilt('authtab', lambda keep: b'', 'no entries')


def test_empty_usertab():
    """An empty usertab"""
    spoilt('usertab', lambda keep: b'', 'no entries')


def test_comments_only():
    """An authtab with only a comment left"""
    spoilt('authtab', lambda keep: b'# users\n')


def test_cut_in_a_hash():
    """An authtab cut inside the last hash"""
    spoilt('authtab', lambda keep: keep[:-20])


def test_cut_line_end():
    """One that only lacks its last newline"""
    spoilt('authtab', lambda keep: keep[:-1])


def test_cut_usertab():
    """A usertab cut inside the last directory"""
    spoilt('usertab', lambda keep: keep[:-5])


def modes(which, mode):
    server = fresh()
    path = getattr(server, which)
    os.chmod(path, mode)
    refused(server, path, 'writ')
    os.chmod(path, 0o600)
    reloaded(server)
    server.stop()


def test_writable():
    """Tables writable by the group or the world"""
    modes('authtab', 0o602)
    modes('usertab', 0o646)
    modes('authtab', 0o620)
    modes('usertab', 0o664)


def test_foreign():
    """Tables that belong to a mail user"""
    need_root()
    for which in ('authtab', 'usertab'):
        server = fresh()
        path = getattr(server, which)
        os.chown(path, UID, 0)
        refused(server, path, 'own|belong')
        os.chown(path, 0, 0)
        reloaded(server)
        server.stop()


def test_start():
    """popd does not start with such a table either, and -n says so"""
    server = Server(users=USERS, start=False)
    equal(server.run('-n')[0], 0, 'exit status before')
    os.chmod(server.authtab, 0o602)
    for flag in ('-n', '-d'):
        status, output = server.run(flag, timeout=10)
        check(status != 0 and server.authtab in output, '%s: %d %s' % (
            flag, status, output))


def test_counts():
    """A reload reports how many users came and went, as a warning if most"""
    server = fresh()
    server.user('new')
    del server.users['kim']
    server.tables()
    log = reloaded(server)
    check(re.search(r'\b1\b.*\b1\b', log), log)
    for name in ('joe', 'ann'):
        del server.users[name]
    server.tables()
    mark = server.mark()
    os.kill(server.pid, signal.SIGHUP)
    line = server.wait_log(r'.*\b2\b.*(went|gone|fewer|removed|less).*',
                           mark).group()
    print('# ' + line)
    server.stop()


main()

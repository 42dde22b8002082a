#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Mail expires by age at QUIT."""

import os
import time

from popdtest.cases import check, equal, main
from popdtest.server import Server

DAY = 86400
NOW = int(time.time())

server = Server(users={'joe': 'secret', 'ann': 'secret'}, shared=True,
                start=False)
with open(os.path.join(server.dir, 'some'), 'w') as f:
    f.write('joe\n')
os.chmod(os.path.join(server.dir, 'some'), 0o644)
if server.mode == 'user' and os.getuid() == 0:
    os.chown(os.path.join(server.dir, 'some'), server.uid, server.gid)
ALL = 'expire 30 days\n'
SOME = 'table some file:@dir@/some\nexpire 30 days <some>\n'
server.configure(ALL)
server.start()


def put(box, name, days, sub='cur'):
    """A message with a file of so many days ago."""
    box.add(b'Subject: x\n\n', name, sub)
    then = NOW - days * DAY - 60
    os.utime(box.sub('%s/%s' % (sub, name)), (then, then))


def fill(user):
    """What is to stay and what is to go, as sets of names."""
    box = server[user]
    for name in box.all():
        os.unlink(box.sub(name))
    stay = [('%d.now:2,S' % NOW, 0), ('%d.young:2,S' % (NOW - 29 * DAY), 29),
            # Copied yesterday, so its file is young; moved by a program that
            # kept its time, so its name is.
            ('%d.copied:2,S' % (NOW - 90 * DAY), 1),
            ('%d.moved:2,S' % (NOW - 1 * DAY), 90),
            ('%d.unseen:2,' % (NOW - 90 * DAY), 90),
            # Flags end at a comma.
            ('%d.field:2,F,S=40' % (NOW - 90 * DAY), 90),
            ('%d.none:2,,S=40' % (NOW - 90 * DAY), 90),
            ('%d.flagged:2,FR' % (NOW - 91 * DAY), 91)]
    go = [('%d.old:2,S' % (NOW - 90 * DAY), 90),
          ('%d.edge:2,RS' % (NOW - 30 * DAY - 60), 30),
          ('%d.seen:2,FS,S=40' % (NOW - 90 * DAY), 90),
          ('M1P1Q1.host:2,S', 90)]
    for name, days in stay + go:
        put(box, name, days)
    put(box, '%d.unread' % (NOW - 90 * DAY), 90, 'new')
    return ({'cur/' + name for name, days in stay} |
            {'new/%d.unread' % (NOW - 90 * DAY)},
            {'cur/' + name for name, days in go})


def end(mark):
    return server.wait_log(r'session end .*reason=quit', mark).group()


def test_expires():
    """Old mail that was seen is removed, with or without a QUIT"""
    stay, go = fill('joe')
    box = server['joe']
    c = server.login()
    c.ok('STAT')
    c.close()
    server.no_workers()
    equal(set(box.all()), stay | go, 'without QUIT')
    mark = server.mark()
    c = server.login()
    count = int(c.ok('STAT').split()[1])
    equal(count, len(stay | go), 'STAT')
    c.quit()
    line = end(mark)
    equal(set(box.all()), stay, 'after QUIT')
    check(' deleted=0 expired=%d kept=0 left=%d ' % (len(go), len(stay)) in
          line, line)
    c = server.login()
    equal(int(c.ok('STAT').split()[1]), len(stay), 'the next STAT')
    c.quit()


def test_retrieved():
    """Retrieved mail counts as seen; deleted mail is counted apart"""
    fill('joe')
    box = server['joe']
    c = server.login()
    numbers = {line.split()[1]: line.split()[0]
               for line in c.multi('UIDL')}
    import hashlib
    base = '%d.unread' % (NOW - 90 * DAY)
    n = int(numbers[hashlib.sha256(base.encode()).hexdigest().encode()])
    c.retr(n)
    base = '%d.old' % (NOW - 90 * DAY)
    c.ok('DELE %d' % int(
        numbers[hashlib.sha256(base.encode()).hexdigest().encode()]))
    mark = server.mark()
    c.quit()
    # The line of an earlier session may come after the mark.
    server.wait_log(r'^popd: session end .* deleted=1 expired=4 kept=0 ', mark)
    check(not any('unread' in name or '.old' in name for name in box.all()),
          box.all())


def test_capa():
    """CAPA says the same before login and after"""
    for text, before, joe, ann in (
            (ALL, b'EXPIRE 30', b'EXPIRE 30', b'EXPIRE 30'),
            (SOME, b'EXPIRE 30 USER', b'EXPIRE 30', b'EXPIRE NEVER')):
        server.stop()
        server.configure(text)
        server.start()
        c = server.connect()
        check(before in c.multi('CAPA'), before)
        c.close()
        for user, want in (('joe', joe), ('ann', ann)):
            c = server.login(user)
            found = [l for l in c.multi('CAPA') if l.startswith(b'EXPIRE')]
            equal(found, [want], user)
            c.quit()


def test_some():
    """Only the users of the table"""
    stay, go = fill('ann')
    server.login('ann').quit()
    equal(set(server['ann'].all()), stay | go, 'of ann, who has none')
    stay, go = fill('joe')
    server.login('joe').quit()
    equal(set(server['joe'].all()), stay, 'of joe, who has')


main()

#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""One log line for each removed message, and for no other."""

import os
import re
import time

from popdtest.cases import Skip, check, equal, main
from popdtest.env import PATIENCE
from popdtest.server import Server

server = Server(start=False, shared=True)
server.configure('delete audit\nexpire 30 days\n')
server.start()
box = server['joe']

LINE = re.compile(r'popd: removed session=\d+\.\d+ user="joe" '
                  r'source=127\.0\.0\.1 octets=(\d+) '
                  r'uidl="([A-Za-z0-9@._+/%-]+)" reason=(dele|expire)$')


def listing(c):
    return {int(n): (int(size), uidl.decode()) for (n, size), (m, uidl) in
            zip((l.split() for l in c.multi('LIST')),
                (l.split() for l in c.multi('UIDL')))}


def removed(mark):
    """What the log says is gone, before the end of the session."""
    server.wait_log('session end', mark)
    out = []
    for line in server.log(mark).splitlines():
        if ': removed ' in line:
            match = LINE.match(line)
            check(match, line)
            out.append((int(match.group(1)), match.group(2),
                        match.group(3)))
    return out


def test_few():
    """Size and UIDL of mail removed by DELE and by age; none without QUIT"""
    for i in range(4):
        box.add(b'Subject: %d\n\n' % i + b'x' * i)
    old = box.add(b'Subject: old\n\n', '1000000000.old:2,S', 'cur')
    os.utime(box.sub('cur/' + old), (1000000000, 1000000000))
    mark = server.mark()
    c = server.login()
    said = listing(c)
    c.ok('DELE 3')
    c.close()
    equal(removed(mark), [], 'without QUIT')
    mark = server.mark()
    c = server.login()
    c.ok('DELE 2')
    c.ok('DELE 3')
    c.ok('RSET')
    c.ok('DELE 4')
    c.quit()
    equal(removed(mark), [said[1] + ('expire',), said[4] + ('dele',)],
          'lines')
    server.no_workers()


def test_thousands():
    """Ten thousand at once, each with its line"""
    count = 10000
    for name in box.all():
        os.unlink(box.sub(name))
    for i in range(count):
        box.add(b'x\n')
    mark = server.mark()
    c = server.login()
    said = {uidl for size, uidl in listing(c).values()}
    equal(len(said), count, 'messages')
    c.send(b''.join(b'DELE %d\r\n' % (i + 1) for i in range(count)))
    for i in range(count):
        check(c.line().startswith(b'+OK'), 'DELE')
    began = time.monotonic()
    c.quit()
    took = time.monotonic() - began
    # What the log takes at once and then in each second is less than all.
    lines = removed(mark)
    equal(len(lines), count, 'lines')
    equal({uidl for size, uidl, reason in lines}, said, 'UIDLs')
    equal(box.all(), [], 'what is left')
    check('dropped' not in server.log(mark), 'lines dropped')
    check(took < PATIENCE, 'QUIT took %.1f s' % took)


def test_failed():
    """A message that could not be removed has no line"""
    if server.mode != 'root':
        raise Skip('needs root')
    box.add(b'x\n', '1.a')
    box.add(b'y\n', '2.b')
    mark = server.mark()
    c = server.login()
    said = listing(c)
    c.ok('DELE 1')
    c.ok('DELE 2')
    box.add(b'another\n', '1.a')
    c.err('QUIT')
    c.close()
    equal(removed(mark), [said[2] + ('dele',)], 'lines')
    equal(box.all(), ['new/1.a'], 'what is left')


main()

#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# timeout: 240
"""Mail is sent octet for octet, and every size is that of RETR."""

from popdtest.cases import check, equal, main
from popdtest.mail import corpus, odd_messages, wire, wire_top
from popdtest.server import Server

server = Server(users={'odd': 'secret', 'real': 'secret', 'gen': 'secret'},
                shared=True)


def compare(user, mail):
    """Two sessions, the second from popcache, then one from cur/."""
    for session in ('first', 'second', 'after QUIT'):
        c = server.login(user)
        count, total = c.stat()
        sizes = c.list()
        equal(count, len(mail), session + ': STAT')
        equal(sorted(sizes), list(range(1, len(mail) + 1)), 'LIST')
        equal(total, sum(sizes.values()), session + ': total')
        for i, (name, data) in enumerate(mail):
            what = '%s: %s' % (session, name)
            want = wire(data)
            equal(sizes[i + 1], len(want), what + ': size')
            check(c.ok('LIST %d' % (i + 1)).split()[2] ==
                  b'%d' % len(want), what + ': LIST n')
            equal(c.retr(i + 1), want, what)
            lines = want.count(b'\n')
            for n in (0, 1, 2, lines, lines + 10):
                if n > 5 and len(want) > 1000000:
                    continue
                equal(c.top(i + 1, n), wire_top(data, n),
                      '%s: TOP %d' % (what, n))
        if session == 'first':
            c.close()
            server.no_workers()
        else:
            c.quit()


def test_odd():
    """Odd files"""
    box = server['odd']
    mail = odd_messages()
    for name, data in mail:
        box.add(data)
    compare('odd', mail)


def test_real():
    """Real mail"""
    mail = corpus()
    box = server['real']
    for name, data in mail:
        box.add(data)
    compare('real', mail)


def test_cuts():
    """Dots and line ends around every boundary of 4 to 64 KiB"""
    box = server['gen']
    mail = []
    for size in (4096, 8192, 16384, 32768, 65536):
        for end in (b'\n.', b'\r\n.', b'.\n', b'\n..\n', b'\r\n.\r\n', b'\r'):
            for shift in range(-3, 4):
                data = b'A: b\n\n'
                data += b'x' * (size + shift - len(data)) + end + b'rest\n'
                mail.append(('%d%+d %r' % (size, shift, end), data))
    for name, data in mail:
        box.add(data)
    c = server.login('gen')
    sizes = c.list()
    for i, (name, data) in enumerate(mail):
        equal(sizes[i + 1], len(wire(data)), name + ': size')
        equal(c.retr(i + 1), wire(data), name)
        equal(c.top(i + 1, 1), wire_top(data, 1), name + ': TOP')
    c.quit()


main()

#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Message numbers and line counts are strict."""

from popdtest.cases import check, equal, main
from popdtest.mail import wire, wire_top
from popdtest.server import Server

server = Server(shared=True)
box = server['joe']
MAIL = [b'Subject: %d\nTo: x\n\nline 1\nline 2\n' % i for i in range(1, 4)]
for data in MAIL:
    box.add(data)

BAD = ['0', '00', '01', '001', '+1', '-1', '-0', '1x', 'x1', '0x1', '1.0',
       '1e0', '1,2', '1-2', '*', '"1"', '4', '99', '4294967295', '4294967296',
       '4294967297', '18446744073709551616', '18446744073709551617',
       '99999999999999999999999999', '1' * 200, 'one', '1\t']


def test_bad_numbers():
    """A bad number selects no message"""
    c = server.login()
    for number in BAD:
        for command in ('LIST', 'UIDL', 'RETR', 'DELE', 'TOP'):
            line = '%s %s' % (command, number)
            if command == 'TOP':
                line += ' 0'
            c.err(line)
            c.ok('NOOP')
    equal(c.stat()[0], 3, 'messages')
    c.quit()
    equal(len(box.all()), 3, 'messages')


def test_arguments():
    """Too few and too many arguments"""
    c = server.login()
    for line in ('RETR', 'DELE', 'TOP', 'TOP 1', 'RETR 1 2', 'DELE 1 2',
                 'LIST 1 2', 'UIDL 1 2', 'TOP 1 1 1', 'STAT 1', 'NOOP 1',
                 'RSET 1', 'DELE 1 ,2', 'RETR  '):
        c.err(line)
        c.ok('NOOP')
    equal(c.stat()[0], 3, 'messages')
    c.quit()


def test_counts():
    """Line counts of TOP: 0 is valid, signs and junk are not"""
    c = server.login()
    for count in ('-1', '+1', '1x', '01', '00', '0x1', 'all', '1.5',
                  '99999999999999999999'):
        c.err('TOP 1 ' + count)
        c.ok('NOOP')
    for count in (0, 1, 2, 3, 1000, 2147483647, 2147483648, 4294967295):
        equal(c.top(1, count), wire_top(MAIL[0], count), 'TOP 1 %d' % count)
    c.quit()


def test_blanks():
    """Blanks around numbers follow the command table"""
    c = server.login()
    check(c.ok('LIST 1 ').startswith(b'+OK 1 '), 'trailing blank')
    check(c.ok('LIST  2').startswith(b'+OK 2 '), 'two blanks')
    c.quit()


def test_deleted():
    """Numbers never change; a deleted message is not listed or sent"""
    c = server.login()
    sizes = c.list()
    uids = c.uidl()
    c.ok('DELE 2')
    for line in ('DELE 2', 'RETR 2', 'TOP 2 0', 'LIST 2', 'UIDL 2'):
        c.err(line)
    equal(c.list(), {1: sizes[1], 3: sizes[3]}, 'LIST')
    equal(c.uidl(), {1: uids[1], 3: uids[3]}, 'UIDL')
    equal(c.stat(), (2, sizes[1] + sizes[3]), 'STAT')
    equal(c.retr(3), wire(MAIL[2]), 'message 3')
    c.ok('RSET')
    equal(c.list(), sizes, 'LIST after RSET')
    equal(c.uidl(), uids, 'UIDL after RSET')
    equal(c.retr(2), wire(MAIL[1]), 'message 2')
    c.ok('DELE 1')
    c.ok('DELE 2')
    c.ok('DELE 3')
    equal(c.stat(), (0, 0), 'STAT')
    equal(c.list(), {}, 'LIST')
    c.close()
    server.no_workers()
    equal(len(box.all()), 3, 'messages without QUIT')


main()

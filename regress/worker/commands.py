#!/usr/bin/env python3
#
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Every command of the TRANSACTION state, right and wrong."""

from popdtest.cases import check, equal, main
from popdtest.talk import Talk, batch, maildir, uidl_of

ONE = b'Subject: one\n\nfirst\n'
TWO = b'Subject: two\n\nsecond\n'
THREE = b'Subject: three\n\nthird\n'
SIZES = {1: '23', 2: '24', 3: '25'}


def three():
    return maildir([ONE, TWO, THREE])


def test_greeting():
    """The greeting has the number of messages and octets"""
    t = Talk(three())
    check('3 messages' in t.greeting and '72 octets' in t.greeting, t.greeting)
    t.quit()


def test_stat():
    """STAT"""
    t = Talk(three())
    equal(t.cmd('STAT').ok(), '+OK 3 72')
    t.cmd('DELE 2').ok()
    equal(t.cmd('STAT').ok(), '+OK 2 48')
    t.cmd('STAT 1').err()
    t.quit()
    equal(Talk(maildir()).cmd('stat').ok(), '+OK 0 0')


def test_list():
    """LIST of all and of one"""
    t = Talk(three())
    equal(t.cmd('LIST').numbers(), SIZES)
    equal(t.cmd('LIST 2').ok(), '+OK 2 24')
    t.cmd('LIST 4').err()
    t.cmd('DELE 2').ok()
    t.cmd('LIST 2').err()
    equal(t.cmd('LIST').numbers(), {1: '23', 3: '25'})
    t.quit()
    equal(batch(maildir(), 'LIST\r\n').ok()[:3], '+OK')


def test_uidl():
    """UIDL of all and of one"""
    d = three()
    names = d.list('new')
    t = Talk(d)
    want = {i + 1: uidl_of(name) for i, name in enumerate(names)}
    equal(t.cmd('UIDL').numbers(), want)
    equal(t.cmd('UIDL 3').ok(), '+OK 3 ' + want[3])
    t.cmd('UIDL 4').err()
    t.cmd('DELE 3').ok()
    t.cmd('UIDL 3').err()
    del want[3]
    equal(t.cmd('UIDL').numbers(), want)
    t.quit()


def test_retr():
    """RETR, with the size of LIST"""
    t = Talk(three())
    equal(t.cmd('RETR 2').ok(), '+OK 24 octets')
    equal(t.body(), TWO.replace(b'\n', b'\r\n'))
    t.cmd('RETR 4').err()
    t.cmd('RETR').err()
    t.cmd('RETR 1 2').err()
    t.cmd('DELE 2').ok()
    t.cmd('RETR 2').err()
    t.quit()


def test_retr_moves():
    """QUIT moves retrieved messages to cur/ with S, RETR does not"""
    d = three()
    names = d.list('new')
    t = Talk(d)
    t.cmd('RETR 2').ok()
    t.body()
    t.cmd('TOP 3 5').ok()
    t.body()
    equal(d.list('new'), names)
    t.quit()
    equal(d.list('new'), [names[0], names[2]])
    equal(d.list('cur'), [names[1] + ':2,S'])


def test_dele():
    """DELE marks, and QUIT unlinks"""
    d = three()
    names = d.list('new')
    t = Talk(d)
    t.cmd('DELE 2').ok()
    t.cmd('DELE 2').err()
    t.cmd('DELE 4').err()
    t.cmd('TOP 2 0').err()
    equal(d.list('new'), names)
    t.quit()
    equal(d.all(), ['new/' + names[0], 'new/' + names[2]])


def test_dele_all():
    """All messages deleted"""
    d = three()
    t = batch(d, ['DELE 1', 'DELE 2', 'DELE 3', 'STAT', 'LIST', 'UIDL',
                  'QUIT'])
    for _ in range(4):
        t.ok()
    equal(t.stat(), (0, 0))
    equal(t.numbers(), {})
    equal(t.numbers(), {})
    t.ok()
    t.end()
    equal(d.all(), [])


def test_rset():
    """RSET removes every mark"""
    d = three()
    t = Talk(d)
    for i in range(1, 4):
        t.cmd('DELE %d' % i).ok()
    t.cmd('RSET').ok()
    equal(t.cmd('LIST').numbers(), SIZES)
    equal(t.cmd('STAT').ok(), '+OK 3 72')
    t.cmd('DELE 1').ok()
    t.cmd('RSET').ok()
    t.cmd('RSET').ok()
    t.quit()
    equal(len(d.all()), 3)


def test_noop():
    """NOOP in any case of letters"""
    t = Talk(maildir())
    for text in ('NOOP', 'noop', 'nOOp', 'NOOP '):
        t.cmd(text).ok()
    t.cmd('NOOP x').err()
    t.quit()


def test_capa():
    """CAPA lists the capabilities"""
    t = Talk(maildir())
    lines = t.cmd('CAPA').lines()
    equal(sorted(lines), sorted([
        'TOP', 'UIDL', 'USER', 'SASL PLAIN', 'RESP-CODES', 'AUTH-RESP-CODE',
        'PIPELINING', 'EXPIRE NEVER', 'IMPLEMENTATION popd']))
    t.quit()


def test_login_commands():
    """USER, PASS, AUTH and UTF8 are refused after login"""
    d = three()
    t = Talk(d)
    for text in ('USER joe', 'PASS secret', 'AUTH PLAIN', 'AUTH', 'UTF8',
                 'STLS', 'APOP joe x'):
        line = t.cmd(text).err()
        check('joe' not in line and 'secret' not in line, 'an echo: ' + line)
    equal(t.cmd('STAT').stat(), (3, 72))
    t.quit()


def test_numbers():
    """A bad message number never selects a message"""
    d = three()
    t = Talk(d)
    odd = ['0', '00', '01', '001', '+1', '-1', '1x', 'x', '0x1', '1.0', '1,2',
           '1e0', '4294967297', '4294967296', '18446744073709551617',
           '1' * 200, '4', '4294967295', '*', '1:2']
    for number in odd:
        for command in ('LIST', 'UIDL', 'RETR', 'DELE'):
            t.cmd(command + ' ' + number).err()
            t.cmd('NOOP').ok()
        t.cmd('TOP %s 0' % number).err()
        t.cmd('NOOP').ok()
    for command in ('RETR 1 2', 'DELE 1 1', 'DELE\t1', 'DELE', 'DELE ',
                    'LIST 1 2', 'DELE1', ' DELE 1', 'DELE 1\t'):
        t.cmd(command).err()
        t.cmd('NOOP').ok()
    equal(t.cmd('STAT').stat(), (3, 72))
    t.quit()
    equal(len(d.all()), 3)


def test_bad_commands():
    """Twenty bad commands in a row end the session, without UPDATE"""
    d = three()
    t = Talk(d)
    t.cmd('DELE 1').ok()
    for _ in range(3):
        for _ in range(19):
            t.cmd('FOO bar').err()
        t.cmd('NOOP').ok()
    for _ in range(19):
        t.cmd('FOO').err()
    t.cmd('DELE 77').err()
    for text in ['FOO', '', 'RETR x', 'LIST 1 1'] * 5:
        last = t.cmd(text).err()
    check('too many' in last, 'the last reply: ' + last)
    t.end()
    t.wait()
    equal(len(d.all()), 3)


def test_honest_errors():
    """Missing messages do not count as bad commands"""
    t = Talk(maildir())
    for i in range(1, 60):
        t.cmd('RETR %d' % i).err()
    t.cmd('NOOP').ok()
    t.quit()


if __name__ == '__main__':
    main()

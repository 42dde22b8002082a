#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
"""Mail for users of table processes, and for others while those fail."""

import os
import signal
import time

from popdtest.cases import check, equal, main
from popdtest.env import PATIENCE
from popdtest.lmtp import LmtpServer, texts, trace
from popdtest.table import Table, account

NEEDED = '451 4.3.0'


def server_with(table):
    """joe and eve are in files; of eve the table says where her mail is."""
    account()
    s = LmtpServer(table.line, 'table homes file:@usertab@',
                   'userbase <homes> <%s>' % table.name, start=False)
    eve = s.user('eve', 'pear', usertab=False)
    table.users['eve'] = [None, eve.line, None]
    s.ann = table.user(s, 'ann', 'apple')
    table.user(s, 'bob@example.test', 'banana')
    s.tables()
    return s.start()


def again(s, c, table):
    """Wait until mail for ann is accepted again."""
    table.mode('normal')
    end = time.monotonic() + PATIENCE + 10
    c.say('MAIL FROM:<a@b.test>', 250)
    while True:
        c.send(b'RCPT TO:<ann>\r\n')
        if c.reply().startswith(b'250'):
            break
        check(time.monotonic() < end, 'nothing for ann')
        time.sleep(0.1)
    c.data(b'again\n')
    c.expect(250)
    equal(texts(s.ann)[-1], trace('ann') + b'again\n')


def test_users():
    """A table decides who gets the mail unless a file before it does"""
    t = Table('people', 'userinfo')
    s = server_with(t)
    c = s.lmtp()
    c.mail(b'one\n', ['joe', 'joe@example.test', 'JOE'])
    equal([q for q in t.asked() if q == 'userinfo joe'], [], 'questions')
    mark = len(t.asked())
    c.mail(b'two\n', ['ann', 'bob@example.test', 'joe', 'Ann@Example.test'])
    # At RCPT, and the users found once more when mail is written.
    asked = t.asked()[mark:]
    equal(asked[:4], ['userinfo ann', 'userinfo bob@example.test',
                      'userinfo ann@example.test', 'userinfo ann'],
          'questions')
    equal(sorted(asked[4:]), ['userinfo ann', 'userinfo ann',
                              'userinfo bob@example.test'], 'questions')
    equal(sorted(texts(s.ann)), [trace('Ann@Example.test') + b'two\n',
                                 trace('ann') + b'two\n'])
    equal(os.stat(s.ann.sub('new/' + s.ann.list('new')[0])).st_uid, s.ann.uid,
          'owner')
    c.say('MAIL FROM:<>', 250)
    for address in ('nobody', 'bob', 'nobody@example.test', 'a|b'):
        c.say('RCPT TO:<%s>' % address, '550 5.1.1')
    c.say('RSET', 250)
    if s.mode == 'root':
        t.mode('root')
        c.say('MAIL FROM:<>', 250)
        c.say('RCPT TO:<ann>', '450 4.2.1')
        t.mode('normal')
        t.users['two'] = [None, '2:2:' + s.home, None]
        t.save()
        c.say('RCPT TO:<two>', '450 4.2.1')
        s.wait_log('uid out of bounds user="two" uid=2 gid=2 directory="')
    p = s.login('eve', 'pear')
    p.quit()
    c.close()
    s.stop()


def test_hangs():
    """A table that hangs costs its users a 4xx, no others"""
    t = Table('people', 'userinfo')
    s = server_with(t)
    s.expect_crash = True
    idle = s.lmtp()
    t.mode('hang')
    waiting = [s.lmtp() for i in range(12)]
    for c in waiting:
        c.send(b'MAIL FROM:<>\r\nRCPT TO:<ann@example.test>\r\n')
        c.expect(250)
    idle.mail(b'meanwhile\n', ['joe'])
    p = s.login('joe', 'secret')
    equal(p.stat()[0], 1, 'messages')
    p.quit()
    for c in waiting:
        c.expect(NEEDED)
        c.say('RCPT TO:<joe>', 250)
        c.close()
    again(s, idle, t)
    idle.close()
    s.stop()


def test_killed():
    """A tabpop that dies, and one that is not back yet"""
    t = Table('people', 'userinfo')
    s = server_with(t)
    s.expect_crash = True
    c, idle = s.lmtp(), s.lmtp()
    t.mode('hang')
    c.send(b'MAIL FROM:<>\r\nRCPT TO:<ann>\r\n')
    c.expect(250)
    end = time.monotonic() + PATIENCE
    while 'userinfo ann' not in t.asked():
        check(time.monotonic() < end, 'it is not asked')
        time.sleep(0.02)
    os.kill(s.children('tabpop')[0][0], signal.SIGKILL)
    c.expect(NEEDED)
    idle.mail(b'meanwhile\n', ['joe'])
    c.say('RSET', 250)
    again(s, c, t)
    c.close()
    idle.close()
    s.stop()


main()

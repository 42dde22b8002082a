#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# timeout: 240
"""Mail by LMTP: what is on disk, the replies for each recipient, refusals."""

import os
import random
import re
import smtplib
import threading
import time

from popdtest.cases import Skip, check, equal, main
from popdtest.env import PATIENCE
from popdtest.host import have_account
from popdtest.lmtp import LmtpServer, stuffed, texts, trace
from popdtest.mail import mda, odd_messages, wire
from popdtest.maildir import new_box

CONNECTIONS = 128       # LMTP_CONNECTIONS
USERS = {'joe': 'secret', 'ann@example.test': 'x', 'bob': 'x',
         'j\u00f6@example.test': 'x', 'bob+tag': 'x'}
USERS.update(('u%d' % i, 'x') for i in range(100))
server = LmtpServer(users=USERS, shared=True)
box = server['joe']


def fresh(name='joe'):
    """A user's maildir, emptied."""
    m = server[name]
    for sub in ('new', 'cur'):
        for n in m.list(sub):
            os.unlink(m.sub(sub + '/' + n))
    return m


def test_octets():
    """The file on disk is the one mda would write, octet for octet"""
    fresh()
    c = server.lmtp()
    for name, data in odd_messages():
        c.mail(data)
        got = texts(box)[-1]
        want = stored(wire(data))
        check(got == trace() + want, name)
        names = box.list('new')
        check(',S=%d,' % len(got) in names[-1], names[-1])
        fresh()
    c.close()


def test_mda():
    """Name, mode and index entry are those of mda"""
    fresh()
    other = new_box('mda-box')
    data = b'Subject: x\n\nbody\n'
    equal(mda(other.path, trace() + data, other.uid)[0], 0, 'mda')
    c = server.lmtp()
    c.mail(data)
    equal(texts(box), texts(other), 'content')
    one, two = (os.stat(m.sub('new/' + m.list('new')[0]))
                for m in (box, other))
    equal(one.st_mode, two.st_mode, 'mode')
    equal((one.st_uid, one.st_gid), (box.uid, box.gid), 'owner')
    equal(*(re.sub(r'^.*?\.[^.]*\.', '', m.list('new')[0])
            for m in (box, other)), 'name')
    c.close()


def test_pop():
    """POP3 fetches what came in"""
    fresh()
    c = server.lmtp()
    for i in range(20):
        c.mail(b'Subject: %d\n\n.\n' % i)
    p = server.login()
    equal(p.stat()[0], 20, 'messages')
    for i in range(20):
        equal(p.retr(i + 1), wire(trace() + b'Subject: %d\n\n.\n' % i))
    p.quit()
    server.no_workers()
    c.close()


def test_addresses():
    """The whole address is looked up, its local part, and without a tag"""
    c = server.lmtp()
    for address in ('joe', 'Joe', 'joe@anywhere.test', '@a,@b:joe@c',
                    'ANN@Example.Test', 'u5@x', 'joe+tag@x', 'joe+', '"joe"@x',
                    'ann+a+b@example.test', '"j\\oe+ "@x'):
        c.begin([address])
        c.say('RSET', 250)
    fresh(), fresh('bob+tag'), fresh('bob')
    c.mail(b'x\n', ['bob+tag@x', 'bob+other@x', '"Joe"@x'])
    equal(texts(server['bob+tag']), [trace('bob+tag@x') + b'x\n'])
    equal(texts(server['bob']), [trace('bob+other@x') + b'x\n'])
    equal(texts(box), [trace('"Joe"@x') + b'x\n'])
    c.say('MAIL FROM:<>', 250)
    for address in ('nobody', 'ann', 'ann@elsewhere.test', '+joe@x', '@',
                    'x' * 240, 'nobody+joe@x', '""@x'):
        c.say('RCPT TO:<%s>' % address, '550 5.1.1')
    c.say('RCPT TO:<%s>' % ('x' * 300), '550 5.1.3')
    for bad in ('RCPT TO:joe', 'RCPT TO:<joe', 'RCPT TO:<jo e>', 'RCPT <joe>',
                'RCPT TO:<>', 'RCPT TO:<joe>x', 'RCPT TO:<jo\x01e>',
                'RCPT TO:<"joe>'):
        c.say(bad, '501 5.5.4')
    c.say('RCPT TO:<joe> X=1', '555 5.5.4')
    c.say('DATA', '503 5.5.1')
    c.close()


def test_null_sender():
    """Mail with the null sender has no Return-Path"""
    fresh()
    c = server.lmtp()
    c.mail(b'Subject: bounce\n\n', sender='')
    equal(texts(box), [trace(sender='') + b'Subject: bounce\n\n'])
    c.close()


def test_traced():
    """A leading Return-Path or Delivered-To of the sender is kept"""
    fresh()
    c = server.lmtp()
    for data in (b'Return-Path: <x@y>\nDelivered-To: z\nSubject: a\n\n',
                 b'Delivered-To: z\nSubject: a\n\n'):
        c.mail(data)
        equal(texts(box), [data])
        fresh()
    for data in (b'Return-Pat: <x@y>\n\n', b'Return-Path', b'',
                 b'Received: x\nReturn-Path: <x@y>\n\n'):
        c.mail(data)
        equal(texts(box), [trace() + wire(data).replace(b'\r\n', b'\n')])
        fresh()
    c.close()


def test_pipelining():
    """All commands at once, octet by octet, two messages in one write"""
    fresh()
    one = b'MAIL FROM:<a@b.test>\r\nRCPT TO:<joe>\r\nRCPT TO:<nobody>\r\n' \
        b'RCPT TO:<bob>\r\nDATA\r\n'
    two = stuffed(b'Subject: x\n\n.\n..\n')
    codes = [250, 250, 550, 250, 354, 250, 250]
    c = server.lmtp()
    c.send((one + two) * 2 + b'QUIT\r\n')
    for code in codes * 2 + [221]:
        c.expect(code)
    equal(c.closed(), b'')
    c = server.lmtp()
    for octet in one + two:
        c.send(bytes([octet]))
    for code in codes:
        c.expect(code)
    c.close()
    equal(texts(box), [trace() + b'Subject: x\n\n.\n..\n'] * 3)


def stored(data):
    """Its octets in a file: after a CR, the line end stays CRLF."""
    return re.sub(rb'(?<!\r)\r\n', b'\n', data)


def test_bdat():
    """Chunks cut anywhere, with dots, lone CR and LF, and NUL"""
    data = b'Subject: x\r\n\r\n.\r\n..\r\na\rb\nc\r\r\n\0\r\n.\r\n'
    want = trace() + stored(data)
    c = server.lmtp()
    for size in (1, 2, 3, 7, 1000):
        fresh()
        c.begin()
        for i in range(0, len(data), size):
            piece = data[i:i + size]
            last = i + size >= len(data)
            c.send(b'BDAT %d%s\r\n' % (len(piece), b' last' if last else b'') +
                   piece)
        for i in range(0, len(data), size):
            c.expect(250)
        equal(texts(box), [want], 'chunks of %d' % size)
    fresh()
    c.begin(['joe', 'bob'])
    c.send(b'BDAT %d\r\n' % len(data) + data)
    c.expect(250)
    c.send(b'BDAT 0 LAST\r\n')
    c.expect(250)
    c.expect(250)
    equal(texts(box), [want])
    # The octets of a refused chunk are not commands.
    c.send(b'BDAT 6\r\nQUIT\r\n')
    c.expect('503 5.5.1')
    c.say('MAIL FROM:<>', 250)
    c.send(b'BDAT 6 LAST\r\nQUIT\r\n')
    c.expect('503 5.5.1')
    c.say('RSET', 250)
    c.begin()
    c.send(b'BDAT 3\r\nabc')
    c.expect(250)
    c.say('DATA', '503 5.5.1')
    c.say('RCPT TO:<bob>', '503 5.5.1')
    c.say('RSET', 250)
    c.send(b'BDAT x\r\n')
    c.expect('501 5.5.4')
    c.closed()
    equal(len(texts(box)), 1, 'messages')


def test_smuggling():
    """Only CRLF.CRLF ends a message; a lone LF or CR is kept"""
    c = server.lmtp()
    for body in (b'a\n.\nMAIL FROM:<x>\n', b'a\n.\r\nb', b'a\r.\r\nb',
                 b'a\r\n.\nb', b'a\r\n.\rb', b'\n.\n', b'a\r\r\n.\n'):
        fresh()
        c.begin()
        c.say('DATA', 354)
        c.send(body + b'\r\n.\r\n')
        c.expect(250)
        c.say('NOOP', 250)
        got = texts(box)
        equal(len(got), 1, 'messages of %r' % body)
        # The dot after CRLF goes, and no other.
        want = re.sub(rb'(\A|\r\n)\.', rb'\1', body) + b'\r\n'
        equal(got[0], trace() + stored(want))
    c.close()


def test_lines():
    """Unknown commands, too long ones, and ones not ended by CRLF"""
    c = server.lmtp(greet=False)
    c.expect(220)
    c.say('MAIL FROM:<a>', '503 5.5.1')
    c.say('EHLO x', '500 5.5.1')
    c.say('LHLO', '501 5.5.4')
    c.say('LHLO x', 250)
    c.say('x' * 5000, '500 5.5.2')
    c.say('NOOP', 250)
    c.send(b'NOOP\n')
    c.expect('500 5.5.2')
    c.say(b'NO\0OP', '500 5.5.2')
    c.say(b'NOOP\rNOOP', '500 5.5.2')
    c.say('vrfy joe', '252 2.5.2')
    c.say('FROB', '500 5.5.2')
    c.say('RCPT TO:<joe>', '503 5.5.1')
    c.begin()
    c.say('MAIL FROM:<a>', '503 5.5.1')
    c.say('DATA x', '501 5.5.4')
    c.send(b'FROB\r\n' * 100)
    check(b'421 4.7.0' in c.closed(), 'no end of bad commands')


def test_parameters():
    """SIZE, BODY and SMTPUTF8"""
    c = server.lmtp()
    c.say('MAIL FROM:<a> SIZE=1000 BODY=8BITMIME SMTPUTF8', 250)
    c.say('RSET', 250)
    c.say('MAIL FROM:<a> size=999999999999', '552 5.3.4')
    c.say('MAIL FROM:<a> SIZE=x', '501 5.5.4')
    c.say('MAIL FROM:<a> SIZE=9999999999999999999999', '501 5.5.4')
    c.say('MAIL FROM:<a> BODY=BINARYMIME', '501 5.5.4')
    c.say('MAIL FROM:<a> RET=HDRS', '555 5.5.4')
    c.say(b'MAIL FROM:<\xff@b> SMTPUTF8', '553 5.6.7')
    # A mail server that has accepted them need not say so.
    for more in ('', ' SMTPUTF8'):
        m = fresh('j\u00f6@example.test')
        c.begin(['j\u00f6@example.test'], 's\u00e4@b.test', more)
        c.data(b'x\n')
        c.expect(250)
        equal(texts(m), [trace('j\u00f6@example.test', 's\u00e4@b.test') +
                         b'x\n'])
    fresh()
    c.mail(b'x\n', sender='s' * 993 + '@b.test')
    equal(texts(box), [trace(sender='s' * 993 + '@b.test') + b'x\n'])
    c.say('MAIL FROM:<%s>' % ('s' * 1100), '550 5.1.3')
    c.close()


def test_hundred():
    """100 recipients, each with a process and a reply of its own"""
    names = ['u%d' % i for i in range(100)]
    for name in names:
        fresh(name)
    c = server.lmtp()
    c.mail(b'to all\n' * 20000, names)
    # They stay for seconds.
    check(len(server.children('dlvrpop')) > 10, 'processes')
    for name in names:
        equal(texts(server[name]), [trace(name) + b'to all\n' * 20000], name)
    # The same user a hundred times: as many messages of one process.
    fresh()
    c.mail(b'x\n', ['joe@%d.test' % i for i in range(100)])
    equal(len(texts(box)), 100, 'messages')
    c.begin(['joe'] * 128)
    c.say('RCPT TO:<joe>', '452 4.5.3')
    c.close()
    no_processes()


def test_thousand():
    """1,000 mails over one connection, through one process, with smtplib"""
    fresh()
    c = smtplib.LMTP(server.path)
    for i in range(1000):
        c.sendmail('a@b.test', ['joe'], b'Subject: %d\r\n\r\nx\r\n' % i)
    equal(len(server.children('dlvrpop')), 1, 'processes')
    c.quit()
    got = texts(box)
    equal(len(got), 1000, 'messages')
    equal(sorted(got), sorted(trace() + b'Subject: %d\n\nx\n' % i
                              for i in range(1000)))


def some_octets(rng, step):
    return b'%d ' % step + bytes(
        rng.choice(b'\n\n..ab\0\xff')
        for i in range(rng.choice([0, 1, 5, 70, 3000]))) + b'\n'


def send_bdat(c, octets, size):
    """A message in pieces of this size."""
    for i in range(0, len(octets), size):
        c.send(b'BDAT %d\r\n' % len(octets[i:i + size]) +
               octets[i:i + size])
        c.expect(250)
    c.send(b'BDAT 0 LAST\r\n')


def test_model():
    """Random transactions against a model, on three connections"""
    fresh()
    rng = random.Random(20701)
    names = ['joe', 'bob', 'u1', 'u2', 'nobody']
    for name in names[:4]:
        fresh(name)
    want = {name: [] for name in names}
    conns = [server.lmtp() for i in range(3)]
    for step in range(150):
        open_ = []
        for c in conns:
            to = [rng.choice(names) for i in range(rng.randrange(1, 5))]
            c.say('MAIL FROM:<a@b.test>', 250)
            good = []
            for r in to:
                c.say('RCPT TO:<%s>' % r, 550 if r == 'nobody' else 250)
                good += [r] if r != 'nobody' else []
            open_.append((c, good))
        rng.shuffle(open_)
        sent = []
        for c, good in open_:
            kind = rng.choice(['data', 'bdat', 'reset'])
            if kind == 'reset' or not good:
                if good and rng.random() < 0.5:
                    c.send(b'BDAT 5\r\nabcde')
                    c.expect(250)
                c.say('RSET', 250)
                continue
            data = some_octets(rng, step)
            if kind == 'data':
                c.data(data)
            else:
                send_bdat(c, wire(data), rng.randrange(1, 2000))
            sent.append((c, good, data))
        for c, good, data in sent:
            for r in good:
                c.expect(250)
                want[r].append(trace(r) + data)
    for c in conns:
        c.close()
    for name in names[:4]:
        equal(sorted(texts(server[name])), sorted(want[name]), name)
        equal(server[name].list('tmp'), [], 'tmp of ' + name)


def test_stopped():
    """A client that stops in DATA blocks no other"""
    fresh()
    stopped = [server.lmtp() for i in range(10)]
    for c in stopped:
        c.begin(['joe', 'bob'])
        c.say('DATA', 354)
        c.send(b'half a line')
    c = server.lmtp()
    for i in range(20):
        c.mail(b'Subject: x\n\n' + b'x' * 100000 + b'\n')
    equal(len(texts(box)), 20, 'messages')
    for s in stopped:
        s.close()
    c.close()
    end = time.monotonic() + PATIENCE
    while box.list('tmp'):
        check(time.monotonic() < end, 'tmp: %s' % box.list('tmp'))
        time.sleep(0.05)
    equal(len(texts(box)), 20, 'messages')


def no_processes():
    end = time.monotonic() + PATIENCE
    while server.children('dlvrpop'):
        check(time.monotonic() < end, 'processes stay')
        time.sleep(0.1)


def feed(clients, data):
    """Some of them may have been cut."""
    for c in clients:
        try:
            c.send(data)
        except OSError:
            pass


def test_crowd():
    """Clients that stop hold no process, those that drip no connection"""
    fresh()
    no_processes()
    clients = [server.lmtp(), server.lmtp()]
    for c in clients:
        c.begin(['u%d' % (i % 100) for i in range(128)])
        c.say('DATA', 354)
        c.send(b'half a line')
    equal(server.children('dlvrpop'), [], 'processes')
    clients += [server.lmtp() for i in range(CONNECTIONS - len(clients))]
    end = time.monotonic() + 2 * PATIENCE
    while True:
        feed(clients, b'x')
        c = server.lmtp(greet=False)
        if c.reply().startswith(b'220 '):
            break
        c.close()
        check(time.monotonic() < end, 'no connection gives way')
        time.sleep(1)
    c.say('LHLO test', 250)
    c.mail(b'x\n')
    equal(texts(box), [trace() + b'x\n'])
    for c in clients + [c]:
        c.close()


def test_others():
    """The connections of one user are not in the way of another"""
    account = have_account('popdtest')
    if server.mode != 'root' or not account:
        raise Skip('needs root and the account popdtest')
    fresh()
    os.chmod(server.path, 0o666)
    os.seteuid(account.pw_uid)
    try:
        crowd = [server.lmtp(greet=False) for i in range(CONNECTIONS)]
    finally:
        os.seteuid(0)
    done = threading.Event()

    def keep_on():
        while not done.wait(1):
            feed(crowd, b'NOOP\r\n')
    thread = threading.Thread(target=keep_on)
    thread.start()
    try:
        for i in range(20):
            c = server.lmtp()
            c.mail(b'x\n')
            c.close()
    finally:
        done.set()
        thread.join()
    equal(len(texts(box)), 20, 'messages')
    for s in crowd:
        s.close()


def test_counts():
    """popctl counts the mail and its recipients"""
    # One that has counted nothing yet: a process tells its parent late.
    own = LmtpServer(users={'joe': 'secret', 'bob': 'x'})
    joe = own['joe']

    c = own.lmtp()
    c.say('MAIL FROM:<a@b.test>', 250)
    for i in range(3):
        c.say('RCPT TO:<nobody>', 550)
    c.say('RCPT TO:<joe>', 250)
    c.say('RCPT TO:<bob>', 250)
    # The process may have found the maildir already, or not yet.
    os.rename(joe.sub('new'), joe.sub('away'))
    open(joe.sub('new'), 'x').close()
    c.data(b'12345\n')
    c.expect('450 4.2.0')
    c.expect(250)
    os.unlink(joe.sub('new'))
    os.rename(joe.sub('away'), joe.sub('new'))
    want = {('lmtp_messages', ''): 1, ('lmtp_octets', ''): 7 + 3,
            ('lmtp_recipients', 'delivered'): 1,
            ('lmtp_recipients', 'deferred'): 1,
            ('lmtp_recipients', 'refused'): 3}
    end = time.monotonic() + PATIENCE
    while {k: own.stats()[k] for k in want} != want:
        check(time.monotonic() < end, own.stats())
        time.sleep(0.1)
    c.mail(b'x\n')
    limit, = [r for r in own.rows('status')
              if r.get('limit') == 'lmtp-processes']
    check(0 < limit['used'] <= limit['most'] == 256, limit)
    check(own.stats()['lmtp_processes', ''] > 0, 'no process')
    c.close()
    own.stop()


main()

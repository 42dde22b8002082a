#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Files in new/ and cur/ that are not mail hide nothing and hang nothing."""

import os
import socket
import time

from popdtest.cases import check, equal, main
from popdtest.mail import wire
from popdtest.server import Server

server = Server(users={'joe': 'secret', 'names': 'secret'}, shared=True)
GOOD = [b'Subject: %d\n\nbody %d\n' % (i, i) for i in range(6)]


def make_odd(box, sub, secret):
    """Fill new/ or cur/ with what is no mail; a link leads to secret."""
    def path(name):
        return os.path.join(box.sub(sub), name)
    os.mkdir(path('1001.directory'))
    os.mkdir(path('1002.locked'), 0)
    os.mkfifo(path('1011.fifo'))
    with socket.socket(socket.AF_UNIX) as s:
        here = os.getcwd()
        os.chdir(box.sub(sub))
        s.bind('1012.socket')
        os.chdir(here)
    os.symlink(secret, path('1021.link'))
    os.symlink('/nowhere/at/all', path('1022.dangling'))
    os.symlink('1024.loop', path('1024.loop'))
    os.symlink('1011.fifo', path('1025.tofifo'))
    os.symlink('.', path('1026.todir'))
    with open(path('1031.unreadable'), 'w') as f:
        f.write('Subject: x\n\n')
    with open(path('.hidden'), 'w') as f:
        f.write('Subject: hidden\n\n')
    for name in os.listdir(box.sub(sub)):
        if not name.endswith('.good'):
            box.own(path(name))
    os.chmod(path('1031.unreadable'), 0)
    make_devices(path)


def make_devices(path):
    """Devices, if we may."""
    if os.getuid() == 0:
        try:
            os.mknod(path('1041.null'), 0o666 | 0o020000,
                     os.makedev(1, 3))
            os.mknod(path('1042.zero'), 0o666 | 0o020000,
                     os.makedev(1, 5))
        except OSError:
            pass


def test_no_mail():
    """Directories, FIFOs, sockets, links and devices are skipped"""
    box = server['joe']
    secret = os.path.join(server.dir, 'secret')
    with open(secret, 'w') as f:
        f.write('Subject: canary-of-another-file\n\nbody\n')
    os.chmod(secret, 0o644)
    for i, data in enumerate(GOOD):
        box.add(data, '%d.good' % (1000 + 10 * i), 'new' if i % 2 else 'cur')
    for sub in ('new', 'cur'):
        make_odd(box, sub, secret)
    # Other folders are ignored.
    os.makedirs(box.sub('.Trash/cur'))
    with open(box.sub('.Trash/cur/1.x'), 'w') as f:
        f.write('Subject: trash\n\n')
    before = box.state()
    mark = server.mark()
    # A file that cannot be read is mail all the same, and listed.
    order = [0, 1, 2, 3] + [None, None] + [4, 5]
    for session in range(3):
        c = server.login()
        equal(c.stat()[0], 8, 'STAT')
        for i, which in enumerate(order):
            if which is None:
                check(c.cmd('RETR %d' % (i + 1)).startswith(
                    b'-ERR [SYS/PERM] '), 'unreadable')
            else:
                equal(c.retr(i + 1), wire(GOOD[which]), 'message')
        c.close()
        server.no_workers()
    equal(box.state(), before, 'maildir')
    text = server.log(mark)
    check('canary' not in text, 'content in the log')
    skipped = [l for l in text.splitlines() if 'skipped' in l]
    equal(len(skipped), 3, 'one line in each session: ' + text)
    # QUIT does not touch them either.
    c = server.login()
    for i, which in enumerate(order):
        if which is not None:
            c.ok('DELE %d' % (i + 1))
    c.quit()
    left = box.state()
    equal({k: v for k, v in before.items() if '.good' not in k}, left,
          'what is no mail')


def test_names():
    """All odd names and flags are served"""
    box = server['names']
    names = [
        'x' * 255, 'y' * 251 + ':2,S', 'no-number', '1234567890123456789012.x',
        '1.a b c', '1."quoted"', "1.'quoted'", '1.%s%n', '1.$(id)', '1.;id',
        '1.\u00e4\u00f6', '1.x:2,', '1.x2:2,DFPRST', '1.x3:2,SF', '1.x4:1,exp',
        '1.x5:2,Sa,b', '1.x6:3,weird', '1.x7:', '1.x8:2', '1.x9:2,TTT',
        '-1.neg', '+1.plus', '007.bond', '1.#hash', '1.\\057slash',
        '1600000000.M1P2.host,S=3,W=3', '1600000000.M2P2.host,S=x,W=',
        '1.ctl\x01', '1.nl\nx', '1.\x7f', '1.tab\tx',
    ]
    mail = {}
    for i, name in enumerate(names):
        sub = 'cur' if ':' in name or i % 2 else 'new'
        data = b'Subject: %d\n\nmail %d\n' % (i, i)
        box.add(data, name, sub)
        mail[wire(data)] = name
    raw = b'1.raw\xff\xfe\x80'
    with open(os.fsencode(box.sub('new')) + b'/' + raw, 'wb') as f:
        f.write(b'Subject: raw\n\n')
    box.own(os.fsencode(box.sub('new')) + b'/' + raw)
    mail[b'Subject: raw\r\n\r\n'] = raw
    for session in range(2):
        c = server.login('names')
        equal(c.stat()[0], len(mail), 'messages')
        got = set(c.retr(i + 1) for i in range(len(mail)))
        equal(got, set(mail), 'mail')
        equal(len(set(c.uidl().values())), len(mail), 'different UIDLs')
        if session == 0:
            c.close()
            server.no_workers()
        else:
            c.quit()
    # All are in cur/ now, each once; only for a name of 255 octets there is
    # no room for a flag.
    check(set(box.list('new')) <= {'x' * 255}, box.list('new'))
    equal(len(box.all()), len(mail), 'messages')
    c = server.login('names')
    for i in range(len(mail)):
        c.ok('DELE %d' % (i + 1))
    c.quit()
    equal(box.all(), [], 'maildir')


def test_unreadable():
    """A file that cannot be read is listed, and served once it can be"""
    server.user('mode')
    server.tables()
    server.reload()
    box = server['mode']
    box.add(b'Subject: good\n\n')
    paths = [box.sub(sub + '/' + box.add(b'Subject: later\n\n', sub=sub))
             for sub in ('new', 'cur')]
    for path in paths:
        os.chmod(path, 0)
    # Stamps count when they are two seconds old.
    time.sleep(2.5)

    def messages():
        """How many are listed, and how many are served."""
        c = server.login('mode')
        count = c.stat()[0]
        sizes = c.list()
        served = 0
        for n in range(1, count + 1):
            reply = c.cmd('RETR %d' % n)
            if reply.startswith(b'+OK'):
                equal(len(c.body()), sizes[n], 'size of %d' % n)
                served += 1
            else:
                check(reply.startswith(b'-ERR [SYS/PERM] '), reply)
        c.close()
        server.no_workers()
        return count, served

    equal([messages(), messages()], [(3, 1), (3, 1)], 'the unreadable')
    for n, path in enumerate(paths):
        os.chmod(path, 0o600)
        equal(messages(), (3, n + 2), 'once %s is readable' % path)


main()

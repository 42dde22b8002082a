#!/usr/bin/env python3
#
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
#
# timeout: 300
"""Messages on the wire, octet for octet."""

import os
import random

from popdtest.cases import check, equal, main
from popdtest.env import ASAN
from popdtest.mail import corpus, odd_messages, wire, wire_top
from popdtest.talk import Talk, batch, maildir


def same(messages, tops):
    """LIST, STAT, RETR and TOP of all these messages are exact."""
    d = maildir([data for _, data in messages])
    script = ['STAT', 'LIST']
    for n in range(1, len(messages) + 1):
        script.append('RETR %d' % n)
        script += ['TOP %d %d' % (n, k) for k in tops]
    t = batch(d, script)
    t.ok()
    sizes = [len(wire(data)) for _, data in messages]
    equal(t.stat(), (len(messages), sum(sizes)), 'STAT')
    listed = t.numbers()
    for n, (name, data) in enumerate(messages, 1):
        equal(listed[n], str(sizes[n - 1]), 'LIST of ' + name)
        equal(t.ok(), '+OK %d octets' % sizes[n - 1], 'RETR of ' + name)
        got = t.body()
        check(got == wire(data), 'RETR of %s differs' % name)
        for k in tops:
            t.ok()
            got = t.body()
            check(got == wire_top(data, k), 'TOP %d of %s differs' % (k, name))
    t.end()


def test_odd():
    """Files that no mail program would write"""
    same(odd_messages(), (0, 1, 2, 10, 4294967295))


def test_corpus():
    """Real mail"""
    same(corpus(), (0, 1, 5, 100))


def test_random():
    """Random line ends, dots and octets around buffer sizes"""
    rng = random.Random(20260101)
    texts = [(rng.choice((b'\n', b'\r\n', b'.', b'..\n', b'\n.', b'x' * 60,
                          b'\r', b'\0'))) for _ in range(64)]
    messages = []
    for i in range(10 if ASAN else 40):
        size = rng.choice((100, 65536, 65536, 131072, 200000)) + \
            rng.randrange(-5, 6)
        data = b''.join(rng.choice(texts) for _ in range(size // 4))[:size]
        messages.append(('random %d' % i, data))
    same(messages, (0, 3))


def test_edges():
    """A dot or line end on either side of a buffer's edge"""
    messages = []
    for edge in (65536, 65536 - 40, 131072):
        for shift in range(-4, 3):
            for tail in (b'\n.\n', b'\r\n.\r\nx', b'\n..', b'\r', b'.\n\n.'):
                data = b'S: x\n\n' + b'a' * (edge + shift - 6) + tail
                messages.append(('%d%+d%r' % (edge, shift, tail), data))
    same(messages, (1,))


def test_top_arguments():
    """TOP needs a line count"""
    t = Talk(maildir([b'A: b\n\none\ntwo\nthree\n']))
    t.cmd('TOP 1 0').ok()
    equal(t.body(), b'A: b\r\n\r\n')
    t.cmd('TOP 1 2').ok()
    equal(t.body(), b'A: b\r\n\r\none\r\ntwo\r\n')
    for text in ('TOP', 'TOP 1', 'TOP 1 -1', 'TOP 1 x', 'TOP 1 +1',
                 'TOP 1 00', 'TOP 1 01', 'TOP 1 4294967296', 'TOP 1 1 1',
                 'TOP 2 1', 'TOP 0 1'):
        t.cmd(text).err()
        t.cmd('NOOP').ok()
    t.quit()


def test_names():
    """Names of 255 octets, with odd octets, with and without flags"""
    d = maildir()
    names = ['1600000001.' + 'x' * 244, '1600000002.a b\tc', 'name-only',
             '1600000003.M1P2.h,S=5,W=6', '1600000004.x:2,',
             '1600000005.y:1,q']
    for name in names:
        d.add(b'Subject: x\n\n' + name.encode() + b'\n', name,
              'cur' if ':' in name else 'new')
    t = Talk(d)
    equal(t.cmd('STAT').stat()[0], len(names))
    seen = set()
    for n in range(1, len(names) + 1):
        t.cmd('RETR %d' % n).ok()
        seen.add(t.body().split(b'\r\n')[2].decode())
    equal(seen, set(names))
    equal(len(set(t.cmd('UIDL').numbers().values())), len(names))
    t.quit()
    equal(len(d.all()), len(names))


def test_removed():
    """A message that another program removes is an error of its own"""
    d = maildir([b'A: 1\n\n1\n', b'A: 2\n\n2\n', b'A: 3\n\n3\n'])
    t = Talk(d)
    os.unlink(os.path.join(d.sub('new'), d.list('new')[1]))
    t.cmd('RETR 2').err()
    t.cmd('TOP 2 0').err()
    t.cmd('RETR 3').ok()
    equal(t.body(), b'A: 3\r\n\r\n3\r\n')
    t.cmd('DELE 2').ok()
    t.quit()
    equal(len(d.all()), 2)


def test_renamed():
    """A message that another program renames is found again"""
    d = maildir([b'A: 1\n\n1\n', b'A: 2\n\n2\n'])
    t = Talk(d)
    name = d.list('new')[0]
    os.rename(os.path.join(d.sub('new'), name),
              os.path.join(d.sub('cur'), name + ':2,FR'))
    t.cmd('RETR 1').ok()
    equal(t.body(), b'A: 1\r\n\r\n1\r\n')
    os.rename(os.path.join(d.sub('cur'), name + ':2,FR'),
              os.path.join(d.sub('cur'), name + ':2,R'))
    t.cmd('DELE 1').ok()
    t.quit()
    equal(len(d.all()), 1)


def test_shrinks():
    """A file that shrinks while it is sent never looks complete"""
    # Lines that end where a buffer ends, so that a dot would be an end.
    big = b'A: %060d\n' % 0 + b'\n' * 64 + (b'x' * 63 + b'\n') * 65000
    for keep in (0, 100, 2000000):
        d = maildir([big, b'A: 2\n\n2\n'])
        path = os.path.join(d.sub('new'), d.list('new')[0])
        t = Talk(d)
        t.cmd('DELE 2').ok()
        t.send('RETR 1\r\nDELE 1\r\nQUIT\r\n')
        t.ok()
        with open(path, 'r+b') as f:
            f.truncate(keep)
        data = t.rest()
        log = t.wait()
        check(b'\n.\r\n' not in data, 'it has an end')
        check(data.endswith(b'x\r\n'), 'cut within a line')
        check(len(data) < len(big), 'all of it was sent')
        check('message 1' in log, 'nothing in the log: ' + log)
        equal(len(d.all()), 2, 'messages left')


def rewritten(command, change):
    """A reply during which a file is written to in place: no end, no UPDATE;
    what was logged."""
    big = b'A: %060d\n' % 0 + b'\n' * 64 + (b'x' * 63 + b'\n') * 65000
    d = maildir([big, b'A: 2\n\n2\n'])
    path = os.path.join(d.sub('new'), d.list('new')[0])
    t = Talk(d)
    t.cmd('DELE 2').ok()
    t.send(command + '\r\nDELE 1\r\nQUIT\r\n')
    t.ok()
    with open(path, 'r+b') as f:
        change(f, len(big))
    data = t.rest()
    check(b'\n.\r\n' not in data, 'it has an end')
    equal(len(d.all()), 2, 'messages left')
    return t.wait()


def in_place(f, size):
    f.seek(size - 6400)
    f.write((b'y' * 63 + b'\n') * 100)


def grown(f, size):
    f.seek(size)
    f.write(b'more\n')


def test_rewritten():
    """A file rewritten in place while it is sent gets no final dot"""
    for command in ('RETR 1', 'TOP 1 100000000'):
        for change in (in_place, grown):
            log = rewritten(command, change)
            check('message 1: changed' in log, 'the log: ' + log)


def test_renamed_in_retr():
    """A rename while it is sent is no such change"""
    big = (b'x' * 63 + b'\n') * 65000
    d = maildir([big])
    name = d.list('new')[0]
    t = Talk(d)
    t.cmd('RETR 1').ok()
    os.rename(os.path.join(d.sub('new'), name),
              os.path.join(d.sub('cur'), name + ':2,S'))
    equal(len(t.body()), len(wire(big)), 'octets')
    t.quit()


def test_unreadable():
    """A file that cannot be read gets -ERR, and the session goes on"""
    d = maildir([b'A: 1\n\n1\n', b'A: 2\n\n2\n'])
    path = os.path.join(d.sub('new'), d.list('new')[0])
    t = Talk(d)
    os.unlink(path)
    os.mkdir(path)
    t.cmd('RETR 1').err()
    os.rmdir(path)
    os.symlink('/etc/passwd', path)
    t.cmd('RETR 1').err()
    os.unlink(path)
    os.mkfifo(path)
    t.cmd('RETR 1').err()
    t.cmd('RETR 2').ok()
    equal(t.body(), b'A: 2\r\n\r\n2\r\n')
    t.quit()


def test_grows():
    """A file that has grown is sent whole, and its size corrected"""
    d = maildir([b'A: 1\n\n1\n', b'A: 2\n\n2\n'])
    path = os.path.join(d.sub('new'), d.list('new')[0])
    batch(d, ['QUIT']).ok()
    with open(path, 'ab') as f:
        f.write(b'more\n')
    with open(path, 'rb') as f:
        data = f.read()
    t = Talk(d)
    t.cmd('RETR 1').ok()
    equal(t.body(), wire(data))
    t.quit()
    t = Talk(d)
    equal(t.cmd('LIST 1').ok(), '+OK 1 %d' % len(wire(data)))
    t.quit()


if __name__ == '__main__':
    main()

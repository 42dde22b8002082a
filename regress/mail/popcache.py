#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# timeout: 400
"""No answer is wrong, whatever happens to popcache."""

import hashlib
import os
import random
import shutil
import time

from popdtest.cases import Failure, check, equal, main
from popdtest.env import ASAN, WORK
from popdtest.mail import wire
from popdtest.maildir import new_box
from popdtest.worker import Worker

random.seed(20260101)


def filled(name, count=12):
    box = new_box(name)
    box.mail = []
    for i in range(count):
        data = b'Subject: %d\n\n%s\n' % (i, b'x' * i)
        box.mail.append(wire(data))
        box.add(data, '%d.n' % (100 + i), 'new' if i % 3 else 'cur')
    return box


def view(box, deep=True):
    """All that a session says, or None if it ended with [SYS/TEMP]."""
    c = Worker(box)
    try:
        if not c.greeting.startswith(b'+OK'):
            raise Failure('greeting: %r' % c.greeting)
        out = []
        for command in ('STAT', 'LIST', 'UIDL'):
            reply = c.cmd(command)
            if reply.startswith(b'-ERR [SYS/TEMP]'):
                equal(c.closed(), b'', 'rest')
                return None
            check(reply.startswith(b'+OK'), '%s: %r' % (command, reply))
            out.append(reply if command == 'STAT' else c.body())
        if deep:
            count = int(out[0].split()[1])
            out.append([c.retr(i + 1) for i in range(count)])
        c.ok('NOOP')
        return out
    finally:
        c.close()


def same(box, want, what, deep=False):
    """A session may end with [SYS/TEMP] once; then all is right again."""
    got = view(box, deep)
    if got is None:
        got = view(box, deep)
        check(got is not None, what + ': [SYS/TEMP] twice')
    equal(got[:3], want[:3], what)
    if deep:
        equal(got[3], want[3], what)


def cached(name, count=12):
    """A maildir with a popcache that is believed, and what sessions say."""
    box = filled(name, count)
    box.age()
    want = view(box)
    equal(want[3], box.mail, 'mail')
    # The stamps are old enough now.
    box.age(7200)
    equal(view(box), want, 'second session')
    equal(view(box), want, 'third session')
    check(os.path.isfile(box.popcache()), 'no popcache')
    st = os.stat(box.popcache())
    equal((st.st_uid, st.st_mode & 0o777), (box.uid, 0o600), 'popcache')
    with open(box.popcache(), 'rb') as f:
        box.saved = f.read()
    return box, want


def put(box, data):
    path = box.popcache()
    try:
        os.unlink(path)
    except IsADirectoryError:
        os.rmdir(path)
    except FileNotFoundError:
        pass
    with open(path, 'wb') as f:
        f.write(data)
    os.chmod(path, 0o600)
    box.own(path)


def test_truncated():
    """Truncated at every byte"""
    box, want = cached('truncated', 6)
    step = 7 if ASAN else 1
    for length in range(0, len(box.saved), step):
        put(box, box.saved[:length])
        same(box, want, 'cut at %d' % length)


def test_one_byte():
    """Each byte changed"""
    box, want = cached('byte', 6)
    step = 7 if ASAN else 1
    for i in range(0, len(box.saved), step):
        data = bytearray(box.saved)
        data[i] ^= 1 << (i % 8)
        put(box, bytes(data))
        same(box, want, 'byte %d changed' % i)


def test_random():
    """Random damage"""
    box, want = cached('random')
    for i in range(20 if ASAN else 150):
        data = bytearray(box.saved)
        for j in range(random.randint(1, 40)):
            data[random.randrange(len(data))] = random.choice(
                (0, 255, random.randrange(256)))
        if random.random() < 0.3:
            start = random.randrange(len(data))
            del data[start:start + random.randrange(200)]
        if random.random() < 0.3:
            start = random.randrange(len(data) + 1)
            data[start:start] = os.urandom(random.randrange(200))
        put(box, bytes(data))
        same(box, want, 'damage %d' % i)


def test_garbage():
    """Garbage of any kind"""
    box, want = cached('garbage')
    kinds = {
        'empty': b'', 'zeros': b'\0' * 4096, 'ones': b'\xff' * 4096,
        'text': b'hello world\n' * 100, 'random': os.urandom(5000),
        'twice': box.saved * 2, 'header twice': box.saved[:200] + box.saved,
        'junk at the end': box.saved + os.urandom(300),
        'half entry at the end': box.saved + box.saved[-30:],
        'big': os.urandom(3000000),
    }
    for kind, data in kinds.items():
        put(box, data)
        same(box, want, kind, deep=True)


def test_kinds():
    """A directory, link, FIFO, device or unreadable file in its place"""
    box, want = cached('kinds')
    path = box.popcache()
    other = os.path.join(WORK, 'outside')
    with open(other, 'wb') as f:
        f.write(box.saved)
    os.chmod(other, 0o666)

    def replace(make):
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        elif os.path.lexists(path):
            os.unlink(path)
        make(path)
        if os.path.lexists(path):
            box.own(path)

    def unreadable(p):
        put(box, box.saved)
        os.chmod(p, 0)

    for kind, make in (
            ('directory', os.mkdir), ('fifo', os.mkfifo),
            ('symlink', lambda p: os.symlink(other, p)),
            ('dangling', lambda p: os.symlink('/nowhere', p)),
            ('loop', lambda p: os.symlink('popcache', p)),
            ('unreadable', unreadable), ('missing', lambda p: None)):
        replace(make)
        same(box, want, kind, deep=True)
        same(box, want, kind + ' again', deep=True)
    with open(other, 'rb') as f:
        equal(f.read(), box.saved, 'the target of a symlink')
    replace(lambda p: None)
    os.mkdir(path)
    with open(path + '/file', 'w') as f:
        f.write('x')
    box.own(path)
    same(box, want, 'full directory', deep=True)


def test_anothers():
    """A popcache of another maildir, of an older state, of the future"""
    box, want = cached('mine')
    other, _ = cached('other', 20)
    put(box, other.saved)
    same(box, want, 'of another maildir', deep=True)
    # An older state: then mail came and went.
    old = box.saved
    os.unlink(box.sub(box.all()[0]))
    box.add(b'Subject: new one\n\nnew\n', '500.n')
    box.age(100)
    want = view(box)
    equal(len(want[3]), 12, 'messages')
    put(box, old)
    same(box, want, 'of an older state', deep=True)
    put(box, old)
    then = time.time() + 100000
    os.utime(box.popcache(), (then, then))
    same(box, want, 'from the future', deep=True)


def test_future_directories():
    """Directories with future times are scanned, not trusted"""
    box, want = cached('future')
    then = time.time() + 100000
    for sub in ('new', 'cur'):
        os.utime(box.sub(sub), (then, then))
    equal(view(box), want, 'session')
    box.add(b'Subject: new one\n\nnew\n', '500.n')
    for sub in ('new', 'cur'):
        os.utime(box.sub(sub), (then, then))
    equal(len(view(box)[3]), 13, 'messages')


def test_quick_changes():
    """Mail that comes right after a session is in the next one"""
    box = new_box('quick')
    count = 0
    for i in range(60):
        box.add(b'Subject: %d\n\n' % i, '%d.n' % (100 + i))
        count += 1
        if i % 4 == 3:
            os.unlink(box.sub(box.all()[0]))
            count -= 1
        c = Worker(box)
        equal(c.stat()[0], count, 'round %d' % i)
        if i % 5 == 4:
            c.retr(1)
            c.ok('DELE 1')
            count -= 1
            c.quit()
        else:
            c.close()


def test_original_format():
    """UIDLs in the popcache of the original pop equal ours"""
    box = filled('original')
    names = [n.split('/')[1].split(':')[0] for n in
             sorted(box.all(), key=lambda n: int(n.split('/')[1][:3]))]
    uids = [hashlib.sha256(n.encode()).hexdigest() for n in names]
    # As the original wrote it, and with a deleted line and a lie about a size.
    lines = ['%s %d %s\n' % (n, len(box.mail[i]), uids[i])
             for i, n in enumerate(names)]
    lines[3] = '%s 99999 %s\n' % (names[3], uids[3])
    lines[5] = '#' + lines[5][1:]
    put(box, ''.join(lines).encode())
    for session in range(3):
        got = view(box)
        equal([line.split()[1].decode() for line in got[2].splitlines()],
              uids, 'UIDLs, session %d' % session)
        equal([int(line.split()[1]) for line in got[1].splitlines()],
              [len(m) for m in box.mail], 'sizes')
        equal(got[3], box.mail, 'mail')


def test_damage_in_session():
    """Damage during a session is harmless"""
    box, want = cached('insession')
    for data in (b'', b'\0' * 300, os.urandom(1000), box.saved[:-10]):
        c = Worker(box)
        put(box, data)
        reply = c.cmd('LIST')
        if reply.startswith(b'+OK'):
            c.body()
            for i in range(12):
                equal(c.retr(i + 1), box.mail[i], 'message')
        else:
            check(reply.startswith(b'-ERR [SYS/TEMP]'), repr(reply))
            equal(c.closed(), b'', 'rest')
        c.close()
        same(box, want, 'afterwards', deep=True)
    # In place: the same inode is cut while it is in use.
    for length in (0, 10, 100, len(box.saved) // 2):
        put(box, box.saved)
        c = Worker(box)
        os.truncate(box.popcache(), length)
        reply = c.cmd('LIST')
        if reply.startswith(b'+OK'):
            c.body()
            for i in range(12):
                equal(c.retr(i + 1), box.mail[i], 'message')
        else:
            check(reply.startswith(b'-ERR [SYS/TEMP]'), repr(reply))
        c.close()
        same(box, want, 'afterwards', deep=True)


def test_read_only():
    """A maildir whose popcache cannot be written is served"""
    box = filled('readonly')
    os.chmod(box.path, 0o500)
    try:
        got = view(box)
        equal(got[3], box.mail, 'mail')
        got = view(box)
        equal(got[3], box.mail, 'mail again')
    finally:
        os.chmod(box.path, 0o700)


def test_wrong_sizes():
    """Files whose size changed on disk are measured again"""
    box, want = cached('sizes')
    name = box.all()[3]
    with open(box.sub(name), 'wb') as f:
        f.write(b'Subject: replaced\n\nby something longer\n')
    c = Worker(box)
    sizes = c.list()
    for n in sizes:
        c.retr(n)
    c.quit()
    c = Worker(box)
    sizes = c.list()
    equal(c.stat()[1], sum(sizes.values()), 'total')
    for n in sizes:
        equal(len(c.retr(n)), sizes[n], 'size of %d' % n)
    c.quit()


main()

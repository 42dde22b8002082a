# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Maildirs with every kind of index."""

import os
import shutil
import subprocess
import tempfile
import time

from popdtest.env import MDA, WORK
from popdtest.mail import wire
from popdtest.talk import Talk, uidl_of

BATCH = 60          # maildirs that grow old together
OLD = 2.2           # seconds: the stamp of a directory counts from then on


class Message:
    def __init__(self, sub, base, suffix, data, uid=None):
        self.sub, self.base, self.suffix = sub, base, suffix
        self.data, self.wire = data, wire(data)
        self.uid = uid or uidl_of(base)


def text(i, size=200):
    line = b'line %d of a message%s\n.a dot\n' % (i, b'.' * (size // 50))
    return b'Subject: %d\n\n' % i + line * (size // len(line) + 1)


def corpus():
    """Six messages in their order, of every sort."""
    tagged = text(2)
    tags = ',S=%d,W=%d' % (len(tagged), len(wire(tagged)))
    return [
        Message('new', '1600000001.M1P1.host', '', text(1)),
        Message('new', '1600000002.M2P1.host' + tags, '', tagged),
        Message('cur', '1600000003.M3P1.host', ':2,S',
                b'Subject: 3\r\n\r\n.\r\n..\r\nend\r\n'),
        Message('cur', '1600000004.M4P1.host', ':2,RS',
                b'Subject: 4\n\nno end of line'),
        Message('new', '1600000005.M5P1.host', '', text(5, 70000)),
        Message('cur', 'without-a-number', ':2,', text(6)),
    ]


class Box:
    """A maildir, and in want the messages that are in it."""

    number = 0

    def __init__(self, want):
        Box.number += 1
        self.path = tempfile.mkdtemp(prefix='box%d.' % Box.number, dir=WORK)
        self.want = want
        for sub in ('tmp', 'new', 'cur'):
            os.mkdir(self.sub(sub), 0o700)
        for i, m in enumerate(want):
            path = self.sub(m.sub, m.base + m.suffix)
            self.write(path, m.data)
            os.utime(path, (1600000001 + i, 1600000001 + i))

    def sub(self, *names):
        return os.path.join(self.path, *names)

    def write(self, path, data):
        with open(path, 'wb') as f:
            f.write(data)
        os.chmod(path, 0o600)

    def old(self):
        for sub in ('new', 'cur'):
            os.utime(self.sub(sub), (1600000100, 1600000100))

    def names(self):
        return [(s, n) for s in ('new', 'cur') if os.path.isdir(self.sub(s))
                for n in sorted(os.listdir(self.sub(s)))]

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


# Kinds of an index

def import_uids(box):
    """A popuidl names some messages, in an order of its own."""
    w = box.want
    named = [w[5], w[2], w[0]]
    new = [Message(m.sub, m.base, m.suffix, m.data, 'old+%d' % i)
           for i, m in enumerate(named, 1)]
    box.write(box.sub('popuidl'), b''.join(
        b'%s %s\n' % (m.base.encode(), m.uid.encode()) for m in new))
    box.want = new + [m for m in w if m not in named]


def append(box):
    m = Message('new', '', '', text(7))
    before = set(box.names())
    subprocess.run([MDA, box.path], input=m.data, check=True)
    (m.sub, name), = set(box.names()) - before
    box.want = box.want + [Message('new', name, '', m.data)]


def change(box):
    first, second = box.want[0], box.want[1]
    os.rename(box.sub('new', first.base), box.sub('cur', first.base + ':2,S'))
    os.unlink(box.sub('new', second.base))
    box.want = [Message('cur', first.base, ':2,S', first.data)] + box.want[2:]


def damage(box):
    """Another place in each box, most of them in entries."""
    path = box.sub('popcache')
    size = os.path.getsize(path)
    at = (37 * Box.number + 40) % (size - 8)
    with open(path, 'r+b') as f:
        f.seek(at)
        octets = f.read(5)
        f.seek(at)
        f.write(bytes(o ^ 0x5a for o in octets))


# What is done before the index is written (None: it is not), and after.
KINDS = {
    'none': (None, None),
    'warm': ([], None),
    'appended': ([], append),
    'changed': ([], change),
    'damaged': ([], damage),
    'imported': ([import_uids], None),
    'import': ([], import_uids),
}


class Pool:
    """Maildirs of a kind.  An index is as good as the stamps in it, and those
    of young directories are not taken: a batch grows old while the one
    before it is used."""

    def __init__(self, kind):
        self.kind = kind
        self.before, self.after = KINDS[kind]
        self.ready, self.young = [], []
        self.make()

    def make(self):
        for _ in range(BATCH):
            box = Box(corpus())
            for step in self.before or []:
                step(box)
            box.old()
            self.young.append(box)
        self.born = time.monotonic()

    def grow(self):
        # Also without an index: names that are young are read again.
        time.sleep(max(0, self.born + OLD - time.monotonic()))
        for box in self.young:
            if self.before is not None:
                Talk(box).quit()
        self.ready, self.young = self.young, []
        self.make()

    def box(self):
        if not self.ready:
            self.grow()
        box = self.ready.pop()
        if self.after:
            self.after(box)
        return box

    def end(self):
        for box in self.ready + self.young:
            box.remove()

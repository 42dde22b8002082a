# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.

"""Maildirs for the measurements, one for each server, with the same mail."""

import os
import random

from servers import UID

LINKS = 60000           # ext4 allows 65000 names of one file


def lines(size):
    """Return text of a size in octets, with LF, some lines dotted."""
    rnd = random.Random(size)
    out = bytearray()
    while len(out) < min(size, 65536):
        line = bytes(rnd.choices(b'abcdefghijklmnopqrstuvwxyz 0123456789.',
                                 k=rnd.randint(40, 76)))
        out += (b'.' if rnd.random() < 0.02 else b'') + line + b'\n'
    return (bytes(out) * (size // len(out) + 1))[:size - 1] + b'\n'


def messages(count, size):
    body = lines(size)
    for i in range(count):
        head = ('From: sender@example.org\nTo: user@example.org\n'
                'Subject: message %d\nMessage-ID: <%d@example.org>\n\n' %
                (i, i)).encode()
        yield head + body[len(head):]


def octets(data):
    """As RETR sends it: LF becomes CRLF (no message has CR)."""
    return len(data) + data.count(b'\n')


def own(path, mode):
    os.chmod(path, mode)
    os.chown(path, UID, UID)


def make(path):
    for sub in ('', '/tmp', '/new', '/cur'):
        os.makedirs(path + sub, exist_ok=True)
        own(path + sub, 0o700)


def put(path, data):
    with open(path, 'wb') as f:
        f.write(data)
    own(path, 0o600)


def name(number, tags=None):
    """tags: (size, octets), or None for a name without them."""
    base = '%d.M%06dP1.bench' % (1600000000 + number, number % 1000000)
    return base + (',S=%d,W=%d' % tags if tags else '') + ':2,S'


def separate(paths, count, size, pool):
    """Make count distinct files without size tags, so that a server without
    an index must read each.  All of paths link the same files."""
    os.makedirs(pool, exist_ok=True)
    for path in paths:
        make(path)
    for i, data in enumerate(messages(count, size)):
        source = '%s/%d' % (pool, i)
        put(source, data)
        for path in paths:
            os.link(source, '%s/cur/%s' % (path, name(i)))


def linked(path, count, size, pool):
    """Make count names of a few files (a million distinct files would only
    measure mkfs), with size tags, as delivery agents write them."""
    os.makedirs(pool, exist_ok=True)
    make(path)
    data = next(messages(1, size))
    tags = len(data), octets(data)
    for i in range(count):
        if i % LINKS == 0:
            source = '%s/%s-%d' % (pool, path.strip('/').replace('/', '-'), i)
            put(source, data)
        os.link(source, '%s/cur/%s' % (path, name(i, tags)))

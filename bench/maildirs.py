# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.

"""Maildirs to measure with.  Each server has its own, with the same mail."""

import os
import random

from servers import UID

LINKS = 60000           # ext4 allows 65000 names of one file


def message(number, size):
    """A message of that many octets, line ends LF, some lines dotted."""
    head = ('From: sender@example.org\nTo: user@example.org\n'
            'Subject: message %d\nMessage-ID: <%d@example.org>\n\n' %
            (number, number)).encode()
    rnd = random.Random(number)
    block = bytearray()
    while len(block) < min(size, 65536):
        line = bytes(rnd.choices(b'abcdefghijklmnopqrstuvwxyz 0123456789.',
                                 k=rnd.randint(40, 76)))
        if rnd.random() < 0.02:
            line = b'.' + line
        block += line + b'\n'
    body = bytes(block) * (size // len(block) + 1)
    return head + body[:size - len(head) - 1] + b'\n'


def octets(data):
    """As RETR sends it: LF becomes CRLF (no message has CR)."""
    return len(data) + data.count(b'\n')


def make(path):
    for sub in ('', '/tmp', '/new', '/cur'):
        os.makedirs(path + sub, 0o700, exist_ok=True)
        os.chown(path + sub, UID, UID)


def put(path, data):
    with open(path, 'wb') as f:
        f.write(data)
    os.chmod(path, 0o600)
    os.chown(path, UID, UID)


def name(number, tags=None):
    """tags: (size, octets), or None for a name without them."""
    base = '%d.M%06dP1.bench' % (1600000000 + number, number % 1000000)
    return base + (',S=%d,W=%d' % tags if tags else '') + ':2,S'


def separate(paths, count, size, pool):
    """count files of their own, the same inodes in each of paths, no tags:
    every file must be read by a server that has no index."""
    os.makedirs(pool, exist_ok=True)
    for path in paths:
        make(path)
    for i in range(count):
        source = '%s/%d' % (pool, i)
        if not os.path.exists(source):
            put(source, message(i, size))
        for path in paths:
            os.link(source, '%s/cur/%s' % (path, name(i)))


def linked(path, count, size, pool):
    """count names, a few inodes between them (a million files of their own
    would only measure mkfs), with size tags as delivery agents write them."""
    os.makedirs(pool, exist_ok=True)
    make(path)
    data = message(0, size)
    tags = len(data), octets(data)
    for i in range(count):
        source = '%s/%d-%s-%d' % (pool, size, os.path.basename(
            os.path.dirname(path)) + os.path.basename(path), i // LINKS)
        if i % LINKS == 0 and not os.path.exists(source):
            put(source, data)
        os.link(source, '%s/cur/%s' % (path, name(i, tags)))

#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""What +OK to QUIT promises, and what a UIDL names, when other programs copy,
restore or edit files of one base name."""

import os
import struct
import time
from contextlib import closing

from popdtest.cases import equal, main
from popdtest.mail import wire
from popdtest.maildir import new_box
from popdtest.worker import Worker

A, B, LONG = b'Subject: a\n', b'Subject: b\n', b'Subject: long\n\nlong\n'
NEW, CUR, OTHER = 'new/1.x', 'cur/1.x:2,S', 'new/1.x:2,'
COUNT = [0]


def box_of(**files):
    COUNT[0] += 1
    box = new_box('attack%d' % COUNT[0])
    for name, data in files.items():
        put(box, {'new': NEW, 'cur': CUR, 'other': OTHER}[name], data)
    return box


def put(box, name, data):
    """A new file of this name, in its place if there is one."""
    sub, name = name.split('/')
    box.add(data, name, sub)


def read(box, name):
    with open(box.sub(name), 'rb') as f:
        return f.read()


def texts(box):
    return sorted(read(box, name) for name in box.all())


def append(box, name, data):
    with open(box.sub(name), 'ab') as f:
        f.write(data)


def uidls(box):
    """{UIDL: octets} of a session that changes nothing."""
    with closing(Worker(box)) as c:
        out = {u: c.retr(n) for n, u in c.uidl().items()}
        sizes = c.list()
        equal(sizes, {n: len(c.retr(n)) for n in sizes}, 'LIST and RETR')
    return out


def quit_after(box, change, listed=1, marked=None):
    """Mark all, let another program act, QUIT: whether it was +OK."""
    with closing(Worker(box)) as c:
        equal(c.stat()[0], listed, 'messages')
        for n in range(1, listed + 1):
            c.ok('DELE %d' % n)
        change()
        return c.cmd('QUIT').startswith(b'+OK')


def promised(box, change, gone, stays, listed=1):
    """+OK only if what was marked is gone; what was not listed stays."""
    ok = quit_after(box, change, listed)
    left = texts(box)
    for data in gone:
        equal(ok and data in left, False, '+OK, and %r is there' % data)
    for data in stays:
        equal(data in left, True, '%r, not marked, is there' % data)


def test_edited_twin():
    """One of two, edited in place, is not removed unless deleted"""
    box = box_of(new=A, cur=B)
    uidls(box)
    append(box, NEW, b'more\n')
    promised(box, lambda: None, [A + b'more\n', B], [], 2)


def test_edited_rest():
    """The rest of two, edited in the session, is not removed either"""
    box = box_of(new=A, cur=B)
    uidls(box)
    os.unlink(box.sub(CUR))
    uidls(box)
    promised(box, lambda: append(box, NEW, b'more\n'), [A + b'more\n'], [])


def test_copied():
    """A marked message copied to its new name is removed"""
    box = box_of(new=A)

    def change():
        put(box, CUR, A)
        os.unlink(box.sub(NEW))
    promised(box, change, [A], [])


def test_put_back():
    """A marked message that was moved and restored"""
    box = box_of(new=A)

    def change():
        os.rename(box.sub(NEW), box.sub(CUR))
        put(box, NEW, A)
    promised(box, change, [A], [])


def test_other_in_its_place():
    """A marked message moved, and another of its size in its place"""
    box = box_of(new=A)

    def change():
        os.rename(box.sub(NEW), box.sub(CUR))
        put(box, NEW, B)
    promised(box, change, [A], [B])


def test_extra_renamed():
    """A copy renamed in the session is removed with its message"""
    box = box_of(new=A, cur=A)
    equal(quit_after(box, lambda: os.rename(
        box.sub(CUR), box.sub('cur/1.x:2,FS'))), True, '+OK to QUIT')
    equal(texts(box), [], 'what is left')


def test_retr_after_exchange():
    """RETR does not send another file with the old name"""
    box = box_of(new=A)
    with closing(Worker(box)) as c:
        equal(c.stat()[0], 1)
        os.rename(box.sub(NEW), box.sub(CUR))
        put(box, NEW, B)
        equal(c.retr(1), wire(A), 'RETR')
        c.ok('QUIT')


def test_two_copies_inherit():
    """Two copies of another message do not inherit its UIDL"""
    box = box_of(new=A)
    before = uidls(box)
    put(box, OTHER, LONG)
    put(box, CUR, LONG)
    os.unlink(box.sub(NEW))
    after = uidls(box)
    equal(set(before) & set(after), set(), 'UIDLs of both')


def test_forgotten_removal():
    """Removed messages are remembered when the index is rewritten"""
    box = box_of(cur=A)
    put(box, 'cur/2.x:2,S', B)
    before = uidls(box)
    with closing(Worker(box)) as c:
        c.ok('DELE 1')
        c.ok('QUIT')
    os.rename(box.sub('cur/2.x:2,S'), box.sub('cur/2.x:2,FS'))
    uidls(box)
    put(box, CUR, LONG)
    for uidl, data in uidls(box).items():
        equal(before.get(uidl, data), data, 'UIDL')


def test_forgotten_twin():
    """The rest of two, restored after a session without it"""
    box = box_of(new=A)
    named = uidls(box)
    put(box, CUR, LONG)
    named.update(uidls(box))
    os.unlink(box.sub(NEW))
    uidls(box)
    os.rename(box.sub(CUR), box.sub('saved'))
    uidls(box)
    os.rename(box.sub('saved'), box.sub(CUR))
    for uidl, data in uidls(box).items():
        equal(named.get(uidl, data), data, 'UIDL')


def test_tags_of_twins():
    """The W tag of a name applies to one of its files at most"""
    box = new_box('attack-tags')
    name = '1.x,S=12,W=14'
    put(box, 'new/' + name, b'123456\n1234\n')
    put(box, 'cur/%s:2,S' % name, b'1\n2\n3\n4\n5\n6\n')
    with closing(Worker(box)) as c:
        sizes = c.list()
        equal(sizes, {n: len(c.retr(n)) for n in sizes}, 'LIST and RETR')


def popuidl(box, text):
    with open(box.sub('popuidl.tmp'), 'w') as f:
        f.write(text)
    os.rename(box.sub('popuidl.tmp'), box.sub('popuidl'))


def test_popuidl_after_twin():
    """popuidl names the file that is left, whatever popcache says"""
    box = box_of(cur=A)
    popuidl(box, '1.x IMPORTED\n')
    uidls(box)
    put(box, NEW, LONG)
    uidls(box)
    os.unlink(box.sub(NEW))
    with_index = uidls(box)
    os.unlink(box.popcache())
    equal(with_index, uidls(box), 'UIDLs with and without popcache')


def test_popuidl_after_restore():
    """popuidl names the restored file, whatever popcache says"""
    box = box_of(cur=A)
    popuidl(box, '1.x IMPORTED\n')
    with closing(Worker(box)) as c:
        c.ok('DELE 1')
        c.ok('QUIT')
    put(box, CUR, LONG)
    with_index = uidls(box)
    os.unlink(box.popcache())
    equal(with_index, uidls(box), 'UIDLs with and without popcache')


def test_short_uidl_and_link():
    """A short UIDL of popuidl and a second name: entries keep their length"""
    box = box_of(cur=A)
    os.link(box.sub(CUR), box.sub(NEW))
    popuidl(box, '1.x U\n')
    uidls(box)
    equal(uidls(box), {b'U': wire(A)}, 'UIDLs')


def test_popuidl_stamp():
    """Without changes popuidl does not cost a look at all messages"""
    box = box_of(cur=A)
    popuidl(box, '1.x U\n')
    for _ in range(3):
        time.sleep(2.2)
        uidls(box)
    with open(box.popcache(), 'rb') as f:
        stamp = struct.unpack('<6Q', f.read(216)[168:])
    st = os.stat(box.sub('popuidl'))
    equal(stamp[2], int(st.st_mtime), 'the stamp of popuidl in the header')


if __name__ == '__main__':
    main()

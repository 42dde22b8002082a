#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# timeout: 120
# once  (each run starts a program, which takes a sanitizer too long)
"""One fault at one file, and what must not follow: a message that is hidden,
doubled or has another UIDL once all is well again."""

import hashlib
import os
import resource
import shutil
import subprocess
import time

from popdtest.cases import check, equal, main
from popdtest.env import LIBEXEC
from popdtest.talk import uidl_of
from boxes import OLD, Box, Message, text
from faults import Call, Fault, command, read_log

WRKRPOP = LIBEXEC + '/wrkrpop'
BASE = '1600000009.M9P1.host'


def session(box, lines=('UIDL', 'QUIT'), fault=None):
    """The UIDLs of a session, None if it was refused."""
    p = subprocess.run(command(WRKRPOP, fault) + ['-s', box.path],
                       input=''.join(l + '\r\n' for l in lines).encode(),
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out = p.stdout.decode().split('\r\n')
    if out[0].startswith('-ERR [SYS/'):
        return None
    check(out[0].startswith('+OK'), 'greeting: ' + out[0])
    return [l.split(' ')[1] for l in out[2:out.index('.')]]


def grow(box):
    box.old()
    time.sleep(OLD)


def faulty(box, name, want, errnos):
    """Each call of this name at a file of BASE fails once, from the same
    start; what sessions show then and later."""
    kept = box.path + '.kept'
    shutil.copytree(box.path, kept, symlinks=True,
                    copy_function=shutil.copy2)
    equal(session(box), want, 'UIDLs without a fault')
    calls = [c for c in read_log()[0] if c.name == name and BASE in c.file]
    check(calls, 'no such call')
    for call in calls:
        for errno in errnos:
            # The same files and directories, the index as it was.
            for index in ('popcache', 'popcache.new'):
                if os.path.exists(box.sub(index)):
                    os.unlink(box.sub(index))
                if os.path.exists(os.path.join(kept, index)):
                    shutil.copy2(os.path.join(kept, index), box.sub(index))
            fault = Fault(call, '-e', errno)
            got = session(box, fault=fault)
            check(got in (want, None), '%s: %s, not %s' % (fault, got, want))
            equal(session(box), want, '%s: UIDLs after it' % fault)
    shutil.rmtree(kept)


def test_no_mail_errno():
    """A regular file is listed though open(2) fails with ENXIO"""
    box = Box([Message('new', BASE, '', text(9)),
               Message('cur', '1600000001.M1P1.host', ':2,S', text(1))])
    grow(box)
    faulty(box, 'openat', [uidl_of('1600000001.M1P1.host'), uidl_of(BASE)],
           ['ENXIO', 'EOPNOTSUPP', 'ELOOP', 'EISDIR'])


def copied(popuidl):
    # The copy is compared once, then remembered.
    for name, errno in (('openat', 'EINTR'), ('read', 'ESTALE')):
        m = Message('cur', BASE, ':2,S', text(9))
        box = Box([m])
        if popuidl:
            box.write(box.sub('popuidl'), b'%s truth\n' % BASE.encode())
        grow(box)
        session(box)
        box.write(box.sub('new', BASE), m.data)
        grow(box)
        faulty(box, name, ['truth' if popuidl else uidl_of(BASE)],
               ['EIO', errno])


def test_copy():
    """A copy that cannot be read once adds no second message"""
    copied(False)


def test_copy_named():
    """A copy that cannot be read once costs no UIDL of popuidl"""
    copied(True)


def test_dead_name():
    """A message under a removed one's name never gets its UIDL"""
    box = Box([Message('new', BASE, '', text(9))])
    grow(box)
    session(box)
    session(box, ('UIDL', 'DELE 1', 'QUIT'))
    box.write(box.sub('new', BASE), text(10, 3000))
    kept = box.path + '.index'
    shutil.copy2(box.sub('popcache'), kept)
    want = session(box)
    check(want != [uidl_of(BASE)], 'without a fault: that of the other')
    shutil.copy2(kept, box.sub('popcache'))
    faulty(box, 'newfstatat', want, ['EIO', 'ESTALE'])


FULL = Fault(Call('pwrite64\t1\t0\t\t0\t'), '-e', 'ENOSPC', True)


def twin(data):
    return hashlib.sha256(BASE.encode() + b'\0' +
                          hashlib.sha256(data).digest()).hexdigest()


def two_on_full_disk(known, gone, block):
    """Two files of one name and size, of which an index has so many; one is
    removed when no index can be written, or no file made for a new one."""
    files = [('cur', ':2,S', text(8)), ('new', '', text(9))]
    box = Box([Message(sub, BASE, suffix, data)
               for sub, suffix, data in files[:known]])
    grow(box)
    session(box)
    for sub, suffix, data in files[known:]:
        box.write(box.sub(sub, BASE + suffix), data)
    grow(box)
    if block == 'index':
        os.mkdir(box.sub('popcache.new'))
    ids = [twin(data) for _, _, data in files]
    equal(sorted(session(box, fault=block == 'writes' and FULL)),
          sorted(ids), 'full')
    at = sorted(ids).index(ids[gone]) + 1
    session(box, ('UIDL', 'DELE %d' % at, 'QUIT'),
            block == 'writes' and FULL)
    left = [os.path.exists(box.sub(sub, BASE + suffix))
            for sub, suffix, _ in files]
    check(left[1 - gone], 'the other was removed')
    # Only what no index could know stays.
    equal(left[gone], (known, gone, block) == (1, 0, 'writes'), 'removed')
    for what in ('full', 'full again', 'written', 'again'):
        if what == 'written' and block == 'index':
            os.rmdir(box.sub('popcache.new'))
        got = session(box, fault=block == 'writes' and what[0] == 'f' and FULL)
        check(ids[gone] not in got or left[gone], '%s: another id' % what)
        check(uidl_of(BASE) not in got or gone == 1, '%s: the id of the '
              'message before it: %s' % (what, got))
        equal(len(got), sum(left), what)
        if known == 2:
            equal(got, [ids[1 - gone]], what)


def test_full():
    """On a full disk, none of two messages of a name takes the other's id"""
    for known in (1, 2):
        for gone in (0, 1):
            for block in ('writes', 'index'):
                two_on_full_disk(known, gone, block)


def test_file_size():
    """A file size limit costs the index, not the session"""
    box = Box([Message('new', '16000001%02d.M1P1.host' % i, '', text(i))
               for i in range(60)])
    p = subprocess.run([WRKRPOP, '-s', box.path], input=b'STAT\r\nQUIT\r\n',
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       preexec_fn=lambda: resource.setrlimit(
                           resource.RLIMIT_FSIZE, (4096, 4096)))
    equal(p.returncode, 0, 'exit status')
    check(p.stdout.endswith(b'+OK bye\r\n'), 'QUIT: %r' % p.stdout)


main()

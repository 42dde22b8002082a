#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Base names: which part is flags, and files that share a base name.  Answers
are compared with the files, never with each other."""

import hashlib
import os
import re

from popdtest.cases import check, equal, main
from popdtest.mail import wire
from popdtest.maildir import new_box
from popdtest.worker import Worker

ONE = b'Subject: one\n\nfirst text\n'
TWO = b'Subject: two\n\nanother text, which is longer\n'
SAME_SIZE = b'Subject: two\n\nother text\n'
NEW, CUR = 'new/1700000000.123.mx', 'cur/1700000000.123.mx:2,S'
BASE = '1700000000.123.mx'


def sha(base):
    return hashlib.sha256(os.fsencode(base)).hexdigest().encode()


def base_of(name):
    """The base name by the rule: flags begin with :1, or :2, only."""
    return re.sub(r'(?s):[12],.*', '', name.split('/')[1])


def read(box, name):
    with open(box.sub(name), 'rb') as f:
        return f.read()


def put(box, files):
    for name, data in files.items():
        sub, name = name.split('/')
        box.add(data, name, sub)


def truth(box):
    """The messages on disk: (base name, octets as sent) of each."""
    return sorted({(base_of(name), wire(read(box, name)))
                   for name in box.all()})


class Ledger:
    """A maildir, and which octets each UIDL ever named.  Base names that two
    messages shared at some time are in shared."""

    def __init__(self, name, files, shared=()):
        self.box = new_box(name)
        self.shared = shared
        self.named = {}
        self.last = {}
        put(self.box, files)

    def look(self, what, c=None):
        """{UIDL: octets} of a session, which must be what is on disk."""
        want = truth(self.box)
        own = c is None
        c = c or Worker(self.box)
        count, octets = c.stat()
        uidl, sizes = c.uidl(), c.list()
        equal(count, len(want), what + ': STAT, messages')
        equal(octets, sum(len(data) for _, data in want),
              what + ': STAT, octets')
        equal(sorted(sizes), list(range(1, count + 1)), what + ': LIST')
        equal(len(set(uidl.values())), count, what + ': different UIDLs')
        got = {}
        for n, uid in uidl.items():
            got[uid] = c.retr(n)
            equal(sizes[n], len(got[uid]), what + ': size')
            equal(self.named.setdefault(uid, got[uid]), got[uid],
                  what + ': one UIDL, other octets')
        equal(sorted(got.values()), sorted(data for _, data in want),
              what + ': texts')
        self.plain(want, got, what)
        if own:
            c.close()
        self.last = got
        return got

    def plain(self, want, got, what):
        """Where no other message ever shared the base name, that gives the
        UIDL."""
        for base, data in want:
            if base not in self.shared:
                equal(got.get(sha(base)), data, what + ': UIDL of ' + base)

    def forget(self):
        os.unlink(self.box.popcache())

    def rename(self, old, new):
        os.rename(self.box.sub(old), self.box.sub(new))

    def number(self, c, data):
        """The number of the message that had that text in the last look."""
        found = [n for n, uid in c.uidl().items()
                 if self.last[uid] == wire(data)]
        equal(len(found), 1, 'messages with the text')
        return found[0]

    def delete(self, data):
        c = Worker(self.box)
        c.ok('DELE %d' % self.number(c, data))
        c.ok('QUIT')
        c.close()


def twins(name, files):
    return Ledger(name, files, {base_of(name) for name in files})


def test_colons():
    """Only :1, and :2, begin flags: other colons are part of the name"""
    names = ['10:15:00.eml', '10:15:30.eml', 'Re: a.eml', 'Re: b.eml', 'a:3,S',
             'a:2S', 'a:', 'a:b:c', 'b:2', 'c:1', ':2', 'd:12,S']
    files = {'new/' + n: b'Subject: %s\n\n%s\n' % (n.encode(), b'x' * i)
             for i, n in enumerate(names)}
    ledger = Ledger('colons', files)
    want = {sha(n): wire(files['new/' + n]) for n in names}
    equal(ledger.look('new/'), want, 'first')
    equal(ledger.look('index'), want, 'index')
    for n in names:
        ledger.rename('new/' + n, 'cur/' + n)
    equal(ledger.look('cur/'), want, 'cur/')
    for i, n in enumerate(names):
        ledger.rename('cur/' + n, 'cur/%s:%d,%s' % (n, i % 2 + 1, 'FS'[i % 2]))
    equal(ledger.look('flags'), want, 'flags')
    ledger.forget()
    equal(ledger.look('without popcache'), want, 'without popcache')


def test_colons_quit():
    """A name with colons is removed alone, and keeps its UIDL"""
    files = {'new/Re: a.eml': ONE, 'new/Re: b.eml': TWO,
             'new/10:15:00.eml': SAME_SIZE, 'cur/Re: c.eml': ONE + b'c\n'}
    ledger = Ledger('colonsquit', files)
    ledger.look('before')
    ledger.delete(ONE)
    equal(ledger.box.all(), ['new/10:15:00.eml', 'new/Re: b.eml',
                             'cur/Re: c.eml'], 'left')
    want = {sha(base_of(n)): wire(data) for n, data in files.items()
            if data != ONE}
    equal(ledger.look('afterwards'), want, 'UIDLs')
    c = Worker(ledger.box)
    for n in c.list():
        c.retr(n)
    c.ok('QUIT')
    c.close()
    equal(len(ledger.box.list('cur')), 3, 'moved to cur')
    equal(ledger.look('moved'), want, 'UIDLs')
    ledger.forget()
    equal(ledger.look('without popcache'), want, 'UIDLs')


def through(ledger, what):
    """The same in another session, after each thing that other programs do,
    and without popcache."""
    first = ledger.look(what)
    equal(ledger.look(what + ', index'), first, 'index')
    ledger.rename(CUR, CUR[:-1] + 'FS')
    equal(ledger.look(what + ', flags'), first, 'flags')
    ledger.forget()
    equal(ledger.look(what + ', rebuilt'), first, 'rebuilt')
    ledger.rename(NEW, 'cur/%s:2,' % BASE)
    equal(ledger.look(what + ', both in cur'), first, 'both in cur')
    ledger.rename(CUR[:-1] + 'FS', 'new/' + BASE)
    equal(ledger.look(what + ', changed places'), first, 'changed places')
    ledger.forget()
    equal(ledger.look(what + ', rebuilt again'), first, 'rebuilt again')
    return first


def test_different():
    """Twins with different texts: two messages, through all changes"""
    through(twins('different', {NEW: ONE, CUR: TWO}), 'twins')


def test_same_size():
    """Twins of one size with different texts: two messages"""
    equal(len(ONE), len(SAME_SIZE), 'test')
    through(twins('samesize', {NEW: ONE, CUR: SAME_SIZE}), 'twins')


def test_tagged():
    """Twins with one size tag and different texts: two messages"""
    base = '1700000000.9.mx,S=%d,W=%d' % (len(ONE), len(wire(ONE)))
    ledger = twins('tagged', {'new/' + base: ONE,
                              'cur/%s:2,S' % base: SAME_SIZE})
    first = ledger.look('tagged')
    ledger.forget()
    equal(ledger.look('rebuilt'), first, 'rebuilt')


def test_among_others():
    """Twins among other messages, which keep their UIDLs"""
    files = {'new/%d.n' % i: b'Subject: %d\n\n' % i for i in range(100, 110)}
    ledger = twins('others', {NEW: ONE, CUR: TWO})
    put(ledger.box, files)
    first = through(ledger, 'among others')
    for i in range(100, 110):
        equal(first.get(sha('%d.n' % i)), wire(files['new/%d.n' % i]), 'UIDL')


def left(gone, keep, data, kept):
    """One twin is deleted: the other stays, with the UIDL it has."""
    ledger = twins('left', {NEW: ONE, CUR: TWO})
    uid = {text: u for u, text in ledger.look('twins').items()}
    ledger.delete(data)
    files = ledger.box.all()
    equal(len(files), 1, 'files left')
    equal(read(ledger.box, files[0]), kept, 'the file left')
    check(not os.path.exists(ledger.box.sub(gone)), gone + ' is there')
    for what in ('next', 'index'):
        equal(ledger.look(what), {uid[wire(kept)]: wire(kept)}, what)
    ledger.rename(files[0], 'cur/%s:2,FRS' % BASE)
    equal(ledger.look('flags'), {uid[wire(kept)]: wire(kept)}, 'flags')
    # Without popcache only the ledger knows that there were two.
    ledger.forget()
    ledger.look('without popcache')
    ledger.look('and again')


def test_one_left():
    """One of two twins deleted: the other keeps its own UIDL"""
    left(NEW, CUR, ONE, TWO)
    left(CUR, NEW, TWO, ONE)


def test_first_then_twin():
    """A later twin, and the first deleted: no UIDL is inherited"""
    ledger = twins('later', {CUR: ONE})
    ledger.look('alone')
    put(ledger.box, {NEW: TWO})
    second = ledger.look('two')
    equal(ledger.look('two, index'), second, 'index')
    uid = {text: u for u, text in second.items()}
    ledger.delete(ONE)
    for what in ('left', 'left, index'):
        equal(ledger.look(what), {uid[wire(TWO)]: wire(TWO)}, what)
    put(ledger.box, {'cur/%s:2,F' % BASE: SAME_SIZE})
    ledger.look('a third, later')


def test_removed_outside():
    """One of two twins removed by another program: the same"""
    ledger = twins('outside', {NEW: ONE, CUR: TWO})
    uid = {text: u for u, text in ledger.look('twins').items()}
    os.unlink(ledger.box.sub(CUR))
    equal(ledger.look('left'), {uid[wire(ONE)]: wire(ONE)}, 'left')
    put(ledger.box, {CUR: TWO})
    both = ledger.look('back')
    equal(both, {u: text for text, u in uid.items()}, 'both again')


def one_message(what, prepare):
    """Files that are one message: shown once, removed together."""
    ledger = Ledger('one', {'new/100.n': TWO, NEW: ONE})
    prepare(ledger.box)
    files = len(ledger.box.all())
    first = ledger.look(what)
    equal(len(first), 2, 'messages of %d files' % files)
    equal(ledger.look(what + ', index'), first, 'index')
    ledger.rename(CUR, CUR + 'T')
    equal(ledger.look(what + ', flags'), first, 'flags')
    ledger.forget()
    equal(ledger.look(what + ', rebuilt'), first, 'rebuilt')
    ledger.delete(ONE)
    equal(ledger.box.all(), ['new/100.n'], what + ': left')
    equal(ledger.look(what + ', next'), {sha('100.n'): wire(TWO)}, 'next')


def test_same_octets():
    """Files with the same octets: shown once, removed together"""
    one_message('copies', lambda box: put(box, {CUR: ONE}))
    one_message('three copies', lambda box: put(box, {
        CUR: ONE, 'cur/%s:2,F' % BASE: ONE}))


def test_hard_links():
    """Hard links: shown once, removed together"""
    def link(box, *names):
        for name in names:
            os.link(box.sub(NEW), box.sub(name))
    one_message('two links', lambda box: link(box, CUR))
    one_message('three links', lambda box: link(box, CUR,
                                                'cur/%s:2,F' % BASE))


def test_links_in_cur():
    """Hard links that are all in cur: removed together"""
    ledger = Ledger('linkscur', {CUR: ONE})
    os.link(ledger.box.sub(CUR), ledger.box.sub(CUR + 'T'))
    ledger.look('links')
    ledger.delete(ONE)
    equal(ledger.box.all(), [], 'left')


def test_link_and_twin():
    """Two links and a twin: two messages, each removed alone"""
    ledger = twins('linktwin', {NEW: ONE, CUR: TWO})
    os.link(ledger.box.sub(CUR), ledger.box.sub('cur/%s:2,FS' % BASE))
    equal(len(ledger.look('three files')), 2, 'messages')
    ledger.delete(TWO)
    equal(ledger.box.all(), [NEW], 'left')
    ledger.look('one left')


def test_retrieved():
    """A retrieved twin moves to cur and overwrites nothing"""
    ledger = twins('retrieved', {NEW: ONE, CUR: TWO})
    first = ledger.look('twins')
    c = Worker(ledger.box)
    ledger.look('the session', c)
    c.ok('QUIT')
    c.close()
    equal(len(ledger.box.all()), 2, 'files')
    equal(ledger.look('next'), first, 'next')


STRANGER = 'cur/%s:2,RS' % BASE


def stranger(files, listed, change):
    """During a session a file appears under the base name of others; then
    all that is listed is deleted."""
    ledger = twins('stranger', files)
    c = Worker(ledger.box)
    equal(len(ledger.look('before', c)), listed, 'messages')
    for n in range(1, listed + 1):
        c.ok('DELE %d' % n)
    change(ledger)
    put(ledger.box, {STRANGER: b'Subject: stranger\n\nnot listed\n'})
    reply = c.cmd('QUIT')
    c.close()
    there = ledger.box.all()
    check(STRANGER in there, 'removed though not listed')
    if reply.startswith(b'+OK'):
        equal(there, [STRANGER], 'left after +OK')
    return ledger


def test_third():
    """A file that appears during a session is not removed with its twin"""
    stranger({NEW: ONE}, 1, lambda ledger: None)
    stranger({CUR: ONE}, 1, lambda ledger: None)
    stranger({NEW: ONE, CUR: TWO}, 2, lambda ledger: None)


def test_third_renamed():
    """Nor if those that are listed were renamed meanwhile"""
    stranger({CUR: ONE}, 1, lambda ledger: ledger.rename(CUR, CUR + 'T'))
    stranger({NEW: ONE, CUR: TWO}, 2, lambda ledger: (
        ledger.rename(CUR, CUR + 'T'),
        ledger.rename(NEW, 'cur/%s:2,F' % BASE)))


def test_third_of_gone():
    """Nor if another program removed the one that is listed"""
    stranger({CUR: ONE}, 1, lambda ledger: os.unlink(ledger.box.sub(CUR)))


def test_third_next():
    """Such a file is a message of its own in the next session"""
    for files in ({NEW: ONE, CUR: TWO}, {CUR: ONE}):
        ledger = stranger(files, len(files), lambda ledger: None)
        ledger.look('next')
        ledger.look('index')


def test_renamed_in_session():
    """Twins renamed during a session keep their numbers"""
    ledger = twins('insession', {NEW: ONE, CUR: TWO})
    c = Worker(ledger.box)
    ledger.look('before', c)
    one, two = ledger.number(c, ONE), ledger.number(c, TWO)
    ledger.rename(CUR, 'cur/%s:2,F' % BASE)
    ledger.rename(NEW, CUR)
    equal(c.retr(two), wire(TWO), 'RETR')
    equal(c.retr(one), wire(ONE), 'RETR')
    c.ok('DELE %d' % one)
    reply = c.cmd('QUIT')
    c.close()
    texts = [read(ledger.box, n) for n in ledger.box.all()]
    check(TWO in texts, 'the other twin was removed')
    equal(reply.startswith(b'+OK'), ONE not in texts, 'QUIT: %r' % reply)


def unreadable(what, known):
    """One twin cannot be read: both are listed, one is sent."""
    ledger = twins('unreadable', {NEW: ONE, CUR: TWO})
    before = {}
    if known:
        before = {t: u for u, t in ledger.look('readable').items()}
    os.chmod(ledger.box.sub(CUR), 0)
    c = Worker(ledger.box)
    check(c.greeting.startswith(b'+OK'), c.greeting)
    equal(c.stat()[0], 2, what + ': STAT')
    uidl = c.uidl()
    equal(len(set(uidl.values())), 2, what + ': UIDLs')
    sent = []
    for n in (1, 2):
        reply = c.cmd('RETR %d' % n)
        if reply.startswith(b'+OK'):
            sent.append(c.body())
            equal(ledger.named.setdefault(uidl[n], sent[-1]), sent[-1], what)
        else:
            check(reply.startswith((b'-ERR [SYS/PERM]', b'-ERR [SYS/TEMP]')),
                  reply)
            check(ledger.named.get(uidl[n], wire(TWO)) == wire(TWO), what)
    equal(sent, [wire(ONE)], what + ': sent')
    if known:
        equal(set(uidl.values()), set(before.values()), what + ': UIDLs')
    c.close()
    os.chmod(ledger.box.sub(CUR), 0o600)
    after = {t: u for u, t in ledger.look(what + ', readable again').items()}
    if known:
        equal(after, before, what + ': UIDLs, readable again')


def test_unreadable():
    """A twin that cannot be read is listed, and recognised later"""
    unreadable('known', True)
    unreadable('never read', False)


def test_unreadable_deleted():
    """A twin deleted while the other is unreadable is removed alone"""
    ledger = twins('unreadabledele', {NEW: ONE, CUR: TWO})
    ledger.look('readable')
    os.chmod(ledger.box.sub(CUR), 0)
    c = Worker(ledger.box)
    numbers = [n for n in c.list()
               if c.cmd('RETR %d' % n).startswith(b'+OK') and c.body()]
    equal(len(numbers), 1, 'readable messages')
    c.ok('DELE %d' % numbers[0])
    reply = c.cmd('QUIT')
    c.close()
    os.chmod(ledger.box.sub(CUR), 0o600)
    check(CUR in ledger.box.all(), 'the one that could not be read is gone')
    equal(reply.startswith(b'+OK'), NEW not in ledger.box.all(), repr(reply))
    ledger.look('left')


if __name__ == '__main__':
    main()

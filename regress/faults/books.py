# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Sessions under faults, and the books that must balance after each."""

import os
import select
import subprocess
import time

from popdtest.cases import Failure, Skip, check, equal, short
from popdtest.env import LIBEXEC, PATIENCE
from popdtest.mail import wire_top
from popdtest.talk import Replies
from boxes import KINDS, Pool
from faults import (ALL, CONFINING, NO_TRACE, Account, command, hit_call,
                    read_log, tool)

WRKRPOP = LIBEXEC + '/wrkrpop'


class Mute(Exception):
    """The client is still there but takes no more output."""


class Session(Replies):
    """A session, under a fault or not."""

    def __init__(self, box, fault=None, traced=False):
        super().__init__()
        self.fault = fault
        argv = command(WRKRPOP, fault) if traced else [WRKRPOP]
        self.process = subprocess.Popen(
            argv + ['-s', box.path], stdin=subprocess.PIPE, bufsize=0,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def readable(self, seconds):
        return select.select([self.process.stdout], [], [], seconds)[0]

    def listen(self):
        """Wait for octets, or until it is clear that none will come."""
        end = time.monotonic() + PATIENCE
        while not self.readable(0.01) and time.monotonic() < end:
            call = hit_call()
            if call and (call.arg == 1 or self.fault.persistent) and \
                    not self.readable(0):
                raise Mute

    def more(self):
        if self.fault and self.fault.mutes():
            self.listen()
        check(self.readable(PATIENCE), 'no answer, after ' + short(self.data))
        data = os.read(self.process.stdout.fileno(), 1 << 18)
        if not data:
            raise EOFError(short(self.data))
        return data

    def say(self, line):
        try:
            self.process.stdin.write(line.encode() + b'\r\n')
        except BrokenPipeError:
            pass

    def must(self, line):
        self.say(line)
        reply = self.status()
        check(reply.startswith('+OK'), 'clean session: %s: %s' % (line, reply))
        return reply

    def table(self):
        """[(number, value)] of the body of LIST or UIDL."""
        lines = self.body().decode('ascii').split('\r\n')[:-1]
        return [(int(n), v) for n, v in (line.split(' ') for line in lines)]

    def end(self):
        """Wait: the exit status and the log."""
        p = self.process
        p.stdin.close()
        p.stdout.close()
        p.stdin = p.stdout = None
        try:
            _, log = p.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
            raise Failure('no end of the process')
        return p.returncode, log.decode('utf-8', 'replace')


# The books

def clean(box, want, may_lack=()):
    """A session without a fault shows all that must be there, in order and
    exactly; what it found of what is wanted."""
    s = Session(box)
    try:
        reply = s.status()
        check(reply.startswith('+OK'), 'clean session: ' + reply)
        s.must('UIDL')
        uids = [v for _, v in s.table()]
        found = [m for m in want if m.uid in uids]
        lacks = [m.base for m in want
                 if m not in found and m not in may_lack]
        check(not lacks, 'clean session: lost: ' + ' '.join(lacks))
        equal(uids, [m.uid for m in found], 'clean session: UIDL')
        s.must('LIST')
        equal(s.table(), [(i, str(len(m.wire)))
                          for i, m in enumerate(found, 1)],
              'clean session: LIST')
        equal(s.must('STAT'), '+OK %d %d' %
              (len(found), sum(len(m.wire) for m in found)),
              'clean session: STAT')
        for i, m in enumerate(found, 1):
            s.must('RETR %d' % i)
            check(s.body() == m.wire, 'clean session: octets of ' + m.base)
        s.must('QUIT')
    except EOFError as why:
        raise Failure('clean session: ended after %s' % why)
    finally:
        status, log = s.end()
    equal(status, 0, 'clean session: exit status')
    return found


def on_disk(box, found):
    """Each message has just one file, and it is whole."""
    bases = {m.base: m for m in found}
    names = box.names()
    seen = sorted(n.split(':')[0] for _, n in names)
    equal(seen, sorted(bases), 'files')
    for sub, name in names:
        with open(box.sub(sub, name), 'rb') as f:
            check(f.read() == bases[name.split(':')[0]].data,
                  'a damaged file: ' + name)


def balance(box, may_lack=(), gone=()):
    """Check: may_lack may be gone, gone must be."""
    found = clean(box, box.want, may_lack)
    back = [m.base for m in found if m in gone]
    check(not back, 'deleted by a QUIT, still there: ' + ' '.join(back))
    on_disk(box, found)
    clean(box, found)


# A session and what it was told

class Book:
    """What a client was told, and so what must be true."""

    def __init__(self, box, fault):
        self.want, self.fault = box.want, fault
        self.script = script(box.want)
        self.where = 'login'    # the command under way
        self.body = False       # in the middle of its answer
        self.greeted = False
        self.octets = None      # of STAT
        self.refused = False    # something was
        self.ended = False      # by the other side
        self.unread = []        # what was not retrieved to its end
        self.marked = []
        self.quit = None
        self.gone = []          # what must be

    def answer(self, reply):
        """Whether a command was answered +OK."""
        if reply.startswith('+OK'):
            return True
        check(not self.fault or not (self.fault.kills() or
                                     self.fault.unnoticed()),
              '%s: refused: %s' % (self.where, reply))
        check(reply.startswith(('-ERR [SYS/TEMP]', '-ERR [SYS/PERM]')) or
              self.where == 'QUIT', '%s: no code: %s' % (self.where, reply))
        self.refused = True
        return False

    def message(self):
        return self.want[int(self.where.split()[1]) - 1]

    # What a command does to the books, by its name: s has read its +OK.

    def stat(self, s, reply):
        count, self.octets = (int(word) for word in reply.split()[1:3])
        equal(count, len(self.want), 'STAT')

    def uidl(self, s, reply):
        equal(s.table(), [(i, m.uid) for i, m in enumerate(self.want, 1)],
              'UIDL')

    def list(self, s, reply):
        sizes = s.table()
        equal([n for n, _ in sizes], list(range(1, len(self.want) + 1)),
              'LIST')
        for (n, size), m in zip(sizes, self.want):
            # A message that cannot be read has the size of its file.
            check(int(size) in (len(m.wire), len(m.data)),
                  'LIST: %d has %s octets' % (n, size))
        if self.octets is not None:
            equal(sum(int(size) for _, size in sizes), self.octets,
                  'octets of LIST and STAT')

    def retr(self, s, reply):
        check(s.body() == self.message().wire, self.where + ': octets')
        self.unread.remove(self.message())

    def top(self, s, reply):
        check(s.body() == wire_top(self.message().data, 1),
              self.where + ': octets')

    def dele(self, s, reply):
        self.marked.append(self.message())

    def end(self, s, reply):
        self.quit = 'ok'
        self.gone = self.marked


def script(want):
    """What to retrieve, to look at and to delete: in new/ and cur/ each."""
    bases = [m.base[:10] for m in want]
    one, three, four, five = (
        bases.index('160000000%d' % i) + 1 for i in (1, 3, 4, 5))
    two = [i for i, base in enumerate(bases, 1) if base == '1600000002']
    six = bases.index('without-a-') + 1
    return ['STAT', 'UIDL', 'LIST', 'RETR %d' % one, 'RETR %d' % five,
            'RETR %d' % six, 'TOP %d 1' % three, 'TOP %d 1' % four] + \
        ['DELE %d' % n for n in two + [four, five]] + ['QUIT']


DEEDS = {'STAT': Book.stat, 'UIDL': Book.uidl, 'LIST': Book.list,
         'RETR': Book.retr, 'TOP': Book.top, 'DELE': Book.dele,
         'QUIT': Book.end}


def converse(s, book):
    """A session as a client has it; every answer is refused or true."""
    book.greeted = book.answer(s.status())
    if not book.greeted:
        return
    while book.script:
        book.where = book.script.pop(0)
        word = book.where.split()[0]
        if word == 'RETR':
            book.unread.append(book.message())
        if word == 'QUIT':
            book.quit = 'sent'
        s.say(book.where)
        reply = s.status()
        book.body = True
        if book.answer(reply):
            DEEDS[word](book, s, reply)
        book.body = False


def unheard(s, book):
    """Nobody hears the answers: all lines are carried out still, but nothing
    counts as retrieved, and what was asked for is not removed."""
    for line in [book.where] * (book.where[:4] == 'DELE') + book.script:
        s.say(line)
        book.where = line
        if line[:4] == 'RETR':
            book.unread.append(book.message())
        elif line[:4] == 'DELE' and book.message() not in book.unread:
            book.marked.append(book.message())
    book.quit = 'sent'
    book.gone = book.marked
    book.greeted = True
    s.process.stdin.close()
    left, s.fault = b'', None
    try:
        while True:
            left += s.more()
    except EOFError:
        book.ended = True
    check(not left, 'more after a write that failed: ' + short(left))


def judge_end(book, how, number, call, confined):
    """The way the process ended.  call: where it was hit; confined: that was
    after seccomp(2)."""
    if how == 'signal':
        check(book.fault and book.fault.kills() and number == 9,
              'ended by signal %d' % number)
        return
    check(number in (0, 1), 'exit status %d' % number)
    if not confined and call.name in CONFINING:
        check(not book.greeted, 'served without confinement')
    if book.ended and confined and not book.refused and \
            not (book.body and book.where[:4] in ('RETR', 'TOP ')) and \
            not (call and call.stream() and not book.fault.unnoticed()):
        raise Failure('%s: ended without an answer' % book.where)
    if book.greeted or confined:
        equal(number, 0 if book.greeted else 1, 'exit status')


def judge_files(box, book):
    """A message that was not retrieved to its end is still in place."""
    names = box.names()
    for m in book.unread:
        if m in book.marked or book.fault.kills():
            continue
        check(m.base in [name.split(':')[0] for _, name in names],
              'not retrieved to its end, and removed: ' + m.base)
        check((m.sub, m.base + m.suffix) in names,
              'not retrieved to its end, and moved as seen: ' + m.base)


def judge(box, book, calls, how, number):
    hits = [c for c in calls if c.hit]
    names = [c.name for c in calls]
    confined = not hits or 'seccomp' in names[:calls.index(hits[0])]
    judge_end(book, how, number, hits[0] if hits else None, confined)
    if hits and hits[0].name in ('fsync', 'fdatasync') and \
            hits[0].file in ('new', 'cur'):
        check(book.quit != 'ok', 'QUIT said +OK, not durable')
    if book.fault:
        judge_files(box, book)
    balance(box, book.marked if book.quit else [], book.gone)


def session(box, fault=None):
    """A session under a fault, and the books after it; its calls."""
    book = Book(box, fault)
    s = Session(box, fault, True)
    try:
        converse(s, book)
    except EOFError:
        book.ended = True
    except Mute:
        unheard(s, book)
    finally:
        status, text = s.end()
    if status == NO_TRACE:
        raise Skip('no ptrace here')
    calls, how, number = read_log()
    judge(box, book, calls, how, number)
    return calls


def try_kind(pool, plan):
    """Sessions with all faults of plan(calls), a maildir for each."""
    box = pool.box()
    calls = session(box)
    box.remove()
    if pool.kind == 'warm':
        names = [c.name for c in calls]
        check('getdents64' not in names[:names.index('write')],
              'the index is not warm')
    account = Account()
    for fault in plan(calls):
        box = pool.box()
        account.run(fault, pool.kind, lambda: session(box, fault))
        box.remove()
    account.close()


def confined_part(calls):
    """From the filter on: before that nothing depends on the index."""
    names = [c.name for c in calls]
    return calls[names.index('seccomp') + 1:]


def cases(namespace, title, plan):
    """A test for each kind of index."""
    pools = {}

    def case(kind, turn):
        def test():
            tool()
            if not pools:
                pools.update((k, Pool(k)) for k in KINDS)
            try:
                try_kind(pools[kind], lambda calls: plan(
                    calls if ALL or kind == 'none' else confined_part(calls),
                    turn))
            finally:
                pools[kind].end()
        test.__doc__ = title % kind
        return test

    for turn, kind in enumerate(KINDS):
        namespace['test_' + kind] = case(kind, turn)

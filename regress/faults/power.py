#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# once
# timeout: 300
"""Power cuts: what was promised is kept whatever the disk has kept.

Runs of mda and wrkrpop are recorded with strace.  For each moment of them
disk.py makes up what a disk could hold after a power cut then; a session
looks at it, and another one at what the first has left.
POWER_SEED and POWER_STATES (of each run) change the sample.
"""

import os
import random
import re
import shutil
import subprocess
import time

from popdtest.cases import Failure, Skip, check, equal, main, short
from popdtest.env import LIBEXEC, MDA, PATIENCE, SRC, STAGE, WORK
from popdtest.mail import wire
from popdtest.maildir import Maildir
from popdtest.talk import Replies, Talk, uidl_of
from calls import Reader, command
from disk import Disk

WRKRPOP = LIBEXEC + '/wrkrpop'
SEED = int(os.environ.get('POWER_SEED', '20261122'))
STATES = int(os.environ.get('POWER_STATES', '260'))
GUARD = 2.3             # a directory is this old before its stamp is good


def text(number, octets=60):
    """A message like no other."""
    head = b'Subject: %d\n\n' % number
    return head + (b'.%d ' % number + b'x' * 50 + b'\n') * (octets // 54)


def first_text(number):
    """The first messages: some are longer than others."""
    return text(number, 3000 if number % 8 == 0 else 60)


class Session(Talk):
    """A session under strace."""

    def __init__(self, out, path):
        Replies.__init__(self)
        self.process = subprocess.Popen(
            command(out, [WRKRPOP, '-s', path]), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.greeting = self.ok()

    def do(self, line):
        self.cmd(line).ok()
        if line.startswith(('RETR', 'LIST', 'UIDL')):
            self.body()


class Run:
    """A maildir, what was done to it, and what was promised."""

    def __init__(self, name, count=8, warm=True, uidls=None, sub='',
                 make=True, changed=None):
        self.name, self.warm, self.uidls = name, warm, uidls
        self.changed = changed
        self.rng = random.Random(SEED)
        self.home = os.path.join(WORK, name)
        self.box = Maildir(os.path.join(self.home, sub) if sub else self.home,
                           make=False)
        os.makedirs(self.home, 0o700)
        self.steps, self.mail, self.sizes = [], {}, {}
        self.since = self.last = self.done = 0
        if make:
            self.box = Maildir(self.box.path)
        for i in range(count):
            self.add(i)
        if uidls:
            with open(os.path.join(self.box.path, 'popuidl'), 'w') as f:
                for i in uidls:
                    f.write('%s imported-%d\n' % (self.base(i), i))

    def base(self, i):
        # One has no number to be sorted by, only a time.
        return 'nonumber.n' if i == 5 else '%d.n' % (1600000000 + 10 * i)

    def where(self, i):
        return ('cur', self.base(i) + ':2,S') if i % 4 == 3 \
            else ('new', self.base(i))

    def add(self, i):
        sub, name = self.where(i)
        self.box.add(first_text(i), name, sub)
        path = os.path.join(self.box.path, sub, name)
        os.utime(path, (1600000000, 1600000051))
        self.keep(first_text(i), self.base(i), 1600000051)

    def keep(self, data, base, mtime=0):
        number = re.match(r'(\d+)\.', base)
        self.mail[wire(data)] = base, int(number[1]) if number else mtime
        self.sizes[wire(data)] = {len(wire(data))}

    def rewrite(self, i, octets):
        """Change a message in place, contrary to the rules of a maildir."""
        old, new = wire(first_text(i)), text(i, octets)
        sub, name = self.where(i)
        with open(os.path.join(self.box.path, sub, name), 'wb') as f:
            f.write(new)
        self.mail[wire(new)] = self.mail.pop(old)
        self.sizes[wire(new)] = {len(old), len(wire(new))}

    # Steps, in their order; all runs at once, with a pause before sessions

    def deliver(self, i, octets=60):
        self.steps.append((False, lambda: self.do_deliver(text(i, octets))))
        return self

    def session(self, *lines, gone=()):
        gone = [wire(first_text(i)) for i in gone]
        self.steps.append((True, lambda: self.do_session(lines, gone)))
        return self

    def only_last(self):
        """Cuts only from the next step on: those before are another run's."""
        self.last = len(self.steps)
        return self

    def step(self):
        if self.last and self.last == self.done:
            self.since = len(self.disk.events)
        self.steps[self.done][1]()
        self.done += 1

    def deliveries(self):
        while self.done < len(self.steps) and not self.steps[self.done][0]:
            self.step()

    def begin(self):
        if self.warm:
            subprocess.run([WRKRPOP, '-s', self.box.path],
                           input=b'LIST\r\nUIDL\r\n', check=True,
                           stdout=subprocess.DEVNULL)
            check(os.path.exists(self.box.popcache()), 'no popcache')
        if self.changed:
            self.rewrite(*self.changed)
        self.count = len(self.mail)
        self.disk = Disk(self.home, os.path.join(WORK, self.name + '.store'),
                         self.rng, [os.path.relpath(self.box.sub(sub),
                                                    self.home)
                                    for sub in ('new', 'cur')])
        self.reader = Reader(self.disk)
        self.marks = []
        self.disk.bound()

    def mark(self, what, data):
        self.disk.events.append(('mark', what))
        self.marks.append((len(self.disk.events), what, data))

    def trace(self):
        return os.path.join(WORK, self.name + '.trace')

    def do_deliver(self, data):
        sub = os.path.relpath(self.box.path, self.home)
        flags = [] if sub == '.' else ['-e', sub]
        before = self.names()
        result = subprocess.run(
            command(self.trace(), [MDA] + flags + [self.home]), input=data,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        equal(result.returncode, 0, result.stderr)
        new = self.names() - before
        equal(len(new), 1, 'new messages')
        self.keep(data, new.pop())
        self.mark('deliver', [wire(data)])
        self.reader.on_exit = lambda status: self.mark('delivered',
                                                       [wire(data)])
        self.reader.read(self.trace())
        self.disk.bound()

    def do_session(self, lines, gone):
        s = Session(self.trace(), self.box.path)
        for line in lines:
            s.do(line)
        s.quit()

        def on_input(data):
            if b'QUIT' in data:
                self.mark('quit', gone)
                self.reader.on_output = on_output

        def on_output(data):
            check(data.startswith(b'+OK'), 'QUIT: ' + short(data))
            self.mark('gone', gone)

        self.reader.on_input = on_input
        self.reader.on_output = self.reader.on_exit = lambda data: None
        self.reader.read(self.trace())
        equal(self.marks[-1][1], 'gone', 'answer of QUIT')
        self.disk.bound()

    def names(self):
        out = set()
        for sub in ('new', 'cur'):
            if os.path.isdir(self.box.sub(sub)):
                out.update(n.split(':')[0] for n in self.box.list(sub))
        return out

    # What must and what may be there

    def promise(self, until):
        must, may = set(self.mail), set()
        for _, what, data in self.marks:
            if what == 'deliver':
                must.difference_update(data)
        for at, what, data in self.marks:
            if at > until:
                break
            must.difference_update(data)
            may.difference_update(data)
            if what == 'delivered':
                must.update(data)
            elif what in ('deliver', 'quit'):
                may.update(data)
        return must, may

    def uidl(self, data):
        base = self.mail[data][0]
        for i in self.uidls or ():
            if self.base(i) == base:
                return 'imported-%d' % i
        return uidl_of(base)

    def order(self, found):
        """These messages in the order in which they must be listed."""
        first = [self.base(i) for i in self.uidls or ()]

        def key(data):
            base, number = self.mail[data]
            if base in first:
                return 0, first.index(base), base
            return 1, number, base
        return sorted(found, key=key)


# Looking at what is left

class Look:
    """What a session says of a maildir."""

    def __init__(self, run, state):
        p = programs()
        count = len(run.mail) + 1
        lines = ['STAT', 'UIDL', 'LIST'] + ['RETR %d' % (i + 1)
                                            for i in range(count)]
        result = subprocess.run(
            [p.worker, '-s', run.box.path],
            env=dict(os.environ, **p.stamps(run, state)),
            input='\r\n'.join(lines + ['NOOP', '']).encode(),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            timeout=4 * PATIENCE)
        self.log = result.stderr.decode()
        equal(result.returncode, 0, 'exit status, log ' + self.log)
        r = Replies(result.stdout)
        r.ok()
        self.stat = r.stat()
        self.uidls = list(r.numbers().values())
        self.sizes = [int(size) for size in r.numbers().values()]
        self.mail = [self.retr(r) for _ in range(count)]
        check(not any(self.mail[len(self.uidls):]), 'RETR of what is not '
              'listed')
        self.mail = self.mail[:len(self.uidls)]
        r.ok()
        r.end()

    @staticmethod
    def retr(r):
        line = r.status()
        return r.body() if line.startswith('+OK') else None


def judge(run, state, look, must, may, exact):
    """Whether that was promised.  Raises Failure."""
    equal(look.stat, (len(look.uidls), sum(look.sizes)), 'STAT')
    equal(len(look.sizes), len(look.uidls), 'lines of LIST')
    ghosts = {run.uidl(data) for data in may} if state.stale else set()
    found = []
    for uidl, size, data in zip(look.uidls, look.sizes, look.mail):
        if data is None and uidl in ghosts:
            continue
        check(data is not None, 'listed but not to be had: ' + uidl)
        check(data in run.mail, 'no message: ' + short(data[:60]))
        check(data in must or data in may, 'came back: ' + short(data[:20]))
        check(data not in found, 'twice: ' + short(data[:20]))
        equal(uidl, run.uidl(data), 'UIDL')
        sizes = {len(data)} if exact else run.sizes[data]
        check(size in sizes, 'LIST says %d of %s' % (size, sizes))
        found.append(data)
    lost = must.difference(found)
    check(not lost, '%d lost: %s' % (len(lost), sorted(d[:20] for d in lost)))
    equal(found, run.order(found), 'order')


class Programs:
    """The worker as it is installed; and if that can be, one that can be
    told that directories have the times they had before the power cut."""

    def __init__(self):
        self.worker, self.preload = WRKRPOP, None
        tree = os.path.join(WORK, 'dynamic')
        preload = os.path.join(WORK, 'stamps.so')
        make = os.environ.get('MAKE', 'make')
        steps = [
            ['cp', '-rp', SRC, tree], ['rm', tree + '/wrkrpop/wrkrpop'],
            [make, '-C', tree, 'PREFIX=' + STAGE, 'WORKER_LDFLAGS=-pie',
             'wrkrpop/wrkrpop'],
            ['cc', '-D_GNU_SOURCE', '-shared', '-fPIC', '-o', preload,
             SRC + '/regress/faults/stamps.c', '-ldl']]
        for step in steps:
            result = subprocess.run(step, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.PIPE)
            if result.returncode:
                self.why = result.stderr.decode()
                return
        self.worker, self.preload = tree + '/wrkrpop/wrkrpop', preload

    def stamps(self, run, state):
        """The environment that does it."""
        if not self.preload:
            return {}
        out = []
        for rel, times in state.stamps.items():
            if times:
                st = os.stat(os.path.join(run.home, rel))
                out.append('%d %d %d %d %d' % (
                    st.st_ino, *divmod(times[0], 10 ** 9),
                    *divmod(times[1], 10 ** 9)))
        return {'LD_PRELOAD': self.preload, 'STAMPS': ' '.join(out)}


def every(run, stale):
    """[(state, must, may)] after cuts at all moments, each once; stale:
    those in which directories have older times than names."""
    seen = {}
    for until in range(run.since, len(run.disk.events) + 1):
        must, may = run.promise(until)
        promise = frozenset(must), frozenset(may)
        for state in run.disk.states(until):
            if bool(state.stale) == stale:
                seen.setdefault((state.key, promise), (state, must, may))
    return list(seen.values())


def sample(run, states, count):
    return states if len(states) <= count else run.rng.sample(states, count)


def sampled(run, stale):
    """Some of them, and how many there are."""
    states = every(run, stale)
    if len(states) <= STATES:
        return states, len(states)
    # What comes last is what was promised.
    end = len(run.disk.events)
    late = sample(run, [s for s in states if s[0].at == end], STATES // 4)
    rest = [s for s in states if s[0].at < end]
    return sample(run, rest, STATES - len(late)) + late, len(states)


def brief(events, at):
    what, *rest = events[at - 1] if at else ('start',)
    return ' '.join([what] + [
        '%d octets' % len(r) if isinstance(r, bytes) else str(r)
        for r in rest])


def cut(run, stale=False):
    """Cut the power in many ways and look."""
    states, total = sampled(run, stale)
    wrong = []
    for state, must, may in states:
        run.disk.put(state)
        try:
            if not os.path.isdir(run.box.path):
                check(not must, 'no maildir')
                continue
            judge(run, state, Look(run, state), must, may, False)
            judge(run, state, Look(run, state), must, may, True)
        except Failure as why:
            wrong.append('after event %d, %s; %s: %s' % (
                state.at, brief(run.disk.events, state.at), state.how, why))
    print('# %s: %d of %d states, seed %d, %d events' % (
        run.name, len(states), total, SEED, len(run.disk.events)))
    check(not wrong, '%d of %d states, such as\n%s' % (
        len(wrong), len(states), '\n'.join(wrong[:4] + wrong[-2:])))


def opened(run, state):
    """How many message files a session opens that only lists."""
    out = os.path.join(WORK, 'opened')
    command_line = ['strace', '-f', '-o', out, '-e', 'trace=openat,open']
    for item in programs().stamps(run, state).items():
        command_line += ['-E', '%s=%s' % item]
    run.disk.put(state)
    subprocess.run(command_line + [programs().worker, '-s', run.box.path],
                   input=b'STAT\r\nUIDL\r\nLIST\r\n', check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    names = set(run.box.list('new') + run.box.list('cur'))
    with open(out) as f:
        paths = re.findall(r'"([^"]*)"', f.read())
    return len([path for path in paths if path.split('/')[-1] in names])


def recount(run):
    """A lost tail of the index costs only its own entries."""
    rel = os.path.relpath(run.box.path, run.home).replace('.', '')
    number = run.disk.first[rel]['popcache']
    start = run.disk.start[number]
    whole = run.disk.contents(number, len(run.disk.events))[:len(start)]
    new = len(run.mail) - run.count
    torn = {}
    for state, _, _ in every(run, False):
        data = state.names[rel].get('popcache', (None, b''))[1]
        if data[:len(start)] in (start, whole):
            torn.setdefault(data, state)
    states = sample(run, list(torn.values()), 40)
    wrong = []
    for state in states:
        count = opened(run, state)
        if count > new:
            wrong.append('after event %d, %s: %d opened' % (
                state.at, state.how, count))
    print('# %s: %d of %d tails' % (run.name, len(states), len(torn)))
    check(len(states) > 3, 'no tails')
    check(not wrong, '%d of %d states, such as\n%s' % (
        len(wrong), len(states), '\n'.join(wrong[:4])))


# The runs

_runs, _programs = {}, []


def programs():
    if not _programs:
        _programs.append(Programs())
    return _programs[0]


def all_runs():
    gone = dict(gone=(1, 3))
    update = 'RETR 1', 'RETR 3', 'DELE 2', 'DELE 4'
    return [
        Run('empty', 0, warm=False).deliver(50, 9000),
        Run('missing', 0, warm=False, make=False).deliver(50),
        Run('subdir', 0, warm=False, make=False, sub='a/b').deliver(50),
        Run('warm', 40).deliver(50, 9000),
        Run('first', 40, warm=False).session('LIST'),
        Run('extended', 40).deliver(50).session('LIST').deliver(51)
        .deliver(52).session('LIST'),
        Run('update').session(*update, **gone),
        Run('after').session(*update, **gone).only_last().session('LIST'),
        Run('life').deliver(50).session('RETR 2', 'DELE 1', gone=(0,))
        .deliver(51).session('RETR 3', 'RETR 2'),
        Run('size', changed=(3, 3000)).session('RETR 4'),
        Run('uidl', warm=False, uidls=(6, 2, 4)).session('LIST').deliver(50)
        .session('RETR 1', 'DELE 2', gone=(2,)).session('LIST'),
    ]


def record(runs):
    """All together: what they wait for is the same."""
    time.sleep(GUARD)
    for run in runs:
        run.begin()
    while any(run.done < len(run.steps) for run in runs):
        for run in runs:
            run.deliveries()
        time.sleep(GUARD)
        for run in runs:
            if run.done < len(run.steps):
                run.step()


def recorded(name):
    if not shutil.which('strace'):
        raise Skip('needs strace')
    if os.getuid() != 0:
        raise Skip('needs root to look into the processes')
    if subprocess.run(['strace', '-o', '/dev/null', 'true'],
                      stderr=subprocess.DEVNULL).returncode:
        raise Skip('strace cannot trace here')
    if not _runs:
        _runs.update((run.name, run) for run in all_runs())
        record(list(_runs.values()))
    run = _runs[name]
    check(run.done == len(run.steps), 'not recorded, see above')
    return run


def test_programs():
    """Directories can be given their old times"""
    recorded('empty')
    if not programs().preload:
        raise Skip('no worker that can be told: ' +
                   short(programs().why.strip()[-200:]))


def test_deliver_empty():
    """mda into an empty maildir"""
    cut(recorded('empty'))


def test_deliver_missing():
    """mda without tmp/, new/ and cur/"""
    cut(recorded('missing'))


def test_deliver_subdir():
    """mda -e without the directories above"""
    cut(recorded('subdir'))


def test_deliver_warm():
    """mda into a maildir with an index"""
    cut(recorded('warm'))


def test_first():
    """A first session writes the index"""
    cut(recorded('first'))


def test_extended():
    """Sessions and deliveries in turn, the index grows"""
    cut(recorded('extended'))


def test_update():
    """QUIT removes two and moves two"""
    cut(recorded('update'))


def test_after():
    """The session after it"""
    cut(recorded('after'))


def test_life():
    """Deliveries, RETR, DELE and QUIT in turn"""
    cut(recorded('life'))


def test_size():
    """RETR corrects a size"""
    cut(recorded('size'))


def test_stale_deliver():
    """mda on a disk that writes directory times late"""
    cut(recorded('warm'), True)


def test_stale_update():
    """QUIT on a disk that writes directory times late"""
    cut(recorded('update'), True)


def test_stale_life():
    """Both in turn on such a disk"""
    cut(recorded('life'), True)


def test_uidl():
    """Imported unique ids and their order"""
    run = recorded('uidl')
    run.disk.put(next(run.disk.states(0)))
    if not any('imported' in u for u in Look(
            run, next(run.disk.states(0))).uidls):
        raise Skip('this tree does not know popuidl')
    cut(run)


def test_recount_warm():
    """mda's index entry is lost: no message is counted again"""
    recount(recorded('warm'))


def test_recount_extended():
    """A session's index entry is lost: no message is counted again"""
    recount(recorded('extended'))


main()

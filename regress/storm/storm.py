# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""What the tests of this area share: a program that renames at speed, maildirs
whose messages are known by name, and an account of what sessions reported."""

import hashlib
import os
import shutil
import subprocess
import time
import zlib

from popdtest.cases import Failure, Skip, check, equal, short
from popdtest.env import ASAN, PATIENCE, UID, WORK
from popdtest.mail import wire
from popdtest.maildir import new_box
from popdtest.worker import Worker

HERE = os.path.dirname(os.path.abspath(__file__))


def ids():
    """What makes a program run as the owner of the maildirs."""
    if os.getuid() != 0:
        return {}
    return dict(user=UID, group=UID, extra_groups=[])


def renamer(name='renamer'):
    """The path of a program, compiled at its first use."""
    out = os.path.join(WORK, name)
    if not os.path.exists(out):
        subprocess.run([os.environ.get('CC', 'cc'), '-D_GNU_SOURCE', '-O1',
                        '-o', out, '%s/%s.c' % (HERE, name)], check=True)
    return out


def sha(base):
    return hashlib.sha256(os.fsencode(base)).hexdigest().encode()


def base_of(name):
    return name.split(':2,')[0]


def text(base):
    """The message of a base name: each has its own text."""
    seed = zlib.crc32(base.encode())
    lines = b''.join(b'%d %s\n' % (seed * i, b'.' * (seed // (i + 7) % 60))
                     for i in range(seed % 12))
    return b'Subject: %s\n\n%s' % (base.encode(), lines)


class Box:
    """A maildir of messages with known texts."""

    def __init__(self, name, count, sub='cur', suffix=':2,S'):
        self.dir = new_box(name)
        self.path = self.dir.path
        self.uid, self.gid = self.dir.uid, self.dir.gid
        self.octets = {}
        for i in range(count):
            self.add('%d.M%06dP1.storm' % (1600000000 + i, i), sub, suffix)
        self.uidl = {sha(base): base for base in self.octets}

    def add(self, base, sub='cur', suffix=':2,S'):
        data = text(base)
        path = os.path.join(self.path, sub, base + suffix)
        with open(path, 'wb') as f:
            f.write(data)
        self.dir.own(path)
        self.octets[base] = len(wire(data))

    def forget(self):
        """Remove popcache: the next session is the first."""
        try:
            os.unlink(self.dir.popcache())
        except FileNotFoundError:
            pass

    def on_disk(self):
        """{base name: its files}; nothing renames meanwhile."""
        out = {}
        for name in self.dir.all():
            out.setdefault(base_of(name.split('/')[1]), []).append(name)
        return out

    def whole(self, expected=None):
        """All that is expected is there, once, as it was."""
        found = self.on_disk()
        expected = set(self.octets if expected is None else expected)
        equal(sorted(expected - set(found)), [], 'lost files')
        for base in expected:
            equal(len(found[base]), 1, 'files of ' + base)
            with open(self.dir.sub(found[base][0]), 'rb') as f:
                check(f.read() == text(base), 'damaged: ' + base)
        return found


class Linker:
    """linker.c, from entering the context until leaving it."""

    def __init__(self, box):
        box.dir.add(b'Subject: linked\n\n', 'linked', 'tmp')
        self.command = [renamer('linker'), box.path]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, cwd='/',
                                        stdout=subprocess.PIPE, **ids())
        equal(self.process.stdout.readline(), b'ready\n', 'linker')

    def __exit__(self, *_):
        equal(self.process.poll(), None, 'linker ended')
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Storm:
    """The other program, from entering the context until leaving it."""

    count = 0

    def __init__(self, box, actions='f', rate=1000, only=None, link=None,
                 victims=None):
        Storm.count += 1
        self.out = os.path.join(WORK, 'storm.%d' % Storm.count)
        self.title = '%d asked for' % rate if rate else 'all it can'
        self.command = [renamer(), '-m', actions, '-r', str(rate), '-s',
                        str(int(os.environ.get('SEED', '20260901')))]
        self.wanted, self.process = rate, None
        if only:
            self.command += ['-o', only]
        if link is not None:
            self.command += ['-l', str(link)]
        if victims is not None:
            path = os.path.join(WORK, 'victims')
            with open(path, 'w') as f:
                f.write(''.join(v + '\n' for v in victims))
            os.chmod(path, 0o644)
            self.command += ['-v', path]
        self.command.append(box.path)

    def __enter__(self):
        with open(self.out, 'wb') as out:
            self.process = subprocess.Popen(self.command, stdout=out,
                                            cwd='/', **ids())
        end = time.monotonic() + PATIENCE
        while not self.said().startswith('ready\n'):
            check(self.process.poll() is None and time.monotonic() < end,
                  'renamer does not begin')
            time.sleep(0.002)
        return self

    def said(self):
        with open(self.out) as f:
            return f.read()

    def removed(self):
        """{base name: first line} of what it removed."""
        return dict(line.split(' ', 2)[1:] for line in self.said().split('\n')
                    if line.startswith('removed '))

    def running(self):
        return self.process.poll() is None

    def __exit__(self, *why):
        if self.running():
            self.process.terminate()
        status = self.process.wait(PATIENCE)
        words = self.said().split('\n')[-2].split()
        check(status == 0 and words[-1] == 'seconds', 'renamer: ' +
              short(self.said()))
        self.steps, self.gone = int(words[0]), int(words[2])
        self.seconds = float(words[4])
        self.rate = self.steps / max(self.seconds, 0.001)

    def starved(self):
        return self.wanted and self.rate < self.wanted / 4


def traced(calls, milliseconds):
    """What makes a session slow in these calls; a file system over a network
    is."""
    if not shutil.which('strace'):
        raise Skip('needs strace')
    log = os.path.join(WORK, 'strace.log')
    open(log, 'w').close()
    if os.getuid() == 0:
        os.chown(log, UID, UID)
    command = ['strace', '-o', log, '-e', 'trace=' + calls, '-e',
               'inject=%s:delay_enter=%d' % (calls, milliseconds * 1000)]
    probe = subprocess.run(command + ['true'], stdout=subprocess.DEVNULL,
                           stderr=subprocess.PIPE, cwd='/', **ids())
    if probe.returncode != 0:
        raise Skip('strace cannot trace here: ' +
                   probe.stderr.decode()[-200:].strip())
    return command


class Tally:
    """What sessions said, against what was there throughout."""

    FAULTS = 'missing', 'twice', 'strange', 'octets', 'retr', 'stat'

    def __init__(self, title):
        self.title = title
        self.sessions = self.refused = self.short = 0
        self.slowest = 0.0
        self.why = None
        self.fault = dict.fromkeys(self.FAULTS, 0)

    def note(self, kind, count, example):
        if count:
            self.fault[kind] += count
            self.why = self.why or '%s: %s' % (kind, short(example))

    def open(self, box, wrap=()):
        """A session, or None if it was refused."""
        began = time.monotonic()
        c = Worker(box, wrap=wrap, timeout=4 * PATIENCE)
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.sessions += 1
        if c.greeting.startswith(b'+OK'):
            return c
        check(c.greeting.startswith(b'-ERR [SYS/TEMP]'), c.greeting)
        self.refused += 1
        self.refusal = c.greeting
        c.close()
        return None

    def list(self, box, c, may=()):
        """{base name: number} of a session; messages in may are removed
        by somebody else."""
        stat, uidl, sizes = c.stat(), c.uidl(), c.list()
        names = {}
        for n, uid in uidl.items():
            base = box.uidl.get(uid)
            if base is None:
                self.note('strange', 1, uid)
            elif base in names:
                self.note('twice', 1, base)
            else:
                names[base] = n
        missing = set(box.octets) - set(names) - set(may)
        self.note('missing', len(missing), sorted(missing)[:1])
        self.short += bool(missing)
        wrong = [b for b, n in names.items() if sizes.get(n) != box.octets[b]]
        self.note('octets', len(wrong), wrong[:1])
        want = (len(uidl), sum(sizes.values()))
        if not may and not missing:
            want = (len(box.octets), sum(box.octets.values()))
        self.note('stat', stat != want, (stat, want))
        return names

    def session(self, box, wrap=()):
        """One session that only lists."""
        c = self.open(box, wrap)
        if c is not None:
            self.list(box, c)
            c.close()

    def retr(self, c, names, may=()):
        """RETR of all; a message in may is whole or refused."""
        for base, n in names.items():
            reply = c.cmd('RETR %d' % n)
            if reply.startswith(b'+OK'):
                self.note('retr', c.body() != wire(text(base)), base)
            else:
                check(reply.startswith(b'-ERR'), reply)
                self.note('retr', base not in may, (base, reply))

    def verdict(self, storm=None, refusals=0.1):
        """The numbers; fail on a fault, or if too many were refused."""
        faults = ', '.join('%d %s' % (self.fault[k], k) for k in self.FAULTS
                           if self.fault[k])
        line = '%s: %d sessions, %d refused, %d short; %s; slowest %.2f s' % (
            self.title, self.sessions, self.refused, self.short,
            faults or 'no fault', self.slowest)
        if storm is not None:
            line += '; %d steps, %.0f/s (%s)' % (storm.steps, storm.rate,
                                                 storm.title)
        print('# ' + line)
        if faults:
            raise Failure('%s; first %s' % (line, self.why))
        if self.refused > refusals * self.sessions:
            raise Failure('%s; last %r' % (line, self.refusal))
        if storm is not None and storm.starved() and not ASAN:
            raise Skip('the machine is too busy: %.0f/s' % storm.rate)


def several(*cases):
    """Call them one by one; all of them say their numbers before one
    fails."""
    failed, skipped = [], []
    for case in cases:
        try:
            case()
        except Failure as why:
            failed.append(str(why))
        except Skip as why:
            skipped.append(str(why))
    if failed:
        raise Failure('\n'.join(failed))
    if skipped:
        raise Skip(skipped[0])

# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""What can go wrong: fault.c, and which faults fit the calls of a run.

FAULTS=all tries every errno at every call and all that takes time; otherwise
each call gets one errno in turn.  Only calls of our own code count, from
main() on: before that, a loader without memory ends the program as it likes.
"""

import errno
import os
import struct
import subprocess

from popdtest.cases import Failure, Skip, check
from popdtest.env import WORK

HERE = os.path.dirname(os.path.abspath(__file__))
LOG = WORK + '/calls'
ALL = os.environ.get('FAULTS') == 'all'
NO_TRACE = 125
SHOWN = 40          # failures of a case, unless FAULTS=all

ENTRIES = 'EIO EACCES EROFS ENOSPC EDQUOT ESTALE'
# What each call may answer; a call that is not named here is only killed at.
ERRNOS = {
    'openat': 'EIO EACCES ENFILE EMFILE ENOMEM ESTALE EINTR',
    'read': 'EIO EINTR ESTALE', 'readv': 'EIO EINTR ESTALE',
    'pread64': 'EIO EINTR ESTALE', 'preadv': 'EIO EINTR ESTALE',
    'write': 'EIO ENOSPC EDQUOT EINTR', 'writev': 'EIO ENOSPC EDQUOT EINTR',
    'pwrite64': 'EIO ENOSPC EDQUOT EINTR',
    'pwritev': 'EIO ENOSPC EDQUOT EINTR',
    'ftruncate': 'EIO ENOSPC EDQUOT EINTR', 'fallocate': 'EIO ENOSPC EINTR',
    'newfstatat': 'EIO ESTALE EACCES ENOMEM',
    'fstat': 'EIO ESTALE EACCES ENOMEM', 'statx': 'EIO ESTALE EACCES ENOMEM',
    'faccessat': 'EIO ESTALE EACCES ENOMEM', 'lseek': 'EIO',
    'getdents64': 'EIO ESTALE',
    'renameat': ENTRIES, 'renameat2': ENTRIES, 'unlinkat': ENTRIES,
    'linkat': ENTRIES, 'mkdirat': ENTRIES,
    'fsync': 'EIO ENOSPC EDQUOT', 'fdatasync': 'EIO ENOSPC EDQUOT',
    'flock': 'EINTR ENOLCK EIO',
    # Not brk: its failure is the old end, which a tracer cannot make up.
    'mmap': 'ENOMEM', 'mremap': 'ENOMEM',
    'close': 'EIO EINTR', 'getrandom': 'ENOSYS EIO',
    'nanosleep': 'EINTR', 'clock_nanosleep': 'EINTR',
    'poll': 'EINTR ENOMEM', 'ppoll': 'EINTR ENOMEM',
    'fchdir': 'EIO EACCES ESTALE',
    'prctl': 'EPERM EINVAL', 'seccomp': 'EPERM EINVAL',
    # Others say, once or always, that there is no Landlock.
    'landlock_create_ruleset': 'ENOMEM EMFILE',
    'landlock_add_rule': 'EPERM EINVAL',
    'landlock_restrict_self': 'EPERM EINVAL',
    'personality': 'EPERM EINVAL', 'prlimit64': 'EPERM EINVAL',
}
CONFINING = ('prctl', 'seccomp', 'landlock_create_ruleset',
             'landlock_add_rule', 'landlock_restrict_self', 'personality',
             'prlimit64')
CHANGES = ('write', 'writev', 'pwrite64', 'renameat', 'renameat2', 'unlinkat',
           'linkat', 'mkdirat', 'fsync', 'ftruncate', 'exit_group')
DONE_BUT = ('renameat', 'renameat2', 'unlinkat', 'linkat')
PARTLY = ('read', 'readv', 'pread64', 'write', 'writev', 'pwrite64')
STREAM = ('read', 'readv', 'write', 'writev', 'poll', 'ppoll')


# The tool

_tool = {}


def tool():
    if 'path' not in _tool:
        if os.uname().sysname != 'Linux' or \
                os.uname().machine not in ('x86_64', 'aarch64'):
            raise Skip('only on Linux, x86-64 and arm64')
        path = os.path.join(WORK, 'fault')
        subprocess.run([os.environ.get('CC', 'cc'), '-D_GNU_SOURCE', '-O1',
                        '-o', path, HERE + '/fault.c'], check=True)
        _tool['path'] = path
    return _tool['path']


def main_of(program):
    """How far main() is from the entry point of a program."""
    if program not in _tool:
        with open(program, 'rb') as f:
            entry = struct.unpack('<Q', f.read(32)[24:32])[0]
        names = subprocess.run(['nm', program], stdout=subprocess.PIPE,
                               check=True, text=True).stdout
        found = [line.split()[0] for line in names.splitlines()
                 if line.endswith(' T main')]
        check(found, program + ' has no symbol main')
        _tool[program] = int(found[0], 16) - entry
    return _tool[program]


class Call:
    """A line of fault.c's log."""

    def __init__(self, line):
        self.name, nth, arg, self.path, result, hit = line.split('\t')
        self.nth, self.arg, self.hit = int(nth), int(arg), hit == 'hit'
        self.result = None if result == 'ended' else int(result)
        self.file = self.path

    def stream(self):
        return self.name in STREAM and (self.arg in (0, 1) or
                                        self.name in ('poll', 'ppoll'))


def read_calls():
    """[Call], and the last line: how it ended, if it did."""
    with open(LOG, errors='replace') as f:
        lines = f.read().split('\n')[:-1]
    calls, files = [], {}
    for line in lines:
        if line.count('\t') != 5:
            break
        call = Call(line)
        if call.name == 'openat' and call.result is not None:
            files[call.result] = call.path
        elif not call.path:
            call.file = files.get(call.arg, '')
        calls.append(call)
    return calls, lines[-1] if lines else ''


def hit_call():
    return next((c for c in read_calls()[0] if c.hit), None)


def read_log():
    """[Call], how it ended ('exit' or 'signal'), with which number."""
    calls, last = read_calls()
    how, number = last.split('\t')
    return calls, how, int(number)


class Fault:
    """One thing that goes wrong: how is an option of fault.c."""

    def __init__(self, call, how, value=None, persistent=False):
        self.call, self.how, self.value = call, how, value
        self.persistent = persistent

    def options(self):
        value = self.value
        if isinstance(value, str):
            value = getattr(errno, value)
        return ['-c', '%s:%d' % (self.call.name, self.call.nth), self.how] + \
            ([] if value is None else [str(value)]) + \
            (['-p'] if self.persistent else [])

    def __str__(self):
        call = self.call
        what = {'-k': 'killed before it', '-K': 'killed after it',
                '-e': str(self.value), '-E': 'done, but %s' % self.value,
                '-s': '%s octets' % self.value}[self.how]
        return '%s %d (%s): %s%s' % (call.name, call.nth, call.file or
                                     call.arg, what,
                                     ' from then on' if self.persistent
                                     else '')

    def kills(self):
        return self.how in ('-k', '-K')

    def mutes(self):
        """Whether nothing reaches the client from then on."""
        return self.call.name in ('write', 'writev') and \
            (self.call.arg == 1 or self.persistent) and \
            not self.kills() and not self.unnoticed()

    def unnoticed(self):
        """Whether a program must go on as if nothing was."""
        return self.how == '-s' or \
            (self.value == 'EINTR' and self.call.stream())


def command(program, fault=None):
    return [tool(), '-m', str(main_of(program)), '-o', LOG] + \
        (fault.options() if fault else []) + [program]


# Faults to try at the calls of a run

def kills(calls, turn=0):
    """Before each call; but for the first kind, a fourth of those that change
    nothing must do."""
    out = [Fault(call, '-k') for i, call in enumerate(calls)
           if ALL or not turn or call.name in CHANGES or (i + turn) % 4 == 0]
    if ALL:
        out += [Fault(call, '-K') for call in calls
                if not call.name.startswith('exit')]
    return out


def version_query(call):
    """Whether a kernel has Landlock may be asked in vain."""
    return call.name == 'landlock_create_ruleset' and call.arg == 0


def errnos(call):
    names = ERRNOS.get(call.name, '')
    if call.stream() and call.arg in (0, 1):
        names = 'EPIPE EIO EINTR' if 'write' in call.name else \
            'ECONNRESET EIO EINTR'
    return names.split()


def errors(calls, turn):
    """Each call answered with an errno; which one is turn's."""
    out = []
    for call in calls:
        names = errnos(call)
        if not names or version_query(call):
            continue
        how = '-E' if call.name == 'close' else '-e'
        if not ALL:
            names = [names[(call.nth + turn) % len(names)]]
        out += [Fault(call, how, name) for name in names]
        if call.name in DONE_BUT:
            out.append(Fault(call, '-E', 'EIO'))
    return out


def lasting(calls, turn):
    """A call that fails from then on, at one occurrence or at all."""
    out, last = [], {}
    for call in calls:
        last[call.name] = call.nth
    for call in calls:
        names = [n for n in errnos(call) if n != 'EINTR']
        if names and not version_query(call) and \
                (ALL or (call.nth + turn) % 4 == 0):
            out.append(Fault(call, '-e', names[(call.nth + turn) %
                                               len(names)], True))
    return out


def partial(calls):
    """One octet of what was asked for: a good program asks on."""
    return [Fault(call, '-s', 1) for call in calls if call.name in PARTLY]


class Account:
    """What went wrong in the runs of a case."""

    def __init__(self):
        self.runs, self.missed, self.failures = 0, 0, []

    def run(self, fault, kind, do):
        self.runs += 1
        try:
            calls = do()
            self.missed += not any(c.hit for c in calls)
        except (Failure, EOFError, ValueError) as why:
            # Which file it was may depend on where an index is damaged.
            fault.call = hit_call() or fault.call
            self.failures.append('%s: %s: %s' % (kind, fault, why))

    def close(self):
        print('# %d runs, %d not hit' % (self.runs, self.missed))
        check(self.missed <= self.runs // 20, 'too many were not hit')
        if self.failures:
            shown = self.failures if ALL else self.failures[:SHOWN]
            raise Failure('%d of %d runs:\n%s' % (
                len(self.failures), self.runs, '\n'.join(shown)))

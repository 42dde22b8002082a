#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# once
# timeout: 240
"""mda exits 75 whichever system call fails, from the first of main() on."""

import collections
import os
import re
import subprocess

from popdtest.cases import Skip, check, equal, main
from popdtest.env import MDA, SRC, UID, WORK
from popdtest.host import need
from popdtest.maildir import new_box

EX_TEMPFAIL = 75
MAIL = b'Subject: status\n\nbody\n'
BEGIN = 'rt_sigaction(SIGPIPE'           # what main() does first


def ids():
    return dict(user=UID, group=UID, extra_groups=[]) \
        if os.getuid() == 0 else {}


def strace(box, *options, command=()):
    """(status, last line of standard error, lines of main()) of mda."""
    need('strace')
    out = os.path.join(WORK, 'trace')
    try:
        with open(out, 'wb') as trace:
            os.fchmod(trace.fileno(), 0o666)
            result = subprocess.run(
                ['strace', '-o', '/dev/fd/%d' % trace.fileno()] +
                list(options) + list(command) +
                [MDA, '-e', 'sub', box.path],
                input=MAIL, capture_output=True, timeout=30, cwd='/',
                pass_fds=[trace.fileno()], **ids())
    except OSError as why:
        raise Skip('strace: %s' % why)
    with open(out, errors='replace') as f:
        lines = f.read().splitlines()
    if b'ptrace' in result.stderr or not lines:
        raise Skip('strace cannot trace here')
    for i, line in enumerate(lines):
        if line.startswith(BEGIN):
            break
    else:
        lines, i = [], 0
    said = result.stderr.decode(errors='replace').strip().splitlines()
    return result.returncode, said[-1] if said else '', lines[:i], lines[i:]


def clean(box):
    """Names and contents of new/, which is empty afterwards."""
    new = box.sub('sub/new')
    out = []
    for name in os.listdir(new) if os.path.isdir(new) else ():
        with open(os.path.join(new, name), 'rb') as f:
            out.append(f.read())
        os.unlink(os.path.join(new, name))
    return out


def judge(box, what, status, why):
    """The mail is there whole, or smtpd will try again."""
    check(status in (0, EX_TEMPFAIL), '%s: status %d %s' % (what, status, why))
    equal(clean(box), [MAIL] if status == 0 else [], what)
    check(status == 0 or why.startswith('mda: '), '%s: %r' % (what, why))


def calls(box):
    """Every system call of main(), as strace counts: [(name, number)]."""
    status, why, before, after = strace(box)
    equal(status, 0, why)
    check(after, 'main() was not seen')
    clean(box)
    number, out = collections.Counter(), []
    for lines in before, after:
        out = []
        for line in lines:
            name = re.match(r'[a-z0-9_]+', line)
            if name is None:
                continue
            number[name[0]] += 1
            out.append((name[0], number[name[0]]))
    return [call for call in out if call[0] != 'exit_group']


def test_calls():
    """Any failing system call of main(): 75, or the mail is there"""
    box = new_box('calls')
    strace(box)
    found = calls(box)
    check(len(found) < 60, '%d system calls' % len(found))
    seen = collections.Counter()
    for name, number in found:
        for error in ('ENOMEM', 'EIO'):
            options = ['-e', 'inject=%s:error=%s:when=%d' % (name, error,
                                                             number)]
            # The filter would kill what strace makes of the call.
            if name != 'seccomp':
                options += ['-e', 'inject=seccomp:retval=0']
            status, why, _, after = strace(box, *options)
            what = '%s of %s %d' % (error, name, number)
            check(any('(INJECTED)' in l and l.startswith(name + '(')
                      for l in after), 'not injected: ' + what)
            judge(box, what, status, why)
            seen[status] += 1
    print('# %d calls: %s' % (len(found), dict(seen)))
    check(seen[EX_TEMPFAIL] > 30, 'injected too little: %s' % seen)


def test_memory():
    """No memory from any point of main() on"""
    box = new_box('memory')
    strace(box)
    found = calls(box)
    first = {}
    for name, number in found:
        first.setdefault(name, number)
    for names in (('mmap', 'brk'), ('mmap',), ('brk',), ('getrandom',)):
        options = ['-e', 'inject=seccomp:retval=0']
        for name in names:
            if name == 'getrandom' or name not in first:
                # One later than at the start of the program.
                total = first.get(name) or len(
                    [l for l in strace(box)[2] if l.startswith(name)]) + 1
            else:
                total = first[name]
            options += ['-e', 'inject=%s:error=ENOMEM:when=%d+' % (
                name, total)]
        clean(box)
        status, why, _, after = strace(box, *options)
        check(after, 'ended before main()')
        judge(box, '+'.join(names), status, why)
        if 'getrandom' in names:
            equal(status, EX_TEMPFAIL, 'without random octets')


def test_address_space():
    """Any memory limit under which main() is reached"""
    need('prlimit')
    box = new_box('space')
    strace(box)
    clean(box)

    def limited(kb):
        return strace(box, '-e', 'trace=execve,rt_sigaction', command=[
            'prlimit', '--as=%d' % (kb * 1024)])

    low, high = 0, 65536
    while high - low > 4:
        middle = (low + high) // 8 * 4
        status = limited(middle)[0]
        clean(box)
        if status == 0:
            high = middle
        else:
            low = middle
    seen = collections.Counter()
    for kb in range(max(high - 160, 4), high + 64, 4):
        status, why, _, after = limited(kb)
        if after:
            judge(box, '%d KB' % kb, status, why)
        else:
            equal(clean(box), [], 'messages')
            check(status not in (0, EX_TEMPFAIL), 'main() not seen')
        seen[status, bool(after)] += 1
    print('# from %d KB on; (status, in main()): %s' % (high, dict(seen)))
    check(seen[0, True], 'never delivered')


def test_signals():
    """75 where a signal would be: file size limit, standard error closed"""
    box = new_box('signals')
    import resource
    big = b'Subject: big\n\n' + b'x\n' * 500000
    result = subprocess.run(
        [MDA, box.path], input=big, capture_output=True, timeout=30, cwd='/',
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                              (100000, 100000)), **ids())
    equal(result.returncode, EX_TEMPFAIL, result.stderr)
    check(b'mda: ' in result.stderr, result.stderr)
    equal(box.list('new') + box.list('tmp'), [], 'files')
    read, write = os.pipe()
    os.close(read)
    p = subprocess.run([MDA, '/nonexistent'], input=MAIL, stderr=write,
                       timeout=30, cwd='/', **ids())
    os.close(write)
    equal(p.returncode, EX_TEMPFAIL, 'standard error is not read')


def test_symbols():
    """No function linked into mda ends the process by itself"""
    need('nm')
    make = open(os.path.join(SRC, 'Makefile')).read().replace('\\\n', ' ')
    index = re.search(r'^INDEX_OBJS =(.*)', make, re.M)[1].split()
    own = ['mda/' + n for n in os.listdir(os.path.join(SRC, 'mda'))
           if n.endswith('.o')]
    confine = ['compat/' + n for n in os.listdir(SRC + '/compat')
               if n.endswith('.o') and n.startswith(('pledge', 'unveil',
                                                     'landlock'))]
    for name in own + index + confine:
        symbols = subprocess.run(['nm', '-u', os.path.join(SRC, name)],
                                 capture_output=True, text=True,
                                 check=True).stdout.split()
        bad = {s for s in symbols if re.fullmatch(
            r'_?_?exit|_Exit|quick_exit|abort|__assert.*|raise|v?errx?|errc|'
            r'fatalx?|arc4random.*|getprogname|__.*_chk_fail', s)}
        bad -= {'__stack_chk_fail'}
        if name in ('mda/mda.o', 'mda/home.o'):
            bad -= {'exit'}
        equal(bad, set(), name)


main()

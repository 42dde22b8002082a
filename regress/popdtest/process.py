# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Processes as ps(1) shows them, and what only Linux tells, by /proc."""

import os
import signal
import subprocess
import time

from popdtest.cases import Skip
from popdtest.host import need


def ps(fields, *which):
    """The rows of ps(1), of all processes or as other flags say; the last
    field may contain blanks."""
    out = subprocess.run(['ps', '-ww', '-o', fields] + list(which or ['-ax']),
                         stdout=subprocess.PIPE).stdout.decode('latin-1')
    return [line.rstrip().split(None, fields.count(','))
            for line in out.splitlines()[1:]]


def one(pid, fields):
    """A row of one process, or None if it is not alive."""
    for row in ps('stat,' + fields, '-p', str(pid)):
        if row[0][0] != 'Z' and len(row) > 1:
            return row[1:]
    return None


def programs(pid):
    """{pid: (program, uid)} of all living processes below pid, itself not
    counted; a uid as of uid_of()."""
    parents = {}
    for row in ps('pid,ppid,stat,ruid,uid,svuid,ucomm'):
        if row[2][0] != 'Z':
            parents.setdefault(int(row[1]), []).append(row)
    out, queue = {}, [pid]
    while queue:
        for row in parents.get(queue.pop(), []):
            out[int(row[0])] = row[6], one_uid(row[3:6])
            queue.append(int(row[0]))
    return dict(sorted(out.items()))


def one_uid(uids):
    uids = set(int(uid) for uid in uids)
    return uids.pop() if len(uids) == 1 else uids


def descendants(pid):
    return list(programs(pid))


def alive(pid):
    return one(pid, 'pid') is not None


def kill_all(pids):
    """Kill them, and return when their sockets are closed."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    while any(alive(pid) for pid in pids):
        time.sleep(0.01)


def program_of(pid):
    row = one(pid, 'ucomm')
    return row and row[0]


def words_of(pid):
    """The arguments, or a title in their place, as words."""
    row = one(pid, 'args')
    return row[0].split() if row else []


def having(word):
    """The processes with such an argument."""
    return [int(row[0]) for row in ps('pid,args')
            if word in row[-1].split()[1:]]


def uid_of(pid):
    """The real uid if the effective and the saved one are the same, else all
    three."""
    row = one(pid, 'ruid,uid,svuid')
    return row and one_uid(row)


def confined(pid):
    """Whether a process is sandboxed by now, by more than popd's filter."""
    if os.path.exists('/proc/self'):
        filters = status_of(pid, 'Seccomp_filters') or ['0']
        return int(filters[0]) > below_popd(pid)
    return any('p' in row[0] for row in ps('stat', '-p', str(pid)))


def below_popd(pid):
    """1 if one that started a process is popd, else 0."""
    while pid > 1:
        pid = int((status_of(pid, 'PPid') or ['0'])[0])
        if status_of(pid, 'Name') == ['popd']:
            return 1
    return 0


def status_of(pid, field):
    """Words of /proc/PID/status, or Skip."""
    need('/proc/self')
    try:
        with open('/proc/%d/status' % pid) as f:
            for line in f:
                if line.startswith(field + ':'):
                    return line.split(None, 1)[1].split()
    except OSError:
        pass
    return None


def descriptors(pid):
    """{number: what it is} of a process, or Skip.  Without /proc, of what is
    in a file system only /dev/null has a name."""
    if not os.path.exists('/proc/self'):
        return opened(pid)
    out = {}
    try:
        for fd in os.listdir('/proc/%d/fd' % pid):
            try:
                out[int(fd)] = os.readlink('/proc/%d/fd/%s' % (pid, fd))
            except FileNotFoundError:
                pass
    except PermissionError:
        raise Skip('only root can look at the descriptors of ' +
                   str(program_of(pid)))
    return out


def opened(pid):
    """descriptors(), by fstat(1)."""
    out = {}
    for line in subprocess.run(['fstat', '-p', str(pid)], check=True,
                               stdout=subprocess.PIPE).stdout.splitlines():
        fd, *what = line.decode().split()[3:]
        if fd.rstrip('*').isdigit():
            out[int(fd.rstrip('*'))] = '/dev/null' if what[-1] == 'null' \
                else ' '.join(what)
    return out

# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""Processes as /proc shows them."""

import os
import signal

from popdtest.cases import Skip


def descendants(pid):
    """All living processes below pid, itself not counted."""
    parents = {}
    for name in os.listdir('/proc'):
        if name.isdigit():
            try:
                with open('/proc/%s/stat' % name) as f:
                    text = f.read()
            except OSError:
                continue
            fields = text[text.rindex(')') + 2:].split()
            if fields[0] != 'Z':
                parents.setdefault(int(fields[1]), []).append(int(name))
    out, queue = [], [pid]
    while queue:
        for child in parents.get(queue.pop(), []):
            out.append(child)
            queue.append(child)
    return sorted(out)


def alive(pid):
    try:
        with open('/proc/%d/stat' % pid) as f:
            text = f.read()
        return text[text.rindex(')') + 2] != 'Z'
    except (OSError, ValueError):
        return False


def kill_all(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def program_of(pid):
    try:
        with open('/proc/%d/comm' % pid) as f:
            return f.read().strip()
    except OSError:
        return None


def status_of(pid, field):
    try:
        with open('/proc/%d/status' % pid) as f:
            for line in f:
                if line.startswith(field + ':'):
                    return line.split(None, 1)[1].split()
    except OSError:
        pass
    return None


def descriptors(pid):
    """{number: what it is} of a process, or Skip."""
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


def uid_of(pid):
    """The real uid if all four are the same, else all four."""
    ids = status_of(pid, 'Uid')
    if ids is None:
        return None
    ids = set(int(i) for i in ids)
    return ids.pop() if len(ids) == 1 else ids

# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""The roles of popd's processes, and whose sessions they hold."""

import os
import resource
import time

from popdtest.process import (descendants, descriptors, program_of, status_of,
                              uid_of)


def pids_of(server, *names):
    """A process that is not yet what it will be has the name of its
    parent."""
    return [pid for pid in descendants(server.pid)
            if program_of(pid) in names]


def lowest_free(pid):
    """The descriptor that a process would get next."""
    taken, n = descriptors(pid), 0
    while n in taken:
        n += 1
    return n


def limit_of(pid, what):
    """(soft, hard) of one of these two limits."""
    name = {resource.RLIMIT_NOFILE: 'Max open files',
            resource.RLIMIT_NPROC: 'Max processes'}[what]
    with open('/proc/%d/limits' % pid) as f:
        for line in f:
            if line.startswith(name):
                return tuple(-1 if word == 'unlimited' else int(word)
                             for word in line[len(name):].split()[:2])
    raise ProcessLookupError(pid)


def prlimit(pid, what, limits):
    """Set a limit of a process, as its own user: root alone need not be
    allowed to."""
    uid, gid = uid_of(pid), int(status_of(pid, 'Gid')[0])
    child = os.fork()
    if child == 0:
        try:
            if uid != os.getuid():
                os.setgroups([])
                os.setresgid(gid, gid, gid)
                os.setresuid(uid, uid, uid)
            resource.prlimit(pid, what, limits)
            os._exit(0)
        finally:
            os._exit(1)
    if os.waitpid(child, 0)[1] != 0:
        raise PermissionError('prlimit %d' % pid)


def peers_of(pid):
    """Ports of the clients whose connections a process holds."""
    inodes = {link[8:-1] for link in descriptors(pid).values()
              if link.startswith('socket:[')}
    ports = []
    with open('/proc/net/tcp') as f:
        for line in f.readlines()[1:]:
            words = line.split()
            if words[9] in inodes and words[2] != '00000000:0000':
                ports.append(int(words[2].split(':')[1], 16))
    return ports


def user_of(pid, server):
    """The user whose maildrop a worker has open, or None."""
    links = list(descriptors(pid).values())
    try:
        links.append(os.readlink('/proc/%d/cwd' % pid))
    except OSError:
        pass
    for link in links:
        for name, box in server.users.items():
            if link == box.path or link.startswith(box.path + '/'):
                return name
    return None


def usage(server):
    """{role: [descriptors of each process]}, and of popd itself."""
    out = {'popd': [len(descriptors(server.pid))]}
    for pid in descendants(server.pid):
        out.setdefault(program_of(pid), []).append(len(descriptors(pid)))
    return {role: sorted(counts) for role, counts in out.items()}


class ProcessGroup:
    """A cgroup in which popd's number of processes can be bounded."""

    ROOT = '/sys/fs/cgroup/pids'

    def __init__(self, pid):
        """OSError if cgroups are missing or not permitted."""
        self.path = '%s/popd-chaos-%d' % (self.ROOT, pid)
        os.mkdir(self.path)
        self.write('cgroup.procs', str(pid))

    def write(self, name, text):
        with open(os.path.join(self.path, name), 'w') as f:
            f.write(text)

    def close(self):
        with open(self.path + '/pids.current') as f:
            self.write('pids.max', f.read())

    def open(self):
        self.write('pids.max', 'max')

    def remove(self):
        """Remove the group once it is empty, which takes a moment."""
        for _ in range(100):
            try:
                os.rmdir(self.path)
                return
            except OSError:
                time.sleep(0.05)

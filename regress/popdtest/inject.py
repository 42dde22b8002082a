# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""System calls made inside another process, with inject.c."""

import errno
import os
import platform
import subprocess

from popdtest.cases import Failure, Skip
from popdtest.env import SRC, WORK
from popdtest.host import need, need_root

# x86-64 and arm64.  Where arm64 has no such call, another serves.
NUMBERS = {
    'openat': (257, 56), 'socket': (41, 198), 'bind': (49, 200),
    'connect': (42, 203), 'sendto': (44, 206), 'execve': (59, 221),
    'clone': (56, 220), 'ptrace': (101, 117), 'kill': (62, 129),
    'setuid': (105, 146), 'setresuid': (117, 147), 'setgroups': (116, 159),
    'setgid': (106, 144), 'mmap': (9, 222), 'mprotect': (10, 226),
    'linkat': (265, 37), 'renameat': (264, 38), 'unlinkat': (263, 35),
    'symlinkat': (266, 36), 'mknodat': (259, 33), 'mkdirat': (258, 34),
    'fchmodat': (268, 53), 'fchownat': (260, 54), 'truncate': (76, 45),
    'io_uring_setup': (425, 425), 'userfaultfd': (323, 282),
    'bpf': (321, 280), 'keyctl': (250, 219), 'add_key': (248, 217),
    'mount': (165, 40), 'unshare': (272, 97), 'memfd_create': (319, 279),
    'process_vm_readv': (310, 270), 'perf_event_open': (298, 241),
    'chroot': (161, 51), 'pidfd_open': (434, 434), 'setns': (308, 268),
    'open_by_handle_at': (304, 265), 'inotify_init1': (294, 26),
    'prlimit64': (302, 261), 'getpid': (39, 172), 'reboot': (169, 142),
    'init_module': (175, 105), 'personality': (135, 92),
    'landlock_create_ruleset': (444, 444), 'setpriority': (141, 140),
    'socketpair': (53, 199), 'sendmsg': (46, 211), 'sendmmsg': (307, 269),
    'fcntl': (72, 25), 'ioctl': (16, 29), 'dup': (32, 23),
    'setsockopt': (54, 208), 'shutdown': (48, 210), 'listen': (50, 201),
    'close': (3, 57), 'write': (1, 64),
}


def machine():
    """Which of the numbers are those of this machine, or Skip."""
    need('Linux')
    try:
        return ('x86_64', 'aarch64').index(platform.machine())
    except ValueError:
        raise Skip('only on x86-64 and arm64')


def tool():
    """The path of inject, built once, or Skip."""
    need_root()
    machine()
    out = os.path.join(WORK, 'inject')
    if not os.path.exists(out):
        subprocess.run([os.environ.get('CC', 'cc'), '-D_GNU_SOURCE', '-O1',
                        '-o', out, SRC + '/regress/popdtest/inject.c'],
                       check=True)
    return out


class Raw(str):
    """An argument in inject's own words."""


# A descriptor that the call before made.
MADE = Raw('f')


def call(name, *args):
    def text(a):
        if isinstance(a, Raw):
            return a
        if isinstance(a, str):
            return 's:' + a
        if isinstance(a, bytes):
            return 'x:' + a.hex()
        return str(a % (1 << 64))
    return ' '.join([str(NUMBERS[name][machine()])] + [text(a) for a in args])


def inject(injector, pid, *calls, user=None):
    """The outcome of the last call: ('ret', n), ('killed', signal), ..."""
    result = subprocess.run([injector, str(pid)], text=True, user=user,
                            input='\n'.join(calls) + '\n', timeout=30,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    lines = result.stdout.split('\n')[:-1]
    if not lines:
        raise Failure('inject into %d: %s' % (pid, result.stderr))
    words = lines[-1].split()
    return (words[0], int(words[1]) if len(words) > 1 else 0)


def succeeded(outcome):
    return outcome[0] in ('exec', 'exited') or \
        (outcome[0] == 'ret' and outcome[1] >= 0)


def told(outcome):
    if outcome[0] == 'killed':
        return 'killed by signal %d' % outcome[1]
    if outcome[0] == 'ret' and outcome[1] < 0:
        return errno.errorcode.get(-outcome[1], str(outcome[1]))
    return 'SUCCEEDED'

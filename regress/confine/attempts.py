# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""What an attacker would try in a process: for attacks.py and spool.py."""

import os
import socket
import struct

from popdtest.inject import MADE, Raw, call

AT_FDCWD = -100
INET, INET6, UNIX, NETLINK, PACKET = 2, 10, 1, 16, 17
STREAM, DGRAM, RAW, SEQPACKET = 1, 2, 3, 5
O_CREAT, O_WRONLY, O_DIRECTORY = 0o100, 1, 0o200000


class Sink:
    """A datagram socket open to all, as /dev/log is."""

    path = '/tmp/popd-confine-s%d' % os.getpid()
    address = struct.pack('<H', UNIX) + path.encode() + b'\0'

    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind(self.path)
        os.chmod(self.path, 0o666)

    def close(self):
        """Close it and return what was written to it."""
        out = []
        try:
            while True:
                out.append(self.socket.recv(100).decode())
        except BlockingIOError:
            pass
        self.socket.close()
        os.unlink(self.path)
        return out


def message(text):
    """A struct msghdr to the sink."""
    return Raw('m:%s:%s' % (Sink.address.hex(), text.encode().hex()))


def datagrams():
    """name -> calls that leave that name in the sink."""
    pair = call('socketpair', UNIX, DGRAM, 0, b'\0' * 8) + '\n'
    seq = call('socketpair', UNIX, SEQPACKET, 0, b'\0' * 8) + '\n'
    return {
        'datagram by sendto': pair + call(
            'sendto', MADE, b'datagram by sendto', 18, 0, Sink.address,
            len(Sink.address)),
        'datagram by sendmsg': pair + call(
            'sendmsg', MADE, message('datagram by sendmsg'), 0),
        'datagram by sendmmsg': pair + call(
            'sendmmsg', MADE, message('datagram by sendmmsg'), 1, 0),
        'datagram by connect': pair + call(
            'connect', MADE, Sink.address, len(Sink.address)),
        'packet by sendmsg': seq + call(
            'sendmsg', MADE, message('packet by sendmsg'), 0),
        'its channel by sendmsg': call(
            'sendmsg', 3, message('its channel by sendmsg'), 0),
    }


def files(secret, other, popd):
    """Other files than its own: read, list, make."""
    here = AT_FDCWD
    out = {}
    for path in secret:
        out['read ' + os.path.basename(path)] = \
            call('openat', here, path, 0)
    out.update({
        'read /etc/passwd': call('openat', here, '/etc/passwd', 0),
        'list /': call('openat', here, '/', O_DIRECTORY),
        'list another maildir': call('openat', here, other + '/new',
                                     O_DIRECTORY),
        'read another maildir': call('openat', here, other + '/new/canary',
                                     0),
        'memory of popd': call('openat', here, '/proc/%d/mem' % popd, 2),
        'create in /tmp': call('openat', here, '/tmp/popd-confine-%d' %
                               os.getpid(), O_CREAT | O_WRONLY, 0o600),
        # Root's, like a disk; opening it needs no capability.
        'write to a device': call('openat', here, '/dev/kmsg', O_WRONLY),
        'symlink': call('symlinkat', '/etc/passwd', here,
                        '/tmp/popd-confine-l%d' % os.getpid()),
        'make a FIFO': call('mknodat', here, '/tmp/popd-confine-f%d' %
                            os.getpid(), 0o010600, 0),
        'make a directory': call('mkdirat', here, '/tmp/popd-confine-d%d' %
                                 os.getpid(), 0o700),
    })
    return out


def sockets():
    """Sockets of any kind."""
    return {
        'TCP socket': call('socket', INET, STREAM, 0),
        'TCP socket, IPv6': call('socket', INET6, STREAM, 0),
        'UDP socket': call('socket', INET, DGRAM, 0),
        'Unix socket': call('socket', UNIX, STREAM, 0),
        'netlink socket': call('socket', NETLINK, RAW, 0),
        'pair of sockets': call('socketpair', UNIX, STREAM, 0, b'\0' * 8),
    }


def processes(popd, victim):
    """Other processes, programs and ids."""
    return {
        'memory by process_vm_readv': call(
            'process_vm_readv', popd, struct.pack('<QQ', 0, 0), 1,
            struct.pack('<QQ', 4096, 8), 1, 0),
        'execute a program': call('execve', '/bin/true', 0, 0),
        'fork': call('clone', 17, 0, 0, 0, 0),
        'thread': call('clone', 0x100 | 0x200 | 0x400 | 0x800 | 0x10000, 0),
        'trace the victim': call('ptrace', 16, victim, 0, 0),
        'trace popd': call('ptrace', 16, popd, 0, 0),
        'signal the victim': call('kill', victim, 0),
        'signal popd': call('kill', popd, 0),
        'become root': call('setuid', 0),
        'become root, all ids': call('setresuid', 0, 0, 0),
        'become another user': call('setresuid', 12345, 12345, 12345),
        'root group': call('setgid', 0),
        'groups': call('setgroups', 0, 0),
        'executable memory': call('mmap', 0, 4096, 7, 0x22, -1, 0),
        'pidfd': call('pidfd_open', victim, 0),
        'personality': call('personality', 0x0400000),
        'raise a limit': call('prlimit64', 0, 4, struct.pack('<QQ', 1, 1), 0),
    }


def kernel():
    """Parts of the kernel that have nothing to do with mail."""
    buffer = b'\0' * 64
    return {
        'memfd': call('memfd_create', 'x', 0),
        'io_uring': call('io_uring_setup', 4, b'\0' * 128),
        'userfaultfd': call('userfaultfd', 1),
        'bpf': call('bpf', 0, struct.pack('<IIII', 2, 4, 8, 1) + buffer, 72),
        'add_key': call('add_key', 'user', 'popd', b'x', 1, -3),
        'keyctl': call('keyctl', 0, -3, 1),
        'mount': call('mount', 'none', '/mnt', 'tmpfs', 0, 0),
        'user namespace': call('unshare', 0x10000000),
        'perf': call('perf_event_open',
                     struct.pack('<IIQ', 1, 128, 0) + b'\0' * 112, 0, -1,
                     -1, 0),
        'chroot': call('chroot', '/'),
        'inotify': call('inotify_init1', 0),
    }


def attacks(secret, other, popd, victim):
    """name -> the calls to be made.  secret: files of root that must stay
    unread; other: a maildir of another user; popd: the parent's pid; victim:
    a process of a third uid."""
    return {**files(secret, other, popd), **sockets(),
            **processes(popd, victim), **kernel(), **datagrams()}


UNSURE = {'memory by process_vm_readv', 'become another user', 'io_uring',
          'userfaultfd', 'bpf', 'perf', 'user namespace', 'thread',
          'keyctl', 'add_key', 'pidfd', 'become root', 'inotify',
          'trace the victim', 'trace popd', 'read another maildir',
          'packet by sendmsg', 'its channel by sendmsg'}

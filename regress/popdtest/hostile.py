# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
"""A compromised child: messages that its own code never sends."""

import hashlib
import re
import socket
import struct

from popdtest.cases import Failure, Skip
from popdtest.env import SRC
from popdtest.inject import call, inject, told
from popdtest.process import descriptors
from popdtest.table import Table, account, server_with
from popdtest.targets import peers_of, pids_of

CHANNEL = 3
AT_ONCE = 16000     # octets of one write(2)
TEXT = 1600         # MSG_TEXT_MAX
PATH = 1024         # PATH_LEN_MAX
SOURCE = 24         # octets of a struct source
DEBUG = 3           # LOGL_DEBUG
SALT = b'salt of a liar..'


# Messages as they go over a channel

def number_of(name):
    with open(SRC + '/lib/msg.h') as f:
        text = re.search(r'enum msg_type \{(.*?)\};', f.read(), re.S).group(1)
    return re.findall(r'^\t(MSG_\w+)', text, re.M).index(name) + 1


def command_of(name):
    with open(SRC + '/lib/msgcontrol.h') as f:
        text = re.search(r'enum control_command \{(.*?)\};', f.read(),
                         re.S).group(1)
    return re.findall(r'^\t(CONTROL_\w+)', text, re.M).index(name)


def message(name, body):
    return struct.pack('=IIII', number_of(name), 16 + len(body), 0, 0) + body


def log_line(text):
    return message('MSG_LOG', struct.pack('=I%ds' % TEXT, DEBUG,
                                          text.encode()))


def bond(session, user, password, purpose=0):
    """As lib/bond.h has it, for a password."""
    return hashlib.sha256(SALT + struct.pack('=QQBB', *session, purpose, 0) +
                          b'%s\0%s\0' % (user.encode(),
                                         password.encode())).digest()


def want(session, purpose=0, user='joe', password='secret'):
    return message('MSG_SESSION_WANT', struct.pack('=QQ', *session) +
                   bytes(3 * SOURCE) + struct.pack(
                       '=II32s256s64s64s256s', purpose, 0,
                       bond(session, user, password, purpose), user.encode(),
                       b'TLSv1.3', b'X', b''))


def check_password(session, user, password, source=bytes(SOURCE), purpose=0):
    return message('MSG_AUTH_CHECK', struct.pack('=QQ', *session) + source +
                   struct.pack('=II16s256s256s', 0, purpose, SALT,
                               user.encode(), password.encode()))


def auth_ok(session, user):
    return message('MSG_AUTH_OK', struct.pack('=QQ', *session) + struct.pack(
        '=IIII256s', 0, 0, 0, 0, user.encode()))


def grant(session, user, password, said=None):
    """said: the user whose words the bond has"""
    return message('MSG_GRANT', struct.pack('=QQ', *session) + struct.pack(
        '=32s256s', bond(session, said or user, password), user.encode()))


def looked(number):
    return message('MSG_LOOKED', struct.pack('=QII', number, 1, 0))


def userinfo_is(session, uid, gid, where):
    return message('MSG_USERINFO_IS', struct.pack('=QQ', *session) +
                   struct.pack('=IIII%ds' % PATH, 1, 0, uid, gid,
                               where.encode()))


def conf_bad(text):
    return message('MSG_CONF_BAD', struct.pack('=%ds' % TEXT, text.encode()))


# The other end of a socket

def peer_inodes():
    """{inode of a Unix socket: inode of the other end}"""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4) as s:
        s.settimeout(5)
        # SOCK_DIAG_BY_FAMILY, a dump; all states, UDIAG_SHOW_PEER.
        s.send(struct.pack('=IHHII', 40, 20, 0x301, 1, 0) + struct.pack(
            '=BBHIIIII', socket.AF_UNIX, 0, 0, 0xffffffff, 0, 4, 0, 0))
        out = {}
        while True:
            data = s.recv(1 << 20)
            while len(data) >= 16:
                length, kind = struct.unpack_from('=IH', data)
                if kind in (2, 3):
                    return out
                inode, = struct.unpack_from('=I', data, 20)
                at = 32
                while at + 8 <= length:
                    size, what = struct.unpack_from('=HH', data, at)
                    if what == 2:
                        out[inode], = struct.unpack_from('=I', data, at + 4)
                    at += (size + 3) & ~3
                data = data[(length + 3) & ~3:]


def socket_to(pid, other):
    """The descriptor of one process that leads to another."""
    def sockets(p):
        return {int(link[8:-1]): fd for fd, link in descriptors(p).items()
                if link.startswith('socket:[')}
    try:
        peers = peer_inodes()
    except OSError as why:
        raise Skip('no sock_diag(7): %s' % why)
    theirs = sockets(other)
    for inode, fd in sockets(pid).items():
        if fd != CHANNEL and peers.get(inode) in theirs:
            return fd
    raise Failure('%d has no socket to %d' % (pid, other))


# Processes

def table_server():
    """A popd with joe in its files and ann in a table process."""
    account()
    table = Table('users')
    server = server_with('<file> <users>', '<homes> <users>', table)
    table.user(server, 'ann', 'apple')
    server.start()
    server.table = table
    return server


def pid_of(server, role):
    return pids_of(server, role)[0]


class Listener:
    """The listener of a client's session, and that session's number."""

    def __init__(self, server, client):
        port = client.sock.getsockname()[1]
        self.pid, = [p for p, n, u in server.children('lsnrpop')
                     if port in peers_of(p)]
        numbers = re.findall(r' login session=(\d+)\.(\d+)', server.log())
        self.generation, self.number = map(int, numbers[-1])
        self.authpop = socket_to(self.pid, pid_of(server, 'authpop'))

    def session(self, ahead):
        return self.generation, self.number + ahead


def say(injector, pid, *parts):
    """Make a process write all parts, with nothing of its own in between:
    parts are (descriptor, octets)."""
    calls = []
    for fd, octets in parts:
        for i in range(0, len(octets), AT_ONCE):
            some = octets[i:i + AT_ONCE]
            calls.append(call('write', fd, some, len(some)))
    outcome = inject(injector, pid, *calls)
    # A process that is found out at once dies before it returns, or before its
    # registers can be read.
    if outcome not in (('killed', 9), ('exited', 0)) and \
            (outcome[0] != 'ret' or outcome[1] < 0):
        raise Failure('write: %s' % told(outcome))

#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# timeout: 300
# once  (each run starts a program, which takes a sanitizer too long)
"""dlvrpop killed at each of its system calls, and with each of them failing: a
message is reported as delivered only if it is whole in new/."""

import os
import re
import select
import shutil
import socket
import struct
import subprocess

from popdtest.build import protocol
from popdtest.cases import Skip, check, equal, main
from popdtest.env import PATIENCE, SRC, UID, WORK
from boxes import text
from faults import (ALL, LOG, NO_TRACE, Account, command, errors, kills,
                    lasting, partial, read_log)

if os.getuid() != 0:
    print('skip - dlvrpop under faults: needs root')
    raise SystemExit(0)

TEXTS = [text(7, 40000), text(8, 300)]
BEGIN, DATA, END, ABORT, VERDICT = 1, 2, 3, 4, 5
DONE = 0
BOX = WORK + '/box'
# Not the installed one, which its user may not trace.
PROGRAM = SRC + '/dlvrpop/dlvrpop'


def type_of(name):
    """The number of a message, as the compiler counts."""
    with open(SRC + '/lib/msg.h') as f:
        enum = re.search(r'enum msg_type \{(.*?)\};', f.read(), re.S).group(1)
    enum = re.sub(r'/\*.*?\*/', '', enum, flags=re.S)
    return re.findall(r'MSG_\w+', enum).index(name) + 1


def record(kind, message, data=b''):
    return struct.pack('=IIII', kind, message, len(data), 0) + data


def stream():
    """Two messages at once, and one that is abandoned."""
    out = record(BEGIN, 0) + record(BEGIN, 5) + record(BEGIN, 2)
    out += record(DATA, 2, b'never')
    for i in range(0, len(TEXTS[0]), 16000):
        out += record(DATA, 0, TEXTS[0][i:i + 16000])
    out += record(DATA, 5, TEXTS[1]) + record(END, 5) + record(ABORT, 2)
    return out + record(END, 0)


def make_box():
    shutil.rmtree(BOX, ignore_errors=True)
    for name in ('', '/tmp', '/new', '/cur'):
        os.mkdir(BOX + name, 0o700)
        os.chown(BOX + name, UID, UID)


def start(fault):
    """The program, our end of its stream and of its channel."""
    ours, theirs = socket.socketpair()
    channel, child = socket.socketpair()
    work = struct.pack('=II1024s1024s', 0, 0, BOX.encode(), b'')
    channel.sendall(struct.pack('=IIII', type_of('MSG_DELIVER'),
                                16 + len(work), 0, 0) + work)
    with open(LOG, 'w'):
        os.chmod(LOG, 0o666)
    process = subprocess.Popen(
        ['sh', '-c', 'exec "$@" 3<&%d' % child.fileno(), 'sh'] +
        command(PROGRAM, fault), stdin=theirs, stdout=theirs,
        stderr=subprocess.DEVNULL, pass_fds=(child.fileno(),), cwd='/',
        user=UID, group=UID, extra_groups=[],
        env={'POPD_PROTOCOL': protocol(), 'PATH': os.environ['PATH']})
    theirs.close()
    child.close()
    return process, ours, channel


def talk(process, ours, channel):
    """What it reported: {message: verdict}."""
    todo, got = stream(), b''
    ours.setblocking(False)
    channel.setblocking(False)
    reading = [ours, channel]
    while ours in reading:
        able = select.select(reading, [ours] if todo else [], [], PATIENCE)
        check(any(able), 'it hangs')
        for s in able[0]:
            try:
                data = s.recv(65536)
            except ConnectionResetError:
                data = b''
            if not data:
                reading.remove(s)
            elif s is ours:
                got += data
        if able[1]:
            try:
                todo = todo[ours.send(todo):]
            except (BrokenPipeError, ConnectionResetError):
                todo = b''
            if not todo:
                ours.shutdown(socket.SHUT_WR)
    process.wait(PATIENCE)
    ours.close()
    channel.close()
    out = {}
    for i in range(0, len(got) // 16 * 16, 16):
        kind, message, verdict, unused = struct.unpack('=IIII',
                                                       got[i:i + 16])
        equal(kind, VERDICT, 'record')
        check(message not in out, 'two verdicts')
        out[message] = verdict
    return out


def there():
    """The messages of new/, by number; each must be whole."""
    out = []
    for name in os.listdir(BOX + '/new'):
        with open(BOX + '/new/' + name, 'rb') as f:
            data = f.read()
        check(data in TEXTS, 'half a message in new/')
        out.append((0, 5)[TEXTS.index(data)])
    check(len(set(out)) == len(out), 'there twice')
    return out


def deliver(fault=None):
    make_box()
    process, ours, channel = start(fault)
    said = talk(process, ours, channel)
    if process.returncode == NO_TRACE:
        raise Skip('no ptrace here')
    calls, how, number = read_log()
    new = there()
    for message, verdict in said.items():
        check(message in (0, 5), 'a verdict for no recipient')
        if verdict == DONE:
            check(message in new, 'delivered, and not there')
        elif not (fault and fault.how == '-E'):
            check(message not in new, 'refused, and there')
    if fault is None or fault.unnoticed():
        equal(said, {0: DONE, 5: DONE}, 'verdicts')
        equal(os.listdir(BOX + '/tmp'), [], 'tmp')
    if fault is None:
        equal((how, number), ('exit', 0), 'its end')
    return calls


def account(plan):
    calls = deliver()
    a = Account()
    for fault in plan(calls):
        a.run(fault, 'dlvrpop', lambda: deliver(fault))
    a.close()


def faults(calls):
    turn = 0 if ALL else len(calls)
    return errors(calls, turn) + lasting(calls, turn) + partial(calls)


def test_kill():
    """dlvrpop killed at every system call"""
    account(kills)


def test_faults():
    """dlvrpop with a fault in every system call"""
    account(faults)


main()

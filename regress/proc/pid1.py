#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# timeout: 180
# once
# waits
"""Under a real systemd, as process 1 of namespaces of its own: a stop ends
sessions as popd(8) says, before and after an upgrade."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import time

from popdtest.cases import Failure, Skip, check, equal, main, until
from popdtest.env import PATIENCE, SRC, WORK
from popdtest.host import need_root
from popdtest.process import descendants
from upgraded import Popd, Upgraded

# Everything on this system, but written elsewhere.
BOOT = r'''
ns=$1 root=$1/root
mount --make-rprivate / && mount -t tmpfs tmpfs $ns &&
    mkdir $ns/upper $ns/work $root &&
    mount -t overlay overlay -o \
	lowerdir=/,upperdir=$ns/upper,workdir=$ns/work $root &&
    mount --rbind "$2" $root"$2" && mount -t proc proc $root/proc &&
    mount --bind $root/proc/sys $root/proc/sys &&
    mount -o remount,bind,ro $root/proc/sys &&
    mount -t tmpfs -o mode=755 tmpfs $root/run &&
    mount -t tmpfs -o mode=755 tmpfs $root/dev &&
    mount -t sysfs sysfs $root/sys &&
    mount -t cgroup2 cgroup2 $root/sys/fs/cgroup || exit
for n in null zero full random urandom tty; do
	: >$root/dev/$n && mount --bind /dev/$n $root/dev/$n || exit
done
cp "$2/popd.service" "$2/test.target" $root/etc/systemd/system || exit
cd $root && pivot_root . mnt && umount -l /mnt
exec env -i PATH="$PATH" container=test systemd --system \
    --unit=test.target --log-target=console
'''


class Machine:
    """A systemd, with a popd that it starts."""

    def __init__(self, server):
        if not shutil.which('systemd', path='/lib/systemd:/usr/lib/systemd'):
            raise Skip('needs systemd')
        os.environ['PATH'] += ':/lib/systemd:/usr/lib/systemd'
        self.server = server
        with open(SRC + '/etc/popd.service') as f:
            unit = f.read()
        command = shlex.join(server.command())
        # Mounts of its own need more than these namespaces have.
        unit = re.sub(r'^(ExecStartPre|ExecReload|Private\w+|Protect\w+)=.*\n',
                      '', unit, flags=re.MULTILINE)
        unit = re.sub(r'^ExecStart=.*$', 'ExecStart=' + command, unit,
                      flags=re.MULTILINE)
        # Nothing else of this system is started.
        unit = re.sub(r'^(After|Wants)=.*$', 'DefaultDependencies=no', unit,
                      flags=re.MULTILINE)
        with open(WORK + '/test.target', 'w') as f:
            f.write('[Unit]\nDefaultDependencies=no\n')
        with open(WORK + '/popd.service', 'w') as f:
            f.write(unit)
        with open(WORK + '/console', 'w') as log:
            os.makedirs(WORK + '/ns', exist_ok=True)
            self.outer = subprocess.Popen(
                ['unshare', '--pid', '--fork', '--kill-child', '--mount',
                 '--uts', '--ipc', '--cgroup', 'sh', '-c', BOOT, 'boot',
                 WORK + '/ns', WORK], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log)
        end = time.monotonic() + 4 * PATIENCE
        while not self.booted():
            if self.outer.poll() is None and time.monotonic() < end:
                time.sleep(0.2)
                continue
            self.end()
            with open(WORK + '/console') as f:
                raise Skip('systemd does not boot: ' + f.read()[-300:])

    def run(self, *command):
        with open('/proc/%d/task/%d/children' % (2 * (self.outer.pid,))) as f:
            inner = f.read().split()
        done = subprocess.run(['nsenter', '-a', '-t'] + inner[:1] +
                              list(command), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        return done.returncode, done.stdout.decode('utf-8', 'replace')

    def booted(self):
        return self.run('systemctl', 'is-active', 'test.target')[0] == 0

    def show(self, what):
        return self.run('systemctl', 'show', '-P', what, 'popd')[1].strip()

    def main(self):
        """The main process, as this test sees it."""
        inner = self.show('MainPID')
        for pid in descendants(self.outer.pid):
            with open('/proc/%d/status' % pid) as f:
                if re.search(r'^NSpid:.*\t%s$' % inner, f.read(),
                             re.MULTILINE):
                    return pid
        raise Failure('no process ' + inner)

    def start(self):
        if self.run('systemctl', 'start', 'popd')[0] != 0:
            raise Failure(self.run('systemctl', 'status', 'popd')[1])

    def stop(self):
        status, output = self.run('systemctl', 'stop', 'popd')
        equal(status, 0, output)
        equal(self.show('Result'), 'success', 'Result')

    def end(self):
        self.outer.kill()
        self.outer.wait()


def told(c, what):
    check(c.closed().startswith(b'-ERR [SYS/TEMP]'), what + ' is not told')


def test_stop():
    """Five starts and stops: every client is told, and the result is good"""
    need_root()
    server = Upgraded(users={'joe': 'secret', 'ann': 'secret'}, start=False)
    server.own_files()
    machine = Machine(server)
    try:
        for _ in range(5):
            machine.start()
            joe = server.login('joe')
            machine.stop()
            told(joe, 'joe')
        machine.start()
        joe = server.login('joe')
        old = machine.main()
        os.kill(old, signal.SIGUSR2)
        until('an upgrade', lambda: machine.main() != old)
        ann = server.login('ann')
        machine.stop()
        told(joe, 'joe, of the old popd,')
        told(ann, 'ann')
        equal(Popd(old).wait(PATIENCE), 0, 'the old popd')
    finally:
        machine.end()


def test_update():
    """A stop waits for an UPDATE, also of a popd that was replaced"""
    need_root()
    server = Upgraded(users={'joe': 'secret'}, start=False)
    for i in range(20000):
        server['joe'].add(b'x\n', '%d.x' % i)
    server.own_files()
    machine = Machine(server)
    try:
        machine.start()
        joe = server.login('joe', timeout=60)
        joe.send(''.join('DELE %d\r\n' % i for i in range(1, 20001)))
        for _ in range(20000):
            check(joe.line().startswith(b'+OK'), 'DELE')
        old = machine.main()
        os.kill(old, signal.SIGUSR2)
        until('an upgrade', lambda: machine.main() != old)
        joe.send('QUIT\r\n')
        machine.stop()
        check(joe.line().startswith(b'+OK'), 'QUIT')
        equal(server['joe'].all(), [], 'messages')
    finally:
        machine.end()


main()

# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.

"""mda and dovecot-lda: one message each into a maildir, durable."""

import json
import os
import re
import subprocess
import sys

import maildirs
from servers import UID

COUNT = 100
LDA = '''\
mail_location = maildir:~/
log_path = {dir}/lda.log
info_log_path = {dir}/lda.log
auth_socket_path = {dir}/none
mail_plugins =
postmaster_address = postmaster@localhost
hostname = localhost
lda_mailbox_autocreate = yes
'''

# As the mail user, run deliveries one after another and count their CPU time.
DELIVER = '''
import json, os, resource, sys
count, uid, message, command = int(sys.argv[1]), int(sys.argv[2]), \
    sys.argv[3], sys.argv[4:]
os.setgroups([]); os.setresgid(uid, uid, uid); os.setresuid(uid, uid, uid)
total = bad = 0
for i in range(count):
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=[
        (os.POSIX_SPAWN_OPEN, 0, message, os.O_RDONLY, 0)])
    _, status, ru = os.wait4(pid, 0)
    bad += status != 0
    total += ru.ru_utime + ru.ru_stime
print(json.dumps([total * 1000 / count, bad]))
'''


def run(bench, command, home, count, wrap=()):
    out = subprocess.run(
        list(wrap) + [sys.executable, '-c', DELIVER, str(count), str(UID),
                      bench.work + '/message'] + command,
        stdout=subprocess.PIPE, text=True, check=True, cwd=home,
        env={'HOME': home, 'USER': 'd0', 'PATH': '/usr/bin:/bin'})
    ms, bad = json.loads(out.stdout)
    if bad:
        bench.fail(command[0], '%d of %d deliveries failed' % (bad, count))
    return ms


def calls(bench, command, home):
    """System calls from execve to exit, children included."""
    out = bench.work + '/strace'
    n = 10
    run(bench, command, home, n,
        ['strace', '-f', '-qq', '-o', out])
    seen, count = set(), 0
    with open(out, errors='replace') as f:
        for line in f:
            m = re.match(r'(\d+) +(\w+)\((.*)', line)
            if not m:
                continue
            if m[2] == 'execve' and command[0] in m[3]:
                seen.add(m[1])
            count += m[1] in seen
    return count / n


def delivery(bench):
    bench.say('deliveries')
    with open(bench.work + '/message', 'wb') as f:
        f.write(next(maildirs.messages(1, 4096)))
    os.chmod(bench.work + '/message', 0o644)
    conf = bench.work + '/lda.conf'
    programs = []
    for name in 'mda', 'dovecot-lda':
        home = '%s/deliver-%s' % (bench.work, name)
        maildirs.make(home)
        programs.append((name, home))
    with open(conf, 'w') as f:
        f.write(LDA.format(dir=programs[1][1]))
    commands = {
        'mda': [bench.stage + '/libexec/popd/mda', programs[0][1]],
        'dovecot-lda': ['/usr/lib/dovecot/dovecot-lda', '-c', conf,
                        '-f', 'sender@example.org'],
    }
    for _ in range(3):
        for name, home in programs:
            bench.keep('deliver_ms', name,
                       run(bench, commands[name], home, COUNT))
    for name, home in programs:
        bench.keep('deliver_calls', name, calls(bench, commands[name], home))
        have = len(os.listdir(home + '/new'))
        if have != 3 * COUNT + 10:
            bench.fail(name, '%d messages delivered' % have)
    text = ['%-14s %14s %14s' % ('', 'system calls', 'CPU ms')]
    for name, home in programs:
        text.append('%-14s %14.0f %14.2f' % (
            name, bench.middle('deliver_calls', name),
            bench.middle('deliver_ms', name)))
    bench.table('Delivery of 4 KiB with fsync', '\n'.join(text))

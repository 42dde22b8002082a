# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.

"""A run: build the programs, take the figures, keep the results."""

import os
import platform
import re
import signal
import socket
import statistics
import subprocess
import sys
import time

from servers import Failure, Popd

PORTS = range(20990, 22000)


def compile_all(here, to):
    """The generator and the floors, from C."""
    flags = ['-std=gnu11', '-O2', '-Wall', '-Wextra']
    cc = os.environ.get('CC', 'cc')
    load = ['load', 'conn', 'mail', 'figures']
    for out, sources, rest in (
            ('load', load, ['-lssl', '-lcrypto']),
            ('floor', ['floor'], ['-lssl', '-lcrypto', '-lcrypt']),
            ('nothing', ['nothing'], ['-static'])):
        subprocess.run([cc] + flags + ['-o', '%s/%s' % (to, out)] +
                       ['%s/%s.c' % (here, s) for s in sources] + rest,
                       check=True)


def free(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(('127.0.0.1', port))
            return True
        except OSError:
            return False


class Idle:
    """Sessions that stay open while something else is measured."""

    def __init__(self, process, count):
        self.process = process
        held = self.wait('ready')['resident']
        if held != count:
            self.process.stdin.close()
            self.process.wait()
            raise Failure('%d of %d sessions logged in' % (held, count))

    def wait(self, last):
        out = {}
        for line in self.process.stdout:
            line = line.strip()
            if line == last:
                return out
            if '=' in line:
                name, value = line.split('=')
                out[name] = float(value)
        raise Failure('the idle sessions ended')

    def probe(self, count, ms):
        self.process.stdin.write('probe %d %d\n' % (count, ms))
        self.process.stdin.flush()
        return self.wait('done')

    def quit(self):
        self.process.stdin.close()
        rest = self.process.stdout.read()
        if self.process.wait(120) != 0:
            raise Failure('idle sessions failed: ' + rest)


class Bench:

    def __init__(self, work, tree, quick):
        self.work, self.tree, self.quick = work, tree, quick
        self.here = tree + '/bench'
        self.pool = work + '/pool'
        self.data = {}          # (figure, server) -> [values]
        self.notes = []
        self.failures = []
        self.running = []
        self.tables = []
        self.ports = iter(PORTS)
        self.begin = time.time()
        self.commit = subprocess.run(
            ['git', '-C', tree, 'describe', '--always', '--dirty'],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True).stdout.strip() or 'unknown'

    def some(self, many, few):
        return few if self.quick else many

    def say(self, text):
        print('%4d s  %s' % (time.time() - self.begin, text),
              file=sys.stderr, flush=True)

    def fail(self, what, why):
        self.failures.append('%s: %s' % (what, why))
        self.say('FAILED: %s: %s' % (what, why))

    def build(self):
        """Build the programs, a certificate, and popd, which is installed from
        a copy of the tree, as paths are compiled in."""
        self.say('building')
        compile_all(self.here, self.work)
        src, self.stage = self.work + '/src', self.work + '/stage'
        os.mkdir(src)
        subprocess.run(['sh', '-c', 'cd "$0" && tar cf - --exclude ./.git '
                        '--exclude "*.o" . | tar xf - -C "$1"',
                        self.tree, src], check=True)
        made = subprocess.run(
            ['sh', '-c', 'make clean && make -j2 PREFIX="$0" && '
             'make PREFIX="$0" install', self.stage], cwd=src,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if made.returncode != 0:
            raise SystemExit(made.stdout[-2000:])
        self.cert, self.key = self.work + '/cert', self.work + '/key'
        subprocess.run(
            ['openssl', 'req', '-x509', '-nodes', '-newkey', 'ec',
             '-pkeyopt', 'ec_paramgen_curve:P-256', '-days', '30', '-subj',
             '/CN=localhost', '-keyout', self.key, '-out', self.cert],
            check=True, stderr=subprocess.DEVNULL)
        os.chmod(self.key, 0o600)

    def server(self, kind, **more):
        port = next(p for p in self.ports if free(p))
        if issubclass(kind, Popd):
            more['stage'] = self.stage
        return kind(self.work, port, self.cert, self.key, **more)

    def start(self, server):
        self.running.append(server)
        return server.start()

    def stop(self, server):
        if server in self.running:
            self.running.remove(server)
        server.stop()

    def stop_all(self):
        for server in list(self.running):
            self.stop(server)

    def command(self, server, mode, clients=1, sessions=1, user='u', first=0,
                source=None, sources=1, maildir=None, seconds=120,
                password=None, opening=None, users=None):
        out = [self.work + '/load', '-a', '127.0.0.1', '-p',
               str(server.port), '-c', str(clients), '-n', str(sessions),
               '-u', user, '-F', str(first), '-t', str(seconds)]
        for flag, value in (('-s', source), ('-m', maildir),
                            ('-w', password), ('-i', opening), ('-r', users)):
            if value is not None:
                out += [flag, str(value)]
        if sources > 1:
            out += ['-S', str(sources)]
        return out + [mode]

    def load(self, server, mode, **more):
        """Run the generator; return its figures and the server's CPU time."""
        before = server.group.cpu()
        p = subprocess.run(self.command(server, mode, **more),
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           text=True)
        out = dict(line.split('=') for line in p.stdout.split())
        out = {k: float(v) for k, v in out.items()}
        # What ends after the last answer belongs to the session, too.
        time.sleep(0.1)
        out['cpu'] = server.group.cpu() - before
        if p.returncode != 0:
            raise Failure('%s: %s' % (mode, p.stderr.strip()[-300:]))
        return out

    def background(self, server, mode, **more):
        return subprocess.Popen(
            self.command(server, mode, **more), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)

    def idle(self, server, count, **more):
        return Idle(self.background(server, 'idle', clients=count,
                                    seconds=500, **more), count)

    def keep(self, figure, server, value):
        name = server if isinstance(server, str) else server.name
        self.data.setdefault((figure, name), []).append(value)

    def middle(self, figure, server):
        values = self.data.get((figure, server))
        return statistics.median(values) if values else None

    def calls(self, server, mode, sessions, **more):
        """Count system calls per session, of all processes, with strace."""
        out = self.work + '/strace'
        tracer = subprocess.Popen(
            ['strace', '-f', '-qq', '-o', out] +
            [a for pid in server.group.pids() for a in ('-p', str(pid))],
            stderr=subprocess.DEVNULL)
        time.sleep(2)
        try:
            self.load(server, mode, sessions=sessions, **more)
            time.sleep(0.5)
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait()
        with open(out, errors='replace') as f:
            count = sum(1 for line in f if re.match(r'\d+ +\w+\(', line))
        return count / sessions

    def floors(self):
        out = subprocess.run(
            [self.work + '/floor', self.cert, self.key,
             self.work + '/nothing'], stdout=subprocess.PIPE, text=True,
            check=True).stdout
        for line in out.split():
            name, value = line.split('=')
            self.keep(name, 'floor', float(value))

    def table(self, title, text):
        self.tables.append('%s\n\n%s' % (title, text))
        print('\n%s\n\n%s\n' % (title, text), file=sys.stderr, flush=True)

    def report(self):
        with open('/proc/cpuinfo') as f:
            cpu = re.search(r'model name\s*: (.*)', f.read())
        head = ['popd %s, %s, %s cores, %s, kernel %s%s' % (
            self.commit, time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime()),
            os.cpu_count(), cpu.group(1) if cpu else 'unknown CPU',
            platform.release(), ', quick' if self.quick else ''),
            'took %d s' % (time.time() - self.begin)]
        head += ['FAILED: ' + f for f in self.failures]
        rows = ['%s\t%s\t%.6g\t%.6g\t%.6g\t%d' % (
            figure, server, statistics.median(v), min(v), max(v), len(v))
            for (figure, server), v in sorted(self.data.items())]
        return '%s\n\n%s\n\n%s\n\n# figure, server, median, least, most, ' \
            'rounds; for bench/compare\n%s\n' % (
                '\n'.join(head), '\n\n\n'.join(self.tables),
                '\n'.join(self.notes), '\n'.join(rows))


def spread(values):
    """Return the spread of a figure's rounds, in percent of the median."""
    m = statistics.median(values)
    return 100 * (max(values) - min(values)) / m if m else 0

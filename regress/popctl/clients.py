#!/usr/bin/env python3
# Copyright (c) 2026 The popd developers
# ISC licence: see the file LICENSE.
# waits
# once
# timeout: 240
"""From another server to popd: no client fetches a message twice.  Real
clients fetch from the real server and leave the mail there; popctl imports its
unique ids; then the same clients connect to popd on the same port."""

import glob
import os
import poplib
import shutil
import socket
import ssl
import subprocess
import threading
import time

from popdtest.ca import Authority
from popdtest.cases import Skip, check, equal, main
from popdtest.env import PATIENCE, STAGE
from popdtest.host import need_root, user_ids
from popdtest.mail import GETMAIL_TO, wire
from popdtest.server import Server
from popdtest.thunderbird import Thunderbird

POPCTL = STAGE + '/sbin/popctl'
# Where regress/packages unpacks it: it conflicts with Dovecot's package.
COURIER = os.environ.get('POPD_COURIER', '/var/tmp/popd-courier')
COURIERPOP3D = COURIER + '/usr/lib/courier/courier/courierpop3d'
MESSAGES = 7

DOVECOT = '''\
base_dir = {dir}/run
state_dir = {dir}/run
instance_name = popctl
log_path = {dir}/dovecot.log
protocols = pop3
listen = 127.0.0.1
ssl = required
ssl_cert = <{cert}
ssl_key = <{key}
mail_location = maildir:~/
first_valid_uid = 1
{more}
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = 0
  }}
  inet_listener pop3s {{
    port = {port}
    ssl = yes
  }}
}}
'''


def message(n):
    return b'Subject: number %d\n\nThis is %d.%s\n' % (n, n, b' x' * (n % 3))


class Dovecot:
    def __init__(self, server, more=''):
        need_root()
        if not os.path.exists('/usr/lib/dovecot/pop3'):
            raise Skip('needs dovecot-pop3d')
        self.dir = os.path.join(server.dir, 'dovecot')
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir + '/run')
        self.conf = self.dir + '/dovecot.conf'
        cert, key = server.pairs[0]
        with open(self.conf, 'w') as f:
            f.write(DOVECOT.format(
                dir=self.dir, cert=cert, key=key, more=more, uid=server.uid,
                gid=server.gid, home=server['joe'].path, port=server.port))

    def start(self):
        self.process = subprocess.Popen(
            ['/usr/sbin/dovecot', '-F', '-c', self.conf],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


class Front:
    """TLS and the login in front of another server's transaction."""

    def __init__(self, server, talk):
        self.talk = talk
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*server.pairs[0])
        self.port = server.port

    def start(self):
        self.socket = socket.create_server(('127.0.0.1', self.port))
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def stop(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(20)

    def accept(self):
        while True:
            try:
                plain_socket = self.socket.accept()[0]
            except OSError:
                return
            try:
                plain_socket.settimeout(20)
                self.serve(self.context.wrap_socket(plain_socket,
                                                    server_side=True))
            except (OSError, ValueError):
                pass
            plain_socket.close()

    def serve(self, s):
        stream = s.makefile('rwb')
        stream.write(b'+OK ready\r\n')
        stream.flush()
        while True:
            line = stream.readline()
            if not line:
                return
            verb = line.split()[0].upper()
            if verb == b'PASS':
                self.talk(stream)
                break
            stream.write({b'USER': b'+OK\r\n',
                          b'CAPA': b'+OK\r\nUSER\r\nUIDL\r\nTOP\r\n.\r\n'}
                         .get(verb, b'-ERR no\r\n'))
            stream.flush()
        stream.flush()
        s.unwrap().close()


def courier(server):
    need_root()
    if not os.path.exists(COURIERPOP3D):
        raise Skip('needs courier-pop in ' + COURIER)
    libraries = ':'.join(sorted({os.path.dirname(p) for p in glob.glob(
        COURIER + '/**/lib*.so*', recursive=True)}))

    def talk(stream):
        child = subprocess.Popen(
            [COURIERPOP3D, server['joe'].path], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            user=server.uid, group=server.gid, extra_groups=[],
            env={'AUTHENTICATED': 'joe', 'PATH': '/usr/bin:/bin',
                 'LD_LIBRARY_PATH': libraries})

        def back():
            while True:
                data = os.read(child.stdout.fileno(), 65536)
                if not data:
                    break
                stream.write(data)
                stream.flush()
        reader = threading.Thread(target=back, daemon=True)
        reader.start()
        for line in iter(stream.readline, b''):
            child.stdin.write(line)
            child.stdin.flush()
            if line.strip().upper() == b'QUIT':
                break
        reader.join(20)
        child.stdin.close()
        child.wait(20)
    return Front(server, talk)


def qmail(server):
    """qmail-pop3d's order and names, by its rules."""
    box = server['joe']

    def talk(stream):
        names = sorted(box.all(), key=lambda n: os.stat(box.sub(n)).st_mtime)
        out = stream.write
        data = [wire(open(box.sub(n), 'rb').read()) for n in names]
        uidl = [n[4:].split(':')[0].encode() for n in names]
        out(b'+OK\r\n')
        stream.flush()
        for line in iter(stream.readline, b''):
            verb, *rest = line.upper().split()
            n = [int(x) for x in rest if x.isdigit()]
            if verb == b'STAT':
                out(b'+OK %d %d\r\n' % (len(data), sum(map(len, data))))
            elif verb in (b'LIST', b'UIDL'):
                what = [b'%d' % len(d) for d in data] \
                    if verb == b'LIST' else uidl
                if n:
                    out(b'+OK %d %s\r\n' % (n[0], what[n[0] - 1]))
                else:
                    out(b'+OK\r\n' + b''.join(
                        b'%d %s\r\n' % (i + 1, w)
                        for i, w in enumerate(what)) + b'.\r\n')
            elif verb in (b'RETR', b'TOP'):
                out(b'+OK\r\n' + data[n[0] - 1] + b'.\r\n')
            elif verb == b'CAPA':
                out(b'+OK\r\nUSER\r\nUIDL\r\nTOP\r\n.\r\n')
            else:
                out(b'+OK\r\n')
            stream.flush()
            if verb == b'QUIT':
                return
    return Front(server, talk)


class Clients:
    """Clients that leave mail on the server and remember it."""

    def __init__(self, server, bird):
        self.ids = user_ids()
        self.dir = os.path.join(server.dir, 'clients')
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir)
        os.chmod(self.dir, 0o755)
        self.all = {}
        for name, command in (('fetchmail', self.fetchmail),
                              ('mpop', self.mpop), ('getmail', self.getmail)):
            if shutil.which(name):
                self.all[name] = command(server.port, server.pairs[0][0])
        if not self.all:
            raise Skip('needs fetchmail, mpop or getmail')
        self.bird, self.inbox = None, 0
        if bird and shutil.which('thunderbird'):
            self.bird = Thunderbird(self.dir + '/thunderbird')
            self.bird.account(server.authority.cert, 'joe', server.port, True,
                              'secret')
            self.bird.keep(True)

    def fetchmail(self, port, cert):
        tool = self.write('fetchmail-mda', '#!/bin/sh\nexec cat >'
                          '"$(mktemp "%s/new/XXXXXXXX")"\n' %
                          self.out('fetchmail'), 0o755)
        conf = self.write('fetchmailrc', '''
poll localhost protocol pop3 port %d uidl
  username joe password secret is joe here
  ssl sslcertck sslcertfile "%s"
  keep mda "%s"
''' % (port, cert, tool))
        return ['fetchmail', '-f', conf, '--nosyslog', '--pidfile',
                self.dir + '/pid', '-i', self.dir + '/fetchids']

    def mpop(self, port, cert):
        return ['mpop', '-C', self.write('mpoprc', '''
account default
host localhost
port %d
user joe
password secret
tls on
tls_starttls off
tls_trust_file %s
auth user
keep on
only_new on
uidls_file %s
delivery maildir %s
''' % (port, cert, self.dir + '/mpop-uidls', self.out('mpop')))]

    def getmail(self, port, cert):
        state = self.out('state')
        os.chown(self.dir, *self.ids)
        return ['getmail', '--getmaildir', state, '--rcfile', self.write(
            'getmailrc', '''
[retriever]
type = SimplePOP3SSLRetriever
server = localhost
port = %d
username = joe
password = secret
ca_certs = %s
%s[options]
read_all = false
delete = false
''' % (port, cert, GETMAIL_TO % self.out('getmail')))]

    def out(self, name):
        for sub in ('', 'tmp', 'new', 'cur'):
            os.makedirs(os.path.join(self.dir, name, sub), exist_ok=True)
            os.chown(os.path.join(self.dir, name, sub), *self.ids)
        return os.path.join(self.dir, name)

    def write(self, name, text, mode=0o600):
        path = os.path.join(self.dir, name)
        with open(path, 'w') as f:
            f.write(text)
        os.chmod(path, mode)
        if name == 'getmailrc':
            os.chown(path, *self.ids)
        return path

    def run(self, want, what):
        """Each fetches once, and gets so many messages."""
        # getmail does not deliver as root.
        ids = dict(user=self.ids[0], group=self.ids[1], extra_groups=[])
        for name, command in self.all.items():
            for path in glob.glob('%s/%s/new/*' % (self.dir, name)):
                os.unlink(path)
            result = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True,
                timeout=60, cwd=self.dir, env=dict(os.environ, HOME=self.dir),
                **(ids if name == 'getmail' else {}))
            # fetchmail: 1 says that there was nothing.
            check(result.returncode in ((0, 1) if name == 'fetchmail' else
                                        (0,)),
                  '%s: %s' % (name, result.stdout + result.stderr))
            equal(len(os.listdir('%s/%s/new' % (self.dir, name))), want,
                  '%s: %s' % (name, what))
        if self.bird:
            self.inbox += want
            self.bird.fetch()
            self.bird.has(self.inbox)

    def end(self):
        if self.bird:
            self.bird.end()


def capture(server, tops=False):
    """UIDL and LIST as a terminal session would show them, and perhaps TOP."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            p = poplib.POP3_SSL(
                'localhost', server.port, timeout=20,
                context=ssl.create_default_context(cafile=server.pairs[0][0]))
            break
        except OSError:
            check(time.monotonic() < end, 'the old server does not answer')
            time.sleep(0.05)
    p.user('joe')
    p.pass_('secret')
    text = ''
    answers = [p.uidl(), p.list()]
    if tops:
        answers += [p.top(n + 1, 0) for n in range(len(answers[0][1]))]
    for answer, lines, _ in answers:
        text += '\n'.join(l.decode() for l in [answer] + lines) + '\n.\n'
    p.quit()
    path = os.path.join(server.dir, 'listing')
    with open(path, 'w') as f:
        f.write(text)
    return path, text


def pairs(text):
    """The lines that are messages: of UIDL, then of LIST."""
    return [line.split()[:2] for line in text.splitlines()
            if line[:1].isdigit()]


def popctl(server, *arguments):
    result = subprocess.run([POPCTL, '-u', server.usertab] + list(arguments),
                            stdin=subprocess.DEVNULL, capture_output=True,
                            timeout=60, cwd='/')
    return result.returncode, result.stdout.decode(), result.stderr.decode()


def new_server():
    need_root()
    # Thunderbird takes no certificate for an authority and a server at once.
    authority = Authority()
    server = Server(start=False, pairs=[authority.issue('localhost')])
    server.authority = authority
    box = server['joe']
    for n in range(1, MESSAGES + 1):
        name = '%d.M%d.test' % (1600000000 + n, n)
        box.add(message(n), name + ('' if n > 3 else ':2,S' if n == 2 else
                                    ':2,'), 'cur' if n < 4 else 'new')
    # Times that say the same as the names.
    for n, name in enumerate(sorted(box.all(), key=lambda n: n[4:])):
        os.utime(box.sub(name), (1600000000 + n, 1600000000 + n))
    return server, box


def migrate(server, box, old, origin, prepare=None, bird=False):
    """From old to popd; origin is how popctl import is called."""
    clients = Clients(server, bird)
    try:
        move(server, box, old, origin, prepare, clients)
    finally:
        clients.end()


def move(server, box, old, origin, prepare, clients):
    old.start()
    try:
        if prepare:
            capture(server)
            old.stop()
            prepare()
            old.start()
        capture(server)
        clients.run(MESSAGES, 'fetched at first')
        clients.run(0, 'fetched twice from the old')
        # Read, answered, and one in the middle removed.
        names = {n.split('.M')[1].split('.')[0]: n for n in box.all()}
        one = box.sub(names['2'])
        os.rename(one, box.sub('cur/' + os.path.basename(one).split(':')[0] +
                               ':2,RS'))
        os.unlink(box.sub(names['4']))
        listing, text = capture(server, origin is None)
    finally:
        old.stop()
    if origin is None:
        origin = ('-i', listing, 'listing')
    before = box.state()
    status, out, error = popctl(server, 'uidl', 'import', '-n', *origin,
                                'joe')
    equal(status, 0, error)
    check(not os.path.exists(box.sub('popuidl')), 'a dry run writes')
    shown = [line.split() for line in out.splitlines()]
    equal([[n, u] for n, _, u in shown] + [[n, size] for n, size, _ in shown],
          pairs(text), 'the dry run')
    status, out, error = popctl(server, 'uidl', 'import', *origin, 'joe')
    equal(status, 0, error)
    equal(popctl(server, 'uidl', 'diff', listing, 'joe'), (0, '', ''), 'diff')
    equal(box.state(), before, 'the messages')
    server.start()
    equal(pairs(capture(server)[1]), pairs(text), 'what popd lists')
    clients.run(0, 'fetched again from popd')
    box.add(message(99))
    clients.run(1, 'fetched of one new')
    server.stop()


def test_dovecot():
    """From Dovecot, with unique ids that it had imported itself"""
    server, box = new_server()
    uidlist = box.sub('dovecot-uidlist')

    def prepare():
        with open(uidlist) as f:
            lines = f.read().splitlines()
        equal(len(lines), MESSAGES + 1, 'lines of dovecot-uidlist')
        for i, more in ((3, 'Pold-3 O2 '), (6, 'Pold-6 O1 '), (7, 'P ')):
            uid, rest = lines[i].split(' ', 1)
            lines[i] = '%s %s%s' % (uid, more, rest)
        with open(uidlist, 'w') as f:
            f.write('\n'.join(lines) + '\n')
        for name in glob.glob(box.sub('dovecot.*')):
            os.unlink(name)
    migrate(server, box, Dovecot(server), ('dovecot',), prepare, bird=True)
    text = open(box.sub('popuidl')).read().split('\n')
    check(text[0].endswith(' old-6') and text[1].endswith(' old-3'), text)


def test_dovecot_format():
    """From Dovecot with a pop3_uidl_format of its own"""
    server, box = new_server()
    old = Dovecot(server, 'protocol pop3 {\n pop3_uidl_format = %v-%Xu.%f\n}')
    migrate(server, box, old, ('-F', '%v-%Xu.%f', 'dovecot'))


def test_courier():
    """From Courier"""
    server, box = new_server()
    migrate(server, box, courier(server), ('courier',), bird=True)


def test_qmail():
    """From qmail's names"""
    server, box = new_server()
    migrate(server, box, qmail(server), ('qmail',), bird=True)


def test_listing():
    """From any server, by its listing and headers"""
    server, box = new_server()
    migrate(server, box, courier(server), None)


main()
